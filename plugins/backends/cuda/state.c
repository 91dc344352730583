/* The state of a program's replicas: values, masks, slots, clock; in and out, and made consistent by
 * ready(), which also captures the step. */
#include <string.h>

#include "program.h"

static void *in_replica(lcu_floats t, uint32_t replica)
{
    return t.at ? t.at + replica * t.stride : NULL;
}

/* On the device, unless it is the clock. NULL: the program has none, and it reads as lts_state_none. */
static void *place_of(const lcu_program *p, const lts_state_name *x)
{
    if (x->what == LTC_STATE_CLOCK)
        return &p->clock[x->replica];
    const ltc_param *q = ltc_graph_param(p->graph, x->param);
    const lcu_param *of = &p->param[x->param];
    if (x->what == LTC_STATE_MASK)
        return of->mask ? of->mask + x->replica * of->stride : NULL;
    return in_replica(x->what == LTC_STATE_VALUE    ? p->value[q->value]
                      : x->what == LTC_STATE_SLOT_1 ? of->m
                                                    : of->v, x->replica);
}

ltc_status lcu_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src, size_t bytes,
                   ltc_error *err)
{
    lcu_program *p = prog;
    const lts_state_name x = { what, replica, param };
    ltc_status st = lts_request_state(p->graph, p->replicas, &x, bytes, err);
    if (st)
        return st;
    void *to = place_of(p, &x);
    st = lts_request_content(&x, src, bytes, to, err);
    if (st || !to)
        return st;
    p->ready = false;
    p->links.stale[replica] = p->links.stale[replica] || what == LTC_STATE_MASK;
    if (what == LTC_STATE_CLOCK) {
        memcpy(to, src, bytes);
        return LTC_OK;
    }
    if (what == LTC_STATE_VALUE)
        p->has_value[(size_t)replica * p->graph->n_params + param] = true;
    lcu_write(p->device, to, src, bytes);
    return lcu_finish(p->device, err);
}

ltc_status lcu_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes,
                   ltc_error *err)
{
    lcu_program *p = prog;
    const lts_state_name x = { what, replica, param };
    const ltc_status st = lts_request_state(p->graph, p->replicas, &x, bytes, err);
    if (st)
        return st;
    const void *from = place_of(p, &x);
    if (!from)
        memset(dst, lts_state_none(what), bytes);
    else if (what == LTC_STATE_CLOCK)
        memcpy(dst, from, bytes);
    if (!from || what == LTC_STATE_CLOCK)
        return LTC_OK;
    lcu_read(p->device, dst, from, bytes);
    return lcu_finish(p->device, err);
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

/* A step of the replicas that do not train by links; anew when they have become others. */
static void capture(lcu_program *p)
{
    lcu_set dense = p->all;
    for (uint32_t r = 0; r < p->replicas && p->links.trains; r++)
        lcu_include(&dense, r, !lcu_has(&p->links.has, r));
    if (p->step && !memcmp(&dense, &p->dense, sizeof dense))
        return;
    lcu_graph_free(p->device, p->step);
    p->dense = dense;
    lcu_rehearse(p, &dense);
    lcu_only(p->device, &dense);
    lcu_capture_begin(p->device);
    lcu_step(p);
    p->step = lcu_capture_end(p->device);
}

ltc_status lcu_ready(void *prog, ltc_error *err)
{
    lcu_program *p = prog;
    ltc_status st = lts_request_ready(p->graph, p->replicas, p->has_value, err);
    if (st)
        return st;
    lcu_only(p->device, &p->all);
    settle(p);
    lcu_links_make(p);
    capture(p);
    st = lcu_finish(p->device, err);
    if (!st && !p->step)
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a step's graph");
    if (!st)
        lcu_links_made(p);
    p->ready = !st;
    return st;
}
