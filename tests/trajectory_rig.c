/* Owns what tests of trajectories stand on. Called by test_trajectory.c and test_trajectory_bad.c. */
#include "trajectory_rig.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

void bench_begin(bench *b, const double *validation)
{
    static const ltc_optimizer optimizer = { .size = sizeof optimizer, .kind = LTC_SGD };
    static const ltc_input input = { .size = sizeof input };
    static const lt_program_request request = {
        .graph = &fake_graph, .optimizer = &optimizer, .input = &input, .batch = BATCH
    };
    const lt_services none = { 0 };
    fake_reset(validation);
    *b = (bench){
        .path = "/tmp/ltcore-trajectory-XXXXXX", .module = fake_module(), .data = fake_data(), .tick = 0.001
    };
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

void bench_end(bench *b)
{
    char command[96];
    lt_state_free(&b->start);
    lt_session_close(b->session);
    lt_device_close(&b->device);
    lt_store_close(b->store);
    snprintf(command, sizeof command, "rm -rf '%s'", b->path);
    CU_ASSERT(system(command) == 0);
}

ltc_status bench_ask(bench *b, uint64_t steps, uint64_t every, uint64_t keep, bool look, lt_trajectory *t)
{
    b->training = (lt_training){ .data = &b->data, .schedule = &b->schedule, .batch = BATCH, .steps = steps,
                                 .key_order = { 1, 2 } };
    const lt_trajectory_request r = {
        .store = b->store, .key = { { 7, (uint8_t)b->first_step } }, .first_step = b->first_step,
        .session = look ? NULL : b->session, .training = &b->training, .watcher = &b->watcher,
        .start = &b->start, .evaluate_every = every, .keep = &keep, .n_keep = keep ? 1 : 0,
        .save_s = b->save_s > 0 ? b->save_s : 1e9,
    };
    b->spans = 0;
    the.steps = 0;
    return lt_trajectory_run(&r, t, &b->err);
}

lt_digest bench_train(bench *b, uint64_t steps, uint64_t every)
{
    lt_trajectory t;
    lt_digest end = { { 0 } };
    CU_ASSERT_FATAL(bench_ask(b, steps, every, 0, false, &t) == LTC_OK);
    end = *lt_trajectory_state(&t, steps, false);
    lt_trajectory_free(&t);
    return end;
}

void bench_lose_objects(const bench *b)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s/objects'/*", b->path);
    CU_ASSERT(system(command) == 0);
}
