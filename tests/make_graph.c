/* Owns graphs built by hand: fixed arrays, shapes inferred by the formulas of ops.h, no checks. */
#include "make_graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/rng.h>

enum { MOST = 128, MOST_IN = 72 };

struct lt_maker {
    ltc_builder builder;
    ltc_graph   graph;
    ltc_node    node[MOST];
    ltc_param   param[MOST];
    ltc_value   value[MOST];
    uint32_t    in[MOST][MOST_IN];
    double      desc[MOST][8];
    char        name[MOST][64], scope[64];
};

static uint32_t add_value(lt_maker *m, uint32_t kind, uint32_t rank, const int64_t *dim)
{
    assert(m->graph.n_values < MOST);
    ltc_value *v = &m->value[m->graph.n_values];
    *v = (ltc_value){ .kind = kind, .rank = rank, .dim = { 1, 1, 1, 1 } };
    memcpy(v->dim, dim, rank * sizeof *dim);
    return m->graph.n_values++;
}

static ltc_val make_param(ltc_builder *b, const char *name, uint32_t role, uint32_t rank, const int64_t *dim,
                          const ltc_init *init)
{
    lt_maker *m = b->impl;
    const uint32_t i = m->graph.n_params++;
    assert(i < MOST);
    snprintf(m->name[i], sizeof m->name[i], "%s%s", m->scope, name);
    m->param[i] = (ltc_param){ .name = m->name[i], .value = add_value(m, LTC_PARAM, rank, dim), .role = role,
                               .trained = role != LTC_ROLE_STAT };
    if (init)
        m->param[i].init = *init;
    m->param[i].n = ltc_value_count(&m->value[m->param[i].value]);
    return (ltc_val){ m->param[i].value };
}

static int64_t windows(int64_t in, int64_t size, int64_t stride, int64_t dilation, int64_t pad)
{
    return (in + 2 * pad - dilation * (size - 1) - 1) / stride + 1;
}

static void infer(const lt_maker *m, uint32_t op, const uint32_t *in, uint32_t n_in, const void *desc,
                  int64_t *dim, uint32_t *rank)
{
    const ltc_value *x = &m->value[in[0]], *w = n_in > 1 ? &m->value[in[1]] : NULL;
    memcpy(dim, x->dim, sizeof x->dim);
    *rank = x->rank;
    if (op == LTC_OP_FLATTEN || op == LTC_OP_GLOBAL_POOL || op == LTC_OP_LINEAR) {
        dim[0] = op == LTC_OP_FLATTEN  ? (int64_t)ltc_value_count(x)
                 : op == LTC_OP_LINEAR ? w->dim[0]
                                       : x->dim[0];
        dim[1] = dim[2] = 1;
        *rank = 1;
    } else if (op == LTC_OP_CONV2D) {
        const ltc_conv2d_desc *d = desc;
        dim[0] = w->dim[0];
        for (int i = 1; i < 3; i++)
            dim[i] = windows(x->dim[i], w->dim[i + 1], d->stride, d->dilation, d->pad);
    } else if (op == LTC_OP_MAX_POOL || op == LTC_OP_AVG_POOL) {
        const ltc_pool_desc *d = desc;
        for (int i = 1; i < 3; i++)
            dim[i] = windows(x->dim[i], d->size, d->stride, 1, d->pad);
    } else if (op == LTC_OP_PAD_CHANNELS) {
        const ltc_pad_channels_desc *d = desc;
        dim[0] += (int64_t)d->before + d->after;
    } else if (op == LTC_OP_ADAPTIVE_POOL) {
        const ltc_adaptive_pool_desc *d = desc;
        dim[1] = d->height, dim[2] = d->width;
    } else if (op == LTC_OP_CONCAT) {
        for (uint32_t k = 1; k < n_in; k++)
            dim[0] += m->value[in[k]].dim[0];
    }
}

uint32_t lt_maker_node(lt_maker *m, uint32_t op, const uint32_t *in, uint32_t n_in, const int64_t *dim,
                       uint32_t rank)
{
    const uint32_t i = m->graph.n_nodes++;
    assert(i < MOST && n_in <= MOST_IN);
    memcpy(m->in[i], in, n_in * sizeof *in);
    uint32_t kind = LTC_PARAM;
    for (uint32_t k = 0; k < n_in; k++)
        kind = m->value[in[k]].kind == LTC_SAMPLE ? LTC_SAMPLE : kind;
    m->node[i] = (ltc_node){ .op = op, .n_in = n_in, .in = m->in[i], .out = add_value(m, kind, rank, dim),
                             .desc = m->desc[i], .desc_size = sizeof m->desc[i], .name = "by hand" };
    return i;
}

static ltc_val make_node(ltc_builder *b, uint32_t op, const char *name, const ltc_val *in, uint32_t n_in,
                         const void *desc, uint32_t desc_size)
{
    lt_maker *m = b->impl;
    int64_t dim[4];
    uint32_t rank, id[MOST_IN] = { 0 };
    (void)name;
    for (uint32_t k = 0; k < n_in; k++)
        id[k] = in[k].id;
    infer(m, op, id, n_in, desc, dim, &rank);
    const uint32_t i = lt_maker_node(m, op, id, n_in, dim, rank);
    if (desc)
        memcpy(m->desc[i], desc, desc_size);
    m->node[i].desc_size = desc_size;
    return (ltc_val){ m->node[i].out };
}

static const ltc_value *shape_of(ltc_builder *b, ltc_val v)
{
    return &((lt_maker *)b->impl)->value[v.id];
}

static void add_scope(ltc_builder *b, const char *name)
{
    lt_maker *m = b->impl;
    snprintf(m->scope, sizeof m->scope, name ? "%s." : "%s", name ? name : "");
}

lt_maker *lt_maker_new(int64_t channels, int64_t height, int64_t width, uint32_t n_classes)
{
    lt_maker *m = calloc(1, sizeof *m);
    assert(m);
    m->graph.n_values = 1;
    m->graph.input = add_value(m, LTC_SAMPLE, 3, (int64_t[]){ channels, height, width });
    m->builder = (ltc_builder){ .size = sizeof m->builder,
                                .n_classes = n_classes,
                                .input = { m->graph.input },
                                .impl = m,
                                .param = make_param,
                                .emit = make_node,
                                .shape = shape_of,
                                .scope = add_scope };
    return m;
}

ltc_builder *lt_maker_builder(lt_maker *m)
{
    return &m->builder;
}

const ltc_graph *lt_maker_graph(lt_maker *m, ltc_val logits)
{
    ltc_graph *g = &m->graph;
    g->size = sizeof *g, g->node_size = sizeof *m->node, g->param_size = sizeof *m->param;
    g->value_size = sizeof *m->value;
    g->node = m->node, g->param = m->param, g->value = m->value;
    g->logits = logits.id;
    return g;
}

void lt_maker_free(lt_maker *m)
{
    free(m);
}

/* tests/golden/make_golden.py draws the same numbers. */
float **lt_values_new(const ltc_graph *g, uint64_t seed)
{
    float **value = calloc(g->n_params + 1, sizeof *value);
    assert(value);
    for (uint32_t p = 0; p < g->n_params; p++) {
        const ltc_param *q = ltc_graph_param(g, p);
        const ltc_key key = ltc_key_fold((ltc_key){ seed, 0 }, p);
        const float base = q->role == LTC_ROLE_NORM_GAIN                        ? 1
                           : q->role == LTC_ROLE_STAT && strstr(q->name, "var") ? 1.5f
                                                                                : 0;
        const float size = q->n > 10000 ? 0.125f : 0.5f;
        value[p] = calloc(q->n, sizeof *value[p]);
        assert(value[p]);
        for (size_t i = 0; i < q->n; i++)
            value[p][i] = base + size * (ltc_rand_unit(key, i) - 0.5f);
    }
    return value;
}

void lt_values_free(const ltc_graph *g, float **value)
{
    for (uint32_t p = 0; value && p < g->n_params; p++)
        free(value[p]);
    free(value);
}

ltc_val lt_build_lenet(ltc_builder *b)
{
    ltc_val x = ltc_flatten(b, b->input);
    x = ltc_relu(b, ltc_linear(b, x, "fc1", (ltc_linear_args){ .out = 300 }));
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 100 }));
    return ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
}

/* Strided, padded, grouped and dilated convolutions, a shortcut with its own, norms, pools
 * that overlap, a join. */
ltc_val lt_build_small(ltc_builder *b, double dropout)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 8, .pad = 1, .no_bias = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn1", (ltc_batch_norm_args){ 0 }));
    x = ltc_max_pool(b, x, (ltc_pool_args){ .size = 3, .stride = 2, .pad = 1 });
    ltc_val y = ltc_conv2d(b, x, "conv2", (ltc_conv2d_args){ .out = 12, .stride = 2, .pad = 1, .groups = 2 });
    y = ltc_relu(b, ltc_batch_norm(b, y, "bn2", (ltc_batch_norm_args){ .momentum = 0.3 }));
    y = ltc_conv2d(b, y, "conv3", (ltc_conv2d_args){ .out = 12, .pad = 2, .dilation = 2 });
    const ltc_val s =
        ltc_conv2d(b, x, "short", (ltc_conv2d_args){ .out = 9, .kernel = 1, .stride = 2, .no_bias = 1 });
    y = ltc_relu(b, ltc_add(b, y, ltc_pad_channels(b, s, 1, 2)));
    const ltc_val mean = ltc_avg_pool(b, y, (ltc_pool_args){ .size = 2, .stride = 1, .pad = 1 });
    const ltc_val both[2] = { ltc_global_pool(b, ltc_adaptive_pool(b, mean, 3, 5)), ltc_global_pool(b, y) };
    x = ltc_concat(b, both, 2);
    x = ltc_batch_norm(b, x, "bn3", (ltc_batch_norm_args){ 0 });
    if (dropout > 0)
        x = ltc_dropout(b, x, dropout);
    return ltc_linear(b, x, "fc", (ltc_linear_args){ .out = b->n_classes });
}

ltc_val lt_build_shifted(ltc_builder *b)
{
    const ltc_val in[2] = { b->input,
                            b->param(b, "shift", LTC_ROLE_BIAS, 3, b->shape(b, b->input)->dim, NULL) };
    return b->emit(b, LTC_OP_ADD, NULL, in, 2, NULL, 0);
}
