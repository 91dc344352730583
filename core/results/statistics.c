/* Owns means and their intervals. Called by whoever compares levels. */
#include "results/statistics.h"

#include <assert.h>
#include <math.h>

/* To the last digit as in NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, column
 * 0.975, with three more by inverting the distribution: tests/golden/statistics.py. */
static const double quantile[] = {
    NAN,
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139,
    2.200985,  2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963,
    2.079614,  2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.045230, 2.042272,
};
enum { TABLED = sizeof quantile / sizeof quantile[0] };

double lt_t_quantile(uint64_t freedom)
{
    assert(freedom > 0);
    if (freedom < TABLED)
        return quantile[freedom];
    /* Abramowitz & Stegun 1964, 26.7.5, up to 1 / v^3: right to 2e-6 from 31 on. */
    const double z = 1.959963985, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, v = (double)freedom;
    return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

/* mean +- t sqrt(sum (x - mean)^2 / (n - 1) / n) */
lt_spread lt_spread_of(const double *x, size_t n)
{
    lt_spread s = { .n = n, .mean = NAN, .min = NAN, .max = NAN, .half = NAN };
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        s.min = fmin(s.min, x[i]);            /* fmin and fmax pass over the NaN */
        s.max = fmax(s.max, x[i]);
    }
    if (!n)
        return s;
    s.mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - s.mean) * (x[i] - s.mean);
    if (n > 1)
        s.half = lt_t_quantile(n - 1) * sqrt(squares / (double)(n - 1) / (double)n);
    return s;
}
