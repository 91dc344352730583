/* magnitude: keeps the weights that ended large. Zhou et al. 2019 call it large_final, and it is the
 * criterion of Frankle & Carbin 2019.
 *
 *   score(w) = |w_final| */
#include <math.h>
#include <ltcore/mask.h>

static ltc_status magnitude_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                  float *score, ltc_error *err)
{
    (void)self, (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = fabsf(t->w_final[i]);
    return LTC_OK;
}

static const ltc_mask_ops magnitude_ops = { LTC_MASK_OPS, .flags = LTC_NEED_FINAL, .score = magnitude_score };
static const ltc_module magnitude = {
    LTC_MODULE(LTC_MASK, magnitude_ops), .name = "magnitude", .version = "1.0", .alias = "large-final",
    .summary = "keeps the weights that ended large",
    .source = "score = |w_final|; Han et al. 2015, Frankle & Carbin 2019; Zhou et al. 2019: large_final",
};
LTC_PLUGIN(&magnitude);
