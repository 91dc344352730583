/* snip: keeps the weights whose removal would change the loss most, to first order, before any training.
 *
 *   score(w) = |dL/dm| = |g w|      at m = 1, where every weight is multiplied by an m of its own
 *
 * Lee et al. 2019. g is the gradient of the mean loss over `batch` samples, averaged over `batches`; batch
 * norm takes the batch's statistics, as in training. The authors divide by the sum of all scores, which
 * changes no rank; their single batch makes noisy scores, which more batches cure. Meant for weights at
 * initialisation. They draw the weights anew afterwards, which is prune.kept = "reinit". */
#include <math.h>

#include "probing.h"

typedef struct snip_options { int64_t batch, batches; } snip_options;

static const ltc_opt snip_table[] = { PROBING_OPTIONS(snip_options) };
static const ltc_schema snip_schema = LTC_SCHEMA(snip_options, snip_table);

static double sensitivity(double g, double w)
{
    return fabs(g * w);
}

static ltc_status snip_prepare(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t, size_t n,
                               ltc_error *err)
{
    const snip_options *o = ((scored *)self)->options;
    probing p;
    ltc_status st = probing_open(&p, env, t, n, o->batch, o->batches, err);
    for (uint64_t b = 0; b < p.batches && !st; b++)
        if (!(st = probing_gradient(&p, b, 0, 1, err)))
            probing_add(&p, probing_as_it_is);
    if (!st)
        st = probing_scores(&p, sensitivity, self, err);
    probing_close(&p);
    return st;
}

static const ltc_mask_ops snip_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_PROBE | LTC_NEED_FINAL, .create = scored_create,
    .destroy = scored_destroy, .prepare = snip_prepare, .score = scored_score,
};
static const ltc_module snip = {
    LTC_MODULE(LTC_MASK, snip_ops), .name = "snip", .version = "1.0", .schema = &snip_schema,
    .summary = "keeps the weights that the loss depends on, at initialisation",
    .source = "score = |g w|, g = gradient of the loss over a batch; Lee, Ajanthan & Torr 2019",
};
LTC_PLUGIN(&snip);
