/* expression: a criterion that is a formula in run.cfg.
 *
 *   score(w) = the formula `score`                the core ranks and cuts, as with any criterion
 *   keep(w)  = the formula `keep` is not 0        finds its own density
 *
 *   mask = { plugin = "expression"; score = "abs(wf) - abs(wi)"; };
 *   mask = { plugin = "expression"; keep = "abs(wf) > mean(abs(wf), net) + 1.5 * std(wf, net)"; };
 *
 * formula.h has the language. It reads the weights that it mentions, computes in double, and evaluates means
 * and the like once, over what is alive. A score is rounded to float; what is not finite where a weight is
 * alive is an error. */
#include <math.h>
#include <stdlib.h>

#include "evaluation.h"

typedef struct expression_options { const char *score, *keep; } expression_options;

static const ltc_opt expression_table[] = {
    LTC_STRING(expression_options, score, NULL,
               "formula over wi, wr, wf, wd (initial, rewind, drawn, dense weight): higher is kept"),
    LTC_STRING(expression_options, keep, NULL,
               "instead: formula that is not 0 where a weight is kept; sum, mean, std, "
               "count, quantile, rank of the layer, or with \"net\" last, as in mean(x, net), of the "
               "network"),
};
static const ltc_schema expression_schema = LTC_SCHEMA(expression_options, expression_table);

typedef struct expression {
    formula    f;
    bool       keeps;
    evaluation net;
} expression;

static bool given(const char *text)
{
    return text && *text;
}

static ltc_status expression_create(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const expression_options *o = opts;
    (void)h;
    if (given(o->score) == given(o->keep))
        return ltc_fail_opt(err, given(o->score) ? "keep" : "score",
                            "give either score or keep, a formula such as "
                            "\"abs(wf)\" or \"abs(wf) > 0.1\"");
    expression *e = calloc(1, sizeof *e);
    if (!e)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a formula");
    e->keeps = given(o->keep);
    const ltc_status st = formula_parse(e->keeps ? "keep" : "score", e->keeps ? o->keep : o->score, &e->f,
                                        err);
    if (st)
        free(e);
    else
        *self = e;
    return st;
}

static void expression_destroy(void *self)
{
    expression *e = self;
    evaluation_free(&e->f, &e->net, false);
    free(e);
}

static ltc_status expression_prepare(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                     size_t n, ltc_error *err)
{
    expression *e = self;
    (void)env;
    return evaluation_of_net(&e->f, t, n, &e->net, err);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static ltc_status expression_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                   float *score, ltc_error *err)
{
    const expression *e = self;
    evaluation its;
    (void)env;
    const ltc_status st = evaluation_of_layer(&e->f, t, &e->net, &its, err);
    for (size_t i = 0; i < t->n && !st; i += EVALUATION_BLOCK) {
        double value[EVALUATION_BLOCK];
        const size_t n = least(t->n - i, EVALUATION_BLOCK);
        evaluation_block(&e->f, &its, t, i, value);
        for (size_t k = 0; k < n; k++)
            score[i + k] = (float)value[k];
    }
    evaluation_free(&e->f, &its, true);
    return st;
}

static ltc_status keep_block(const ltc_mask_tensor *t, size_t begin, const double *value, uint8_t *mask,
                             ltc_error *err)
{
    for (size_t k = 0; k < EVALUATION_BLOCK && begin + k < t->n; k++) {
        const size_t i = begin + k;
        if (t->mask[i] && isnan(value[k]))
            return ltc_fail(err, LTC_ENUMERIC,
                            "the formula has no value at element %zu of %s: look at that weight, then "
                            "at the formula", i, t->name);
        mask[i] = t->mask[i] && value[k] != 0;
    }
    return LTC_OK;
}

static ltc_status keep(const expression *e, const ltc_mask_tensor *t, uint8_t *mask, ltc_error *err)
{
    evaluation its;
    ltc_status st = evaluation_of_layer(&e->f, t, &e->net, &its, err);
    for (size_t i = 0; i < t->n && !st; i += EVALUATION_BLOCK) {
        double value[EVALUATION_BLOCK];
        evaluation_block(&e->f, &its, t, i, value);
        st = keep_block(t, i, value, mask, err);
    }
    evaluation_free(&e->f, &its, true);
    return st;
}

static ltc_status expression_select(const void *self, const ltc_mask_env *env,
                                    const ltc_mask_tensor *const *t, size_t n,
                                    uint8_t *const *mask, ltc_error *err)
{
    ltc_status st = LTC_OK;
    (void)env;
    for (size_t j = 0; j < n && !st; j++)
        st = keep(self, t[j], mask[j], err);
    return st;
}

static uint32_t expression_flags_of(const void *self)
{
    const expression *e = self;
    return e->f.needs | (e->keeps ? LTC_MASK_OWN_COUNT : 0);
}

static const ltc_mask_ops expression_ops = {
    LTC_MASK_OPS, .create = expression_create, .destroy = expression_destroy, .prepare = expression_prepare,
    .score = expression_score, .select = expression_select, .flags_of = expression_flags_of,
};
static const ltc_module expression_module = {
    LTC_MODULE(LTC_MASK, expression_ops), .name = "expression", .version = "1.0",
    .schema = &expression_schema, .summary = "keeps what a formula says",
    .source = "score or keep = a formula over wi, wr, wf, wd with + - * / ^, comparisons, && || !, ?:, abs, "
              "sign, sqrt, exp, log, min, max, pow, sum, mean, std, count, quantile(x, q), rank; "
              "mean(x, net): of the network",
};
LTC_PLUGIN(&expression_module);
