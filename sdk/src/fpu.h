/* Denormals as zero for the length of a span: they cost a hundred times what other numbers
 * do. Called by span.c. */
#ifndef LTS_FPU_H
#define LTS_FPU_H

#ifdef __SSE__
#include <immintrin.h>

/* Flush to zero, denormals are zero; returns what to restore. */
static inline unsigned lts_fpu_flush(void)
{
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);
    return before;
}

static inline void lts_fpu_restore(unsigned before)
{
    _mm_setcsr(before);
}
#else
static inline unsigned lts_fpu_flush(void) { return 0; }
static inline void lts_fpu_restore(unsigned before) { (void)before; }
#endif

#endif
