/* bench_steps CONFIG STEPS [KEY=VALUE...] - times training steps of a configuration as the trainer does them, in spans
 * of 100, without evaluations. Prints microseconds a step and the backend's identity. For bench/compare. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/setup.h"
#include "data/key.h"
#include "data/order.h"
#include "run/experiment.h"
#include "train/init.h"
#include "util/memory.h"

enum { SPAN = 100 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static ltc_status time_spans(const lt_experiment *e, lt_session *s, uint64_t spans, double *best_us, double *mean_us,
                             ltc_error *err)
{
    const lt_training t = lt_experiment_training(e, 0);
    uint32_t *row = lt_array(SPAN * t.batch, sizeof *row), correct[SPAN];
    float lr[SPAN], loss[SPAN];
    lt_order order = { 0 };
    double sum = 0;
    ltc_status st = row ? lt_order_open(t.key_order, e->data.split[LT_TRAIN].n, t.batch, &order, err)
                        : ltc_fail(err, LTC_ENOMEM, "no memory");
    *best_us = 1e30;
    for (uint64_t k = 0; k <= spans && !st; k++) {        /* the first warms up */
        lt_span span = { .first_step = k * SPAN, .n_steps = SPAN, .row = row, .lr = lr, .key_augment = t.key_augment,
                         .key_dropout = t.key_dropout, .loss = loss, .correct = correct };
        for (uint32_t i = 0; i < SPAN; i++)
            lr[i] = (float)lt_schedule_rate(t.schedule, span.first_step + i);
        const double start = now_s();
        lt_order_rows(&order, span.first_step, SPAN, row);
        st = lt_session_train(s, &span, err);
        const double us = (now_s() - start) * 1e6 / SPAN;
        if (k) {
            sum += us;
            *best_us = us < *best_us ? us : *best_us;
        }
    }
    *mean_us = sum / (double)spans;
    lt_order_close(&order);
    free(row);
    return st;
}

static ltc_status bench(lt_experiment *e, uint64_t steps, ltc_error *err)
{
    const lt_session_request r = lt_experiment_session(e);
    lt_session *s = NULL;
    lt_state state = { 0 };
    double best_us, mean_us;
    ltc_status st = lt_session_open(&e->device, &r, &s, err);
    if (!st)
        st = lt_state_create(&e->graph.view, &state, err);
    if (!st) {
        lt_init_state(&e->graph.view, e->settings->arch.init, lt_experiment_key(e, LT_KEY_INIT, 0), &state);
        st = lt_session_put(s, &state, err);
    }
    if (!st)
        st = time_spans(e, s, steps > SPAN ? steps / SPAN : 1, &best_us, &mean_us, err);
    if (!st)
        printf("%.1f %.1f %s\n", mean_us, best_us, e->device.identity);
    lt_state_free(&state);
    lt_session_close(s);
    return st;
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

int main(int argc, char **argv)
{
    char *program = realpath("/proc/self/exe", NULL), *directory = realpath(".", NULL);
    const lt_world w = { .program = program, .directory = directory, .plugin_path = getenv("LTCORE_PLUGIN_PATH"),
                         .data_path = getenv("LTCORE_DATA"), .now_s = now_s, .cancelled = never, .out = stdout, .err = stderr };
    ltc_error err = { .message = "" };
    lt_setup s;
    lt_experiment e = { 0 };
    if (argc < 3 || !program || !directory) {
        fprintf(stderr, "usage: bench_steps CONFIG STEPS [KEY=VALUE...]\n");
        return LT_EXIT_USAGE;
    }
    const lt_arguments a = { .config = argv[1], .set = (const char **)argv + 3, .n_set = (size_t)argc - 3 };
    int code = lt_setup_open(&w, &a, &s);
    if (!code) {
        ltc_status st = lt_experiment_open(&s.settings, &s.services, &e, &err);
        if (!st)
            st = bench(&e, strtoull(argv[2], NULL, 10), &err);
        code = st ? lt_setup_failed(&s, st, &err) : LT_EXIT_DONE;
        lt_experiment_close(&e);
        lt_setup_close(&s);
    }
    free(program);
    free(directory);
    return code;
}
