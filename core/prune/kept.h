/* Kept: the values that kept weights start from, where they are not simply those of a
 * state. For treatment.c. */
#ifndef LT_PRUNE_KEPT_H
#define LT_PRUNE_KEPT_H

#include "prune/treatment.h"

/* One parameter that has a mask. w comes in as if nothing were arranged: the weights of the
 * state gone back to. */
typedef struct lt_kept_part {
    const float   *init;                      /* [n] */
    const uint8_t *mask;                      /* [n]: the selection */
    float         *w;                         /* [n] */
    size_t         n;
    ltc_key        key;                       /* this parameter's */
} lt_kept_part;

/* Does a treatment take values from initialisation? Then lt_treat needs that state. */
bool lt_kept_reads_init(const lt_treatment *t);

/* Rearranges, adds noise, rescales: in this order. */
ltc_status lt_kept_arrange(const lt_treatment *t, const lt_kept_part *k, ltc_error *err);

#endif
