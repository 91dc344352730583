/* std-threshold: keeps the weights beyond some standard deviations of their layer, which finds its own
 * density.
 *
 *   keep(w) = |w| > q s
 *   s = standard deviation of the layer's weights about their mean, over n (not n - 1)
 *
 * Han et al. 2015 choose the threshold so, q being their quality parameter. s is of the values at which the
 * mask is drawn, over what is alive in the tensor, in double, in the order of the elements. */
#include <math.h>
#include <ltcore/mask.h>

typedef struct std_options { double q; } std_options;

static const ltc_opt std_table[] = {
    LTC_REAL(std_options, q, 1.0, 0.0, 100.0,
             "standard deviations of its layer that a weight must exceed to be kept"),
};
static const ltc_schema std_schema = LTC_SCHEMA(std_options, std_table);

/* Mean of (w - about)^power over the alive, 0 if there are none. */
static double moment(const ltc_mask_tensor *t, double about, int power)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const double w = (double)t->w_final[i] - about;
        if (t->mask[i])
            sum += power == 1 ? w : w * w, n += 1;
    }
    return n > 0 ? sum / n : 0;
}

static ltc_status keep(const ltc_mask_tensor *t, double q, uint8_t *mask, ltc_error *err)
{
    const double s = sqrt(moment(t, moment(t, 0, 1), 2));
    if (!isfinite(s))
        return ltc_fail(err, LTC_ENUMERIC, "a weight of %s is not finite, so there is no standard deviation",
                        t->name);
    for (size_t i = 0; i < t->n; i++)
        mask[i] = t->mask[i] && fabs((double)t->w_final[i]) > q * s;
    return LTC_OK;
}

static ltc_status std_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                             size_t n, uint8_t *const *mask, ltc_error *err)
{
    const std_options *o = self;
    ltc_status st = LTC_OK;
    (void)env;
    for (size_t i = 0; i < n && !st; i++)
        st = keep(t[i], o->q, mask[i], err);
    return st;
}

static const ltc_mask_ops std_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_FINAL | LTC_MASK_OWN_COUNT, .select = std_select,
};
static const ltc_module std_module = {
    LTC_MODULE(LTC_MASK, std_ops), .name = "std-threshold", .version = "1.0", .schema = &std_schema,
    .summary = "keeps the weights beyond q standard deviations of their layer",
    .source = "keep = |w| > q std(w), layer by layer; Han et al. 2015",
};
LTC_PLUGIN(&std_module);
