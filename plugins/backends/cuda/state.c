/* The state of a program's replicas: values, masks, slots, clock; in and out, and made consistent by
 * ready(), which also captures the step. */
#include <string.h>

#include "program.h"

/* One piece of state: where it lies, on the device unless it is the clock, and how large it is. at NULL:
 * the program has none, and it reads as all `none`. */
typedef struct piece { void *at; size_t bytes; uint8_t none; bool on_host; } piece;

static const char *const what_name[] = { "", "value", "mask", "first slot", "second slot", "clock" };

static void *in_replica(lcu_floats t, uint32_t replica)
{
    return t.at ? t.at + replica * t.stride : NULL;
}

static piece piece_of(const lcu_program *p, uint32_t what, uint32_t replica, uint32_t param)
{
    const ltc_param *q = ltc_graph_param(p->graph, param);
    const lcu_param *of = &p->param[param];
    piece x = { .bytes = q->n * sizeof(float) };
    if (what == LTC_STATE_VALUE)
        x.at = in_replica(p->value[q->value], replica);
    else if (what == LTC_STATE_MASK)
        x = (piece){ of->mask ? of->mask + replica * q->n : NULL, q->n, LTC_ALIVE, false };
    else
        x.at = in_replica(what == LTC_STATE_SLOT_1 ? of->m : of->v, replica);
    return x;
}

static ltc_status find(lcu_program *p, uint32_t what, uint32_t replica, uint32_t param, size_t bytes,
                       piece *out, ltc_error *err)
{
    if (what < LTC_STATE_VALUE || what > LTC_STATE_CLOCK)
        return ltc_fail(err, LTC_EINVAL, "there is no state number %u", what);
    if (replica >= p->replicas)
        return ltc_fail(err, LTC_EINVAL, "replica %u: this program has %u", replica, p->replicas);
    if (what == LTC_STATE_CLOCK && param > 0)
        return ltc_fail(err, LTC_EINVAL, "the clock belongs to parameter 0, not %u", param);
    if (what != LTC_STATE_CLOCK && param >= p->graph->n_params)
        return ltc_fail(err, LTC_EINVAL, "parameter %u: the network has %u", param, p->graph->n_params);
    *out = what == LTC_STATE_CLOCK ? (piece){ &p->clock[replica], sizeof p->clock[replica], 0, true }
                                   : piece_of(p, what, replica, param);
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

ltc_status lcu_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src, size_t bytes,
                   ltc_error *err)
{
    lcu_program *p = prog;
    piece x = { 0 };
    ltc_status st = find(p, what, replica, param, bytes, &x, err);
    if (!st && !x.at)
        return check_absent(&x, what, param, src, err);
    if (!st && what == LTC_STATE_MASK)
        st = check_mask(&x, param, src, err);
    if (st)
        return st;
    p->ready = false;
    if (x.on_host) {
        memcpy(x.at, src, bytes);
        return LTC_OK;
    }
    if (what == LTC_STATE_VALUE)
        p->has_value[(size_t)replica * p->graph->n_params + param] = true;
    lcu_write(p->device, x.at, src, bytes);
    return lcu_finish(p->device, err);
}

ltc_status lcu_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes,
                   ltc_error *err)
{
    lcu_program *p = prog;
    piece x = { 0 };
    const ltc_status st = find(p, what, replica, param, bytes, &x, err);
    if (st)
        return st;
    if (!x.at)
        memset(dst, x.none, bytes);
    else if (x.on_host)
        memcpy(dst, x.at, bytes);
    if (!x.at || x.on_host)
        return LTC_OK;
    lcu_read(p->device, dst, x.at, bytes);
    return lcu_finish(p->device, err);
}

static ltc_status check_values(const lcu_program *p, ltc_error *err)
{
    for (uint32_t r = 0; r < p->replicas; r++)
        for (uint32_t i = 0; i < p->graph->n_params; i++)
            if (!p->has_value[(size_t)r * p->graph->n_params + i])
                return ltc_fail(err, LTC_EINVAL, "parameter %u ('%s') of replica %u has been given no value",
                                i, ltc_graph_param(p->graph, i)->name, r);
    return LTC_OK;
}

static void settle(lcu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_params; i++) {
        const lcu_param *of = &p->param[i];
        const lcu_settle s = { p->value[ltc_graph_param(p->graph, i)->value], of->m, of->v, of->mask,
                               (uint32_t)ltc_graph_param(p->graph, i)->n, 0 };
        if (of->mask)
            lcu_settle_masks(p->device, &s, p->replicas);
    }
}

ltc_status lcu_ready(void *prog, ltc_error *err)
{
    lcu_program *p = prog;
    ltc_status st = check_values(p, err);
    if (st)
        return st;
    settle(p);
    if (!p->step) {
        lcu_capture_begin(p->device);
        lcu_step(p);
        p->step = lcu_capture_end(p->device);
    }
    st = lcu_finish(p->device, err);
    if (!st && !p->step)
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a step's graph");
    p->ready = !st;
    return st;
}
