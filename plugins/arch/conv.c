/* conv-2, conv-4, conv-6: the scaled-down VGGs of Frankle & Carbin 2019. Two, four or six 3 x 3 convolutions
 * with biases, pooled after every second, then fully connected layers of 256, 256 and as many units as there
 * are classes. */
#include <ltcore/ops.h>

#include "image.h"

typedef struct conv_opts { double dropout; } conv_opts;

static const ltc_opt conv_opt[] = {
    LTC_REAL(conv_opts, dropout, 0, 0, 1,
             "rate after each of the two hidden fully connected layers; figure 6 has 0.5",
             .flags = LTC_OPT_BELOW),
};
static const ltc_schema conv_schema = LTC_SCHEMA(conv_opts, conv_opt);

/* One of the hidden fully connected layers. */
static ltc_val hidden(ltc_builder *b, ltc_val x, const char *name, double dropout)
{
    x = ltc_relu(b, ltc_linear(b, x, name, (ltc_linear_args){ .out = 256 }));
    return dropout > 0 ? ltc_dropout(b, x, dropout) : x;
}

static ltc_status conv_build(const conv_opts *o, ltc_builder *b, int n_convs, ltc_val *logits, ltc_error *err)
{
    const int64_t least = (int64_t)1 << (n_convs / 2);
    const ltc_status st = image_at_least(b, least, "it is halved after every second convolution", err);
    char name[16];
    ltc_val x = b->input;

    for (int i = 0; !st && i < n_convs; i++) {
        snprintf(name, sizeof name, "conv%d", i + 1);
        x = ltc_relu(b, ltc_conv2d(b, x, name, (ltc_conv2d_args){ .out = (int64_t)64 << (i / 2), .pad = 1 }));
        if (i % 2)
            x = ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 });
    }
    if (st)
        return st;
    x = hidden(b, ltc_flatten(b, x), "fc1", o->dropout);
    x = hidden(b, x, "fc2", o->dropout);
    *logits = ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

#define CONV(n, list, count) \
    static ltc_status conv_##n##_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err) \
    { \
        return conv_build(opts, b, n, logits, err); \
    } \
    static const ltc_arch_ops conv_##n##_ops = { LTC_ARCH_OPS, .build = conv_##n##_build }; \
    static const ltc_module conv_##n = { \
        LTC_MODULE(LTC_ARCH, conv_##n##_ops), .name = "conv-" #n, .version = "1.0", .schema = &conv_schema, \
        .summary = #n " convolutions of 3 x 3 (" list " channels), hidden layers of 256 and 256 units", \
        .source = "Frankle & Carbin 2019, figure 2: " count " parameters on 3 x 32 x 32 images of 10 " \
                  "classes", \
    }
CONV(2, "64, 64", "4,301,642");
CONV(4, "64, 64, 128, 128", "2,425,930");
CONV(6, "64, 64, 128, 128, 256, 256", "2,262,602");
LTC_PLUGIN(&conv_2, &conv_4, &conv_6);
