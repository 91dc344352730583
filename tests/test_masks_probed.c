/* Claims about the criteria that look at samples: their scores are PyTorch's (golden/make_probed.py), and
 * their samples are drawn as they say. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "masks_rig.h"
#include "prune/criterion.h"

enum { SAMPLES = 6, INPUTS = 4 };

typedef struct sampling_options { int64_t batch, batches, form; double temperature; } sampling_options;
typedef struct grasp_options { int64_t batch, batches; double temperature; } grasp_options;

/* The tiny network with weights, biases and samples. */
typedef struct bench {
    rig_net n;
    float   bias1[3], bias2[2], x[SAMPLES * INPUTS];
    int32_t label[SAMPLES];
    int64_t dim[3];
    ltc_data_desc train;
    ltc_input input;
} bench;

static void make(bench *b)
{
    static const float zero[INPUTS], one[INPUTS] = { 1, 1, 1, 1 };
    *b = (bench){ .dim = { INPUTS, 1, 1 } };
    rig_net_make(&b->n);
    b->n.final_of[FC1_BIAS] = b->bias1, b->n.final_of[FC2_BIAS] = b->bias2;
    b->train = (ltc_data_desc){ .size = sizeof b->train, .sample_type = LTC_F32, .rank = 3, .dim = b->dim,
                                .n = SAMPLES, .x = b->x, .label = b->label };
    b->input = (ltc_input){ .size = sizeof b->input, .sample_type = LTC_F32, .mean = zero, .std = one };
}

static void read_floats(const char *line, size_t skip, float *to, size_t n)
{
    char *end = (char *)(uintptr_t)line + skip;
    for (size_t i = 0; i < n; i++)
        to[i] = strtof(end, &end);
}

/* Takes a line of the file that says something about the draw. */
static void take(bench *b, const char *line)
{
    const struct { const char *name; float *to; size_t n; } list[] = {
        { "fc1.weight ", b->n.final, RIG_FC1 }, { "fc1.bias ", b->bias1, 3 },
        { "fc2.weight ", b->n.final + RIG_FC1, RIG_FC2 },
        { "fc2.bias ", b->bias2, 2 }, { "x ", b->x, SAMPLES * INPUTS },
    };
    float label[SAMPLES];
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (!strncmp(line, list[i].name, strlen(list[i].name)))
            read_floats(line, strlen(list[i].name), list[i].to, list[i].n);
    if (!strncmp(line, "alive ", 6))
        rig_net_alive(&b->n, line + 6);
    if (!strncmp(line, "label ", 6)) {
        read_floats(line, 6, label, SAMPLES);
        for (size_t i = 0; i < SAMPLES; i++)
            b->label[i] = (int32_t)label[i];
    }
}

static lt_selection_request request(const bench *b, const char *module, const void *options)
{
    lt_selection_request r = rig_net_request(&b->n, module, options);
    r.train = &b->train, r.input = &b->input;
    return r;
}

/* The criterion's scores of all weights, 0 where pruned, over the largest size among them. */
static void score(const lt_selection_request *r, double *to)
{
    lt_criterion c;
    ltc_error err = { .message = "" };
    float s[RIG_WEIGHTS];
    double most = 0;
    CU_ASSERT_EQUAL_FATAL(lt_criterion_open(r->criterion, r->options, r->services, &c, &err), LTC_OK);
    ltc_status st = lt_criterion_show(&c, r, &err);
    if (!st)
        st = lt_criterion_prepare(&c, &err);
    if (!st)
        st = lt_criterion_score(&c, FC1, s, &err);
    if (!st)
        st = lt_criterion_score(&c, FC2, s + RIG_FC1, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
    for (size_t i = 0; i < RIG_WEIGHTS; i++) {
        to[i] = (i < RIG_FC1 ? r->before->mask[FC1][i] : r->before->mask[FC2][i - RIG_FC1])
            ? (double)s[i] : 0;
        most = fmax(most, fabs(to[i]));
    }
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        to[i] /= most;
    lt_criterion_close(&c);
}

static double gap(const double *a, const double *b)
{
    double most = 0;
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

static void check_scores(const bench *b, const char *line)
{
    const sampling_options o = { SAMPLES, 1, strstr(line, "/absolute") != NULL, 0 };
    const grasp_options g = { SAMPLES, 1, 200 };
    char name[32];
    int skip = 0;
    double expected[RIG_WEIGHTS], found[RIG_WEIGHTS], most = 0;
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "score %31s%n", name, &skip), 1);
    name[strcspn(name, "/")] = '\0';
    char *end = (char *)(uintptr_t)line + skip;
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        most = fmax(most, fabs(expected[i] = strtod(end, &end)));
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        expected[i] /= most;
    const lt_selection_request r = request(b, name, !strcmp(name, "grasp") ? (const void *)&g : &o);
    score(&r, found);
    if (gap(expected, found) > 2e-7)
        fprintf(stderr, "\n%s is off by %g\n", name, gap(expected, found));
    CU_ASSERT(gap(expected, found) <= 2e-7);  /* scores are floats; grasp's direction too */
}

static void check_flow(const bench *b, const char *line)
{
    char expected[RIG_WEIGHTS + 1], found[RIG_WEIGHTS + 1];
    long keep, iterations;
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "synflow %ld %ld %18s", &keep, &iterations, expected), 3);
    const int64_t o = iterations;
    lt_selection_request r = request(b, "synflow", &o);
    r.scope = LT_SCOPE_GLOBAL;
    r.budget = (lt_budget){ .kind = LT_BUDGET_DENSITY, .value = (double)keep / RIG_WEIGHTS, .output = 1 };
    lt_masks m = rig_select(&r);
    rig_net_bits(&m, found);
    CU_ASSERT_STRING_EQUAL(found, expected);
    lt_masks_free(&m);
}

static void scores_are_pytorchs(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/golden/probed.txt", "r");
    char line[2048];
    unsigned scores = 0, flows = 0;
    bench b;
    make(&b);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (fgets(line, sizeof line, f)) {
        if (!strncmp(line, "score ", 6))
            check_scores(&b, line), scores++;
        else if (!strncmp(line, "synflow ", 8))
            check_flow(&b, line), flows++;
        else
            take(&b, line);
    }
    fclose(f);
    CU_ASSERT(scores == 30 && flows == 24);
    rig_net_drop(&b.n);
}

static void fill(bench *b)
{
    const ltc_key key = { 11, 12 };
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        b->n.final[i] = ltc_rand_normal(key, i);
    for (size_t i = 0; i < SAMPLES * INPUTS; i++)
        b->x[i] = ltc_rand_normal(key, 100 + i);
    for (int32_t i = 0; i < SAMPLES; i++)
        b->label[i] = i % 2;
}

/* Passes over single samples add up to one over all of them only if each sample is drawn once. */
static void samples_are_drawn_without_replacement(void)
{
    static const char *const module[] = { "snip", "fisher" };
    const sampling_options whole = { SAMPLES, 1, 0, 0 }, single = { 1, SAMPLES, 0, 0 },
        pairs = { 2, 3, 0, 0 };
    double a[RIG_WEIGHTS], c[RIG_WEIGHTS];
    bench b;
    make(&b);
    fill(&b);
    for (size_t i = 0; i < 2; i++) {
        lt_selection_request r = request(&b, module[i], &whole);
        score(&r, a);
        r.options = &single;
        score(&r, c);
        CU_ASSERT(gap(a, c) < 1e-6);
        r.options = &pairs;
        score(&r, c);
        CU_ASSERT(gap(a, c) < 1e-6);
    }
    rig_net_drop(&b.n);
}

/* Of single samples, the mean of (g w)^2 is the empirical Fisher information times w^2; of one batch it is
 * not. */
static void taylor_of_single_samples_is_fisher(void)
{
    const sampling_options single = { 1, SAMPLES, 0, 0 }, whole = { SAMPLES, 1, 0, 0 };
    double a[RIG_WEIGHTS], c[RIG_WEIGHTS];
    bench b;
    make(&b);
    fill(&b);
    lt_selection_request fisher = request(&b, "fisher", &whole), taylor = request(&b, "taylor", &single);
    score(&fisher, a), score(&taylor, c);
    CU_ASSERT(gap(a, c) < 1e-6);
    taylor.options = &whole;
    score(&taylor, c);
    CU_ASSERT(gap(a, c) > 1e-3);
    rig_net_drop(&b.n);
}

/* Another key or round draws other samples; the same draws the same. */
static void draws_follow_key_and_round(void)
{
    const sampling_options two = { 2, 1, 0, 0 };
    double first[RIG_WEIGHTS], other[RIG_WEIGHTS];
    unsigned moved = 0;
    bench b;
    make(&b);
    fill(&b);
    lt_selection_request r = request(&b, "snip", &two);
    score(&r, first), score(&r, other);
    CU_ASSERT_EQUAL(gap(first, other), 0);
    for (uint32_t round = 4; round < 8; round++) {
        r.round = round, score(&r, other);
        moved += gap(first, other) > 1e-3;
    }
    CU_ASSERT(moved >= 2);                    /* of 15 pairs */
    rig_net_drop(&b.n);
}

static void what_cannot_be_is_refused(void)
{
    const sampling_options many = { 4, 2, 0, 0 }, whole = { SAMPLES, 1, 0, 0 };
    const int64_t iterations = 2;
    bench b;
    make(&b);
    fill(&b);
    lt_selection_request r = request(&b, "snip", &many);
    rig_refused(&r, LTC_EOPTION, "2 passes over 4 samples each need 8, and the training split has 6");
    r = request(&b, "taylor", &whole);
    b.n.final[3] = NAN;
    rig_refused(&r, LTC_ENUMERIC, "mask 'taylor': a gradient is not finite");
    r = request(&b, "synflow", &iterations);
    rig_refused(&r, LTC_ENUMERIC, "mask 'synflow': the flow through element");
    r.train = NULL;
    rig_refused(&r, LTC_EINVAL, "asks for passes over training samples");
    rig_net_drop(&b.n);
}

/* In one iteration a layer of small weights is cut away; iterated, its last ones score all the flow there is.
 * And the weights may be so large that R is no float. */
static void flow_does_not_collapse_nor_overflow(void)
{
    const int64_t iterations = 50;
    bench b;
    make(&b);
    fill(&b);
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        b.n.final[i] *= 1e25f;
    lt_selection_request r = request(&b, "synflow", &iterations);
    r.scope = LT_SCOPE_GLOBAL;
    r.budget = (lt_budget){ .kind = LT_BUDGET_DENSITY, .value = 2.0 / RIG_WEIGHTS, .output = 1 };
    lt_masks m = rig_select(&r);
    CU_ASSERT(rig_alive(&b.n.g, &m, FC1) == 1 && rig_alive(&b.n.g, &m, FC2) == 1);
    lt_masks_free(&m);
    r.scope = LT_SCOPE_LAYER, r.budget.value = 1 / 3.0;
    m = rig_select(&r);
    CU_ASSERT(rig_alive(&b.n.g, &m, FC1) == 4 && rig_alive(&b.n.g, &m, FC2) == 2);
    lt_masks_free(&m);
    rig_net_drop(&b.n);
}

int main(void)
{
    static const lt_test claims[] = {
        { "scores are PyTorch's", scores_are_pytorchs },
        { "samples are drawn without replacement", samples_are_drawn_without_replacement },
        { "taylor of single samples is fisher", taylor_of_single_samples_is_fisher },
        { "draws follow key and round", draws_follow_key_and_round },
        { "what cannot be is refused", what_cannot_be_is_refused },
        { "trap 22: flow does not collapse nor overflow", flow_does_not_collapse_nor_overflow },
    };
    const int code = lt_suite_run("masks probed", claims, sizeof claims / sizeof claims[0]);
    rig_modules_close();
    return code;
}
