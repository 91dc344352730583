/* The operations that a description can name. A new one is a row of the table and a function to make it. */
#ifndef GRAPH_TYPES_H
#define GRAPH_TYPES_H

#include <ltcore/ops.h>

#include "graph-keys.h"

/* The keys that are a type's own, read by its table. */
typedef union graph_own {
    struct graph_conv    { int64_t out, kernel, stride, pad, dilation, groups, bias; } conv;
    struct graph_linear  { int64_t out, bias; } linear;
    struct graph_norm    { double eps, momentum; } norm;
    struct graph_pool    { int64_t size, stride, pad; } pool;
    struct graph_dropout { double rate; } dropout;
    struct graph_pad_channels  { int64_t before, after; } pad_channels;
    struct graph_adaptive_pool { int64_t height, width; } adaptive_pool;
} graph_own;

/* One layer to be made. */
typedef struct graph_call {
    ltc_builder     *b;
    const graph_own *own;
    const char *name; /* of its parameters and its node; NULL: as the builder numbers it */
    const ltc_val   *in;
    uint32_t         n_in;
    int64_t          out;                     /* a width in numbers, for types that have one */
} graph_call;

enum { GRAPH_MANY = 64 };                     /* inputs of one layer */

typedef struct graph_type {
    const char *name;
    const char *stem; /* conv1, conv2, ... where no name is given; NULL: no parameters */
    const graph_key *key;
    uint32_t    n_keys, least, most;          /* least, most: inputs */
    const int64_t *(*out)(const graph_own *own);      /* where its width stands; NULL: has none */
    ltc_val   (*make)(const graph_call *c);
} graph_type;

extern const graph_type graph_types[];
extern const size_t graph_n_types;

#endif
