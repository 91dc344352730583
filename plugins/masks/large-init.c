/* large-init: keeps the weights that began large, wherever training took them.
 *
 *   score(w) = |w_init|
 *
 * With `signs`, weights whose sign is not as asked for rank below the others (signs.h). */
#include <math.h>

#include "signs.h"

static ltc_status large_init_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                   float *score, ltc_error *err)
{
    (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = fabsf(t->w_init[i]);
    signs_rank(self, t, score);
    return LTC_OK;
}

static uint32_t large_init_flags_of(const void *self)
{
    return signs_needs(self, LTC_NEED_INIT);
}

static const ltc_mask_ops large_init_ops = { LTC_MASK_OPS, .score = large_init_score,
                                             .flags_of = large_init_flags_of };
static const ltc_module large_init = {
    LTC_MODULE(LTC_MASK, large_init_ops), .name = "large-init", .version = "1.0", .schema = &signs_schema,
    .summary = "keeps the weights that began large",
    .source = "score = |w_init|; Zhou et al. 2019: large_init",
};
LTC_PLUGIN(&large_init);
