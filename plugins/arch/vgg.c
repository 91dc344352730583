/* vgg-11, -13, -16, -19: configurations A, B, D and E of Simonyan & Zisserman 2015: 3 x 3 convolutions,
 * halved by pooling four times. Then the mean over space and one linear layer, as on CIFAR (Frankle & Carbin
 * 2019, figure 2: "avg-pool"), or a fifth pooling and torchvision's three linear layers. */
#include <ltcore/ops.h>

#include "image.h"

typedef struct vgg_opts { int64_t batch_norm, bias, classifier; double dropout; } vgg_opts;
enum { CLASSIFIER_LINEAR, CLASSIFIER_TORCHVISION };

static const double torchvision_rate = 0.5;
static const char *const classifiers[] = { "linear", "torchvision", NULL };
static const ltc_opt vgg_opt[] = {
    LTC_BOOL(vgg_opts, batch_norm, 1, "a batch norm after each convolution"),
    LTC_BOOL(vgg_opts, bias, 0,
             "biases of convolutions that a batch norm follows, as torchvision's vgg*_bn have them; the "
             "others always have theirs"),
    LTC_ENUM(vgg_opts, classifier, CLASSIFIER_LINEAR, classifiers,
             "linear: mean over space, one linear layer; torchvision: a fifth pooling, adaptive pooling to 7 "
             "x 7, hidden layers of 4,096 and 4,096 units"),
    LTC_REAL(vgg_opts, dropout, 0.5, 0, 1,
             "rate after each hidden layer of classifier = \"torchvision\"; the linear one has none",
             .flags = LTC_OPT_BELOW),
};
static const ltc_schema vgg_schema = LTC_SCHEMA(vgg_opts, vgg_opt);

/* One letter a layer: a digit n is a convolution of 32 * 2^n channels, p halves the image. */
static const char *const plan_11 = "1p2p33p44p44",       *const plan_13 = "11p22p33p44p44",
                  *const plan_16 = "11p22p333p444p444",  *const plan_19 = "11p22p3333p4444p4444";

/* Parameters have the number of their layer in torchvision's nn.Sequential, where norm, ReLU and pooling
 * count. */
static ltc_val features(const vgg_opts *o, ltc_builder *b, const char *plan)
{
    ltc_val x = b->input;
    int number = 0;
    char name[16];

    b->scope(b, "features");
    for (; *plan; plan++) {
        if (*plan == 'p') {
            x = ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 });
            number++;
            continue;
        }
        const ltc_conv2d_args a = { .out = (int64_t)32 << (*plan - '0'), .pad = 1,
                                    .no_bias = o->batch_norm && !o->bias };
        snprintf(name, sizeof name, "%d", number++);
        x = ltc_conv2d(b, x, name, a);
        if (o->batch_norm) {
            snprintf(name, sizeof name, "%d", number++);
            x = ltc_batch_norm(b, x, name, (ltc_batch_norm_args){ 0 });
        }
        x = ltc_relu(b, x);
        number++;
    }
    b->scope(b, NULL);
    return x;
}

/* Linear, ReLU, dropout, twice, and the linear layer: numbers 0, 3 and 6 of torchvision's nn.Sequential. */
static ltc_val torchvision_head(const vgg_opts *o, ltc_builder *b, ltc_val x)
{
    static const char *const name[] = { "0", "3" };

    x = ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 });
    x = ltc_flatten(b, ltc_adaptive_pool(b, x, 7, 7));
    b->scope(b, "classifier");
    for (int i = 0; i < 2; i++) {
        x = ltc_relu(b, ltc_linear(b, x, name[i], (ltc_linear_args){ .out = 4096 }));
        if (o->dropout > 0)
            x = ltc_dropout(b, x, o->dropout);
    }
    x = ltc_linear(b, x, "6", (ltc_linear_args){ .out = b->n_classes });
    b->scope(b, NULL);
    return x;
}

static ltc_status vgg_build(const vgg_opts *o, ltc_builder *b, const char *plan, ltc_val *logits,
                            ltc_error *err)
{
    if (o->classifier == CLASSIFIER_LINEAR && o->dropout > 0 && o->dropout != torchvision_rate)
        return ltc_fail_opt(
            err, "dropout",
            "%g would drop nothing: classifier = \"linear\" has no hidden layer; leave it out, or "
            "take classifier = \"torchvision\"",
            o->dropout);
    const bool five = o->classifier == CLASSIFIER_TORCHVISION;
    const char *why = five ? "it is halved five times" : "it is halved four times";
    const ltc_status st = image_at_least(b, five ? 32 : 16, why, err);
    if (st)
        return st;
    const ltc_val x = features(o, b, plan);
    const ltc_linear_args last = { .out = b->n_classes };
    *logits = five ? torchvision_head(o, b, x) : ltc_linear(b, ltc_global_pool(b, x), "classifier", last);
    return LTC_OK;
}

#define VGG(depth, letter, with, without) \
    static ltc_status vgg_##depth##_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err) \
    { \
        return vgg_build(opts, b, plan_##depth, logits, err); \
    } \
    static const ltc_arch_ops vgg_##depth##_ops = { LTC_ARCH_OPS, .build = vgg_##depth##_build }; \
    static const ltc_module vgg_##depth = { \
        LTC_MODULE(LTC_ARCH, vgg_##depth##_ops), .name = "vgg-" #depth, .version = "1.0", \
        .schema = &vgg_schema, \
        .summary = "VGG of " #depth " layers, with one linear layer or torchvision's head", \
        .source = "Simonyan & Zisserman 2015, table 1, " letter ": on 3 x 32 x 32 images of 10 classes, " \
                  "one linear layer, " with " parameters with batch norm, " without " without; " \
                  "feature names as " \
                  "torchvision's", \
    }
VGG(11, "A", "9,228,362", "9,225,610");
VGG(13, "B", "9,413,066", "9,410,122");
VGG(16, "D", "14,724,042", "14,719,818");
VGG(19, "E", "20,035,018", "20,029,514");
LTC_PLUGIN(&vgg_11, &vgg_13, &vgg_16, &vgg_19);
