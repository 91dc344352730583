/* The state of a program's one replica: values, masks, slots, clock; in and out, and made
 * consistent by ready(). */
#include <string.h>

#include "program.h"

/* One piece of state: where it lies, and how large it is. at NULL: the program has none,
 * and it reads as all `none`. */
typedef struct piece { void *at; size_t bytes; uint8_t none; } piece;

static const char *const what_name[] = { "", "value", "mask", "first slot", "second slot", "clock" };

static ltc_status find(lts_program *p, uint32_t what, uint32_t replica, uint32_t param, size_t bytes,
                       piece *out, ltc_error *err)
{
    if (what < LTC_STATE_VALUE || what > LTC_STATE_CLOCK)
        return ltc_fail(err, LTC_EINVAL, "there is no state number %u", what);
    if (replica != 0)
        return ltc_fail(err, LTC_EINVAL, "replica %u: this program has one", replica);
    if (param >= p->graph->n_params && !(what == LTC_STATE_CLOCK && param == 0))
        return ltc_fail(err, LTC_EINVAL, "parameter %u: the network has %u", param, p->graph->n_params);
    if (what == LTC_STATE_CLOCK) {
        *out = (piece){ &p->clock, sizeof p->clock, 0 };
    } else {
        const ltc_param *q = ltc_graph_param(p->graph, param);
        const lts_param_place *place = &p->tape.param[param];
        const size_t at = what == LTC_STATE_VALUE  ? p->tape.place[q->value].value
                        : what == LTC_STATE_MASK   ? place->mask
                        : place->slot[what - LTC_STATE_SLOT_1];
        const size_t size = what == LTC_STATE_MASK ? 1 : sizeof(float);
        *out = (piece){ lts_tape_at(&p->tape, at), q->n * size, what == LTC_STATE_MASK ? LTC_ALIVE : 0 };
    }
    if (param > 0 && what == LTC_STATE_CLOCK)
        return ltc_fail(err, LTC_EINVAL, "the clock belongs to parameter 0, not %u", param);
    if (bytes != out->bytes)
        return ltc_fail(err, LTC_EINVAL, "the %s of parameter %u has %zu bytes, not %zu", what_name[what],
                        param, out->bytes, bytes);
    return LTC_OK;
}

/* A piece that the program does not keep may only be put as what it reads as. */
static ltc_status check_absent(const piece *x, uint32_t what, uint32_t param, const uint8_t *src,
                               ltc_error *err)
{
    for (size_t i = 0; i < x->bytes; i++)
        if (src[i] != x->none)
            return ltc_fail(err, LTC_EINVAL,
                            "parameter %u has no %s: it is not trained, or not by this optimizer", param,
                            what_name[what]);
    return LTC_OK;
}

static ltc_status check_mask(const piece *x, uint32_t param, const uint8_t *src, ltc_error *err)
{
    for (size_t i = 0; i < x->bytes; i++)
        if (src[i] > LTC_FROZEN)
            return ltc_fail(
                err, LTC_EINVAL,
                "the mask of parameter %u has a %u at place %zu: 0, 1 or 2 is dead, alive, frozen", param,
                src[i], i);
    return LTC_OK;
}

ltc_status lts_program_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                           size_t bytes, ltc_error *err)
{
    lts_program *p = prog;
    piece x = { 0 };
    ltc_status st = find(p, what, replica, param, bytes, &x, err);
    if (!st && !x.at)
        return check_absent(&x, what, param, src, err);
    if (!st && what == LTC_STATE_MASK)
        st = check_mask(&x, param, src, err);
    if (st)
        return st;
    p->ready = false;
    if (what == LTC_STATE_CLOCK) {
        memcpy(x.at, src, bytes);
        return LTC_OK;
    }
    if (what == LTC_STATE_VALUE)
        p->has_value[param] = true;
    return lts_memory_copy(p->device, x.at, src, bytes, LTC_COPY_TO_DEVICE, err);
}

ltc_status lts_program_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst,
                           size_t bytes, ltc_error *err)
{
    lts_program *p = prog;
    piece x = { 0 };
    const ltc_status st = find(p, what, replica, param, bytes, &x, err);
    if (st)
        return st;
    if (!x.at) {
        memset(dst, x.none, bytes);
        return LTC_OK;
    }
    if (what == LTC_STATE_CLOCK) {
        memcpy(dst, x.at, bytes);
        return LTC_OK;
    }
    return lts_memory_copy(p->device, dst, x.at, bytes, LTC_COPY_TO_HOST, err);
}

/* Writes +0.0 where the mask is not `spare` and not alive: for values that is where it is dead. */
static ltc_status zero_where(lts_program *p, size_t place, const uint8_t *mask, size_t n, uint8_t spare,
                             ltc_error *err)
{
    float *at = lts_tape_at(&p->tape, place);
    if (!at)
        return LTC_OK;
    ltc_status st = lts_memory_copy(p->device, p->bounce, at, n * sizeof *at, LTC_COPY_TO_HOST, err);
    if (st)
        return st;
    for (size_t i = 0; i < n; i++)
        if (mask[i] != LTC_ALIVE && mask[i] != spare)
            p->bounce[i] = 0.0f;
    return lts_memory_copy(p->device, at, p->bounce, n * sizeof *at, LTC_COPY_TO_DEVICE, err);
}

/* Dead places become +0.0, slots of frozen ones too; a mask that is all alive is forgotten. */
static ltc_status settle(lts_program *p, uint32_t i, ltc_error *err)
{
    const ltc_param *param = ltc_graph_param(p->graph, i);
    const lts_param_place *place = &p->tape.param[i];
    if (place->mask == LTS_NOWHERE)
        return LTC_OK;
    uint8_t *mask = p->mask;
    ltc_status st =
        lts_memory_copy(p->device, mask, lts_tape_at(&p->tape, place->mask), param->n, LTC_COPY_TO_HOST, err);
    p->has_mask[i] = false;
    for (size_t k = 0; k < param->n && !st && !p->has_mask[i]; k++)
        p->has_mask[i] = mask[k] != LTC_ALIVE;
    if (st || !p->has_mask[i])
        return st;
    st = zero_where(p, p->tape.place[param->value].value, mask, param->n, LTC_FROZEN, err);
    for (int slot = 0; slot < 2 && !st; slot++)
        st = zero_where(p, place->slot[slot], mask, param->n, LTC_ALIVE, err);
    return st;
}

ltc_status lts_program_ready(void *prog, ltc_error *err)
{
    lts_program *p = prog;
    for (uint32_t i = 0; i < p->graph->n_params; i++) {
        if (!p->has_value[i])
            return ltc_fail(err, LTC_EINVAL, "parameter %u ('%s') has been given no value", i,
                            ltc_graph_param(p->graph, i)->name);
        const ltc_status st = settle(p, i, err);
        if (st)
            return st;
    }
    p->ready = true;
    return LTC_OK;
}
