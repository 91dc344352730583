/* The SDK's interpreter alone: the adjoint of every operation against finite differences in double. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltsdk/net.h>

#include "make_graph.h"

enum { ROWS = 3 };

static ltc_val conv(ltc_builder *b, ltc_conv2d_args a)
{
    return ltc_conv2d(b, lt_build_shifted(b), "conv", a);
}
static ltc_val make_conv(ltc_builder *b) { return conv(b, (ltc_conv2d_args){ .out = 4 }); }
static ltc_val make_conv_pad(ltc_builder *b) { return conv(b, (ltc_conv2d_args){ .out = 4, .pad = 1 }); }
static ltc_val make_conv_stride(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 4, .stride = 2, .pad = 1 });
}
static ltc_val make_conv_even(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 2, .kernel = 2, .stride = 3 });
}
static ltc_val make_conv_groups(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 6, .groups = 2, .pad = 1 });
}
static ltc_val make_conv_depth(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 4, .groups = 4, .stride = 2 });
}
static ltc_val make_conv_dilated(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 3, .dilation = 2, .pad = 3 });
}
static ltc_val make_conv_point(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 3, .kernel = 1, .no_bias = 1 });
}
static ltc_val make_conv_wide(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 2, .kernel = 5, .pad = 4 });
}
static ltc_val make_relu(ltc_builder *b) { return ltc_relu(b, lt_build_shifted(b)); }
static ltc_val make_norm(ltc_builder *b)
{
    return ltc_batch_norm(b, lt_build_shifted(b), "bn", (ltc_batch_norm_args){ 0 });
}
static ltc_val make_max(ltc_builder *b)
{
    return ltc_max_pool(b, lt_build_shifted(b), (ltc_pool_args){ .size = 2 });
}
static ltc_val make_max_overlap(ltc_builder *b)
{
    return ltc_max_pool(b, lt_build_shifted(b), (ltc_pool_args){ .size = 3, .stride = 2, .pad = 1 });
}
static ltc_val make_avg(ltc_builder *b)
{
    return ltc_avg_pool(b, lt_build_shifted(b), (ltc_pool_args){ .size = 2 });
}
static ltc_val make_avg_overlap(ltc_builder *b)
{
    return ltc_avg_pool(b, lt_build_shifted(b), (ltc_pool_args){ .size = 3, .stride = 2, .pad = 2 });
}
static ltc_val make_pad(ltc_builder *b) { return ltc_pad_channels(b, lt_build_shifted(b), 2, 3); }
/* Cells that overlap, cells that divide, cells that repeat: of 5 x 7, 3 x 7 and 8 x 2. */
static ltc_val make_adaptive(ltc_builder *b)
{
    return ltc_adaptive_pool(b, ltc_adaptive_pool(b, lt_build_shifted(b), 3, 7), 8, 2);
}
static ltc_val make_global(ltc_builder *b) { return ltc_global_pool(b, lt_build_shifted(b)); }
static ltc_val make_dropout(ltc_builder *b) { return ltc_dropout(b, lt_build_shifted(b), 0.4); }
static ltc_val make_twice(ltc_builder *b)
{
    const ltc_val x = lt_build_shifted(b), y = ltc_relu(b, x),
                  z = ltc_conv2d(b, x, "c", (ltc_conv2d_args){ .out = 4, .pad = 1 });
    return ltc_add(b, ltc_add(b, y, z), x);
}
static ltc_val make_same_twice(ltc_builder *b)
{
    const ltc_val x = lt_build_shifted(b);
    return ltc_add(b, x, x);
}
static ltc_val make_concat(ltc_builder *b)
{
    const ltc_val x = lt_build_shifted(b), y = ltc_conv2d(b, x, "c", (ltc_conv2d_args){ .out = 2, .pad = 1 });
    const ltc_val all[3] = { x, y, x };
    return ltc_concat(b, all, 3);
}
static ltc_val make_vector_norm(ltc_builder *b)
{
    const ltc_val x = ltc_linear(b, ltc_flatten(b, lt_build_shifted(b)), "fc", (ltc_linear_args){ .out = 5 });
    return ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 });
}
/* A weight that a node computes: w = relu(s), used by a linear layer, and by another. */
static ltc_val make_computed_weight(ltc_builder *b)
{
    const ltc_val x = ltc_flatten(b, lt_build_shifted(b));
    const int64_t dim[2] = { 5, b->shape(b, x)->dim[0] };
    const ltc_val s = b->param(b, "score", LTC_ROLE_SCORE, 2, dim, NULL), w = ltc_relu(b, s);
    const ltc_val in[2] = { x, w };
    return ltc_add(b, b->emit(b, LTC_OP_LINEAR, NULL, in, 2, NULL, 0),
                   b->emit(b, LTC_OP_LINEAR, NULL, in, 2, NULL, 0));
}
static ltc_val make_small(ltc_builder *b) { return lt_build_small(b, 0.3); }

static const struct adjoint {
    const char *name;
    ltc_val (*make)(ltc_builder *b);
    bool evaluation;
} adjoints[] = {
    { "conv", make_conv, false },
    { "padded conv", make_conv_pad, false },
    { "strided conv", make_conv_stride, false },
    { "conv whose stride leaves gaps", make_conv_even, false },
    { "grouped conv", make_conv_groups, false },
    { "depthwise conv", make_conv_depth, false },
    { "dilated conv", make_conv_dilated, false },
    { "1 x 1 conv", make_conv_point, false },
    { "conv padded beyond its image", make_conv_wide, false },
    { "relu", make_relu, false },
    { "batch norm, training", make_norm, false },
    { "batch norm, evaluation", make_norm, true },
    { "batch norm of rows", make_vector_norm, false },
    { "max pool", make_max, false },
    { "overlapping max pool", make_max_overlap, false },
    { "avg pool", make_avg, false },
    { "overlapping avg pool", make_avg_overlap, false },
    { "channels of zeros", make_pad, false },
    { "adaptive pool", make_adaptive, false },
    { "global pool", make_global, false },
    { "dropout", make_dropout, false },
    { "a value used three times", make_twice, false },
    { "a value added to itself", make_same_twice, false },
    { "concat", make_concat, false },
    { "a computed weight", make_computed_weight, false },
    { "a whole network", make_small, false },
};

/* sum of c[i] logits[i]: a linear functional, so that the whole Jacobian is looked at from one side. */
static double functional(lts_net *net, const ltc_graph *g, bool evaluation)
{
    const lts_pass pass = {
        .rows = ROWS, .batch_stats = !evaluation, .dropout = !evaluation, .key_dropout = { 5, 5 }
    };
    const double *x = lts_net_value(net, g->logits);
    const ltc_key key = { 11, 1 };
    double sum = 0;
    lts_net_forward(net, &pass);
    for (size_t i = 0; i < ROWS * ltc_value_count(ltc_graph_value(g, g->logits)); i++)
        sum += x[i] * (ltc_rand_unit(key, i) - 0.5);
    return sum;
}

static void backward(lts_net *net, const ltc_graph *g)
{
    double *grad = lts_net_grad(net, g->logits);
    const ltc_key key = { 11, 1 };
    for (size_t i = 0; i < ROWS * ltc_value_count(ltc_graph_value(g, g->logits)); i++)
        grad[i] = ltc_rand_unit(key, i) - 0.5;
    lts_net_backward(net);
}

/* The functional with element *w moved by h. */
static double moved(lts_net *net, const ltc_graph *g, double *w, double h, bool evaluation)
{
    const double keep = *w;
    *w = keep + h;
    const double f = functional(net, g, evaluation);
    *w = keep;
    return f;
}

/* || gradient - differences || / || differences || of one parameter. Differences of fourth order, with so
 * small a step that hardly a kink of relu or max lies within it. */
static double gap(lts_net *net, const ltc_graph *g, uint32_t p, bool evaluation)
{
    const double h = 1e-5;
    const ltc_param *param = ltc_graph_param(g, p);
    double *w = lts_net_value(net, param->value), off = 0, size = 0;
    const double *grad = lts_net_grad(net, param->value);
    for (size_t i = 0; i < param->n; i++) {
        const double near = moved(net, g, w + i, h, evaluation) - moved(net, g, w + i, -h, evaluation);
        const double far = moved(net, g, w + i, 2 * h, evaluation) - moved(net, g, w + i, -2 * h, evaluation);
        const double slope = (8 * near - far) / (12 * h);
        off += (grad[i] - slope) * (grad[i] - slope), size += slope * slope;
    }
    return sqrt(off) / fmax(sqrt(size), 0.1);            /* a gradient that must vanish has no size */
}

static double adjoint_gap(const struct adjoint *a)
{
    const bool whole = a->make == make_small;
    lt_maker *m = whole ? lt_maker_new(3, 12, 12, 10) : lt_maker_new(4, 5, 7, 10);
    ltc_builder *b = lt_maker_builder(m);
    ltc_val y = a->make(b);
    const ltc_graph *g = lt_maker_graph(m, b->shape(b, y)->rank == 1 ? y : ltc_flatten(b, y));
    float **value = lt_values_new(g, 3);
    lts_net *net = NULL;
    ltc_error err = { { 0 }, { 0 } };
    double worst = 0;
    CU_ASSERT_EQUAL_FATAL(lts_net_create(g, LTC_F64, ROWS, LTS_NET_GRAD, &net, &err), LTC_OK);
    for (uint32_t p = 0; p < g->n_params; p++)
        lts_net_load(net, p, value[p]);
    double *x = lts_net_value(net, g->input);
    for (size_t i = 0; i < ROWS * ltc_value_count(ltc_graph_value(g, g->input)); i++)
        x[i] = (double)ltc_rand_normal((ltc_key){ 9, 9 }, i);
    functional(net, g, a->evaluation);
    backward(net, g);
    for (uint32_t p = 0; p < g->n_params; p++)
        if (ltc_graph_param(g, p)->trained)
            worst = fmax(worst, gap(net, g, p, a->evaluation));
    lts_net_destroy(net);
    lt_values_free(g, value);
    lt_maker_free(m);
    return worst;
}

static void adjoints_match(void)
{
    for (size_t i = 0; i < sizeof adjoints / sizeof *adjoints; i++) {
        const double found = adjoint_gap(&adjoints[i]);
        if (!(found < 1e-8))
            fprintf(stderr, "%s: %g\n", adjoints[i].name, found);
        CU_ASSERT(found < 1e-8);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "every operation's adjoint matches finite differences", adjoints_match },
    };
    return lt_suite_run("sdk adjoints", claims, sizeof claims / sizeof *claims);
}
