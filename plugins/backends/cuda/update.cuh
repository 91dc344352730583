/* The optimizers, one element at a time: formulas in ltcore/backend.h. Included by update.cu and fused.cu. */
#ifndef LCU_UPDATE_H
#define LCU_UPDATE_H

#include "language.h"

/* One element on its way through the rule of its segment. */
typedef struct lcu_cell { float w, m, v, g; } lcu_cell;

/* m <- mu m + g;  w <- w - lr m, or with Nesterov w - lr (g + mu m) */
LCU_DEVICE void step_sgd(const lcu_update *p, const lcu_segment *s, const lcu_replica *r, lcu_cell *c)
{
    const float g = c->g + s->lambda * c->w;
    c->m = p->mu * c->m + g;
    c->w = c->w - r->lr * (p->nesterov ? g + p->mu * c->m : c->m);
}

/* m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g g;  w <- w - rate m / (sqrt(v) root + eps) */
LCU_DEVICE void step_adam(const lcu_update *p, const lcu_segment *s, const lcu_replica *r, lcu_cell *c)
{
    const bool apart = s->kind == LTC_ADAMW;                  /* decay acts on the weight, not the gradient */
    const float g = apart ? c->g : c->g + s->lambda * c->w;
    const float w = apart ? c->w - r->lr * s->lambda * c->w : c->w;
    c->m = p->b1 * c->m + p->one_b1 * g;
    c->v = p->b2 * c->v + p->one_b2 * g * g;
    c->w = w - r->rate * c->m / (sqrtf(c->v) * r->root + p->eps);
}

/* One step; g: the gradient of the loss. Without slots m and v are 0, and stay so. */
LCU_DEVICE void lcu_advance(const lcu_update *p, const lcu_segment *s, const lcu_replica *r, lcu_cell *c)
{
    c->g += s->l1 * (float)((c->w > 0) - (c->w < 0));
    if (s->kind == LTC_SGD)
        step_sgd(p, s, r, c);
    else
        step_adam(p, s, r, c);
}

#endif
