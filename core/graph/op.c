/* Owns the table of operations and their shape rules. Called by the builder and the summary. */
#include "graph/op.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { MAX_DIM = 1 << 30 };
static const uint64_t MAX_ELEMENTS = 1ull << 40;

#define DESC(letters, type) .desc = letters, .desc_size = sizeof(type)
static const lt_op op_table[] = {
    [LTC_OP_NONE]          = { .name = "none" },
    [LTC_OP_FLATTEN]       = { .name = "flatten",       .desc = "" },
    [LTC_OP_RELU]          = { .name = "relu",          .desc = "" },
    [LTC_OP_LINEAR]        = { .name = "linear",        .desc = "" },
    [LTC_OP_CONV2D]        = { .name = "conv2d",        DESC("uuuu", ltc_conv2d_desc) },
    [LTC_OP_BATCH_NORM]    = { .name = "batch_norm",    DESC("rr", ltc_batch_norm_desc) },
    [LTC_OP_MAX_POOL]      = { .name = "max_pool",      DESC("uuuu", ltc_pool_desc) },
    [LTC_OP_AVG_POOL]      = { .name = "avg_pool",      DESC("uuuu", ltc_pool_desc) },
    [LTC_OP_GLOBAL_POOL]   = { .name = "global_pool",   .desc = "" },
    [LTC_OP_ADD]           = { .name = "add",           .desc = "" },
    [LTC_OP_CONCAT]        = { .name = "concat",        .desc = "" },
    [LTC_OP_DROPOUT]       = { .name = "dropout",       DESC("r", ltc_dropout_desc) },
    [LTC_OP_PAD_CHANNELS]  = { .name = "pad_channels",  DESC("uu", ltc_pad_channels_desc) },
    [LTC_OP_ADAPTIVE_POOL] = { .name = "adaptive_pool", DESC("uu", ltc_adaptive_pool_desc) },
};
static const char *const op_inputs[] = {
    "",
#define LTC_OP(name, inputs) inputs,
#include <ltcore/ops.def>
#undef LTC_OP
};
static_assert(sizeof op_table / sizeof op_table[0] == LTC_OP_COUNT,
              "an operation of ops.def is missing here");

const lt_op *lt_op_find(uint32_t op)
{
    return op > LTC_OP_NONE && op < LTC_OP_COUNT ? &op_table[op] : NULL;
}

const char *lt_op_inputs(uint32_t op)
{
    return op_inputs[op];
}

static ltc_status need_rank(const ltc_value *x, uint32_t rank, ltc_error *err)
{
    if (x->rank == rank)
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL, "its input has %u dimension%s, it takes %u", x->rank,
                    x->rank == 1 ? "" : "s", rank);
}

static ltc_status need_vector(const ltc_value *v, const char *what, int64_t n, ltc_error *err)
{
    if (!v || (v->rank == 1 && v->dim[0] == n))
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL, "its %s has %lld elements in %u dimension(s), %lld in one are needed",
                    what, (long long)ltc_value_count(v), v->rank, (long long)n);
}

/* Windows of size k along an axis of n; 0 when none fits. */
static int64_t windows(int64_t n, int64_t k, const uint32_t stride, const uint32_t pad,
                       const uint32_t dilation)
{
    const int64_t span = (int64_t)dilation * (k - 1) + 1, room = n + 2 * (int64_t)pad;
    return stride && span <= room ? (room - span) / stride + 1 : 0;
}

static ltc_status shape_flatten(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                                ltc_error *err)
{
    (void)node, (void)err;
    out->rank = 1;
    out->dim[0] = (int64_t)ltc_value_count(in[0]);
    return LTC_OK;
}

static ltc_status shape_same(const ltc_node *node, const ltc_value *const *in, ltc_value *out, ltc_error *err)
{
    (void)node, (void)err;
    out->rank = in[0]->rank;
    memcpy(out->dim, in[0]->dim, sizeof out->dim);
    return LTC_OK;
}

static ltc_status shape_linear(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                               ltc_error *err)
{
    (void)node;
    const ltc_value *w = in[1];
    ltc_status st = need_rank(in[0], 1, err);
    if (st)
        return st;
    if (w->rank != 2 || w->dim[1] != in[0]->dim[0])
        return ltc_fail(err, LTC_EINVAL, "its weight is %lld x %lld, its input has %lld elements",
                        (long long)w->dim[0], (long long)w->dim[1], (long long)in[0]->dim[0]);
    out->rank = 1;
    out->dim[0] = w->dim[0];
    return need_vector(in[2], "bias", w->dim[0], err);
}

static ltc_status shape_conv2d(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                               ltc_error *err)
{
    const ltc_conv2d_desc *d = node->desc;
    const ltc_value *x = in[0], *w = in[1];
    ltc_status st = need_rank(x, 3, err);
    if (st)
        return st;
    if (!d->stride || !d->dilation || !d->groups)
        return ltc_fail(err, LTC_EINVAL, "stride, dilation and groups must be at least 1");
    if (w->rank != 4 || x->dim[0] % d->groups || w->dim[0] % d->groups || w->dim[1] != x->dim[0] / d->groups)
        return ltc_fail(err, LTC_EINVAL,
                        "a weight of %lld x %lld x %lld x %lld in %u group(s) does not fit %lld channels",
                        (long long)w->dim[0], (long long)w->dim[1], (long long)w->dim[2],
                        (long long)w->dim[3], d->groups, (long long)x->dim[0]);
    out->rank = 3;
    out->dim[0] = w->dim[0];
    for (int a = 1; a <= 2; a++)
        out->dim[a] = windows(x->dim[a], w->dim[a + 1], d->stride, d->pad, d->dilation);
    return need_vector(in[2], "bias", w->dim[0], err);
}

static ltc_status shape_batch_norm(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                                   ltc_error *err)
{
    const ltc_batch_norm_desc *d = node->desc;
    if (!(d->eps > 0) || !(d->momentum >= 0 && d->momentum <= 1))
        return ltc_fail(err, LTC_EINVAL, "eps must be positive and momentum in [0, 1]");
    if (in[0]->rank != 1 && in[0]->rank != 3)
        return need_rank(in[0], 3, err);
    ltc_status st = LTC_OK;
    for (uint32_t i = 1; i < 5 && !st; i++)
        st = need_vector(in[i], "parameter", in[0]->dim[0], err);
    return st ? st : shape_same(node, in, out, err);
}

static ltc_status shape_pool(const ltc_node *node, const ltc_value *const *in, ltc_value *out, ltc_error *err)
{
    const ltc_pool_desc *d = node->desc;
    ltc_status st = need_rank(in[0], 3, err);
    if (st)
        return st;
    if (!d->size || !d->stride || d->pad > d->size / 2)
        return ltc_fail(err, LTC_EINVAL, "size and stride must be at least 1, pad at most half the size");
    out->rank = 3;
    out->dim[0] = in[0]->dim[0];
    for (int a = 1; a <= 2; a++)
        out->dim[a] = windows(in[0]->dim[a], d->size, d->stride, d->pad, 1);
    return LTC_OK;
}

static ltc_status shape_global_pool(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                                    ltc_error *err)
{
    (void)node;
    out->rank = 1;
    out->dim[0] = in[0]->dim[0];
    return need_rank(in[0], 3, err);
}

static ltc_status shape_add(const ltc_node *node, const ltc_value *const *in, ltc_value *out, ltc_error *err)
{
    if (in[0]->rank != in[1]->rank || memcmp(in[0]->dim, in[1]->dim, sizeof in[0]->dim))
        return ltc_fail(err, LTC_EINVAL, "its inputs differ in shape");
    return shape_same(node, in, out, err);
}

static ltc_status shape_concat(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                               ltc_error *err)
{
    shape_same(node, in, out, err);
    for (uint32_t i = 1; i < node->n_in; i++) {
        if (in[i]->rank != in[0]->rank || memcmp(in[i]->dim + 1, in[0]->dim + 1, 3 * sizeof in[0]->dim[0]))
            return ltc_fail(err, LTC_EINVAL, "its inputs differ in more than the first dimension");
        out->dim[0] += in[i]->dim[0];
    }
    return LTC_OK;
}

static ltc_status shape_dropout(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                                ltc_error *err)
{
    const ltc_dropout_desc *d = node->desc;
    if (!(d->rate >= 0 && d->rate < 1))
        return ltc_fail(err, LTC_EINVAL, "its rate must be in [0, 1)");
    return shape_same(node, in, out, err);
}

static ltc_status shape_pad_channels(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                                     ltc_error *err)
{
    const ltc_pad_channels_desc *d = node->desc;
    ltc_status st = need_rank(in[0], 3, err);
    if (st)
        return st;
    shape_same(node, in, out, err);
    out->dim[0] += (int64_t)d->before + d->after;
    return LTC_OK;
}

static ltc_status shape_adaptive_pool(const ltc_node *node, const ltc_value *const *in, ltc_value *out,
                                      ltc_error *err)
{
    const ltc_adaptive_pool_desc *d = node->desc;
    if (!d->height || !d->width)
        return ltc_fail(err, LTC_EINVAL, "height and width must be at least 1");
    out->rank = 3;
    out->dim[0] = in[0]->dim[0], out->dim[1] = d->height, out->dim[2] = d->width;
    return need_rank(in[0], 3, err);
}

typedef ltc_status shape_rule(const ltc_node *, const ltc_value *const *, ltc_value *, ltc_error *);
static shape_rule *const rule[] = {
    [LTC_OP_FLATTEN] = shape_flatten,           [LTC_OP_RELU] = shape_same,
    [LTC_OP_LINEAR] = shape_linear,             [LTC_OP_CONV2D] = shape_conv2d,
    [LTC_OP_BATCH_NORM] = shape_batch_norm,     [LTC_OP_MAX_POOL] = shape_pool,
    [LTC_OP_AVG_POOL] = shape_pool,             [LTC_OP_GLOBAL_POOL] = shape_global_pool,
    [LTC_OP_ADD] = shape_add,                   [LTC_OP_CONCAT] = shape_concat,
    [LTC_OP_DROPOUT] = shape_dropout,           [LTC_OP_PAD_CHANNELS] = shape_pad_channels,
    [LTC_OP_ADAPTIVE_POOL] = shape_adaptive_pool,
};
static_assert(sizeof rule / sizeof rule[0] == LTC_OP_COUNT, "an operation of ops.def is missing here");

ltc_status lt_op_shape(const ltc_node *node, const ltc_value *const *in, ltc_value *out, ltc_error *err)
{
    *out = (ltc_value){ .kind = LTC_SAMPLE, .dim = { 1, 1, 1, 1 } };
    ltc_status st = rule[node->op](node, in, out, err);
    if (st)
        return st;
    uint64_t elements = 1;
    for (int a = 0; a < 4; a++) {
        if (out->dim[a] < 1)
            return ltc_fail(err, LTC_EINVAL, "its input is smaller than its window");
        if (out->dim[a] > MAX_DIM || (elements *= (uint64_t)out->dim[a]) > MAX_ELEMENTS)
            return ltc_fail(err, LTC_EINVAL, "its output is too large");
    }
    return LTC_OK;
}

uint64_t lt_op_macs(const ltc_node *node, const ltc_value *const *in, const ltc_value *out)
{
    switch (node->op) {
    case LTC_OP_LINEAR:
        return ltc_value_count(in[1]);
    case LTC_OP_CONV2D:
        return ltc_value_count(in[1]) * (uint64_t)(out->dim[1] * out->dim[2]);
    default:
        return 0;
    }
}
