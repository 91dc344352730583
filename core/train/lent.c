/* Lends a backend what it is to compile. Called when a program is planned, and when it is opened. */
#include "train/lent.h"

#include <stdlib.h>

#include "plugin/border.h"
#include "util/memory.h"

/* Promises that results rest on: whatever is trained, and for replicas beside one another. */
enum { ALONE = LTC_CAP_REPEATABLE | LTC_CAP_SPAN_FREE, COHORT = LTC_CAP_COHORT | LTC_CAP_REPLICA_FREE };

void lt_lent_program_free(lt_lent_program *l)
{
    free(l->graph), free(l->optimizer), free(l->input), free(l->compile);
    *l = (lt_lent_program){ 0 };
}

ltc_status lt_lend_program(const lt_module *m, const lt_program_request *r, uint32_t replicas, lt_lent_program *l,
                               ltc_error *err)
{
    const ltc_backend_ops *ops = &m->ops.backend;
    const ltc_graph sizes = { .size = ops->graph_size, .node_size = ops->node_size,
                              .param_size = ops->param_size, .value_size = ops->value_size };
    ltc_compile_req req = {
        .size = sizeof req, .batch = r->batch, .n_replicas = replicas, .loss = LTC_LOSS_CROSS_ENTROPY,
        .require = replicas > 1 ? ALONE | COHORT : ALONE, .augment = r->augment,
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

ltc_status lt_program_plan(lt_device *d, const lt_program_request *r, ltc_plan *plan, ltc_error *err)
{
    const ltc_backend_ops *ops = &d->backend->ops.backend;
    lt_lent_program l = { 0 };
    ltc_plan *lent = lt_array(1, lt_lent_size(ops->plan_size, sizeof *lent));
    ltc_status st = lent ? lt_lend_program(d->backend, r, 1, &l, err)
                         : ltc_fail(err, LTC_ENOMEM, "no memory to plan");
    if (!st) {
        const lt_call call = lt_call_begin(d->backend, "planning", err);
        lent->size = sizeof *lent;
        st = lt_call_end(&call, ops->plan(d->dev, l.compile, lent, err));
    }
    if (!st)
        *plan = *lent;
    lt_lent_program_free(&l);
    free(lent);
    return st;
}

uint32_t lt_program_most(const ltc_plan *plan)
{
    const uint32_t all = ALONE | COHORT;
    return (plan->caps & all) == all && plan->max_replicas ? plan->max_replicas : 1;
}

/* Can the backend read a span and an evaluation as they will be filled in? Asked with what is not zero wherever they
 * may have what is not zero. */
static ltc_status check_calls(const lt_module *m, ltc_error *err)
{
    const ltc_backend_ops *ops = &m->ops.backend;
    uint64_t word = 0;
    double sum = 0;
    float real = 0;
    uint32_t row = 0;
    const ltc_key key = { 0, 0 };
    const ltc_train_req train = { .size = 1, .split = 1, .n_steps = 1, .first_step = &word, .sample = &row,
                                  .sample_stride = 1, .lr = &real, .lr_stride = 1, .key_augment = &key,
                                  .key_dropout = &key };
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

ltc_status lt_program_check(const lt_device *d, const lt_program_request *r, ltc_error *err)
{
    lt_lent_program l = { 0 };
    const ltc_status st = check_calls(d->backend, err);
    const ltc_status lent = st ? st : lt_lend_program(d->backend, r, 1, &l, err);
    lt_lent_program_free(&l);
    return lent;
}
