/* The number type for which a kernel source is compiled: each of kernels_f32.c, kernels_f64.c and
 * kernels_c64.c sets LTS_TYPE and includes the sources kernel_*.inc after this. Included by those three
 * alone.
 *
 *   real  the type of tensors; wide  that of sums over samples; re(x)  what is compared. */
#ifndef LTS_REAL_H
#define LTS_REAL_H

#include <math.h>

#include "wide.h"

#if LTS_TYPE == 32
typedef float  real;
typedef double wide;
#define LTS_KERNELS lts_kernels_f32
static inline float real_root(float x) { return sqrtf(x); }
#elif LTS_TYPE == 64
typedef double real;
typedef double wide;
#define LTS_KERNELS lts_kernels_f64
static inline double real_root(double x) { return sqrt(x); }
#else
#include <complex.h>
typedef double complex real;
typedef double complex wide;
#define LTS_KERNELS lts_kernels_c64
#endif

#if LTS_TYPE == 128
static inline double re(wide x) { return creal(x); }
static inline wide wide_root(wide x) { return csqrt(x); }
static inline wide wide_exp(wide x) { return cexp(x); }
static inline wide wide_log(wide x) { return clog(x); }
#else
static inline wide re(wide x) { return x; }
static inline wide wide_root(wide x) { return sqrt(x); }
static inline wide wide_exp(wide x) { return exp(x); }
static inline wide wide_log(wide x) { return log(x); }
#endif

#if LTS_TYPE == 128
#undef LTS_WIDE
#define LTS_WIDE
#endif

enum { LANES = 8 };

/* Lane j sums x[i] y[i s] over i = j, j + 8, ...; then the lanes are added, 0 to 7. */
static inline real dot(size_t n, const real *x, const real *y, size_t s)
{
    real lane[LANES] = { 0 }, sum = 0;
    size_t i = 0;
    if (s == 1)
        for (; i + LANES <= n; i += LANES)
            for (size_t j = 0; j < LANES; j++)
                lane[j] += x[i + j] * y[i + j];
    for (; i < n; i++)
        lane[i % LANES] += x[i] * y[i * s];
    for (size_t j = 0; j < LANES; j++)
        sum += lane[j];
    return sum;
}

/* y[i t] <- y[i t] + a x[i s] */
static inline void axpy(size_t n, real a, const real *x, size_t s, real *y, size_t t)
{
    if (s == 1 && t == 1)
        for (size_t i = 0; i < n; i++)
            y[i] += a * x[i];
    else
        for (size_t i = 0; i < n; i++)
            y[i * t] += a * x[i * s];
}

#endif
