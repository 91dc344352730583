/* resnet-18: the network of He et al. 2016, table 1, as torchvision builds it: a stem, four stages of two
 * basic blocks from 64 to 512 channels, shortcut B. For small images it may have the stem of a CIFAR network
 * instead. */
#include <ltcore/ops.h>

#include "residual.h"

typedef struct resnet_opts { int64_t stem; } resnet_opts;
enum { STEM_IMAGENET, STEM_CIFAR };

static const char *const stems[] = { "imagenet", "cifar", NULL };
static const ltc_opt resnet_opt[] = {
    LTC_ENUM(resnet_opts, stem, STEM_IMAGENET, stems,
             "imagenet: 7 x 7 of stride 2, then max pooling of stride 2; "
             "cifar: 3 x 3 of stride 1 and no pooling"),
};
static const ltc_schema resnet_schema = LTC_SCHEMA(resnet_opts, resnet_opt);

static ltc_val stem(const resnet_opts *o, ltc_builder *b)
{
    if (o->stem == STEM_CIFAR)
        return ltc_relu(b, residual_conv(b, b->input, 1, (ltc_conv2d_args){ .out = 64, .pad = 1 }));
    const ltc_conv2d_args wide = { .out = 64, .kernel = 7, .stride = 2, .pad = 3 };
    const ltc_val x = ltc_relu(b, residual_conv(b, b->input, 1, wide));
    return ltc_max_pool(b, x, (ltc_pool_args){ .size = 3, .stride = 2, .pad = 1 });
}

static ltc_status resnet_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    ltc_val x = stem(opts, b);
    char name[16];

    (void)err;
    for (int i = 0; i < 4; i++) {
        const residual_stage s = {
            .width = (int64_t)64 << i, .block = RESIDUAL_BASIC, .shortcut = RESIDUAL_SHORTCUT_B,
            .n_blocks = 2, .stride = i ? 2 : 1,
        };
        snprintf(name, sizeof name, "layer%d", i + 1);
        x = residual_stage_build(b, x, name, &s);
    }
    *logits = residual_head(b, x);
    return LTC_OK;
}

static const ltc_arch_ops resnet_ops = { LTC_ARCH_OPS, .build = resnet_build };
static const ltc_module resnet = {
    LTC_MODULE(LTC_ARCH, resnet_ops), .name = "resnet-18", .version = "1.0", .schema = &resnet_schema,
    .summary = "torchvision's residual network of 18 layers, with its stem or one for small images",
    .source = "He et al. 2016 (Deep residual learning), table 1; torchvision's resnet18, names included: "
              "11,181,642 parameters with 10 classes, 11,689,512 with 1,000; 11,173,962 with "
              "stem = \"cifar\" and 10. "
              "Initial weights as configured, where torchvision has N(0, 2 / fan-out)",
};
LTC_PLUGIN(&resnet);
