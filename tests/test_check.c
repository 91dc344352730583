/* `ltcore check` itself: sound backends pass, each fault is caught by the tests that are meant for it and by
 * no others, and the oracle that backends are compared with is held against finite differences. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "check/adjoint_cases.h"
#include "check/check_backend.h"
#include "check/oracle.h"

/* The names of the tests that failed, each with a blank behind it; what the last of them found; and
 * counts. */
typedef struct outcome {
    char   failed[512], found[512];
    size_t n, n_failed, n_skipped;
} outcome;

static bool keep(void *arg, const lt_check_row *row)
{
    outcome *o = arg;
    const size_t used = strlen(o->failed);
    o->n++;
    o->n_skipped += row->verdict->outcome == LT_SKIPPED;
    if (row->verdict->outcome != LT_FAILED)
        return true;
    o->n_failed++;
    snprintf(o->failed + used, sizeof o->failed - used, "%s ", row->name);
    snprintf(o->found, sizeof o->found, "%s", row->verdict->found);
    return true;
}

/* only: the one test to run, or NULL. */
static void check_into(outcome *o, const char *file, const char *only, unsigned limit_s)
{
    char path[512];
    ltc_error err = { .message = "" };
    snprintf(path, sizeof path, "%s/%s.so", TEST_BINARY_DIR, file);
    const lt_check_request r = { .path = path, .only = only, .patience = { .limit_s = limit_s },
                                 .visit = keep, .arg = o };
    const ltc_status st = lt_check_run(&r, &err);
    if (st)
        fprintf(stderr, "%s\n", err.message);
    CU_ASSERT_EQUAL(st, LTC_OK);
}

static outcome check(const char *file)
{
    outcome o = { .failed = "" };
    check_into(&o, file, NULL, LT_CHECK_LIMIT_S);
    return o;
}

/* Every test; or those by which the fault is to be caught, where a sanitizer makes each process dear, and
 * where a limit of its own might catch others on a busy machine. */
static outcome check_fault(const char *file, const char *caught_by, unsigned limit_s)
{
    outcome o = { .failed = "" };
    if (!SANITIZED && !limit_s)
        return check(file);
    for (const char *at = caught_by; *at;) {
        char only[64];
        const int n = (int)strcspn(at, " ");
        snprintf(only, sizeof only, "%.*s", n, at);
        check_into(&o, file, only, limit_s ? limit_s : LT_CHECK_LIMIT_S);
        at += n + 1;
    }
    return o;
}

static void sound_backends_pass(void)
{
    static const char *const sound[] = {
        "lib/ltcore/plugins/backends/ref", "tests/plugins/faulty-none", "tests/plugins/faulty-together",
        "lib/ltcore/plugins/backends/cpu",
#ifdef HAVE_CPU_BLAS
        "lib/ltcore/plugins/backends/cpu-blas",
#endif
    };
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        const outcome o = check(sound[i]);
        if (o.n_failed)
            fprintf(stderr, "%s: %s: %s\n", sound[i], o.failed, o.found);
        CU_ASSERT_EQUAL(o.n_failed, 0);
        CU_ASSERT(o.n >= 60 &&
                  o.n_skipped == (i == 2 ? 1 : i == 3 ? 2 : 3)); /* options, which cpu alone
                                                                  * has; cohorts, twice */
    }
}

/* limit_s 0: the usual, for every test. says: in what the test found. */
static const struct { const char *file, *caught_by, *says; unsigned limit_s; } faults[] = {
    { "adjoint",         "adjoint-AVG_POOL ", "the first slot of 'stem.", 0 },
    { "forward",         "adjoint-GLOBAL_POOL ", "loss of network 'global", 0 },
    { "optimizer",       "optimizer-sgd mask-train ", "relative error", 0 },
    { "dead-slot",       "mask-dead ", "which is dead", 0 },
    { "frozen-drift",    "mask-frozen ", "which is frozen", 0 },
    { "eval-statistics", "adjoint-BATCH_NORM eval-statistics ", "the summed loss", 0 },
    { "clock-reset",     "spans ", "the clock is 1, and was 100", 0 },
    { "dropout-step",    "random-dropout ", "a span that begins with step 1000", 0 },
    { "augment-row",     "floats random-augment ", "a span that begins with step 1000", 0 },
    { "abort",           "refuse-operation ", "crashed with signal 6", 0 },
    { "crash",           "train-loss ", "crashed with signal 11", 0 },
    { "hang",            "refuse-state ", "took longer than 5 s", 5 },
    { "mode",            "float-mode ", "training leaves", 0 },
    { "lie",             "cohort ", "one replica", 0 },
    { "nameless",        "identity ", "opened again", 0 },
    { "eval-clock",      "eval-pure ", "the clock", 0 },
    { "bad-step",        "bad-step ", "bad_step", 0 },
    { "bad-state",       "bad-step ", "", 0 },
    { "count",           "train-loss floats ", "are said to be right", 0 },
    { "cuts",            "eval-cuts ", "in parts of 1:", 0 },
    { "weak-require",    "require ", "number 30", 0 },
    { "lost-slot",       "state-moves mask-change recovery ", "", 0 },
    { "accepts",         "refuse-loss ", "it is accepted", 0 },
    { "silent",          "refuse-optimizer ", "without a word", 0 },
    { "noise",           "repeat ", "", 0 },
    { "guesses",         "mask-data ", "still there", 0 },
    { "place",           "cohort ", "and was", 0 },
    { "stride",          "cohort ", "", 0 },
    { "neighbours",      "bad-step-neighbours ", "for replica 0", 0 },
};

static void faults_are_caught(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char file[128];
        snprintf(file, sizeof file, "tests/plugins/faulty-%s", faults[i].file);
        const outcome o = check_fault(file, faults[i].caught_by, faults[i].limit_s);
        if (strcmp(o.failed, faults[i].caught_by) != 0 || !strstr(o.found, faults[i].says))
            fprintf(stderr, "%s: caught by '%s', not '%s': %s\n", faults[i].file, o.failed,
                    faults[i].caught_by, o.found);
        CU_ASSERT_STRING_EQUAL(o.failed, faults[i].caught_by);
        CU_ASSERT_PTR_NOT_NULL(strstr(o.found, faults[i].says));
    }
}

/* Where a device is missing nothing can be said, and nothing is blamed. */
static void a_missing_device_is_no_fault(void)
{
    const outcome o = check("tests/plugins/faulty-no-device");
    if (o.n_failed)
        fprintf(stderr, "%s: %s\n", o.failed, o.found);
    CU_ASSERT_EQUAL(o.n_failed, 0);
    CU_ASSERT_EQUAL(o.n_skipped, o.n - 5);    /* four tests of the file, and the descriptor */
}

/* What is wrong with a file, by the fixtures of the loader's tests. */
static void faulty_files_are_caught(void)
{
    static const struct { const char *file, *says;
    } bad[] = {
        { "fast-math", "-ffast-math" },
        { "undefined", "undefined symbol" },
        { "bad-option", "is not in [0, 10]" },
        { "crash", "crashed with signal 6" },
        { "no-symbol", "exports no ltc_plugin_v0" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char file[128];
        snprintf(file, sizeof file, "tests/plugins/%s", bad[i].file);
        const outcome o = check(file);
        CU_ASSERT(strstr(o.failed, "file-loads ") == o.failed);
        CU_ASSERT_EQUAL(o.n, 1);
        if (!strstr(o.found, bad[i].says))
            fprintf(stderr, "%s: %s\n", bad[i].file, o.found);
        CU_ASSERT_PTR_NOT_NULL(strstr(o.found, bad[i].says));
    }
    const outcome o = check("tests/plugins/faulty-exports");
    CU_ASSERT_STRING_EQUAL(o.failed, "file-symbols ");
    CU_ASSERT_PTR_NOT_NULL(strstr(o.found, "exports 'another' too"));
}

/* Structs of other sizes cross the border as they do in a run. */
static void other_sizes_pass(void)
{
    static const char *const file[] = { "tests/plugins/faulty-larger" };
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        const outcome o = check(file[i]);
        if (o.n_failed)
            fprintf(stderr, "%s: %s: %s\n", file[i], o.failed, o.found);
        CU_ASSERT_EQUAL(o.n_failed, 0);
    }
}

static void every_operation_has_a_network(void)
{
    static const char *const name[] = {
        "",
#define LTC_OP(op, inputs) #op,
#include <ltcore/ops.def>
#undef LTC_OP
    };
    bool has[LTC_OP_COUNT] = { true };
    for (const lt_adjoint_case *c = lt_adjoint_cases; c->op; c++)
        has[c->op] = true;
    for (uint32_t op = 1; op < LTC_OP_COUNT; op++) {
        if (!has[op])
            fprintf(stderr, "core/check/adjoint_cases.c tries no %s\n", name[op]);
        CU_ASSERT(has[op]);
    }
}

/* The loss of step 5 with element *w moved by h. */
static double moved(lt_oracle *o, double *w, double h)
{
    const double kept = *w;
    *w = kept + h;
    const double loss = lt_oracle_gradient(o, 5, &(uint32_t){ 0 });
    *w = kept;
    return loss;
}

/* || gradient - slopes || and || slopes || of some elements of one parameter, squared; differences of fourth
 * order. */
static void add_gap(lt_oracle *o, const double *grad, uint32_t p, double *off, double *size)
{
    const double h = 1e-5;
    const ltc_param *param = ltc_graph_param(&o->scene->graph.view, p);
    const size_t stride = param->n / 24 + 1;
    double *w = lts_net_value(o->net, param->value);
    for (size_t i = 0; i < param->n; i += stride) {
        const double near = moved(o, w + i, h) - moved(o, w + i, -h);
        const double far = moved(o, w + i, 2 * h) - moved(o, w + i, -2 * h);
        const double slope = (8 * near - far) / (12 * h);
        *off += (grad[i] - slope) * (grad[i] - slope), *size += slope * slope;
    }
}

static double gap_of(const lt_adjoint_case *c)
{
    const ltc_optimizer still = { .size = sizeof still, .kind = LTC_SGD };
    const lt_play play = { .optimizer = &still, .batch = c->recipe.batch };
    lt_scene scene;
    lt_oracle o;
    ltc_error err = { .message = "" };
    double off = 0, size = 0;
    if (lt_scene_open(&c->recipe, LT_CHECK_SEED, &scene, &err) ||
        lt_oracle_open(&scene, &play, 0, &o, &err)) {
        fprintf(stderr, "%s: %s\n", c->recipe.name, err.message);
        return INFINITY;
    }
    const ltc_graph *g = &scene.graph.view;
    for (uint32_t p = 0; p < g->n_params; p++) {
        const ltc_param *param = ltc_graph_param(g, p);
        double *grad = calloc(param->n, sizeof *grad);
        CU_ASSERT_PTR_NOT_NULL_FATAL(grad);
        if (param->trained) {
            lt_oracle_gradient(&o, 5, &(uint32_t){ 0 });
            memcpy(grad, lts_net_grad(o.net, param->value), param->n * sizeof *grad);
            add_gap(&o, grad, p, &off, &size);
        }
        free(grad);
    }
    lt_oracle_close(&o);
    lt_scene_close(&scene);
    return sqrt(off / size);
}

static void the_oracle_matches_finite_differences(void)
{
    for (const lt_adjoint_case *c = lt_adjoint_cases; c->op; c++) {
        const double gap = gap_of(c);
        if (!(gap < 1e-8))
            fprintf(stderr, "%s: %g\n", c->recipe.name, gap);
        CU_ASSERT(gap < 1e-8);
    }
}

/* The first layer computes without rounding: the same in float and in double, in any order; and it is never
 * 0. */
static void stems_are_exact(void)
{
    for (const lt_adjoint_case *c = lt_adjoint_cases; c->op; c++) {
        lt_scene s;
        ltc_error err;
        const uint32_t count = (uint32_t)(c->recipe.dim[0] * c->recipe.dim[1] * c->recipe.dim[2]);
        double x[512];
        CU_ASSERT_EQUAL_FATAL(lt_scene_open(&c->recipe, LT_CHECK_SEED, &s, &err), LTC_OK);
        CU_ASSERT_FATAL(count <= 512);
        lt_scene_sample(&s, 3, 0, (ltc_key){ 0, 0 }, 0, x);
        for (uint32_t i = 0; i < count; i++)
            CU_ASSERT_EQUAL(x[i] * 64, floor(x[i] * 64));
        for (uint32_t p = 0; p < s.graph.view.n_params; p++) {
            const ltc_param *param = ltc_graph_param(&s.graph.view, p);
            float *value = calloc(param->n, sizeof *value);
            lt_scene_value(&s, 0, p, value);
            for (size_t i = 0; i < param->n; i++) {
                const double k = (double)value[i] * 0x1p14;
                CU_ASSERT(k == floor(k) && (param->role & LTC_ROLE_BIAS ? fmod(k, 2) != 0 : 1));
            }
            free(value);
        }
        lt_scene_close(&s);
    }
}

static bool stop(void *arg, const lt_check_row *row)
{
    (void)row;
    return ++*(int *)arg < 2;
}

static void a_check_can_be_narrowed_and_stopped(void)
{
    const char *path = TEST_BINARY_DIR "/lib/ltcore/plugins/backends/ref.so";
    outcome o = { .failed = "" };
    ltc_error err;
    int rows = 0;
    lt_check_request r = { .path = path, .only = "spans", .patience = { .limit_s = 60 }, .visit = keep,
                           .arg = &o };
    CU_ASSERT_EQUAL(lt_check_run(&r, &err), LTC_OK);
    CU_ASSERT_EQUAL(o.n, 1);
    r.only = "spins";
    CU_ASSERT_EQUAL(lt_check_run(&r, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "no test is called 'spins'"));
    r = (lt_check_request){ .path = path, .patience = { .limit_s = 60 }, .visit = stop, .arg = &rows };
    CU_ASSERT_EQUAL(lt_check_run(&r, &err), LTC_ECANCELLED);
    CU_ASSERT_EQUAL(rows, 2);
}

int main(void)
{
    static const lt_test claims[] = {
        { "sound backends pass", sound_backends_pass },
        { "each fault is caught by the tests that are meant for it, and by no others", faults_are_caught },
        { "a backend whose device is missing is skipped", a_missing_device_is_no_fault },
        { "what is wrong with a file is caught", faulty_files_are_caught },
        { "backends whose structs have other sizes pass", other_sizes_pass },
        { "every operation has a network that tries it", every_operation_has_a_network },
        { "the oracle matches finite differences in every such network",
          the_oracle_matches_finite_differences },
        { "inputs and start values are short binary fractions", stems_are_exact },
        { "one test can be run alone, and a check can be stopped", a_check_can_be_narrowed_and_stopped },
    };
    return lt_suite_run("check", claims, sizeof claims / sizeof *claims);
}
