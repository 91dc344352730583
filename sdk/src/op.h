/* What is known of each operation without computing it: its inputs, its shapes, what its backward pass must
 * keep. Called when a graph is laid out (tape.c), so that kernels need check nothing. */
#ifndef LTS_OP_H
#define LTS_OP_H

#include <ltcore/ops.h>

enum { LTS_MOST_INPUTS = 64 };                /* of CONCAT; the others have at most five */

/* "LINEAR", or NULL for a number that this library does not know. */
const char *lts_op_name(uint32_t op);

/* Is node i of the graph one that the kernels can compute? Its inputs are there, its desc, its shapes fit. */
ltc_status lts_op_check(const ltc_graph *graph, uint32_t i, ltc_error *err);

/* Elements that pass from forward to backward. DROPOUT: each element's factor; BATCH_NORM: mean and biased
 * variance of the batch, per channel; others nothing. */
size_t lts_op_saved(const ltc_graph *graph, const ltc_node *node, uint32_t rows);

/* The batch norm's input among m and v (3, 4), which no gradient reaches. */
bool lts_op_is_statistic(const ltc_node *node, uint32_t input);

#endif
