/* Claims about trajectories: what is stored is never trained again, and what is trained again
 * has the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "trajectory_rig.h"

static void what_is_stored_is_not_trained_again(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    CU_ASSERT(bench_ask(&b, 20, 5, 0, true, &t) == LTC_EUNSUPPORTED);
    lt_trajectory_free(&t);
    bench_train(&b, 20, 5);
    CU_ASSERT(the.steps == 20);
    CU_ASSERT(bench_ask(&b, 20, 5, 0, true, &t) == LTC_OK && t.trained_steps == 0 && the.steps == 0);
    CU_ASSERT(lt_trajectory_at(&t, 15)->n[LT_TEST] == TEST && lt_trajectory_at(&t, 20)->n[LT_TRAIN] == TRAIN);
    lt_trajectory_free(&t);
    bench_end(&b);
}

/* identity.md (a): in one piece, in longer and longer pieces, through stored states. */
static void a_longer_training_goes_on_from_the_end_of_the_shorter(void)
{
    bench b;
    bench_begin(&b, NULL);
    const lt_digest whole = bench_train(&b, 30, 5);
    bench_end(&b);
    bench_begin(&b, NULL);
    bench_train(&b, 10, 5);
    const lt_digest pieces = bench_train(&b, 30, 5);
    CU_ASSERT(the.steps == 20);
    CU_ASSERT(!memcmp(&whole, &pieces, sizeof whole));
    bench_end(&b);
}

/* identity.md (b). */
static void another_cadence_is_a_replay_with_the_same_states(void)
{
    bench b;
    bench_begin(&b, NULL);
    const lt_digest first = bench_train(&b, 20, 5), second = bench_train(&b, 20, 4),
                    third = bench_train(&b, 20, 20);
    CU_ASSERT(!memcmp(&first, &second, sizeof first) && !memcmp(&first, &third, sizeof first));
    CU_ASSERT(the.steps == 0);                /* the third cadence's rows are all there */
    bench_end(&b);
}

/* identity.md (c). */
static void a_later_rewind_point_trains_only_up_to_it(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    bench_train(&b, 20, 10);
    CU_ASSERT(bench_ask(&b, 20, 10, 7, false, &t) == LTC_OK);
    CU_ASSERT(the.steps == 7 && lt_trajectory_state(&t, 7, false));
    lt_trajectory_free(&t);
    bench_end(&b);
}

/* Momentum, a rate that drops behind the rewind point and rows in the order of their epochs: all of it goes
 * on at step 7 as it did the first time, so that where nothing was pruned nothing differs. */
static void trap_25_rewound_late_it_ends_as_the_dense_one(void)
{
    enum { REWOUND = 7, STEPS = 20 };
    uint64_t drop = 12;
    bench b;
    lt_trajectory dense, late;
    bool found = false;
    bench_begin(&b, NULL);
    b.schedule = (lt_schedule){
        .type = LT_SCHEDULE_MULTISTEP, .lr = 0.5, .gamma = 0.1, .milestone = &drop, .n_milestones = 1
    };
    CU_ASSERT_FATAL(bench_ask(&b, STEPS, 10, REWOUND, false, &dense) == LTC_OK);
    const lt_digest end = *lt_trajectory_state(&dense, STEPS, false);
    CU_ASSERT_FATAL(lt_snapshot_get(b.store, lt_trajectory_state(&dense, REWOUND, false), &b.start, &found,
                                    &b.err) == LTC_OK);
    CU_ASSERT(found && b.start.clock == REWOUND && b.start.slot1[0][0] != 0);
    b.first_step = REWOUND;
    CU_ASSERT_FATAL(bench_ask(&b, STEPS, 10, 0, false, &late) == LTC_OK);
    CU_ASSERT(the.steps == STEPS - REWOUND);
    CU_ASSERT(!memcmp(lt_trajectory_state(&late, STEPS, false), &end, sizeof end));
    lt_trajectory_free(&dense), lt_trajectory_free(&late);
    bench_end(&b);
}

/* Trap 34, across passes: the state of the best step is kept with its training accuracy, however it came. */
static void the_best_state_is_there_and_measured(void)
{
    static const double loss[11] = { 0.1, 9, 5, 9, 3, 9, 3, 9, 4, 9, 3 };
    bench b;
    lt_trajectory t;
    bench_begin(&b, loss);
    CU_ASSERT(bench_ask(&b, 10, 2, 0, false, &t) == LTC_OK);
    const lt_evaluation *best = lt_trajectory_best(&t, 0, 2, 10);
    CU_ASSERT_FATAL(best != NULL);
    CU_ASSERT(best->step == 4 && best->n[LT_TRAIN] == TRAIN && lt_trajectory_state(&t, 4, true));
    lt_trajectory_free(&t);
    CU_ASSERT(bench_ask(&b, 10, 5, 0, false, &t) == LTC_OK);    /* steps 5 (9) and 10 (3) */
    CU_ASSERT(lt_trajectory_best(&t, 0, 5, 10)->step == 10);
    lt_trajectory_free(&t);
    bench_end(&b);
}

/* Stopped after every number of spans in turn, and gone on with: the same bytes, nothing trained
 * twice but the tail. */
static void stopped_anywhere_it_goes_on_to_the_same_bytes(void)
{
    bench b;
    bench_begin(&b, NULL);
    const lt_digest whole = bench_train(&b, 20, 6);
    bench_end(&b);
    for (unsigned after = 1; after < 12; after++) {
        lt_trajectory t;
        unsigned stops = 0, steps = 0;
        bench_begin(&b, NULL);
        b.tick = 10;                          /* a span is a step */
        b.stop_after = after;
        ltc_status st;
        while ((st = bench_ask(&b, 20, 6, 0, false, &t)) == LTC_ECANCELLED && stops++ < 50) {
            steps += the.steps;
            lt_trajectory_free(&t);
        }
        CU_ASSERT(st == LTC_OK && stops >= 1 && steps + the.steps == 20);
        CU_ASSERT(!memcmp(lt_trajectory_state(&t, 20, false), &whole, sizeof whole));
        lt_trajectory_free(&t);
        bench_end(&b);
    }
}

static void a_replay_that_differs_is_an_error_and_not_a_result(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    bench_train(&b, 20, 10);
    the.drift = 1e-3f;
    CU_ASSERT(bench_ask(&b, 20, 3, 0, false, &t) == LTC_EINTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "bytes differ"));
    lt_trajectory_free(&t);
    bench_end(&b);
}

static void a_state_that_was_lost_is_made_again(void)
{
    bench b;
    lt_trajectory t;
    char command[128];
    bench_begin(&b, NULL);
    const lt_digest first = bench_train(&b, 20, 10);
    snprintf(command, sizeof command, "find '%s/objects' -name '*.safetensors' -exec truncate -s 10 {} +",
             b.path);
    CU_ASSERT(system(command) == 0);
    CU_ASSERT(bench_ask(&b, 25, 10, 0, false, &t) == LTC_OK);
    CU_ASSERT(the.steps == 25);
    lt_trajectory_free(&t);
    CU_ASSERT(bench_ask(&b, 20, 10, 0, false, &t) == LTC_OK);
    CU_ASSERT(!memcmp(lt_trajectory_state(&t, 20, false), &first, sizeof first));
    lt_trajectory_free(&t);
    bench_end(&b);
}

/* The record names it, the store has it no more: it is made again, for whoever asks for the same. */
static void a_state_that_is_gone_is_made_again_when_it_is_asked_for(void)
{
    bench b;
    bench_begin(&b, NULL);
    const lt_digest first = bench_train(&b, 20, 10);
    bench_lose_objects(&b);
    const lt_digest again = bench_train(&b, 20, 10);
    CU_ASSERT(the.steps == 20 && !memcmp(&first, &again, sizeof first));
    bench_end(&b);
}

/* Short intervals between evaluations, each over long before a save is due: it is saved all the same. */
static void saves_come_by_the_clock_whatever_the_cadence(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    b.tick = 10;
    b.save_s = 100;
    b.stop_after = 12;
    CU_ASSERT(bench_ask(&b, 20, 1, 0, false, &t) == LTC_ECANCELLED);
    lt_trajectory_free(&t);
    CU_ASSERT(b.saves >= 2);
    bench_end(&b);
}

/* A long training would fill a disk: what a save makes useless goes, and in the end all that was partial. */
static void saves_do_not_pile_up(void)
{
    bench b;
    lt_trajectory t;
    lt_store_stats stats;
    bench_begin(&b, NULL);
    b.tick = 10;
    b.save_s = 20;
    b.stop_after = 12;
    CU_ASSERT(bench_ask(&b, 20, 1, 0, false, &t) == LTC_ECANCELLED);
    CU_ASSERT(lt_store_count(b.store, &stats, &b.err) == LTC_OK && b.saves > 3 &&
              stats.objects == t.n_points);
    lt_trajectory_free(&t);
    b.stop_after = 0;
    CU_ASSERT(bench_ask(&b, 20, 1, 0, false, &t) == LTC_OK);
    for (size_t i = 0; i < t.n_points; i++)
        CU_ASSERT(t.point[i].kind != LT_POINT_PARTIAL);
    lt_trajectory_free(&t);
    bench_end(&b);
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
    bench_begin(&b, NULL);
    CU_ASSERT(!lt_trajectory_add_point(&theirs, &late, &b.err) &&
              !lt_trajectory_add_evaluation(&theirs, &last, &b.err));
    CU_ASSERT(!lt_trajectory_add_point(&ours, &early, &b.err) &&
              !lt_trajectory_add_evaluation(&ours, &first, &b.err));
    CU_ASSERT(!lt_trajectory_save(b.store, &key, &theirs, &b.err) &&
              !lt_trajectory_save(b.store, &key, &ours, &b.err));
    CU_ASSERT_EQUAL(lt_trajectory_load(b.store, &key, &both, &b.err), LTC_OK);
    CU_ASSERT(both.n_points == 1 && both.n_evaluations == 2 && lt_trajectory_state(&both, 20, false));
    lt_trajectory_free(&ours), lt_trajectory_free(&theirs), lt_trajectory_free(&both);
    bench_end(&b);
}

/* Between the validation and the test split of step 0. */
static void splits_that_were_done_before_a_stop_stay(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    b.stop_evals = 1;
    CU_ASSERT(bench_ask(&b, 20, 10, 0, false, &t) == LTC_ECANCELLED);
    lt_trajectory_free(&t);
    b.stop_evals = 2;                         /* the validation split is not evaluated again */
    CU_ASSERT(bench_ask(&b, 20, 10, 0, false, &t) == LTC_ECANCELLED);
    const lt_evaluation *e = lt_trajectory_at(&t, 0);
    CU_ASSERT_FATAL(e != NULL);
    CU_ASSERT(e->n[LT_VALIDATION] == VALIDATION && e->n[LT_TEST] == TEST);
    lt_trajectory_free(&t);
    bench_end(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "what is stored is not trained again", what_is_stored_is_not_trained_again },
        { "a longer training goes on from the end of the shorter",
          a_longer_training_goes_on_from_the_end_of_the_shorter },
        { "another cadence is a replay with the same states",
          another_cadence_is_a_replay_with_the_same_states },
        { "a later rewind point trains only up to it", a_later_rewind_point_trains_only_up_to_it },
        { "trap 25: rewound late and unpruned, it ends as the dense one",
          trap_25_rewound_late_it_ends_as_the_dense_one },
        { "trap 34: the best state is there and measured", the_best_state_is_there_and_measured },
        { "trap 26c: stopped anywhere, it goes on to the same bytes",
          stopped_anywhere_it_goes_on_to_the_same_bytes },
        { "a replay that differs is an error and not a result",
          a_replay_that_differs_is_an_error_and_not_a_result },
        { "a state that was lost is made again", a_state_that_was_lost_is_made_again },
        { "a state that is gone is made again when it is asked for",
          a_state_that_is_gone_is_made_again_when_it_is_asked_for },
        { "saves come by the clock, whatever the cadence", saves_come_by_the_clock_whatever_the_cadence },
        { "saves do not pile up", saves_do_not_pile_up },
        { "saving takes nothing away", saving_takes_nothing_away },
        { "splits that were done before a stop stay", splits_that_were_done_before_a_stop_stay },
    };
    return lt_suite_run("trajectory", claims, sizeof claims / sizeof claims[0]);
}
