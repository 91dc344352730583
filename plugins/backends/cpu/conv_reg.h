/* One register of the instruction set that a file is compiled for: sixteen, eight or four lanes of CPU_LANES.
 * For kernel files, in whose loops a vec of vec.h would be several registers, or memory, where they are
 * narrower.
 *
 * gcc keeps an array of registers in registers only where every loop over it is unrolled at once:
 * REG_UNROLL. A test looks for spills. */
#ifndef CPU_CONV_REG_H
#define CPU_CONV_REG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "isa.h"
#include "layout.h"

#if defined(__AVX512F__)
#define REG_LANES 16
#elif defined(__AVX2__) && defined(__FMA__)
#define REG_LANES 8
#else
#define REG_LANES 4
#endif

typedef float   reg __attribute__((vector_size(4 * REG_LANES), may_alias));
typedef int32_t reg_mask __attribute__((vector_size(4 * REG_LANES), may_alias));

#define REG_INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define REG_UNROLL _Pragma("clang loop unroll(full)")
#else
#define REG_UNROLL _Pragma("GCC unroll 36")
#endif

REG_INLINE reg reg_load(const float *p)       /* aligned to its size */
{
    return *(const reg *)(const void *)p;
}

REG_INLINE void reg_store(float *p, reg x)
{
    *(reg *)(void *)p = x;
}

REG_INLINE reg reg_all(float x)
{
#if defined(__AVX512F__)
    return (reg)_mm512_set1_ps(x);
#elif defined(__AVX2__) && defined(__FMA__)
    return (reg)_mm256_set1_ps(x);
#else
    return (reg){ x, x, x, x };
#endif
}

/* a b + c, rounded once where the instruction set can. */
REG_INLINE reg reg_fma(reg a, reg b, reg c)
{
#if defined(__AVX512F__)
    return (reg)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__) && defined(__FMA__)
    return (reg)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

/* max(x, 0); a NaN passes. */
REG_INLINE reg reg_relu(reg x)
{
    return (reg)((reg_mask)x & ~(reg_mask)(x <= (reg){ 0 }));
}

/* x where the mask is set, else +0.0. */
REG_INLINE reg reg_where(reg_mask mask, reg x)
{
    return (reg)((reg_mask)x & mask);
}

REG_INLINE reg reg_choose(reg_mask mask, reg yes, reg no)
{
    return (reg)(((reg_mask)yes & mask) | ((reg_mask)no & ~mask));
}

/* x, or +0.0. */
REG_INLINE reg reg_keep(reg x, bool it)
{
    return (reg)((reg_mask)x & ((reg_mask){ 0 } - (int32_t)it));
}

/* The sum of CPU_LANES numbers, halves folded onto each other: the order of vec_sum. */
REG_INLINE float reg_sum_lanes(const float *p)
{
    float a[CPU_LANES];
    memcpy(a, p, sizeof a);
    for (int half = CPU_LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            a[i] += a[i + half];
    return a[0];
}

#endif
