/* bench_steps CONFIG SPANS STEPS THREADS DENSITY [KEY=VALUE...] - times training steps of a configuration as runs do
 * them, without evaluations: SPANS spans of STEPS steps, under a random mask that keeps DENSITY of every weight.
 * Prints median and best microseconds a step, the least of processor time that all threads together took for one,
 * and the backend's identity. For bench/compare and bench/run. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/setup.h"
#include "data/key.h"
#include "plan/experiment.h"
#include "train/init.h"

/* What the command line asks for. */
typedef struct request { uint64_t spans, steps; unsigned threads; double density; } request;

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

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double processor_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One span more, before, warms up. */
static ltc_status time_spans(lt_session *s, const lt_training *t, const request *q, double *us,
                             double *least_us, ltc_error *err)
{
    const lt_watcher w = { .now_s = clock_of, .stopping = never, .stepped = ignore };
    lt_trainer *trainer = NULL;
    ltc_status st = lt_trainer_open(s, t, &w, &trainer, err);
    uint64_t step = 0;
    for (uint64_t span = 0; !st && span <= q->spans; span++) {
        const double start = now_s(), before = processor_s();
        st = lt_trainer_advance(trainer, step, step + q->steps, 0, &step, err);
        const double least = (processor_s() - before) * 1e6 / (double)q->steps;
        *least_us = span <= 1 || least < *least_us ? least : *least_us;
        if (span)
            us[span - 1] = (now_s() - start) * 1e6 / (double)q->steps;
    }
    lt_trainer_close(trainer);
    return st;
}

/* Weights alone, each layer alike. */
static ltc_status thin(const ltc_graph *g, double density, lt_state *state, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < g->n_params && density < 1 && !st; p++) {
        const ltc_param *of = ltc_graph_param(g, p);
        if (!(of->role & LTC_ROLE_WEIGHT))
            continue;
        st = lt_state_add_mask(state, p, err);
        for (size_t i = 0; i < of->n && !st; i++)
            if ((double)ltc_rand_unit((ltc_key){ 1, p }, i) >= density)
                state->mask[p][i] = LTC_DEAD, state->value[p][i] = 0.0f;
    }
    return st;
}

static ltc_status time_training(lt_device *d, const lt_regime *r, const request *q, ltc_error *err)
{
    const lt_session_request session = lt_regime_session(r);
    const lt_training t = lt_regime_training(r, 0);
    const ltc_graph *g = &r->experiment->graph.view;
    lt_session *s = NULL;
    lt_state state = { 0 };
    double *us = calloc(q->spans, sizeof *us), least_us = 0;
    ltc_status st =
        us ? lt_session_open(d, &session, &s, err) : ltc_fail(err, LTC_ENOMEM, "no memory for the times");
    if (!st)
        st = lt_state_create(g, &state, err);
    if (!st) {
        lt_init_state(g, r->settings->arch.init, lt_regime_key(r, LT_KEY_INIT, 0, 0), &state);
        st = thin(g, q->density, &state, err);
    }
    if (!st)
        st = lt_session_put(s, &state, err);
    if (!st)
        st = time_spans(s, &t, q, us, &least_us, err);
    if (!st) {
        qsort(us, q->spans, sizeof *us, by_size);
        printf("%.1f %.1f %.1f %s\n", us[q->spans / 2], us[0], least_us, d->identity);
    }
    free(us);
    lt_state_free(&state);
    lt_session_close(s);
    return st;
}

static ltc_status bench(const lt_setup *setup, const request *q, ltc_error *err)
{
    const lt_plugin_setting *backend = &setup->settings.backend.plugin;
    lt_experiment e = { .settings = &setup->settings, .services = &setup->services };
    lt_regime r = { 0 };
    lt_device d = { 0 };
    ltc_status st = lt_experiment_open(&e, NULL, err);
    if (!st)
        st = lt_regime_open(&e, &setup->settings, &r, err);
    r.steps = (q->spans + 1) * q->steps;
    if (!st)
        st = lt_device_open(backend->module, backend->options, &setup->services, &d, err);
    if (!st)
        st = lt_device_load(&d, &e.data, err);
    if (!st)
        st = time_training(&d, &r, q, err);
    lt_device_close(&d);
    lt_regime_close(&r);
    lt_experiment_close(&e);
    return st;
}

int main(int argc, char **argv)
{
    char *program = realpath("/proc/self/exe", NULL), *directory = realpath(".", NULL);
    const request q = argc < 6 ? (request){ 0 }
                               : (request){ strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10),
                                            (unsigned)strtoul(argv[4], NULL, 10), strtod(argv[5], NULL) };
    const lt_world w = { .program = program,
                         .directory = directory,
                         .plugin_path = getenv("LTCORE_PLUGIN_PATH"),
                         .data_path = getenv("LTCORE_DATA"),
                         .processors = q.threads,
                         .now_s = now_s,
                         .cancelled = never,
                         .out = stdout,
                         .err = stderr };
    ltc_error err = { .message = "" };
    lt_setup s;
    if (!q.spans || !q.steps || !q.threads || !(q.density > 0) || !program || !directory) {
        fprintf(stderr, "usage: bench_steps CONFIG SPANS STEPS THREADS DENSITY [KEY=VALUE...]\n");
        return LT_EXIT_USAGE;
    }
    const lt_arguments a = { .config = argv[1], .set = (const char **)argv + 6, .n_set = (size_t)argc - 6 };
    int code = lt_setup_open(&w, &a, &s);
    if (!code) {
        const ltc_status st = bench(&s, &q, &err);
        code = st ? lt_setup_failed(&s, st, &err) : LT_EXIT_DONE;
        lt_setup_close(&s);
    }
    free(program);
    free(directory);
    return code;
}
