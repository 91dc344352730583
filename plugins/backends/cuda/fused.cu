/* Sparse perceptrons, a block a replica: all steps of a chunk, from rows to update, in one launch; and the
 * forward pass of an evaluation, a block so many rows.
 *
 * What is read for every link of a unit, its activations, lies in the block's memory, which a gradient
 * takes over when nobody wants the activation any more. Links, slots and the batch stream through the
 * caches. Everything is [unit][row], so that neighbouring threads take neighbouring rows; of the logits
 * and their gradient alone, which the loss knows, [row][unit]. */
#include "gather.cuh"
#include "loss.cuh"
#include "update.cuh"

enum { FUSED_THREADS = +LCU_MOST_THREADS, LANES = +LCU_FUSED_LANES, BESIDE = FUSED_THREADS / LANES };

/* Where a value of so many units lies, for the rows at work. */
typedef struct view { float *at; uint32_t of_unit, of_row; } view;

/* A replica's links, and the rows at work: the first of them is row `first` of the batch. */
typedef struct work {
    const lcu_link *link;
    const uint32_t *back, *start;
    float    *w, *m, *v, *g;
    uint32_t  first, rows;
} work;

LCU_DEVICE work work_of(const lcu_fused *p, uint32_t first, uint32_t rows)
{
    const lcu_links *l = &p->links;
    const size_t at = blockIdx.z * (size_t)l->most;
    const work k = { l->link + at, l->back + at, l->start + blockIdx.z * (size_t)l->n_starts,
                     l->w + at, l->m + at, l->v + at, l->g + at, first, rows };
    return k;
}

LCU_DEVICE float *of_view(view v, uint32_t unit, uint32_t row)
{
    return v.at + unit * v.of_unit + row * v.of_row;
}

/* The bias's input is 1. */
LCU_DEVICE float input_of(view x, const lcu_layer *of, uint32_t unit, uint32_t row)
{
    return unit < of->n_in ? *of_view(x, unit, row) : 1;
}

/* [row][unit], of the batch's rows. */
LCU_DEVICE view last_view(const lcu_fused *p, const work *k, lcu_floats t)
{
    const view v = { lcu_of(t) + (size_t)k->first * p->loss.classes, 1, p->loss.classes };
    return v;
}

LCU_DEVICE view hidden_view(const lcu_fused *p, const work *k, uint32_t layer)
{
    float *at = lcu_block_memory + LCU_FUSED_SCRATCH + (size_t)p->layer[layer].units * k->rows;
    const view v = { at, k->rows, 1 };
    return v;
}

/* A layer's input, its output, and its output's gradient. */
LCU_DEVICE view x_view(const lcu_fused *p, const work *k, uint32_t layer)
{
    const view batch = { lcu_of(p->gather.to) + (size_t)k->first * p->layer[0].n_in, k->rows, 1 };
    return layer ? hidden_view(p, k, layer - 1) : batch;
}

LCU_DEVICE view y_view(const lcu_fused *p, const work *k, uint32_t layer)
{
    return layer + 1 < p->n_layers ? hidden_view(p, k, layer) : last_view(p, k, p->loss.logits);
}

LCU_DEVICE view g_view(const lcu_fused *p, const work *k, uint32_t layer)
{
    return layer + 1 < p->n_layers ? hidden_view(p, k, layer) : last_view(p, k, p->loss.grad);
}

LCU_DEVICE void gather(const lcu_fused *p, const work *k)
{
    const view x = x_view(p, k, 0);
    for (uint32_t e = threadIdx.x; e < p->layer[0].n_in * k->rows; e += FUSED_THREADS) {
        const uint32_t unit = e / k->rows, row = e % k->rows;
        *of_view(x, unit, row) = lcu_sample(&p->gather, k->first + row, unit);
        if (unit == 0)
            lcu_take_label(&p->gather, k->first + row);
    }
    __syncthreads();
}

/* y[out][row] = sum over the links of `out`, in the order of their inputs, the bias last */
LCU_DEVICE void forward(const lcu_fused *p, const work *k, uint32_t layer)
{
    const lcu_layer *of = &p->layer[layer];
    const view x = x_view(p, k, layer), y = y_view(p, k, layer);
    for (uint32_t e = threadIdx.x; e < of->n_out * k->rows; e += FUSED_THREADS) {
        const uint32_t out = e / k->rows, row = e % k->rows, *start = k->start + of->first + out;
        float sum = 0;
        for (uint32_t i = start[0]; i < start[1]; i++)
            sum += k->w[i] * input_of(x, of, k->link[i].in, row);
        *of_view(y, out, row) = of->relu && sum <= 0 ? 0 : sum;              /* a NaN passes */
    }
    __syncthreads();
}

/* What rows lane, lane + LANES, ... give to link i. */
LCU_DEVICE float share_of(const lcu_fused *p, const work *k, uint32_t layer, uint32_t i, uint32_t lane)
{
    const view x = x_view(p, k, layer), g = g_view(p, k, layer);
    const lcu_link link = k->link[i];
    float sum = 0;
    for (uint32_t row = lane; row < k->rows; row += LANES)
        sum += *of_view(g, link.out, row) * input_of(x, &p->layer[layer], link.in, row);
    return sum;
}

/* g[link] = sum over rows of g[out] x[in]: as many links at a time as there are threads. LANES threads
 * share a link's rows; then one adds what they found, in order. */
LCU_DEVICE void weight_gradients(const lcu_fused *p, const work *k, uint32_t layer)
{
    const uint32_t *start = k->start + p->layer[layer].first, end = start[p->layer[layer].n_out];
    const uint32_t lane = threadIdx.x % LANES;
    for (uint32_t first = start[0]; first < end; first += FUSED_THREADS) {
        for (uint32_t slot = threadIdx.x / LANES; slot < FUSED_THREADS; slot += BESIDE)
            if (first + slot < end)
                lcu_block_memory[slot * (LANES + 1) + lane] = share_of(p, k, layer, first + slot, lane);
        __syncthreads();
        float sum = 0;
        for (uint32_t j = 0; j < LANES && first + threadIdx.x < end; j++)
            sum += lcu_block_memory[threadIdx.x * (LANES + 1) + j];
        if (first + threadIdx.x < end)
            k->g[first + threadIdx.x] = sum;
        __syncthreads();
    }
}

/* x[in][row] <- sum over the links of `in`, in the order of their outputs, where its relu was open: each
 * thread puts the gradient where it found the activation. */
LCU_DEVICE void input_gradients(const lcu_fused *p, const work *k, uint32_t layer)
{
    const lcu_layer *of = &p->layer[layer];
    const view x = x_view(p, k, layer), g = g_view(p, k, layer);
    for (uint32_t e = threadIdx.x; e < of->n_in * k->rows; e += FUSED_THREADS) {
        const uint32_t in = e / k->rows, row = e % k->rows, *start = k->start + of->first_back + in;
        const bool closed = p->layer[layer - 1].relu && *of_view(x, in, row) <= 0;
        float sum = 0;
        for (uint32_t i = start[0]; i < start[1] && !closed; i++)
            sum += k->w[k->back[i]] * *of_view(g, k->link[k->back[i]].out, row);
        *of_view(x, in, row) = sum;
    }
    __syncthreads();
}

/* The parameter that link i of a layer is an element of, and where. */
LCU_DEVICE const lcu_segment *segment_of_link(const lcu_fused *p, const lcu_layer *of, lcu_link link)
{
    return p->update.segment + (link.in < of->n_in ? of->weight : of->bias);
}

LCU_DEVICE size_t place_of_link(const lcu_segment *s, lcu_link link)
{
    return blockIdx.z * s->stride + (link.at & ~LCU_FROZEN_LINK);
}

typedef enum pass { FROM_STATE, UPDATE, TO_STATE } pass;

LCU_DEVICE void pass_link(const lcu_fused *p, const work *k, const lcu_segment *s, uint32_t i, pass what)
{
    const size_t at = place_of_link(s, k->link[i]);
    if (what == FROM_STATE) {
        k->w[i] = s->w[at], k->m[i] = s->m[at], k->v[i] = s->v ? s->v[at] : 0;
        return;
    }
    if (k->link[i].at & LCU_FROZEN_LINK)
        return;
    if (what == TO_STATE) {
        s->w[at] = k->w[i], s->m[at] = k->m[i];
        if (s->v)
            s->v[at] = k->v[i];
        return;
    }
    lcu_cell c = { k->w[i], k->m[i], k->v[i], k->g[i] };
    lcu_advance(&p->update, s, p->update.replica + blockIdx.z, &c);
    k->w[i] = c.w, k->m[i] = c.m, k->v[i] = c.v;
}

/* All links, a thread each, and always the same. The others see what became of them after gather(). */
LCU_DEVICE void pass_links(const lcu_fused *p, const work *k, pass what)
{
    for (uint32_t layer = 0; layer < p->n_layers; layer++) {
        const lcu_layer *of = &p->layer[layer];
        const uint32_t *start = k->start + of->first;
        for (uint32_t i = start[0] + threadIdx.x; i < start[of->n_out]; i += FUSED_THREADS)
            pass_link(p, k, segment_of_link(p, of, k->link[i]), i, what);
    }
}

LCU_DEVICE void backward(const lcu_fused *p, const work *k)
{
    for (uint32_t layer = p->n_layers; layer-- > 0;) {
        weight_gradients(p, k, layer);
        if (layer)
            input_gradients(p, k, layer);
    }
}

/* A replica that has stopped goes on in vain, as it does elsewhere. */
LCU_KERNEL(fused_train, lcu_fused)
{
    const work k = work_of(p, 0, p->gather.rows);
    pass_links(p, &k, FROM_STATE);
    for (uint32_t step = 0; step < p->gather.chunk->steps; step++) {
        gather(p, &k);
        for (uint32_t layer = 0; layer < p->n_layers; layer++)
            forward(p, &k, layer);
        lcu_loss_of_step(&p->loss);
        __syncthreads();
        if (p->loss.replica[blockIdx.z].stopped)
            continue;
        backward(p, &k);
        pass_links(p, &k, UPDATE);
    }
    pass_links(p, &k, TO_STATE);
}

/* Before evaluations: nobody knows whether the links' weights are those of the state. */
LCU_KERNEL(fused_take, lcu_fused)
{
    const work k = work_of(p, 0, 0);
    pass_links(p, &k, FROM_STATE);
}

LCU_KERNEL(fused_eval, lcu_fused)
{
    const uint32_t first = blockIdx.x * LCU_FUSED_ROWS, left = p->gather.rows - first;
    const work k = work_of(p, first, left < LCU_FUSED_ROWS ? left : LCU_FUSED_ROWS);
    gather(p, &k);
    for (uint32_t layer = 0; layer < p->n_layers; layer++)
        forward(p, &k, layer);
}

static lcu_grid block_each(uint32_t replicas, uint32_t shared)
{
    const lcu_grid g = { 1, 1, replicas, FUSED_THREADS, shared };
    return g;
}

void lcu_fused_train(lcu_device *d, const lcu_fused *f, uint32_t replicas)
{
    const uint32_t shared = (uint32_t)lcu_fused_shared(f->layer, f->n_layers, f->gather.rows);
    lcu_launch(d, LCU_ENTRY(fused_train), block_each(replicas, shared), f, sizeof *f);
}

void lcu_fused_take(lcu_device *d, const lcu_fused *f, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(fused_take), block_each(replicas, 0), f, sizeof *f);
}

void lcu_fused_eval(lcu_device *d, const lcu_fused *f, uint32_t replicas)
{
    lcu_grid grid = block_each(replicas, (uint32_t)lcu_fused_shared(f->layer, f->n_layers, LCU_FUSED_ROWS));
    grid.x = (f->gather.rows + LCU_FUSED_ROWS - 1) / LCU_FUSED_ROWS;
    lcu_launch(d, LCU_ENTRY(fused_eval), grid, f, sizeof *f);
}
