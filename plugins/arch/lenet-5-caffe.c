/* lenet-5-caffe: LeNet-5 as Caffe's MNIST example has it: two convolutions, each pooled, and no nonlinearity
 * before the first fully connected layer. */
#include <ltcore/ops.h>

#include "image.h"

static ltc_status lenet_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)opts;
    static const char why[] = "two convolutions of 5 x 5 are each followed by a halving";
    const ltc_status st = image_at_least(b, 16, why, err);
    if (st)
        return st;
    ltc_val x = ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 20, .kernel = 5 });
    x = ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 });
    x = ltc_conv2d(b, x, "conv2", (ltc_conv2d_args){ .out = 50, .kernel = 5 });
    x = ltc_flatten(b, ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 }));
    x = ltc_relu(b, ltc_linear(b, x, "fc1", (ltc_linear_args){ .out = 500 }));
    *logits = ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

static const ltc_arch_ops lenet_ops = { LTC_ARCH_OPS, .build = lenet_build };
static const ltc_module lenet = {
    LTC_MODULE(LTC_ARCH, lenet_ops), .name = "lenet-5-caffe", .version = "1.0",
    .summary = "two 5 x 5 convolutions of 20 and 50 channels, max pooling, 500 hidden units",
    .source = "LeCun et al. 1998, as in Caffe's examples/mnist/lenet (Jia et al. 2014): 431,080 parameters "
              "on 28 x 28 images of 10 classes",
};
LTC_PLUGIN(&lenet);
