/* The state of a program's one replica: values, masks, slots, clock; in and out, and made
 * consistent by ready(). */
#include <string.h>

#include "program.h"

/* NULL: the program has none, and it reads as lts_state_none. */
static void *place_of(lts_program *p, const lts_state_name *x)
{
    if (x->what == LTC_STATE_CLOCK)
        return &p->clock;
    const lts_param_place *place = &p->tape.param[x->param];
    const size_t at = x->what == LTC_STATE_VALUE
                          ? p->tape.place[ltc_graph_param(p->graph, x->param)->value].value
                      : x->what == LTC_STATE_MASK ? place->mask
                                                  : place->slot[x->what - LTC_STATE_SLOT_1];
    return lts_tape_at(&p->tape, at);
}

ltc_status lts_program_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                           size_t bytes, ltc_error *err)
{
    lts_program *p = prog;
    const lts_state_name x = { what, replica, param };
    ltc_status st = lts_request_state(p->graph, 1, &x, bytes, err);
    if (st)
        return st;
    void *to = place_of(p, &x);
    st = lts_request_content(&x, src, bytes, to, err);
    if (st || !to)
        return st;
    p->ready = false;
    if (what == LTC_STATE_CLOCK) {
        memcpy(to, src, bytes);
        return LTC_OK;
    }
    if (what == LTC_STATE_VALUE)
        p->has_value[param] = true;
    return lts_memory_copy(p->device, to, src, bytes, LTC_COPY_TO_DEVICE, err);
}

ltc_status lts_program_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst,
                           size_t bytes, ltc_error *err)
{
    lts_program *p = prog;
    const lts_state_name x = { what, replica, param };
    const ltc_status st = lts_request_state(p->graph, 1, &x, bytes, err);
    if (st)
        return st;
    const void *from = place_of(p, &x);
    if (!from)
        memset(dst, lts_state_none(what), bytes);
    else if (what == LTC_STATE_CLOCK)
        memcpy(dst, from, bytes);
    else
        return lts_memory_copy(p->device, dst, from, bytes, LTC_COPY_TO_HOST, err);
    return LTC_OK;
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
    ltc_status st = lts_request_ready(p->graph, 1, p->has_value, err);
    for (uint32_t i = 0; i < p->graph->n_params && !st; i++)
        st = settle(p, i, err);
    p->ready = !st;
    return st;
}
