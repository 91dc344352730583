/* magnitude-increase: keeps the weights that training moved away from zero, however large they were at first.
 *
 *   score(w) = |w_final| - |w_init| */
#include <math.h>
#include <ltcore/mask.h>

static ltc_status increase_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                 float *score, ltc_error *err)
{
    (void)self, (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = fabsf(t->w_final[i]) - fabsf(t->w_init[i]);
    return LTC_OK;
}

static const ltc_mask_ops increase_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_INIT | LTC_NEED_FINAL, .score = increase_score,
};
static const ltc_module increase = {
    LTC_MODULE(LTC_MASK, increase_ops), .name = "magnitude-increase", .version = "1.0",
    .summary = "keeps the weights that grew in training",
    .source = "score = |w_final| - |w_init|; Zhou et al. 2019: magnitude_increase",
};
LTC_PLUGIN(&increase);
