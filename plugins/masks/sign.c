/* sign: keeps the weights by their signs alone, however large they are, which finds its own density.
 *
 *   keep(w) = sign(w_init) = sign(w_final)     signs "same"; a zero agrees with a zero alone
 *   keep(w) = sign(w_init) != sign(w_final)    signs "different"
 *
 * The condition that other criteria take as their option `signs`, as a mask. */
#include "signs.h"

typedef struct sign_options { int64_t signs; } sign_options;

static const char *const words[] = { "same", "different", NULL };
static const ltc_opt sign_table[] = {
    LTC_ENUM(sign_options, signs, 0, words,
             "keeps weights whose sign is the same after training, or different"),
};
static const ltc_schema sign_schema = LTC_SCHEMA(sign_options, sign_table);

static ltc_status sign_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                              size_t n, uint8_t *const *mask, ltc_error *err)
{
    const sign_options *o = self;
    const int64_t signs = o->signs ? SIGNS_DIFFERENT : SIGNS_SAME;
    (void)env, (void)err;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < t[j]->n; i++)
            mask[j][i] = t[j]->mask[i] && signs_meet(signs, t[j]->w_init[i], t[j]->w_final[i]);
    return LTC_OK;
}

static const ltc_mask_ops sign_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_INIT | LTC_NEED_FINAL | LTC_MASK_OWN_COUNT, .select = sign_select,
};
static const ltc_module sign_module = {
    LTC_MODULE(LTC_MASK, sign_ops), .name = "sign", .version = "1.0", .schema = &sign_schema,
    .summary = "keeps the weights whose sign training left alone, or changed",
    .source = "keep = sign(w_init) = sign(w_final), or !=; Zhou et al. 2019: masks called _single",
};
LTC_PLUGIN(&sign_module);
