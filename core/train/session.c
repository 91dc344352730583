/* Owns a compiled program and the structs lent to its backend. Used by the trainer; knows nothing of
 * schedules. */
#include "train/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
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
    uint8_t        *masked;                   /* [n_params]: which have a mask put */
    uint8_t        *alive;                    /* a mask of ones, large enough for any */
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

static ltc_status lend_request(const lt_module *m, const lt_session_request *r, lent_request *l,
                               ltc_error *err)
{
    const ltc_backend_ops *ops = &m->ops.backend;
    const ltc_graph sizes = { .size = ops->graph_size, .node_size = ops->node_size,
                              .param_size = ops->param_size, .value_size = ops->value_size };
    ltc_compile_req req = {
        .size = sizeof req, .batch = r->batch, .n_replicas = 1, .loss = LTC_LOSS_CROSS_ENTROPY,
        .require = LTC_CAP_REPEATABLE | LTC_CAP_SPAN_FREE, .augment = r->augment,
    };
    ltc_status st = lt_graph_lend(r->graph, &sizes, &l->graph, err);
    if (!st)
        st = lt_check_read(m, "optimizers", r->optimizer, sizeof *r->optimizer, ops->optimizer_size, err);
    if (!st)
        st = lt_check_read(m, "inputs", r->input, sizeof *r->input, ops->input_size, err);
    if (st)
        return st;
    l->optimizer = lt_lend(r->optimizer, 1, ops->optimizer_size, sizeof *r->optimizer);
    l->input = lt_lend(r->input, 1, ops->input_size, sizeof *r->input);
    req.graph = l->graph, req.optimizer = l->optimizer, req.input = l->input;
    l->compile = lt_lend(&req, 1, ops->compile_req_size, sizeof req);
    if (!l->optimizer || !l->input || !l->compile)
        return ltc_fail(err, LTC_ENOMEM, "no memory to lend a request");
    return lt_check_read(m, "programs", &req, sizeof req, ops->compile_req_size, err);
}

ltc_status lt_session_plan(lt_device *d, const lt_session_request *r, ltc_plan *plan, ltc_error *err)
{
    const ltc_backend_ops *ops = &d->backend->ops.backend;
    lent_request l = { 0 };
    ltc_plan *lent = lt_array(1, lt_lent_size(ops->plan_size, sizeof *lent));
    ltc_status st = lent ? lend_request(d->backend, r, &l, err)
                         : ltc_fail(err, LTC_ENOMEM, "no memory to plan");
    if (!st) {
        const lt_call call = lt_call_begin(d->backend, "planning", err);
        lent->size = sizeof *lent;
        st = lt_call_end(&call, ops->plan(d->dev, l.compile, lent, err));
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
    size_t largest = 0;
    for (uint32_t p = 0; p < s->graph->view.n_params; p++)
        largest = s->graph->view.param[p].n > largest ? s->graph->view.param[p].n : largest;
    s->masked = lt_array(s->graph->view.n_params, 1);
    s->alive = lt_array(largest, 1);
    if (s->alive)
        memset(s->alive, LTC_ALIVE, largest);
    return s->train_req && s->train_out && s->eval_req && s->eval_out && s->masked && s->alive
               ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to lend requests");
}

/* Can the backend read a span and an evaluation as lt_session_train and lt_session_eval will fill them in?
 * Asked once, with what is not zero wherever they may put what is not zero. */
static ltc_status check_calls(const lt_module *m, ltc_error *err)
{
    const ltc_backend_ops *ops = &m->ops.backend;
    uint64_t word = 0;
    double sum = 0;
    float real = 0;
    uint32_t row = 0;
    const ltc_key key = { 0, 0 };
    const ltc_train_req train = { .size = 1, .split = 1, .n_steps = 1, .first_step = &word, .sample = &row,
                                  .lr = &real, .key_augment = &key, .key_dropout = &key };
    const ltc_train_out trained = { .size = 1, .loss = &real, .correct = &row, .bad_step = &word };
    const ltc_eval_req eval = { .size = 1, .split = 1, .count = 1 };
    const ltc_eval_out evaluated = { .size = 1, .loss = &sum, .correct = &word };
    const struct { const char *what; const void *request; size_t own; uint32_t published; } call[] = {
        { "training calls", &train, sizeof train, ops->train_req_size },
        { "training results", &trained, sizeof trained, ops->train_out_size },
        { "evaluations", &eval, sizeof eval, ops->eval_req_size },
        { "evaluation results", &evaluated, sizeof evaluated, ops->eval_out_size },
    };
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < sizeof call / sizeof call[0] && !st; i++)
        st = lt_check_read(m, call[i].what, call[i].request, call[i].own, call[i].published, err);
    return st;
}

static ltc_status compile(lt_session *s, ltc_error *err)
{
    const lt_call call = lt_call_begin(s->device->backend, "compiling", err);
    return lt_call_end(&call, ops_of(s)->compile(s->device->dev, s->lent.compile, &s->program, err));
}

static ltc_status bind_splits(lt_session *s, ltc_error *err)
{
    const lt_call call = lt_call_begin(s->device->backend, "binding the data", err);
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < LT_SPLITS && !st; i++)
        if (s->device->data[i])
            st = ops_of(s)->bind(s->program, i, s->device->data[i], err);
    return lt_call_end(&call, st);
}

ltc_status lt_session_open(lt_device *d, const lt_session_request *r, lt_session **out, ltc_error *err)
{
    lt_session *s = lt_array(1, sizeof *s);
    if (!s)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a training session");
    s->device = d;
    s->graph = r->graph;
    ltc_status st = check_calls(d->backend, err);
    if (!st)
        st = lend_calls(s, err);
    if (!st)
        st = lend_request(d->backend, r, &s->lent, err);
    if (!st)
        st = compile(s, err);
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
    const lt_call call = lt_call_begin(s->device->backend, "releasing the program", NULL);
    if (s->program)
        ops_of(s)->release(s->program);
    lt_call_end(&call, LTC_OK);
    lent_free(&s->lent);
    free(s->train_req), free(s->train_out), free(s->eval_req), free(s->eval_out);
    free(s->masked), free(s->alive);
    free(s);
}

static ltc_status put(lt_session *s, uint32_t what, uint32_t p, const void *src, size_t bytes, ltc_error *err)
{
    const lt_call call = lt_call_begin(s->device->backend, "taking a state", err);
    return lt_call_end(&call, ops_of(s)->put(s->program, what, 0, p, src, bytes, err));
}

static ltc_status get(lt_session *s, uint32_t what, uint32_t p, void *dst, size_t bytes, ltc_error *err)
{
    const lt_call call = lt_call_begin(s->device->backend, "giving its state", err);
    return lt_call_end(&call, ops_of(s)->get(s->program, what, 0, p, dst, bytes, err));
}

static ltc_status put_param(lt_session *s, uint32_t p, const lt_state *state, ltc_error *err)
{
    const ltc_param *param = ltc_graph_param(&s->graph->view, p);
    const size_t bytes = param->n * sizeof(float);
    ltc_status st = LTC_OK;
    if (state->mask[p] || s->masked[p])       /* what another state masked is alive again */
        st = put(s, LTC_STATE_MASK, p, state->mask[p] ? state->mask[p] : s->alive, param->n, err);
    s->masked[p] = state->mask[p] != NULL;
    if (!st)
        st = put(s, LTC_STATE_VALUE, p, state->value[p], bytes, err);
    if (!st && param->trained)
        st = put(s, LTC_STATE_SLOT_1, p, state->slot1[p], bytes, err);
    if (!st && param->trained)
        st = put(s, LTC_STATE_SLOT_2, p, state->slot2[p], bytes, err);
    return st;
}

static ltc_status make_ready(lt_session *s, ltc_error *err)
{
    const lt_call call = lt_call_begin(s->device->backend, "getting ready", err);
    return lt_call_end(&call, ops_of(s)->ready(s->program, err));
}

ltc_status lt_session_put(lt_session *s, const lt_state *state, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < s->graph->view.n_params && !st; p++)
        st = put_param(s, p, state, err);
    if (!st)
        st = put(s, LTC_STATE_CLOCK, 0, &state->clock, sizeof state->clock, err);
    return st ? st : make_ready(s, err);
}

static ltc_status get_param(lt_session *s, uint32_t p, lt_state *state, ltc_error *err)
{
    const ltc_param *param = ltc_graph_param(&s->graph->view, p);
    const size_t bytes = param->n * sizeof(float);
    ltc_status st = get(s, LTC_STATE_VALUE, p, state->value[p], bytes, err);
    if (!st && param->trained)
        st = get(s, LTC_STATE_SLOT_1, p, state->slot1[p], bytes, err);
    if (!st && param->trained)
        st = get(s, LTC_STATE_SLOT_2, p, state->slot2[p], bytes, err);
    return st;
}

ltc_status lt_session_get(lt_session *s, lt_state *state, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < s->graph->view.n_params && !st; p++)
        st = get_param(s, p, state, err);
    return st ? st : get(s, LTC_STATE_CLOCK, 0, &state->clock, sizeof state->clock, err);
}

/* No step of another span can have gone wrong in this one. */
static ltc_status check_span(const lt_session *s, const lt_span *span, ltc_error *err)
{
    if (span->bad_step == UINT64_MAX || span->bad_step - span->first_step < span->n_steps)
        return LTC_OK;
    return ltc_fail(err, LTC_EINTERNAL, "backend '%s' says that step %" PRIu64 " went wrong in a span of "
                    "%" PRIu32 " from step %" PRIu64 "; report this to the plug-in's author",
                    s->device->backend->info.name, span->bad_step, span->n_steps, span->first_step);
}

ltc_status lt_session_train(lt_session *s, lt_span *span, ltc_error *err)
{
    *s->train_req = (ltc_train_req){
        .size = sizeof *s->train_req, .split = LT_TRAIN, .n_steps = span->n_steps,
        .first_step = &span->first_step, .sample = span->row, .lr = span->lr,
        .key_augment = &span->key_augment, .key_dropout = &span->key_dropout,
    };
    *s->train_out = (ltc_train_out){
        .size = sizeof *s->train_out, .loss = span->loss, .correct = span->correct,
        .bad_step = &span->bad_step,
    };
    const lt_call call = lt_call_begin(s->device->backend, "training", err);
    const ltc_status st = lt_call_end(&call, ops_of(s)->train(s->program, s->train_req, s->train_out, err));
    return st ? st : check_span(s, span, err);
}

ltc_status lt_session_eval(lt_session *s, uint32_t split, uint64_t first, uint64_t n, double *loss, uint64_t *correct,
                           ltc_error *err)
{
    *s->eval_req = (ltc_eval_req){ .size = sizeof *s->eval_req, .split = split, .first = first, .count = n };
    *s->eval_out = (ltc_eval_out){ .size = sizeof *s->eval_out, .loss = loss, .correct = correct };
    const lt_call call = lt_call_begin(s->device->backend, "evaluating", err);
    return lt_call_end(&call, ops_of(s)->eval(s->program, s->eval_req, s->eval_out, err));
}
