/* Claims about the criterion that is a formula: values are those of C, reductions are of the alive, and what
 * is wrong is said with its place. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "masks_rig.h"
#include "prune/criterion.h"

typedef struct formula_options { const char *score, *keep; } formula_options;

/* A formula as run.cfg has it, and the same at one weight; m is a fixed number about the layer, found
 * below. */
typedef double at(double wi, double wf);
static double f_sum(double wi, double wf)      { return wf - wi - 3 * wi / 2 + 0.5; }
static double f_precedence(double wi, double wf) { return 1 + wi * wf - -wi * 2; }
static double f_power(double wi, double wf)    { return -(wi * wi) + pow(2, wf) + pow(fabs(wi), -0.5); }
static double f_right(double wi, double wf)    { return pow(pow(2, 3), 1) + 0 * wi + wf; }
static double f_unary(double wi, double wf)    { return fabs(wf) + sqrt(fabs(wi)) + exp(wi) + log(fabs(wf)); }
static double f_sign(double wi, double wf)     { return (wi > 0) - (wi < 0) + 10 * ((wf > 0) - (wf < 0)); }
static double f_pair(double wi, double wf)     { return fmin(wi, wf) + 4 * fmax(wi, wf); }
static double f_compare(double wi,
                        double wf)  { return (wi < wf) + 2 * (wi > wf) + 4 * (wi <= 0.5) + 8 * (wf >= 0.5); }
static double f_equal(double wi, double wf)    { return (wi == wf) + 2 * (wi != wf) + 4 * !(wi > 0); }
static double f_logic(double wi, double wf)    { return (wi > 0 && wf > 0) + 2 * (wi > 0 ||
                                                                                  (wf > 0 && wf > 1)); }
static double f_choose(double wi, double wf)   { return wi > 0 ? wf : wi < -1 ? 7 : wi; }
static double f_numbers(double wi, double wf)  { return wf + 1.5e-3 + .25 + 0 * wi; }

static const struct { const char *text; at *value; } formulas[] = {
    { "wf - wi - 3*wi/2 + 0.5", f_sum }, { "1 + wi * wf - -wi * 2", f_precedence },
    { "-wi^2 + 2^wf + abs(wi)^-0.5", f_power }, { "(2^3)^1 + 0*wi + wf", f_right },
    { "abs(wf)+sqrt(abs(wi))+exp(wi)+log(abs(wf))", f_unary }, { "sign(wi) + 10 * sign(wf)", f_sign },
    { "min(wi, wf) + 4*max(wi, wf)", f_pair }, { "(wi<wf) + 2*(wi>wf) + 4*(wi<=0.5) + 8*(wf>=0.5)",
                                                 f_compare },
    { "(wi == wf) + 2*(wi != wf) + 4*!(wi > 0)", f_equal }, { "(wi>0 && wf>0) + 2*(wi>0 || wf>0 && wf>1)",
                                                              f_logic },
    { "wi > 0 ? wf : wi < -1 ? 7 : wi", f_choose }, { " wf + 1.5e-3 + .25 + 0 * wi ", f_numbers },
    { "pow(wi, 2) - pow(wi, 2) + wf - wi - 1.5 * wi + 0.5", f_sum },
};

static void fill(rig_net *n)
{
    const ltc_key key = { 21, 22 };
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        n->init[i] = ltc_rand_normal(key, 2 * i), n->final[i] = ltc_rand_normal(key, 2 * i + 1);
    n->init[3] = n->final[3], n->init[16] = n->final[16] = 0.5f;
    rig_net_alive(n, "110111011111" "101111");
}

static void succeed(ltc_status st, const lt_selection_request *r, const ltc_error *err)
{
    if (st)
        fprintf(stderr, "\n%s: %s\n", ((const formula_options *)r->options)->score, err->message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
}

static lt_criterion prepared(const lt_selection_request *r)
{
    lt_criterion c;
    ltc_error err = { .message = "" };
    succeed(lt_criterion_open(r->criterion, r->options, r->services, &c, &err), r, &err);
    succeed(lt_criterion_show(&c, r, &err), r, &err);
    succeed(lt_criterion_prepare(&c, &err), r, &err);
    return c;
}

static void score_one(const lt_selection_request *r, uint32_t p, float *to)
{
    ltc_error err = { .message = "" };
    lt_criterion c = prepared(r);
    succeed(lt_criterion_score(&c, p, to, &err), r, &err);
    lt_criterion_close(&c);
}

/* The scores of all weights; those of pruned ones are undefined. */
static void score(const rig_net *n, const char *text, float *to)
{
    const formula_options o = { text, NULL };
    const lt_selection_request r = rig_net_request(n, "expression", &o);
    score_one(&r, FC1, to);
    score_one(&r, FC2, to + RIG_FC1);
}

static bool alive(const rig_net *n, size_t i)
{
    return i < RIG_FC1 ? n->before.mask[FC1][i] : n->before.mask[FC2][i - RIG_FC1];
}

static void values_are_those_of_c(void)
{
    rig_net n;
    float s[RIG_WEIGHTS];
    rig_net_make(&n);
    fill(&n);
    for (size_t f = 0; f < sizeof formulas / sizeof formulas[0]; f++) {
        unsigned wrong = 0;
        score(&n, formulas[f].text, s);
        for (size_t i = 0; i < RIG_WEIGHTS; i++) {
            const double expected = formulas[f].value((double)n.init[i], (double)n.final[i]);
            wrong += alive(&n, i) && !(fabs((double)s[i] - expected) <= 1e-6 * (1 + fabs(expected)));
        }
        if (wrong)
            fprintf(stderr, "\n%s is wrong at %u weights\n", formulas[f].text, wrong);
        CU_ASSERT_EQUAL(wrong, 0);
    }
    rig_net_drop(&n);
}

/* Of |wf| over the alive of one layer, or of both: what the reductions should say, by the definitions. */
typedef struct summary { double sum, mean, std, count, quarter; } summary;

static summary summarise(const rig_net *n, size_t from, size_t to)
{
    double x[RIG_WEIGHTS], squares = 0;
    size_t k = 0;
    summary s = { 0 };
    for (size_t i = from; i < to; i++)
        if (alive(n, i))
            x[k++] = fabs((double)n->final[i]);
    for (size_t i = 0; i < k; i++)
        s.sum += x[i], s.count += x[i] > 0.5;
    s.mean = s.sum / (double)k;
    for (size_t i = 0; i < k; i++)
        squares += (x[i] - s.mean) * (x[i] - s.mean);
    s.std = sqrt(squares / (double)k);
    for (size_t i = 0; i < k; i++)            /* the smallest first */
        for (size_t j = i + 1; j < k; j++)
            if (x[j] < x[i]) {
                const double swap = x[i];
                x[i] = x[j], x[j] = swap;
            }
    const double at_quarter = 0.25 * (double)(k - 1), below = floor(at_quarter);
    s.quarter = x[(size_t)below] + (at_quarter - below) * (x[(size_t)below + 1] - x[(size_t)below]);
    return s;
}

static void reductions_are_of_the_alive(void)
{
    static const char *const text[2][5] = {
        { "sum(abs(wf)) + 0*wi", "mean(abs(wf))", "std(abs(wf))", "count(abs(wf) > 0.5)",
          "quantile(abs(wf), 0.25)" },
        { "sum(abs(wf), net)", "mean(abs(wf), net)", "std(abs(wf), net)", "count(abs(wf) > 0.5, net)",
          "quantile(abs(wf), 0.25, net)" },
    };
    rig_net n;
    rig_net_make(&n);
    fill(&n);
    const summary first = summarise(&n, 0, RIG_FC1), second = summarise(&n, RIG_FC1, RIG_WEIGHTS),
                  both = summarise(&n, 0, RIG_WEIGHTS);
    for (int net = 0; net < 2; net++) {
        const summary a = net ? both : first, b = net ? both : second;
        const double expected[5][2] = { { a.sum, b.sum }, { a.mean, b.mean }, { a.std, b.std },
                                        { a.count, b.count }, { a.quarter, b.quarter } };
        for (size_t f = 0; f < 5; f++) {
            float s[RIG_WEIGHTS];
            score(&n, text[net][f], s);
            CU_ASSERT_DOUBLE_EQUAL((double)s[0], expected[f][0], 1e-6 * expected[f][0]);
            CU_ASSERT_DOUBLE_EQUAL((double)s[RIG_FC1], expected[f][1], 1e-6 * expected[f][1]);
        }
    }
    rig_net_drop(&n);
}

/* One of n is positive: the mean of such ones times n is less than 1 for most of these n. */
static void sums_of_whole_numbers_are_exact(void)
{
    static const formula_options o = { "sum(wf > 0) == count(wf > 0)", NULL };
    static const size_t sizes[] = { 1, 49, 98, 103, 107, 161, 187, 9999, 30000 };
    enum { LENET_FC2 = 2, LENET_FC2_WEIGHTS = 30000 };
    lt_graph g = rig_graph(rig_lenet);
    lt_masks some = rig_all_weights(&g);
    float *w = calloc(235200, sizeof *w), *by_param[6] = { w, w, w, w, w, w };
    float *s = calloc(LENET_FC2_WEIGHTS, sizeof *s);
    lt_selection_request r = rig_request(&g, rig_module("expression"), NULL, &some);
    r.options = &o, r.final = by_param;
    w[0] = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < LENET_FC2_WEIGHTS; k++)
            some.mask[LENET_FC2][k] = k < sizes[i];
        score_one(&r, LENET_FC2, s);
        if (s[0] != 1)
            fprintf(stderr, "\nof %zu weights the sum is not the count\n", sizes[i]);
        CU_ASSERT_EQUAL(s[0], 1);
    }
    lt_masks_free(&some);
    lt_graph_free(&g);
    free(w), free(s);
}

static void reductions_may_be_nested(void)
{
    rig_net n;
    float a[RIG_WEIGHTS], b[RIG_WEIGHTS];
    unsigned wrong = 0;
    rig_net_make(&n);
    fill(&n);
    score(&n, "std(wf)", a);
    score(&n, "sqrt(mean((wf - mean(wf))^2))", b);
    CU_ASSERT(fabsf(a[0] - b[0]) < 1e-6f && fabsf(a[RIG_FC1] - b[RIG_FC1]) < 1e-6f && a[0] != a[RIG_FC1]);
    score(&n, "mean(abs(wf) / mean(abs(wf)), net)", a);       /* of numbers whose mean is 1 in each layer */
    CU_ASSERT(fabsf(a[0] - 1) < 1e-6f && fabsf(a[RIG_FC1] - 1) < 1e-6f);
    score(&n, "sum(rank(wf) == 1, net) + count(rank(wf, net) == 1) + 0 * mean(rank(wi), net)", a);
    CU_ASSERT((a[0] == 3) + (a[RIG_FC1] == 3) == 1 &&
              a[0] + a[RIG_FC1] == 5); /* one first a layer, one in all */
    score(&n, "rank(wf)", a);
    for (size_t i = 0; i < RIG_WEIGHTS; i++) {
        float up_to = 0;
        for (size_t j = i < RIG_FC1 ? 0 : RIG_FC1; j < (i < RIG_FC1 ? RIG_FC1 : RIG_WEIGHTS); j++)
            up_to += alive(&n, j) && n.final[j] <= n.final[i];
        wrong += alive(&n, i) && a[i] != up_to;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    rig_net_drop(&n);
}

static void a_formula_is_the_criterion_that_it_says(void)
{
    static const struct { const char *module, *score, *keep; double option; } same[] = {
        { "magnitude", "abs(wf)", NULL, 0 }, { "magnitude-increase", "abs(wf) - abs(wi)", NULL, 0 },
        { "small-init", "-abs(wi)", NULL, 0 }, { "distance-moved", "abs(wf - wi)", NULL, 0 },
        { "large-init-large-final", "min(rank(abs(wi)), rank(abs(wf)))", NULL, 0 },
        { "mean-std", NULL, "abs(wf) > mean(abs(wf), net) + 0.25 * std(wf, net)", 0.25 },
        { "std-threshold", NULL, "abs(wf) > 0.5 * std(wf)", 0.5 },
        { "sign", NULL, "sign(wi) == sign(wf)", 0 },
    };
    rig_net n;
    rig_net_make(&n);
    fill(&n);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        const formula_options o = { same[i].score, same[i].keep };
        char a[RIG_WEIGHTS + 1], b[RIG_WEIGHTS + 1];
        lt_selection_request r = rig_net_request(&n, same[i].module, &same[i].option),
                             q = rig_net_request(&n, "expression", &o);
        lt_masks m = rig_select(&r), k = rig_select(&q);
        rig_net_bits(&m, a), rig_net_bits(&k, b);
        CU_ASSERT_STRING_EQUAL(a, b);
        lt_masks_free(&m), lt_masks_free(&k);
    }
    rig_net_drop(&n);
}

static void blocks_end_where_tensors_do(void)
{
    static const formula_options o = { "abs(wf)", NULL };
    lt_graph g = rig_graph(rig_lenet);
    lt_masks all = rig_all_weights(&g), m[2];
    float *w = calloc(235200, sizeof *w), *by_param[6] = { w, w, w, w, w, w };
    static const int64_t any;
    for (size_t i = 0; i < 235200; i++)
        w[i] = ltc_rand_normal((ltc_key){ 1, 1 }, i);
    for (int i = 0; i < 2; i++) {
        lt_selection_request r = rig_request(&g, rig_module(i ? "magnitude" : "expression"), NULL, &all);
        r.options = i ? (const void *)&any : &o, r.final = by_param;
        m[i] = rig_select(&r);
    }
    for (uint32_t p = 0; p < 6; p += 2)       /* 1000 is no multiple of a block */
        CU_ASSERT(!memcmp(m[0].mask[p], m[1].mask[p], g.view.param[p].n));
    lt_masks_free(&m[0]), lt_masks_free(&m[1]), lt_masks_free(&all);
    lt_graph_free(&g);
    free(w);
}

static void it_reads_the_weights_that_it_mentions(void)
{
    static const struct { formula_options o; uint32_t flags; } each[] = {
        { { "wi", NULL }, LTC_NEED_INIT }, { { "wr + wf", NULL }, LTC_NEED_REWIND | LTC_NEED_FINAL },
        { { "mean(wd) * wi", NULL }, LTC_NEED_DENSE | LTC_NEED_INIT },
        { { NULL, "wf > 0" }, LTC_NEED_FINAL | LTC_MASK_OWN_COUNT },
        { { "", "wf" }, LTC_NEED_FINAL | LTC_MASK_OWN_COUNT },
    };
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        uint32_t flags = 0;
        ltc_error err;
        CU_ASSERT_EQUAL(lt_criterion_flags(rig_module("expression"), &each[i].o, &rig_services, &flags, &err),
                        LTC_OK);
        CU_ASSERT_EQUAL(flags, each[i].flags);
    }
}

static void what_is_wrong_is_said_with_its_place(void)
{
    static const struct { formula_options o; const char *option, *says; } bad[] = {
        { { "abs(wx)", NULL }, "score",
          "there is no 'wx' (did you mean 'wi'?), at character 5: \"abs(\" --> \"wx)\"" },
        { { NULL, "meen(wf)" }, "keep", "did you mean 'mean'?), at character 1" },
        { { "flower", NULL }, "score", "there is no 'flower'; there are wi, wr" },
        { { "abs(wf", NULL }, "score", "')' is expected here, at the end of \"abs(wf\"" },
        { { "wf +", NULL }, "score", "a weight, a number or a function is expected here, at the end" },
        { { "wf wi", NULL }, "score", "an operator is expected here, at character 4: \"wf \" --> \"wi\"" },
        { { "wf = 3", NULL }, "score", "an operator is expected here, at character 4" },
        { { "min(wf)", NULL }, "score", "',' is expected here, at character 7" },
        { { "wf > 0 ? 1", NULL }, "score", "':' is expected here, at the end" },
        { { "mean(wf, layer)", NULL }, "score", "only 'net' may follow" },
        { { "quantile(wf)", NULL }, "score", "',' is expected" },
        { { "quantile(wf, wi)", NULL }, "score", "a number is" },
        { { "quantile(wf, 1.5)", NULL }, "score", "a share in [0, 1], at character 14" },
        { { "1 + 2", NULL }, "score", "about no weight" }, { { NULL, NULL }, "score",
                                                             "give either score or keep" },
        { { "wf", "wi" }, "keep", "give either score or keep" },
        { { "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((wf", NULL }, "score",
          "nested too deeply" },
        { { "wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf+(wf",
            NULL },
          "score", "too long or too deep" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t flags = 0;
        ltc_error err = { .message = "" };
        CU_ASSERT_EQUAL(lt_criterion_flags(rig_module("expression"), &bad[i].o, &rig_services, &flags, &err),
                        LTC_EOPTION);
        if (!strstr(err.message, bad[i].says))
            fprintf(stderr, "\nexpected \"%s\", got \"%s\"\n", bad[i].says, err.message);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        CU_ASSERT(!strncmp(err.option, "prune.mask.", 11) && !strcmp(err.option + 11, bad[i].option));
    }
}

static void what_has_no_value_is_refused(void)
{
    static const struct { formula_options o; const char *says; } bad[] = {
        { { "log(wf)", NULL }, "scores element 2 of fc1.weight as NaN" },
        { { "1 / (wf + 1)", NULL }, "scores element 2 of fc1.weight as infinite" },
        { { NULL, "sqrt(wf)" }, "the formula has no value at element 2 of fc1.weight" },
        { { "wf - mean(wf + log(wf))", NULL },
          "reduced at character 6 of the formula is not finite at element 2" },
        { { "wf - mean(rank(log(wf)), net)", NULL },
          "reduced at character 11 of the formula is not finite at element 2" },
    };
    rig_net n;
    rig_net_make(&n);
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        n.final[i] = 1 + (float)i;
    n.final[1] = n.final[2] = -1;
    n.before.mask[FC1][1] = 0;                /* pruned: nobody looks */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const lt_selection_request r = rig_net_request(&n, "expression", &bad[i].o);
        rig_refused(&r, LTC_ENUMERIC, bad[i].says);
    }
    rig_net_drop(&n);
}

int main(void)
{
    static const lt_test claims[] = {
        { "values are those of C", values_are_those_of_c },
        { "reductions are of the alive", reductions_are_of_the_alive },
        { "sums of whole numbers are exact", sums_of_whole_numbers_are_exact },
        { "reductions may be nested", reductions_may_be_nested },
        { "a formula is the criterion that it says", a_formula_is_the_criterion_that_it_says },
        { "blocks end where tensors do", blocks_end_where_tensors_do },
        { "it reads the weights that it mentions", it_reads_the_weights_that_it_mentions },
        { "what is wrong is said with its place", what_is_wrong_is_said_with_its_place },
        { "what has no value is refused", what_has_no_value_is_refused },
    };
    const int code = lt_suite_run("masks expression", claims, sizeof claims / sizeof claims[0]);
    rig_modules_close();
    return code;
}
