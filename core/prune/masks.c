/* Owns selection masks: making, copying, counting. Used by selection.c and by whoever keeps masks between
 * rounds. */
#include <stdlib.h>
#include <string.h>

#include "prune/selection.h"
#include "util/memory.h"

static ltc_status give_up(lt_masks *m, ltc_error *err)
{
    lt_masks_free(m);
    return ltc_fail(err, LTC_ENOMEM, "no memory for the masks of a network");
}

ltc_status lt_masks_create(const ltc_graph *g, const uint8_t *eligible, lt_masks *m, ltc_error *err)
{
    lt_masks made = { .n_params = g->n_params, .mask = lt_array(g->n_params, sizeof *made.mask) };
    if (!made.mask)
        return give_up(&made, err);
    for (uint32_t p = 0; p < g->n_params; p++) {
        const size_t n = ltc_graph_param(g, p)->n;
        if (!eligible[p])
            continue;
        if (!(made.mask[p] = lt_array(n, 1)))
            return give_up(&made, err);
        memset(made.mask[p], 1, n);
    }
    *m = made;
    return LTC_OK;
}

ltc_status lt_masks_copy(const ltc_graph *g, const lt_masks *from, lt_masks *to, ltc_error *err)
{
    lt_masks made = { .n_params = g->n_params, .mask = lt_array(g->n_params, sizeof *made.mask) };
    if (!made.mask)
        return give_up(&made, err);
    for (uint32_t p = 0; p < g->n_params; p++) {
        const size_t n = ltc_graph_param(g, p)->n;
        if (!from->mask[p])
            continue;
        if (!(made.mask[p] = lt_array(n, 1)))
            return give_up(&made, err);
        memcpy(made.mask[p], from->mask[p], n);
    }
    *to = made;
    return LTC_OK;
}

void lt_masks_free(lt_masks *m)
{
    for (uint32_t p = 0; m->mask && p < m->n_params; p++)
        free(m->mask[p]);
    free(m->mask);
    *m = (lt_masks){ 0 };
}

uint64_t lt_masks_total(const ltc_graph *g, const lt_masks *m)
{
    uint64_t n = 0;
    for (uint32_t p = 0; p < m->n_params; p++)
        n += m->mask[p] ? ltc_graph_param(g, p)->n : 0;
    return n;
}

uint64_t lt_masks_alive(const ltc_graph *g, const lt_masks *m)
{
    uint64_t n = 0;
    for (uint32_t p = 0; p < m->n_params; p++)
        n += lt_mask_alive(m->mask[p], ltc_graph_param(g, p)->n);
    return n;
}

uint64_t lt_mask_alive(const uint8_t *mask, size_t n)
{
    uint64_t alive = 0;
    for (size_t i = 0; mask && i < n; i++)
        alive += mask[i];
    return alive;
}
