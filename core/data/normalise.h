/* Normalisation: from stored samples to the network's input, written down once so that no compiler contracts
 * it. */
#ifndef LT_DATA_NORMALISE_H
#define LT_DATA_NORMALISE_H

#include "config/settings.h"
#include "data/data.h"

/* mean and std per channel (the first dimension) in units of x/255 (of x, for floats); the table for
 * bytes. */
typedef struct lt_normalisation {
    ltc_input input;                          /* points below: to table for u8, to mean and std for float */
    float    *mean, *std, *table;             /* [C], [C], [C][256] or NULL for floats */
} lt_normalisation;

/* how: LT_NORMALISE_*. PUBLISHED: the reader's constants; LTC_EOPTION on "normalise" if it has none. TRAIN:
 * of the training split as it is after validation was taken, std over all n (not n - 1). UNIT: x/255 (floats
 * as they are). NONE: the byte itself. A channel that never varies has std 1. */
ltc_status lt_normalisation_make(const lt_data *d, uint32_t how, lt_normalisation *n, ltc_error *err);
void lt_normalisation_free(lt_normalisation *n);      /* safe on a zeroed or freed one */

#endif
