/* Owns the cut of a reference kernel's work. Floats alone: what programs are made of. */
#include "parts.h"

#include <string.h>

#include "divide.h"
#include "op.h"

/* Elements that a part works on at least: some ten microseconds. A convolution does much more with each. */
static const double LEAST = 32768, LEAST_UPDATED = 131072;
enum { SLICE = 32768 };                       /* elements of the first input, about: what a cache holds */

typedef void kernel_pass(const ltc_node *node, const lts_io *io);

typedef struct pass {
    kernel_pass *run;
    const ltc_node *node;
    const lts_io *io;
    uint64_t first;                           /* bit k: in_grad[k] is zeroed on the way */
} pass;

static const float *input_row(const lts_io *io, uint32_t k, size_t row)
{
    const float *x = io->in[k];
    return x ? x + row * lts_row_stride(io->in_shape[k]) : NULL;
}

static float *gradient_row(const lts_io *io, uint32_t k, size_t row)
{
    float *dx = io->in_grad[k];
    return dx ? dx + row * lts_row_stride(io->in_shape[k]) : NULL;
}

/* Samples [begin, end): a batch that begins later. */
static void run_slice(const pass *p, size_t begin, size_t end)
{
    const void *in[LTS_MOST_INPUTS];
    void *in_grad[LTS_MOST_INPUTS];
    const size_t out = begin * ltc_value_count(p->io->out_shape);
    for (uint32_t k = 0; k < p->node->n_in; k++) {
        in[k] = input_row(p->io, k, begin);
        in_grad[k] = gradient_row(p->io, k, begin);
        if (in_grad[k] && (p->first >> k & 1))
            memset(in_grad[k], 0, (end - begin) * ltc_value_count(p->io->in_shape[k]) * sizeof(float));
    }
    lts_io io = *p->io;
    io.rows = (uint32_t)(end - begin);
    io.first_row = begin;
    io.in = in, io.in_grad = in_grad;
    io.out = (float *)io.out + out;
    io.out_grad = io.out_grad ? (const float *)io.out_grad + out : NULL;
    if (p->node->op == LTC_OP_DROPOUT)
        io.saved = (float *)io.saved + out;
    p->run(p->node, &io);
}

/* Slice by slice, so that what is zeroed is still in the cache when it is added to. */
static ltc_status run_rows(void *arg, size_t part, size_t begin, size_t end)
{
    const pass *p = arg;
    const size_t row = 1 + ltc_value_count(p->io->in_shape[0]), slice = row < SLICE ? SLICE / row : 1;
    (void)part;
    for (size_t i = begin; i < end; i += slice)
        run_slice(p, i, end - i < slice ? end : i + slice);
    return LTC_OK;
}

static ltc_status run_channels(void *arg, size_t part, size_t begin, size_t end)
{
    const pass *p = arg;
    const size_t row = ltc_value_count(p->io->out_shape), plane = row / (size_t)p->io->out_shape->dim[0];
    lts_io io = *p->io;
    (void)part;
    for (io.first_channel = begin; io.first_channel < end; io.first_channel = io.end_channel) {
        io.end_channel = io.first_channel + 1;
        for (size_t r = 0; (p->first & 1) && r < io.rows; r++)
            memset((float *)io.in_grad[0] + r * row + io.first_channel * plane, 0, plane * sizeof(float));
        p->run(p->node, &io);
    }
    return LTC_OK;
}

/* Elements that one sample makes the kernel touch. */
static double row_work(const ltc_node *node, const lts_io *io)
{
    const size_t in = ltc_value_count(io->in_shape[0]), out = ltc_value_count(io->out_shape);
    double work = (double)(in > out ? in : out);
    if (node->op == LTC_OP_LINEAR || node->op == LTC_OP_CONV2D)
        work += (double)ltc_value_count(io->in_shape[1]) / (double)io->out_shape->dim[0] * (double)out / 8;
    return work;
}

/* No part can fail, so neither can the whole. */
static void run(const ltc_host *host, pass p)
{
    const size_t rows = p.io->rows, channels = (size_t)p.io->out_shape->dim[0];
    const double work = row_work(p.node, p.io);
    if (p.node->op == LTC_OP_BATCH_NORM)
        lts_divide(host, channels, lts_parts(channels, work * (double)rows / (double)channels, LEAST),
                   run_channels, &p);
    else
        lts_divide(host, rows, lts_parts(rows, work, LEAST), run_rows, &p);
}

void lts_parts_forward(const ltc_host *host, const lts_kernel *k, const ltc_node *node, const lts_io *io)
{
    run(host, (pass){ .run = k->forward, .node = node, .io = io });
}

/* Gradients of what samples share are sums over samples, in their order: a pass of its own, in one part. */
void lts_parts_backward(const ltc_host *host, const lts_kernel *k, const ltc_node *node, const lts_io *io,
                        uint64_t first)
{
    void *own[LTS_MOST_INPUTS], *shared[LTS_MOST_INPUTS];
    bool has_own = false, has_shared = false;
    if (node->op == LTC_OP_BATCH_NORM || io->rows == 1) {
        run(host, (pass){ k->backward, node, io, first });
        return;
    }
    for (uint32_t i = 0; i < node->n_in; i++) {
        const bool per_sample = io->in_grad[i] && io->in_shape[i]->kind == LTC_SAMPLE;
        own[i] = per_sample ? io->in_grad[i] : NULL;
        shared[i] = per_sample ? NULL : io->in_grad[i];
        has_own = has_own || own[i], has_shared = has_shared || shared[i];
    }
    lts_io part = *io;
    part.in_grad = own;
    if (has_own)
        run(host, (pass){ k->backward, node, &part, first });
    part.in_grad = shared;
    if (has_shared)
        k->backward(node, &part);
}

typedef struct update { const lts_kernels *k; const ltc_optimizer *o; const lts_update *u; } update;

static ltc_status run_update(void *arg, size_t part, size_t begin, size_t end)
{
    const update *all = arg;
    lts_update u = *all->u;
    (void)part;
    u.n = end - begin;
    u.w = (float *)u.w + begin;
    u.grad = (const float *)u.grad + begin;
    u.slot1 = u.slot1 ? (float *)u.slot1 + begin : NULL;
    u.slot2 = u.slot2 ? (float *)u.slot2 + begin : NULL;
    u.mask = u.mask ? u.mask + begin : NULL;
    all->k->update(all->o, &u);
    return LTC_OK;
}

void lts_parts_update(const ltc_host *host, const lts_kernels *k, const ltc_optimizer *o, const lts_update *u)
{
    update all = { k, o, u };
    lts_divide(host, u->n, lts_parts(u->n, 1, LEAST_UPDATED), run_update, &all);
}

static ltc_status run_clear(void *arg, size_t part, size_t begin, size_t end)
{
    (void)part;
    memset((char *)arg + begin, 0, end - begin);
    return LTC_OK;
}

void lts_parts_clear(const ltc_host *host, void *at, size_t bytes)
{
    lts_divide(host, bytes, lts_parts(bytes, 0.125, LEAST), run_clear, at);
}
