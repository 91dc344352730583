/* magnitude: keeps the weights that ended large. Zhou et al. 2019 call it large_final, and it is the
 * criterion of Frankle & Carbin 2019.
 *
 *   score(w) = |w_final|
 *
 * With `signs`, weights whose sign is not as asked for rank below the others (signs.h). */
#include <math.h>

#include "signs.h"

static ltc_status magnitude_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                  float *score, ltc_error *err)
{
    (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = fabsf(t->w_final[i]);
    signs_rank(self, t, score);
    return LTC_OK;
}

static uint32_t magnitude_flags_of(const void *self)
{
    return signs_needs(self, LTC_NEED_FINAL);
}

static const ltc_mask_ops magnitude_ops = { LTC_MASK_OPS, .score = magnitude_score,
                                            .flags_of = magnitude_flags_of };
static const ltc_module magnitude = {
    LTC_MODULE(LTC_MASK, magnitude_ops), .name = "magnitude", .version = "1.0", .alias = "large-final",
    .schema = &signs_schema, .summary = "keeps the weights that ended large",
    .source = "score = |w_final|; Han et al. 2015, Frankle & Carbin 2019; Zhou et al. 2019: large_final",
};
LTC_PLUGIN(&magnitude);
