/* Owns a compiled program and the structs lent to its backend. Used by the trainer; knows nothing of schedules. */
#include "train/session.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "plugin/fpmode.h"
#include "util/memory.h"

/* What compile() is shown; outlives the program. */
typedef struct lent_request {
    ltc_graph       *graph;
    ltc_optimizer   *optimizer;
    ltc_input       *input;
    ltc_compile_req *compile;
} lent_request;

struct lt_session {
    lt_device      *device;
    const lt_graph *graph;
    void           *program;
    lent_request    lent;
    ltc_train_req  *train_req;
    ltc_train_out  *train_out;
    ltc_eval_req   *eval_req;
    ltc_eval_out   *eval_out;
};

static const ltc_backend_ops *ops_of(const lt_session *s)
{
    return &s->device->backend->ops.backend;
}

static void lent_free(lent_request *l)
{
    free(l->graph), free(l->optimizer), free(l->input), free(l->compile);
    *l = (lent_request){ 0 };
}

/* A request may say nothing that the backend was not built to read. */
static ltc_status check_read(const lt_module *m, const char *what, const void *request, size_t own, uint32_t published,
                             ltc_error *err)
{
    for (size_t i = published; i < own; i++)
        if (((const unsigned char *)request)[i])
            return ltc_fail(err, LTC_EUNSUPPORTED, "%s was built before this core's %s: rebuild it", m->info.name, what);
    return LTC_OK;
}

static ltc_status lend_request(const lt_module *m, const lt_session_request *r, lent_request *l, ltc_error *err)
{
    const ltc_backend_ops *ops = &m->ops.backend;
    const ltc_graph sizes = { .size = ops->graph_size, .node_size = ops->node_size, .param_size = ops->param_size,
                              .value_size = ops->value_size };
    ltc_compile_req req = {
        .size = sizeof req, .batch = r->batch, .n_replicas = 1, .require = LTC_CAP_REPEATABLE | LTC_CAP_SPAN_FREE,
        .loss = LTC_LOSS_CROSS_ENTROPY, .augment = r->augment,
    };
    ltc_status st = lt_graph_lend(r->graph, &sizes, &l->graph, err);
    if (!st)
        st = check_read(m, "optimizers", r->optimizer, sizeof *r->optimizer, ops->optimizer_size, err);
    if (st)
        return st;
    l->optimizer = lt_lend(r->optimizer, 1, ops->optimizer_size, sizeof *r->optimizer);
    l->input = lt_lend(r->input, 1, ops->input_size, sizeof *r->input);
    req.graph = l->graph, req.optimizer = l->optimizer, req.input = l->input;
    l->compile = lt_lend(&req, 1, ops->compile_req_size, sizeof req);
    if (!l->optimizer || !l->input || !l->compile)
        return ltc_fail(err, LTC_ENOMEM, "no memory to lend a request");
    return LTC_OK;
}

ltc_status lt_session_plan(lt_device *d, const lt_session_request *r, ltc_plan *plan, ltc_error *err)
{
    const ltc_backend_ops *ops = &d->backend->ops.backend;
    lent_request l = { 0 };
    ltc_plan *lent = lt_array(1, lt_lent_size(ops->plan_size, sizeof *lent));
    ltc_status st = lent ? lend_request(d->backend, r, &l, err) : ltc_fail(err, LTC_ENOMEM, "no memory to plan");
    if (!st) {
        lent->size = sizeof *lent;
        st = ops->plan(d->dev, l.compile, lent, err);
    }
    if (!st)
        *plan = *lent;
    lent_free(&l);
    free(lent);
    return st;
}

static ltc_status lend_calls(lt_session *s, ltc_error *err)
{
    const ltc_backend_ops *ops = ops_of(s);
    s->train_req = lt_array(1, lt_lent_size(ops->train_req_size, sizeof *s->train_req));
    s->train_out = lt_array(1, lt_lent_size(ops->train_out_size, sizeof *s->train_out));
    s->eval_req = lt_array(1, lt_lent_size(ops->eval_req_size, sizeof *s->eval_req));
    s->eval_out = lt_array(1, lt_lent_size(ops->eval_out_size, sizeof *s->eval_out));
    return s->train_req && s->train_out && s->eval_req && s->eval_out
               ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to lend requests");
}

static ltc_status bind_splits(lt_session *s, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < LT_SPLITS && !st; i++)
        if (s->device->data[i])
            st = ops_of(s)->bind(s->program, i, s->device->data[i], err);
    return st;
}

ltc_status lt_session_open(lt_device *d, const lt_session_request *r, lt_session **out, ltc_error *err)
{
    lt_session *s = lt_array(1, sizeof *s);
    if (!s)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a training session");
    s->device = d;
    s->graph = r->graph;
    ltc_status st = lend_calls(s, err);
    if (!st)
        st = lend_request(d->backend, r, &s->lent, err);
    if (!st)
        st = ops_of(s)->compile(d->dev, s->lent.compile, &s->program, err);
    if (!st)
        st = bind_splits(s, err);
    if (st)
        lt_session_close(s);
    else
        *out = s;
    return st;
}

void lt_session_close(lt_session *s)
{
    if (!s)
        return;
    if (s->program)
        ops_of(s)->release(s->program);
    lent_free(&s->lent);
    free(s->train_req), free(s->train_out), free(s->eval_req), free(s->eval_out);
    free(s);
}

static ltc_status put_param(lt_session *s, uint32_t p, const lt_state *state, ltc_error *err)
{
    const ltc_backend_ops *ops = ops_of(s);
    const ltc_param *param = ltc_graph_param(&s->graph->view, p);
    const size_t bytes = param->n * sizeof(float);
    ltc_status st = LTC_OK;
    if (state->mask[p])
        st = ops->put(s->program, LTC_STATE_MASK, 0, p, state->mask[p], param->n, err);
    if (!st)
        st = ops->put(s->program, LTC_STATE_VALUE, 0, p, state->value[p], bytes, err);
    if (!st && param->trained)
        st = ops->put(s->program, LTC_STATE_SLOT_1, 0, p, state->slot1[p], bytes, err);
    if (!st && param->trained)
        st = ops->put(s->program, LTC_STATE_SLOT_2, 0, p, state->slot2[p], bytes, err);
    return st;
}

ltc_status lt_session_put(lt_session *s, const lt_state *state, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < s->graph->view.n_params && !st; p++)
        st = put_param(s, p, state, err);
    if (!st)
        st = ops_of(s)->put(s->program, LTC_STATE_CLOCK, 0, 0, &state->clock, sizeof state->clock, err);
    if (!st) {
        const lt_fpmode mode = lt_fpmode_get();
        st = ops_of(s)->ready(s->program, err);
        lt_fpmode_set(mode);
    }
    return st;
}

ltc_status lt_session_get(lt_session *s, lt_state *state, ltc_error *err)
{
    const ltc_backend_ops *ops = ops_of(s);
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < s->graph->view.n_params && !st; p++) {
        const ltc_param *param = ltc_graph_param(&s->graph->view, p);
        const size_t bytes = param->n * sizeof(float);
        st = ops->get(s->program, LTC_STATE_VALUE, 0, p, state->value[p], bytes, err);
        if (!st && param->trained)
            st = ops->get(s->program, LTC_STATE_SLOT_1, 0, p, state->slot1[p], bytes, err);
        if (!st && param->trained)
            st = ops->get(s->program, LTC_STATE_SLOT_2, 0, p, state->slot2[p], bytes, err);
    }
    return st ? st : ops->get(s->program, LTC_STATE_CLOCK, 0, 0, &state->clock, sizeof state->clock, err);
}

ltc_status lt_session_train(lt_session *s, lt_span *span, ltc_error *err)
{
    *s->train_req = (ltc_train_req){
        .size = sizeof *s->train_req, .split = LT_TRAIN, .n_steps = span->n_steps, .first_step = &span->first_step,
        .sample = span->row, .lr = span->lr, .key_augment = &span->key_augment, .key_dropout = &span->key_dropout,
    };
    *s->train_out = (ltc_train_out){
        .size = sizeof *s->train_out, .loss = span->loss, .correct = span->correct, .bad_step = &span->bad_step,
    };
    const lt_fpmode mode = lt_fpmode_get();
    const ltc_status st = ops_of(s)->train(s->program, s->train_req, s->train_out, err);
    lt_fpmode_set(mode);
    return st;
}

ltc_status lt_session_eval(lt_session *s, uint32_t split, uint64_t n, double *loss, uint64_t *correct, ltc_error *err)
{
    *s->eval_req = (ltc_eval_req){ .size = sizeof *s->eval_req, .split = split, .count = n };
    *s->eval_out = (ltc_eval_out){ .size = sizeof *s->eval_out, .loss = loss, .correct = correct };
    const lt_fpmode mode = lt_fpmode_get();
    const ltc_status st = ops_of(s)->eval(s->program, s->eval_req, s->eval_out, err);
    lt_fpmode_set(mode);
    return st;
}
