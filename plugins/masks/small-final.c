/* small-final: keeps the weights that ended small, a control for magnitude.
 *
 *   score(w) = -|w_final|
 *
 * With `signs`, weights whose sign is not as asked for rank below the others (signs.h). */
#include <math.h>

#include "signs.h"

static ltc_status small_final_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                    float *score, ltc_error *err)
{
    (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = -fabsf(t->w_final[i]);
    signs_rank(self, t, score);
    return LTC_OK;
}

static uint32_t small_final_flags_of(const void *self)
{
    return signs_needs(self, LTC_NEED_FINAL);
}

static const ltc_mask_ops small_final_ops = { LTC_MASK_OPS, .score = small_final_score,
                                              .flags_of = small_final_flags_of };
static const ltc_module small_final = {
    LTC_MODULE(LTC_MASK, small_final_ops), .name = "small-final", .version = "1.0", .schema = &signs_schema,
    .summary = "keeps the weights that ended small",
    .source = "score = -|w_final|; Zhou et al. 2019: small_final",
};
LTC_PLUGIN(&small_final);
