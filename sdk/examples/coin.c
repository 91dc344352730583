/* coin: keep weights by lot. A loaded coin favours the large ones; fully loaded, it is magnitude pruning. */
#include <math.h>
#include <ltcore/mask.h>

typedef struct coin_opts { double loaded; } coin_opts;

static const ltc_opt coin_opt[] = {
    LTC_REAL(coin_opts, loaded, 0.0, 0.0, 1.0, "0: every weight has the same chance; 1: size alone decides"),
};
static const ltc_schema coin_schema = LTC_SCHEMA(coin_opts, coin_opt);

static float largest_size(const ltc_mask_tensor *t)
{
    float largest = 0;
    for (size_t i = 0; i < t->n; i++)
        if (fabsf(t->w_final[i]) > largest)
            largest = fabsf(t->w_final[i]);
    return largest > 0 ? largest : 1;
}

static ltc_status coin_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                             float *score, ltc_error *err)
{
    const coin_opts *o = self;
    const float loaded = (float)o->loaded, largest = largest_size(t);
    const ltc_key key = ltc_key_fold(env->key, t->index);      /* each tensor has a stream of its own */
    (void)err;

    for (size_t i = 0; i < t->n; i++)         /* number i of the stream: no state, any order */
        score[i] = (1 - loaded) * ltc_rand_unit(key, i) + loaded * fabsf(t->w_final[i]) / largest;
    return LTC_OK;
}

static const ltc_mask_ops coin_ops = { LTC_MASK_OPS, .flags = LTC_NEED_FINAL, .score = coin_score };
static const ltc_module coin = {
    LTC_MODULE(LTC_MASK, coin_ops), .name = "coin", .version = "1.0", .schema = &coin_schema,
    .summary = "by lot, large weights favoured if the coin is loaded",
};
LTC_PLUGIN(&coin);
