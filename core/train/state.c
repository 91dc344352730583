/* Owns the arrays of a network's state. */
#include "train/state.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

ltc_status lt_state_create(const ltc_graph *g, lt_state *s, ltc_error *err)
{
    size_t total = 0;
    for (uint32_t p = 0; p < g->n_params; p++)
        total += ltc_graph_param(g, p)->n;
    lt_state made = { .graph = g };
    float **lists = lt_array(g->n_params, 3 * sizeof *lists);
    made.mask = lt_array(g->n_params, sizeof *made.mask);
    made.block = lt_array(total, 3 * sizeof(float));
    made.value = lists;
    if (!lists || !made.mask || !made.block) {
        lt_state_free(&made);
        return ltc_fail(err, LTC_ENOMEM, "no memory for the %zu parameters of a network and their optimizer",
                        total);
    }
    made.slot1 = lists + g->n_params;
    made.slot2 = lists + 2 * (size_t)g->n_params;
    float *at = made.block;
    for (uint32_t p = 0; p < g->n_params; p++, at += ltc_graph_param(g, p - 1)->n) {
        made.value[p] = at;
        made.slot1[p] = at + total;
        made.slot2[p] = at + 2 * total;
    }
    *s = made;
    return LTC_OK;
}

void lt_state_free(lt_state *s)
{
    for (uint32_t p = 0; s->mask && p < s->graph->n_params; p++)
        free(s->mask[p]);
    free(s->mask);
    free(s->value);                           /* the lists of both slots are behind it */
    free(s->block);
    *s = (lt_state){ 0 };
}

ltc_status lt_state_add_mask(lt_state *s, uint32_t p, ltc_error *err)
{
    const size_t n = ltc_graph_param(s->graph, p)->n;
    if (!s->mask[p] && !(s->mask[p] = lt_array(n, 1)))
        return ltc_fail(err, LTC_ENOMEM, "no memory for a mask");
    memset(s->mask[p], LTC_ALIVE, n);
    return LTC_OK;
}

void lt_state_drop_mask(lt_state *s, uint32_t p)
{
    free(s->mask[p]);
    s->mask[p] = NULL;
}

void lt_state_copy(const lt_state *from, lt_state *to)
{
    size_t total = 0;
    for (uint32_t p = 0; p < from->graph->n_params; p++)
        total += ltc_graph_param(from->graph, p)->n;
    memcpy(to->block, from->block, 3 * total * sizeof(float));
    to->clock = from->clock;
}
