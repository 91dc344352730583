/* The graph: a network after its architecture was built and checked; immutable, and the same for everyone. */
#ifndef LT_GRAPH_GRAPH_H
#define LT_GRAPH_GRAPH_H

#include <stdio.h>

#include "plugin/registry.h"
#include "util/memory.h"
#include "util/text.h"

typedef struct lt_graph {
    ltc_graph view;                           /* this core's strides */
    lt_arena  arena;                          /* owns all of it */
} lt_graph;

/* What to build. input: shape of one sample, rank 1 to 3. */
typedef struct lt_graph_request {
    const lt_module *arch;
    const void      *options;                 /* its option block */
    uint32_t         n_classes, rank;
    const int64_t   *dim;
} lt_graph_request;

/* On success the graph is whole: every parameter is used, every operation leads to the logits, and the
 * weights that reach them through no further weight are tagged LTC_ROLE_OUTPUT. On failure the sentence
 * names the operation. */
ltc_status lt_graph_build(const lt_graph_request *r, lt_graph *g, ltc_error *err);
void lt_graph_free(lt_graph *g);              /* safe on a zeroed one */

/* A copy whose structs have the sizes that a plug-in published, for free(). The strings stay the graph's. */
ltc_status lt_graph_lend(const lt_graph *g, const ltc_graph *sizes, ltc_graph **lent, ltc_error *err);

/* The canonical text: operations, shapes, names, roles, initialisers. Its SHA-256 is the graph's identity. */
void lt_graph_text(const lt_graph *g, lt_text *t);

uint64_t lt_graph_param_count(const lt_graph *g);             /* trained parameters:
                                                               * statistics are not counted */
uint64_t lt_graph_macs(const lt_graph *g);                    /* multiply-accumulates for one sample */

/* A table for people: each operation with shape, parameters and multiply-accumulates, then
 * totals and memory. */
void lt_graph_summary(const lt_graph *g, uint32_t batch, FILE *to);

#endif
