/* Owns nothing: reads and writes the calling thread's control words; elsewhere than on x86, by fenv.h. */
#include "plugin/fpmode.h"

#if defined(__SSE__)
#include <xmmintrin.h>

lt_fpmode lt_fpmode_get(void)
{
    lt_fpmode m = { .mxcsr = _mm_getcsr() & ~(unsigned)_MM_EXCEPT_MASK };
    __asm__ volatile("fnstcw %0" : "=m"(m.x87));
    return m;
}

void lt_fpmode_set(lt_fpmode m)
{
    __asm__ volatile("fldcw %0" : : "m"(m.x87));
    _mm_setcsr(m.mxcsr);
}

bool lt_fpmode_same(lt_fpmode a, lt_fpmode b)
{
    return a.mxcsr == b.mxcsr && a.x87 == b.x87;
}
#else
#include <string.h>

/* fenv_t mixes the mode with the exception flags, so the flags are cleared for the look and put back. */
lt_fpmode lt_fpmode_get(void)
{
    lt_fpmode m;
    fenv_t now;
    memset(&m, 0, sizeof m);
    fegetenv(&now);
    feclearexcept(FE_ALL_EXCEPT);
    fegetenv(&m.env);
    fesetenv(&now);
    return m;
}

void lt_fpmode_set(lt_fpmode m)
{
    fesetenv(&m.env);
}

bool lt_fpmode_same(lt_fpmode a, lt_fpmode b)
{
    return memcmp(&a.env, &b.env, sizeof a.env) == 0;
}
#endif
