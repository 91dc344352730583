/* The probe that criteria get: objectives, gradients, squares, Hessian products, captures. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltsdk/net.h>
#include <ltsdk/probe.h>

#include "backend_rig.h"
#include "make_graph.h"

enum { ROWS = 150, MOST_PARAMS = 32 };

/* A probe over a network, and room for what it can answer in double. */
typedef struct stage {
    lt_maker *maker;
    const ltc_graph *graph;
    lt_split *split;
    float **value;
    ltc_probe *probe;
    void *a[MOST_PARAMS], *b[MOST_PARAMS], *c[MOST_PARAMS];       /* [n] doubles each */
    float *direction[2][MOST_PARAMS];
    uint32_t rows[ROWS];
} stage;

static lt_maker *make(bool small, ltc_val *logits)
{
    lt_maker *m = small ? lt_maker_new(3, 12, 12, 10) : lt_maker_new(2, 3, 3, 4);
    ltc_builder *b = lt_maker_builder(m);
    if (small) {
        *logits = lt_build_small(b, 0.5);
    } else {
        const ltc_val x =
            ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 6, .no_bias = 1 });
        *logits = ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 4, .no_bias = 1 });
    }
    return m;
}

static void stage_open(stage *s, bool small, const uint8_t *const *mask)
{
    ltc_val logits;
    ltc_error err = { { 0 }, { 0 } };
    s->maker = make(small, &logits);
    s->graph = lt_maker_graph(s->maker, logits);
    s->split = small ? lt_split_new(3, 12, 12, ROWS, 10, 5) : lt_split_new(2, 3, 3, ROWS, 4, 5);
    s->value = lt_values_new(s->graph, 4);
    const lts_probe_source source = { .graph = s->graph, .data = &s->split->desc, .input = lt_byte_input(),
                                      .value = (const float *const *)s->value, .mask = mask };
    CU_ASSERT_EQUAL_FATAL(lts_probe_create(&source, &s->probe, &err), LTC_OK);
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        const size_t n = ltc_graph_param(s->graph, p)->n;
        s->a[p] = calloc(n, sizeof(double)), s->b[p] = calloc(n, sizeof(double)),
        s->c[p] = calloc(n, sizeof(double));
        for (int k = 0; k < 2; k++) {
            s->direction[k][p] = calloc(n, sizeof(float));
            for (size_t i = 0; i < n; i++)
                s->direction[k][p][i] = rintf(16 * ltc_rand_normal((ltc_key){ (uint64_t)k, p }, i)) / 128;
        }
    }
    for (uint32_t i = 0; i < ROWS; i++)
        s->rows[i] = (i * 37 + 11) % ROWS;
}

static void stage_close(stage *s)
{
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        free(s->a[p]), free(s->b[p]), free(s->c[p]);
        free(s->direction[0][p]), free(s->direction[1][p]);
    }
    lts_probe_destroy(s->probe);
    lt_values_free(s->graph, s->value);
    lt_split_free(s->split);
    lt_maker_free(s->maker);
}

static ltc_probe_req request(const stage *s, uint64_t n, uint32_t flags)
{
    return (ltc_probe_req){ .size = sizeof(ltc_probe_req),
                            .type = LTC_F64,
                            .objective = LTC_PROBE_LOSS,
                            .flags = flags,
                            .sample = s->rows,
                            .n = n,
                            .logit_scale = 1 };
}

static double run(const stage *s, const ltc_probe_req *r, ltc_probe_out *o)
{
    ltc_error err = { { 0 }, { 0 } };
    o->size = sizeof *o;
    const ltc_status st = s->probe->run(s->probe, r, o, &err);
    if (st)
        fprintf(stderr, "probe: %s\n", err.message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
    return o->objective;
}

static double product(const stage *s, void *const *a, float *const *d)
{
    double sum = 0;
    for (uint32_t p = 0; p < s->graph->n_params; p++)
        for (size_t i = 0; i < ltc_graph_param(s->graph, p)->n; i++)
            sum += ((double *)a[p])[i] * (double)d[p][i];
    return sum;
}

static double norm_gap(const stage *s, void *const *a, void *const *b)
{
    double off = 0, size = 0;
    for (uint32_t p = 0; p < s->graph->n_params; p++)
        for (size_t i = 0; i < ltc_graph_param(s->graph, p)->n; i++) {
            const double x = ((double *)a[p])[i], y = ((double *)b[p])[i];
            off += (x - y) * (x - y), size += y * y;
        }
    return sqrt(off / size);
}

/* Moves the trained weights by h times a direction. */
static void shift(stage *s, float h)
{
    for (uint32_t p = 0; p < s->graph->n_params; p++)
        for (size_t i = 0; i < ltc_graph_param(s->graph, p)->n && ltc_graph_param(s->graph, p)->trained; i++)
            s->value[p][i] += h * s->direction[0][p][i];
}

static void gradient_is_the_slope(void)
{
    for (uint32_t flags = 0; flags <= LTC_PROBE_RUNNING_STATS; flags++) {
        stage s;
        stage_open(&s, true, NULL);
        const ltc_probe_req r = request(&s, 40, flags);
        ltc_probe_out o = { .grad = s.a }, none = { .size = 0 };
        const float h = 0x1p-16f; /* short, for kinks; weights and directions have few enough digits */
        run(&s, &r, &o);
        double trained = 0;
        for (uint32_t p = 0; p < s.graph->n_params; p++)
            for (size_t i = 0; i < ltc_graph_param(s.graph, p)->n && ltc_graph_param(s.graph, p)->trained;
                 i++)
                trained += ((double *)s.a[p])[i] * (double)s.direction[0][p][i];
        CU_ASSERT_EQUAL(trained, product(&s, s.a, s.direction[0]));           /* statistics have gradient 0 */
        shift(&s, h);
        const double up = run(&s, &r, &none);
        shift(&s, -2 * h);
        CU_ASSERT_DOUBLE_EQUAL((up - run(&s, &r, &none)) / (2 * (double)h), trained, 2e-3 * fabs(trained));
        stage_close(&s);
    }
}

/* H is symmetric: d1 H d2 = d2 H d1 holds to rounding only if the products are exact. And H d is the slope of
 * the gradient, which differences show less sharply. */
static void hessian_products_are_exact(void)
{
    for (uint32_t flags = 0; flags <= LTC_PROBE_RUNNING_STATS; flags++) {
        stage s;
        stage_open(&s, true, NULL);
        ltc_probe_req r = request(&s, 20, flags);
        ltc_probe_out h0 = { .hessian = s.a }, h1 = { .hessian = s.b };
        r.direction = (const float *const *)s.direction[0];
        run(&s, &r, &h0);
        r.direction = (const float *const *)s.direction[1];
        run(&s, &r, &h1);
        const double x = product(&s, s.a, s.direction[1]), y = product(&s, s.b, s.direction[0]);
        CU_ASSERT(fabs(x) > 1e-3);
        CU_ASSERT_DOUBLE_EQUAL(x, y, 1e-11 * fabs(x));
        stage_close(&s);
    }
}

static void hessian_is_the_gradients_slope(void)
{
    stage s;
    stage_open(&s, false, NULL);              /* without kinks */
    ltc_probe_req r = request(&s, 20, 0);
    ltc_probe_out h = { .hessian = s.a }, up = { .grad = s.b }, down = { .grad = s.c };
    const float step = 0x1p-10f;
    r.direction = (const float *const *)s.direction[0];
    run(&s, &r, &h);
    shift(&s, step);
    run(&s, &r, &up);
    shift(&s, -2 * step);
    run(&s, &r, &down);
    for (uint32_t p = 0; p < s.graph->n_params; p++)
        for (size_t i = 0; i < ltc_graph_param(s.graph, p)->n; i++)
            ((double *)s.b[p])[i] = (((double *)s.b[p])[i] - ((double *)s.c[p])[i]) / (2 * (double)step);
    CU_ASSERT(norm_gap(&s, s.b, s.a) < 1e-4);
    stage_close(&s);
}

/* Under running statistics samples do not meet: squares add up, and so do blocks. */
static void squares_are_per_sample(void)
{
    stage s;
    stage_open(&s, true, NULL);
    ltc_probe_req r = request(&s, 5, LTC_PROBE_RUNNING_STATS);
    ltc_probe_out all = { .grad = s.a, .grad2 = s.b }, one = { .grad = s.a };
    run(&s, &r, &all);
    for (int k = 0; k < 5; k++) {
        r.sample = s.rows + k, r.n = 1;
        run(&s, &r, &one);
        for (uint32_t p = 0; p < s.graph->n_params; p++)
            for (size_t i = 0; i < ltc_graph_param(s.graph, p)->n; i++)
                ((double *)s.c[p])[i] += ((double *)s.a[p])[i] * ((double *)s.a[p])[i];
    }
    CU_ASSERT(norm_gap(&s, s.b, s.c) < 1e-13);
    stage_close(&s);
}

/* Under batch statistics each sample's gradient includes the way through them; their mean
 * is the whole gradient. */
static void squares_do_not_disturb_the_gradient(void)
{
    for (uint32_t flags = 0; flags <= LTC_PROBE_RUNNING_STATS; flags++) {
        stage s;
        stage_open(&s, true, NULL);
        const ltc_probe_req r = request(&s, 9, flags);
        ltc_probe_out plain = { .grad = s.a }, both = { .grad = s.b, .grad2 = s.c };
        const double want = run(&s, &r, &plain);
        CU_ASSERT_DOUBLE_EQUAL(run(&s, &r, &both), want, 1e-14 * want);
        CU_ASSERT(norm_gap(&s, s.b, s.a) < 1e-12);
        stage_close(&s);
    }
}

static void blocks_add_up(void)
{
    stage s;
    double sum = 0;
    stage_open(&s, false, NULL);
    ltc_probe_req r = request(&s, ROWS, 0);
    ltc_probe_out o = { .size = 0 };
    const double whole = run(&s, &r, &o);
    for (uint32_t i = 0; i < ROWS; i++) {
        r.sample = s.rows + i, r.n = 1;
        sum += run(&s, &r, &o);
    }
    CU_ASSERT_DOUBLE_EQUAL(whole, sum / ROWS, 1e-13);
    stage_close(&s);
}

/* SynFlow on two layers without bias: R = sum over o, h, i of |w2[o][h]| |w1[h][i]|; dR /
 * dw1[h][i] = sum_o |w2[o][h]|. */
static void synaptic_flow_has_its_closed_form(void)
{
    stage s;
    stage_open(&s, false, NULL);
    ltc_probe_req r = request(&s, 1, LTC_PROBE_ONES | LTC_PROBE_ABS);
    r.objective = LTC_PROBE_LOGIT_SUM, r.logit_scale = 0.5;
    ltc_probe_out o = { .grad = s.a };
    const double found = run(&s, &r, &o);
    double want = 0;
    for (int h = 0; h < 6; h++) {
        double in = 0, out = 0;
        for (int i = 0; i < 18; i++)
            in += (double)fabsf(s.value[0][h * 18 + i]);
        for (int k = 0; k < 4; k++)
            out += (double)fabsf(s.value[1][k * 6 + h]);
        want += in * out;
        for (int i = 0; i < 18; i++)
            CU_ASSERT_DOUBLE_EQUAL(((double *)s.a[0])[h * 18 + i], out / 2, 1e-13);
    }
    CU_ASSERT_DOUBLE_EQUAL(found, want / 2, 1e-12 * want);
    stage_close(&s);
}

/* A pruned weight counts as +0.0 and still has a gradient: that of the network in which it is 0. */
static void pruned_weights_have_gradients(void)
{
    uint8_t first[108];
    const uint8_t *mask[2] = { first, NULL };
    stage masked, zeroed;
    for (int i = 0; i < 108; i++)
        first[i] = i % 3 != 0;
    stage_open(&masked, false, mask), stage_open(&zeroed, false, NULL);
    for (int i = 0; i < 108; i += 3)
        zeroed.value[0][i] = 0;
    const ltc_probe_req r = request(&masked, 30, 0);
    ltc_probe_out o = { .grad = masked.a }, p = { .grad = zeroed.a };
    CU_ASSERT_EQUAL(run(&masked, &r, &o), run(&zeroed, &r, &p));
    CU_ASSERT_EQUAL(memcmp(masked.a[0], zeroed.a[0], 108 * sizeof(double)), 0);
    CU_ASSERT_NOT_EQUAL(((double *)masked.a[0])[0], 0);
    stage_close(&masked), stage_close(&zeroed);
}

/* A request may bring masks of its own: for the parameters that it names they count instead. */
static void a_request_may_bring_masks(void)
{
    uint8_t first[108], other[108];
    memset(other, 0, sizeof other);
    const uint8_t *source[2] = { other, NULL }, *own[2] = { first, NULL };
    stage masked, zeroed;
    for (int i = 0; i < 108; i++)
        first[i] = i % 3 != 0;
    stage_open(&masked, false, source), stage_open(&zeroed, false, NULL);
    for (int i = 0; i < 108; i += 3)
        zeroed.value[0][i] = 0;
    ltc_probe_req r = request(&masked, 30, 0);
    const ltc_probe_req plain = r;
    ltc_probe_out o = { .grad = masked.a }, p = { .grad = zeroed.a };
    r.mask = own;
    CU_ASSERT_EQUAL(run(&masked, &r, &o), run(&zeroed, &plain, &p));
    CU_ASSERT_EQUAL(memcmp(masked.a[1], zeroed.a[1], 24 * sizeof(double)), 0);
    stage_close(&masked), stage_close(&zeroed);
}

static void float_and_double_agree(void)
{
    stage s;
    stage_open(&s, true, NULL);
    ltc_probe_req r = request(&s, 30, 0);
    ltc_probe_out o = { .grad = s.a }, f = { .grad = s.b };
    const double exact = run(&s, &r, &o);
    r.type = LTC_F32;
    CU_ASSERT_DOUBLE_EQUAL(run(&s, &r, &f), exact, 1e-5);
    for (uint32_t p = 0; p < s.graph->n_params; p++) /* the answers are floats */
        for (size_t i = ltc_graph_param(s.graph, p)->n; i-- > 0;) {
            float x;
            memcpy(&x, (float *)s.b[p] + i, sizeof x);
            ((double *)s.c[p])[i] = (double)x;
        }
    CU_ASSERT(norm_gap(&s, s.c, s.a) < 1e-5);
    stage_close(&s);
}

static void captures_are_the_activations(void)
{
    stage s;
    stage_open(&s, false, NULL);
    ltc_probe_req r = request(&s, ROWS, 0);
    const uint32_t hidden = ltc_graph_node(s.graph, 1)->out;
    double *seen = calloc(ROWS * 6, sizeof *seen);
    void *captured[1] = { seen };
    r.capture = &hidden, r.n_capture = 1;
    ltc_probe_out o = { .captured = captured };
    run(&s, &r, &o);
    for (int k = 0; k < ROWS; k += 49)
        for (int h = 0; h < 6; h++) {
            double want = 0;
            for (int i = 0; i < 18; i++)
                want +=
                    (double)s.value[0][h * 18 + i] * (s.split->x[s.rows[k] * 18 + (uint32_t)i] - 128) / 64;
            CU_ASSERT_DOUBLE_EQUAL(seen[k * 6 + h], want, 1e-13);
        }
    free(seen);
    stage_close(&s);
}

static void nonsense_is_refused(void)
{
    stage s;
    stage_open(&s, false, NULL);
    const uint32_t far = ROWS, param = ltc_graph_param(s.graph, 0)->value;
    void *room[1] = { s.a[0] };
    ltc_probe_req bad[6];
    static const char *const says[6] = {
        "LTC_F32 or LTC_F64",         "objective number 9",  "flags 0x80",
        "training sample 150 of 150", "at least one sample", "no activation"
    };
    for (int i = 0; i < 6; i++)
        bad[i] = request(&s, 1, 0);
    bad[0].type = LTC_U8, bad[1].objective = 9, bad[2].flags = 0x80, bad[3].sample = &far, bad[4].n = 0;
    bad[5].capture = &param, bad[5].n_capture = 1;
    for (int i = 0; i < 6; i++) {
        ltc_error err = { { 0 }, { 0 } };
        ltc_probe_out o = { .size = sizeof o, .captured = room };
        CU_ASSERT_NOT_EQUAL(s.probe->run(s.probe, &bad[i], &o, &err), LTC_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, says[i]));
    }
    stage_close(&s);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the gradient is the objective's slope, and 0 for statistics", gradient_is_the_slope },
        { "Hessian products are exact: the Hessian is symmetric to rounding", hessian_products_are_exact },
        { "Hessian products are the gradient's slope", hessian_is_the_gradients_slope },
        { "squares are those of each sample's own gradient", squares_are_per_sample },
        { "asking for squares does not disturb the gradient", squares_do_not_disturb_the_gradient },
        { "blocks of samples add up to the whole", blocks_add_up },
        { "synaptic flow has its closed form", synaptic_flow_has_its_closed_form },
        { "pruned weights count as zero and have gradients", pruned_weights_have_gradients },
        { "a request may bring masks of its own", a_request_may_bring_masks },
        { "float and double agree", float_and_double_agree },
        { "captures are the activations", captures_are_the_activations },
        { "requests that make no sense are refused with a sentence", nonsense_is_refused },
    };
    return lt_suite_run("sdk probe", claims, sizeof claims / sizeof *claims);
}
