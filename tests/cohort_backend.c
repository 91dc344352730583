/* The table of the backend that test_cohort.c trains on, one small function a slot. */
#include "cohort_backend.h"

#include <stdio.h>
#include <string.h>

cohort_calls asked;

static void check(bool right) { asked.wrong += !right; }

static ltc_status plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err)
{
    (void)dev, (void)r, (void)err;
    plan->max_replicas = THREADS;
    return LTC_OK;
}
static ltc_status compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    if (r->n_replicas > asked.room)
        return ltc_fail(err, LTC_ENOMEM, "no memory");
    check(!asked.n && r->n_replicas <= THREADS);
    asked.n = r->n_replicas;
    memset(asked.put, 0, sizeof asked.put);
    asked.programs++;
    *prog = dev;
    return LTC_OK;
}
static void release(void *prog)
{
    (void)prog;
    asked.n = 0;
}
static ltc_status bind(void *prog, uint32_t s, void *data, ltc_error *err)
{
    return (void)prog, (void)s, (void)data, (void)err, LTC_OK;
}
static ltc_status put(void *prog, uint32_t what, uint32_t r, uint32_t p, const void *src, size_t bytes,
                      ltc_error *err)
{
    float w;
    (void)prog, (void)p, (void)err;
    check(r < asked.n);
    asked.ready = false;
    if (what == LTC_STATE_CLOCK)
        memcpy(&asked.clock[r], src, bytes);
    if (what == LTC_STATE_VALUE) {
        memcpy(&w, src, bytes);
        asked.w[r] = (double)w, asked.put[r] = true;
    }
    return LTC_OK;
}
static ltc_status get(void *prog, uint32_t what, uint32_t r, uint32_t p, void *dst, size_t bytes,
                      ltc_error *err)
{
    (void)prog, (void)p, (void)err;
    check(r < asked.n && asked.put[r] && asked.ready);
    const float w = (float)asked.w[r];
    memset(dst, 0, bytes);
    if (what == LTC_STATE_CLOCK)
        memcpy(dst, &asked.clock[r], bytes);
    if (what == LTC_STATE_VALUE)
        memcpy(dst, &w, bytes);
    return LTC_OK;
}
static ltc_status ready(void *prog, ltc_error *err)
{
    (void)prog, (void)err;
    for (uint32_t r = 0; r < asked.n; r++)
        check(asked.put[r]);
    asked.ready = true;
    return LTC_OK;
}

double cohort_step(double w, uint64_t step, uint32_t row, float lr, ltc_key a, ltc_key d)
{
    const uint64_t mixed = (uint64_t)(w + 7 * (double)step + 13 * (double)row + 17 * (double)lr) +
                           19 * a.seed + 23 * d.seed;
    return (double)(mixed % 65521);
}

static ltc_status train(void *prog, const ltc_train_req *q, ltc_train_out *out, ltc_error *err)
{
    (void)prog;
    check(!atomic_exchange(&asked.inside, true) && asked.ready);
    asked.trains++;
    for (uint32_t r = 0; r < asked.n; r++) {
        out->bad_step[r] = UINT64_MAX;
        for (uint32_t i = 0; i < q->n_steps; i++) {
            asked.w[r] = cohort_step(asked.w[r], q->first_step[r] + i, q->sample[r * q->sample_stride + i],
                               q->lr[r * q->lr_stride + i], q->key_augment[r], q->key_dropout[r]);
            out->loss[r * q->n_steps + i] = (float)asked.w[r];
            out->correct[r * q->n_steps + i] = i;
            asked.clock[r]++;
        }
    }
    atomic_store(&asked.inside, false);
    return asked.trains == asked.fails_at ? ltc_fail(err, LTC_EDEVICE, "it fell off") : LTC_OK;
}
static ltc_status eval(void *prog, const ltc_eval_req *q, ltc_eval_out *out, ltc_error *err)
{
    (void)prog, (void)err;
    check(!atomic_exchange(&asked.inside, true) && asked.ready);
    asked.evals++;
    for (uint32_t r = 0; r < asked.n; r++)
        for (uint64_t i = q->first; i < q->first + q->count; i++)
            out->loss[r] += asked.w[r] + (double)(i * (q->split + 1)), out->correct[r] += i % 3 == 0;
    atomic_store(&asked.inside, false);
    return LTC_OK;
}

static const ltc_optimizer optimizer = { .size = sizeof optimizer, .kind = LTC_SGD };
static const ltc_input input = { .size = sizeof input };
const lt_program_request cohort_request = {
    .graph = &fake_graph, .optimizer = &optimizer, .input = &input, .batch = 1
};

lt_module cohort_backend(void)
{
    lt_module m = fake_module();
    ltc_backend_ops *o = &m.ops.backend;
    o->plan = plan, o->compile = compile, o->release = release, o->bind = bind;
    o->put = put, o->get = get, o->ready = ready, o->train = train, o->eval = eval;
    return m;
}
