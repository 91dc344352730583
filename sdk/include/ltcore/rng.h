/* ltcore/rng.h: random numbers as pure functions of (key, index): no state, any order, any
 * device, the same bits.
 *
 * A key names a stream; ltc_key_fold derives the stream of a purpose, a trial, a layer. Number i of a stream
 * is drawn by naming it, so a mask, a CUDA kernel and a resumed run draw alike. Everything here is [any]. */
#ifndef LTCORE_RNG_H
#define LTCORE_RNG_H

#include <ltcore/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ltc_key  { uint64_t seed, stream; } ltc_key;
typedef struct ltc_rand { uint32_t w[4]; } ltc_rand;

/* Philox4x32-10 (Salmon et al. 2011): key = seed, counter = (block, stream). */
LTC_INLINE ltc_rand ltc_rand_block(ltc_key k, uint64_t block)
{
    uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32), k0 = (uint32_t)k.seed;
    uint32_t c2 = (uint32_t)k.stream, c3 = (uint32_t)(k.stream >> 32), k1 = (uint32_t)(k.seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        uint64_t a = (uint64_t)c0 * 0xD2511F53u, b = (uint64_t)c2 * 0xCD9E8D57u;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0, c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1, c3 = (uint32_t)a;
    }
    ltc_rand r = { { c0, c1, c2, c3 } };
    return r;
}

/* The child stream `id` of k; it shares no word with what k itself draws. */
LTC_INLINE ltc_key ltc_key_fold(ltc_key k, uint64_t id)
{
    ltc_key f = { ~k.seed, k.stream };
    ltc_rand r = ltc_rand_block(f, id);
    ltc_key child = { (uint64_t)r.w[1] << 32 | r.w[0], (uint64_t)r.w[3] << 32 | r.w[2] };
    return child;
}

/* 32 uniform bits. */
LTC_INLINE uint32_t ltc_rand_u32(ltc_key k, uint64_t i)
{
    return ltc_rand_block(k, i / 4).w[i % 4];
}

/* Uniform in [0, 1), a multiple of 2^-24. */
LTC_INLINE float ltc_rand_unit(ltc_key k, uint64_t i)
{
    return (float)(ltc_rand_u32(k, i) >> 8) * 0x1p-24f;
}

/* Uniform in [0, n), for 0 < n < 2^32; from words 2i and 2i+1. The bias is below n 2^-64. */
LTC_INLINE uint32_t ltc_rand_below(ltc_key k, uint64_t i, uint32_t n)
{
    ltc_rand r = ltc_rand_block(k, i / 2);
    uint64_t hi = (uint64_t)r.w[i % 2 * 2] * n, lo = (uint64_t)r.w[i % 2 * 2 + 1] * n;
    return (uint32_t)((hi + (lo >> 32)) >> 32);
}

/* c[0] + c[1] y + c[2] y^2 + ... The factors are floats, so double holds their product whole, and whether the
 * compiler fuses it with the addition makes no difference. */
LTC_INLINE float ltc_rand_poly(const double *c, int n, float y)
{
    float h = (float)c[n - 1];
    for (int j = n - 2; j >= 0; j--)
        h = (float)((double)h * y + c[j]);
    return h;
}

/* Box-Muller on words 2i and 2i+1: sqrt(-2 ln u) cos(2 pi t), without libm, whose bits depend
 * on the processor. */
LTC_INLINE float ltc_rand_normal(ltc_key k, uint64_t i)
{
    const double ln[6]   = { 2, 2 / 3., 2 / 5., 2 / 7., 2 / 9., 2 / 11. }; /* 2 atanh(s) / s in s^2 */
    const double cos2[6] = { 1, -19.739208802, 64.939394023, -85.456817207, 60.244641372, -26.426256783 };
    const double sin2[6] = { 6.2831853072,  -41.341702241, 81.605249277,
                             -76.705859753, 42.058693945,  -15.094642577 };
    ltc_rand r = ltc_rand_block(k, i / 2);
    uint64_t v = 2 * (uint64_t)r.w[i % 2 * 2] + 1;               /* u = v 2^-33, never 0 or 1 */
    uint32_t turn = r.w[i % 2 * 2 + 1] + (1u << 29);             /* t in quarter turns:
                                                                  * quadrant, signed rest */
    int      e = 1;
    for (; !(v >> 32); e++)
        v <<= 1;
    double m = (double)v * 0x1p-32;                              /* u = m 2^-e, 1 <= m < 2;
                                                                  * then 0.75 < m <= 1.5 */
    if (m > 1.5)
        m *= 0.5, e--;
    float  s = (float)((m - 1) / (m + 1));
    double x = e * 0x1.62e42fefa38p-1 - (double)s * ltc_rand_poly(ln, 6, s * s);            /* -ln u > 0 */
    double root = x + 0.5;                                       /* >= sqrt(2x); Heron then
                                                                  * falls: no FMA to make */
    for (double next; (next = 0.5 * (root + 2 * x / root)) < root;)
        root = next;
    float a = (float)((int32_t)(turn & 0x3fffffffu) - (1 << 29)) * 0x1p-32f; /* -1/8 <= a < 1/8 turn */
    float c = ltc_rand_poly(cos2, 6, a * a), d = (float)((double)a * ltc_rand_poly(sin2, 6, a * a));
    float z = (turn >> 30) & 1 ? d : c;
    return (float)(root * (((turn >> 30) + 1) & 2 ? -z : z));
}

#ifdef __cplusplus
}
#endif
#endif
