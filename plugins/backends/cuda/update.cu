/* The update of all parameters, a thread an element. Weights that are not alive keep
 * their bits, and their slots become +0.0; a dead weight is +0.0 when it comes in. A replica that has
 * stopped is left alone. */
#include "update.cuh"

LCU_DEVICE void update_weight(const lcu_update *p, const lcu_segment *s, const lcu_replica *r, uint32_t i)
{
    const size_t at = blockIdx.z * s->stride + i;
    if (s->mask[at] != LTC_ALIVE) {
        s->m[at] = 0;
        if (s->v)
            s->v[at] = 0;
        return;
    }
    lcu_cell c = { s->w[at], s->m[at], s->v ? s->v[at] : 0, s->grad[blockIdx.z * s->grad_stride + i] };
    lcu_advance(p, s, r, &c);
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
    const lcu_grid grid = { u->n_blocks, 1, replicas, LCU_UPDATE_THREADS, 0 };
    if (u->n_blocks)
        lcu_launch(d, LCU_ENTRY(update), grid, u, sizeof *u);
}

void lcu_settle_masks(lcu_device *d, const lcu_settle *s, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(settle), lcu_cover(s->n, replicas), s, sizeof *s);
}
