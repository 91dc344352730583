/* distance-moved: keeps the weights that training moved furthest, in whatever direction.
 *
 *   score(w) = |w_final - w_init|
 *
 * With `signs`, weights whose sign is not as asked for rank below the others (signs.h). */
#include <math.h>

#include "signs.h"

static ltc_status moved_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                              float *score, ltc_error *err)
{
    (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = fabsf(t->w_final[i] - t->w_init[i]);
    signs_rank(self, t, score);
    return LTC_OK;
}

static uint32_t moved_flags_of(const void *self)
{
    return signs_needs(self, LTC_NEED_INIT | LTC_NEED_FINAL);
}

static const ltc_mask_ops moved_ops = { LTC_MASK_OPS, .score = moved_score, .flags_of = moved_flags_of };
static const ltc_module moved = {
    LTC_MODULE(LTC_MASK, moved_ops), .name = "distance-moved", .version = "1.0", .alias = "movement",
    .schema = &signs_schema, .summary = "keeps the weights that moved far in training",
    .source = "score = |w_final - w_init|; Zhou et al. 2019: movement",
};
LTC_PLUGIN(&moved);
