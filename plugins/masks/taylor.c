/* taylor: keeps the weights whose removal would change the loss most, to first order, where training left
 * them.
 *
 *   score(w) = mean over batches of (g w)^2      form "square"; Molchanov et al. 2019
 *   score(w) = mean over batches of |g w|        form "absolute"; Molchanov et al. 2017
 *
 * g is the gradient of the mean loss over one batch of `batch` samples; at the end of a training the mean
 * gradient is about 0, so what is averaged is the size of each batch's change, not the change. Batch norm
 * takes its running statistics, as in evaluation. */
#include <math.h>

#include "probing.h"

enum { SQUARE, ABSOLUTE };

typedef struct taylor_options { int64_t batch, batches, form; } taylor_options;

static const char *const forms[] = { "square", "absolute", NULL };
static const ltc_opt taylor_table[] = {
    PROBING_OPTIONS(taylor_options),
    LTC_ENUM(taylor_options, form, SQUARE, forms, "square: (g w)^2; absolute: |g w|; of each batch"),
};
static const ltc_schema taylor_schema = LTC_SCHEMA(taylor_options, taylor_table);

static double square(double g, double w)
{
    return g * w * (g * w);
}

static double absolute(double g, double w)
{
    return fabs(g * w);
}

static ltc_status taylor_prepare(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                 size_t n, ltc_error *err)
{
    const taylor_options *o = ((scored *)self)->options;
    probing p;
    ltc_status st = probing_open(&p, env, t, n, o->batch, o->batches, err);
    for (uint64_t b = 0; b < p.batches && !st; b++)
        if (!(st = probing_gradient(&p, b, LTC_PROBE_RUNNING_STATS, 1, err)))
            probing_add(&p, o->form == SQUARE ? square : absolute);
    if (!st)
        st = probing_scores(&p, probing_as_it_is, self, err);
    probing_close(&p);
    return st;
}

static const ltc_mask_ops taylor_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_PROBE | LTC_NEED_FINAL, .create = scored_create,
    .destroy = scored_destroy, .prepare = taylor_prepare, .score = scored_score,
};
static const ltc_module taylor = {
    LTC_MODULE(LTC_MASK, taylor_ops), .name = "taylor", .version = "1.0", .schema = &taylor_schema,
    .summary = "keeps the weights that the loss depends on, batch by batch, to first order",
    .source = "score = mean of (g w)^2 or |g w| over batches; Molchanov et al. 2017, 2019",
};
LTC_PLUGIN(&taylor);
