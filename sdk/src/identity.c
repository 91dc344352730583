/* Names what the bits of this library's kernels depend on. Called by the backend adapter, and by whoever
 * keeps what a probe computed. */
#include <stdio.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include <ltsdk/net.h>

/* libm's exp and log have variants, which glibc chooses by whether the processor has fused multiply-add. */
static const char *libm_variant(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("fma") ? "fma" : "nofma";
#else
    return "native";
#endif
}

static const char *libc_version(void)
{
#ifdef __GLIBC__
    return gnu_get_libc_version();
#else
    return "unknown";
#endif
}

/* The number is raised by hand when a kernel changes its bits. */
bool lts_identity(char *text, size_t n)
{
    const int used = snprintf(text, n, "ltsdk/1 glibc-%s %s", libc_version(), libm_variant());
    return used >= 0 && (size_t)used < n;
}
