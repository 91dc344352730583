/* bench_steps CONFIG STEPS [KEY=VALUE...] - times training steps of a configuration as runs do them, without
 * evaluations. Prints mean and best microseconds a step, over spans of 100, and the backend's identity. For
 * bench/compare. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/setup.h"
#include "data/key.h"
#include "plan/experiment.h"
#include "train/init.h"

enum { SPAN = 100 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double clock_of(void *arg)
{
    (void)arg;
    return now_s();
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static void ignore(void *arg, const lt_progress *p)
{
    (void)arg, (void)p;
}

/* The first span warms up. */
static ltc_status time_spans(lt_session *s, const lt_training *t, double *mean_us, double *best_us, ltc_error *err)
{
    const lt_watcher w = { .now_s = clock_of, .stopping = never, .stepped = ignore };
    lt_trainer *trainer = NULL;
    ltc_status st = lt_trainer_open(s, t, &w, &trainer, err);
    double sum = 0;
    uint64_t step = 0, spans = 0;
    *best_us = 1e30;
    for (; !st && step + SPAN <= t->steps; spans++) {
        const double start = now_s();
        st = lt_trainer_advance(trainer, step, step + SPAN, 0, &step, err);
        const double us = (now_s() - start) * 1e6 / SPAN;
        sum += spans ? us : 0;
        *best_us = spans && us < *best_us ? us : *best_us;
    }
    *mean_us = sum / (double)(spans - 1);
    lt_trainer_close(trainer);
    return st;
}

static ltc_status time_training(lt_device *d, const lt_regime *r, ltc_error *err)
{
    const lt_session_request request = lt_regime_session(r);
    const lt_training t = lt_regime_training(r, 0);
    const ltc_graph *g = &r->experiment->graph.view;
    lt_session *s = NULL;
    lt_state state = { 0 };
    double mean_us, best_us;
    ltc_status st = lt_session_open(d, &request, &s, err);
    if (!st)
        st = lt_state_create(g, &state, err);
    if (!st) {
        lt_init_state(g, r->settings->arch.init, lt_regime_key(r, LT_KEY_INIT, 0, 0), &state);
        st = lt_session_put(s, &state, err);
    }
    if (!st)
        st = time_spans(s, &t, &mean_us, &best_us, err);
    if (!st)
        printf("%.1f %.1f %s\n", mean_us, best_us, d->identity);
    lt_state_free(&state);
    lt_session_close(s);
    return st;
}

static ltc_status bench(const lt_setup *setup, uint64_t steps, ltc_error *err)
{
    const lt_plugin_setting *backend = &setup->settings.backend.plugin;
    lt_experiment e = { 0 };
    lt_regime r = { 0 };
    lt_device d = { 0 };
    ltc_status st = lt_experiment_open(&setup->settings, &setup->services, &e, err);
    if (!st)
        st = lt_regime_open(&e, &setup->settings, &r, err);
    r.steps = steps > 2 * SPAN ? steps : 2 * SPAN;
    if (!st)
        st = lt_device_open(backend->module, backend->options, &setup->services, &d, err);
    if (!st)
        st = lt_device_load(&d, &e.data, err);
    if (!st)
        st = time_training(&d, &r, err);
    lt_device_close(&d);
    lt_regime_close(&r);
    lt_experiment_close(&e);
    return st;
}

int main(int argc, char **argv)
{
    char *program = realpath("/proc/self/exe", NULL), *directory = realpath(".", NULL);
    const lt_world w = { .program = program, .directory = directory, .plugin_path = getenv("LTCORE_PLUGIN_PATH"),
                         .data_path = getenv("LTCORE_DATA"), .now_s = now_s, .cancelled = never, .out = stdout, .err = stderr };
    ltc_error err = { .message = "" };
    lt_setup s;
    if (argc < 3 || !program || !directory) {
        fprintf(stderr, "usage: bench_steps CONFIG STEPS [KEY=VALUE...]\n");
        return LT_EXIT_USAGE;
    }
    const lt_arguments a = { .config = argv[1], .set = (const char **)argv + 3, .n_set = (size_t)argc - 3 };
    int code = lt_setup_open(&w, &a, &s);
    if (!code) {
        const ltc_status st = bench(&s, strtoull(argv[2], NULL, 10), &err);
        code = st ? lt_setup_failed(&s, st, &err) : LT_EXIT_DONE;
        lt_setup_close(&s);
    }
    free(program);
    free(directory);
    return code;
}
