/* Owns the residual block: y = relu(F(x) + shortcut(x)), He et al. 2016, equations 1 and 2; every convolution
 * is followed by a batch norm. Called by the networks that are made of such blocks. */
#include "residual.h"

ltc_val residual_conv(ltc_builder *b, ltc_val x, int i, ltc_conv2d_args a)
{
    char name[16];
    a.no_bias = 1;
    snprintf(name, sizeof name, "conv%d", i);
    x = ltc_conv2d(b, x, name, a);
    snprintf(name, sizeof name, "bn%d", i);
    return ltc_batch_norm(b, x, name, (ltc_batch_norm_args){ 0 });
}

/* F(x) */
static ltc_val branch(ltc_builder *b, ltc_val x, const residual_stage *s, uint32_t stride)
{
    const ltc_conv2d_args strided = { .out = s->width, .stride = stride, .pad = 1 };
    if (s->block == RESIDUAL_BASIC) {
        x = ltc_relu(b, residual_conv(b, x, 1, strided));
        return residual_conv(b, x, 2, (ltc_conv2d_args){ .out = s->width, .pad = 1 });
    }
    x = ltc_relu(b, residual_conv(b, x, 1, (ltc_conv2d_args){ .out = s->width, .kernel = 1 }));
    x = ltc_relu(b, residual_conv(b, x, 2, strided));
    return residual_conv(b, x, 3, (ltc_conv2d_args){ .out = 4 * s->width, .kernel = 1 });
}

/* A projection; both of its operations are tagged. */
static ltc_val project(ltc_builder *b, ltc_val x, int64_t channels, uint32_t stride)
{
    const ltc_conv2d_args a = { .out = channels, .kernel = 1, .stride = stride, .no_bias = 1 };
    b->scope(b, "downsample");
    x = ltc_conv2d(b, x, "0", a);
    b->tag(b, x, LTC_ROLE_SHORTCUT);
    x = ltc_batch_norm(b, x, "1", (ltc_batch_norm_args){ 0 });
    b->tag(b, x, LTC_ROLE_SHORTCUT);
    b->scope(b, NULL);
    return x;
}

static ltc_val shortcut(ltc_builder *b, ltc_val x, const residual_stage *s, int64_t channels, uint32_t stride)
{
    const int64_t missing = channels - b->shape(b, x)->dim[0];
    if (stride == 1 && !missing)
        return x;
    if (s->shortcut == RESIDUAL_SHORTCUT_B)
        return project(b, x, channels, stride);
    if (stride > 1)
        x = ltc_avg_pool(b, x, (ltc_pool_args){ .size = 1, .stride = stride });
    return ltc_pad_channels(b, x, (uint32_t)(missing / 2), (uint32_t)(missing - missing / 2));
}

ltc_val residual_stage_build(ltc_builder *b, ltc_val x, const char *name, const residual_stage *s)
{
    const int64_t channels = s->block == RESIDUAL_BASIC ? s->width : 4 * s->width;
    char number[16];

    b->scope(b, name);
    for (int i = 0; i < s->n_blocks; i++) {
        const uint32_t stride = i ? 1 : s->stride;
        snprintf(number, sizeof number, "%d", i);
        b->scope(b, number);
        const ltc_val y = branch(b, x, s, stride);
        x = ltc_relu(b, ltc_add(b, y, shortcut(b, x, s, channels, stride)));
        b->scope(b, NULL);
    }
    b->scope(b, NULL);
    return x;
}

ltc_val residual_head(ltc_builder *b, ltc_val x)
{
    return ltc_linear(b, ltc_global_pool(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
}
