/* Claims about the trainer and the session under it, on a backend of the test's own that does what it is told. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include "data/order.h"
#include "suite.h"

enum { BATCH = 2, TRAIN = 10, VALIDATION = 3, TEST = 4, STEPS = 10, GROWN = 64 };

/* The backend: one weight, which counts the steps; losses as the test says. */
typedef struct fake {
    float     w;
    uint64_t  clock;
    unsigned  readies, trains;
    uint32_t  rows[64][BATCH];
    float     rates[64];
    uint64_t  bad_step;
    bool      flush;                          /* leaves FTZ behind, as it must not */
    double    validation[64];                 /* loss after so many steps */
} fake;

static fake the;                              /* the device; tests run one after another */

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
static ltc_status fake_put(void *prog, uint32_t what, uint32_t r, uint32_t p, const void *src, size_t bytes, ltc_error *err)
{
    (void)r, (void)p, (void)err;
    fake *f = prog;
    if (what == LTC_STATE_VALUE)
        memcpy(&f->w, src, bytes);
    if (what == LTC_STATE_CLOCK)
        memcpy(&f->clock, src, bytes);
    return LTC_OK;
}
static ltc_status fake_get(void *prog, uint32_t what, uint32_t r, uint32_t p, void *dst, size_t bytes, ltc_error *err)
{
    (void)r, (void)p, (void)err;
    const fake *f = prog;
    if (what == LTC_STATE_VALUE)
        memcpy(dst, &f->w, bytes);
    if (what == LTC_STATE_CLOCK)
        memcpy(dst, &f->clock, bytes);
    return LTC_OK;
}
static ltc_status fake_ready(void *prog, ltc_error *err)
{
    (void)err;
    ((fake *)prog)->readies++;
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
        f->w += 1, f->clock++;
    }
    f->trains++;
    if (f->flush)
        _mm_setcsr(_mm_getcsr() | 0x8040u);
    return LTC_OK;
}
static ltc_status fake_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    const fake *f = prog;
    (void)err;
    *out->loss = r->split == 1 ? f->validation[(size_t)f->w] * VALIDATION : (double)f->w * (double)r->count;
    *out->correct = 1;
    return LTC_OK;
}

static lt_module fake_module(void)
{
    lt_module m = { .info = { .kind = LTC_BACKEND, .name = "fake" } };
    m.ops.backend = (ltc_backend_ops){
        LTC_BACKEND_OPS, .open = fake_open, .close = fake_close, .identity = fake_identity, .plan = fake_plan,
        .data_open = fake_data_open, .data_close = fake_data_close, .compile = fake_compile, .release = fake_release,
        .bind = fake_bind, .put = fake_put, .get = fake_get, .ready = fake_ready, .train = fake_train, .eval = fake_eval,
    };
    m.ops.backend.plan_size += GROWN;         /* built against a larger struct */
    return m;
}

static ltc_value value[3] = { { 0 }, { LTC_SAMPLE, 1, { 1, 1, 1, 1 }, NULL }, { LTC_PARAM, 1, { 1, 1, 1, 1 }, NULL } };
static ltc_param param = { "w", 2, LTC_ROLE_WEIGHT, 1, 0, { 0, 0, 0, 0 }, 1 };
static const lt_graph graph = { .view = {
    .size = sizeof(ltc_graph), .node_size = sizeof(ltc_node), .param_size = sizeof param, .value_size = sizeof value[0],
    .n_params = 1, .n_values = 3, .input = 1, .logits = 1, .param = &param, .value = value,
} };

/* What the watcher saw. The clock goes on by tick a look. */
typedef struct witness { double now, tick; unsigned evaluations, steps, stop_after; uint64_t step[32]; uint32_t train_seen; } witness;
static double tick(void *arg) { witness *w = arg; return w->now += w->tick; }
static bool stop(void *arg) { const witness *w = arg; return w->stop_after && w->steps >= w->stop_after; }
static void stepped(void *arg, const lt_progress *p) { (void)p; ((witness *)arg)->steps++; }
static ltc_status seen(void *arg, const lt_evaluation *e, const lt_progress *p, ltc_error *err)
{
    witness *w = arg;
    (void)p, (void)err;
    w->step[w->evaluations++ % 32] = e->step;
    w->train_seen += e->n[LT_TRAIN] > 0;
    return LTC_OK;
}

typedef struct bench { lt_module module; lt_device device; lt_session *session; lt_state state, best; lt_result result;
                       lt_schedule schedule; lt_data data; witness witness; ltc_error err; } bench;

static ltc_status train(bench *b, uint64_t steps, uint64_t every, double ticks, unsigned stop_after)
{
    const ltc_optimizer o = { .size = sizeof o, .kind = LTC_SGD };
    const ltc_input in = { .size = sizeof in };
    const lt_session_request r = { .graph = &graph, .optimizer = &o, .input = &in, .batch = BATCH };
    const lt_services none = { 0 };
    static int32_t label[TRAIN];
    b->module = fake_module();
    b->data = (lt_data){ .sample_type = LTC_U8, .rank = 1, .n_classes = 2, .dim = { 1, 1, 1, 1 } };
    const uint64_t n[] = { TRAIN, VALIDATION, TEST };
    for (int s = 0; s < LT_SPLITS; s++)
        b->data.split[s] = (lt_split){ .n = n[s], .x = label, .label = label };
    CU_ASSERT_FATAL(lt_device_open(&b->module, NULL, &none, &b->device, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_device_load(&b->device, &b->data, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_session_open(&b->device, &r, &b->session, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_state_create(&graph.view, &b->state, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_state_create(&graph.view, &b->best, &b->err) == LTC_OK);
    b->schedule = (lt_schedule){ .type = LT_SCHEDULE_CONSTANT, .lr = 0.5, .total = steps };
    b->witness = (witness){ .tick = ticks, .stop_after = stop_after };
    const lt_training t = { .data = &b->data, .schedule = &b->schedule, .batch = BATCH, .steps = steps,
                            .evaluate_every = every, .key_order = { 1, 2 } };
    const lt_watcher w = { &b->witness, tick, stop, stepped, seen };
    return lt_trainer_run(b->session, &t, &w, &b->state, &b->best, &b->result, &b->err);
}

static void done(bench *b)
{
    lt_state_free(&b->best), lt_state_free(&b->state);
    lt_session_close(b->session);
    lt_device_close(&b->device);
}

static void reset(const double *validation)
{
    the = (fake){ .bad_step = UINT64_MAX };
    for (size_t i = 0; i < 64; i++)
        the.validation[i] = validation ? validation[i < 10 ? i : 10] : 1;
}

static void evaluations_come_at_zero_every_k_and_the_end(void)
{
    bench b;
    reset(NULL);
    CU_ASSERT(train(&b, STEPS, 4, 0.001, 0) == LTC_OK);
    static const uint64_t due[] = { 0, 4, 8, 10 };
    CU_ASSERT(b.witness.evaluations == 4 && !memcmp(b.witness.step, due, sizeof due));
    CU_ASSERT(b.witness.train_seen == 1);
    CU_ASSERT(b.result.end.step == 10 && b.result.end.n[LT_TRAIN] == TRAIN && b.result.end.n[LT_TEST] == TEST);
    CU_ASSERT(lt_evaluation_loss(&b.result.end, LT_TEST) == 10 && lt_evaluation_accuracy(&b.result.end, LT_TEST) == 0.25);
    CU_ASSERT(b.state.value[0][0] == 10 && b.state.clock == 10);
    done(&b);
}

/* Trap 34: minimum validation loss, earliest on ties, the untrained network excluded; its state is kept. */
static void trap_34_best_is_the_earliest_minimum_of_validation_loss_after_step_0(void)
{
    static const double loss[11] = { 0.1, 9, 5, 9, 3, 9, 3, 9, 4, 9, 3 };
    bench b;
    reset(loss);
    CU_ASSERT(train(&b, STEPS, 2, 0.001, 0) == LTC_OK);
    CU_ASSERT(b.result.best.step == 4 && b.best.value[0][0] == 4 && b.best.clock == 4);
    CU_ASSERT(b.result.best.n[LT_TRAIN] == TRAIN && b.result.best.loss[LT_TRAIN] == 4 * TRAIN);
    CU_ASSERT(b.state.value[0][0] == 10);
    done(&b);
}

static void how_spans_are_cut_changes_nothing(void)
{
    bench b;
    fake first;
    reset(NULL);
    CU_ASSERT(train(&b, 50, 13, 0.001, 0) == LTC_OK);     /* a fast machine: spans double */
    done(&b);
    first = the;
    reset(NULL);
    CU_ASSERT(train(&b, 50, 13, 10, 0) == LTC_OK);        /* a slow one: every span takes ten seconds */
    done(&b);
    CU_ASSERT(the.trains > first.trains);
    CU_ASSERT(!memcmp(the.rows, first.rows, sizeof the.rows) && !memcmp(the.rates, first.rates, sizeof the.rates));
}

static void each_epoch_shows_every_sample_once(void)
{
    bench b;
    reset(NULL);
    CU_ASSERT(train(&b, STEPS, 100, 0.001, 0) == LTC_OK);
    for (int epoch = 0; epoch < 2; epoch++) {
        unsigned times[TRAIN] = { 0 };
        for (int step = 0; step < TRAIN / BATCH; step++)
            for (int i = 0; i < BATCH; i++)
                times[the.rows[epoch * TRAIN / BATCH + step][i]]++;
        for (int i = 0; i < TRAIN; i++)
            CU_ASSERT(times[i] == 1);
    }
    done(&b);
}

static void a_loss_that_is_not_finite_stops_with_the_step_and_a_remedy(void)
{
    bench b;
    reset(NULL);
    the.bad_step = 7;
    CU_ASSERT(train(&b, STEPS, 100, 0.001, 0) == LTC_ENUMERIC);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "not finite at step 7"));
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "train.optimizer.lr"));
    CU_ASSERT(b.result.stopped_at == 7 && b.state.value[0][0] == 7);
    done(&b);
}

static void an_interruption_ends_between_spans_with_the_state_so_far(void)
{
    bench b;
    reset(NULL);
    CU_ASSERT(train(&b, STEPS, 100, 10, 3) == LTC_ECANCELLED);
    CU_ASSERT(b.result.stopped_at == 3 && b.state.value[0][0] == 3 && b.state.clock == 3);
    done(&b);
}

static void no_steps_means_the_network_as_it_is(void)
{
    bench b;
    reset(NULL);
    CU_ASSERT(train(&b, 0, 5, 0.001, 0) == LTC_OK);
    CU_ASSERT(b.witness.evaluations == 1 && b.result.end.step == 0 && b.result.end.n[LT_TRAIN] == TRAIN);
    CU_ASSERT(b.result.best.step == UINT64_MAX && the.trains == 0);
    done(&b);
}

static void a_backend_leaves_no_floating_point_mode_behind(void)
{
    bench b;
    reset(NULL);
    the.flush = true;
    const unsigned mode = _mm_getcsr() & 0xffc0u;
    CU_ASSERT(train(&b, STEPS, 5, 0.001, 0) == LTC_OK);
    CU_ASSERT((_mm_getcsr() & 0xffc0u) == mode);
    done(&b);
}

static void a_plug_in_with_larger_structs_finds_room_to_write(void)
{
    const ltc_optimizer o = { .size = sizeof o, .kind = LTC_SGD };
    const ltc_input in = { .size = sizeof in };
    const lt_session_request r = { .graph = &graph, .optimizer = &o, .input = &in, .batch = BATCH };
    bench b;
    ltc_plan plan;
    reset(NULL);
    CU_ASSERT(train(&b, 1, 1, 0.001, 0) == LTC_OK);
    CU_ASSERT(lt_session_plan(&b.device, &r, &plan, &b.err) == LTC_OK && plan.bytes_fixed == 123);
    done(&b);
}

static void a_request_that_a_plug_in_cannot_read_is_refused(void)
{
    ltc_optimizer o = { .size = sizeof o, .kind = LTC_SGD, .l1 = 0.5 };
    const ltc_input in = { .size = sizeof in };
    const lt_session_request r = { .graph = &graph, .optimizer = &o, .input = &in, .batch = BATCH };
    lt_session *s = NULL;
    bench b;
    reset(NULL);
    CU_ASSERT(train(&b, 1, 1, 0.001, 0) == LTC_OK);
    b.module.ops.backend.optimizer_size = offsetof(ltc_optimizer, l1);    /* built before l1 was there */
    CU_ASSERT(lt_session_open(&b.device, &r, &s, &b.err) == LTC_EUNSUPPORTED && !s);
    o.l1 = 0;
    CU_ASSERT(lt_session_open(&b.device, &r, &s, &b.err) == LTC_OK);
    lt_session_close(s);
    done(&b);
}

int main(void)
{
    static const lt_claim claims[] = {
        { "evaluations come at 0, every k, and the end", evaluations_come_at_zero_every_k_and_the_end },
        { "trap 34: best is the earliest minimum of validation loss after step 0",
          trap_34_best_is_the_earliest_minimum_of_validation_loss_after_step_0 },
        { "how spans are cut changes nothing", how_spans_are_cut_changes_nothing },
        { "each epoch shows every sample once", each_epoch_shows_every_sample_once },
        { "a loss that is not finite stops with the step and a remedy",
          a_loss_that_is_not_finite_stops_with_the_step_and_a_remedy },
        { "an interruption ends between spans with the state so far", an_interruption_ends_between_spans_with_the_state_so_far },
        { "no steps means the network as it is", no_steps_means_the_network_as_it_is },
        { "a backend leaves no floating-point mode behind", a_backend_leaves_no_floating_point_mode_behind },
        { "a plug-in with larger structs finds room to write", a_plug_in_with_larger_structs_finds_room_to_write },
        { "a request that a plug-in cannot read is refused", a_request_that_a_plug_in_cannot_read_is_refused },
    };
    return lt_suite_run("trainer", claims, sizeof claims / sizeof claims[0]);
}
