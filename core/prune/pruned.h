/* Pruned: which pruned weights are dead and which are frozen where they began. For treatment.c. */
#ifndef LT_PRUNE_PRUNED_H
#define LT_PRUNE_PRUNED_H

#include "prune/treatment.h"

/* One parameter that has a mask. */
typedef struct lt_pruned_part {
    const float   *init, *final;              /* [n]; NULL where the treatment does not read it */
    const uint8_t *kept;                      /* [n]: the selection */
    size_t         n;
    ltc_key        key;                       /* this parameter's */
} lt_pruned_part;

bool lt_pruned_reads_init(const lt_treatment *t);
bool lt_pruned_reads_final(const lt_treatment *t);

/* The training mask [n] of the parameter: LTC_ALIVE where it is kept, LTC_DEAD or LTC_FROZEN elsewhere. */
ltc_status lt_pruned_mark(const lt_treatment *t, const lt_pruned_part *p, uint8_t *mask, ltc_error *err);

/* Does a kept weight start at zero all the same? */
bool lt_pruned_zeroes_kept(const lt_treatment *t, const lt_pruned_part *p, size_t i);

#endif
