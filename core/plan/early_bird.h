/* Early birds (You et al. 2020): the moment of a training from which on the masks that would be drawn of it
 * stay alike. Pure; level_watch.c has the masks. */
#ifndef LT_PLAN_EARLY_BIRD_H
#define LT_PLAN_EARLY_BIRD_H

#include "prune/selection.h"

/* A mask in 64ths: the bits of every weight that has one, in the order of the parameters. */
typedef struct lt_mask_bits {
    uint64_t *word;                           /* [n / 64, rounded up] */
    uint64_t  n;
} lt_mask_bits;

/* For lt_mask_bits_free. LTC_ENOMEM. */
ltc_status lt_mask_bits_of(const ltc_graph *g, const lt_masks *m, lt_mask_bits *b, ltc_error *err);
void lt_mask_bits_free(lt_mask_bits *b);      /* safe on a zeroed one */

/* How many weights two masks of one network tell apart: the Hamming distance. */
uint64_t lt_mask_bits_differ(const lt_mask_bits *a, const lt_mask_bits *b);

/* The first of n masks that differs from each of the window - 1 before it in at most `distance` of its
 * `total` weights; n: there is none. differ: by lt_pair. A mask with fewer before it is none: the untrained
 * one is not among them. */
uint32_t lt_early_bird(const uint64_t *differ, uint32_t n, uint64_t total, uint64_t window, double distance);

#endif
