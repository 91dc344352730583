/* One group of a description, as sentences name it, with the keys that every layer and block has. */
#ifndef GRAPH_SITE_H
#define GRAPH_SITE_H

#include "graph-keys.h"
#include "graph-values.h"

/* The network that is being built. */
typedef struct graph_network {
    ltc_builder *b;
    graph_file   file;
    graph_values values;
} graph_network;

typedef struct graph_site {
    unsigned    line;
    const char *type, *name, *as, *role;      /* NULL: not given */
    const config_setting_t *in;
    graph_word  noun;                         /* conv, conv 'conv1' */
} graph_site;

#define GRAPH_REFUSE(net, at, ...) graph_fail(&(net)->file, (at)->line, err, __VA_ARGS__)
#define GRAPH_COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Reads a group by the keys of every layer and by `own`. */
ltc_status graph_site_read(const graph_network *net, const config_setting_t *group, const char *noun,
                           graph_keys own, graph_site *s, ltc_error *err);

/* Where a layer stands: values. input: what its list began with; now: what stands before it. */
typedef struct graph_position { size_t input, now; } graph_position;

/* The values that it takes, from least to most of them: the one before it, or what its `in` names. */
ltc_status graph_site_inputs(const graph_network *net, graph_position at, const graph_site *s, uint32_t least,
                             uint32_t most, size_t *value, uint32_t *n, ltc_error *err);

/* "16 x 4 x 4" */
graph_word graph_shape(ltc_builder *b, ltc_val v);

#endif
