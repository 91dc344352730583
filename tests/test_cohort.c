/* Claims about trainings side by side in one program. The backend, of cohort_backend.h, is made
 * so that nothing can be mixed up and go unseen. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cohort_backend.h"
#include "suite.h"
#include "train/session.h"

enum { JOBS = 6, CALLS = 60, LONGEST = 40, SAMPLES = 1000 };

/* A cohort, and a thread that trains in it. wrong: it got something else than alone. */
typedef struct stage { lt_module module; lt_device device; lt_cohort *cohort; } stage;
typedef struct rider {
    stage      *on;
    lt_session *session;
    lt_state    state;
    double      w;                            /* what it should be */
    uint64_t    step, drawn;
    ltc_key     key;
    unsigned    wrong, failures;
    uint32_t    before_first, before_second;  /* steps to its evaluations, for those who have a plan */
    pthread_t   thread;
} rider;

static void open_stage(stage *s)
{
    const lt_services none = { 0 };
    ltc_error err;
    asked = (cohort_calls){ .room = THREADS };
    *s = (stage){ .module = cohort_backend() };
    CU_ASSERT_FATAL(lt_device_open(&s->module, NULL, &none, &s->device, &err) == LTC_OK);
    CU_ASSERT_FATAL(lt_cohort_create(&s->cohort, &err) == LTC_OK);
    CU_ASSERT_FATAL(lt_cohort_settle(s->cohort, &s->device, &cohort_request, &err) == LTC_OK);
}

static void close_stage(stage *s)
{
    lt_cohort_destroy(s->cohort);
    lt_device_close(&s->device);
    CU_ASSERT_EQUAL(asked.wrong, 0);
    CU_ASSERT_EQUAL(asked.n, 0);
}

static uint32_t draw(rider *x, uint32_t below)
{
    return ltc_rand_u32(x->key, x->drawn++) % below;
}

static void put(rider *x)
{
    x->w = (double)draw(x, 1000);
    x->step = draw(x, 100);
    x->state.value[0][0] = (float)x->w;
    x->state.clock = x->step;
    lt_session_put(x->session, &x->state);
}

/* Up to n steps, as many as were done. */
static uint32_t train(rider *x, uint32_t n, bool going)
{
    uint32_t row[LONGEST], correct[LONGEST];
    float lr[LONGEST], loss[LONGEST];
    ltc_error err = { .message = "" };
    lt_span span = {
        .first_step = x->step, .n_steps = n, .row = row, .lr = lr, .loss = loss, .correct = correct,
        .key_augment = { x->key.stream, 0 }, .key_dropout = { x->key.stream + 1, 0 },
    };
    for (uint32_t i = 0; i < n; i++)
        row[i] = (uint32_t)(x->key.stream + i), lr[i] = (float)(x->step + i);
    const ltc_status st = lt_session_train(x->session, &span, going, &err);
    x->failures += st == LTC_EDEVICE && strstr(err.message, "it fell off") != NULL;
    for (uint32_t i = 0; i < span.n_steps; i++) {
        x->w = cohort_step(x->w, x->step++, row[i], lr[i], span.key_augment, span.key_dropout);
        x->wrong += (double)loss[i] != x->w || correct[i] != i;          /* floats of whole numbers */
    }
    return st ? n : span.n_steps;
}

/* A whole split, in parts of whatever length. */
static void evaluate(rider *x, uint32_t split, uint64_t part_n)
{
    lt_part part = { .split = split };
    ltc_error err;
    double loss = 0;
    uint64_t correct = 0;
    for (uint64_t i = 0; i < SAMPLES; i++)
        loss += x->w + (double)(i * (split + 1)), correct += i % 3 == 0;
    for (; part.first < SAMPLES; part.first += part.n) {
        part.n = part_n < SAMPLES - part.first ? part_n : SAMPLES - part.first;
        if (lt_session_eval(x->session, &part, &err))
            break;
    }
    x->wrong += memcmp(&part.loss, &loss, sizeof loss) != 0 || part.correct != correct;
}

static void look(rider *x)
{
    ltc_error err;
    lt_state got = { 0 };
    x->wrong += lt_state_create(&cohort_request.graph->view, &got, &err) != LTC_OK ||
                lt_session_get(x->session, &got, &err) != LTC_OK;
    x->wrong += (double)got.value[0][0] != x->w || got.clock != x->step;
    lt_state_free(&got);
}

static void begin(rider *x)
{
    ltc_error err;
    lt_cohort_enter(x->on->cohort);
    x->wrong += lt_session_join(x->on->cohort, &x->session, &err) != LTC_OK;
    x->wrong += lt_state_create(&cohort_request.graph->view, &x->state, &err) != LTC_OK;
    put(x);
}

static void end(rider *x)
{
    lt_session_close(x->session);
    lt_state_free(&x->state);
    lt_cohort_leave(x->on->cohort);
}

/* Trains, evaluates, looks and puts, as it likes. All have entered before anybody does. */
static void *roam(void *arg)
{
    rider *x = arg;
    for (int job = 0; job < JOBS; job++) {
        if (job)
            begin(x);
        for (int call = 0; call < CALLS; call++) {
            const uint32_t what = draw(x, 8);
            if (what < 4)
                train(x, 1 + draw(x, LONGEST), what < 3);
            else if (what < 6)
                evaluate(x, draw(x, LT_SPLITS), 1 + draw(x, 700));
            else if (what < 7)
                look(x);
            else
                put(x);
        }
        look(x);
        end(x);
    }
    return NULL;
}

/* Trains up to an evaluation, twice. */
static void *keep_time(void *arg)
{
    rider *x = arg;
    const uint32_t due[] = { x->before_first, x->before_second };
    for (int i = 0; i < 2; i++) {
        for (uint32_t done = 0; done < due[i];)
            done += train(x, due[i] - done, done > 0);
        evaluate(x, LT_VALIDATION, SAMPLES);
    }
    end(x);
    return NULL;
}

static void run_all(rider *riders, stage *s, uint32_t n, void *(*what)(void *))
{
    for (uint32_t i = 0; i < n; i++)
        riders[i].on = s, riders[i].key = (ltc_key){ 7, i + 1 };
    for (uint32_t i = 0; i < n; i++)
        begin(&riders[i]);                    /* nobody is alone, however late a thread starts */
    for (uint32_t i = 0; i < n; i++)
        CU_ASSERT_FATAL(pthread_create(&riders[i].thread, NULL, what, &riders[i]) == 0);
    for (uint32_t i = 0; i < n; i++)
        pthread_join(riders[i].thread, NULL);
    for (uint32_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(riders[i].wrong, 0);
}

static void each_gets_what_it_gets_alone_whatever_the_others_do(void)
{
    rider riders[THREADS] = { 0 };
    stage s;
    open_stage(&s);
    run_all(riders, &s, THREADS, roam);
    close_stage(&s);
    CU_ASSERT(asked.programs > 1);
}

static void where_memory_holds_fewer_all_have_their_turn(void)
{
    rider riders[THREADS] = { 0 };
    stage s;
    open_stage(&s);
    asked.room = 3;
    run_all(riders, &s, THREADS, roam);
    close_stage(&s);
}

static void those_in_step_share_every_call(void)
{
    const rider alike = { .before_first = 8, .before_second = 8 };
    rider riders[3] = { alike, alike, alike };
    stage s;
    open_stage(&s);
    run_all(riders, &s, 3, keep_time);
    close_stage(&s);
    CU_ASSERT(asked.programs == 1 && asked.trains == 2 && asked.evals == 2);
}

/* 5 steps of three; 3 more of two; 2 more of one; and from their evaluation on they are in step. */
static void those_out_of_step_wait_for_one_another_once(void)
{
    rider riders[3] = { { .before_first = 5, .before_second = 8 }, { .before_first = 8, .before_second = 8 },
                        { .before_first = 10, .before_second = 8 } };
    stage s;
    open_stage(&s);
    run_all(riders, &s, 3, keep_time);
    close_stage(&s);
    CU_ASSERT_EQUAL(asked.trains, 4);
    CU_ASSERT_EQUAL(asked.evals, 2);
    CU_ASSERT_EQUAL(asked.programs, 4);         /* of 3, 2, 1 and again 3 */
}

/* The call that fails is the one of the two that are still under way. */
static void *go_once(void *arg)
{
    rider *x = arg;
    for (uint32_t done = 0; done < x->before_first && !x->failures;)
        done += train(x, x->before_first - done, done > 0);
    if (!x->failures)
        evaluate(x, LT_TEST, SAMPLES);
    end(x);
    return NULL;
}

static void a_device_that_fails_is_told_to_those_in_the_program_alone(void)
{
    rider riders[3] = { { .before_first = 5 }, { .before_first = 8 }, { .before_first = 8 } };
    stage s;
    open_stage(&s);
    asked.fails_at = 2;
    run_all(riders, &s, 3, go_once);
    close_stage(&s);
    CU_ASSERT(riders[0].failures == 0 && riders[1].failures == 1 && riders[2].failures == 1);
}

int main(void)
{
    static const lt_test claims[] = {
        { "each gets what it gets alone, whatever the others do",
          each_gets_what_it_gets_alone_whatever_the_others_do },
        { "where memory holds fewer, all have their turn", where_memory_holds_fewer_all_have_their_turn },
        { "those in step share every call", those_in_step_share_every_call },
        { "those out of step wait for one another once", those_out_of_step_wait_for_one_another_once },
        { "a device that fails is told to those in the program alone",
          a_device_that_fails_is_told_to_those_in_the_program_alone },
    };
    return lt_suite_run("cohort", claims, sizeof claims / sizeof claims[0]);
}
