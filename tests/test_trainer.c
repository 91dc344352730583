/* Claims about the trainer and the session under it, on a backend of the tests' own. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include "fake_backend.h"
#include "suite.h"

enum { STEPS = 10 };

/* What the watcher saw. The clock goes on by tick a look. */
typedef struct witness { double now, tick; unsigned steps, stop_after; lt_progress last; } witness;
static double tick(void *arg) { witness *w = arg; return w->now += w->tick; }
static bool stop(void *arg) { const witness *w = arg; return w->stop_after && w->steps >= w->stop_after; }
static void stepped(void *arg, const lt_progress *p)
{
    ((witness *)arg)->steps++, ((witness *)arg)->last = *p;
}

typedef struct bench {
    lt_module   module;
    lt_device   device;
    lt_session *session;
    lt_trainer *trainer;
    lt_state    state;
    lt_schedule schedule;
    lt_data     data;
    lt_training training;
    lt_watcher  watcher;
    witness     witness;
    ltc_error   err;
} bench;

static const ltc_optimizer optimizer = { .size = sizeof optimizer, .kind = LTC_SGD };
static const ltc_input input = { .size = sizeof input };
static const lt_program_request request = {
    .graph = &fake_graph, .optimizer = &optimizer, .input = &input, .batch = BATCH
};

static void begin(bench *b, uint64_t steps, double ticks, unsigned stop_after)
{
    const lt_services none = { 0 };
    *b = (bench){ .module = fake_module(),
                  .data = fake_data(),
                  .witness = { .tick = ticks, .stop_after = stop_after } };
    CU_ASSERT_FATAL(lt_device_open(&b->module, NULL, &none, &b->device, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_device_load(&b->device, &b->data, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_session_open(&b->device, &request, &b->session, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_state_create(&fake_graph.view, &b->state, &b->err) == LTC_OK);
    lt_session_put(b->session, &b->state);
    b->schedule = (lt_schedule){ .type = LT_SCHEDULE_CONSTANT, .lr = 0.5, .total = steps };
    b->training = (lt_training){ .data = &b->data, .schedule = &b->schedule, .batch = BATCH, .steps = steps,
                                 .key_order = { 1, 2 } };
    b->watcher = (lt_watcher){ &b->witness, tick, stop, stepped };
    CU_ASSERT_FATAL(lt_trainer_open(b->session, &b->training, &b->watcher, &b->trainer, &b->err) == LTC_OK);
}

static void done(bench *b)
{
    lt_trainer_close(b->trainer);
    lt_state_free(&b->state);
    lt_session_close(b->session);
    lt_device_close(&b->device);
}

static ltc_status advance(bench *b, uint64_t from, uint64_t to, double pause_s, uint64_t *reached)
{
    return lt_trainer_advance(b->trainer, from, to, pause_s, reached, &b->err);
}

static void how_spans_are_cut_changes_nothing(void)
{
    bench b;
    fake first;
    uint64_t reached;
    fake_reset(NULL);
    begin(&b, 50, 0.001, 0);                  /* a fast machine: spans double */
    CU_ASSERT(advance(&b, 0, 50, 0, &reached) == LTC_OK && reached == 50);
    done(&b);
    first = the;
    fake_reset(NULL);
    begin(&b, 50, 10, 0);                     /* a slow one: every span takes ten seconds */
    for (uint64_t step = 0; step < 50; step = reached)
        CU_ASSERT(advance(&b, step, step + 7 < 50 ? step + 7 : 50, 0, &reached) == LTC_OK);
    done(&b);
    CU_ASSERT(the.trains > first.trains && the.w == first.w && the.slot == first.slot);
    CU_ASSERT(!memcmp(the.rows, first.rows, sizeof the.rows) &&
              !memcmp(the.rates, first.rates, sizeof the.rates));
}

static void each_epoch_shows_every_sample_once(void)
{
    bench b;
    uint64_t reached;
    fake_reset(NULL);
    begin(&b, STEPS, 0.001, 0);
    CU_ASSERT(advance(&b, 0, STEPS, 0, &reached) == LTC_OK);
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
    uint64_t reached;
    fake_reset(NULL);
    the.bad_step = 7;
    begin(&b, STEPS, 0.001, 0);
    CU_ASSERT(advance(&b, 0, STEPS, 0, &reached) == LTC_ENUMERIC && reached == 7 && the.clock == 7);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "not finite at step 7"));
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "train.optimizer.lr"));
    done(&b);
}

static void an_interruption_ends_between_spans(void)
{
    bench b;
    uint64_t reached;
    fake_reset(NULL);
    begin(&b, STEPS, 10, 3);
    CU_ASSERT(advance(&b, 0, STEPS, 0, &reached) == LTC_ECANCELLED && reached == 3 && the.clock == 3);
    done(&b);
}

static void a_pause_ends_early_and_going_on_is_the_same(void)
{
    bench b;
    uint64_t reached;
    fake_reset(NULL);
    begin(&b, STEPS, 1, 0);
    CU_ASSERT(advance(&b, 0, STEPS, 5, &reached) == LTC_OK && reached > 0 && reached < STEPS);
    CU_ASSERT(advance(&b, reached, STEPS, 0, &reached) == LTC_OK && reached == STEPS);
    const float paused = the.w;
    done(&b);
    fake_reset(NULL);
    begin(&b, STEPS, 0.001, 0);
    CU_ASSERT(advance(&b, 0, STEPS, 0, &reached) == LTC_OK && the.w == paused);
    done(&b);
}

static void progress_is_a_mean_since_it_was_last_forgotten(void)
{
    bench b;
    uint64_t reached;
    fake_reset(NULL);
    begin(&b, STEPS, 0.001, 0);
    CU_ASSERT(advance(&b, 0, 4, 0, &reached) == LTC_OK);
    /* losses 0, 1, 2, 3 */
    CU_ASSERT(b.witness.last.batch_loss == 1.5 && b.witness.last.batch_accuracy == 0.5);
    lt_trainer_forget(b.trainer);
    CU_ASSERT(advance(&b, 4, 6, 0, &reached) == LTC_OK && b.witness.last.batch_loss == 4.5);
    CU_ASSERT(b.witness.last.step == 6 && b.witness.last.steps == STEPS);
    done(&b);
}

static void a_backend_leaves_no_floating_point_mode_behind(void)
{
    bench b;
    uint64_t reached;
    fake_reset(NULL);
    the.flush = true;
    const unsigned mode = _mm_getcsr() & 0xffc0u;
    begin(&b, STEPS, 0.001, 0);
    CU_ASSERT(advance(&b, 0, STEPS, 0, &reached) == LTC_OK);
    CU_ASSERT((_mm_getcsr() & 0xffc0u) == mode);
    done(&b);
}

static void a_plug_in_with_larger_structs_finds_room_to_write(void)
{
    bench b;
    ltc_plan plan;
    fake_reset(NULL);
    begin(&b, 1, 0.001, 0);
    CU_ASSERT(lt_program_plan(&b.device, &request, &plan, &b.err) == LTC_OK && plan.bytes_fixed == 123);
    done(&b);
}

static void a_request_that_a_plug_in_cannot_read_is_refused(void)
{
    ltc_optimizer o = { .size = sizeof o, .kind = LTC_SGD, .l1 = 0.5 };
    lt_program_request r = request;
    lt_session *s = NULL;
    bench b;
    fake_reset(NULL);
    begin(&b, 1, 0.001, 0);
    r.optimizer = &o;
    b.module.ops.backend.optimizer_size = offsetof(ltc_optimizer, l1);    /* built before l1 was there */
    CU_ASSERT(lt_session_open(&b.device, &r, &s, &b.err) == LTC_EUNSUPPORTED && !s);
    o.l1 = 0;
    CU_ASSERT(lt_session_open(&b.device, &r, &s, &b.err) == LTC_OK);
    lt_session_close(s);
    done(&b);
}

/* A split as large as one likes: the fake backend only counts. */
static ltc_status evaluate(bench *b, uint64_t n, lt_evaluation *e)
{
    b->data.split[LT_TEST].n = n;
    return lt_evaluate(b->session, &b->data, LT_TEST, &b->watcher, e, &b->err);
}

static void an_evaluation_goes_in_parts_that_grow_while_they_are_quick(void)
{
    bench b;
    lt_evaluation e = { 0 };
    fake_reset(NULL);
    begin(&b, STEPS, 0.001, 0);
    CU_ASSERT(evaluate(&b, 1000000, &e) == LTC_OK);
    CU_ASSERT(the.evaluated == 1000000 && e.n[LT_TEST] == 1000000);
    CU_ASSERT(the.evals > 1 && the.evals < 20 && e.correct[LT_TEST] == the.evals);        /* one hit a call */
    the.evals = 0, b.witness.tick = 10;
    CU_ASSERT(evaluate(&b, 1000, &e) == LTC_OK);
    CU_ASSERT(the.evaluated == 1000 && the.evals == 4);
    CU_ASSERT(e.correct[LT_TEST] == 4);       /* nothing is left of the evaluation before */
    done(&b);
}

static void an_evaluation_stops_where_it_is_told_to(void)
{
    bench b;
    lt_evaluation e = { 0 };
    fake_reset(NULL);
    begin(&b, STEPS, 0.001, 1);
    b.witness.steps = 1;                      /* it is to stop from now on */
    CU_ASSERT(evaluate(&b, 1000, &e) == LTC_ECANCELLED);
    CU_ASSERT(the.evals == 0);
    done(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "how spans are cut changes nothing", how_spans_are_cut_changes_nothing },
        { "each epoch shows every sample once", each_epoch_shows_every_sample_once },
        { "a loss that is not finite stops with the step and a remedy",
          a_loss_that_is_not_finite_stops_with_the_step_and_a_remedy },
        { "an interruption ends between spans", an_interruption_ends_between_spans },
        { "a pause ends early, and going on is the same", a_pause_ends_early_and_going_on_is_the_same },
        { "progress is a mean since it was last forgotten", progress_is_a_mean_since_it_was_last_forgotten },
        { "a backend leaves no floating-point mode behind", a_backend_leaves_no_floating_point_mode_behind },
        { "a plug-in with larger structs finds room to write",
          a_plug_in_with_larger_structs_finds_room_to_write },
        { "a request that a plug-in cannot read is refused",
          a_request_that_a_plug_in_cannot_read_is_refused },
        { "an evaluation goes in parts, longer ones while they are quick",
          an_evaluation_goes_in_parts_that_grow_while_they_are_quick },
        { "an evaluation stops where it is told to", an_evaluation_stops_where_it_is_told_to },
    };
    return lt_suite_run("trainer", claims, sizeof claims / sizeof claims[0]);
}
