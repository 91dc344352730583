/* Owns what bench.h describes. */
#include "bench.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/setup.h"

double lt_bench_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool lt_bench_never(void *arg)
{
    (void)arg;
    return false;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void lt_bench_print(double *us, size_t n)
{
    qsort(us, n, sizeof *us, by_size);
    printf("%.2f %.2f ", us[n / 2], us[0]);
}

double lt_bench_density(const lt_bench_request *q)
{
    char *end;
    const double density = strtod(q->under, &end);
    return !*end && density > 0 && density <= 1 ? density : 0;
}

static ltc_status bench(const lt_setup *setup, const lt_bench_request *q, lt_bench_fn *fn, ltc_error *err)
{
    const lt_plugin_setting *backend = &setup->settings.backend.plugin;
    lt_experiment e = { .settings = &setup->settings, .services = &setup->services };
    lt_regime r = { 0 };
    lt_device d = { 0 };
    ltc_status st = lt_experiment_open(&e, NULL, err);
    if (!st)
        st = lt_regime_open(&e, &setup->settings, &r, err);
    r.steps = (q->spans + 1) * (q->steps ? q->steps : 1);
    if (!st)
        st = lt_device_open(backend->module, backend->options, &setup->services, &d, err);
    if (!st)
        st = lt_device_load(&d, &e.data, err);
    if (!st)
        st = fn(&d, &r, q, err);
    lt_device_close(&d);
    lt_regime_close(&r);
    lt_experiment_close(&e);
    return st;
}

/* UINT64_MAX: it is none. */
static uint64_t number(const char *text)
{
    char *end;
    const uint64_t n = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end ? n : UINT64_MAX;
}

static lt_bench_request request_of(int argc, char **argv)
{
    if (argc < 6)
        return (lt_bench_request){ 0 };
    const uint64_t n = number(argv[4]);
    return (lt_bench_request){ number(argv[2]), number(argv[3]), n < UINT32_MAX ? (uint32_t)n : 0, argv[5] };
}

static int run_setup(const lt_world *w, char **argv, size_t argc, const lt_bench_request *q, lt_bench_fn *fn)
{
    const lt_arguments a = { .config = argv[1], .set = (const char **)argv + 6, .n_set = argc - 6 };
    lt_setup s;
    int code = lt_setup_open(w, &a, &s);
    if (!code) {
        ltc_error err = { .message = "" };
        const ltc_status st = bench(&s, q, fn, &err);
        code = st ? lt_setup_failed(&s, st, &err) : LT_EXIT_DONE;
        lt_setup_close(&s);
    }
    return code;
}

int lt_bench_run(int argc, char **argv, const char *usage, unsigned processors, lt_bench_fn *fn)
{
    const lt_bench_request q = request_of(argc, argv);
    char *program = realpath("/proc/self/exe", NULL), *directory = realpath(".", NULL);
    const lt_world w = { .program = program,
                         .directory = directory,
                         .plugin_path = getenv("LTCORE_PLUGIN_PATH"),
                         .data_path = getenv("LTCORE_DATA"),
                         .processors = processors ? processors : q.n,
                         .now_s = lt_bench_now_s,
                         .cancelled = lt_bench_never,
                         .out = stdout,
                         .err = stderr };
    int code = LT_EXIT_USAGE;
    if (!q.spans || q.spans > UINT32_MAX || q.steps > UINT32_MAX || !q.n || !program || !directory)
        fprintf(stderr, "usage: %s\n", usage);
    else
        code = run_setup(&w, argv, (size_t)argc, &q, fn);
    free(program);
    free(directory);
    return code;
}
