/* sorted: a list of values in ascending order, and how many of it lie below a value: what percentiles and
 * sums from the top need. Linked to the criteria that use it. All [any]. */
#ifndef MASKS_SORTED_H
#define MASKS_SORTED_H

#include <stddef.h>

/* The values must be finite. */
void sorted_make(double *x, size_t n);

size_t sorted_below(const double *x, size_t n, double v);     /* how many are < v */
size_t sorted_up_to(const double *x, size_t n, double v);     /* how many are <= v */

#endif
