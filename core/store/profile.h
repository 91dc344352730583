/* Profile: what one tensor holds, in numbers that a person reads. For `ltcore show`. */
#ifndef LT_STORE_PROFILE_H
#define LT_STORE_PROFILE_H

#include "store/tensors.h"

/* Numbers that are not finite are counted, and are in none of the others. deviation: divided by n. */
typedef struct lt_profile {
    bool     mask;                            /* U8, and nothing but 0 and 1 */
    uint64_t n, zeros, not_finite;
    double   min, max, mean, deviation;       /* NaN: nothing is finite */
} lt_profile;

lt_profile lt_profile_of(const lt_tensor *t);                 /* [any] */

/* Counts of equal bins from p->min to p->max, whose bounds belong to the first and the last. With min = max
 * all are in the first. */
void lt_profile_histogram(const lt_tensor *t, const lt_profile *p, uint64_t *bin, size_t n_bins);

/* Element i, whatever its type. */
double lt_tensor_number(const lt_tensor *t, size_t i);

#endif
