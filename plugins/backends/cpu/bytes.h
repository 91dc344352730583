/* Sixteen bytes as numbers. For kernel files. */
#ifndef CPU_BYTES_H
#define CPU_BYTES_H

#include "tile.h"

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

VEC_INLINE vec4 vec4_of_bytes(const uint8_t *p)
{
    return (vec4){ vec_of_bytes(p), vec_of_bytes(p + 16), vec_of_bytes(p + 32), vec_of_bytes(p + 48) };
}

#endif
