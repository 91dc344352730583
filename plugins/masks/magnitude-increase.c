/* magnitude-increase: keeps the weights that training moved away from zero, however large they were at first.
 *
 *   score(w) = |w_final| - |w_init|
 *
 * With `signs`, weights whose sign is not as asked for rank below the others (signs.h). */
#include <math.h>

#include "signs.h"

static ltc_status increase_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                 float *score, ltc_error *err)
{
    (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = fabsf(t->w_final[i]) - fabsf(t->w_init[i]);
    signs_rank(self, t, score);
    return LTC_OK;
}

static uint32_t increase_flags_of(const void *self)
{
    return signs_needs(self, LTC_NEED_INIT | LTC_NEED_FINAL);
}

static const ltc_mask_ops increase_ops = { LTC_MASK_OPS, .score = increase_score,
                                           .flags_of = increase_flags_of };
static const ltc_module increase = {
    LTC_MODULE(LTC_MASK, increase_ops), .name = "magnitude-increase", .version = "1.0",
    .schema = &signs_schema, .summary = "keeps the weights that grew in training",
    .source = "score = |w_final| - |w_init|; Zhou et al. 2019: magnitude_increase",
};
LTC_PLUGIN(&increase);
