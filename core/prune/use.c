/* Owns nothing: looks a parameter's value up among the inputs of the operations. */
#include "prune/use.h"

#include <ltcore/ops.h>

uint32_t lt_use_of(const ltc_graph *g, uint32_t p)
{
    const uint32_t value = ltc_graph_param(g, p)->value;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(g, i);
        for (uint32_t j = 0; j < n->n_in; j++)
            if (n->in[j] == value)
                return n->op;
    }
    return LTC_OP_NONE;
}
