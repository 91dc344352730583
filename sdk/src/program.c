/* Owns a program: one graph, laid out in the table's memory, with everything allocated
 * that a span will need. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "conv.h"
#include "op.h"

static const lts_limits takes = { LTC_CAP_REPEATABLE | LTC_CAP_REPLICA_FREE | LTC_CAP_SPAN_FREE, 1,
                                  UINT32_MAX };

void *lts_memory_new(const lts_device *d, size_t bytes)
{
    return ltc_optable_table.alloc ? ltc_optable_table.alloc(d->dev, bytes) : lts_block(bytes);
}

void lts_memory_free(const lts_device *d, void *p)
{
    if (!p)
        return;
    if (ltc_optable_table.alloc)
        ltc_optable_table.dealloc(d->dev, p);
    else
        free(p);
}

ltc_status lts_memory_copy(const lts_device *d, void *dst, const void *src, size_t bytes, uint32_t direction,
                           ltc_error *err)
{
    if (!ltc_optable_table.copy) {
        memcpy(dst, src, bytes);
        return LTC_OK;
    }
    const ltc_status st = ltc_optable_table.copy(d->dev, dst, src, bytes, direction);
    return st ? ltc_fail(err, st, "copying %zu bytes to or from the device failed with status %d", bytes,
                         (int)st)
              : LTC_OK;
}

/* The host buffer that a parameter, the evaluation's rows, the logits or a batch norm's
 * statistics pass through. */
static size_t bounce_count(const lts_program *p)
{
    const ltc_graph *g = p->graph;
    const size_t input = ltc_value_count(ltc_graph_value(g, g->input));
    const size_t logits = ltc_value_count(ltc_graph_value(g, g->logits));
    size_t most = p->tape.rows * (input > 2 * logits ? input : 2 * logits);
    for (uint32_t i = 0; i < g->n_params; i++) {
        const size_t n = ltc_graph_param(g, i)->n, role = ltc_graph_param(g, i)->role;
        const size_t need = role & LTC_ROLE_STAT ? 4 * n : n;
        most = need > most ? need : most;
    }
    return most;
}

static ltc_status lay_out(lts_program *p, const ltc_compile_req *r, ltc_error *err)
{
    p->graph = r->graph;
    p->input = r->input;
    p->batch = r->batch;
    p->augment = r->augment;
    memcpy(&p->optimizer, r->optimizer,
           r->optimizer->size < sizeof p->optimizer ? r->optimizer->size : sizeof p->optimizer);
    const uint32_t rows = r->batch > LTS_EVAL_ROWS ? r->batch : LTS_EVAL_ROWS;
    const uint32_t one = r->optimizer->kind == LTC_SGD ? LTS_TAPE_ONE_SLOT : 0;
    const ltc_status st =
        lts_tape_plan(&p->tape, r->graph, LTC_F32, rows, LTS_TAPE_GRAD | LTS_TAPE_TRAIN | one, err);
    if (st)
        return st;
    const lts_conv_memory m = lts_on_host() && ltc_optable_table.gemm
                                  ? lts_conv_memory_of(r->graph, rows)
                                  : (lts_conv_memory){ 0 };
    p->scratch_count = m.scratch;
    p->sums_count = m.sums;
    return lts_request_augment(r, err);
}

ltc_status lts_program_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err)
{
    (void)dev;
    lts_program p = { 0 };
    ltc_status st = lts_request_compile(r, &takes, err);
    if (!st)
        st = lay_out(&p, r, err);
    if (!st) {
        const size_t per_row = sizeof *p.ones + sizeof *p.label + sizeof *p.loss;
        plan->caps = takes.caps;
        plan->max_replicas = takes.replicas;
        plan->bytes_fixed = sizeof p + r->graph->n_nodes * (sizeof *p.step + sizeof *p.tape.io);
        plan->bytes_per_replica =
            p.tape.bytes + per_row * p.tape.rows +
            (LTS_MOST_PARTS * p.scratch_count + p.sums_count + bounce_count(&p)) * sizeof(float);
    }
    lts_tape_free(&p.tape);
    return st;
}

/* Uses of a value as an input, anywhere. */
static uint32_t uses(const ltc_graph *g, uint32_t value)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_nodes; i++)
        for (uint32_t k = 0; k < ltc_graph_node(g, i)->n_in; k++)
            n += ltc_graph_node(g, i)->in[k] == value;
    return n;
}

/* Is the place of a gradient among those of nodes that come before node i on the way back, or is it set by
 * the loss? */
static bool is_begun(const lts_program *p, uint32_t i, uint32_t k)
{
    const void *grad = p->step[i].io.in_grad[k];
    bool begun = grad == lts_tape_grad(&p->tape, p->graph->logits);
    for (uint32_t j = i; j < p->graph->n_nodes && !begun; j++)
        for (uint32_t m = 0; m < (j == i ? k : ltc_graph_node(p->graph, j)->n_in) && !begun; m++)
            begun = p->step[j].io.in_grad[m] == grad && p->step[j].backward != LTS_ROUTE_VIEW;
    return begun;
}

/* The first to add to a gradient clears it, part by part, where that is this library: of samples, or of a
 * weight. */
static void choose_firsts(lts_program *p, uint32_t i, bool *set)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    lts_step *s = &p->step[i];
    s->fresh = s->backward == LTS_ROUTE_GEMM && s->io.in_grad[1] && uses(p->graph, n->in[1]) == 1;
    if (s->fresh)
        set[n->in[1]] = true;
    if (s->backward != LTS_ROUTE_GEMM && s->backward != LTS_ROUTE_REFERENCE)
        return;
    for (uint32_t k = 0; k < n->n_in; k++)
        if (s->io.in_grad[k] && s->io.in_shape[k]->kind == LTC_SAMPLE && !is_begun(p, i, k))
            s->first |= (uint64_t)1 << k;
}

static bool is_cleared(const lts_program *p, const void *grad)
{
    bool cleared = false;
    for (uint32_t i = 0; i < p->graph->n_nodes && !cleared; i++)
        for (uint32_t k = 0; k < ltc_graph_node(p->graph, i)->n_in && !cleared; k++)
            cleared = p->step[i].io.in_grad[k] == grad && (p->step[i].first >> k & 1);
    return cleared;
}

/* Which gradients are zeroed before all: not the logits', which the loss sets, nor what the first to add
 * clears. */
static void choose_clears(lts_program *p)
{
    const ltc_graph *g = p->graph;
    bool *set = p->has_value;                 /* not in use yet; as long as n_values, see allocate() */
    for (uint32_t i = 0; i < g->n_nodes; i++)
        choose_firsts(p, i, set);
    for (uint32_t v = 1; v < g->n_values; v++) {
        bool is_view = false;
        for (uint32_t i = 0; i < g->n_nodes; i++)
            is_view =
                is_view || (ltc_graph_node(g, i)->op == LTC_OP_FLATTEN && ltc_graph_node(g, i)->out == v);
        void *grad = lts_tape_grad(&p->tape, v);
        if (grad && !set[v] && !is_view && grad != lts_tape_grad(&p->tape, g->logits) && !is_cleared(p, grad))
            p->clear[p->n_clear++] = v;
    }
    memset(set, 0, g->n_values * sizeof *set);
}

/* A table's io has float pointers where the kernels' has void. */
static ltc_status attach_steps(lts_program *p, ltc_error *err)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const lts_io *io = &p->tape.io[i];
        const uint32_t n = ltc_graph_node(p->graph, i)->n_in;
        const float **in = calloc(n, sizeof *in);
        float **in_grad = calloc(n, sizeof *in_grad);
        p->step[i].io.in = in, p->step[i].io.in_grad = in_grad;
        if (!in || !in_grad)
            return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
        for (uint32_t k = 0; k < n; k++)
            in[k] = io->in[k], in_grad[k] = io->in_grad[k];
        p->step[i].io = (ltc_io){
            .in_shape = io->in_shape,
            .out_shape = io->out_shape,
            .in = in,
            .out = io->out,
            .in_grad = in_grad,
            .out_grad = io->out_grad,
            .saved = io->saved,
            .saved_count = lts_op_saved(p->graph, ltc_graph_node(p->graph, i), p->tape.rows),
            .scratch = p->scratch,
            .scratch_count = p->scratch_count,
        };
    }
    return LTC_OK;
}

static ltc_status allocate(lts_program *p, ltc_error *err)
{
    const ltc_graph *g = p->graph;
    const size_t rows = p->tape.rows, names = (size_t)g->n_values + g->n_params;
    size_t zeros = 1;
    for (uint32_t v = 1; v < g->n_values; v++)
        zeros = lts_tape_bytes(&p->tape, v, p->batch) > zeros ? lts_tape_bytes(&p->tape, v, p->batch) : zeros;
    p->memory = lts_memory_new(p->device, p->tape.bytes);
    p->scratch = lts_memory_new(p->device, (LTS_MOST_PARTS * p->scratch_count + 1) * sizeof *p->scratch);
    p->sums = lts_memory_new(p->device, (p->sums_count + 1) * sizeof *p->sums);
    p->taken = calloc(LTS_MOST_PARTS, sizeof *p->taken);
    p->ones = lts_memory_new(p->device, rows * sizeof *p->ones);
    p->zeros = lts_on_host() ? NULL : lts_memory_new(p->device, zeros);
    p->step = calloc((size_t)g->n_nodes + 1, sizeof *p->step);
    p->clear = calloc(names, sizeof *p->clear);
    p->bounce = calloc(bounce_count(p) + rows, sizeof *p->bounce);
    p->mask = calloc(bounce_count(p), 1);
    p->label = calloc(rows, sizeof *p->label);
    p->loss = calloc(rows, sizeof *p->loss);
    p->has_value = calloc(names, sizeof *p->has_value);
    p->has_mask = calloc(names, sizeof *p->has_mask);
    if (!p->memory || !p->scratch || !p->sums || !p->taken || !p->ones || (!lts_on_host() && !p->zeros) ||
        !p->step || !p->clear || !p->bounce || !p->mask || !p->label || !p->loss || !p->has_value ||
        !p->has_mask)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program of %zu bytes", p->tape.bytes);
    for (int i = 0; i < LTS_MOST_PARTS; i++)
        atomic_flag_clear(&p->taken[i]);
    const ltc_status st = lts_tape_attach(&p->tape, p->memory, err);
    return st ? st : attach_steps(p, err);
}

/* What is constant while the program lives: ones, the graph's constants, masks that are all alive. */
static ltc_status fill(lts_program *p, ltc_error *err)
{
    for (uint32_t i = 0; i < p->tape.rows; i++)
        p->bounce[i] = 1;
    ltc_status st =
        lts_memory_copy(p->device, p->ones, p->bounce, p->tape.rows * sizeof(float), LTC_COPY_TO_DEVICE, err);
    for (uint32_t v = 1; v < p->graph->n_values && !st; v++) {
        const ltc_value *value = ltc_graph_value(p->graph, v);
        if (value->kind == LTC_CONST && value->data)
            st = lts_memory_copy(p->device, lts_tape_value(&p->tape, v), value->data,
                                 lts_tape_bytes(&p->tape, v, 1), LTC_COPY_TO_DEVICE, err);
    }
    for (uint32_t i = 0; i < p->graph->n_params && !st; i++) {
        void *mask = lts_tape_at(&p->tape, p->tape.param[i].mask);
        memset(p->bounce, LTC_ALIVE, ltc_graph_param(p->graph, i)->n);
        if (mask)
            st = lts_memory_copy(p->device, mask, p->bounce, ltc_graph_param(p->graph, i)->n,
                                 LTC_COPY_TO_DEVICE, err);
    }
    return st;
}

/* Names every operation that nobody computes, once. */
static ltc_status check_routes(const lts_program *p, ltc_error *err)
{
    char names[256] = "";
    bool missing[LTC_OP_COUNT] = { false };
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (p->step[i].forward == LTS_ROUTE_MISSING || p->step[i].backward == LTS_ROUTE_MISSING)
            missing[ltc_graph_node(p->graph, i)->op] = true;
    for (uint32_t op = 1; op < LTC_OP_COUNT; op++)
        if (missing[op])
            snprintf(names + strlen(names), sizeof names - strlen(names), " %s", lts_op_name(op));
    if (p->update == LTS_ROUTE_MISSING)
        snprintf(names + strlen(names), sizeof names - strlen(names), " update");
    return *names ? ltc_fail(err, LTC_EUNSUPPORTED, "this backend cannot compute what the network needs:%s",
                             names)
                  : LTC_OK;
}

ltc_status lts_program_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    ltc_status st = lts_request_compile(r, &takes, err);
    if (st)
        return st;
    lts_program *p = calloc(1, sizeof *p);
    if (!p)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    p->device = dev;
    st = lay_out(p, r, err);
    if (!st)
        st = allocate(p, err);
    if (!st) {
        lts_walk_resolve(p);
        choose_clears(p);
        st = check_routes(p, err);
    }
    if (!st)
        st = fill(p, err);
    if (st)
        lts_program_release(p);
    else
        *prog = p;
    return st;
}

void lts_program_release(void *prog)
{
    lts_program *p = prog;
    if (!p)
        return;
    for (uint32_t i = 0; p->step && i < p->graph->n_nodes; i++) {
        free((void *)(uintptr_t)p->step[i].io.in);
        free((void *)(uintptr_t)p->step[i].io.in_grad);
    }
    lts_tape_free(&p->tape);
    lts_memory_free(p->device, p->memory), lts_memory_free(p->device, p->scratch);
    lts_memory_free(p->device, p->ones), lts_memory_free(p->device, p->zeros);
    lts_memory_free(p->device, p->sums);
    free(p->taken);
    free(p->step), free(p->clear), free(p->bounce), free(p->mask), free(p->label), free(p->loss);
    free(p->has_value), free(p->has_mask);
    free(p);
}

ltc_status lts_program_bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    lts_program *p = prog;
    const lts_data *d = data;
    ltc_status st = lts_request_bind(split, err);
    if (st)
        return st;
    p->bound[split] = false;
    st = lts_samples_open(&p->split[split], &d->desc, p->input, p->graph, err);
    p->bound[split] = st == LTC_OK;
    return st;
}
