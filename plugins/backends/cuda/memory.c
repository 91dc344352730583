/* Owns a program's memory on the device: one piece a tensor, each for all replicas. The same walk counts
 * it for a plan and takes it for a program, so that a plan is exact. */
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* What an allocation is rounded up to; elements after which a replica's tensor may begin. A device's memory
 * begins at multiples of 256 bytes, and so do all tensors in it: a library's kernels may count on 16 or more,
 * and may be chosen by what they find, while a replica's bits must not depend on its number. */
enum { GRAIN = 512, STEP = 64 };

static void *take(lcu_memory *m, uint64_t n, size_t size, uint32_t times, uint64_t *count)
{
    uint64_t bytes, all;
    if (__builtin_mul_overflow(n, (uint64_t)size, &bytes) ||
        __builtin_mul_overflow(bytes, (uint64_t)times, &all) || all > INT64_MAX / 2 ||
        *count > INT64_MAX / 2) {
        m->fits = false;
        return NULL;
    }
    *count += (bytes + GRAIN - 1) / GRAIN * GRAIN;
    if (!m->device || !m->fits)
        return NULL;
    if (m->n == m->most) {
        const size_t most = m->most ? 2 * m->most : 64;
        void **more = realloc(m->piece, most * sizeof *more);
        m->fits = more != NULL;
        if (!more)
            return NULL;
        m->piece = more, m->most = most;
    }
    void *piece = lcu_alloc(m->device, (size_t)all);
    m->fits = piece != NULL;
    if (piece)
        m->piece[m->n++] = piece;
    return piece;
}

void *lcu_take_each(lcu_memory *m, uint64_t n, size_t size)
{
    return take(m, n, size, m->replicas, &m->per_replica);
}

void *lcu_take_once(lcu_memory *m, uint64_t n, size_t size)
{
    return take(m, n, size, 1, &m->fixed);
}

void lcu_give_back(lcu_memory *m)
{
    while (m->n)
        lcu_free(m->device, m->piece[--m->n]);
    free(m->piece);
    m->piece = NULL, m->most = 0;
}

/* A tensor in each replica: the only ones who know how far apart they lie are this and whom it tells. */
static lcu_floats take_floats(lcu_program *p, uint64_t n)
{
    const uint64_t stride = n + (STEP - n % STEP) % STEP;
    return (lcu_floats){ lcu_take_each(&p->memory, stride, sizeof(float)), stride };
}

/* FLATTEN's output is its input; nodes come in order, so an input's place is known before. */
static void lay_out_values(lcu_program *p)
{
    const ltc_graph *g = p->graph;
    for (uint32_t v = 1; v < g->n_values; v++)
        p->value[v].stride = 0;
    for (uint32_t i = 0; i < g->n_nodes; i++)
        if (ltc_graph_node(g, i)->op == LTC_OP_FLATTEN)
            p->value[ltc_graph_node(g, i)->out].stride = ltc_graph_node(g, i)->in[0];     /* for now, an id */
    for (uint32_t v = 1; v < g->n_values; v++) {
        const ltc_value *value = ltc_graph_value(g, v);
        const uint64_t n = ltc_value_count(value);
        if (p->value[v].stride)
            continue;
        p->value[v] = take_floats(p, n * lts_rows(value, p->rows));
        if (p->tape.place[v].grad != LTS_NOWHERE)
            p->grad[v] = take_floats(p, n * lts_rows(value, p->batch));
    }
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(g, i);
        if (n->op == LTC_OP_FLATTEN)
            p->value[n->out] = p->value[n->in[0]], p->grad[n->out] = p->grad[n->in[0]];
    }
}

static void lay_out_params(lcu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_params; i++) {
        const ltc_param *q = ltc_graph_param(p->graph, i);
        if (!q->trained)
            continue;
        p->param[i].grad = p->grad[q->value];
        p->param[i].m = take_floats(p, q->n);
        if (p->optimizer.kind != LTC_SGD)
            p->param[i].v = take_floats(p, q->n);
        p->param[i].stride = p->value[q->value].stride;
        p->param[i].mask = lcu_take_each(&p->memory, p->param[i].stride, 1);
    }
}

static void lay_out_nodes(lcu_program *p)
{
    uint64_t sums = 0;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const uint64_t n = lcu_saved_of(p, i), s = lcu_sums_of(p, i);
        if (n)
            p->saved[i] = take_floats(p, n);
        sums = s > sums ? s : sums;
    }
    if (sums)
        p->sums = take_floats(p, sums);
    if (p->space.bytes)
        p->space.at = lcu_take_once(&p->memory, p->space.bytes, 1);
}

static void lay_out_input(lcu_program *p)
{
    const uint64_t channels = (uint64_t)ltc_graph_value(p->graph, p->graph->input)->dim[0];
    if (p->input->sample_type == LTC_U8) {
        p->table = lcu_take_once(&p->memory, 256 * channels, sizeof *p->table);
    } else {
        p->mean = lcu_take_once(&p->memory, channels, sizeof *p->mean);
        p->std = lcu_take_once(&p->memory, channels, sizeof *p->std);
    }
}

void lcu_lay_out(lcu_program *p)
{
    lcu_memory *m = &p->memory;
    m->fits = true;
    lay_out_values(p);
    lay_out_params(p);
    lay_out_nodes(p);
    lay_out_input(p);
    lcu_links_lay_out(p);
    p->label = lcu_take_each(m, p->rows, sizeof *p->label);
    p->row_loss = lcu_take_each(m, p->rows, sizeof *p->row_loss);
    p->row_hit = lcu_take_each(m, p->rows, sizeof *p->row_hit);
    p->replica = lcu_take_each(m, 1, sizeof *p->replica);
    p->sample = lcu_take_each(m, (uint64_t)LCU_MOST_STEPS * p->batch, sizeof *p->sample);
    p->lr = lcu_take_each(m, LCU_MOST_STEPS, sizeof *p->lr);
    p->loss = lcu_take_each(m, LCU_MOST_STEPS, sizeof *p->loss);
    p->correct = lcu_take_each(m, LCU_MOST_STEPS, sizeof *p->correct);
    p->eval_sum = lcu_take_each(m, 1, sizeof *p->eval_sum);
    p->eval_hits = lcu_take_each(m, 1, sizeof *p->eval_hits);
    p->segment = lcu_take_once(m, p->n_segments, sizeof *p->segment);
    p->chunk = lcu_take_once(m, 1, sizeof *p->chunk);
}
