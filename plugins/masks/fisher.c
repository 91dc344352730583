/* fisher: keeps the weights whose removal would change the loss most, to second order, where training left
 * them.
 *
 *   score(w) = w^2 / (2 N) * sum over N samples of g_n^2      g_n = gradient of sample n's loss
 *
 * Theis et al. 2018 and Liu et al. 2021: at a minimum the change is w^2 H / 2, and the mean of squared
 * gradients, the empirical Fisher information, stands for the diagonal of H. N = batch batches, one backward
 * pass for each sample. Batch norm takes its running statistics, as in evaluation, so samples do not meet. */
#include "probing.h"

typedef struct fisher_options { int64_t batch, batches; } fisher_options;

static const ltc_opt fisher_table[] = { PROBING_OPTIONS(fisher_options) };
static const ltc_schema fisher_schema = LTC_SCHEMA(fisher_options, fisher_table);

/* N is the same for all, and scores have no unit. */
static double information(double squares, double w)
{
    return w * w * squares / 2;
}

static ltc_status fisher_prepare(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                 size_t n, ltc_error *err)
{
    const fisher_options *o = ((scored *)self)->options;
    probing p;
    ltc_status st = probing_open(&p, env, t, n, o->batch, o->batches, err);
    for (uint64_t b = 0; b < p.batches && !st; b++)
        if (!(st = probing_squares(&p, b, LTC_PROBE_RUNNING_STATS, err)))
            probing_add(&p, probing_as_it_is);
    if (!st)
        st = probing_scores(&p, information, self, err);
    probing_close(&p);
    return st;
}

static const ltc_mask_ops fisher_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_PROBE | LTC_NEED_FINAL, .create = scored_create,
    .destroy = scored_destroy, .prepare = fisher_prepare, .score = scored_score,
};
static const ltc_module fisher = {
    LTC_MODULE(LTC_MASK, fisher_ops), .name = "fisher", .version = "1.0", .schema = &fisher_schema,
    .summary = "keeps the weights that the loss depends on, sample by sample, to second order",
    .source = "score = w^2 sum of g^2 / (2 N) over N samples; Theis et al. 2018, Liu et al. 2021",
};
LTC_PLUGIN(&fisher);
