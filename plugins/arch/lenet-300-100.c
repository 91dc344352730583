/* lenet-300-100: the fully connected network of LeCun et al. 1998 on which Frankle & Carbin 2019 found their
 * tickets. */
#include <ltcore/ops.h>

static ltc_status lenet_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)opts, (void)err;
    ltc_val x = ltc_flatten(b, b->input);
    x = ltc_relu(b, ltc_linear(b, x, "fc1", (ltc_linear_args){ .out = 300 }));
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 100 }));
    *logits = ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;                            /* what went wrong on the way, the builder knows */
}

static const ltc_arch_ops lenet_ops = { LTC_ARCH_OPS, .build = lenet_build };
static const ltc_module lenet = {
    LTC_MODULE(LTC_ARCH, lenet_ops), .name = "lenet-300-100", .version = "1.0",
    .summary = "fully connected, 300 and 100 hidden units, ReLU",
    .source = "LeCun et al. 1998; Frankle & Carbin 2019, figure 2: 266,610 parameters on 28 x 28 images of "
              "10 classes",
};
LTC_PLUGIN(&lenet);
