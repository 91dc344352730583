/* Walks a program's nodes: each by the table, by the gemm, or by a reference kernel, as
 * resolved when it was compiled. */
#include "op.h"
#include "parts.h"
#include "program.h"

static bool declines(ltc_status (*call)(void *, const ltc_node *, const ltc_io *), void *dev,
                     const ltc_node *node, const ltc_io *io)
{
    ltc_io query = *io;
    query.rows = 0;
    return !call || call(dev, node, &query) == LTC_EUNSUPPORTED;
}

static lts_route fallback(const ltc_node *node)
{
    return lts_gemm_can(node) ? LTS_ROUTE_GEMM : lts_on_host() ? LTS_ROUTE_REFERENCE : LTS_ROUTE_MISSING;
}

void lts_walk_resolve(lts_program *p)
{
    const ltc_optable *t = &ltc_optable_table;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const ltc_node *node = ltc_graph_node(p->graph, i);
        lts_step *s = &p->step[i];
        if (node->op == LTC_OP_FLATTEN)
            continue;                         /* LTS_ROUTE_VIEW */
        s->forward = declines(t->forward, p->device->dev, node, &s->io) ? fallback(node) : LTS_ROUTE_TABLE;
        s->backward = declines(t->backward, p->device->dev, node, &s->io) ? fallback(node) : LTS_ROUTE_TABLE;
    }
    const ltc_update none = { 0 };
    const bool own = t->update && t->update(p->device->dev, &p->optimizer, &none) != LTC_EUNSUPPORTED;
    p->update = own ? LTS_ROUTE_TABLE : lts_on_host() ? LTS_ROUTE_REFERENCE : LTS_ROUTE_MISSING;
}

static ltc_status failed(const lts_program *p, uint32_t i, const char *way, ltc_status st, ltc_error *err)
{
    const ltc_node *node = ltc_graph_node(p->graph, i);
    return ltc_fail(err, st == LTC_EUNSUPPORTED ? LTC_EINTERNAL : st,
                    "the %s pass of node %u (%s '%s') failed with status %d", way, i, lts_op_name(node->op),
                    node->name ? node->name : "", (int)st);
}

ltc_status lts_walk_forward(lts_program *p, uint32_t rows, bool training, ltc_key key_dropout, ltc_error *err)
{
    lts_tape_set_rows(&p->tape, rows);
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const ltc_node *node = ltc_graph_node(p->graph, i);
        lts_step *s = &p->step[i];
        lts_io *io = &p->tape.io[i];
        ltc_status st = LTC_OK;
        io->training = training;
        if (training && node->op == LTC_OP_DROPOUT)
            io->key = ltc_key_fold(key_dropout, i);
        s->io.rows = io->rows, s->io.training = training, s->io.key = io->key;
        if (s->forward == LTS_ROUTE_TABLE)
            st = ltc_optable_table.forward(p->device->dev, node, &s->io);
        else if (s->forward == LTS_ROUTE_GEMM)
            st = lts_gemm_forward(p, node, &s->io);
        else if (s->forward == LTS_ROUTE_REFERENCE)
            lts_parts_forward(p->device->host, &p->tape.kernels->op[node->op], node, io);
        if (st)
            return failed(p, i, "forward", st, err);
    }
    return LTC_OK;
}

static ltc_status clear_gradients(lts_program *p, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < p->n_clear && !st; i++) {
        void *grad = lts_tape_grad(&p->tape, p->clear[i]);
        const size_t bytes = lts_tape_bytes(&p->tape, p->clear[i], p->batch);
        if (lts_on_host())
            lts_parts_clear(p->device->host, grad, bytes);
        else
            st = lts_memory_copy(p->device, grad, p->zeros, bytes, LTC_COPY_ON_DEVICE, err);
    }
    return st;
}

ltc_status lts_walk_backward(lts_program *p, ltc_error *err)
{
    ltc_status st = clear_gradients(p, err);
    if (st)
        return st;
    for (uint32_t i = p->graph->n_nodes; i-- > 0;) {
        const ltc_node *node = ltc_graph_node(p->graph, i);
        const lts_step *s = &p->step[i];
        if (!s->io.out_grad)
            continue;
        if (s->backward == LTS_ROUTE_TABLE)
            st = ltc_optable_table.backward(p->device->dev, node, &s->io);
        else if (s->backward == LTS_ROUTE_GEMM)
            st = lts_gemm_backward(p, node, s);
        else if (s->backward == LTS_ROUTE_REFERENCE)
            lts_parts_backward(p->device->host, &p->tape.kernels->op[node->op], node, &p->tape.io[i],
                               s->first);
        if (st)
            return failed(p, i, "backward", st, err);
    }
    return LTC_OK;
}

static ltc_status update_param(lts_program *p, uint32_t i, float lr)
{
    const ltc_param *param = ltc_graph_param(p->graph, i);
    const lts_param_place *place = &p->tape.param[i];
    const lts_update u = {
        .n = param->n, .role = param->role, .w = lts_tape_value(&p->tape, param->value),
        .grad = lts_tape_grad(&p->tape, param->value), .slot1 = lts_tape_at(&p->tape, place->slot[0]),
        .slot2 = lts_tape_at(&p->tape, place->slot[1]), .clock = p->clock, .lr = (double)lr,
        .mask = p->has_mask[i] ? lts_tape_at(&p->tape, place->mask) : NULL,
    };
    if (p->update == LTS_ROUTE_REFERENCE) {
        lts_parts_update(p->device->host, p->tape.kernels, &p->optimizer, &u);
        return LTC_OK;
    }
    const ltc_update t = {
        .n = u.n,
        .role = u.role,
        .w = u.w,
        .grad = u.grad,
        .slot1 = u.slot1,
        .slot2 = u.slot2,
        .mask = u.mask,
        .clock = u.clock,
        .lr = u.lr,
    };
    return ltc_optable_table.update(p->device->dev, &p->optimizer, &t);
}

/* The running statistics of one batch norm, which are few: always on the host. */
static ltc_status commit(lts_program *p, uint32_t i, ltc_error *err)
{
    const ltc_node *node = ltc_graph_node(p->graph, i);
    lts_io io = p->tape.io[i];
    void *mean = lts_tape_value(&p->tape, node->in[3]), *var = lts_tape_value(&p->tape, node->in[4]);
    if (lts_on_host()) {
        p->tape.kernels->commit(node, &io, mean, var);
        return LTC_OK;
    }
    const size_t n = (size_t)io.out_shape->dim[0], bytes = n * sizeof(float);
    float *m = p->bounce, *v = m + n, *saved = v + n;
    ltc_status st = lts_memory_copy(p->device, m, mean, bytes, LTC_COPY_TO_HOST, err);
    if (!st)
        st = lts_memory_copy(p->device, v, var, bytes, LTC_COPY_TO_HOST, err);
    if (!st)
        st = lts_memory_copy(p->device, saved, io.saved, 2 * bytes, LTC_COPY_TO_HOST, err);
    if (st)
        return st;
    io.saved = saved;
    p->tape.kernels->commit(node, &io, m, v);
    st = lts_memory_copy(p->device, mean, m, bytes, LTC_COPY_TO_DEVICE, err);
    return st ? st : lts_memory_copy(p->device, var, v, bytes, LTC_COPY_TO_DEVICE, err);
}

ltc_status lts_walk_update(lts_program *p, float lr, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < p->graph->n_params; i++) {
        const ltc_param *param = ltc_graph_param(p->graph, i);
        if (!param->trained)
            continue;
        st = update_param(p, i, lr);
        if (st)
            return ltc_fail(err, st == LTC_EUNSUPPORTED ? LTC_EINTERNAL : st,
                            "the update of '%s' failed with status %d", param->name, (int)st);
    }
    for (uint32_t i = 0; i < p->graph->n_nodes && !st; i++)
        if (ltc_graph_node(p->graph, i)->op == LTC_OP_BATCH_NORM)
            st = commit(p, i, err);
    p->clock++;
    return st;
}
