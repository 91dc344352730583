/* Allocation: one number of weights to keep, shared out among tensors. Pure. For pool.c. */
#ifndef LT_PRUNE_ALLOCATION_H
#define LT_PRUNE_ALLOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include <ltcore/base.h>

/* A tensor, and what it gets. */
typedef struct lt_share {
    uint64_t n, alive, least;                 /* weights; least <= alive <= n */
    uint64_t span;                            /* erk: the sum of its dimensions */
    const float   *weight;                    /* lamp: [n], finite where mask is 1 */
    const uint8_t *mask;                      /* lamp: [n], 0 or 1 */
    uint64_t keep;                            /* the result; least <= keep <= alive */
    bool     fixed, full;                     /* at its floor; at all that it has: for allocation.c */
} lt_share;

/* share[].keep, whose sum is `keep` exactly: at most what is alive in all. What would be below its floor is
 * at its floor, and the others share the rest; if the floors alone are more than `keep`, they are the result.
 *
 * LT_ALLOCATION_ERK, Evci et al. 2020 (RigL), section 3: density_l = eps (n_in + n_out + kh + kw) / (n_in
 * n_out kh kw), at most 1. So keep_l = min(alive_l, eps span_l), with the eps that gives the sum; rounded
 * down, and what is then missing goes one by one to the largest fractions, of equals to the first.
 *
 * LT_ALLOCATION_LAMP, Lee et al. 2021, equation 2: score(u) = w_u^2 / sum of w_v^2 over the alive v of u's
 * tensor with |w_v| >= |w_u|; 0 for a weight of 0. The `keep` highest of all tensors are counted in each;
 * of those that tie at the edge, the ones of later tensors stay, as in every ranking here. The criterion
 * then chooses which. [any] */
ltc_status lt_allocate(int64_t how, lt_share *share, size_t n, uint64_t keep, ltc_error *err);

#endif
