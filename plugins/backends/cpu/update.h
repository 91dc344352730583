/* One vector of weights through the optimizer. For kernel files. */
#ifndef CPU_UPDATE_H
#define CPU_UPDATE_H

#include "kernels.h"
#include "vec.h"

/* The rule's numbers as vectors, made once for a run of weights. */
typedef struct vec_rule {
    vec l1, lambda, lr, mu, b1, b2, one_b1, one_b2, eps, rate, root, shrink;
} vec_rule;

VEC_INLINE vec_rule vec_rule_of(const cpu_rule *r)
{
    return (vec_rule){
        vec_all(r->l1), vec_all(r->lambda), vec_all(r->lr), vec_all(r->mu), vec_all(r->b1), vec_all(r->b2),
        vec_all(r->one_b1), vec_all(r->one_b2), vec_all(r->eps), vec_all(r->rate), vec_all(r->root),
        vec_all(r->shrink),
    };
}

VEC_INLINE vec_mask mask_alive(const uint8_t *mask)
{
    vec_mask m;
    for (int i = 0; i < CPU_LANES; i++)
        m[i] = mask[i];
    return m == LTC_ALIVE;
}

/* g + l1 sign(w) + lambda w */
VEC_INLINE vec pulled(const vec_rule *k, vec g, vec w)
{
    const vec one = vec_all(1.0f);
    const vec sign = vec_where(w > vec_zero(), one) - vec_where(w < vec_zero(), one);
    return vec_fma(k->lambda, w, vec_fma(k->l1, sign, g));
}

/* v <- mu v + g;  w <- w - lr v, or w - lr (g + mu v) */
VEC_INLINE void step_sgd(const vec_rule *k, bool nesterov, const cpu_stored *s, int64_t i, vec g)
{
    const vec w = vec_load(s->w + i);
    const vec p = pulled(k, g, w);
    vec v = vec_fma(k->mu, vec_load(s->slot[0] + i), p);
    vec next = w - k->lr * (nesterov ? vec_fma(k->mu, v, p) : v);
    if (s->mask) {
        const vec_mask alive = mask_alive(s->mask + i);
        v = vec_where(alive, v);
        next = vec_choose(alive, next, w);
    }
    vec_store(s->slot[0] + i, v);
    vec_store(s->w + i, next);
}

/* m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g g;  w <- w - rate m / (sqrt(v) root + eps) */
VEC_INLINE void step_adam(const vec_rule *k, const cpu_stored *s, int64_t i, vec g)
{
    const vec w = vec_load(s->w + i);
    const vec p = pulled(k, g, w);
    vec m = vec_fma(k->b1, vec_load(s->slot[0] + i), k->one_b1 * p);
    vec v = vec_fma(k->b2, vec_load(s->slot[1] + i), k->one_b2 * p * p);
    vec next = (w - k->shrink * w) - k->rate * m / vec_fma(vec_root(v), k->root, k->eps);
    if (s->mask) {
        const vec_mask alive = mask_alive(s->mask + i);
        m = vec_where(alive, m);
        v = vec_where(alive, v);
        next = vec_choose(alive, next, w);
    }
    vec_store(s->slot[0] + i, m);
    vec_store(s->slot[1] + i, v);
    vec_store(s->w + i, next);
}

/* n weights from `from` on, with their gradients g[0..n). */
VEC_INLINE void update_run(const cpu_rule *r, const vec_rule *k, const cpu_stored *s, int64_t from, const float *g,
                           int64_t n)
{
    if (r->kind == LTC_SGD && r->nesterov)
        for (int64_t i = 0; i < n; i += CPU_LANES)
            step_sgd(k, true, s, from + i, vec_load(g + i));
    else if (r->kind == LTC_SGD)
        for (int64_t i = 0; i < n; i += CPU_LANES)
            step_sgd(k, false, s, from + i, vec_load(g + i));
    else
        for (int64_t i = 0; i < n; i += CPU_LANES)
            step_adam(k, s, from + i, vec_load(g + i));
}

#endif
