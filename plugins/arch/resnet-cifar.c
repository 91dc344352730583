/* resnet-20, -32, -44, -56, -110: the residual networks for CIFAR of He et al. 2016, section 4.2. A 3 x 3
 * convolution, then three stages of n blocks whose widths double while the image halves: 6n + 2 layers with
 * basic blocks, 9n + 2 with bottlenecks. */
#include <ltcore/ops.h>

#include "residual.h"

typedef struct resnet_opts { int64_t block, shortcut, width; } resnet_opts;

static const char *const blocks[] = { "basic", "bottleneck", NULL }, *const shortcuts[] = { "A", "B", NULL };
static const ltc_opt resnet_opt[] = {
    LTC_ENUM(resnet_opts, block, RESIDUAL_BASIC, blocks,
             "basic: 3 x 3, 3 x 3; bottleneck: 1 x 1, 3 x 3, 1 x 1 to four times the width (stride in the "
             "3 x 3), for depths 9n+2"),
    LTC_ENUM(resnet_opts, shortcut, RESIDUAL_SHORTCUT_B, shortcuts,
             "where shapes differ: A, every second pixel and zero channels, no parameters; B, a 1 x 1 "
             "convolution with batch norm"),
    LTC_INT(resnet_opts, width, 16, 1, 4096,
            "channels of the first stage; the second has twice, the third four times as many"),
};
static const ltc_schema resnet_schema = LTC_SCHEMA(resnet_opts, resnet_opt);

/* Blocks of each stage, or 0: the depth is none that these blocks make. */
static int blocks_of(int depth, int64_t block)
{
    const int layers = block == RESIDUAL_BASIC ? 6 : 9;
    return (depth - 2) % layers ? 0 : (depth - 2) / layers;
}

static ltc_status resnet_build(const resnet_opts *o, ltc_builder *b, int depth, ltc_val *logits,
                               ltc_error *err)
{
    const int n_blocks = blocks_of(depth, o->block);
    char name[16];

    if (!n_blocks)
        return ltc_fail_opt(err, "block",
                            "\"%s\" makes networks of 9n+2 layers, and %d is no such number: take resnet-20, "
                            "resnet-56 or resnet-110, or block = \"basic\"", blocks[o->block], depth);
    ltc_val x = ltc_relu(b, residual_conv(b, b->input, 1, (ltc_conv2d_args){ .out = o->width, .pad = 1 }));
    for (int i = 0; i < 3; i++) {
        const residual_stage s = {
            .width = o->width << i, .block = (int)o->block, .shortcut = (int)o->shortcut,
            .n_blocks = n_blocks, .stride = i ? 2 : 1,
        };
        snprintf(name, sizeof name, "layer%d", i + 1);
        x = residual_stage_build(b, x, name, &s);
    }
    *logits = residual_head(b, x);
    return LTC_OK;
}

#define RESNET(depth, count) \
    static ltc_status resnet_##depth##_build(const void *opts, ltc_builder *b, ltc_val *logits, \
                                             ltc_error *err) \
    { \
        return resnet_build(opts, b, depth, logits, err); \
    } \
    static const ltc_arch_ops resnet_##depth##_ops = { LTC_ARCH_OPS, .build = resnet_##depth##_build }; \
    static const ltc_module resnet_##depth = { \
        LTC_MODULE(LTC_ARCH, resnet_##depth##_ops), .name = "resnet-" #depth, .version = "1.0", \
        .schema = &resnet_schema, .summary = "residual network of " #depth " layers for CIFAR, batch norm", \
        .source = "He et al. 2016 (Deep residual learning), section 4.2: " count " parameters on " \
                  "3 x 32 x 32 images of 10 classes with basic blocks and shortcut B; names as " \
                  "torchvision's", \
    }
RESNET(20, "272,474");
RESNET(32, "466,906");
RESNET(44, "661,338");
RESNET(56, "855,770");
RESNET(110, "1,730,714");
LTC_PLUGIN(&resnet_20, &resnet_32, &resnet_44, &resnet_56, &resnet_110);
