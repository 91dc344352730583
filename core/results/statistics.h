/* Statistics of a few numbers: what can be said about a mean from n repetitions. */
#ifndef LT_RESULTS_STATISTICS_H
#define LT_RESULTS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* Of n numbers. Without numbers all are NaN; half, half the width of the 95 % interval of the mean, also
 * at n = 1. */
typedef struct lt_spread {
    uint64_t n;
    double   mean, min, max, half;
} lt_spread;

/* Sums in the order of x, so that the same numbers in the same order give the same bits. [any] */
lt_spread lt_spread_of(const double *x, size_t n);

/* The 0.975 quantile of Student's t distribution; freedom > 0. */
double lt_t_quantile(uint64_t freedom);

#endif
