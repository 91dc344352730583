/* LINEAR and CONV2D by the table's gemm. A bias is a product with a column of ones, so
 * that LINEAR needs nothing but the gemm, wherever its memory is; CONV2D copies its
 * windows into columns, sample by sample, on the host. */
#include <string.h>

#include "program.h"
#include "window.h"

bool lts_gemm_can(const ltc_node *node)
{
    return ltc_optable_table.gemm &&
           (node->op == LTC_OP_LINEAR || (node->op == LTC_OP_CONV2D && lts_on_host()));
}

size_t lts_gemm_scratch(const ltc_graph *graph)
{
    size_t most = 0;
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(graph, i);
        if (n->op != LTC_OP_CONV2D)
            continue;
        const ltc_value *w = ltc_graph_value(graph, n->in[1]), *out = ltc_graph_value(graph, n->out);
        size_t columns;
        if (!lts_times((size_t)(w->dim[1] * w->dim[2] * w->dim[3]), (size_t)(out->dim[1] * out->dim[2]),
                       &columns))
            columns = SIZE_MAX / 16;          /* more than there is: the allocation will say so */
        most = columns > most ? columns : most;
    }
    return most;
}

/* C (m x n) = A B + beta C, both as stored or transposed, densely packed. */
static ltc_status product(const lts_program *p, bool trans_a, bool trans_b, const int64_t mnk[3],
                          const float *a, const float *b, float beta, float *c)
{
    const ltc_gemm g = {
        .trans_a = trans_a, .trans_b = trans_b, .batch = 1, .m = mnk[0], .n = mnk[1], .k = mnk[2],
        .lda = trans_a ? mnk[0] : mnk[2], .ldb = trans_b ? mnk[2] : mnk[1], .ldc = mnk[1],
        .alpha = 1, .beta = beta, .a = a, .b = b, .c = c,
    };
    return ltc_optable_table.gemm(p->device->dev, &g);
}

/* y = 1 b^T;  y += x w^T */
static ltc_status linear_forward(const lts_program *p, const ltc_node *node, const ltc_io *io)
{
    const int64_t rows = io->rows, n = io->in_shape[0]->dim[0], out = io->out_shape->dim[0];
    const bool bias = node->n_in > 2 && io->in[2];
    ltc_status st = LTC_OK;
    if (bias)
        st = product(p, false, false, (int64_t[]){ rows, out, 1 }, p->ones, io->in[2], 0, io->out);
    return st ? st
              : product(p, false, true, (int64_t[]){ rows, out, n }, io->in[0], io->in[1], bias, io->out);
}

/* dx += g w;  dw += g^T x;  db += 1^T g */
static ltc_status linear_backward(const lts_program *p, const ltc_node *node, const ltc_io *io, bool fresh)
{
    const int64_t rows = io->rows, n = io->in_shape[0]->dim[0], out = io->out_shape->dim[0];
    ltc_status st = LTC_OK;
    if (io->in_grad[0])
        st =
            product(p, false, false, (int64_t[]){ rows, n, out }, io->out_grad, io->in[1], 1, io->in_grad[0]);
    if (!st && io->in_grad[1])
        st = product(p, true, false, (int64_t[]){ out, n, rows }, io->out_grad, io->in[0], !fresh,
                     io->in_grad[1]);
    if (!st && node->n_in > 2 && io->in_grad[2])
        st = product(p, false, false, (int64_t[]){ 1, out, rows }, p->ones, io->out_grad, 1, io->in_grad[2]);
    return st;
}

typedef struct columns {
    lts_conv c;
    int64_t  taps, pixels;                    /* of the column matrix: rows and columns */
    size_t   in, w, out;                      /* elements of one group's share of each */
    bool     plain;                           /* 1 x 1 taps: the image is its own matrix */
} columns;

static columns columns_of(const ltc_node *node, const ltc_io *io)
{
    const lts_conv c = lts_conv_of(node->desc, io->in_shape[0], io->in_shape[1], io->out_shape);
    const int64_t taps = c.channels * c.kernel_y * c.kernel_x, pixels = c.y.out * c.x.out;
    const columns k = {
        .c = c, .taps = taps, .pixels = pixels, .in = (size_t)(c.channels * c.y.in * c.x.in),
        .w = (size_t)(c.outputs * taps), .out = (size_t)(c.outputs * pixels),
        .plain = c.kernel_y == 1 && c.kernel_x == 1 && c.y.stride == 1 && c.y.pad == 0,
    };
    return k;
}

/* One row of the column matrix: what one tap of one channel sees. */
typedef struct tap_row { lts_span rows, columns; int64_t shift_y, shift_x; size_t plane; } tap_row;

static tap_row tap_row_of(const columns *k, int64_t tap)
{
    const int64_t kx = tap % k->c.kernel_x, ky = tap / k->c.kernel_x % k->c.kernel_y;
    const tap_row t = {
        lts_axis_inside(&k->c.y, ky), lts_axis_inside(&k->c.x, kx),
        ky * k->c.y.dilation - k->c.y.pad, kx * k->c.x.dilation - k->c.x.pad,
        (size_t)(tap / k->c.kernel_x / k->c.kernel_y * k->c.y.in * k->c.x.in),
    };
    return t;
}

static const float *im2col(const columns *k, const float *x, float *scratch)
{
    if (k->plain)
        return x;
    const int64_t s = k->c.x.stride;
    for (int64_t tap = 0; tap < k->taps; tap++) {
        const tap_row t = tap_row_of(k, tap);
        float *row = scratch + tap * k->pixels;
        memset(row, 0, (size_t)k->pixels * sizeof *row);
        for (int64_t oy = t.rows.first; oy < t.rows.end; oy++) {
            const float *from = x + t.plane + (oy * k->c.y.stride + t.shift_y) * k->c.x.in;
            float *to = row + oy * k->c.x.out;
            for (int64_t ox = t.columns.first; ox < t.columns.end; ox++)
                to[ox] = from[ox * s + t.shift_x];
        }
    }
    return scratch;
}

static void col2im_add(const columns *k, const float *scratch, float *dx)
{
    const int64_t s = k->c.x.stride;
    for (int64_t tap = 0; tap < k->taps; tap++) {
        const tap_row t = tap_row_of(k, tap);
        const float *row = scratch + tap * k->pixels;
        for (int64_t oy = t.rows.first; oy < t.rows.end; oy++) {
            float *to = dx + t.plane + (oy * k->c.y.stride + t.shift_y) * k->c.x.in;
            const float *from = row + oy * k->c.x.out;
            for (int64_t ox = t.columns.first; ox < t.columns.end; ox++)
                to[ox * s + t.shift_x] += from[ox];
        }
    }
}

/* Per sample and group: y = b 1^T;  y += w col(x) */
static ltc_status conv2d_forward(const lts_program *p, const ltc_node *node, const ltc_io *io)
{
    const columns k = columns_of(node, io);
    const float *b = node->n_in > 2 ? io->in[2] : NULL;
    const size_t groups = (size_t)k.c.groups;
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < io->rows * groups && !st; i++) {
        const size_t group = i % groups;
        float *y = io->out + i * k.out;
        for (int64_t o = 0; b && o < k.c.outputs; o++)
            for (int64_t j = 0; j < k.pixels; j++)
                y[o * k.pixels + j] = b[(int64_t)group * k.c.outputs + o];
        const float *col = im2col(&k, io->in[0] + i * k.in, io->scratch);
        st = product(p, false, false, (int64_t[]){ k.c.outputs, k.pixels, k.taps }, io->in[1] + group * k.w,
                     col, b != NULL, y);
    }
    return st;
}

/* db[o] += sum of g over pixels, in eight lanes and row order, in double as all sums over samples */
static void conv2d_bias(const columns *k, const float *g, float *db)
{
    enum { LANES = 8 };
    for (int64_t o = 0; o < k->c.outputs; o++, g += k->pixels) {
        double lane[LANES] = { 0 }, sum = 0;
        int64_t i = 0;
        for (; i + LANES <= k->pixels; i += LANES)
            for (int64_t j = 0; j < LANES; j++)
                lane[j] += (double)g[i + j];
        for (; i < k->pixels; i++)
            lane[i % LANES] += (double)g[i];
        for (int64_t j = 0; j < LANES; j++)
            sum += lane[j];
        db[o] += (float)sum;
    }
}

/* Per sample and group: dw += g col(x)^T;  dx += col^-1(w^T g);  db += sum of g */
static ltc_status conv2d_backward(const lts_program *p, const ltc_node *node, const ltc_io *io, bool fresh)
{
    const columns k = columns_of(node, io);
    const size_t groups = (size_t)k.c.groups;
    float *dx = io->in_grad[0], *dw = io->in_grad[1], *db = node->n_in > 2 ? io->in_grad[2] : NULL;
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < io->rows * groups && !st; i++) {
        const size_t group = i % groups;
        const float *g = io->out_grad + i * k.out, *w = io->in[1] + group * k.w;
        if (db)
            conv2d_bias(&k, g, db + (int64_t)group * k.c.outputs);
        if (dw)
            st = product(p, false, true, (int64_t[]){ k.c.outputs, k.taps, k.pixels }, g,
                         im2col(&k, io->in[0] + i * k.in, io->scratch), !(fresh && i < groups),
                         dw + group * k.w);
        if (st || !dx)
            continue;
        float *to = k.plain ? dx + i * k.in : io->scratch;
        st = product(p, true, false, (int64_t[]){ k.taps, k.pixels, k.c.outputs }, w, g, k.plain, to);
        if (!k.plain)
            col2im_add(&k, to, dx + i * k.in);
    }
    return st;
}

ltc_status lts_gemm_forward(const lts_program *p, const ltc_node *node, const ltc_io *io)
{
    return node->op == LTC_OP_LINEAR ? linear_forward(p, node, io) : conv2d_forward(p, node, io);
}

ltc_status lts_gemm_backward(const lts_program *p, const ltc_node *node, const ltc_io *io, bool fresh)
{
    return node->op == LTC_OP_LINEAR ? linear_backward(p, node, io, fresh)
                                     : conv2d_backward(p, node, io, fresh);
}
