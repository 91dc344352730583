/* Which kernels a processor can run. */
#include "kernels.h"

extern const cpu_kernels cpu_kernels_portable;
#ifdef CPU_HAVE_X86
extern const cpu_kernels cpu_kernels_avx512, cpu_kernels_avx2;

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const cpu_kernels *cpu_kernels_of(cpu_isa isa)
{
#ifdef CPU_HAVE_X86
    if (isa == CPU_AVX512)
        return has_avx512() ? &cpu_kernels_avx512 : NULL;
    if (isa == CPU_AVX2)
        return has_avx2() ? &cpu_kernels_avx2 : NULL;
#endif
    return isa == CPU_PORTABLE ? &cpu_kernels_portable : NULL;
}
