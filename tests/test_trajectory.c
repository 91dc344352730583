/* Claims about trajectories: what is stored is never trained again, and what is trained again has the same bytes. */
#include "plan/trajectory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_backend.h"
#include "plan/trajectory_record.h"
#include "suite.h"

/* A store in a temporary directory, and a session on the test backend. */
typedef struct bench {
    char        path[64];
    lt_module   module;
    lt_device   device;
    lt_session *session;
    lt_store   *store;
    lt_state    start;
    lt_schedule schedule;
    lt_data     data;
    lt_training training;
    double      now, tick;
    unsigned    spans, stop_after, saves;     /* saves: of the record, seen while it trains */
    unsigned    stop_evals;                   /* stop after so many evaluations */
    double      save_s;
    uint64_t    record;                       /* its size when it was last looked at */
    uint64_t    first_step;                   /* where the start state stands; it tells trajectories apart */
    lt_watcher  watcher;
    ltc_error   err;
} bench;

static double tick(void *arg) { bench *b = arg; return b->now += b->tick; }
static bool stop(void *arg) { const bench *b = arg; return (b->stop_after && b->spans >= b->stop_after) ||
                                                       (b->stop_evals && the.evals >= b->stop_evals); }

/* Also looks whether the record has grown. */
static void stepped(void *arg, const lt_progress *p)
{
    bench *b = arg;
    const lt_digest key = { { 7 } };
    lt_text text = { 0 };
    bool found = false;
    (void)p;
    b->spans++;
    CU_ASSERT(lt_record_get(b->store, &key, &text, &found, &b->err) == LTC_OK);
    b->saves += found && text.n != b->record;
    b->record = text.n;
    lt_text_free(&text);
}

static void ignore(void *arg, const char *sentence) { (void)arg, (void)sentence; }

static void begin(bench *b, const double *validation)
{
    static const ltc_optimizer optimizer = { .size = sizeof optimizer, .kind = LTC_SGD };
    static const ltc_input input = { .size = sizeof input };
    static const lt_program_request request = { .graph = &fake_graph, .optimizer = &optimizer, .input = &input,
                                                .batch = BATCH };
    const lt_services none = { 0 };
    fake_reset(validation);
    *b = (bench){ .path = "/tmp/ltcore-trajectory-XXXXXX", .module = fake_module(), .data = fake_data(), .tick = 0.001 };
    CU_ASSERT_FATAL(mkdtemp(b->path) != NULL);
    CU_ASSERT_FATAL(lt_store_open(b->path, ignore, NULL, &b->store, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_device_open(&b->module, NULL, &none, &b->device, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_device_load(&b->device, &b->data, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_session_open(&b->device, &request, &b->session, &b->err) == LTC_OK);
    CU_ASSERT_FATAL(lt_state_create(&fake_graph.view, &b->start, &b->err) == LTC_OK);
    b->start.value[0][0] = 1;
    b->schedule = (lt_schedule){ .type = LT_SCHEDULE_CONSTANT, .lr = 0.5 };
    b->watcher = (lt_watcher){ b, tick, stop, stepped };
}

static void done(bench *b)
{
    char command[96];
    lt_state_free(&b->start);
    lt_session_close(b->session);
    lt_device_close(&b->device);
    lt_store_close(b->store);
    snprintf(command, sizeof command, "rm -rf '%s'", b->path);
    CU_ASSERT(system(command) == 0);
}

/* Asks for so many steps, evaluated so often, and one state beside the end's (0: none). */
static ltc_status ask(bench *b, uint64_t steps, uint64_t every, uint64_t keep, bool look, lt_trajectory *t)
{
    b->training = (lt_training){ .data = &b->data, .schedule = &b->schedule, .batch = BATCH, .steps = steps,
                                 .key_order = { 1, 2 } };
    const lt_trajectory_request r = {
        .store = b->store, .key = { { 7, (uint8_t)b->first_step } }, .first_step = b->first_step, .session = look ? NULL : b->session, .training = &b->training,
        .watcher = &b->watcher, .start = &b->start, .evaluate_every = every, .keep = &keep, .n_keep = keep ? 1 : 0,
        .save_s = b->save_s > 0 ? b->save_s : 1e9,
    };
    b->spans = 0;
    the.steps = 0;
    return lt_trajectory_run(&r, t, &b->err);
}

static lt_digest end_of(bench *b, uint64_t steps, uint64_t every)
{
    lt_trajectory t;
    lt_digest end = { { 0 } };
    CU_ASSERT_FATAL(ask(b, steps, every, 0, false, &t) == LTC_OK);
    end = *lt_trajectory_state(&t, steps, false);
    lt_trajectory_free(&t);
    return end;
}

static void what_is_stored_is_not_trained_again(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    CU_ASSERT(ask(&b, 20, 5, 0, true, &t) == LTC_EUNSUPPORTED);
    lt_trajectory_free(&t);
    end_of(&b, 20, 5);
    CU_ASSERT(the.steps == 20);
    CU_ASSERT(ask(&b, 20, 5, 0, true, &t) == LTC_OK && t.trained_steps == 0 && the.steps == 0);
    CU_ASSERT(lt_trajectory_at(&t, 15)->n[LT_TEST] == TEST && lt_trajectory_at(&t, 20)->n[LT_TRAIN] == TRAIN);
    lt_trajectory_free(&t);
    done(&b);
}

/* identity.md (a): in one piece, in longer and longer pieces, through stored states. */
static void a_longer_training_goes_on_from_the_end_of_the_shorter(void)
{
    bench b;
    begin(&b, NULL);
    const lt_digest whole = end_of(&b, 30, 5);
    done(&b);
    begin(&b, NULL);
    end_of(&b, 10, 5);
    const lt_digest pieces = end_of(&b, 30, 5);
    CU_ASSERT(the.steps == 20);
    CU_ASSERT(!memcmp(&whole, &pieces, sizeof whole));
    done(&b);
}

/* identity.md (b). */
static void another_cadence_is_a_replay_with_the_same_states(void)
{
    bench b;
    begin(&b, NULL);
    const lt_digest first = end_of(&b, 20, 5), second = end_of(&b, 20, 4), third = end_of(&b, 20, 20);
    CU_ASSERT(!memcmp(&first, &second, sizeof first) && !memcmp(&first, &third, sizeof first));
    CU_ASSERT(the.steps == 0);                /* the third cadence's rows are all there */
    done(&b);
}

/* identity.md (c). */
static void a_later_rewind_point_trains_only_up_to_it(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    end_of(&b, 20, 10);
    CU_ASSERT(ask(&b, 20, 10, 7, false, &t) == LTC_OK);
    CU_ASSERT(the.steps == 7 && lt_trajectory_state(&t, 7, false));
    lt_trajectory_free(&t);
    done(&b);
}

/* Momentum, a rate that drops behind the rewind point and rows in the order of their epochs: all of it goes on at step
 * 7 as it did the first time, so that where nothing was pruned nothing differs. */
static void trap_25_rewound_late_it_ends_as_the_dense_one(void)
{
    enum { REWOUND = 7, STEPS = 20 };
    uint64_t drop = 12;
    bench b;
    lt_trajectory dense, late;
    bool found = false;
    begin(&b, NULL);
    b.schedule = (lt_schedule){ .type = LT_SCHEDULE_MULTISTEP, .lr = 0.5, .gamma = 0.1, .milestone = &drop, .n_milestones = 1 };
    CU_ASSERT_FATAL(ask(&b, STEPS, 10, REWOUND, false, &dense) == LTC_OK);
    const lt_digest end = *lt_trajectory_state(&dense, STEPS, false);
    CU_ASSERT_FATAL(lt_snapshot_get(b.store, lt_trajectory_state(&dense, REWOUND, false), &b.start, &found, &b.err) == LTC_OK);
    CU_ASSERT(found && b.start.clock == REWOUND && b.start.slot1[0][0] != 0);
    b.first_step = REWOUND;
    CU_ASSERT_FATAL(ask(&b, STEPS, 10, 0, false, &late) == LTC_OK);
    CU_ASSERT(the.steps == STEPS - REWOUND);
    CU_ASSERT(!memcmp(lt_trajectory_state(&late, STEPS, false), &end, sizeof end));
    lt_trajectory_free(&dense), lt_trajectory_free(&late);
    done(&b);
}

/* Trap 34, across passes: the state of the best step is kept with its training accuracy, however it came. */
static void the_best_state_is_there_and_measured(void)
{
    static const double loss[11] = { 0.1, 9, 5, 9, 3, 9, 3, 9, 4, 9, 3 };
    bench b;
    lt_trajectory t;
    begin(&b, loss);
    CU_ASSERT(ask(&b, 10, 2, 0, false, &t) == LTC_OK);
    const lt_evaluation *best = lt_trajectory_best(&t, 0, 2, 10);
    CU_ASSERT_FATAL(best != NULL);
    CU_ASSERT(best->step == 4 && best->n[LT_TRAIN] == TRAIN && lt_trajectory_state(&t, 4, true));
    lt_trajectory_free(&t);
    CU_ASSERT(ask(&b, 10, 5, 0, false, &t) == LTC_OK);    /* steps 5 (9) and 10 (3) */
    CU_ASSERT(lt_trajectory_best(&t, 0, 5, 10)->step == 10);
    lt_trajectory_free(&t);
    done(&b);
}

/* Stopped after every number of spans in turn, and gone on with: the same bytes, nothing trained twice but the tail. */
static void stopped_anywhere_it_goes_on_to_the_same_bytes(void)
{
    bench b;
    begin(&b, NULL);
    const lt_digest whole = end_of(&b, 20, 6);
    done(&b);
    for (unsigned after = 1; after < 12; after++) {
        lt_trajectory t;
        unsigned stops = 0, steps = 0;
        begin(&b, NULL);
        b.tick = 10;                          /* a span is a step */
        b.stop_after = after;
        ltc_status st;
        while ((st = ask(&b, 20, 6, 0, false, &t)) == LTC_ECANCELLED && stops++ < 50) {
            steps += the.steps;
            lt_trajectory_free(&t);
        }
        CU_ASSERT(st == LTC_OK && stops >= 1 && steps + the.steps == 20);
        CU_ASSERT(!memcmp(lt_trajectory_state(&t, 20, false), &whole, sizeof whole));
        lt_trajectory_free(&t);
        done(&b);
    }
}

static void a_replay_that_differs_is_an_error_and_not_a_result(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    end_of(&b, 20, 10);
    the.drift = 1e-3f;
    CU_ASSERT(ask(&b, 20, 3, 0, false, &t) == LTC_EINTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "bytes differ"));
    lt_trajectory_free(&t);
    done(&b);
}

static void a_state_that_was_lost_is_made_again(void)
{
    bench b;
    lt_trajectory t;
    char command[128];
    begin(&b, NULL);
    const lt_digest first = end_of(&b, 20, 10);
    snprintf(command, sizeof command, "find '%s/objects' -name '*.safetensors' -exec truncate -s 10 {} +", b.path);
    CU_ASSERT(system(command) == 0);
    CU_ASSERT(ask(&b, 25, 10, 0, false, &t) == LTC_OK);
    CU_ASSERT(the.steps == 25);
    lt_trajectory_free(&t);
    CU_ASSERT(ask(&b, 20, 10, 0, false, &t) == LTC_OK);
    CU_ASSERT(!memcmp(lt_trajectory_state(&t, 20, false), &first, sizeof first));
    lt_trajectory_free(&t);
    done(&b);
}

/* The record names it, the store has it no more: it is made again, for whoever asks for the same. */
static void a_state_that_is_gone_is_made_again_when_it_is_asked_for(void)
{
    bench b;
    char command[128];
    begin(&b, NULL);
    const lt_digest first = end_of(&b, 20, 10);
    snprintf(command, sizeof command, "rm -r '%s/objects'/*", b.path);
    CU_ASSERT(system(command) == 0);
    const lt_digest again = end_of(&b, 20, 10);
    CU_ASSERT(the.steps == 20 && !memcmp(&first, &again, sizeof first));
    done(&b);
}

/* Short intervals between evaluations, each over long before a save is due: it is saved all the same. */
static void saves_come_by_the_clock_whatever_the_cadence(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    b.tick = 10;
    b.save_s = 100;
    b.stop_after = 12;
    CU_ASSERT(ask(&b, 20, 1, 0, false, &t) == LTC_ECANCELLED);
    lt_trajectory_free(&t);
    CU_ASSERT(b.saves >= 2);
    done(&b);
}

/* A long training would fill a disk: what a save makes useless goes, and in the end all that was partial. */
static void saves_do_not_pile_up(void)
{
    bench b;
    lt_trajectory t;
    lt_store_stats stats;
    begin(&b, NULL);
    b.tick = 10;
    b.save_s = 20;
    b.stop_after = 12;
    CU_ASSERT(ask(&b, 20, 1, 0, false, &t) == LTC_ECANCELLED);
    CU_ASSERT(lt_store_count(b.store, &stats, &b.err) == LTC_OK && b.saves > 3 && stats.objects == t.n_points);
    lt_trajectory_free(&t);
    b.stop_after = 0;
    CU_ASSERT(ask(&b, 20, 1, 0, false, &t) == LTC_OK);
    for (size_t i = 0; i < t.n_points; i++)
        CU_ASSERT(t.point[i].kind != LT_POINT_PARTIAL);
    lt_trajectory_free(&t);
    done(&b);
}

/* One that slept past its claim saves what it knows, which is less than what is there by now. */
static void saving_takes_nothing_away(void)
{
    bench b;
    const lt_digest key = { { 7 } };
    lt_trajectory ours = { 0 }, theirs = { 0 }, both = { 0 };
    const lt_point early = { .step = 5, .kind = LT_POINT_PARTIAL, .state = { { 1 } } },
                   late = { .step = 20, .kind = LT_POINT_STATE, .state = { { 2 } } };
    const lt_evaluation first = { .step = 0, .n[LT_TEST] = 3 }, last = { .step = 20, .n[LT_TEST] = 3 };
    begin(&b, NULL);
    CU_ASSERT(!lt_trajectory_add_point(&theirs, &late, &b.err) && !lt_trajectory_add_evaluation(&theirs, &last, &b.err));
    CU_ASSERT(!lt_trajectory_add_point(&ours, &early, &b.err) && !lt_trajectory_add_evaluation(&ours, &first, &b.err));
    CU_ASSERT(!lt_trajectory_save(b.store, &key, &theirs, &b.err) && !lt_trajectory_save(b.store, &key, &ours, &b.err));
    CU_ASSERT_EQUAL(lt_trajectory_load(b.store, &key, &both, &b.err), LTC_OK);
    CU_ASSERT(both.n_points == 1 && both.n_evaluations == 2 && lt_trajectory_state(&both, 20, false));
    lt_trajectory_free(&ours), lt_trajectory_free(&theirs), lt_trajectory_free(&both);
    done(&b);
}

/* Between the validation and the test split of step 0. */
static void splits_that_were_done_before_a_stop_stay(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    b.stop_evals = 1;
    CU_ASSERT(ask(&b, 20, 10, 0, false, &t) == LTC_ECANCELLED);
    lt_trajectory_free(&t);
    b.stop_evals = 2;                         /* the validation split is not evaluated again */
    CU_ASSERT(ask(&b, 20, 10, 0, false, &t) == LTC_ECANCELLED);
    const lt_evaluation *e = lt_trajectory_at(&t, 0);
    CU_ASSERT_FATAL(e != NULL);
    CU_ASSERT(e->n[LT_VALIDATION] == VALIDATION && e->n[LT_TEST] == TEST);
    lt_trajectory_free(&t);
    done(&b);
}

static void a_loss_that_is_not_finite_is_no_result(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    the.bad_step = 7;
    CU_ASSERT(ask(&b, 20, 10, 0, false, &t) == LTC_ENUMERIC);
    lt_trajectory_free(&t);
    done(&b);
    begin(&b, NULL);
    the.validation[10] = 0.0 / (0.0 * the.w);             /* NaN */
    CU_ASSERT(ask(&b, 20, 10, 0, false, &t) == LTC_ENUMERIC);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "validation loss is not finite at step 10"));
    lt_trajectory_free(&t);
    done(&b);
}

/* Nobody trains 10,000 steps to find the same NaN: the record remembers it, with all that comes before. */
static void a_bad_step_is_found_once(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    the.bad_step = 7;
    CU_ASSERT(ask(&b, 20, 5, 3, false, &t) == LTC_ENUMERIC && the.steps == 7);
    CU_ASSERT(t.bad == LT_BAD_STEP && t.bad_step == 7);
    lt_trajectory_free(&t);
    for (int look = 0; look < 2; look++) {
        CU_ASSERT(ask(&b, 20, 5, 3, look, &t) == LTC_ENUMERIC && the.steps == 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "training loss is not finite at step 7 (learning rate 0.5)"));
        CU_ASSERT(lt_trajectory_at(&t, 5) && !lt_trajectory_at(&t, 10));
        CU_ASSERT(lt_trajectory_state(&t, 7, false) && lt_trajectory_state(&t, 3, false));
        lt_trajectory_free(&t);
    }
    CU_ASSERT(ask(&b, 30, 2, 0, false, &t) == LTC_ENUMERIC && the.steps == 7); /* another cadence: up to it alone */
    CU_ASSERT(lt_trajectory_at(&t, 6) != NULL);
    lt_trajectory_free(&t);
    CU_ASSERT(ask(&b, 6, 2, 0, false, &t) == LTC_OK); /* a training that ends before it is well */
    lt_trajectory_free(&t);
    done(&b);
}

/* Its last finite state was lost: made again, and not a step more. */
static void the_last_finite_state_is_kept(void)
{
    bench b;
    lt_trajectory t;
    char command[128];
    begin(&b, NULL);
    the.bad_step = 7;
    CU_ASSERT(ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC);
    const lt_digest first = *lt_trajectory_state(&t, 7, false);
    lt_trajectory_free(&t);
    snprintf(command, sizeof command, "rm -r '%s/objects'/*", b.path);
    CU_ASSERT(system(command) == 0);
    CU_ASSERT(ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC && the.steps == 7);
    CU_ASSERT(!memcmp(lt_trajectory_state(&t, 7, false), &first, sizeof first));
    lt_trajectory_free(&t);
    done(&b);
}

static void an_evaluation_that_is_not_finite_is_found_once(void)
{
    bench b;
    lt_trajectory t;
    begin(&b, NULL);
    the.validation[10] = 0.0 / (0.0 * the.w);             /* NaN */
    CU_ASSERT(ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC && the.steps == 10);
    lt_trajectory_free(&t);
    the.evals = 0;
    CU_ASSERT(ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC && the.steps == 0 && the.evals == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "validation loss is not finite at step 10"));
    CU_ASSERT(lt_trajectory_at(&t, 5) && lt_trajectory_state(&t, 10, false));
    lt_trajectory_free(&t);
    done(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "what is stored is not trained again", what_is_stored_is_not_trained_again },
        { "a longer training goes on from the end of the shorter", a_longer_training_goes_on_from_the_end_of_the_shorter },
        { "another cadence is a replay with the same states", another_cadence_is_a_replay_with_the_same_states },
        { "a later rewind point trains only up to it", a_later_rewind_point_trains_only_up_to_it },
        { "trap 25: rewound late and unpruned, it ends as the dense one", trap_25_rewound_late_it_ends_as_the_dense_one },
        { "trap 34: the best state is there and measured", the_best_state_is_there_and_measured },
        { "trap 26c: stopped anywhere, it goes on to the same bytes", stopped_anywhere_it_goes_on_to_the_same_bytes },
        { "a replay that differs is an error and not a result", a_replay_that_differs_is_an_error_and_not_a_result },
        { "a state that was lost is made again", a_state_that_was_lost_is_made_again },
        { "a state that is gone is made again when it is asked for", a_state_that_is_gone_is_made_again_when_it_is_asked_for },
        { "saves come by the clock, whatever the cadence", saves_come_by_the_clock_whatever_the_cadence },
        { "saves do not pile up", saves_do_not_pile_up },
        { "saving takes nothing away", saving_takes_nothing_away },
        { "splits that were done before a stop stay", splits_that_were_done_before_a_stop_stay },
        { "a loss that is not finite is no result", a_loss_that_is_not_finite_is_no_result },
        { "a bad step is found once", a_bad_step_is_found_once },
        { "the last finite state is kept", the_last_finite_state_is_kept },
        { "an evaluation that is not finite is found once", an_evaluation_that_is_not_finite_is_found_once },
    };
    return lt_suite_run("trajectory", claims, sizeof claims / sizeof claims[0]);
}
