/* Owns built networks: making one from an architecture plug-in, lending it to others, its canonical text. */
#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

#include "graph/builder.h"
#include "graph/op.h"
#include "plugin/border.h"
#include "util/canon.h"

enum { GRAPH_REVISION = 1 };              /* of the canonical text; raised by hand when its meaning changes */

ltc_status lt_graph_build(const lt_graph_request *r, lt_graph *g, ltc_error *err)
{
    const ltc_arch_ops *ops = &r->arch->ops.arch;
    lt_builder *b = NULL;
    ltc_builder *table = NULL;
    ltc_val logits = { 0 };

    ltc_status st = lt_builder_create(r, ops->builder_size, ops->value_size, &b, &table, err);
    if (st)
        return st;
    const lt_call call = lt_call_begin(r->arch, "building the network", err);
    st = lt_call_end(&call, ops->build(r->options, table, &logits, err));
    if (!st && (st = lt_builder_finish(b, logits, g, err)))
        st = lt_blame(r->arch, "building the network", st, err);
    lt_builder_destroy(b);
    return st;
}

void lt_graph_free(lt_graph *g)
{
    lt_arena_free(&g->arena);
    *g = (lt_graph){ 0 };
}

ltc_status lt_graph_lend(const lt_graph *g, const ltc_graph *sizes, ltc_graph **lent, ltc_error *err)
{
    const ltc_graph *v = &g->view;
    const size_t head = lt_lent_size(sizes->size, sizeof *v),
                 node = lt_lent_size(sizes->node_size, sizeof(ltc_node)),
                 param = lt_lent_size(sizes->param_size, sizeof(ltc_param)),
                 value = lt_lent_size(sizes->value_size, sizeof(ltc_value));
    /* one block: the struct, then its arrays; every size is a multiple of 8, as the structs are */
    char *block = lt_array(1, head + node * v->n_nodes + param * v->n_params + value * v->n_values);
    if (!block)
        return ltc_fail(err, LTC_ENOMEM, "no memory to lend a network");
    char *nodes = block + head, *params = nodes + node * v->n_nodes, *values = params + param * v->n_params;
    for (uint32_t i = 0; i < v->n_nodes; i++)
        memcpy(nodes + node * i, &v->node[i], sizeof *v->node);
    for (uint32_t i = 0; i < v->n_params; i++)
        memcpy(params + param * i, &v->param[i], sizeof *v->param);
    for (uint32_t i = 0; i < v->n_values; i++)
        memcpy(values + value * i, &v->value[i], sizeof *v->value);
    ltc_graph *copy = (ltc_graph *)(void *)block;
    *copy = *v;
    copy->node_size = (uint32_t)node, copy->param_size = (uint32_t)param, copy->value_size = (uint32_t)value;
    copy->node = (const ltc_node *)(void *)nodes, copy->param = (const ltc_param *)(void *)params;
    copy->value = (const ltc_value *)(void *)values;
    *lent = copy;
    return LTC_OK;
}

static void text_shape(const ltc_value *v, lt_text *t)
{
    lt_canon_int(t, "rank", v->rank);
    for (uint32_t a = 0; a < v->rank; a++)
        lt_canon_int(t, "dim", v->dim[a]);
}

static void text_param(const ltc_graph *v, const ltc_param *p, lt_text *t)
{
    lt_canon_text(t, "param", p->name);
    lt_canon_int(t, "value", p->value);
    text_shape(&v->value[p->value], t);
    lt_canon_int(t, "role", p->role);
    lt_canon_int(t, "init", p->init.kind);
    lt_canon_real(t, "a", p->init.a);
    lt_canon_real(t, "b", p->init.b);
}

static void text_desc(const ltc_node *n, lt_text *t)
{
    const char *at = n->desc;
    for (const char *letter = lt_op_find(n->op)->desc; *letter; letter++) {
        if (*letter == 'u') {
            uint32_t u;
            memcpy(&u, at, sizeof u);
            lt_canon_int(t, "desc", u);
            at += sizeof u;
        } else {
            double r;
            memcpy(&r, at, sizeof r);
            lt_canon_real(t, "desc", r);
            at += sizeof r;
        }
    }
}

void lt_graph_text(const lt_graph *g, lt_text *t)
{
    const ltc_graph *v = &g->view;
    lt_canon_int(t, "graph", GRAPH_REVISION);
    text_shape(&v->value[v->input], t);
    for (uint32_t i = 0; i < v->n_params; i++)
        text_param(v, &v->param[i], t);
    for (uint32_t i = 0; i < v->n_nodes; i++) {
        const ltc_node *n = &v->node[i];
        lt_canon_text(t, "node", n->name);
        lt_canon_text(t, "op", lt_op_find(n->op)->name);
        for (uint32_t j = 0; j < n->n_in; j++)
            lt_canon_int(t, "in", n->in[j]);
        lt_canon_int(t, "out", n->out);
        text_desc(n, t);
    }
    lt_canon_int(t, "logits", v->logits);
}
