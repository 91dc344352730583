/* tiny: two convolutions and a linear layer, for images of any size and number of classes. */
#include <ltcore/ops.h>

typedef struct tiny_opts { int64_t width; } tiny_opts;

static const ltc_opt tiny_opt[] = {
    LTC_INT(tiny_opts, width, 16, 1, 1024, "filters of the first convolution; the second has twice as many"),
};
static const ltc_schema tiny_schema = LTC_SCHEMA(tiny_opts, tiny_opt);

static ltc_val block(ltc_builder *b, ltc_val x, const char *name, int64_t filters)
{
    b->scope(b, name);                        /* "block1.conv.weight", "block1.bn.weight", ... */
    x = ltc_conv2d(b, x, "conv", (ltc_conv2d_args){ .out = filters, .pad = 1, .no_bias = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 }));
    b->scope(b, NULL);
    return ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 });
}

/* Shapes that do not fit are remembered by the builder, and nothing here need look. */
static ltc_status tiny_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    const tiny_opts *o = opts;
    (void)err;

    ltc_val x = block(b, b->input, "block1", o->width);
    x = block(b, x, "block2", 2 * o->width);
    *logits = ltc_linear(b, ltc_global_pool(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

static const ltc_arch_ops tiny_ops = { LTC_ARCH_OPS, .build = tiny_build };
static const ltc_module tiny = {
    LTC_MODULE(LTC_ARCH, tiny_ops), .name = "tiny", .version = "1.0", .schema = &tiny_schema,
    .summary = "two 3x3 convolutions with batch norm, pooling, one linear layer",
};
LTC_PLUGIN(&tiny);
