/* The builder: what an architecture plug-in talks to while it describes its network. */
#ifndef LT_GRAPH_BUILDER_H
#define LT_GRAPH_BUILDER_H

#include <ltcore/ops.h>

#include "graph/graph.h"

typedef struct lt_builder lt_builder;

/* A builder whose input has that shape, and the table to lend, of builder_size published bytes. */
ltc_status lt_builder_create(const lt_graph_request *r, uint32_t builder_size, uint32_t value_size,
                             lt_builder **b, ltc_builder **table, ltc_error *err);
void lt_builder_destroy(lt_builder *b);

/* Moves everything into *g, unless something went wrong on the way: then that is the error. */
ltc_status lt_builder_finish(lt_builder *b, ltc_val logits, lt_graph *g, ltc_error *err);

#endif
