/* Pools: which weights are ranked against one another, and how many of them stay. For selection.c. */
#ifndef LT_PRUNE_POOL_H
#define LT_PRUNE_POOL_H

#include "prune/selection.h"

typedef struct lt_pool {
    uint64_t total, alive, keep, floor;       /* weights; floor <= keep <= alive <= total */
    uint32_t what, apart;                     /* a parameter, an operation or 0; the output alone */
    uint32_t entry, members;                  /* of prune.layer_rate, from 1; parameters */
    double   value;                           /* rate or density */
    double   factor;                          /* on the rate or the sparsity: 1 but for the output */
} lt_pool;

typedef struct lt_pools {
    uint32_t  n, pad;
    uint32_t *of;                             /* [n_params]: its pool; n_params: it is not eligible */
    lt_pool  *pool;                           /* [n], in the order of their first parameters */
} lt_pools;

/* By the request's scope, with its budget or its exact counts, its allocation and its floors. */
ltc_status lt_pools_make(const lt_selection_request *r, lt_pools *pools, ltc_error *err);

/* Everything that is eligible in one, all of it to be kept: for a criterion that counts for itself. */
ltc_status lt_pools_whole(const lt_selection_request *r, lt_pools *pools, ltc_error *err);

/* The floor of parameter p if it has so many. */
uint64_t lt_pools_least(const lt_selection_request *r, uint32_t p);
void lt_pools_free(lt_pools *pools);          /* safe on a zeroed one */

#endif
