/* ltcore/base.h: status codes, error text and the few macros that every other header uses.
 *
 * The headers of ltcore are C11 and C++17, need libc alone, and leave nothing to link. A name that begins
 * with ltc_ or LTC_ is theirs. The thread class of a function stands in brackets: [any] from any thread
 * at any time, [serial] one call at a time per object but from any thread, [parallel] several calls at
 * once on one object. */
#ifndef LTCORE_BASE_H
#define LTCORE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LTC_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Functions that a CUDA kernel may call too. */
#ifdef __CUDACC__
#define LTC_INLINE static __host__ __device__ inline
#else
#define LTC_INLINE static inline
#endif

/* How a table publishes the size of a struct that crosses the border: LTC_SIZE(host) sets .host_size. */
#define LTC_SIZE(s) .s##_size = sizeof(ltc_##s)

/* Is the slot there? False beyond the end of the other side's struct and for NULL alike. For tables whose
 * first member is `size`: the host's, the builder's, the probe's. */
#define LTC_HAS(p, slot) ((const char *)(&(p)->slot + 1) <= (const char *)(p) + (p)->size && (p)->slot)

/* 0, or negative; a code that the core does not know counts as LTC_EINTERNAL. */
typedef int32_t ltc_status;
enum {
    LTC_OK           = 0,
    LTC_EINVAL       = -1,                    /* a request that makes no sense */
    LTC_EOPTION      = -2,                    /* an option's value, named in ltc_error.option */
    LTC_EUNSUPPORTED = -3,                    /* makes sense, cannot be done here */
    LTC_ENOMEM       = -4,
    LTC_EIO          = -5,                    /* file missing, unreadable, damaged */
    LTC_EDEVICE      = -6,                    /* accelerator or driver */
    LTC_ENUMERIC     = -7,                    /* NaN or infinity where there must be none */
    LTC_ECANCELLED   = -8,                    /* host->cancelled() was true */
    LTC_EINTERNAL    = -9                     /* a bug */
};

enum { LTC_U8 = 1, LTC_F32, LTC_F64 };        /* element types */

/* The caller's storage for what went wrong: 512 bytes for ever, so nothing is allocated and nothing freed. */
typedef struct ltc_error {
    char option[64];                          /* the option to blame, or "": the core then
                                               * prints its file:line */
    char message[448];                        /* one sentence, no newline */
} ltc_error;

/* Writes the sentence and returns st, so that a failing function ends in `return ltc_fail(err,
 * LTC_EIO, ...)`. [any] */
LTC_PRINTF(3, 4) static inline ltc_status ltc_fail(ltc_error *err, ltc_status st, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    return st;
}

/* The same for a bad option: ltc_fail_opt(err, "width", "%lld is no multiple of 8", (long long)width). */
#define ltc_fail_opt(err, opt, ...) \
    (snprintf((err)->option, sizeof(err)->option, "%s", opt), ltc_fail(err, LTC_EOPTION, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
