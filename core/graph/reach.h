/* Reach: which parts of a network lead to its logits, and which weights are its output layer. */
#ifndef LT_GRAPH_REACH_H
#define LT_GRAPH_REACH_H

#include <ltcore/graph.h>

/* Refuses parameters and operations that never reach the logits, and tags LTC_ROLE_OUTPUT: the parameters of
 * each operation with weights from which the logits are reached through no further weight. */
ltc_status lt_reach_check(const ltc_node *node, uint32_t n_nodes, ltc_param *param, uint32_t n_params,
                          uint32_t n_values, uint32_t logits, ltc_error *err);

#endif
