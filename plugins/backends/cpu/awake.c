/* Which rows of linear layers' weights are awake. A unit that nobody hears has a gradient of zero: where all
 * weights that read it are dead, or belong to units that nobody hears either. The weights of its own row then
 * stay as they are, bit by bit, as long as nothing else moves them (a row that is awake has its denormal
 * weights flushed to zero), and its row is left out of every pass: by those layers that are lists, which hold
 * what is awake alone. Called by state.c when weights are made ready. */
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "cpu.h"

static cpu_node *only_reader(const cpu_program *p, uint32_t value)
{
    for (uint32_t i = 0; i < p->graph->n_nodes && cpu_alias_uses(p, value) == 1; i++)
        if (p->node[i].node->in[0] == value)
            return &p->node[i];
    return NULL;
}

/* The layer that alone reads what a linear layer makes, if it is one of lists; perhaps cut off by both. */
static cpu_node *hearer(const cpu_program *p, const cpu_node *n)
{
    cpu_node *next = only_reader(p, n->node->out);
    if (next && next->node->op == LTC_OP_RELU && next->skip_forward && next->skip_backward)
        next = only_reader(p, next->node->out);
    if (!next || next->node->op != LTC_OP_LINEAR)
        return NULL;
    const cpu_param *w = cpu_param_of(p, next, 1);
    return cpu_linear_forms(p, next, w) == 1u << CPU_FORM_LISTS ? next : NULL;
}

/* Is there anything that moves a weight whose gradient is zero, but for its slots? */
static bool is_pulled(const cpu_program *p, const cpu_node *n)
{
    const ltc_optimizer *o = &p->optimizer;
    const uint32_t role = ltc_graph_param(p->graph, p->param_of[n->node->in[1]] - 1)->role;
    return (role & o->decay_roles && o->weight_decay != 0) || (role & o->l1_roles && o->l1 != 0) ||
           (o->kind != LTC_SGD && !(o->eps > 0));
}

static bool is_zero(const float *x, size_t n)
{
    uint32_t any = 0, bits;
    for (size_t i = 0; x && i < n; i++) {
        memcpy(&bits, &x[i], sizeof bits);
        any |= bits;
    }
    return !any;
}

/* Are all slots of row o +0.0? */
static bool is_at_rest(const cpu_param *w, size_t o, size_t in)
{
    return (!w->host[1] || is_zero(w->host[1] + o * in, in)) &&
           (!w->host[2] || is_zero(w->host[2] + o * in, in));
}

/* Sets awake[i] where a row that is awake itself reads input i. */
static void hear(const cpu_program *p, const cpu_node *n, uint8_t *awake)
{
    const cpu_param *w = cpu_param_of(p, n, 1);
    const ltc_value *shape = ltc_graph_value(p->graph, n->node->in[1]);
    for (size_t o = 0; o < (size_t)shape->dim[0]; o++)
        for (size_t i = 0; i < (size_t)shape->dim[1] && n->awake[o]; i++)
            awake[i] |= w->host_mask[o * (size_t)shape->dim[1] + i] != LTC_DEAD;
}

static void wake(cpu_program *p, cpu_node *n)
{
    const cpu_node *next = hearer(p, n);
    const cpu_param *w = cpu_param_of(p, n, 1);
    const ltc_value *shape = ltc_graph_value(p->graph, n->node->in[1]);
    const size_t out = (size_t)shape->dim[0], in = (size_t)shape->dim[1];
    const bool all = !next || !cpu_param_of(p, next, 1)->host_mask || is_pulled(p, n);
    memset(n->awake, all, out);
    if (all)
        return;
    hear(p, next, n->awake);
    for (size_t o = 0; o < out; o++)
        n->awake[o] = n->awake[o] || !is_at_rest(w, o, in);
}

cpu_node *cpu_awake_heard_by(cpu_program *p, const cpu_node *n)
{
    for (cpu_node *before = p->node; before < n; before++)
        if (before->node->op == LTC_OP_LINEAR && hearer(p, before) == n)
            return before;
    return NULL;
}

/* From the last layer to the first. */
ltc_status cpu_awake_find(cpu_program *p, ltc_error *err)
{
    for (cpu_node *n = p->node + p->graph->n_nodes; n-- > p->node;) {
        if (n->node->op != LTC_OP_LINEAR)
            continue;
        free(n->awake);
        n->awake = cpu_block((size_t)ltc_graph_value(p->graph, n->node->in[1])->dim[0], 1);
        if (!n->awake)
            return ltc_fail(err, LTC_ENOMEM, "no memory for a layer's weights");
        wake(p, n);
    }
    return LTC_OK;
}
