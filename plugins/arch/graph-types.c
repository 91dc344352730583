/* Owns the table of operations: what each is called, its keys with their defaults, and the call that makes
 * it. Read by graph-walk.c. Parameters are made by the functions of ops.h, so that a network described in a
 * file is, to the last byte of its canonical text, the network that C code describes. */
#include "graph-types.h"

enum { MOST = 65536 };                        /* of strides, pads and windows: beyond any image */

typedef struct graph_conv conv;
static const graph_key conv_keys[] = {
    GRAPH_KEY_WIDTH(conv, out),
    GRAPH_KEY_INT(conv, kernel, 3, 1, MOST),
    GRAPH_KEY_INT(conv, stride, 1, 1, MOST),
    GRAPH_KEY_INT(conv, pad, 0, 0, MOST),
    GRAPH_KEY_INT(conv, dilation, 1, 1, MOST),
    GRAPH_KEY_INT(conv, groups, 1, 1, MOST),
    GRAPH_KEY_BOOL(conv, bias, 1),
};

static const int64_t *conv_out(const graph_own *own)
{
    return &own->conv.out;
}

static ltc_val conv_make(const graph_call *c)
{
    const conv *k = &c->own->conv;
    return ltc_conv2d(c->b, c->in[0], c->name, (ltc_conv2d_args){
        .out = c->out, .kernel = (uint32_t)k->kernel, .stride = (uint32_t)k->stride, .pad = (uint32_t)k->pad,
        .dilation = (uint32_t)k->dilation, .groups = (uint32_t)k->groups, .no_bias = !k->bias,
    });
}

typedef struct graph_linear linear;
static const graph_key linear_keys[] = { GRAPH_KEY_WIDTH(linear, out), GRAPH_KEY_BOOL(linear, bias, 1) };

static const int64_t *linear_out(const graph_own *own)
{
    return &own->linear.out;
}

static ltc_val linear_make(const graph_call *c)
{
    return ltc_linear(c->b, c->in[0], c->name,
                      (ltc_linear_args){ .out = c->out, .no_bias = !c->own->linear.bias });
}

typedef struct graph_norm norm;
static const graph_key norm_keys[] = {
    GRAPH_KEY_REAL(norm, eps, 1e-5, 1e-12, 1),
    GRAPH_KEY_REAL(norm, momentum, 0.1, 1e-6, 1),
};

static ltc_val norm_make(const graph_call *c)
{
    return ltc_batch_norm(c->b, c->in[0], c->name, (ltc_batch_norm_args){
        .eps = c->own->norm.eps, .momentum = c->own->norm.momentum,
    });
}

/* An operation without parameters. */
static ltc_val plain(const graph_call *c, uint32_t op, const void *desc, size_t desc_size)
{
    return c->b->emit(c->b, op, c->name, c->in, c->n_in, desc, (uint32_t)desc_size);
}

/* stride 0: the size, so that windows do not overlap. */
typedef struct graph_pool pool;
static const graph_key pool_keys[] = {
    GRAPH_KEY_INT(pool, size, 2, 1, MOST),
    GRAPH_KEY_INT(pool, stride, 0, 1, MOST),
    GRAPH_KEY_INT(pool, pad, 0, 0, MOST),
};

static ltc_val pool_make(const graph_call *c, uint32_t op)
{
    const pool *k = &c->own->pool;
    const ltc_pool_desc d = { (uint32_t)k->size, (uint32_t)(k->stride ? k->stride : k->size),
                              (uint32_t)k->pad, 0 };
    return plain(c, op, &d, sizeof d);
}

static ltc_val max_pool_make(const graph_call *c)
{
    return pool_make(c, LTC_OP_MAX_POOL);
}

static ltc_val avg_pool_make(const graph_call *c)
{
    return pool_make(c, LTC_OP_AVG_POOL);
}

static ltc_val global_pool_make(const graph_call *c)
{
    return plain(c, LTC_OP_GLOBAL_POOL, NULL, 0);
}

static ltc_val relu_make(const graph_call *c)
{
    return plain(c, LTC_OP_RELU, NULL, 0);
}

static ltc_val flatten_make(const graph_call *c)
{
    return plain(c, LTC_OP_FLATTEN, NULL, 0);
}

static ltc_val add_make(const graph_call *c)
{
    return plain(c, LTC_OP_ADD, NULL, 0);
}

static ltc_val concat_make(const graph_call *c)
{
    return plain(c, LTC_OP_CONCAT, NULL, 0);
}

typedef struct graph_dropout dropout;
static const graph_key dropout_keys[] = { GRAPH_KEY_REAL(dropout, rate, 0.5, 0, 0.999) };

static ltc_val dropout_make(const graph_call *c)
{
    const ltc_dropout_desc d = { c->own->dropout.rate };
    return plain(c, LTC_OP_DROPOUT, &d, sizeof d);
}

typedef struct graph_pad_channels pad_channels;
static const graph_key pad_channels_keys[] = {
    GRAPH_KEY_INT(pad_channels, before, 0, 0, 1 << 20),
    GRAPH_KEY_INT(pad_channels, after, 0, 0, 1 << 20),
};

static ltc_val pad_channels_make(const graph_call *c)
{
    const pad_channels *k = &c->own->pad_channels;
    const ltc_pad_channels_desc d = { (uint32_t)k->before, (uint32_t)k->after };
    return plain(c, LTC_OP_PAD_CHANNELS, &d, sizeof d);
}

typedef struct graph_adaptive_pool adaptive_pool;
static const graph_key adaptive_pool_keys[] = {
    GRAPH_KEY_INT(adaptive_pool, height, 1, 1, MOST),
    GRAPH_KEY_INT(adaptive_pool, width, 1, 1, MOST),
};

static ltc_val adaptive_pool_make(const graph_call *c)
{
    const adaptive_pool *k = &c->own->adaptive_pool;
    const ltc_adaptive_pool_desc d = { (uint32_t)k->height, (uint32_t)k->width };
    return plain(c, LTC_OP_ADAPTIVE_POOL, &d, sizeof d);
}

#define KEYS(table) .key = table, .n_keys = sizeof table / sizeof table[0]
const graph_type graph_types[] = {
    { "conv", "conv", KEYS(conv_keys), 1, 1, conv_out, conv_make },
    { "linear", "fc", KEYS(linear_keys), 1, 1, linear_out, linear_make },
    { "batch_norm", "bn", KEYS(norm_keys), 1, 1, NULL, norm_make },
    { "relu", NULL, NULL, 0, 1, 1, NULL, relu_make },
    { "max_pool", NULL, KEYS(pool_keys), 1, 1, NULL, max_pool_make },
    { "avg_pool", NULL, KEYS(pool_keys), 1, 1, NULL, avg_pool_make },
    { "global_pool", NULL, NULL, 0, 1, 1, NULL, global_pool_make },
    { "add", NULL, NULL, 0, 2, 2, NULL, add_make },
    { "concat", NULL, NULL, 0, 1, GRAPH_MANY, NULL, concat_make },
    { "flatten", NULL, NULL, 0, 1, 1, NULL, flatten_make },
    { "dropout", NULL, KEYS(dropout_keys), 1, 1, NULL, dropout_make },
    { "pad_channels", NULL, KEYS(pad_channels_keys), 1, 1, NULL, pad_channels_make },
    { "adaptive_pool", NULL, KEYS(adaptive_pool_keys), 1, 1, NULL, adaptive_pool_make },
};
const size_t graph_n_types = sizeof graph_types / sizeof graph_types[0];
