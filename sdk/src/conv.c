/* CONV2D by the table's gemm, on the host: tile by tile a column matrix is made (columns.c) and multiplied.
 * Parts of the work are samples; where a weight is large, those of its gradient are channels, since a sum for
 * each part would have to be kept. */
#include "conv.h"

#include <string.h>

#include "columns.h"
#include "divide.h"

/* A part does at least so many floating-point operations and so many columns; a weight up to so many elements
 * is summed part by part. */
static const double LEAST_WORK = 4e6;
static const size_t TOO_MUCH = SIZE_MAX / sizeof(float) / LTS_MOST_PARTS / 4;
enum { LEAST_COLUMNS = 128, LARGE_WEIGHT = 1 << 17, MOST_BLOCKS = 8 };

typedef struct conv {
    const lts_program *p;
    const ltc_io *io;
    const float *bias;
    float *dw, *db;
    lts_columns k;
    size_t rows, parts, blocks;               /* blocks: of channels, for a large weight's gradient; else 1 */
    bool fresh, first;                        /* dw, dx are set, not added to */
} conv;

static conv conv_of(const lts_program *p, const ltc_node *node, const ltc_io *io)
{
    conv c = { .p = p, .io = io, .rows = io->rows,
               .k = lts_columns_of(node->desc, io->in_shape[0], io->in_shape[1], io->out_shape) };
    const double work = 2 * (double)c.k.w * (double)c.k.pixels * (double)c.k.c.groups;
    const size_t by_work = lts_parts(c.rows, work, LEAST_WORK),
                 by_columns = lts_parts(c.rows, (double)c.k.pixels, LEAST_COLUMNS);
    c.parts = by_work < by_columns ? by_work : by_columns;
    c.blocks = 1;
    if (c.k.w * (size_t)c.k.c.groups > LARGE_WEIGHT) {
        const size_t channels = (size_t)c.k.c.channels;
        c.blocks = channels < MOST_BLOCKS ? channels : MOST_BLOCKS;
    }
    return c;
}

/* What each part of one node leaves behind to be added up: a weight's gradient and a bias's. */
static size_t part_sums(const conv *c)
{
    return (c->k.w + (size_t)c->k.c.outputs) * (size_t)c->k.c.groups;
}

lts_conv_memory lts_conv_memory_of(const ltc_graph *graph, uint32_t rows)
{
    lts_conv_memory m = { 0 };
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(graph, i);
        if (n->op != LTC_OP_CONV2D)
            continue;
        const ltc_value *shape[2] = { ltc_graph_value(graph, n->in[0]), ltc_graph_value(graph, n->in[1]) };
        const ltc_io io = { .rows = rows, .in_shape = shape, .out_shape = ltc_graph_value(graph, n->out) };
        const conv c = conv_of(NULL, n, &io);
        const size_t sums = c.blocks > 1 || c.parts == 1 ? 0 : c.parts * part_sums(&c);
        size_t scratch;
        if (!lts_times((size_t)(c.k.taps + c.k.c.outputs), (size_t)lts_columns_width(&c.k), &scratch) ||
            scratch > TOO_MUCH)
            scratch = TOO_MUCH;               /* more than there is: the allocation will say so */
        m.scratch = scratch > m.scratch ? scratch : m.scratch;
        m.sums = sums > m.sums ? sums : m.sums;
    }
    return m;
}

/* A piece of scratch memory that no other part uses at this moment; there is one for each part. */
static size_t take_scratch(const lts_program *p)
{
    size_t i = 0;
    while (atomic_flag_test_and_set_explicit(&p->taken[i], memory_order_acquire))
        i = (i + 1) % LTS_MOST_PARTS;
    return i;
}

static void give_scratch(const lts_program *p, size_t i)
{
    atomic_flag_clear_explicit(&p->taken[i], memory_order_release);
}

/* The scratch of one part, divided. */
typedef struct space { size_t taken; float *columns, *gathered; } space;

static space take_space(const conv *c)
{
    const size_t i = take_scratch(c->p);
    float *at = c->p->scratch + i * c->p->scratch_count;
    return (space){ i, at, at + c->k.taps * lts_columns_width(&c->k) };
}

/* A matrix of a tile: its columns, or the outputs or their gradients, in place or copied together. */
typedef struct matrix { const float *at; int64_t ld; } matrix;

static matrix columns_of(const conv *c, const lts_tile *t, size_t group, int64_t from, int64_t to,
                         float *room)
{
    const float *x = c->io->in[0] + group * c->k.in;
    if (c->k.plain && t->samples == 1)
        return (matrix){ x + (size_t)t->first * c->k.in * (size_t)c->k.c.groups + from * c->k.pixels,
                         c->k.pixels };
    lts_columns_fill(&c->k, t, from, to, x, room);
    return (matrix){ room, lts_tile_width(&c->k, t) };
}

/* Where the outputs of one sample of a tile begin, for one group. */
static size_t output_at(const conv *c, const lts_tile *t, int64_t sample, size_t group)
{
    return ((size_t)(t->first + sample) * (size_t)c->k.c.groups + group) * c->k.out +
           (size_t)(t->row * c->k.c.x.out);
}

static matrix gradient_of(const conv *c, const lts_tile *t, size_t group, float *room)
{
    if (t->samples == 1)
        return (matrix){ c->io->out_grad + output_at(c, t, 0, group), c->k.pixels };
    const int64_t width = lts_tile_width(&c->k, t);
    for (int64_t n = 0; n < t->samples; n++) {
        const float *g = c->io->out_grad + output_at(c, t, n, group);
        for (int64_t o = 0; o < c->k.c.outputs; o++)
            memcpy(room + o * width + n * c->k.pixels, g + o * c->k.pixels, (size_t)c->k.pixels * sizeof *g);
    }
    return (matrix){ room, width };
}

static ltc_status multiply(const conv *c, const ltc_gemm *g)
{
    return ltc_optable_table.gemm(c->p->device->dev, g);
}

static void fill(float *to, float value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = value;
}

/* y = w col(x) + b, into the outputs or, for several samples, on the way there */
static ltc_status forward_tile(const conv *c, const lts_tile *t, size_t group, const space *s)
{
    const int64_t width = lts_tile_width(&c->k, t), outputs = c->k.c.outputs;
    const matrix x = columns_of(c, t, group, 0, c->k.c.channels, s->columns);
    const float *bias = c->bias ? c->bias + (int64_t)group * outputs : NULL;
    const bool direct = t->samples == 1;
    float *y = direct ? c->io->out + output_at(c, t, 0, group) : s->gathered;
    const int64_t ldy = direct ? c->k.pixels : width;
    for (int64_t o = 0; bias && o < outputs; o++)
        fill(y + o * ldy, bias[o], width);
    const ltc_status st = multiply(c, &(ltc_gemm){
        .batch = 1, .m = outputs, .n = width, .k = c->k.taps, .lda = c->k.taps, .ldb = x.ld, .ldc = ldy,
        .alpha = 1, .beta = bias != NULL, .a = c->io->in[1] + group * c->k.w, .b = x.at, .c = y });
    for (int64_t n = 0; n < t->samples && !direct; n++) {
        float *to = c->io->out + output_at(c, t, n, group);
        for (int64_t o = 0; o < outputs; o++)
            memcpy(to + o * c->k.pixels, y + o * width + n * c->k.pixels, (size_t)c->k.pixels * sizeof *y);
    }
    return st;
}

/* The gradient of a sample is zeroed when its first tile comes. */
static void clear_tile(const conv *c, const lts_tile *t, float *dx)
{
    const size_t sample = c->k.in * (size_t)c->k.c.groups;
    for (int64_t n = 0; n < t->samples && t->row == 0; n++)
        memset(dx + (size_t)(t->first + n) * sample, 0, c->k.in * sizeof *dx);
}

/* dx += col^-1(w^T g) */
static ltc_status input_tile(const conv *c, const lts_tile *t, size_t group, const space *s)
{
    const int64_t width = lts_tile_width(&c->k, t);
    const matrix g = gradient_of(c, t, group, s->gathered);
    float *dx = c->io->in_grad[0] + group * c->k.in;
    const bool direct = c->k.plain && t->samples == 1;
    float *to = direct ? dx + (size_t)t->first * c->k.in * (size_t)c->k.c.groups : s->columns;
    const ltc_status st = multiply(c, &(ltc_gemm){ .trans_a = 1,
                                                   .batch = 1,
                                                   .m = c->k.taps,
                                                   .n = width,
                                                   .k = c->k.c.outputs,
                                                   .lda = c->k.taps,
                                                   .ldb = g.ld,
                                                   .ldc = direct ? c->k.pixels : width,
                                                   .alpha = 1,
                                                   .beta = direct && !c->first,
                                                   .a = c->io->in[1] + group * c->k.w,
                                                   .b = g.at,
                                                   .c = to });
    if (!st && !direct && c->first)
        clear_tile(c, t, dx);
    if (!st && !direct)
        lts_columns_add(&c->k, t, to, dx);
    return st;
}

/* Each tile of samples [begin, end), each group of it. */
static ltc_status each_tile(const conv *c, size_t begin, size_t end,
                            ltc_status (*visit)(const conv *, const lts_tile *, size_t, const space *))
{
    const space s = take_space(c);
    ltc_status st = LTC_OK;
    lts_tile t;
    for (bool more = lts_tile_first(&c->k, begin, end, &t); more && !st; more = lts_tile_next(&c->k, end, &t))
        for (size_t group = 0; group < (size_t)c->k.c.groups && !st; group++)
            st = visit(c, &t, group, &s);
    give_scratch(c->p, s.taken);
    return st;
}

static ltc_status forward_part(void *arg, size_t part, size_t begin, size_t end)
{
    (void)part;
    return each_tile(arg, begin, end, forward_tile);
}

static ltc_status input_part(void *arg, size_t part, size_t begin, size_t end)
{
    (void)part;
    return each_tile(arg, begin, end, input_tile);
}

/* db[o] += sum of g over pixels, in eight lanes and row order, in double as all sums over samples */
static void bias_sum(const conv *c, const matrix *g, int64_t width, float *db)
{
    enum { LANES = 8 };
    for (int64_t o = 0; o < c->k.c.outputs; o++) {
        const float *x = g->at + o * g->ld;
        double lane[LANES] = { 0 }, sum = 0;
        int64_t i = 0;
        for (; i + LANES <= width; i += LANES)
            for (int64_t j = 0; j < LANES; j++)
                lane[j] += (double)x[i + j];
        for (; i < width; i++)
            lane[i % LANES] += (double)x[i];
        for (int64_t j = 0; j < LANES; j++)
            sum += lane[j];
        db[o] += (float)sum;
    }
}

/* What a part of the weight's gradient adds up, and where: some channels' of all samples,
 * or some samples'. */
typedef struct share {
    size_t begin, end;
    int64_t from, to;
    float *dw, *db;                           /* db NULL: not this part's */
    bool fresh;                               /* dw is set by the first tile */
} share;

/* dw += g col(x)^T, tile after tile */
static ltc_status weight_share(const conv *c, const share *h)
{
    const space s = take_space(c);
    const int64_t window = c->k.c.kernel_y * c->k.c.kernel_x;
    ltc_status st = LTC_OK;
    lts_tile t;
    bool fresh = h->fresh;
    for (bool more = lts_tile_first(&c->k, h->begin, h->end, &t); more && !st;
         more = lts_tile_next(&c->k, h->end, &t)) {
        const int64_t width = lts_tile_width(&c->k, &t);
        for (size_t group = 0; group < (size_t)c->k.c.groups && !st; group++) {
            const matrix g = gradient_of(c, &t, group, s.gathered);
            if (h->db)
                bias_sum(c, &g, width, h->db + (int64_t)group * c->k.c.outputs);
            if (!h->dw)
                continue;
            const matrix x = columns_of(c, &t, group, h->from, h->to, s.columns);
            st = multiply(c, &(ltc_gemm){
                .trans_b = 1, .batch = 1, .m = c->k.c.outputs, .n = (h->to - h->from) * window, .k = width,
                .lda = g.ld, .ldb = x.ld, .ldc = c->k.taps, .alpha = 1, .beta = !fresh, .a = g.at, .b = x.at,
                .c = h->dw + group * c->k.w + h->from * window });
        }
        fresh = false;
    }
    give_scratch(c->p, s.taken);
    return st;
}

static ltc_status weight_part(void *arg, size_t part, size_t begin, size_t end)
{
    const conv *c = arg;
    float *sums = c->p->sums + part * part_sums(c);
    share h = {
        .begin = begin, .end = end, .to = c->k.c.channels, .dw = c->dw, .db = c->db, .fresh = c->fresh
    };
    if (c->parts > 1) {
        h.db = c->db ? sums + c->k.w * (size_t)c->k.c.groups : NULL;
        h.dw = c->dw ? sums : NULL;
        h.fresh = true;
        if (h.db)
            memset(h.db, 0, (size_t)(c->k.c.outputs * c->k.c.groups) * sizeof *h.db);
    }
    return weight_share(c, &h);
}

static ltc_status weight_block(void *arg, size_t block, size_t begin, size_t end)
{
    const conv *c = arg;
    const share h = { .end = c->rows, .from = (int64_t)begin, .to = (int64_t)end, .dw = c->dw,
                      .db = block ? NULL : c->db, .fresh = c->fresh };
    return weight_share(c, &h);
}

/* Elements [begin, end) of the gradient: what the parts left there, in their order. */
static ltc_status add_sums(void *arg, size_t part, size_t begin, size_t end)
{
    const conv *c = arg;
    (void)part;
    for (size_t k = 0; k < c->parts; k++) {
        const float *from = c->p->sums + k * part_sums(c);
        const bool first = k == 0 && c->fresh;
        for (size_t i = begin; i < end; i++)
            c->dw[i] = first ? from[i] : c->dw[i] + from[i];
    }
    return LTC_OK;
}

static ltc_status weight_backward(const conv *from)
{
    conv c = *from;
    const ltc_host *host = c.p->device->host;
    const size_t n = c.k.w * (size_t)c.k.c.groups, outputs = (size_t)(c.k.c.outputs * c.k.c.groups);
    if (c.blocks > 1 && c.dw)
        return lts_divide(host, (size_t)c.k.c.channels, c.blocks, weight_block, &c);
    if (c.blocks > 1)
        c.parts = 1;                          /* a bias alone: no sums are kept for it */
    ltc_status st = lts_divide(host, c.rows, c.parts, weight_part, &c);
    if (st || c.parts == 1)
        return st;
    for (size_t k = 0; c.db && k < c.parts; k++)
        for (size_t o = 0; o < outputs; o++)
            c.db[o] += c.p->sums[k * part_sums(&c) + n + o];
    return c.dw ? lts_divide(host, n, lts_parts(n, (double)c.parts, 1e5), add_sums, &c) : LTC_OK;
}

ltc_status lts_conv_forward(const lts_program *p, const ltc_node *node, const ltc_io *io)
{
    conv c = conv_of(p, node, io);
    c.bias = node->n_in > 2 ? io->in[2] : NULL;
    return lts_divide(p->device->host, c.rows, c.parts, forward_part, &c);
}

ltc_status lts_conv_backward(const lts_program *p, const ltc_node *node, const lts_step *step)
{
    const ltc_io *io = &step->io;
    conv c = conv_of(p, node, io);
    c.dw = io->in_grad[1], c.db = node->n_in > 2 ? io->in_grad[2] : NULL;
    c.fresh = step->fresh, c.first = step->first & 1;
    ltc_status st = c.dw || c.db ? weight_backward(&c) : LTC_OK;
    if (!st && io->in_grad[0])
        st = lts_divide(p->device->host, c.rows, c.parts, input_part, &c);
    return st;
}
