/* One walk backwards over the operations. Called when an architecture's description is finished. */
#include "graph/reach.h"

#include <stdlib.h>

#include "util/memory.h"

/* What is known of a value. */
enum { LEADS = 1, OPEN = 2, WEIGHT = 4, OUTPUT = 8 };        /* LEADS to the logits; OPEN: through
                                                              * no further weight */

static void walk(const ltc_node *node, uint32_t n_nodes, uint8_t *mark)
{
    for (uint32_t i = n_nodes; i-- > 0;) {
        const ltc_node *n = &node[i];
        if (!(mark[n->out] & LEADS))
            continue;
        bool weighs = false;
        for (uint32_t j = 0; j < n->n_in; j++)
            weighs |= (mark[n->in[j]] & WEIGHT) != 0;
        const uint8_t open = mark[n->out] & OPEN, passed = open ? weighs ? OUTPUT : OPEN : 0;
        for (uint32_t j = 0; j < n->n_in; j++)
            mark[n->in[j]] |= (uint8_t)(LEADS | passed);
    }
}

static ltc_status check(const ltc_node *node, uint32_t n_nodes, ltc_param *param, uint32_t n_params,
                        const uint8_t *mark, ltc_error *err)
{
    for (uint32_t i = 0; i < n_params; i++) {
        if (!(mark[param[i].value] & LEADS))
            return ltc_fail(err, LTC_EINVAL, "the parameter %s does not reach the logits", param[i].name);
        if (mark[param[i].value] & OUTPUT)
            param[i].role |= LTC_ROLE_OUTPUT;
    }
    for (uint32_t i = 0; i < n_nodes; i++)
        if (!(mark[node[i].out] & LEADS))
            return ltc_fail(err, LTC_EINVAL, "%s does not reach the logits", node[i].name);
    return LTC_OK;
}

ltc_status lt_reach_check(const ltc_node *node, uint32_t n_nodes, ltc_param *param, uint32_t n_params,
                          uint32_t n_values, uint32_t logits, ltc_error *err)
{
    uint8_t *mark = lt_array(n_values, sizeof *mark);
    if (!mark)
        return ltc_fail(err, LTC_ENOMEM, "no memory to check a network");
    for (uint32_t i = 0; i < n_params; i++)
        if (param[i].role & LTC_ROLE_WEIGHT)
            mark[param[i].value] |= WEIGHT;
    mark[logits] |= LEADS | OPEN;
    walk(node, n_nodes, mark);
    const ltc_status st = check(node, n_nodes, param, n_params, mark, err);
    free(mark);
    return st;
}
