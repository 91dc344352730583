/* MAX_POOL, AVG_POOL, ADAPTIVE_POOL and GLOBAL_POOL: a thread an output, and on the way back a thread an
 * input, which looks for the outputs that saw it. */
#include "language.h"

typedef struct span { uint32_t first, end; } span;

LCU_DEVICE uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The inputs of output o along an axis of `in` inputs and `out` outputs. ADAPTIVE: see ops.h. */
LCU_DEVICE span inputs_of(const lcu_pool *p, uint32_t o, uint32_t in, uint32_t out)
{
    span s;
    if (p->kind == LCU_POOL_ADAPTIVE) {
        s.first = o * in / out;               /* in * out fits: see program.c */
        s.end = ((o + 1) * in + out - 1) / out;
    } else {
        const uint32_t at = o * p->stride;
        s.first = at < p->pad ? 0 : at - p->pad;
        s.end = least(at + p->size - p->pad, in);             /* pad < size */
    }
    return s;
}

/* The outputs that have input i among theirs. */
LCU_DEVICE span outputs_of(const lcu_pool *p, uint32_t i, uint32_t in, uint32_t out)
{
    span s;
    if (p->kind == LCU_POOL_ADAPTIVE) {
        s.first = i * out / in;
        s.end = ((i + 1) * out - 1) / in + 1;
    } else {
        const uint32_t at = i + p->pad;
        s.first = at < p->size ? 0 : (at - p->size) / p->stride + 1;
        s.end = least(at / p->stride + 1, out);
    }
    return s;
}

/* The first of equal maxima wins; a NaN does, so that it is not lost. */
LCU_DEVICE uint32_t winner_of(const lcu_pool *p, const float *plane, span ys, span xs)
{
    uint32_t best = ys.first * p->in_x + xs.first;
    for (uint32_t y = ys.first; y < ys.end; y++)
        for (uint32_t x = xs.first; x < xs.end; x++) {
            const uint32_t at = y * p->in_x + x;
            const bool wins = plane[at] > plane[best] || (isnan(plane[at]) && !isnan(plane[best]));
            best = wins ? at : best;
        }
    return best;
}

LCU_DEVICE double cells_of(const lcu_pool *p, span ys, span xs)
{
    return p->kind == LCU_POOL_AVERAGE ? (double)p->size * p->size
                                       : (double)(ys.end - ys.first) * (xs.end - xs.first);
}

LCU_KERNEL(pool_forward, lcu_pool)
{
    const uint32_t i = lcu_index(), out = p->out_y * p->out_x;
    if (i >= p->planes * out)
        return;
    const float *plane = lcu_of(p->x) + (size_t)(i / out) * p->in_y * p->in_x;
    const span ys = inputs_of(p, i % out / p->out_x, p->in_y, p->out_y),
               xs = inputs_of(p, i % out % p->out_x, p->in_x, p->out_x);
    double sum = 0;
    if (p->kind == LCU_POOL_MAX) {
        const uint32_t winner = winner_of(p, plane, ys, xs);
        p->winner[blockIdx.z * p->winner_stride + i] = winner;
        lcu_of(p->y)[i] = plane[winner];
        return;
    }
    for (uint32_t y = ys.first; y < ys.end; y++)
        for (uint32_t x = xs.first; x < xs.end; x++)
            sum += plane[y * p->in_x + x];
    lcu_of(p->y)[i] = (float)(sum / cells_of(p, ys, xs));
}

/* What output o of the plane gives to its input `at`. */
LCU_DEVICE float share(const lcu_pool *p, uint32_t plane, uint32_t oy, uint32_t ox, uint32_t at)
{
    const size_t o = (size_t)plane * p->out_y * p->out_x + oy * p->out_x + ox;
    const float g = lcu_of(p->y)[o];
    if (p->kind == LCU_POOL_MAX)
        return p->winner[blockIdx.z * p->winner_stride + o] == at ? g : 0;
    const span ys = inputs_of(p, oy, p->in_y, p->out_y), xs = inputs_of(p, ox, p->in_x, p->out_x);
    return g / (float)cells_of(p, ys, xs);
}

LCU_KERNEL(pool_backward, lcu_pool)
{
    const uint32_t i = lcu_index(), in = p->in_y * p->in_x;
    if (i >= p->planes * in)
        return;
    const span ys = outputs_of(p, i % in / p->in_x, p->in_y, p->out_y),
               xs = outputs_of(p, i % in % p->in_x, p->in_x, p->out_x);
    float sum = 0;
    for (uint32_t y = ys.first; y < ys.end; y++)
        for (uint32_t x = xs.first; x < xs.end; x++)
            sum += share(p, i / in, y, x, i % in);
    lcu_give(lcu_of(p->x) + i, sum, p->add);
}

void lcu_pool_forward(lcu_device *d, const lcu_pool *p, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(pool_forward), lcu_cover(p->planes * p->out_y * p->out_x, replicas), p,
               sizeof *p);
}

void lcu_pool_backward(lcu_device *d, const lcu_pool *p, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(pool_backward), lcu_cover(p->planes * p->in_y * p->in_x, replicas), p, sizeof *p);
}
