/* The kernels of one instruction set: compiled once for each, they are alike but for their speed, and the
 * table at the end is all that is seen of them. */
#include "kernels.h"

#include <math.h>

#include "bytes.h"
#include "shuffle.h"
#include "tile.h"
#include "update.h"
#include "vec.h"

#include "dense.inc"
#include "halves.inc"
#include "sparse.inc"
#include "strips.inc"

#include "gather.inc"
#include "loss.inc"
#include "map.inc"
#include "norm.inc"
#include "pool.inc"

extern const cpu_kernels CPU_NAME(cpu_kernels);
const cpu_kernels CPU_NAME(cpu_kernels) = {
    .update = run_update, .row_sums = run_row_sums, .transpose = run_transpose,
    .dense_forward = run_dense_forward, .dense_back = run_dense_back, .dense_update = run_dense_update,
    .sparse_forward = run_sparse_forward, .sparse_back = run_sparse_back, .sparse_update = run_sparse_update,
    .sparse_sums = run_sparse_sums, .strips_sums = run_strips_sums, .strips_list = run_strips_list,
    .strips_turn = run_strips_turn, .strips_values = run_strips_values, .strips_forward = run_strips_forward,
    .strips_update = run_strips_update, .turn_bytes = run_turn_bytes, .spread_bytes = run_spread_bytes,
    .turn_halves = run_turn_halves, .spread_halves = run_spread_halves, .gather = run_gather,
    .loss = run_loss, .relu = run_relu, .relu_back = run_relu_back, .copy = run_copy, .sum = run_sum,
    .max_pool = run_max_pool, .max_pool_back = run_max_pool_back, .mean_pool = run_mean_pool,
    .mean_pool_back = run_mean_pool_back, .adaptive_pool = run_adaptive_pool,
    .adaptive_pool_back = run_adaptive_pool_back, .norm = run_norm, .norm_back = run_norm_back,
    .norm_measure = run_norm_measure, .norm_measure_back = run_norm_measure_back,
    .norm_finish = run_norm_finish, .norm_finish_back = run_norm_finish_back,
    .channel_sums = run_channel_sums, .channel_totals = run_channel_totals,
};
