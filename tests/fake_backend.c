/* The table of the test backend, one small function a slot. */
#include "fake_backend.h"

#include <string.h>
#include <xmmintrin.h>

#include "suite.h"

fake the;

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
    memset((char *)plan + sizeof *plan, 7, GROWN);        /* as a newer plug-in would: it was lent the room */
    plan->bytes_fixed = 123;
    return LTC_OK;
}
static ltc_status fake_data_open(void *dev, const ltc_data_desc *d, void **data, ltc_error *err)
{
    (void)dev, (void)err;
    *data = (void *)(uintptr_t)d->n;
    return LTC_OK;
}
static void fake_data_close(void *data) { (void)data; }
static ltc_status fake_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    (void)err;
    CU_ASSERT(r->batch == BATCH && r->n_replicas == 1 && r->graph->n_params == 1);
    *prog = dev;
    return LTC_OK;
}
static void fake_release(void *prog) { (void)prog; }
static ltc_status fake_bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    static const uint64_t n[] = { TRAIN, VALIDATION, TEST };
    (void)prog, (void)err;
    CU_ASSERT((uintptr_t)data == n[split]);
    return LTC_OK;
}
static void *part_of(fake *f, uint32_t what)
{
    return what == LTC_STATE_VALUE ? (void *)&f->w : what == LTC_STATE_SLOT_1 ? (void *)&f->slot
         : what == LTC_STATE_CLOCK ? (void *)&f->clock : NULL;
}
static ltc_status fake_put(void *prog, uint32_t what, uint32_t r, uint32_t p, const void *src, size_t bytes,
                           ltc_error *err)
{
    (void)r, (void)p, (void)err;
    if (part_of(prog, what))
        memcpy(part_of(prog, what), src, bytes);
    return LTC_OK;
}
static ltc_status fake_get(void *prog, uint32_t what, uint32_t r, uint32_t p, void *dst, size_t bytes,
                           ltc_error *err)
{
    (void)r, (void)p, (void)err;
    memset(dst, 0, bytes);
    if (part_of(prog, what))
        memcpy(dst, part_of(prog, what), bytes);
    return LTC_OK;
}
static ltc_status fake_ready(void *prog, ltc_error *err)
{
    (void)prog, (void)err;
    return LTC_OK;
}
static ltc_status fake_train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    fake *f = prog;
    (void)err;
    *out->bad_step = UINT64_MAX;
    for (uint32_t i = 0; i < r->n_steps; i++) {
        const uint64_t step = *r->first_step + i;
        if (step == f->bad_step) {
            *out->bad_step = step;
            break;
        }
        memcpy(f->rows[step], r->sample + i * BATCH, sizeof f->rows[step]);
        f->rates[step] = r->lr[i];
        out->loss[i] = (float)step, out->correct[i] = 1;
        f->slot = 0.5f * f->slot + (float)(r->sample[i * BATCH] + 10 * r->sample[i * BATCH + 1]);
        f->w += r->lr[i] * f->slot + f->drift;
        f->clock++, f->steps++;
    }
    f->trains++;
    if (f->flush)
        _mm_setcsr(_mm_getcsr() | 0x8040u);
    return LTC_OK;
}
static ltc_status fake_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    fake *f = prog;
    (void)err;
    if (!r->first)
        f->evaluated = 0;
    f->evals++, f->evaluated += r->first == f->evaluated ? r->count : 0;
    *out->loss += r->split == 1 ? f->validation[f->clock % MOST_STEPS] * VALIDATION
                                : (double)f->w * (double)r->count;
    *out->correct += 1;
    return LTC_OK;
}

lt_module fake_module(void)
{
    lt_module m = { .info = { .kind = LTC_BACKEND, .name = "fake" } };
    m.ops.backend = (ltc_backend_ops){
        LTC_BACKEND_OPS, .open = fake_open, .close = fake_close, .identity = fake_identity, .plan = fake_plan,
        .data_open = fake_data_open, .data_close = fake_data_close, .compile = fake_compile,
        .release = fake_release, .bind = fake_bind, .put = fake_put, .get = fake_get, .ready = fake_ready,
        .train = fake_train, .eval = fake_eval,
    };
    m.ops.backend.plan_size += GROWN;         /* built against a larger struct */
    return m;
}

static ltc_value value[3] = { { 0 },
                              { LTC_SAMPLE, 1, { 1, 1, 1, 1 }, NULL },
                              { LTC_PARAM, 1, { 1, 1, 1, 1 }, NULL } };
static ltc_param param = { "w", 2, LTC_ROLE_WEIGHT, 1, 0, { 0, 0, 0, 0 }, 1 };
const lt_graph fake_graph = { .view = {
    .size = sizeof(ltc_graph), .node_size = sizeof(ltc_node), .param_size = sizeof param,
    .value_size = sizeof value[0], .n_params = 1, .n_values = 3, .input = 1, .logits = 1, .param = &param,
    .value = value,
} };

void fake_reset(const double *validation)
{
    the = (fake){ .bad_step = UINT64_MAX };
    for (size_t i = 0; i < MOST_STEPS; i++)
        the.validation[i] = validation ? validation[i < 10 ? i : 10] : 1;
}

lt_data fake_data(void)
{
    static int32_t nothing[TRAIN];
    lt_data d = { .sample_type = LTC_U8, .rank = 1, .n_classes = 2, .dim = { 1, 1, 1, 1 } };
    const uint64_t n[] = { TRAIN, VALIDATION, TEST };
    for (int s = 0; s < LT_SPLITS; s++)
        d.split[s] = (lt_split){ .n = n[s], .x = nothing, .label = nothing };
    return d;
}
