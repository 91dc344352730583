/* ltcore/graph.h: a network as the core, a backend and a probe see it: values, parameters, nodes. Immutable.
 *
 * The graph is forward only, and the batch is not in it: a value of kind LTC_SAMPLE exists once per sample, a
 * parameter once per replica. Tensors on the host are dense and row-major: images C, H, W; linear
 * weights out, in; convolution weights out, in / groups, height, width. Layout on a device is the
 * backend's own affair. */
#ifndef LTCORE_GRAPH_H
#define LTCORE_GRAPH_H

#include <ltcore/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ltc_val { uint32_t id; } ltc_val;                  /* 0: none; a struct so that
                                                                   * ints do not mix in */

enum { LTC_SAMPLE = 1, LTC_PARAM, LTC_CONST };                    /* how many there are: per
                                                                   * sample, per replica, one */
typedef struct ltc_value {
    uint32_t kind, rank;
    int64_t  dim[4];                                              /* unused ones are 1 */
    const float *data;                                            /* CONST only */
} ltc_value;

/* A parameter has one role and any tags. */
enum {
    LTC_ROLE_WEIGHT    = 1u << 0,
    LTC_ROLE_BIAS      = 1u << 1,
    LTC_ROLE_NORM_GAIN = 1u << 2,
    LTC_ROLE_NORM_BIAS = 1u << 3,
    LTC_ROLE_STAT      = 1u << 4,                                 /* running statistics:
                                                                   * state, but not trained */
    LTC_ROLE_SCORE     = 1u << 5,
    LTC_ROLE_OUTPUT    = 1u << 16,                                /* tag: feeds the logits through
                                                                   * no further weight */
    LTC_ROLE_SHORTCUT  = 1u << 17                                 /* tag: on a residual shortcut */
};

/* How a parameter starts. ROLE: as the configuration says for its role. CONST: a. UNIFORM: U(a, b).
 * NORMAL: N(a, b^2). The others: fan-in and fan-out of the shape, times gain a. */
enum {
    LTC_INIT_ROLE = 0, LTC_INIT_CONST, LTC_INIT_UNIFORM, LTC_INIT_NORMAL, LTC_INIT_GLOROT_UNIFORM,
    LTC_INIT_GLOROT_NORMAL, LTC_INIT_KAIMING_UNIFORM, LTC_INIT_KAIMING_NORMAL
};
typedef struct ltc_init { uint32_t kind, reserved; double a, b; } ltc_init;

/* A leaf of the state; its shape is that of value[value]. */
typedef struct ltc_param {
    const char *name;                                             /* unique; the tensor's name in
                                                                   * files, as PyTorch's */
    uint32_t    value, role, trained, reserved;
    ltc_init    init;
    size_t      n;                                                /* elements */
} ltc_param;

/* One operation; ops.def holds its number and inputs, ops.h its meaning and the type of its desc. */
typedef struct ltc_node {
    uint32_t op, n_in, out, desc_size;
    const uint32_t *in;                                           /* value ids; 0: an optional input left
                                                                   * out */
    const void *desc;
    const char *name;
} ltc_node;

/* Nodes stand in execution order. Value 0 does not exist. Walk the arrays with the accessors below: an
 * array's stride is in the graph, since a newer core's elements may be larger than this header's. */
typedef struct ltc_graph {
    uint32_t size, node_size, param_size, value_size;
    uint32_t n_nodes, n_params, n_values, input, logits, reserved;
    const ltc_node *node; const ltc_param *param; const ltc_value *value;
} ltc_graph;

#define LTC_AT(T, base, stride, i) ((const T *)(const void *)((const char *)(base) + (size_t)(i) * (stride)))

LTC_INLINE const ltc_node *ltc_graph_node(const ltc_graph *g, uint32_t i)
{
    return LTC_AT(ltc_node, g->node, g->node_size, i);
}

LTC_INLINE const ltc_param *ltc_graph_param(const ltc_graph *g, uint32_t i)
{
    return LTC_AT(ltc_param, g->param, g->param_size, i);
}

LTC_INLINE const ltc_value *ltc_graph_value(const ltc_graph *g, uint32_t id)
{
    return LTC_AT(ltc_value, g->value, g->value_size, id);
}

/* Elements of one sample of a SAMPLE value, or of the whole of any other. */
LTC_INLINE size_t ltc_value_count(const ltc_value *v)
{
    return (size_t)(v->dim[0] * v->dim[1] * v->dim[2] * v->dim[3]);
}

#ifdef __cplusplus
}
#endif
#endif
