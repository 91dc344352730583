/* small-init: keeps the weights that began small.
 *
 *   score(w) = -|w_init|
 *
 * With `signs`, weights whose sign is not as asked for rank below the others (signs.h). */
#include <math.h>

#include "signs.h"

static ltc_status small_init_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                   float *score, ltc_error *err)
{
    (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = -fabsf(t->w_init[i]);
    signs_rank(self, t, score);
    return LTC_OK;
}

static uint32_t small_init_flags_of(const void *self)
{
    return signs_needs(self, LTC_NEED_INIT);
}

static const ltc_mask_ops small_init_ops = { LTC_MASK_OPS, .score = small_init_score,
                                             .flags_of = small_init_flags_of };
static const ltc_module small_init = {
    LTC_MODULE(LTC_MASK, small_init_ops), .name = "small-init", .version = "1.0", .schema = &signs_schema,
    .summary = "keeps the weights that began small",
    .source = "score = -|w_init|; Zhou et al. 2019: small_init",
};
LTC_PLUGIN(&small_init);
