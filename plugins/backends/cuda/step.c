/* Puts a step in order: rows, forward, loss, backward, update. Nothing here waits or asks the device
 * anything, so that all of it can be captured once and replayed. */
#include <string.h>

#include "program.h"

static lcu_site site_of(lcu_program *p, uint32_t i, uint32_t rows, bool training)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    return (lcu_site){ .p = p, .node = n, .x = ltc_graph_value(p->graph, n->in[0]),
                       .y = ltc_graph_value(p->graph, n->out), .i = i, .rows = rows, .training = training };
}

void lcu_forward(lcu_program *p, uint32_t rows, bool training)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const lcu_site s = site_of(p, i, rows, training);
        if (lcu_operations[s.node->op].forward)
            lcu_operations[s.node->op].forward(&s);
    }
}

/* The loss gives the logits theirs; from there back each node gives to its inputs, the first setting what
 * is there. Views share their gradient's place. */
static bool is_begun(const lcu_program *p, const bool *begun, uint32_t value)
{
    bool is = false;
    for (uint32_t v = 1; v < p->graph->n_values && !is; v++)
        is = begun[v] && p->grad[v].at == p->grad[value].at;
    return is;
}

static void plan_node(lcu_program *p, uint32_t i, bool *begun)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    p->back[i].active = n->op != LTC_OP_FLATTEN && p->grad[n->out].at && is_begun(p, begun, n->out);
    for (uint32_t k = 0; k < n->n_in && p->back[i].active; k++) {
        const uint32_t v = n->in[k];
        const bool is_statistic = n->op == LTC_OP_BATCH_NORM && k >= 3;
        if (!v || !p->grad[v].at || is_statistic)
            continue;
        if (is_begun(p, begun, v))
            p->back[i].adds |= (uint64_t)1 << k;
        begun[v] = true;
    }
}

void lcu_plan_backward(lcu_program *p)
{
    bool *begun = p->has_value;               /* not in use yet, and long enough */
    begun[p->graph->logits] = p->grad[p->graph->logits].at != NULL;
    for (uint32_t i = p->graph->n_nodes; i-- > 0;)
        plan_node(p, i, begun);
    for (uint32_t v = 0; v < p->graph->n_values; v++)
        begun[v] = false;
}

static void backward(lcu_program *p)
{
    for (uint32_t i = p->graph->n_nodes; i-- > 0;) {
        const lcu_site s = site_of(p, i, p->batch, true);
        if (p->back[i].active)
            lcu_operations[s.node->op].backward(&s);
    }
}

lcu_gather lcu_gather_of(const lcu_program *p, uint32_t rows)
{
    const ltc_value *x = ltc_graph_value(p->graph, p->graph->input);
    return (lcu_gather){
        .replica = p->replica, .table = p->table, .mean = p->mean, .std = p->std,
        .to = p->value[p->graph->input], .to_label = p->label, .to_label_stride = p->rows, .rows = rows,
        .channels = (uint32_t)x->dim[0], .height = (uint32_t)x->dim[1], .width = (uint32_t)x->dim[2],
    };
}

lcu_loss lcu_loss_of(const lcu_program *p, uint32_t rows)
{
    return (lcu_loss){
        .logits = p->value[p->graph->logits], .label = p->label, .label_stride = p->rows,
        .row_loss = p->row_loss, .row_hit = p->row_hit, .rows = rows,
        .classes = (uint32_t)ltc_value_count(ltc_graph_value(p->graph, p->graph->logits)),
    };
}

static lcu_gather gather_of(const lcu_program *p)
{
    lcu_gather g = lcu_gather_of(p, p->batch);
    g.chunk = p->chunk, g.augment = p->augment;
    return g;
}

static lcu_loss loss_of(const lcu_program *p)
{
    lcu_loss l = lcu_loss_of(p, p->batch);
    l.grad = p->grad[p->graph->logits], l.chunk = p->chunk, l.replica = p->replica;
    l.loss = p->loss, l.correct = p->correct, l.most_steps = LCU_MOST_STEPS;
    l.beta1 = p->optimizer.beta1, l.beta2 = p->optimizer.beta2, l.is_adam = p->optimizer.kind != LTC_SGD;
    return l;
}

static lcu_update update_of(const lcu_program *p)
{
    const ltc_optimizer *o = &p->optimizer;
    return (lcu_update){
        .segment = p->segment, .replica = p->replica, .n_segments = p->n_segments, .n_blocks = p->n_blocks,
        .nesterov = o->nesterov, .mu = (float)o->momentum, .b1 = (float)o->beta1, .b2 = (float)o->beta2,
        .one_b1 = (float)(1 - o->beta1), .one_b2 = (float)(1 - o->beta2), .eps = (float)o->eps,
    };
}

void lcu_step(lcu_program *p)
{
    const lcu_gather g = gather_of(p);
    const lcu_loss l = loss_of(p);
    const lcu_update u = update_of(p);
    lcu_gather_rows(p->device, &g, p->replicas);
    lcu_forward(p, p->batch, true);
    lcu_loss_train(p->device, &l, p->replicas);
    backward(p);
    lcu_update_all(p->device, &u, p->replicas);
}

/* No replica changes: the update is for nobody, and what cuDNN works on is overwritten by each step. */
void lcu_rehearse(lcu_program *p, const lcu_set *replicas)
{
    const lcu_set nobody = { { 0 } };
    lcu_only(p->device, &nobody);
    lcu_step(p);
    if (!p->dnn)
        return;
    lcu_only(p->device, replicas);
    lcu_forward(p, p->batch, true);
    backward(p);
}

lcu_fused lcu_fused_of(const lcu_program *p, const lcu_gather *g, const lcu_loss *l)
{
    lcu_fused f = { .gather = *g, .loss = *l, .update = update_of(p), .links = p->links.lists,
                    .n_layers = p->links.n_layers };
    memcpy(f.layer, p->links.layer, sizeof f.layer);
    return f;
}

void lcu_chunk_by_links(lcu_program *p)
{
    const lcu_gather g = gather_of(p);
    const lcu_loss l = loss_of(p);
    const lcu_fused f = lcu_fused_of(p, &g, &l);
    lcu_fused_train(p->device, &f, p->replicas);
}
