/* Owns what peak.h describes. */
#include "peak.h"

#include <time.h>

enum { ROUNDS = 15, TIMES = 1 << 18, CHAINS = 10 };           /* enough chains for any processor's latency */

typedef float four __attribute__((vector_size(16)));
typedef float eight __attribute__((vector_size(32)));
typedef float sixteen __attribute__((vector_size(64)));

/* a x + y in each of CHAINS registers of a type, so often. */
#define PEAK(type, target)                                                                          \
    target static float run_##type(int n)                                                           \
    {                                                                                               \
        const type x = (type){ 0 } + 0.999f, y = (type){ 0 } + 0.001f;                              \
        type a = x, b = a + y, c = b + y, d = c + y, e = d + y, f = e + y, g = f + y, h = g + y,    \
             i = h + y, j = i + y;                                                                  \
        for (int k = 0; k < n; k++) {                                                               \
            a = a * x + y, b = b * x + y, c = c * x + y, d = d * x + y, e = e * x + y;              \
            f = f * x + y, g = g * x + y, h = h * x + y, i = i * x + y, j = j * x + y;              \
        }                                                                                           \
        return (a + b + c + d + e + f + g + h + i + j)[0];                                          \
    }
#if defined(__x86_64__)
PEAK(sixteen, __attribute__((target("avx512f,fma"))))
PEAK(eight, __attribute__((target("avx2,fma"))))
#endif
PEAK(four, )

static const struct { int lanes; float (*run)(int n); } widths[] = {
    { 4, run_four },
#if defined(__x86_64__)
    { 8, run_eight }, { 16, run_sixteen },
#endif
};

static int widest(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return 2;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 0;
#else
    return 0;
#endif
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double lt_bench_peak(void)
{
    const int w = widest();
    volatile float sink = 0;                  /* or nothing would be done */
    double least = 1e9;
    for (int r = 0; r < ROUNDS; r++) {
        const double start = now();
        sink = sink + widths[w].run(TIMES);
        least = now() - start < least ? now() - start : least;
    }
    return 2.0 * CHAINS * widths[w].lanes * TIMES / least / 1e9;
}
