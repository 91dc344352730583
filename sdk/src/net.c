/* Owns a net: a tape on the host, walked with the reference kernels. */
#include <ltsdk/net.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"
#include "tape.h"

struct lts_net {
    lts_tape tape;
    void    *block;
    uint32_t rows;                            /* of the last forward pass */
    uint64_t clock;                           /* updates so far */
    bool     has_statistics;                  /* that pass took the batch's */
};

ltc_status lts_net_create(const ltc_graph *graph, uint32_t type, uint32_t rows, uint32_t flags, lts_net **net,
                          ltc_error *err)
{
    lts_net *n = calloc(1, sizeof *n);
    if (!n)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a network");
    const uint32_t tape_flags = flags & LTS_NET_TRAIN ? LTS_TAPE_GRAD | LTS_TAPE_TRAIN : flags & LTS_NET_GRAD;
    ltc_status st = lts_tape_plan(&n->tape, graph, type, rows, tape_flags, err);
    if (!st && !(n->block = lts_block(n->tape.bytes)))
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a network of %zu bytes", n->tape.bytes);
    if (!st)
        st = lts_tape_attach(&n->tape, n->block, err);
    if (st) {
        lts_net_destroy(n);
        return st;
    }
    for (uint32_t v = 1; v < graph->n_values; v++) {
        const ltc_value *value = ltc_graph_value(graph, v);
        if (value->kind == LTC_CONST && value->data)
            n->tape.kernels->load(lts_net_value(n, v), value->data, ltc_value_count(value));
    }
    for (uint32_t p = 0; p < graph->n_params; p++)
        if (lts_net_mask(n, p))
            memset(lts_net_mask(n, p), LTC_ALIVE, ltc_graph_param(graph, p)->n);
    *net = n;
    return LTC_OK;
}

void lts_net_destroy(lts_net *net)
{
    if (!net)
        return;
    lts_tape_free(&net->tape);
    free(net->block);
    free(net);
}

void *lts_net_value(const lts_net *net, uint32_t value)
{
    return lts_tape_value(&net->tape, value);
}

void *lts_net_grad(const lts_net *net, uint32_t value)
{
    return lts_tape_grad(&net->tape, value);
}

void *lts_net_slot(const lts_net *net, uint32_t param, uint32_t slot)
{
    return lts_tape_at(&net->tape, net->tape.param[param].slot[slot - 1]);
}

uint8_t *lts_net_mask(const lts_net *net, uint32_t param)
{
    return lts_tape_at(&net->tape, net->tape.param[param].mask);
}

void lts_net_load(lts_net *net, uint32_t param, const float *src)
{
    const ltc_param *p = ltc_graph_param(net->tape.graph, param);
    net->tape.kernels->load(lts_net_value(net, p->value), src, p->n);
}

void lts_net_forward(lts_net *net, const lts_pass *pass)
{
    const lts_tape *t = &net->tape;
    assert(pass->rows >= 1 && pass->rows <= t->rows);
    net->rows = pass->rows;
    net->has_statistics = pass->batch_stats;
    lts_tape_set_rows(&net->tape, pass->rows);
    for (uint32_t i = 0; i < t->graph->n_nodes; i++) {
        const ltc_node *node = ltc_graph_node(t->graph, i);
        t->io[i].training = node->op == LTC_OP_DROPOUT ? pass->dropout : pass->batch_stats;
        t->io[i].key = ltc_key_fold(pass->key_dropout, i);
        if (t->kernels->op[node->op].forward)
            t->kernels->op[node->op].forward(node, &t->io[i]);
    }
}

double lts_net_loss(lts_net *net, const lts_loss_req *req, uint32_t *correct)
{
    const lts_tape *t = &net->tape;
    const uint32_t logits = t->graph->logits;
    const lts_loss l = {
        .rows = net->rows, .classes = ltc_value_count(ltc_graph_value(t->graph, logits)),
        .logits = lts_net_value(net, logits), .grad = lts_net_grad(net, logits), .label = req->label,
        .logit_scale = req->logit_scale, .grad_scale = req->grad_scale, .loss = req->loss,
    };
    return t->kernels->loss(&l, correct);
}

void lts_net_backward(lts_net *net)
{
    const lts_tape *t = &net->tape;
    const ltc_graph *g = t->graph;
    for (uint32_t v = 1; v < g->n_values; v++)
        if (lts_net_grad(net, v) && lts_net_grad(net, v) != lts_net_grad(net, g->logits))
            memset(lts_net_grad(net, v), 0, lts_tape_bytes(t, v, net->rows));
    for (uint32_t i = g->n_nodes; i-- > 0;) {
        const ltc_node *node = ltc_graph_node(g, i);
        if (t->io[i].out_grad && t->kernels->op[node->op].backward)
            t->kernels->op[node->op].backward(node, &t->io[i]);
    }
}

void lts_net_update(lts_net *net, const ltc_optimizer *optimizer, double lr)
{
    const lts_tape *t = &net->tape;
    assert(t->kernels->update);
    for (uint32_t p = 0; p < t->graph->n_params; p++) {
        const ltc_param *param = ltc_graph_param(t->graph, p);
        const lts_update u = {
            .n = param->n,
            .role = param->role,
            .w = lts_net_value(net, param->value),
            .grad = lts_net_grad(net, param->value),
            .slot1 = lts_net_slot(net, p, 1),
            .slot2 = lts_net_slot(net, p, 2),
            .mask = lts_net_mask(net, p),
            .clock = net->clock,
            .lr = lr,
        };
        if (param->trained)
            t->kernels->update(optimizer, &u);
    }
    for (uint32_t i = 0; net->has_statistics && i < t->graph->n_nodes; i++) {
        const ltc_node *node = ltc_graph_node(t->graph, i);
        if (node->op == LTC_OP_BATCH_NORM)
            t->kernels->commit(node, &t->io[i], lts_net_value(net, node->in[3]),
                               lts_net_value(net, node->in[4]));
    }
    net->clock++;
}
