/* Owns the layout of a graph: the one place where sizes are multiplied and offsets handed out. */
#include "tape.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <string.h>

#include <ltsdk/net.h>

#include "op.h"

enum { ALIGN = 64, HUGE_PAGE = 2 << 20 };     /* ALIGN: a cache line, and the widest vector */

const lts_kernels *lts_kernels_of(uint32_t type)
{
    switch (type) {
    case LTC_F32:     return &lts_kernels_f32;
    case LTC_F64:     return &lts_kernels_f64;
    case LTS_COMPLEX: return &lts_kernels_c64;
    default:          return NULL;
    }
}

/* Passes over large arrays wait for address translation more than for memory where pages are small: ask for
 * large ones where there is such a question. */
static void ask_for_huge_pages(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    if (p)
        (void)madvise(p, bytes, MADV_HUGEPAGE);
#else
    (void)p, (void)bytes;
#endif
}

void *lts_block(size_t bytes)
{
    const size_t align = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGN;
    size_t rounded;
    if (__builtin_add_overflow(bytes, 2 * align - 1, &rounded))
        return NULL;
    rounded -= rounded % align;               /* aligned_alloc wants a multiple */
    void *p = aligned_alloc(align, rounded);
    if (align == HUGE_PAGE)
        ask_for_huge_pages(p, rounded);
    return p ? memset(p, 0, rounded) : NULL;
}

/* What planning knows about the graph beyond its layout. */
typedef struct planner {
    lts_tape *tape;
    bool *made, *wants;                       /* [n_values]: is there; is downstream of training */
    bool  fits;                               /* no size has overflowed */
} planner;

static size_t reserve(planner *p, size_t n, size_t size)
{
    size_t bytes = 0;
    const size_t at = p->tape->bytes;
    p->fits = p->fits && lts_times(n, size, &bytes) &&
              !__builtin_add_overflow(bytes, (size_t)ALIGN - 1, &bytes) &&
              !__builtin_add_overflow(at, bytes - bytes % ALIGN, &p->tape->bytes);
    return at;
}

static size_t reserve_value(planner *p, const ltc_value *v)
{
    size_t n = 0;
    p->fits = p->fits && lts_times(ltc_value_count(v), lts_rows(v, p->tape->rows), &n);
    return reserve(p, n, p->tape->kernels->real);
}

/* Dimensions are positive and their product is a size. */
static bool is_countable(const ltc_value *v)
{
    int64_t n = 1;
    for (int i = 0; i < 4; i++)
        if (v->dim[i] < 1 || __builtin_mul_overflow(n, v->dim[i], &n))
            return false;
    return (v->kind == LTC_SAMPLE || v->kind == LTC_PARAM || (v->kind == LTC_CONST)) && n <= INT64_MAX / 64;
}

static ltc_status check_leaves(planner *p, ltc_error *err)
{
    const ltc_graph *g = p->tape->graph;
    for (uint32_t v = 1; v < g->n_values; v++)
        if (!is_countable(ltc_graph_value(g, v)))
            return ltc_fail(err, LTC_EINVAL, "the graph's value %u has no usable shape", v);
    if (!g->input || g->input >= g->n_values || ltc_graph_value(g, g->input)->kind != LTC_SAMPLE)
        return ltc_fail(err, LTC_EINVAL, "the graph has no input");
    p->made[g->input] = true;
    for (uint32_t i = 0; i < g->n_params; i++) {
        const ltc_param *param = ltc_graph_param(g, i);
        if (!param->value || param->value >= g->n_values || p->made[param->value] ||
            ltc_graph_value(g, param->value)->kind != LTC_PARAM ||
            ltc_value_count(ltc_graph_value(g, param->value)) != param->n)
            return ltc_fail(err, LTC_EINVAL, "parameter %u ('%s') has no value of its own", i, param->name);
        p->made[param->value] = true;
        p->wants[param->value] = param->trained != 0;
    }
    for (uint32_t v = 1; v < g->n_values; v++)
        if (ltc_graph_value(g, v)->kind == LTC_CONST && ltc_graph_value(g, v)->data)
            p->made[v] = true;
    return LTC_OK;
}

static ltc_status check_nodes(planner *p, ltc_error *err)
{
    const ltc_graph *g = p->tape->graph;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const ltc_status st = lts_op_check(g, i, err);
        if (st)
            return st;
        const ltc_node *n = ltc_graph_node(g, i);
        for (uint32_t k = 0; k < n->n_in; k++) {
            if (n->in[k] && !p->made[n->in[k]])
                return ltc_fail(err, LTC_EINVAL, "node %u ('%s') uses a value before it is made", i,
                                n->name ? n->name : "");
            if (n->in[k] && p->wants[n->in[k]] && !lts_op_is_statistic(n, k))
                p->wants[n->out] = true;
        }
        if (p->made[n->out])
            return ltc_fail(err, LTC_EINVAL, "node %u ('%s') makes a value again", i, n->name ? n->name : "");
        p->made[n->out] = true;
    }
    const bool ends = g->logits && g->logits < g->n_values && p->made[g->logits];
    if (!ends || ltc_graph_value(g, g->logits)->kind != LTC_SAMPLE ||
        ltc_graph_value(g, g->logits)->rank != 1)
        return ltc_fail(err, LTC_EINVAL, "the graph's logits are not one row of numbers per sample");
    return LTC_OK;
}

/* Parameters first, then what is per batch. FLATTEN gives its input's place to its output. */
static void place_values(planner *p, uint32_t flags)
{
    lts_tape *t = p->tape;
    const ltc_graph *g = t->graph;
    for (uint32_t v = 1; v < g->n_values; v++)
        t->place[v] = (lts_place){ LTS_NOWHERE, LTS_NOWHERE };
    for (uint32_t i = 0; i < g->n_nodes; i++)
        if (ltc_graph_node(g, i)->op == LTC_OP_FLATTEN)
            t->place[ltc_graph_node(g, i)->out].value = ltc_graph_node(g, i)->in[0];      /* for now, an id */
    for (uint32_t v = 1; v < g->n_values; v++) {
        if (!p->made[v] || t->place[v].value != LTS_NOWHERE)
            continue;
        t->place[v].value = reserve_value(p, ltc_graph_value(g, v));
        if ((flags & LTS_TAPE_GRAD) && p->wants[v])
            t->place[v].grad = reserve_value(p, ltc_graph_value(g, v));
    }
    for (uint32_t i = 0; i < g->n_nodes; i++)
        if (ltc_graph_node(g, i)->op == LTC_OP_FLATTEN)
            t->place[ltc_graph_node(g, i)->out] = t->place[ltc_graph_node(g, i)->in[0]];
}

static void place_state(planner *p, uint32_t flags)
{
    lts_tape *t = p->tape;
    for (uint32_t i = 0; i < t->graph->n_params; i++) {
        const ltc_param *param = ltc_graph_param(t->graph, i);
        t->param[i] = (lts_param_place){ { LTS_NOWHERE, LTS_NOWHERE }, LTS_NOWHERE };
        if (!(flags & LTS_TAPE_TRAIN) || !param->trained)
            continue;
        t->param[i].slot[0] = reserve(p, param->n, t->kernels->real);
        if (!(flags & LTS_TAPE_ONE_SLOT))
            t->param[i].slot[1] = reserve(p, param->n, t->kernels->real);
        t->param[i].mask = reserve(p, param->n, 1);
    }
    for (uint32_t i = 0; i < t->graph->n_nodes; i++)
        t->saved[i] =
            reserve(p, lts_op_saved(t->graph, ltc_graph_node(t->graph, i), t->rows), t->kernels->real);
}

static ltc_status plan_in(planner *p, uint32_t flags, ltc_error *err)
{
    ltc_status st = check_leaves(p, err);
    if (!st)
        st = check_nodes(p, err);
    if (st)
        return st;
    place_values(p, flags);
    place_state(p, flags);
    return p->fits
               ? LTC_OK
               : ltc_fail(err, LTC_ENOMEM, "the network does not fit into memory at %u rows", p->tape->rows);
}

ltc_status lts_tape_plan(lts_tape *tape, const ltc_graph *graph, uint32_t type, uint32_t rows, uint32_t flags,
                         ltc_error *err)
{
    *tape = (lts_tape){ .graph = graph, .kernels = lts_kernels_of(type), .rows = rows };
    if (!tape->kernels || !rows)
        return ltc_fail(err, LTC_EINVAL, "a network needs a known number type and at least one row");
    planner p = { .tape = tape, .fits = true };
    p.made = calloc((size_t)graph->n_values + 1, 1), p.wants = calloc((size_t)graph->n_values + 1, 1);
    tape->place = calloc((size_t)graph->n_values + 1, sizeof *tape->place);
    tape->param = calloc((size_t)graph->n_params + 1, sizeof *tape->param);
    tape->saved = calloc((size_t)graph->n_nodes + 1, sizeof *tape->saved);
    tape->io = calloc((size_t)graph->n_nodes + 1, sizeof *tape->io);
    ltc_status st = p.made && p.wants && tape->place && tape->param && tape->saved && tape->io
                        ? plan_in(&p, flags, err)
                        : ltc_fail(err, LTC_ENOMEM, "no memory for the network's layout");
    free(p.made), free(p.wants);
    if (st)
        lts_tape_free(tape);
    return st;
}

/* first: how many inputs the nodes before have. */
static void attach_node(lts_tape *t, uint32_t i, size_t first)
{
    const ltc_node *n = ltc_graph_node(t->graph, i);
    for (uint32_t k = 0; k < n->n_in; k++) {
        const uint32_t v = n->in[k];
        t->in_shape[first + k] = v ? ltc_graph_value(t->graph, v) : NULL;
        t->in[first + k] = v ? lts_tape_value(t, v) : NULL;
        t->in_grad[first + k] = v && !lts_op_is_statistic(n, k) ? lts_tape_grad(t, v) : NULL;
    }
    t->io[i] = (lts_io){
        .in_shape = t->in_shape + first, .in = t->in + first, .in_grad = t->in_grad + first,
        .out_shape = ltc_graph_value(t->graph, n->out), .out = lts_tape_value(t, n->out),
        .out_grad = lts_tape_grad(t, n->out), .saved = lts_tape_at(t, t->saved[i]),
        .end_channel = (size_t)ltc_graph_value(t->graph, n->out)->dim[0],
    };
}

ltc_status lts_tape_attach(lts_tape *tape, void *base, ltc_error *err)
{
    const ltc_graph *g = tape->graph;
    size_t n_in = 1;
    for (uint32_t i = 0; i < g->n_nodes; i++)
        n_in += ltc_graph_node(g, i)->n_in;
    tape->in = calloc(n_in, sizeof *tape->in);
    tape->in_grad = calloc(n_in, sizeof *tape->in_grad);
    tape->in_shape = calloc(n_in, sizeof *tape->in_shape);
    if (!tape->in || !tape->in_grad || !tape->in_shape)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the network's layout");
    tape->base = base;
    size_t first = 0;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        attach_node(tape, i, first);
        first += ltc_graph_node(g, i)->n_in;
    }
    lts_tape_set_rows(tape, tape->rows);
    return LTC_OK;
}

void lts_tape_free(lts_tape *tape)
{
    free(tape->place), free(tape->param), free(tape->saved), free(tape->io);
    free(tape->in), free(tape->in_grad), free(tape->in_shape);
    *tape = (lts_tape){ 0 };
}

size_t lts_tape_bytes(const lts_tape *tape, uint32_t value, uint32_t rows)
{
    const ltc_value *v = ltc_graph_value(tape->graph, value);
    return ltc_value_count(v) * lts_rows(v, rows) * tape->kernels->real;
}

void lts_tape_set_rows(lts_tape *tape, uint32_t rows)
{
    for (uint32_t i = 0; i < tape->graph->n_nodes; i++)
        tape->io[i].rows = lts_rows(tape->io[i].out_shape, rows);
}
