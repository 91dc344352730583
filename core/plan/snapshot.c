/* Turns states and masks into tensors and back. Called by trajectories and levels. */
#include "plan/snapshot.h"

#include <stdlib.h>
#include <string.h>

static ltc_status add_param(lt_tensors *t, const char *prefix, const ltc_graph *g, uint32_t p, uint32_t type,
                            const void *data, ltc_error *err)
{
    const ltc_param *param = ltc_graph_param(g, p);
    const ltc_value *shape = ltc_graph_value(g, param->value);
    lt_tensor *added;
    char name[256];
    snprintf(name, sizeof name, "%s%s", prefix, param->name);
    const ltc_status st = lt_tensors_add(t, name, type, shape->rank, shape->dim, &added, err);
    if (!st)
        memcpy(added->data, data, param->n * (type == LTC_F32 ? sizeof(float) : 1));
    return st;
}

static bool all_zero(const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] != 0)
            return false;
    return true;
}

static ltc_status add_slots(lt_tensors *t, const lt_state *s, uint32_t p, ltc_error *err)
{
    const size_t n = ltc_graph_param(s->graph, p)->n;
    ltc_status st = LTC_OK;
    if (!all_zero(s->slot1[p], n))
        st = add_param(t, "slot1/", s->graph, p, LTC_F32, s->slot1[p], err);
    if (!st && !all_zero(s->slot2[p], n))
        st = add_param(t, "slot2/", s->graph, p, LTC_F32, s->slot2[p], err);
    return st;
}

static ltc_status put(lt_store *store, const lt_state *s, uint32_t what, lt_digest *name, int64_t *stamp,
                      ltc_error *err)
{
    lt_tensors t = { 0 };
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < s->graph->n_params && !st; p++) {
        st = add_param(&t, "", s->graph, p, LTC_F32, s->value[p], err);
        if (!st && what == LT_SNAPSHOT_WHOLE)
            st = add_slots(&t, s, p, err);
    }
    if (!st && what == LT_SNAPSHOT_WHOLE && s->clock) {
        lt_tensor *clock;
        st = lt_tensors_add(&t, "clock", LT_U64, 0, NULL, &clock, err);
        if (!st)
            memcpy(clock->data, &s->clock, sizeof s->clock);
    }
    if (!st)
        st = lt_store_put_for_now(store, &t, name, stamp, err);
    lt_tensors_free(&t);
    return st;
}

ltc_status lt_snapshot_put(lt_store *store, const lt_state *s, uint32_t what, lt_digest *name, ltc_error *err)
{
    int64_t stamp;
    return put(store, s, what, name, &stamp, err);
}

ltc_status lt_snapshot_put_for_now(lt_store *store, const lt_state *s, lt_digest *name, int64_t *stamp,
                                   ltc_error *err)
{
    return put(store, s, LT_SNAPSHOT_WHOLE, name, stamp, err);
}

/* Zeroes where the object has nothing. */
static ltc_status take(const lt_tensors *t, const char *prefix, const ltc_param *param, float *to,
                       bool needed, ltc_error *err)
{
    char name[256];
    snprintf(name, sizeof name, "%s%s", prefix, param->name);
    const lt_tensor *v = lt_tensors_find(t, name);
    if (v && (v->type != LTC_F32 || v->n != param->n))
        return ltc_fail(err, LTC_EIO, "the stored %s has another shape than the network's", name);
    if (!v && needed)
        return ltc_fail(err, LTC_EIO, "a stored state lacks %s", name);
    if (v)
        memcpy(to, v->data, param->n * sizeof(float));
    else
        memset(to, 0, param->n * sizeof(float));
    return LTC_OK;
}

ltc_status lt_snapshot_get(lt_store *store, const lt_digest *name, lt_state *s, bool *found, ltc_error *err)
{
    lt_tensors t = { 0 };
    ltc_status st = lt_store_get(store, name, &t, found, err);
    if (st || !*found)
        return st;
    for (uint32_t p = 0; p < s->graph->n_params && !st; p++) {
        const ltc_param *param = ltc_graph_param(s->graph, p);
        st = take(&t, "", param, s->value[p], true, err);
        if (!st)
            st = take(&t, "slot1/", param, s->slot1[p], false, err);
        if (!st)
            st = take(&t, "slot2/", param, s->slot2[p], false, err);
    }
    const lt_tensor *clock = lt_tensors_find(&t, "clock");
    s->clock = 0;
    if (clock && clock->type == LT_U64)
        memcpy(&s->clock, clock->data, sizeof s->clock);
    lt_tensors_free(&t);
    return st;
}

static ltc_status add_masks(lt_tensors *t, const ltc_graph *g, uint8_t *const *mask, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < g->n_params && !st; p++)
        if (mask[p])
            st = add_param(t, "", g, p, LTC_U8, mask[p], err);
    return st;
}

ltc_status lt_masks_name(const ltc_graph *g, uint8_t *const *mask, lt_digest *name, ltc_error *err)
{
    lt_tensors t = { 0 };
    ltc_status st = add_masks(&t, g, mask, err);
    if (!st)
        st = lt_tensors_digest(&t, name, err);
    lt_tensors_free(&t);
    return st;
}

ltc_status lt_masks_put(lt_store *store, const ltc_graph *g, uint8_t *const *mask, lt_digest *name,
                        ltc_error *err)
{
    lt_tensors t = { 0 };
    ltc_status st = add_masks(&t, g, mask, err);
    if (!st)
        st = lt_store_put(store, &t, name, err);
    lt_tensors_free(&t);
    return st;
}

ltc_status lt_masks_get(lt_store *store, const ltc_graph *g, const lt_digest *name, lt_masks *m, bool *found,
                        ltc_error *err)
{
    lt_tensors t = { 0 };
    uint8_t *eligible = lt_array(g->n_params, 1);
    ltc_status st = eligible ? lt_store_get(store, name, &t, found, err)
                             : ltc_fail(err, LTC_ENOMEM, "no memory for a mask");
    if (st || !*found) {
        free(eligible);
        return st;
    }
    for (uint32_t p = 0; p < g->n_params; p++) {
        const lt_tensor *v = lt_tensors_find(&t, ltc_graph_param(g, p)->name);
        eligible[p] = v && v->type == LTC_U8 && v->n == ltc_graph_param(g, p)->n;
    }
    st = lt_masks_create(g, eligible, m, err);
    for (uint32_t p = 0; p < g->n_params && !st; p++)
        if (eligible[p])
            memcpy(m->mask[p], lt_tensors_find(&t, ltc_graph_param(g, p)->name)->data,
                   ltc_graph_param(g, p)->n);
    free(eligible);
    lt_tensors_free(&t);
    return st;
}
