/* Order: which samples a step sees. A pure function of (key, step); an epoch is floor(n / batch) steps over a
 * fresh permutation of the n samples, and what is left over of it is dropped. */
#ifndef LT_DATA_ORDER_H
#define LT_DATA_ORDER_H

#include <ltcore/base.h>
#include <ltcore/rng.h>

typedef struct lt_order {
    ltc_key   key;
    uint64_t  n, batch, epoch;                /* epoch: whose permutation is held; UINT64_MAX: none's */
    uint32_t *permutation;                    /* [n] */
} lt_order;

/* LTC_EINVAL for a batch of 0, fewer samples than a batch, or 2^32 of them. Nothing is drawn yet. */
ltc_status lt_order_open(ltc_key key, uint64_t n, uint64_t batch, lt_order *o, ltc_error *err);
void lt_order_close(lt_order *o);             /* safe on a zeroed or closed one */

/* Rows of steps first .. first + n_steps - 1 into row [n_steps][batch]. Epoch e is the permutation by
 * fold(key, e). Any order of calls gives the same rows; rising steps cost one permutation an epoch.
 * [serial] */
void lt_order_rows(lt_order *o, uint64_t first, uint64_t n_steps, uint32_t *row);

/* floor(n / batch); batch > 0. [any] */
uint64_t lt_order_steps_per_epoch(uint64_t n, uint64_t batch);

/* A permutation of 0..n-1, by key alone (Fisher and Yates), into p [n]. [any] */
void lt_permutation(ltc_key key, uint32_t n, uint32_t *p);

#endif
