/* Claims about the probes that a criterion is lent: the right weights and samples, in whatever sizes
 * it was built for. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prune_rig.h"

enum { SAMPLES = 5, INPUTS = 4, HIDDEN = 3, CLASSES = 2 };

/* The tiny network's weights, and samples to pass over. */
typedef struct bench {
    lt_graph  g;
    lt_masks  before;
    lt_module m;
    float     fc1[12], bias1[3], fc2[6], bias2[2], *final[4];
    float     x[SAMPLES][INPUTS];
    int32_t   label[SAMPLES];
    int64_t   dim[3];
    float     mean, std;
    ltc_data_desc train;
    ltc_input input;
} bench;

static void make(bench *b)
{
    *b = (bench){ .g = rig_graph(rig_tiny), .m = rig_scorer(), .dim = { INPUTS, 1, 1 } };
    static const float zero[INPUTS], one[INPUTS] = { 1, 1, 1, 1 };
    const ltc_key key = { 3, 4 };
    float *const all[] = { b->fc1, b->bias1, b->fc2, b->bias2 };
    const size_t n[] = { 12, 3, 6, 2 };
    b->before = rig_all_weights(&b->g);
    for (uint64_t p = 0; p < 4; p++) {
        b->final[p] = all[p];
        for (size_t i = 0; i < n[p]; i++)
            all[p][i] = ltc_rand_normal(ltc_key_fold(key, p), i);
    }
    for (size_t i = 0; i < SAMPLES * INPUTS; i++)
        b->x[i / INPUTS][i % INPUTS] = ltc_rand_normal(key, i);
    for (int32_t i = 0; i < SAMPLES; i++)
        b->label[i] = i % CLASSES;
    b->train = (ltc_data_desc){ .size = sizeof b->train, .sample_type = LTC_F32, .rank = 3, .dim = b->dim,
                                .n = SAMPLES, .x = b->x, .label = b->label };
    b->input = (ltc_input){ .size = sizeof b->input, .sample_type = LTC_F32, .mean = zero, .std = one };
}

static void drop(bench *b)
{
    lt_masks_free(&b->before);
    lt_graph_free(&b->g);
}

/* Mean loss over samples 1 and 3, written out by hand, in double; w: fc1, its bias, fc2, its
 * bias; masks applied. */
static double loss_of(const bench *b, const double *w)
{
    double sum = 0;
    for (int s = 1; s <= 3; s += 2) {
        double h[HIDDEN], y[CLASSES];
        for (int o = 0; o < HIDDEN; o++) {
            h[o] = w[12 + o];
            for (int i = 0; i < INPUTS; i++)
                h[o] += (b->before.mask[FC1][o * INPUTS + i] ? w[o * INPUTS + i] : 0) * (double)b->x[s][i];
            h[o] = h[o] > 0 ? h[o] : 0;
        }
        for (int c = 0; c < CLASSES; c++) {
            y[c] = w[21 + c];
            for (int o = 0; o < HIDDEN; o++)
                y[c] += w[15 + c * HIDDEN + o] * h[o];
        }
        sum += log(exp(y[0]) + exp(y[1])) - y[b->label[s]];
    }
    return sum / 2;
}

/* What the criterion of these tests asks, and what it saw. */
typedef struct asker {
    size_t   size;                            /* of the request that it makes */
    bool     newer;                           /* with a field that this core does not know */
    double   objective, grad[12];
    uint64_t samples;
    uint32_t params;
    ltc_status st;
    ltc_error err;
} asker;

static ltc_status ask(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *score,
                      ltc_error *err)
{
    asker *a = (asker *)(uintptr_t)self;
    struct { ltc_probe_req r; uint64_t beyond; } req = { .r = { 0 } };
    const ltc_probe *p = env->host->probe;
    const uint32_t sample[] = { 1, 3 };
    void *grad[8] = { NULL };
    for (size_t i = 0; i < t->n; i++)
        score[i] = (float)i;
    if (t->index != FC1)
        return LTC_OK;
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    req.r = (ltc_probe_req){ .size = (uint32_t)a->size, .type = LTC_F64, .objective = LTC_PROBE_LOSS,
                             .sample = sample, .n = 2, .logit_scale = 1 };
    req.beyond = a->newer;
    grad[FC1] = a->grad;
    ltc_probe_out out = { .size = sizeof out, .grad = grad };
    a->samples = p->n_samples, a->params = p->graph->n_params;
    a->st = p->run(p, &req.r, &out, err);
    a->objective = out.objective;
    a->err = *err;
    return a->st;
}

static lt_selection_request request(bench *b, asker *a)
{
    b->m.ops.mask.score = ask;
    b->m.ops.mask.flags_of = NULL, b->m.ops.mask.flags = LTC_NEED_PROBE;
    lt_selection_request r = rig_request(&b->g, &b->m, NULL, &b->before);
    r.options = a, r.final = b->final, r.train = &b->train, r.input = &b->input;
    return r;
}

static void check_numbers(const bench *b, const asker *a)
{
    double w[23], at[23];
    for (int i = 0; i < 23; i++)
        w[i] = (double)(i < 12 ? b->fc1[i] : i < 15 ? b->bias1[i - 12]
                        : i < 21 ? b->fc2[i - 15] : b->bias2[i - 21]);
    CU_ASSERT_DOUBLE_EQUAL(a->objective, loss_of(b, w), 1e-12);
    for (int i = 0; i < 12; i++) {
        const double h = 1e-5;
        if (!b->before.mask[FC1][i])
            continue;
        memcpy(at, w, sizeof at);
        at[i] = w[i] + h;
        const double up = loss_of(b, at);
        at[i] = w[i] - h;
        CU_ASSERT_DOUBLE_EQUAL(a->grad[i], (up - loss_of(b, at)) / (2 * h), 1e-8);
    }
}

static void a_probe_passes_over_training_samples_at_the_drawn_weights(void)
{
    bench b;
    make(&b);
    for (int pruned = 0; pruned < 2; pruned++) {
        asker a = { .size = sizeof(ltc_probe_req) };
        const lt_selection_request r = request(&b, &a);
        b.before.mask[FC1][5] = !pruned;      /* then the pass has +0.0 there, whatever the weight is */
        lt_masks m = rig_select(&r);
        CU_ASSERT(a.samples == SAMPLES && a.params == 4);
        check_numbers(&b, &a);
        lt_masks_free(&m);
    }
    CU_ASSERT_NOT_EQUAL(b.fc1[5], 0);
    drop(&b);
}

static void a_request_of_another_build_is_understood_whole_or_refused(void)
{
    static const struct { size_t more; bool newer; ltc_status st; } build[] = {
        { 0, false, LTC_OK }, { 8, false, LTC_OK }, { 8, true, LTC_EUNSUPPORTED },
    };
    bench b;
    make(&b);
    for (size_t i = 0; i < 3; i++) {
        asker a = { .size = sizeof(ltc_probe_req) + build[i].more, .newer = build[i].newer };
        const lt_selection_request r = request(&b, &a);
        lt_masks m = { 0 };
        ltc_error err;
        CU_ASSERT_EQUAL(lt_select(&r, &m, &err), build[i].st);
        CU_ASSERT(!build[i].st || strstr(err.message, "asks a probe for what this ltcore does not know"));
        lt_masks_free(&m);
    }
    drop(&b);
}

/* Larger graphs, values and parameters than this core's: what the plug-in sees it walks by
 * the lent strides. */
static ltc_status walk(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *score,
                       ltc_error *err)
{
    const ltc_graph *g = env->host->probe->graph;
    (void)self, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = (float)i;
    CU_ASSERT_EQUAL(g->param_size, sizeof(ltc_param) + 64);
    CU_ASSERT_STRING_EQUAL(ltc_graph_param(g, t->index)->name, t->name);
    CU_ASSERT_EQUAL(ltc_graph_param(g, t->index)->n, t->n);
    return LTC_OK;
}

static void a_larger_build_gets_a_graph_of_its_sizes(void)
{
    bench b;
    asker a = { 0 };
    make(&b);
    const lt_selection_request r = request(&b, &a);
    b.m.ops.mask.score = walk;
    b.m.ops.mask.param_size += 64, b.m.ops.mask.value_size += 64, b.m.ops.mask.probe_size += 64;
    lt_masks m = rig_select(&r);
    lt_masks_free(&m);
    drop(&b);
}

static ltc_status wants_none(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                             float *score, ltc_error *err)
{
    (void)self, (void)err;
    CU_ASSERT_PTR_NULL(env->host->probe);
    for (size_t i = 0; i < t->n; i++)
        score[i] = (float)i;
    return LTC_OK;
}

static void who_does_not_ask_gets_none(void)
{
    bench b;
    asker a = { 0 };
    make(&b);
    const lt_selection_request r = request(&b, &a);
    b.m.ops.mask.flags = 0, b.m.ops.mask.score = wants_none;
    lt_masks m = rig_select(&r);
    lt_masks_free(&m);
    drop(&b);
}

static void a_probe_that_fails_says_why(void)
{
    bench b;
    asker a = { .size = sizeof(ltc_probe_req) };
    make(&b);
    lt_selection_request r = request(&b, &a);
    b.train.n = 2;                            /* there is no sample 3 */
    rig_refused(&r, LTC_EINVAL, "mask 'rig': a probe asks for training sample 3 of 2");
    drop(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a probe passes over training samples at the drawn weights under the selection so far",
          a_probe_passes_over_training_samples_at_the_drawn_weights },
        { "a request of another build is understood whole or refused",
          a_request_of_another_build_is_understood_whole_or_refused },
        { "a larger build gets a graph of its sizes", a_larger_build_gets_a_graph_of_its_sizes },
        { "who does not ask gets no probe", who_does_not_ask_gets_none },
        { "a probe that fails says why", a_probe_that_fails_says_why },
    };
    return lt_suite_run("probing", claims, sizeof claims / sizeof claims[0]);
}
