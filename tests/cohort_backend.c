/* The table of the backend that test_cohort.c trains on, one small function a slot. */
#include "cohort_backend.h"

#include <stdio.h>
#include <string.h>

fake the;

static void check(bool right) { the.wrong += !right; }

static ltc_status fake_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    (void)h, (void)opts, (void)err;
    *dev = &the;
    return LTC_OK;
}
static void fake_close(void *dev) { (void)dev; }
static ltc_status fake_identity(void *dev, char *text, size_t n, ltc_error *err)
{
    (void)dev, (void)err;
    snprintf(text, n, "fake/1");
    return LTC_OK;
}
static ltc_status fake_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err)
{
    (void)dev, (void)r, (void)err;
    plan->max_replicas = THREADS;
    return LTC_OK;
}
static ltc_status fake_data_open(void *dev, const ltc_data_desc *d, void **data, ltc_error *err)
{
    (void)d, (void)err;
    *data = dev;
    return LTC_OK;
}
static ltc_status fake_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    if (r->n_replicas > the.room)
        return ltc_fail(err, LTC_ENOMEM, "no memory");
    check(!the.n && r->n_replicas <= THREADS);
    the.n = r->n_replicas;
    memset(the.put, 0, sizeof the.put);
    the.programs++;
    *prog = dev;
    return LTC_OK;
}
static void fake_release(void *prog)
{
    (void)prog;
    the.n = 0;
}
static ltc_status fake_bind(void *prog, uint32_t s, void *data, ltc_error *err)
{
    return (void)prog, (void)s, (void)data, (void)err, LTC_OK;
}
static ltc_status fake_put(void *prog, uint32_t what, uint32_t r, uint32_t p, const void *src, size_t bytes,
                           ltc_error *err)
{
    float w;
    (void)prog, (void)p, (void)err;
    check(r < the.n);
    the.ready = false;
    if (what == LTC_STATE_CLOCK)
        memcpy(&the.clock[r], src, bytes);
    if (what == LTC_STATE_VALUE) {
        memcpy(&w, src, bytes);
        the.w[r] = (double)w, the.put[r] = true;
    }
    return LTC_OK;
}
static ltc_status fake_get(void *prog, uint32_t what, uint32_t r, uint32_t p, void *dst, size_t bytes,
                           ltc_error *err)
{
    (void)prog, (void)p, (void)err;
    check(r < the.n && the.put[r] && the.ready);
    const float w = (float)the.w[r];
    memset(dst, 0, bytes);
    if (what == LTC_STATE_CLOCK)
        memcpy(dst, &the.clock[r], bytes);
    if (what == LTC_STATE_VALUE)
        memcpy(dst, &w, bytes);
    return LTC_OK;
}
static ltc_status fake_ready(void *prog, ltc_error *err)
{
    (void)prog, (void)err;
    for (uint32_t r = 0; r < the.n; r++)
        check(the.put[r]);
    the.ready = true;
    return LTC_OK;
}

double fake_stepped(double w, uint64_t step, uint32_t row, float lr, ltc_key a, ltc_key d)
{
    const uint64_t mixed = (uint64_t)(w + 7 * (double)step + 13 * (double)row + 17 * (double)lr) +
                           19 * a.seed + 23 * d.seed;
    return (double)(mixed % 65521);
}

static ltc_status fake_train(void *prog, const ltc_train_req *q, ltc_train_out *out, ltc_error *err)
{
    (void)prog;
    check(!atomic_exchange(&the.inside, true) && the.ready);
    the.trains++;
    for (uint32_t r = 0; r < the.n; r++) {
        out->bad_step[r] = UINT64_MAX;
        for (uint32_t i = 0; i < q->n_steps; i++) {
            the.w[r] = fake_stepped(the.w[r], q->first_step[r] + i, q->sample[r * q->sample_stride + i],
                               q->lr[r * q->lr_stride + i], q->key_augment[r], q->key_dropout[r]);
            out->loss[r * q->n_steps + i] = (float)the.w[r];
            out->correct[r * q->n_steps + i] = i;
            the.clock[r]++;
        }
    }
    atomic_store(&the.inside, false);
    return the.trains == the.fails_at ? ltc_fail(err, LTC_EDEVICE, "it fell off") : LTC_OK;
}
static ltc_status fake_eval(void *prog, const ltc_eval_req *q, ltc_eval_out *out, ltc_error *err)
{
    (void)prog, (void)err;
    check(!atomic_exchange(&the.inside, true) && the.ready);
    the.evals++;
    for (uint32_t r = 0; r < the.n; r++)
        for (uint64_t i = q->first; i < q->first + q->count; i++)
            out->loss[r] += the.w[r] + (double)(i * (q->split + 1)), out->correct[r] += i % 3 == 0;
    atomic_store(&the.inside, false);
    return LTC_OK;
}

static ltc_value value[3] = { { 0 },
                              { LTC_SAMPLE, 1, { 1, 1, 1, 1 }, NULL },
                              { LTC_PARAM, 1, { 1, 1, 1, 1 }, NULL } };
static ltc_param param = { "w", 2, LTC_ROLE_WEIGHT, 1, 0, { 0, 0, 0, 0 }, 1 };
static const lt_graph graph = { .view = {
    .size = sizeof(ltc_graph), .node_size = sizeof(ltc_node), .param_size = sizeof param,
    .value_size = sizeof value[0], .n_params = 1, .n_values = 3, .input = 1, .logits = 1, .param = &param,
    .value = value,
} };
static const ltc_optimizer optimizer = { .size = sizeof optimizer, .kind = LTC_SGD };
static const ltc_input input = { .size = sizeof input };
const lt_program_request cohort_request = {
    .graph = &graph, .optimizer = &optimizer, .input = &input, .batch = 1
};

lt_module cohort_backend(void)
{
    lt_module m = { .info = { .kind = LTC_BACKEND, .name = "fake" } };
    m.ops.backend = (ltc_backend_ops){
        LTC_BACKEND_OPS,           .open = fake_open,       .close = fake_close,
        .identity = fake_identity, .plan = fake_plan,       .data_open = fake_data_open,
        .data_close = fake_close,  .compile = fake_compile, .release = fake_release,
        .bind = fake_bind,         .put = fake_put,         .get = fake_get,
        .ready = fake_ready,       .train = fake_train,     .eval = fake_eval,
    };
    return m;
}
