/* What each operation launches, forward and back. A table by number: a new line of ops.def brings its own. */
#include <assert.h>

#include "program.h"

static lcu_floats in(const lcu_site *s, uint32_t k)
{
    const uint32_t v = k < s->node->n_in ? s->node->in[k] : 0;
    return v ? s->p->value[v] : (lcu_floats){ NULL, 0 };
}

static lcu_floats out(const lcu_site *s)
{
    return s->p->value[s->node->out];
}

/* The gradient of the output; of input k, at NULL where nobody wants it. */
static lcu_floats given(const lcu_site *s)
{
    return s->p->grad[s->node->out];
}

static lcu_floats wanted(const lcu_site *s, uint32_t k)
{
    const uint32_t v = k < s->node->n_in ? s->node->in[k] : 0;
    return v ? s->p->grad[v] : (lcu_floats){ NULL, 0 };
}

static uint32_t adds(const lcu_site *s, uint32_t k)
{
    return (uint32_t)(s->p->back[s->i].adds >> k & 1);
}

static uint32_t count(const ltc_value *v)
{
    return (uint32_t)ltc_value_count(v);
}

static void relu_forward(const lcu_site *s)
{
    lcu_relu_forward(s->p->device, &(lcu_map){ .x = in(s, 0), .to = out(s), .n = s->rows * count(s->y) },
                     s->p->replicas);
}

static void relu_backward(const lcu_site *s)
{
    const lcu_map m = { in(s, 0), given(s), wanted(s, 0), s->rows * count(s->y), adds(s, 0) };
    lcu_relu_backward(s->p->device, &m, s->p->replicas);
}

/* y[row][out] = x[row][in] w[out][in]^T + b */
static void linear_forward(const lcu_site *s)
{
    const uint32_t n_in = count(s->x), n_out = count(s->y);
    const lcu_product_of y = { in(s, 0), in(s, 1), out(s), in(s, 2), { 1, n_in, { NULL, 0 } },
                               s->rows, n_out, n_in, n_in, 1, 1, n_in, 0 };
    lcu_matrices(s->p->device, &y, s->p->replicas);
}

static void bias_backward(const lcu_site *s, uint32_t channels, uint32_t space)
{
    const lcu_sum b = { given(s), wanted(s, 2), s->rows, channels, space, adds(s, 2) };
    if (b.to.at)
        lcu_channel_sums(s->p->device, &b, s->p->replicas);
}

static lcu_parts parts_of(const lcu_program *p, uint32_t m, uint32_t n, uint32_t k)
{
    lcu_parts parts = lcu_parts_of(m, n, k);
    parts.sums = p->sums;
    return parts;
}

/* dw[out][in] <- g^T x;  dx[row][in] <- g w */
static void linear_backward(const lcu_site *s)
{
    const uint32_t n_in = count(s->x), n_out = count(s->y);
    const lcu_product_of w = { given(s), in(s, 0), wanted(s, 1), { NULL, 0 },
                               parts_of(s->p, n_out, n_in, s->rows),
                               n_out, n_in, s->rows, 1, n_out, n_in, 1, adds(s, 1) };
    const lcu_product_of x = { given(s), in(s, 1), wanted(s, 0), { NULL, 0 }, { 1, n_out, { NULL, 0 } },
                               s->rows, n_in, n_out, n_out, 1, n_in, 1, adds(s, 0) };
    if (w.c.at)
        lcu_matrices(s->p->device, &w, s->p->replicas);
    bias_backward(s, n_out, 1);
    if (x.c.at)
        lcu_matrices(s->p->device, &x, s->p->replicas);
}

static lcu_convolution convolution_of(const lcu_site *s)
{
    const ltc_conv2d_desc *d = s->node->desc;
    const ltc_value *w = ltc_graph_value(s->p->graph, s->node->in[1]);
    return (lcu_convolution){
        .rows = s->rows, .groups = d->groups, .channels = (uint32_t)s->x->dim[0] / d->groups,
        .outputs = (uint32_t)s->y->dim[0] / d->groups, .in_y = (uint32_t)s->x->dim[1],
        .in_x = (uint32_t)s->x->dim[2], .out_y = (uint32_t)s->y->dim[1], .out_x = (uint32_t)s->y->dim[2],
        .kernel_y = (uint32_t)w->dim[2], .kernel_x = (uint32_t)w->dim[3], .stride = d->stride, .pad = d->pad,
        .dilation = d->dilation,
    };
}

/* Only training's: a row's bits in an evaluation may not depend on how many there are. */
static bool by_dnn(const lcu_site *s)
{
    return s->training && s->p->by_dnn[s->i];
}

ltc_status lcu_dnn_plan(lcu_program *p, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < p->graph->n_nodes && !st; i++) {
        const ltc_node *n = ltc_graph_node(p->graph, i);
        if (n->op != LTC_OP_CONV2D)
            continue;
        const lcu_site s = { .p = p, .node = n, .x = ltc_graph_value(p->graph, n->in[0]),
                             .y = ltc_graph_value(p->graph, n->out), .i = i, .rows = p->batch };
        const lcu_convolution c = convolution_of(&s);
        uint64_t bytes = 0;
        st = lcu_dnn_ask(p->dnn, &c, &p->by_dnn[i], &bytes, err);
        if (p->by_dnn[i] && bytes > p->space.bytes)
            p->space.bytes = bytes;
    }
    return st;
}

static void conv2d_forward(const lcu_site *s)
{
    lcu_convolution c = convolution_of(s);
    c.x = in(s, 0), c.w = in(s, 1), c.bias = in(s, 2), c.y = out(s);
    if (by_dnn(s))
        lcu_dnn_convolve(s->p->dnn, &c, s->p->space, s->p->replicas);
    else
        lcu_convolve(s->p->device, &c, s->p->replicas);
}

static void conv2d_weight(const lcu_site *s, const lcu_convolution *c)
{
    if (by_dnn(s))
        lcu_dnn_convolve_weight(s->p->dnn, c, s->p->space, s->p->replicas);
    else
        lcu_convolve_weight(s->p->device, c, s->p->replicas);
}

static void conv2d_input(const lcu_site *s, const lcu_convolution *c)
{
    if (by_dnn(s))
        lcu_dnn_convolve_input(s->p->dnn, c, s->p->space, s->p->replicas);
    else
        lcu_convolve_input(s->p->device, c, s->p->replicas);
}

static void conv2d_backward(const lcu_site *s)
{
    lcu_convolution w = convolution_of(s), x = w;
    w.x = in(s, 0), w.y = given(s), w.w = wanted(s, 1), w.add = adds(s, 1);
    w.parts = parts_of(s->p, w.outputs, w.channels * w.kernel_y * w.kernel_x, w.rows * w.out_y * w.out_x);
    x.x = wanted(s, 0), x.y = given(s), x.w = in(s, 1), x.add = adds(s, 0);
    if (w.w.at)
        conv2d_weight(s, &w);
    bias_backward(s, (uint32_t)s->y->dim[0], w.out_y * w.out_x);
    if (x.x.at)
        conv2d_input(s, &x);
}

static lcu_norm norm_of(const lcu_site *s)
{
    const ltc_batch_norm_desc *d = s->node->desc;
    const uint32_t channels = (uint32_t)s->y->dim[0];
    return (lcu_norm){
        .x = in(s, 0),
        .y = out(s),
        .gain = in(s, 1),
        .bias = in(s, 2),
        .mean = in(s, 3),
        .variance = in(s, 4),
        .saved = s->p->saved[s->i],
        .eps = d->eps,
        .rows = s->rows,
        .channels = channels,
        .space = count(s->y) / channels,
        .training = s->training,
    };
}

static void norm_forward(const lcu_site *s)
{
    const lcu_norm n = norm_of(s);
    lcu_norm_forward(s->p->device, &n, s->p->replicas);
}

static void norm_backward(const lcu_site *s)
{
    lcu_norm n = norm_of(s);
    n.g = given(s), n.dx = wanted(s, 0), n.dgain = wanted(s, 1), n.dbias = wanted(s, 2);
    n.add_dx = adds(s, 0), n.add_dgain = adds(s, 1), n.add_dbias = adds(s, 2);
    lcu_norm_backward(s->p->device, &n, s->p->replicas);
}

/* kind: LCU_POOL_* */
static lcu_pool pool_of(const lcu_site *s, uint32_t kind)
{
    lcu_pool p = {
        .winner = (uint32_t *)s->p->saved[s->i].at, .winner_stride = s->p->saved[s->i].stride,
        .planes = s->rows * (uint32_t)s->x->dim[0], .kind = kind, .in_y = (uint32_t)s->x->dim[1],
        .in_x = (uint32_t)s->x->dim[2], .out_y = (uint32_t)s->y->dim[1], .out_x = (uint32_t)s->y->dim[2],
    };
    if (kind != LCU_POOL_ADAPTIVE) {
        const ltc_pool_desc *d = s->node->desc;
        p.size = d->size, p.stride = d->stride, p.pad = d->pad;
    }
    return p;
}

static void pool_forward(const lcu_site *s, uint32_t kind)
{
    lcu_pool p = pool_of(s, kind);
    p.x = in(s, 0), p.y = out(s);
    lcu_pool_forward(s->p->device, &p, s->p->replicas);
}

static void pool_backward(const lcu_site *s, uint32_t kind)
{
    lcu_pool p = pool_of(s, kind);
    p.x = wanted(s, 0), p.y = given(s), p.add = adds(s, 0);
    if (p.x.at)
        lcu_pool_backward(s->p->device, &p, s->p->replicas);
}

static void max_forward(const lcu_site *s)       { pool_forward(s, LCU_POOL_MAX); }
static void max_backward(const lcu_site *s)      { pool_backward(s, LCU_POOL_MAX); }
static void average_forward(const lcu_site *s)   { pool_forward(s, LCU_POOL_AVERAGE); }
static void average_backward(const lcu_site *s)  { pool_backward(s, LCU_POOL_AVERAGE); }
static void adaptive_forward(const lcu_site *s)  { pool_forward(s, LCU_POOL_ADAPTIVE); }
static void adaptive_backward(const lcu_site *s) { pool_backward(s, LCU_POOL_ADAPTIVE); }

static void add_forward(const lcu_site *s)
{
    const lcu_map m = { in(s, 0), in(s, 1), out(s), s->rows * count(s->y), 0 };
    lcu_add_forward(s->p->device, &m, s->p->replicas);
}

static void add_backward(const lcu_site *s)
{
    for (uint32_t k = 0; k < s->node->n_in; k++) {
        const lcu_map m = {
            .x = given(s), .to = wanted(s, k), .n = s->rows * count(s->y), .add = adds(s, k)
        };
        if (m.to.at)
            lcu_copy(s->p->device, &m, s->p->replicas);
    }
}

/* Input k of CONCAT: its elements, and where they lie in a row of the output. */
static lcu_slice slice_of(const lcu_site *s, uint32_t k)
{
    lcu_slice slice = { .rows = s->rows, .n_out = count(s->y) };
    for (uint32_t j = 0; j <= k; j++) {
        slice.at += slice.n_in;
        slice.n_in = count(ltc_graph_value(s->p->graph, s->node->in[j]));
    }
    return slice;
}

static void concat_forward(const lcu_site *s)
{
    for (uint32_t k = 0; k < s->node->n_in; k++) {
        lcu_slice slice = slice_of(s, k);
        slice.x = in(s, k), slice.to = out(s);
        lcu_slice_put(s->p->device, &slice, s->p->replicas);
    }
}

static void concat_backward(const lcu_site *s)
{
    for (uint32_t k = 0; k < s->node->n_in; k++) {
        lcu_slice slice = slice_of(s, k);
        slice.x = given(s), slice.to = wanted(s, k), slice.add = adds(s, k);
        if (slice.to.at)
            lcu_slice_get(s->p->device, &slice, s->p->replicas);
    }
}

static lcu_slice padding_of(const lcu_site *s)
{
    const ltc_pad_channels_desc *d = s->node->desc;
    lcu_slice slice = slice_of(s, 0);
    slice.at = d->before * (uint32_t)(s->x->dim[1] * s->x->dim[2]);
    return slice;
}

static void pad_forward(const lcu_site *s)
{
    lcu_slice slice = padding_of(s);
    slice.x = in(s, 0), slice.to = out(s);
    lcu_slice_pad(s->p->device, &slice, s->p->replicas);
}

static void pad_backward(const lcu_site *s)
{
    lcu_slice slice = padding_of(s);
    slice.x = given(s), slice.to = wanted(s, 0), slice.add = adds(s, 0);
    if (slice.to.at)
        lcu_slice_get(s->p->device, &slice, s->p->replicas);
}

static void dropout_forward(const lcu_site *s)
{
    const uint32_t n = s->rows * count(s->y);
    const lcu_dropout o = { s->p->replica, in(s, 0), out(s), s->p->saved[s->i],
                            ((const ltc_dropout_desc *)s->node->desc)->rate, n, s->i };
    if (s->training)
        lcu_dropout_forward(s->p->device, &o, s->p->replicas);
    else
        lcu_copy(s->p->device, &(lcu_map){ .x = in(s, 0), .to = out(s), .n = n }, s->p->replicas);
}

static void dropout_backward(const lcu_site *s)
{
    const lcu_map m = { given(s), s->p->saved[s->i], wanted(s, 0), s->rows * count(s->y), adds(s, 0) };
    if (m.to.at)
        lcu_product(s->p->device, &m, s->p->replicas);
}

const lcu_operation lcu_operations[LTC_OP_COUNT] = {
    [LTC_OP_FLATTEN]       = { NULL, NULL },
    [LTC_OP_RELU]          = { relu_forward, relu_backward },
    [LTC_OP_LINEAR]        = { linear_forward, linear_backward },
    [LTC_OP_CONV2D]        = { conv2d_forward, conv2d_backward },
    [LTC_OP_BATCH_NORM]    = { norm_forward, norm_backward },
    [LTC_OP_MAX_POOL]      = { max_forward, max_backward },
    [LTC_OP_AVG_POOL]      = { average_forward, average_backward },
    [LTC_OP_GLOBAL_POOL]   = { adaptive_forward, adaptive_backward },
    [LTC_OP_ADD]           = { add_forward, add_backward },
    [LTC_OP_CONCAT]        = { concat_forward, concat_backward },
    [LTC_OP_DROPOUT]       = { dropout_forward, dropout_backward },
    [LTC_OP_PAD_CHANNELS]  = { pad_forward, pad_backward },
    [LTC_OP_ADAPTIVE_POOL] = { adaptive_forward, adaptive_backward },
};
static_assert(LTC_OP_COUNT == 14, "a new operation needs its kernels here");

/* A winner is a uint32_t, as large as a float. */
uint64_t lcu_saved_of(const lcu_program *p, uint32_t i)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    const ltc_value *y = ltc_graph_value(p->graph, n->out);
    switch (n->op) {
    case LTC_OP_DROPOUT:    return (uint64_t)p->batch * ltc_value_count(y);
    case LTC_OP_MAX_POOL:   return (uint64_t)p->rows * ltc_value_count(y);
    case LTC_OP_BATCH_NORM: return 2 * (uint64_t)y->dim[0];
    default:                return 0;
    }
}

/* Gradients are of whole batches. */
uint64_t lcu_sums_of(const lcu_program *p, uint32_t i)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    const ltc_value *y = ltc_graph_value(p->graph, n->out);
    if (n->op != LTC_OP_LINEAR && n->op != LTC_OP_CONV2D)
        return 0;
    const ltc_value *w = ltc_graph_value(p->graph, n->in[1]);
    const uint32_t groups = n->op == LTC_OP_CONV2D ? ((const ltc_conv2d_desc *)n->desc)->groups : 1;
    const uint32_t outputs = (uint32_t)w->dim[0], columns = count(w) / outputs;
    const lcu_parts parts =
        lcu_parts_of(outputs / groups, columns, p->batch * (uint32_t)(y->dim[1] * y->dim[2]));
    return parts.n > 1 ? (uint64_t)parts.n * count(w) : 0;
}
