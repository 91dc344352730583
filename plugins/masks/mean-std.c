/* mean-std: keeps the weights beyond one threshold for the whole network, which finds its own density.
 *
 *   keep(p) = |p| > m + alpha s      m = mean of |p|,  s = standard deviation of p, over n (not n - 1) values
 *
 * m and s are of the values at which the mask is drawn, over all eligible tensors together and over what is
 * alive in them, summed in double, tensor by tensor. The rule was stated for all parameters, biases included:
 * these are eligible with prune.include = ["bias", "norm"]. */
#include <math.h>
#include <ltcore/mask.h>

typedef struct mean_std_options { double alpha; } mean_std_options;

static const ltc_opt mean_std_table[] = {
    LTC_REAL(mean_std_options, alpha, 1.0, -100.0, 100.0,
             "standard deviations above the mean size, from which on a weight is kept"),
};
static const ltc_schema mean_std_schema = LTC_SCHEMA(mean_std_options, mean_std_table);

/* Sums over the alive weights of one tensor. */
typedef struct sums { double n, p, size, squares; } sums;

static sums add_up(const ltc_mask_tensor *t, double mean)
{
    sums s = { 0, 0, 0, 0 };
    for (size_t i = 0; i < t->n; i++) {
        const double p = (double)t->w_final[i];
        if (!t->mask[i])
            continue;
        s.n += 1;
        s.p += p;
        s.size += fabs(p);
        s.squares += (p - mean) * (p - mean);
    }
    return s;
}

/* Over all tensors, squares being about `mean`. LTC_ENUMERIC if a weight is not finite. */
static ltc_status total(const ltc_mask_tensor *const *t, size_t n, double mean, sums *all, ltc_error *err)
{
    *all = (sums){ 0, 0, 0, 0 };
    for (size_t i = 0; i < n; i++) {
        const sums s = add_up(t[i], mean);
        if (!isfinite(s.size))
            return ltc_fail(err, LTC_ENUMERIC, "a weight of %s is not finite, so there is no mean",
                            t[i]->name);
        all->n += s.n, all->p += s.p, all->size += s.size, all->squares += s.squares;
    }
    return LTC_OK;
}

static void keep_above(const ltc_mask_tensor *t, double threshold, uint8_t *mask)
{
    for (size_t i = 0; i < t->n; i++)
        mask[i] = t->mask[i] && fabs((double)t->w_final[i]) > threshold;
}

static ltc_status mean_std_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                  size_t n, uint8_t *const *mask, ltc_error *err)
{
    const mean_std_options *o = self;
    sums first, about_mean;
    (void)env;
    ltc_status st = total(t, n, 0, &first, err);
    if (st)
        return st;
    const double count = first.n > 0 ? first.n : 1;          /* of none, nothing is kept anyway */
    st = total(t, n, first.p / count, &about_mean, err);
    const double threshold = first.size / count + o->alpha * sqrt(about_mean.squares / count);
    for (size_t i = 0; i < n && !st; i++)
        keep_above(t[i], threshold, mask[i]);
    return st;
}

static const ltc_mask_ops mean_std_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_FINAL | LTC_MASK_OWN_COUNT, .select = mean_std_select,
};
static const ltc_module mean_std = {
    LTC_MODULE(LTC_MASK, mean_std_ops), .name = "mean-std", .version = "1.0", .alias = "lf-threshold",
    .schema = &mean_std_schema, .summary = "keeps the weights beyond mean + alpha standard deviations",
    .source = "keep = |p| > mean(|p|) + alpha std(p), all eligible weights together; a threshold form of "
              "large_final, Zhou et al. 2019",
};
LTC_PLUGIN(&mean_std);
