/* One vector of sixteen floats in the instruction set that a file is compiled for, and the few operations
 * that C's own operators do not give. For kernel files only.
 *
 * Every result is defined bit by bit: sums stand as they are written (-ffp-contract=off), products are
 * fused where vec_fma says so and the instruction set has it. So a kernel has the same bits from every
 * compiler, and from AVX-512 and AVX2 alike. gcc keeps a vec in memory where registers are narrower, so
 * loops that take time work on registers (conv_reg.h); and arrays of them where a loop is not unrolled: name
 * them, or put them into a struct as vec4. */
#ifndef CPU_VEC_H
#define CPU_VEC_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "isa.h"
#include "layout.h"

typedef float   vec __attribute__((vector_size(64)));
typedef int32_t vec_mask __attribute__((vector_size(64)));    /* -1 or 0: what a comparison of vecs gives */

#define VEC_INLINE static inline __attribute__((always_inline))

VEC_INLINE vec vec_load(const float *p)       /* p aligned to 64 bytes */
{
    return *(const vec *)(const void *)p;
}

VEC_INLINE void vec_store(float *p, vec x)
{
    *(vec *)(void *)p = x;
}

VEC_INLINE vec vec_load_any(const float *p)   /* at any address */
{
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}

VEC_INLINE void vec_store_any(float *p, vec x)
{
    memcpy(p, &x, sizeof x);
}

VEC_INLINE vec vec_zero(void)
{
    return (vec){ 0 };
}

VEC_INLINE vec vec_all(float x)
{
#if defined(__AVX512F__)
    return (vec)_mm512_set1_ps(x);
#else
    return (vec){ x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x };
#endif
}

/* a b + c, rounded once where the instruction set can. */
VEC_INLINE vec vec_fma(vec a, vec b, vec c)
{
#if defined(__AVX512F__)
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
    union { vec v; __m256 half[2]; } x = { a }, y = { b }, z = { c };
    z.half[0] = _mm256_fmadd_ps(x.half[0], y.half[0], z.half[0]);
    z.half[1] = _mm256_fmadd_ps(x.half[1], y.half[1], z.half[1]);
    return z.v;
#else
    return a * b + c;
#endif
}

/* x where the mask is set, else +0.0. */
VEC_INLINE vec vec_where(vec_mask mask, vec x)
{
    return (vec)((vec_mask)x & mask);
}

/* The sum of the sixteen lanes, halves folded onto each other: (((0+8)+(4+12)) +
 * ((2+10)+(6+14))) + the odd ones. */
VEC_INLINE float vec_sum(vec x)
{
    float a[CPU_LANES];
    memcpy(a, &x, sizeof a);
    for (int half = CPU_LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            a[i] += a[i + half];
    return a[0];
}

#endif
