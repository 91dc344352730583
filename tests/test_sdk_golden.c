/* Parity with PyTorch in double, whose results make_golden.py wrote down: LeNet-300-100
 * and a small network that has every operation; losses, gradients, three steps of each
 * optimizer, running statistics, evaluation. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltsdk/net.h>

#include "backend_rig.h"
#include "golden_lines.h"
#include "make_graph.h"

enum { BATCH = 8, ROWS = 24, STEPS = 3, SAMPLES = 24 };

static const struct { const char *name; ltc_optimizer o; float lr;
} methods[] = {
    { "sgd", { .kind = LTC_SGD, .momentum = 0.9, .weight_decay = 0.01 }, 0x1p-5f },
    { "nesterov", { .kind = LTC_SGD, .nesterov = 1, .momentum = 0.9, .weight_decay = 0.01 }, 0x1p-5f },
    { "adam",
      { .kind = LTC_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-3, .weight_decay = 0.01 },
      0x1p-9f },
    { "adamw",
      { .kind = LTC_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-3, .weight_decay = 0.1 },
      0x1p-9f },
};
enum { METHODS = sizeof methods / sizeof *methods };

static ltc_optimizer method(size_t i)
{
    ltc_optimizer o = methods[i].o;
    o.size = sizeof o, o.decay_roles = LTC_ROLE_WEIGHT;
    return o;
}

/* One of the two networks, its data, its start. */
typedef struct subject {
    const char *name;
    lt_maker *maker;
    const ltc_graph *graph;
    lt_split *split;
    float **value;
} subject;

static subject subject_of(bool lenet)
{
    subject s = { .name = lenet ? "lenet" : "small" };
    s.maker = lenet ? lt_maker_new(1, 28, 28, 10) : lt_maker_new(3, 12, 12, 10);
    ltc_builder *b = lt_maker_builder(s.maker);
    s.graph = lt_maker_graph(s.maker, lenet ? lt_build_lenet(b) : lt_build_small(b, 0));
    s.split = lenet ? lt_split_new(1, 28, 28, ROWS, 10, 3) : lt_split_new(3, 12, 12, ROWS, 10, 3);
    s.value = lt_values_new(s.graph, 1);
    return s;
}

static void subject_free(subject *s)
{
    lt_values_free(s->graph, s->value);
    lt_split_free(s->split);
    lt_maker_free(s->maker);
}

/* What was computed here, by name; x of a tensor in double. */
typedef struct result { double *x; } result;
typedef struct results { result grad[64], value[64]; double loss[STEPS], eval; } results;

static void results_free(results *r)
{
    for (int p = 0; p < 64; p++)
        free(r->grad[p].x), free(r->value[p].x);
}

static double *doubles(const float *x, size_t n)
{
    double *y = calloc(n, sizeof *y);
    for (size_t i = 0; y && i < n; i++)
        y[i] = (double)x[i];
    return y;
}

/* A gradient that must vanish, as that of a bias in front of a batch norm, has no size to compare with. */
static const double least_norm = 0.1;

static uint32_t find_param(const ltc_graph *g, const char *name)
{
    uint32_t p = 0;
    while (p < g->n_params && strcmp(ltc_graph_param(g, p)->name, name))
        p++;
    CU_ASSERT_FATAL(p < g->n_params);
    return p;
}

typedef struct limits { double loss, norm, element; } limits;

/* Holds what was computed against every line of this network and method; returns how many there were. */
static int compare(const subject *s, const char *how, const results *r, limits most)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/golden/torch.txt", "r");
    int lines = 0;
    golden g;
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (golden_next(f, &g)) {
        if (strcmp(g.network, s->name) || strcmp(g.method, how))
            continue;
        lines++;
        if (strcmp(g.what, "loss") == 0 || strcmp(g.what, "eval") == 0) {
            for (size_t i = 0; i < g.n; i++) {
                const double x = *g.what == 'l' ? r->loss[i] : r->eval;
                golden_check(fabs(x - g.number[i]) <= most.loss * fmax(1, g.number[i]), &g, x - g.number[i]);
            }
            continue;
        }
        const double *x = (*g.what == 'g' ? r->grad : r->value)[find_param(s->graph, g.tensor)].x;
        CU_ASSERT_PTR_NOT_NULL_FATAL(x);
        const double norm = golden_norm_error(&g, x, SAMPLES, least_norm),
                     element = golden_element_error(&g, x, SAMPLES);
        golden_check(norm <= most.norm, &g, norm);
        golden_check(element <= most.element, &g, element);
    }
    fclose(f);
    return lines;
}

static void load_rows(const subject *s, lts_net *net, int step, uint32_t n, int32_t *label)
{
    const size_t count = ltc_value_count(ltc_graph_value(s->graph, s->graph->input));
    double *x = lts_net_value(net, s->graph->input);
    for (uint32_t i = 0; i < n; i++) {
        const size_t row = ((size_t)step * BATCH + i) % ROWS;
        for (size_t k = 0; k < count; k++)
            x[i * count + k] = (s->split->x[row * count + k] - 128.0) / 64;
        label[i] = s->split->label[row];
    }
}

static double forward(lts_net *net, uint32_t rows, bool training, const int32_t *label)
{
    const lts_pass pass = { .rows = rows, .batch_stats = training };
    const lts_loss_req req = { .label = label, .logit_scale = 1, .grad_scale = 1. / rows };
    lts_net_forward(net, &pass);
    return lts_net_loss(net, &req, NULL);
}

static results run_double(const subject *s, size_t how)
{
    results r = { .eval = 0 };
    const ltc_optimizer o = method(how);
    lts_net *net = NULL;
    ltc_error err;
    int32_t label[ROWS];
    CU_ASSERT_EQUAL_FATAL(lts_net_create(s->graph, LTC_F64, ROWS, LTS_NET_TRAIN, &net, &err), LTC_OK);
    for (uint32_t p = 0; p < s->graph->n_params; p++)
        lts_net_load(net, p, s->value[p]);
    for (int step = 0; step < STEPS; step++) {
        load_rows(s, net, step, BATCH, label);
        r.loss[step] = forward(net, BATCH, true, label) / BATCH;
        lts_net_backward(net);
        for (uint32_t p = 0; step == 0 && p < s->graph->n_params; p++) {
            const ltc_param *q = ltc_graph_param(s->graph, p);
            r.grad[p].x = q->trained ? malloc(q->n * sizeof(double)) : NULL;
            if (r.grad[p].x)
                memcpy(r.grad[p].x, lts_net_grad(net, q->value), q->n * sizeof(double));
        }
        lts_net_update(net, &o, (double)methods[how].lr);
    }
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        const ltc_param *q = ltc_graph_param(s->graph, p);
        r.value[p].x = malloc(q->n * sizeof(double));
        memcpy(r.value[p].x, lts_net_value(net, q->value), q->n * sizeof(double));
    }
    load_rows(s, net, 0, ROWS, label);
    r.eval = forward(net, ROWS, false, label);
    lts_net_destroy(net);
    return r;
}

/* Through the backend's own door. A step of momentum 0 leaves the gradient in slot 1. */
static results run_backend(const subject *s, const char *backend, size_t how)
{
    results r = { .eval = 0 };
    const ltc_optimizer o = method(how), plain = { .size = sizeof plain, .kind = LTC_SGD };
    lt_rig rig;
    float *x = calloc(300000, sizeof *x), loss[STEPS];
    lt_rig_open(&rig, backend, NULL, s->split);
    lt_rig_compile(&rig, s->graph, &plain, BATCH, 0);
    lt_rig_start(&rig, s->value);
    lt_rig_train(&rig, 0, 1, 0, NULL, NULL);
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        lt_rig_get(&rig, LTC_STATE_SLOT_1, p, x);
        r.grad[p].x = doubles(x, ltc_graph_param(s->graph, p)->n);
    }
    lt_rig_release(&rig);
    lt_rig_compile(&rig, s->graph, &o, BATCH, 0);
    lt_rig_start(&rig, s->value);
    lt_rig_train(&rig, 0, STEPS, methods[how].lr, loss, NULL);
    for (int i = 0; i < STEPS; i++)
        r.loss[i] = (double)loss[i];
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        lt_rig_get(&rig, LTC_STATE_VALUE, p, x);
        r.value[p].x = doubles(x, ltc_graph_param(s->graph, p)->n);
    }
    r.eval = lt_rig_eval(&rig, 0, ROWS, NULL);
    lt_rig_close(&rig);
    free(x);
    return r;
}

static void check_all(const char *backend, limits most)
{
    for (int lenet = 0; lenet < 2; lenet++) {
        subject s = subject_of(lenet);
        for (size_t how = 0; how < METHODS; how++) {
            results r = backend ? run_backend(&s, backend, how) : run_double(&s, how);
            const uint32_t trained = lenet ? 6 : 14;
            const int want = (int)(s.graph->n_params + 2 + (how == 0 ? trained : 0));
            CU_ASSERT_EQUAL(compare(&s, methods[how].name, &r, most), want);
            results_free(&r);
        }
        subject_free(&s);
    }
}

static void interpreter_in_double(void) { check_all(NULL, (limits){ 1e-12, 1e-10, 1e-10 }); }
static void ref_in_float(void)          { check_all("ref", (limits){ 1e-6, 1e-5, INFINITY }); }
static void cpu_in_float(void)          { check_all("cpu", (limits){ 1e-6, 1e-5, INFINITY }); }
#ifdef HAVE_CPU_BLAS
static void cpu_blas_in_float(void)     { check_all("cpu-blas", (limits){ 1e-6, 1e-5, INFINITY }); }
#endif

int main(void)
{
    static const lt_test claims[] = {
        { "trap 32: the interpreter in double equals PyTorch to 1e-10, element by element",
          interpreter_in_double },
        { "ref equals PyTorch's double to 1e-5 in norm, losses to 1e-6", ref_in_float },
        { "cpu equals PyTorch's double to 1e-5 in norm, losses to 1e-6", cpu_in_float },
#ifdef HAVE_CPU_BLAS
        { "cpu-blas equals PyTorch's double to 1e-5 in norm, losses to 1e-6", cpu_blas_in_float },
#endif
    };
    return lt_suite_run("sdk golden", claims, sizeof claims / sizeof *claims);
}
