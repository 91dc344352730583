/* growth: a weight is worth what it gained in size while it was trained. */
#include <math.h>
#include <ltcore/mask.h>

typedef struct growth_opts { double start_cost; } growth_opts;

static const ltc_opt growth_opt[] = {
    LTC_REAL(growth_opts, start_cost, 1.0, 0.0, 10.0,
             "what share of its first size a weight must make up for"),
};
static const ltc_schema growth_schema = LTC_SCHEMA(growth_opts, growth_opt);

static ltc_status growth_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                               float *score, ltc_error *err)
{
    const growth_opts *o = self;              /* without create() it is the options, read and checked */
    (void)env, (void)err;

    for (size_t i = 0; i < t->n; i++)
        score[i] = fabsf(t->w_final[i]) - (float)o->start_cost * fabsf(t->w_init[i]);
    return LTC_OK;
}

static const ltc_mask_ops growth_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_INIT | LTC_NEED_FINAL, .score = growth_score,
};
static const ltc_module growth = {
    LTC_MODULE(LTC_MASK, growth_ops), .name = "growth", .version = "1.0", .schema = &growth_schema,
    .summary = "size gained since initialisation",
    .source = "Zhou et al. 2019: with start_cost = 1, their magnitude_increase",
};
LTC_PLUGIN(&growth);
