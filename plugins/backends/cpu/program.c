/* Owns a program: one graph with everything allocated that a span will need, but for what
 * its masks decide. */
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "cpu.h"

#include "op.h"
#include "tape.h"

static const lts_limits takes = { LTC_CAP_REPEATABLE | LTC_CAP_REPLICA_FREE | LTC_CAP_SPAN_FREE, 1,
                                  UINT16_MAX };

void *cpu_block(size_t n, size_t size)
{
    size_t bytes;
    return lts_times(n, size, &bytes) ? lts_block(bytes) : NULL;
}

/* The SDK's planning checks a graph whole; its layout is not needed. */
static ltc_status check_graph(const ltc_compile_req *r, ltc_error *err)
{
    lts_tape tape = { 0 };
    const ltc_status st = lts_tape_plan(&tape, r->graph, LTC_F32, r->batch, LTS_TAPE_GRAD | LTS_TAPE_TRAIN,
                                        err);
    lts_tape_free(&tape);
    return st ? st : lts_request_augment(r, err);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* What a part needs at most: of a linear layer, a convolution, or a row of the input's on its way. */
static size_t scratch_of(const cpu_program *p)
{
    const size_t lanes = (size_t)cpu_round(p->batch > CPU_EVAL_ROWS ? p->batch : CPU_EVAL_ROWS, CPU_LANES);
    const ltc_value *input = ltc_graph_value(p->graph, p->graph->input);
    size_t most = larger(CPU_GROUP * CPU_LANES, CPU_ROWS * larger(CPU_COLUMNS, lanes));
    most = larger(most, p->scratch_count);
    most = larger(most, (size_t)input->dim[2] * CPU_LANES);
    return (size_t)cpu_round((int64_t)most, CPU_LANES);
}

static ltc_status lay_out(cpu_program *p, const ltc_compile_req *r, ltc_error *err)
{
    const ltc_graph *g = r->graph;
    p->graph = g, p->input = r->input, p->batch = r->batch, p->augment = r->augment;
    memcpy(&p->optimizer, r->optimizer,
           r->optimizer->size < sizeof p->optimizer ? r->optimizer->size : sizeof p->optimizer);
    p->value = cpu_block((size_t)g->n_values + 1, sizeof *p->value);
    p->channels = cpu_block((size_t)g->n_values + 1, sizeof *p->channels);
    p->node = cpu_block((size_t)g->n_nodes + 1, sizeof *p->node);
    p->param = cpu_block((size_t)g->n_params + 1, sizeof *p->param);
    p->segment = cpu_block(2 * (size_t)g->n_nodes + 1, sizeof *p->segment);
    p->lanes = cpu_block(1, sizeof *p->lanes);
    p->has_value = cpu_block((size_t)g->n_params + 1, sizeof *p->has_value);
    p->param_of = cpu_block((size_t)g->n_values + 1, sizeof *p->param_of);
    if (!p->value || !p->channels || !p->node || !p->segment || !p->lanes || !p->param || !p->has_value ||
        !p->param_of)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    for (uint32_t i = 0; i < g->n_params; i++)
        p->param_of[ltc_graph_param(g, i)->value] = i + 1;
    const ltc_status st = cpu_shape_plan(p, err);
    if (!st)
        cpu_input_find_bytes(p);
    p->scratch_count = st ? 0 : scratch_of(p);
    return st;
}

static ltc_status prepare(cpu_program *p, const ltc_compile_req *r, ltc_error *err)
{
    ltc_status st = lts_request_compile(r, &takes, err);
    if (!st)
        st = check_graph(r, err);
    return st ? st : lay_out(p, r, err);
}

ltc_status cpu_program_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err)
{
    cpu_program *p = calloc(1, sizeof *p);
    if (!p)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    p->device = dev;
    const ltc_status st = prepare(p, r, err);
    if (!st) {
        plan->caps = takes.caps;
        plan->max_replicas = takes.replicas;
        plan->bytes_fixed = sizeof *p + r->graph->n_nodes * sizeof *p->node;
        plan->bytes_per_replica = CPU_MOST_PARTS * p->scratch_count * sizeof(float);
        plan->bytes_per_replica += cpu_arranged_most(p);
        for (uint32_t v = 1; v < r->graph->n_values; v++)
            plan->bytes_per_replica += cpu_shape_bytes(p, v, false) + cpu_shape_bytes(p, v, true);
        for (uint32_t i = 0; i < r->graph->n_params; i++)         /* values, slots, gradient,
                                                                   * mask, place: twice */
            plan->bytes_per_replica += ltc_graph_param(r->graph, i)->n *
                                       (7 * sizeof(float) + 2 + sizeof(uint32_t));
    }
    cpu_program_release(p);
    return st;
}

static size_t saved_of(const cpu_program *p, const ltc_node *n)
{
    const size_t rows = (size_t)cpu_round(p->batch > CPU_EVAL_ROWS ? p->batch : CPU_EVAL_ROWS, CPU_LANES);
    const ltc_value *y = ltc_graph_value(p->graph, n->out);
    return n->op == LTC_OP_BATCH_NORM ? 4 * (size_t)y->dim[0]
           : n->op == LTC_OP_DROPOUT  ? rows * ltc_value_count(y)
                                      : 0;
}

static bool allocate_value(cpu_program *p, uint32_t v)
{
    cpu_value *value = &p->value[v];
    const size_t own = cpu_shape_bytes(p, v, false), grad = cpu_shape_bytes(p, v, true);
    value->at = own ? cpu_block(own, 1) : NULL;
    value->grad_at = grad ? cpu_block(grad, 1) : NULL;
    return (value->at || !own) && (value->grad_at || !grad);
}

/* What a node keeps from its way forward to its way back, or from part to part. */
static bool allocate_node(cpu_program *p, cpu_node *n)
{
    const size_t saved = saved_of(p, n->node), blocks = (size_t)cpu_round(p->batch, CPU_LANES) / CPU_LANES;
    const bool norm = n->node->op == LTC_OP_BATCH_NORM;
    n->saved = saved ? cpu_block(saved, sizeof *n->saved) : NULL;
    n->moments = norm ? cpu_block(2 * blocks * (size_t)ltc_graph_value(p->graph, n->node->out)->dim[0],
                                  sizeof *n->moments) : NULL;
    return (n->saved || !saved) && (n->moments || !norm);
}

static bool allocate_param(cpu_program *p, uint32_t i)
{
    cpu_param *q = &p->param[i];
    const ltc_param *of = ltc_graph_param(p->graph, i);
    const int pieces = !of->trained ? 1 : p->optimizer.kind == LTC_SGD ? 2 : 3;
    q->n = of->n;
    bool there = true;
    for (int k = 0; k < pieces; k++)
        there = (q->host[k] = cpu_block(q->n, sizeof(float))) && there;
    q->host_mask = of->trained ? cpu_block(q->n, 1) : NULL;
    if (q->host_mask)
        memset(q->host_mask, LTC_ALIVE, q->n);
    return there && (q->host_mask || !of->trained);
}

static ltc_status allocate(cpu_program *p, ltc_error *err)
{
    const size_t rows = (size_t)cpu_round(p->batch > CPU_EVAL_ROWS ? p->batch : CPU_EVAL_ROWS, CPU_LANES);
    bool there = true;
    for (uint32_t v = 1; v < p->graph->n_values; v++)
        there = allocate_value(p, v) && there;
    for (uint32_t i = 0; i < p->graph->n_params; i++)
        there = allocate_param(p, i) && there;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        there = allocate_node(p, &p->node[i]) && there;
    p->lanes->program = cpu_block(CPU_MOST_PARTS, sizeof *p->lanes->program);
    p->lanes->value = cpu_block(CPU_MOST_PARTS * (size_t)p->graph->n_values, sizeof *p->lanes->value);
    p->scratch = cpu_block(p->scratch_count * CPU_MOST_PARTS, sizeof *p->scratch);
    p->label = cpu_block(rows, sizeof *p->label);
    p->loss = cpu_block(rows, sizeof *p->loss);
    p->hit = cpu_block(rows, sizeof *p->hit);
    p->cut = cpu_block(rows, sizeof *p->cut);
    p->sample = cpu_block(rows, sizeof *p->sample);
    there = there && p->lanes->program && p->lanes->value && p->scratch && p->label && p->loss && p->hit &&
            p->cut && p->sample;
    if (!there)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    cpu_shape_set_rows(p, p->batch);
    return LTC_OK;
}

ltc_status cpu_program_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    cpu_program *p = calloc(1, sizeof *p);
    if (!p)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    p->device = dev;
    ltc_status st = prepare(p, r, err);
    if (!st)
        st = allocate(p, err);
    if (st)
        cpu_program_release(p);
    else
        *prog = p;
    return st;
}

void cpu_program_release(void *prog)
{
    cpu_program *p = prog;
    if (!p)
        return;
    for (uint32_t v = 1; p->value && v < p->graph->n_values; v++)
        free(p->value[v].at), free(p->value[v].grad_at);
    for (uint32_t i = 0; p->node && i < p->graph->n_nodes; i++) {
        cpu_linear_close(&p->node[i].linear), cpu_linear_close(&p->node[i].spare);
        cpu_conv_close(p->node[i].conv);
        free(p->node[i].awake), free(p->node[i].saved), free(p->node[i].moments), free(p->node[i].sums);
        free(p->node[i].bias_sums);
    }
    for (uint32_t i = 0; p->param && i < p->graph->n_params; i++)
        cpu_state_free(&p->param[i]);
    for (uint32_t s = 0; s < LTS_MOST_SPLITS; s++)
        free(p->split[s].table);
    cpu_arranged_close(p);
    cpu_channels_free(p);
    if (p->lanes)
        free(p->lanes->program), free(p->lanes->value);
    free(p->value), free(p->node), free(p->segment), free(p->lanes), free(p->param), free(p->has_value);
    free(p->param_of), free(p->scratch), free(p->label), free(p->loss), free(p->hit), free(p->cut),
        free(p->sample);
    free(p);
}

/* Its zeros are then the base itself. */
static ltc_status find_line(cpu_split *s, ltc_error *err)
{
    const lts_samples *x = &s->samples;
    const size_t channels = (size_t)x->dim[0];
    s->affine = x->input->sample_type == LTC_U8;
    if (!s->affine)
        return LTC_OK;
    s->table = cpu_block(2 * channels, sizeof *s->table);
    if (!s->table)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a split");
    for (size_t c = 0; c < channels; c++) {
        const float *t = x->input->table + 256 * c;
        s->affine = s->affine && cpu_is_line(t);
        s->table[c] = (t[255] - t[0]) / 255, s->table[channels + c] = t[0];
    }
    return LTC_OK;
}

ltc_status cpu_program_bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    cpu_program *p = prog;
    ltc_status st = lts_request_bind(split, err);
    if (st)
        return st;
    cpu_split *s = &p->split[split];
    free(s->table);
    *s = (cpu_split){ .data = data };
    st = lts_samples_open(&s->samples, &s->data->desc, p->input, p->graph, err);
    if (!st)
        st = find_line(s, err);
    if (st)
        return st;
    s->bound = true;
    s->filled = s->affine && s->samples.dim[0] == 1 && s->samples.count <= UINT16_MAX
                    ? cpu_filled(&s->samples)
                    : 1;
    return p->ready ? cpu_state_lay_out(p, err) : LTC_OK;
}
