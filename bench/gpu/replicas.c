/* bench_replicas CONFIG SPANS STEPS REPLICAS DENSITY [KEY=VALUE...] - times training steps of a cohort: so
 * many replicas of a configuration's network in one program, each with its own initial weights, rows and
 * keys, and of each weight's elements that part alive. Prints median and best microseconds a step of one
 * replica, and the backend's identity. For bench/gpu/compare. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "data/key.h"
#include "train/init.h"

/* One program and what its spans are told and say. */
typedef struct cohort {
    const ltc_backend_ops *ops;
    const lt_regime *regime;
    void     *program;
    uint32_t  n, batch;
    uint64_t *first, *bad;                    /* [n] */
    ltc_key  *key;                            /* [n] */
    uint32_t *row, *correct;                  /* [n][steps][batch]; [n][steps] */
    float    *lr, *loss;
} cohort;

static ltc_status compile(cohort *c, lt_device *d, ltc_error *err)
{
    const lt_program_request s = lt_regime_program(c->regime);
    const ltc_compile_req r = {
        .size = sizeof r,
        .batch = s.batch,
        .n_replicas = c->n,
        .loss = LTC_LOSS_CROSS_ENTROPY,
        .augment = s.augment,
        .require =
            LTC_CAP_REPEATABLE | LTC_CAP_SPAN_FREE | (c->n > 1 ? LTC_CAP_COHORT | LTC_CAP_REPLICA_FREE : 0),
        .graph = &s.graph->view,
        .optimizer = s.optimizer,
        .input = s.input,
    };
    c->ops = &d->backend->ops.backend;
    c->batch = s.batch;
    const ltc_status st = c->ops->compile(d->dev, &r, &c->program, err);
    return st ? st : c->ops->bind(c->program, LT_TRAIN, d->data[LT_TRAIN], err);
}

/* Values, and masks where a density is asked for: an element is alive where its draw is below it. */
static ltc_status put_replica(const cohort *c, uint32_t replica, const ltc_graph *g, double density,
                              lt_state *state, uint8_t *mask, ltc_error *err)
{
    const ltc_key key = lt_regime_key(c->regime, LT_KEY_INIT, replica, 0);
    ltc_status st = LTC_OK;
    lt_init_state(g, c->regime->settings->arch.init, key, state);
    for (uint32_t p = 0; p < g->n_params && !st; p++) {
        const ltc_param *q = ltc_graph_param(g, p);
        st = c->ops->put(c->program, LTC_STATE_VALUE, replica, p, state->value[p], q->n * sizeof(float), err);
        for (size_t i = 0; i < q->n; i++)
            mask[i] = (double)ltc_rand_unit(ltc_key_fold(key, p), i) < density ? LTC_ALIVE : LTC_DEAD;
        if (!st && density < 1 && q->role & LTC_ROLE_WEIGHT)
            st = c->ops->put(c->program, LTC_STATE_MASK, replica, p, mask, q->n, err);
    }
    return st;
}

static ltc_status put_all(cohort *c, double density, ltc_error *err)
{
    const ltc_graph *g = &c->regime->experiment->graph.view;
    size_t largest = 1;
    for (uint32_t p = 0; p < g->n_params; p++)
        largest = ltc_graph_param(g, p)->n > largest ? ltc_graph_param(g, p)->n : largest;
    lt_state state = { 0 };
    uint8_t *mask = calloc(largest, 1);
    ltc_status st =
        mask ? lt_state_create(g, &state, err) : ltc_fail(err, LTC_ENOMEM, "no memory for a mask");
    for (uint32_t r = 0; r < c->n && !st; r++)
        st = put_replica(c, r, g, density, &state, mask, err);
    lt_state_free(&state);
    free(mask);
    return st ? st : c->ops->ready(c->program, err);
}

/* Every replica draws rows of its own; the rate does not change. */
static ltc_status write_down(cohort *c, uint64_t n_rows, uint64_t steps, ltc_error *err)
{
    const size_t all = (size_t)c->n * steps;
    c->first = calloc(c->n, sizeof *c->first), c->bad = calloc(c->n, sizeof *c->bad);
    c->key = calloc(c->n, sizeof *c->key);
    c->row = calloc(all * c->batch, sizeof *c->row), c->correct = calloc(all, sizeof *c->correct);
    c->lr = calloc(steps, sizeof *c->lr), c->loss = calloc(all, sizeof *c->loss);
    if (!c->first || !c->bad || !c->key || !c->row || !c->correct || !c->lr || !c->loss)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a span");
    for (uint32_t r = 0; r < c->n; r++)
        c->key[r] = lt_regime_key(c->regime, LT_KEY_INIT, r, 1);
    for (size_t i = 0; i < all * c->batch; i++)
        c->row[i] = ltc_rand_below(c->key[i / (steps * c->batch)], i, (uint32_t)n_rows);
    for (uint64_t s = 0; s < steps; s++)
        c->lr[s] = 1e-4f;
    return LTC_OK;
}

static ltc_status span(cohort *c, uint64_t steps, ltc_error *err)
{
    const ltc_train_req r = {
        .size = sizeof r,
        .split = LT_TRAIN,
        .n_steps = (uint32_t)steps,
        .first_step = c->first,
        .sample = c->row,
        .sample_stride = steps * c->batch,
        .lr = c->lr,
        .key_augment = c->key,
        .key_dropout = c->key,
    };
    ltc_train_out out = { .size = sizeof out, .loss = c->loss, .correct = c->correct, .bad_step = c->bad };
    const ltc_status st = c->ops->train(c->program, &r, &out, err);
    for (uint32_t i = 0; i < c->n; i++)
        c->first[i] += steps;
    return st;
}

/* One span more, before, warms up. */
static ltc_status time_spans(cohort *c, const lt_bench_request *q, double *us, ltc_error *err)
{
    ltc_status st = span(c, q->steps, err);
    for (uint64_t i = 0; i < q->spans && !st; i++) {
        const double start = lt_bench_now_s();
        st = span(c, q->steps, err);
        us[i] = (lt_bench_now_s() - start) * 1e6 / (double)(q->steps * q->n);
    }
    return st;
}

static void close_cohort(cohort *c)
{
    if (c->program)
        c->ops->release(c->program);
    free(c->first), free(c->bad), free(c->key), free(c->row), free(c->correct), free(c->lr), free(c->loss);
}

static ltc_status time_cohort(lt_device *d, lt_regime *r, const lt_bench_request *q, ltc_error *err)
{
    cohort c = { .regime = r, .n = q->n };
    double *us = calloc(q->spans, sizeof *us);
    const double density = lt_bench_density(q);
    ltc_status st = us ? compile(&c, d, err) : ltc_fail(err, LTC_ENOMEM, "no memory for the times");
    if (!st && !q->steps)
        st = ltc_fail(err, LTC_EINVAL, "a span has one step or more");
    if (!st && density <= 0)
        st = ltc_fail(err, LTC_EINVAL, "'%s' is no density in (0, 1]", q->under);
    if (!st)
        st = put_all(&c, density, err);
    if (!st)
        st = write_down(&c, r->experiment->data.split[LT_TRAIN].n, q->steps, err);
    if (!st)
        st = time_spans(&c, q, us, err);
    if (!st) {
        lt_bench_print(us, q->spans);
        printf("%s\n", d->identity);
    }
    close_cohort(&c);
    free(us);
    return st;
}

int main(int argc, char **argv)
{
    return lt_bench_run(argc, argv, "bench_replicas CONFIG SPANS STEPS REPLICAS DENSITY [KEY=VALUE...]", 1,
                        time_cohort);
}
