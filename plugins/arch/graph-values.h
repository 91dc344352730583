/* The values that a description has made so far, the names that lead to them, the blocks that are open. */
#ifndef GRAPH_VALUES_H
#define GRAPH_VALUES_H

#include <ltcore/arch.h>

#include "graph-file.h"

/* A network's operations; a name's bytes, its blocks' included. */
enum { GRAPH_LAYERS = 4096, GRAPH_NAME = 200 };

typedef struct graph_value {
    ltc_val  v;
    unsigned line;                            /* of the layer that made it */
    bool     taken;                           /* some layer has it as its input */
} graph_value;

typedef struct graph_values {
    const graph_file *file;
    graph_value *value;                       /* GRAPH_LAYERS + 1; number 0 is the network's input */
    size_t       n;
    struct graph_named { char *name; size_t value; unsigned line; } *named;
    size_t       n_named, room;
    char         prefix[GRAPH_NAME + 1];      /* "layer1.0." */
} graph_values;

ltc_status graph_values_open(const graph_file *f, ltc_val input, graph_values *v, ltc_error *err);
void graph_values_close(graph_values *v);

/* A layer's value: its number is v->n - 1 afterwards. */
ltc_status graph_values_add(graph_values *v, ltc_val made, unsigned line, ltc_error *err);

/* Gives a value a name in the open blocks; a name is given once. */
ltc_status graph_values_name(graph_values *v, const char *name, size_t value, unsigned line, ltc_error *err);

/* The value of that name, looked for in the innermost open block first; false: none. */
bool graph_values_find(const graph_values *v, const char *name, size_t *value);

/* Opens the block NAME in the prefix; its end is what was returned by strlen(prefix) before. */
ltc_status graph_values_enter(graph_values *v, const char *name, unsigned line, ltc_error *err);

#endif
