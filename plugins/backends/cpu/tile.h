/* The register tile of dense products: six rows by four vectors. For kernel files. */
#ifndef CPU_TILE_H
#define CPU_TILE_H

#include "conv_reg.h"
#include "kernels.h"
#include "vec.h"

typedef struct vec4 { vec a, b, c, d; } vec4;

enum { CPU_FOUR = 4 * CPU_LANES };

/* Are there registers for several vectors at once? */
enum { WIDE = REG_LANES == CPU_LANES };

VEC_INLINE vec4 vec4_all(vec x)
{
    return (vec4){ x, x, x, x };
}

VEC_INLINE vec4 vec4_load(const float *p)
{
    return (vec4){ vec_load(p), vec_load(p + 16), vec_load(p + 32), vec_load(p + 48) };
}

VEC_INLINE void vec4_store(float *p, vec4 x)
{
    vec_store(p, x.a), vec_store(p + 16, x.b), vec_store(p + 32, x.c), vec_store(p + 48, x.d);
}

VEC_INLINE vec4 vec4_fma(float w, vec4 x, vec4 sum)
{
    const vec k = vec_all(w);
    return (vec4){ vec_fma(k, x.a, sum.a), vec_fma(k, x.b, sum.b), vec_fma(k, x.c, sum.c),
                   vec_fma(k, x.d, sum.d) };
}

/* Functions of their own, so that tests/spills.sh finds them. */
#define VEC_TILE static __attribute__((noinline))

VEC_TILE void tile_6x4(const cpu_product *p, int64_t m, int64_t n)
{
    vec4 r0 = vec4_all(vec_zero()), r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0;
    const float *a = p->a + m * p->row, *b = p->b + n;
    float *c = p->c + m * p->ldc + n;
    const ptrdiff_t row = p->row;
    if (p->more) {
        r0 = vec4_load(c), r1 = vec4_load(c + p->ldc), r2 = vec4_load(c + 2 * p->ldc);
        r3 = vec4_load(c + 3 * p->ldc), r4 = vec4_load(c + 4 * p->ldc), r5 = vec4_load(c + 5 * p->ldc);
    }
    for (int64_t k = 0; k < p->k; k++, a += p->step, b += p->ldb) {
        const vec4 x = vec4_load(b);
        r0 = vec4_fma(a[0], x, r0);
        r1 = vec4_fma(a[row], x, r1);
        r2 = vec4_fma(a[2 * row], x, r2);
        r3 = vec4_fma(a[3 * row], x, r3);
        r4 = vec4_fma(a[4 * row], x, r4);
        r5 = vec4_fma(a[5 * row], x, r5);
    }
    vec4_store(c, r0), vec4_store(c + p->ldc, r1), vec4_store(c + 2 * p->ldc, r2);
    vec4_store(c + 3 * p->ldc, r3), vec4_store(c + 4 * p->ldc, r4), vec4_store(c + 5 * p->ldc, r5);
}

VEC_TILE void tile_1x4(const cpu_product *p, int64_t m, int64_t n)
{
    float *c = p->c + m * p->ldc + n;
    vec4 r = p->more ? vec4_load(c) : vec4_all(vec_zero());
    const float *a = p->a + m * p->row, *b = p->b + n;
    for (int64_t k = 0; k < p->k; k++, a += p->step, b += p->ldb)
        r = vec4_fma(*a, vec4_load(b), r);
    vec4_store(c, r);
}

/* Two registers: as much of six rows as any instruction set holds. With AVX-512 the second
 * is the first again. */
typedef struct pair { reg a, b; } pair;
enum { PAIR = 2 * REG_LANES < CPU_LANES ? 2 * REG_LANES : CPU_LANES };

VEC_INLINE pair pair_fma(float w, pair x, pair sum)
{
    const reg k = reg_all(w);
    return (pair){ reg_fma(k, x.a, sum.a), PAIR > REG_LANES ? reg_fma(k, x.b, sum.b) : sum.b };
}

VEC_INLINE pair pair_load(const float *p)
{
    return (pair){ reg_load(p), PAIR > REG_LANES ? reg_load(p + PAIR - REG_LANES) : (reg){ 0 } };
}

VEC_INLINE void pair_store(float *p, pair x)
{
    reg_store(p, x.a);
    if (PAIR > REG_LANES)
        reg_store(p + PAIR - REG_LANES, x.b);
}

VEC_TILE void tile_6x1(const cpu_product *p, int64_t m, int64_t n)
{
    const ptrdiff_t row = p->row, ldc = p->ldc;
    for (int64_t h = n; h < n + CPU_LANES; h += PAIR) {
        pair r0 = { 0 }, r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0;
        const float *a = p->a + m * row, *b = p->b + h;
        float *c = p->c + m * ldc + h;
        if (p->more) {
            r0 = pair_load(c), r1 = pair_load(c + ldc), r2 = pair_load(c + 2 * ldc);
            r3 = pair_load(c + 3 * ldc), r4 = pair_load(c + 4 * ldc), r5 = pair_load(c + 5 * ldc);
        }
        for (int64_t k = 0; k < p->k; k++, a += p->step, b += p->ldb) {
            const pair x = pair_load(b);
            r0 = pair_fma(a[0], x, r0), r1 = pair_fma(a[row], x, r1), r2 = pair_fma(a[2 * row], x, r2);
            r3 = pair_fma(a[3 * row], x, r3), r4 = pair_fma(a[4 * row], x, r4),
            r5 = pair_fma(a[5 * row], x, r5);
        }
        pair_store(c, r0), pair_store(c + ldc, r1), pair_store(c + 2 * ldc, r2);
        pair_store(c + 3 * ldc, r3), pair_store(c + 4 * ldc, r4), pair_store(c + 5 * ldc, r5);
    }
}

VEC_TILE void tile_1x1(const cpu_product *p, int64_t m, int64_t n)
{
    for (int64_t h = n; h < n + CPU_LANES; h += PAIR) {
        float *c = p->c + m * p->ldc + h;
        pair r = p->more ? pair_load(c) : (pair){ 0 };
        const float *a = p->a + m * p->row, *b = p->b + h;
        for (int64_t k = 0; k < p->k; k++, a += p->step, b += p->ldb)
            r = pair_fma(*a, pair_load(b), r);
        pair_store(c, r);
    }
}

#endif
