/* The optimizers, one element at a time: formulas in ltcore/backend.h. Weights that are not alive keep
 * their bits, and their slots become +0.0; a dead weight is +0.0 when it comes in. A replica that has
 * stopped is left alone. */
#include "language.h"

/* One element on its way through the rule of its segment. */
typedef struct cell { float w, m, v, g; } cell;

/* m <- mu m + g;  w <- w - lr m, or with Nesterov w - lr (g + mu m) */
LCU_DEVICE void step_sgd(const lcu_update *p, const lcu_segment *s, const lcu_replica *r, cell *c)
{
    const float g = c->g + s->lambda * c->w;
    c->m = p->mu * c->m + g;
    c->w = c->w - r->lr * (p->nesterov ? g + p->mu * c->m : c->m);
}

/* m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g g;  w <- w - rate m / (sqrt(v) root + eps) */
LCU_DEVICE void step_adam(const lcu_update *p, const lcu_segment *s, const lcu_replica *r, cell *c)
{
    const bool apart = s->kind == LTC_ADAMW;                  /* decay acts on the weight, not the gradient */
    const float g = apart ? c->g : c->g + s->lambda * c->w;
    const float w = apart ? c->w - r->lr * s->lambda * c->w : c->w;
    c->m = p->b1 * c->m + p->one_b1 * g;
    c->v = p->b2 * c->v + p->one_b2 * g * g;
    c->w = w - r->rate * c->m / (sqrtf(c->v) * r->root + p->eps);
}

LCU_DEVICE void update_weight(const lcu_update *p, const lcu_segment *s, const lcu_replica *r, uint32_t i)
{
    const size_t at = blockIdx.z * s->stride + i;
    if (s->mask[at] != LTC_ALIVE) {
        s->m[at] = 0;
        if (s->v)
            s->v[at] = 0;
        return;
    }
    const float w = s->w[at], g = s->grad[blockIdx.z * s->grad_stride + i];
    cell c = { w, s->m[at], s->v ? s->v[at] : 0, g + s->l1 * (float)((w > 0) - (w < 0)) };
    if (s->kind == LTC_SGD)
        step_sgd(p, s, r, &c);
    else
        step_adam(p, s, r, &c);
    s->w[at] = c.w, s->m[at] = c.m;
    if (s->v)
        s->v[at] = c.v;
}

LCU_DEVICE void update_statistic(const lcu_segment *s, uint32_t i)
{
    const size_t at = blockIdx.z * s->stride + i;
    s->w[at] = (float)(s->keep * s->w[at] + s->blend * s->grad[blockIdx.z * s->grad_stride + i]);
}

/* The last segment that begins at or before this block. */
LCU_DEVICE const lcu_segment *segment_of(const lcu_update *p)
{
    uint32_t low = 0, high = p->n_segments;
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        if (p->segment[middle].first_block <= blockIdx.x)
            low = middle;
        else
            high = middle;
    }
    return p->segment + low;
}

LCU_KERNEL(update, lcu_update)
{
    const lcu_replica *r = p->replica + blockIdx.z;
    const lcu_segment *s = segment_of(p);
    const uint32_t i = (blockIdx.x - s->first_block) * LCU_UPDATE_THREADS + threadIdx.x;
    if (r->stopped || i >= s->n)
        return;
    if (s->kind == LCU_UPDATE_STATISTIC)
        update_statistic(s, i);
    else
        update_weight(p, s, r, i);
}

LCU_KERNEL(settle, lcu_settle)
{
    const uint32_t i = lcu_index();
    if (i >= p->n)
        return;
    const uint8_t mask = p->mask[blockIdx.z * p->w.stride + i];
    if (mask == LTC_DEAD)
        lcu_of(p->w)[i] = 0;
    if (mask != LTC_ALIVE && p->m.at)
        lcu_of(p->m)[i] = 0;
    if (mask != LTC_ALIVE && p->v.at)
        lcu_of(p->v)[i] = 0;
}

void lcu_update_all(lcu_device *d, const lcu_update *u, uint32_t replicas)
{
    const lcu_grid grid = { u->n_blocks, 1, replicas, LCU_UPDATE_THREADS };
    if (u->n_blocks)
        lcu_launch(d, LCU_ENTRY(update), grid, u, sizeof *u);
}

void lcu_settle_masks(lcu_device *d, const lcu_settle *s, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(settle), lcu_cover(s->n, replicas), s, sizeof *s);
}
