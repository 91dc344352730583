/* Owns the shape rules of ops.h as code. A graph from the core always passes; one made by hand may not. */
#include "op.h"

#include <string.h>

static const struct { const char *name, *inputs; } op_table[] = {
    { NULL, NULL },
#define LTC_OP(name, inputs) { #name, inputs },
#include <ltcore/ops.def>
#undef LTC_OP
};

const char *lts_op_name(uint32_t op)
{
    return op < LTC_OP_COUNT ? op_table[op].name : NULL;
}

bool lts_op_is_statistic(const ltc_node *node, uint32_t input)
{
    return node->op == LTC_OP_BATCH_NORM && input >= 3;
}

size_t lts_op_saved(const ltc_graph *graph, const ltc_node *node, uint32_t rows)
{
    const ltc_value *out = ltc_graph_value(graph, node->out);
    if (node->op == LTC_OP_DROPOUT)
        return ltc_value_count(out) * (out->kind == LTC_SAMPLE ? rows : 1);
    return node->op == LTC_OP_BATCH_NORM ? 2 * (size_t)out->dim[0] : 0;
}

/* Does the node have what its line of ops.def asks for? x* is any number but none. */
static bool inputs_fit(const ltc_node *node, const char *pattern)
{
    uint32_t i = 0;
    if (strcmp(pattern, "x*") == 0) {
        for (; i < node->n_in; i++)
            if (!node->in[i])
                return false;
        return node->n_in > 0;
    }
    for (const char *p = pattern; *p; p++) {
        if (*p == '?')
            continue;
        const bool there = i < node->n_in && node->in[i];
        if (!there && p[1] != '?')
            return false;
        i++;
    }
    return node->n_in <= i;
}

/* Inputs of other letters than x are shared by the samples. */
static bool is_shared(const char *pattern, uint32_t i)
{
    for (; *pattern; pattern++)
        if (*pattern != '?' && i-- == 0)
            return *pattern != 'x' && *pattern != '*';
    return false;
}

static bool has_dim(const ltc_value *v, int64_t a, int64_t b, int64_t c, int64_t d)
{
    return v->dim[0] == a && v->dim[1] == b && v->dim[2] == c && v->dim[3] == d;
}

static int64_t windows(int64_t in, int64_t size, int64_t stride, int64_t dilation, int64_t pad)
{
    const int64_t room = in + 2 * pad - dilation * (size - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

static bool linear_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    return has_dim(in[1], out->dim[0], (int64_t)ltc_value_count(in[0]), 1, 1) && in[0]->rank == 1 &&
           (n->n_in < 3 || !n->in[2] || has_dim(in[2], out->dim[0], 1, 1, 1));
}

static bool conv2d_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    const ltc_conv2d_desc *d = n->desc;
    const ltc_value *x = in[0], *w = in[1];
    if (!d->stride || !d->dilation || !d->groups || x->dim[0] % d->groups || out->dim[0] % d->groups)
        return false;
    return w->dim[0] == out->dim[0] && w->dim[1] == x->dim[0] / d->groups &&
           has_dim(out, w->dim[0], windows(x->dim[1], w->dim[2], d->stride, d->dilation, d->pad),
                   windows(x->dim[2], w->dim[3], d->stride, d->dilation, d->pad), 1) &&
           (n->n_in < 3 || !n->in[2] || has_dim(in[2], out->dim[0], 1, 1, 1));
}

/* Every window must touch the image: then a maximum exists. */
static bool pool_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    const ltc_pool_desc *d = n->desc;
    const ltc_value *x = in[0];
    return d->size && d->stride && d->pad < d->size &&
           has_dim(out, x->dim[0], windows(x->dim[1], d->size, d->stride, 1, d->pad),
                   windows(x->dim[2], d->size, d->stride, 1, d->pad), 1) &&
           (out->dim[1] - 1) * d->stride < x->dim[1] + d->pad &&
           (out->dim[2] - 1) * d->stride < x->dim[2] + d->pad;
}

static bool batch_norm_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    (void)n;
    bool fits = (out->rank == 1 || out->rank == 3) && memcmp(in[0]->dim, out->dim, sizeof out->dim) == 0;
    for (int i = 1; i < 5; i++)
        fits = fits && has_dim(in[i], out->dim[0], 1, 1, 1);
    return fits;
}

static bool concat_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < n->n_in; i++) {
        sum += in[i]->dim[0];
        if (memcmp(in[i]->dim + 1, out->dim + 1, 3 * sizeof out->dim[0]))
            return false;
    }
    return sum == out->dim[0];
}

static bool same_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    bool fits = true;
    for (uint32_t i = 0; i < n->n_in; i++)
        fits = fits && memcmp(in[i]->dim, out->dim, sizeof out->dim) == 0;
    return fits;
}

static bool flatten_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    (void)n;
    return has_dim(out, (int64_t)ltc_value_count(in[0]), 1, 1, 1);
}

static bool global_pool_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    (void)n;
    return has_dim(out, in[0]->dim[0], 1, 1, 1);
}

static bool pad_channels_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    const ltc_pad_channels_desc *d = n->desc;
    const ltc_value *x = in[0];
    return x->rank == 3 && has_dim(out, x->dim[0] + d->before + d->after, x->dim[1], x->dim[2], 1);
}

static bool adaptive_pool_fits(const ltc_node *n, const ltc_value *const *in, const ltc_value *out)
{
    const ltc_adaptive_pool_desc *d = n->desc;
    return in[0]->rank == 3 && d->height && d->width && has_dim(out, in[0]->dim[0], d->height, d->width, 1);
}

static const struct {
    bool (*fits)(const ltc_node *n, const ltc_value *const *in, const ltc_value *out);
    uint32_t desc_size;
} shape_table[LTC_OP_COUNT] = {
    [LTC_OP_FLATTEN]       = { flatten_fits, 0 },
    [LTC_OP_RELU]          = { same_fits, 0 },
    [LTC_OP_LINEAR]        = { linear_fits, 0 },
    [LTC_OP_CONV2D]        = { conv2d_fits, sizeof(ltc_conv2d_desc) },
    [LTC_OP_BATCH_NORM]    = { batch_norm_fits, sizeof(ltc_batch_norm_desc) },
    [LTC_OP_MAX_POOL]      = { pool_fits, sizeof(ltc_pool_desc) },
    [LTC_OP_AVG_POOL]      = { pool_fits, sizeof(ltc_pool_desc) },
    [LTC_OP_GLOBAL_POOL]   = { global_pool_fits, 0 },
    [LTC_OP_ADD]           = { same_fits, 0 },
    [LTC_OP_CONCAT]        = { concat_fits, 0 },
    [LTC_OP_DROPOUT]       = { same_fits, sizeof(ltc_dropout_desc) },
    [LTC_OP_PAD_CHANNELS]  = { pad_channels_fits, sizeof(ltc_pad_channels_desc) },
    [LTC_OP_ADAPTIVE_POOL] = { adaptive_pool_fits, sizeof(ltc_adaptive_pool_desc) },
};

/* The output is per sample as soon as one input is. */
static bool shapes_fit(const ltc_graph *g, const ltc_node *n)
{
    const ltc_value *in[LTS_MOST_INPUTS];
    const ltc_value *out = ltc_graph_value(g, n->out);
    bool per_sample = false;
    for (uint32_t i = 0; i < n->n_in; i++) {
        in[i] = ltc_graph_value(g, n->in[i]);
        if (in[i]->kind == LTC_SAMPLE && is_shared(op_table[n->op].inputs, i))
            return false;
        per_sample = per_sample || in[i]->kind == LTC_SAMPLE;
    }
    return per_sample == (out->kind == LTC_SAMPLE) && ltc_value_count(out) > 0 &&
           shape_table[n->op].fits(n, in, out);
}

ltc_status lts_op_check(const ltc_graph *graph, uint32_t i, ltc_error *err)
{
    const ltc_node *n = ltc_graph_node(graph, i);
    const char *name = lts_op_name(n->op);
    if (!name)
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "node %u ('%s') is operation number %u, and this backend knows 1 to %d", i,
                        n->name ? n->name : "", n->op, LTC_OP_COUNT - 1);
    if (!inputs_fit(n, op_table[n->op].inputs))
        return ltc_fail(err, LTC_EINVAL, "node %u ('%s'): %s takes inputs \"%s\", not %u of them", i,
                        n->name ? n->name : "", name, op_table[n->op].inputs, n->n_in);
    if (n->n_in > LTS_MOST_INPUTS)
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "node %u ('%s'): %s of %u values, and this backend takes %d at most: do it in two "
                        "steps", i, n->name ? n->name : "", name, n->n_in, LTS_MOST_INPUTS);
    for (uint32_t k = 0; k < n->n_in; k++)
        if (n->in[k] >= graph->n_values)
            return ltc_fail(err, LTC_EINVAL, "node %u ('%s'): its input %u does not exist", i,
                            n->name ? n->name : "", k);
    if (!n->out || n->out >= graph->n_values)
        return ltc_fail(err, LTC_EINVAL, "node %u ('%s'): its output does not exist", i,
                        n->name ? n->name : "");
    if (n->desc_size < shape_table[n->op].desc_size || (shape_table[n->op].desc_size && !n->desc))
        return ltc_fail(err, LTC_EINVAL, "node %u ('%s'): the description of %s is too short", i,
                        n->name ? n->name : "", name);
    if (!shapes_fit(graph, n))
        return ltc_fail(err, LTC_EINVAL, "node %u ('%s'): the shapes of %s do not fit", i,
                        n->name ? n->name : "", name);
    return LTC_OK;
}
