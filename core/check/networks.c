/* Owns the networks and optimizers that the tests of backends share, and opens their bench. */
#include <ltcore/ops.h>

#include "check/check_backend.h"

static ltc_val head(ltc_builder *b, ltc_val x)
{
    return ltc_linear(b, x, "head", (ltc_linear_args){ .out = b->n_classes });
}

static ltc_val smooth(ltc_builder *b)
{
    const ltc_val x =
        ltc_linear(b, ltc_flatten(b, b->input), "fc", (ltc_linear_args){ .out = 7, .no_bias = 1 });
    return head(b, ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 }));
}

static ltc_val deep(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 6, .pad = 1, .no_bias = 1 });
    x = ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 });
    x = ltc_conv2d(b, x, "conv2", (ltc_conv2d_args){ .out = 9, .stride = 2 });
    return head(b, ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = 17 }));
}

static ltc_val wide(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 6, .pad = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 }));
    x = ltc_flatten(b, ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 }));
    return head(b, ltc_relu(b, ltc_linear(b, x, "fc", (ltc_linear_args){ .out = 9 })));
}

static ltc_val plain(ltc_builder *b)
{
    const ltc_val x = ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 13 });
    return head(b, ltc_relu(b, ltc_linear(b, ltc_relu(b, x), "fc2", (ltc_linear_args){ .out = 9 })));
}

static ltc_val lean(ltc_builder *b)
{
    const ltc_val x = ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 23 });
    return head(b, ltc_linear(b, ltc_relu(b, x), "fc2", (ltc_linear_args){ .out = 11, .no_bias = 1 }));
}

static ltc_val drops(ltc_builder *b)
{
    ltc_val x = ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 29 });
    x = ltc_linear(b, ltc_dropout(b, x, 0.3), "fc2", (ltc_linear_args){ .out = 11 });
    return head(b, ltc_dropout(b, x, 0.5));
}

static ltc_val crops(ltc_builder *b)
{
    return head(b, ltc_flatten(b, b->input));
}

const lt_recipe lt_network_smooth = { "smooth", smooth, { 2, 3, 3 }, 4, 60, LTC_U8, 8 };
const lt_recipe lt_network_deep = { "deep", deep, { 2, 7, 7 }, 4, 60, LTC_U8, 8 };
const lt_recipe lt_network_wide = { "wide", wide, { 2, 5, 7 }, 4, 60, LTC_U8, 7 };
const lt_recipe lt_network_plain = { "plain", plain, { 2, 3, 3 }, 4, 151, LTC_U8, 8 };
const lt_recipe lt_network_lean = { "lean", lean, { 2, 3, 5 }, 4, 60, LTC_U8, 7 };
const lt_recipe lt_network_drops = { "drops", drops, { 2, 3, 3 }, 4, 60, LTC_U8, 5 };
const lt_recipe lt_network_crops = { "crops", crops, { 2, 6, 8 }, 4, 60, LTC_U8, 5 };

/* eps is large, so that no update magnifies the rounding of a small gradient: lr g / (|g| + eps). */
const ltc_optimizer lt_optimizers[LT_OPTIMIZERS] = {
    { .size = sizeof(ltc_optimizer), .kind = LTC_SGD, .momentum = 0.875, .weight_decay = 0.02,
      .decay_roles = LTC_ROLE_WEIGHT, .l1 = 0.01, .l1_roles = LTC_ROLE_NORM_GAIN },
    { .size = sizeof(ltc_optimizer), .kind = LTC_SGD, .nesterov = 1, .momentum = 0.75, .weight_decay = 0.02,
      .decay_roles = LTC_ROLE_WEIGHT | LTC_ROLE_BIAS, .l1 = 0.01, .l1_roles = LTC_ROLE_NORM_GAIN },
    { .size = sizeof(ltc_optimizer), .kind = LTC_ADAM, .beta1 = 0.875, .beta2 = 0.96875, .eps = 0.001,
      .weight_decay = 0.02, .decay_roles = LTC_ROLE_WEIGHT | LTC_ROLE_NORM_GAIN, .l1 = 0.01,
      .l1_roles = LTC_ROLE_WEIGHT },
    { .size = sizeof(ltc_optimizer), .kind = LTC_ADAMW, .beta1 = 0.875, .beta2 = 0.96875, .eps = 0.001,
      .weight_decay = 0.5, .decay_roles = LTC_ROLE_WEIGHT, .l1 = 0.01, .l1_roles = LTC_ROLE_NORM_GAIN },
};
const char *const lt_optimizer_names[LT_OPTIMIZERS] = { "SGD", "SGD with Nesterov", "Adam", "AdamW" };

bool lt_bench_open(lt_bench *b, const lt_subject *s, const lt_recipe *recipe, lt_verdict *v)
{
    ltc_error err = { .message = "" };
    *b = (lt_bench){ .scene = { .seed = 0 } };
    if (lt_scene_open(recipe, s->seed, &b->scene, &err)) {
        lt_verdict_fail(v, "a network for the test", "%s", err.message);
        return false;
    }
    lt_stand_open(s, &b->scene, &b->stand);
    if (!b->stand.st)
        return true;
    lt_bench_close(b, v);
    return false;
}

void lt_bench_close(lt_bench *b, lt_verdict *v)
{
    lt_stand_judge(&b->stand, v);
    lt_stand_close(&b->stand);
    lt_scene_close(&b->scene);
    lt_arena_free(&b->arena);
}

void lt_check_each_optimizer(lt_check_with *fn, const lt_subject *s, lt_verdict *v)
{
    lt_verdict each[LT_OPTIMIZERS];
    uint32_t skipped = 0;
    for (uint32_t i = 0; i < LT_OPTIMIZERS; i++) {
        each[i] = (lt_verdict){ .outcome = LT_HELD };
        fn(s, i, &each[i]);
        skipped += each[i].outcome == LT_SKIPPED;
        if (each[i].outcome != LT_HELD)
            *v = each[i];
        if (each[i].outcome == LT_FAILED)
            return;
    }
    if (skipped && skipped < LT_OPTIMIZERS) {
        const lt_verdict one = *v;
        v->outcome = LT_HELD;
        lt_verdict_remark(v, "without %u of %d optimizers: %.400s", skipped, LT_OPTIMIZERS, one.found);
    }
}
