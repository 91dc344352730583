/* Sixteen bytes as numbers. For kernel files. */
#ifndef CPU_BYTES_H
#define CPU_BYTES_H

#include "vec.h"

VEC_INLINE vec vec_of_bytes(const uint8_t *p)
{
#if defined(__AVX512F__)
    return (vec)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p)));
#elif defined(__AVX2__)
    union { vec v; __m256 half[2]; } y;
    y.half[0] = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p)));
    y.half[1] = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(p + 8))));
    return y.v;
#else
    vec v;
    for (int i = 0; i < CPU_LANES; i++)
        v[i] = p[i];
    return v;
#endif
}

typedef uint8_t bytes_16 __attribute__((vector_size(16)));

#define LOW_BYTES(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_BYTES(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/* Halves interleaved: applied four times, byte j of row i ends as byte i of row j. */
VEC_INLINE void interleave(const bytes_16 *x, bytes_16 *y)
{
    for (int i = 0; i < 8; i++) {
        y[2 * i] = LOW_BYTES(x[i], x[i + 8]);
        y[2 * i + 1] = HIGH_BYTES(x[i], x[i + 8]);
    }
}

VEC_INLINE void transpose_bytes(bytes_16 *x)
{
    bytes_16 y[CPU_LANES];
    interleave(x, y);
    interleave(y, x);
    interleave(x, y);
    interleave(y, x);
}

#endif
