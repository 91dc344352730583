/* One register of weights through the optimizer. For kernel files. */
#ifndef CPU_UPDATE_H
#define CPU_UPDATE_H

#include "conv_reg.h"
#include "kernels.h"
#include "vec.h"

/* The rule's numbers as registers, made once for a run of weights. */
typedef struct reg_rule {
    reg l1, lambda, lr, mu, b1, b2, one_b1, one_b2, eps, rate, root, shrink;
} reg_rule;

REG_INLINE reg_rule reg_rule_of(const cpu_rule *r)
{
    return (reg_rule){
        reg_all(r->l1), reg_all(r->lambda), reg_all(r->lr), reg_all(r->mu), reg_all(r->b1), reg_all(r->b2),
        reg_all(r->one_b1), reg_all(r->one_b2), reg_all(r->eps), reg_all(r->rate), reg_all(r->root),
        reg_all(r->shrink),
    };
}

REG_INLINE reg reg_root(reg x)
{
#if defined(__AVX512F__)
    return (reg)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__) && defined(__FMA__)
    return (reg)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
    return (reg)_mm_sqrt_ps((__m128)x);
#else
    for (int i = 0; i < REG_LANES; i++)
        x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

REG_INLINE reg_mask mask_alive(const uint8_t *mask)
{
    reg_mask m;
    for (int i = 0; i < REG_LANES; i++)
        m[i] = mask[i];
    return m == LTC_ALIVE;
}

/* g + l1 sign(w) + lambda w */
REG_INLINE reg pulled(const reg_rule *k, reg g, reg w)
{
    const reg one = reg_all(1.0f);
    const reg sign = reg_where(w > (reg){ 0 }, one) - reg_where(w < (reg){ 0 }, one);
    return reg_fma(k->lambda, w, reg_fma(k->l1, sign, g));
}

/* v <- mu v + g;  w <- w - lr v, or w - lr (g + mu v) */
REG_INLINE void step_sgd(const reg_rule *k, bool nesterov, const cpu_stored *s, int64_t i, reg g)
{
    const reg w = reg_load(s->w + i);
    const reg p = pulled(k, g, w);
    reg v = reg_fma(k->mu, reg_load(s->slot[0] + i), p);
    reg next = w - k->lr * (nesterov ? reg_fma(k->mu, v, p) : v);
    if (s->mask) {
        const reg_mask alive = mask_alive(s->mask + i);
        v = reg_where(alive, v);
        next = reg_choose(alive, next, w);
    }
    reg_store(s->slot[0] + i, v);
    reg_store(s->w + i, next);
}

/* m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g g;  w <- w - rate m / (sqrt(v) root + eps) */
REG_INLINE void step_adam(const reg_rule *k, bool pulls, const cpu_stored *s, int64_t i, reg g)
{
    const reg w = reg_load(s->w + i);
    reg p = g;
    if (pulls)
        p = pulled(k, g, w);
    reg m = reg_fma(k->b1, reg_load(s->slot[0] + i), k->one_b1 * p);
    reg v = reg_fma(k->b2, reg_load(s->slot[1] + i), k->one_b2 * p * p);
    reg next = w;
    if (pulls)
        next = w - k->shrink * w;
    next = next - k->rate * m / reg_fma(reg_root(v), k->root, k->eps);
    if (s->mask) {
        const reg_mask alive = mask_alive(s->mask + i);
        m = reg_where(alive, m);
        v = reg_where(alive, v);
        next = reg_choose(alive, next, w);
    }
    reg_store(s->slot[0] + i, m);
    reg_store(s->slot[1] + i, v);
    reg_store(s->w + i, next);
}

/* n weights from `from` on, with their gradients g[0..n). */
REG_INLINE void update_run(const cpu_rule *r, const reg_rule *k, const cpu_stored *s, int64_t from,
                           const float *g, int64_t n)
{
    if (r->kind == LTC_SGD && r->nesterov)
        for (int64_t i = 0; i < n; i += REG_LANES)
            step_sgd(k, true, s, from + i, reg_load(g + i));
    else if (r->kind == LTC_SGD)
        for (int64_t i = 0; i < n; i += REG_LANES)
            step_sgd(k, false, s, from + i, reg_load(g + i));
    else if (r->l1 != 0 || r->lambda != 0 || r->shrink != 0)
        for (int64_t i = 0; i < n; i += REG_LANES)
            step_adam(k, true, s, from + i, reg_load(g + i));
    else
        for (int64_t i = 0; i < n; i += REG_LANES)
            step_adam(k, false, s, from + i, reg_load(g + i));
}

#endif
