/* Claims about the architecture plug-ins: their sizes to the unit, their tags, their names,
 * what they refuse. */
#include "arch_rig.h"

#include <ltcore/ops.h>
#include <inttypes.h>
#include <string.h>

#include "suite.h"

/* Multiply-accumulates, summed here over the tables of the papers. A 3 x 3 convolution from a to b channels
 * onto a map of s x s: */
#define C3(a, b, s) (9ull * (a) * (b) * (s) * (s))
#define C1(a, b, s) (1ull * (a) * (b) * (s) * (s))
#define CONV_2    (C3(3, 64, 32) + C3(64, 64, 32))
#define CONV_4    (CONV_2 + C3(64, 128, 16) + C3(128, 128, 16))
#define CONV_6    (CONV_4 + C3(128, 256, 8) + C3(256, 256, 8))
#define DENSE(n)  ((n) * 256ull + 256 * 256 + 256 * 10)

/* ResNets for CIFAR with n basic blocks a stage, their two projections P apart; and with n bottlenecks. */
#define BASIC(n, w)                                                                                          \
    (C3(3, w, 32) + 2 * (n)*C3(w, w, 32) + C3(w, 2 * (w), 16) + (2 * (n)-1) * C3(2 * (w), 2 * (w), 16) +     \
     C3(2 * (w), 4 * (w), 8) + (2 * (n)-1) * C3(4 * (w), 4 * (w), 8) + 40 * (w))
#define P(w)        (C1(w, 2 * (w), 16) + C1(2 * (w), 4 * (w), 8))
#define NECK(w, s)  (C1(4 * (w), w, s) + C3(w, w, s) + C1(w, 4 * (w), s)) /* a block that keeps its shape */
#define FIRST(in, w, s, t) (C1(in, w, s) + C3(w, w, t) + C1(w, 4 * (w), t) + C1(in, 4 * (w), t))
#define BOTTLENECK(n) (C3(3, 16, 32) + FIRST(16, 16, 32, 32) + FIRST(64, 32, 32, 16) + FIRST(128, 64, 16, 8) \
                       + ((n) - 1) * (NECK(16, 32) + NECK(32, 16) + NECK(64, 8)) + 2560)

/* ResNet-18 behind its stem, on a map of s x s; and VGG's stages without their first convolutions. */
#define STAGES(s)                                                                                            \
    (4 * C3(64, 64, s) + C3(64, 128, (s) / 2) + 3 * C3(128, 128, (s) / 2) + C1(64, 128, (s) / 2) +           \
     C3(128, 256, (s) / 4) + 3 * C3(256, 256, (s) / 4) + C1(128, 256, (s) / 4) + C3(256, 512, (s) / 8) +     \
     3 * C3(512, 512, (s) / 8) + C1(256, 512, (s) / 8))
#define VGG_FIRST  (C3(3, 64, 32) + C3(64, 128, 16) + C3(128, 256, 8) + C3(256, 512, 4) + C3(512, 512, 2))
#define VGG(a, b, c, d, e)                                                                                   \
    (VGG_FIRST + (a)*C3(64, 64, 32) + (b)*C3(128, 128, 16) + (c)*C3(256, 256, 8) + (d)*C3(512, 512, 4) +     \
     (e)*C3(512, 512, 2))

/* As printed: Conv-2/4/6 43.8M, 98.3M, 153.9M; ResNet-20 40.8M; VGG-16 3.132e8; ResNet-18 at 224 1.814 G. */
static const struct { arch_request r; uint64_t params, macs; } sizes[] = {
    { { "lenet-300-100", "", 1, 28, 10 },    266610, 266200 },
    { { "lenet-5-caffe", "", 1, 28, 10 },    431080, 20 * 25 * 576 + 500 * 50 * 64 + 800 * 500 + 5000 },
    { { "conv-2", "", 3, 32, 10 },           4301642, CONV_2 + DENSE(64 * 256) },
    { { "conv-4", "", 3, 32, 10 },           2425930, CONV_4 + DENSE(128 * 64) },
    { { "conv-6", "", 3, 32, 10 },           2262602, CONV_6 + DENSE(256 * 16) },
    { { "conv-6", "dropout=0.5", 3, 32, 10 }, 2262602, CONV_6 + DENSE(256 * 16) },
    { { "resnet-20", "", 3, 32, 10 },        272474, BASIC(3, 16) + P(16) },
    { { "resnet-32", "", 3, 32, 10 },        466906, BASIC(5, 16) + P(16) },
    { { "resnet-44", "", 3, 32, 10 },        661338, BASIC(7, 16) + P(16) },
    { { "resnet-56", "", 3, 32, 10 },        855770, BASIC(9, 16) + P(16) },
    { { "resnet-110", "", 3, 32, 10 },       1730714, BASIC(18, 16) + P(16) },
    { { "resnet-20", "shortcut=A", 3, 32, 10 }, 269722, BASIC(3, 16) },
    { { "resnet-20", "width=32", 3, 32, 10 },   1084586, BASIC(3, 32) + P(32) },
    { { "resnet-20", "block=bottleneck", 3, 32, 10 },  220378, BOTTLENECK(2) },
    { { "resnet-56", "block=bottleneck", 3, 32, 10 },  591322, BOTTLENECK(6) },
    { { "resnet-110", "block=bottleneck", 3, 32, 10 }, 1147738, BOTTLENECK(12) },
    { { "resnet-18", "", 3, 32, 10 },        11181642, 49 * C1(3, 64, 16) + STAGES(8) + 5120 },
    { { "resnet-18", "", 3, 224, 1000 },     11689512, 49 * C1(3, 64, 112) + STAGES(56) + 512000 },
    { { "resnet-18", "stem=cifar", 3, 32, 10 }, 11173962, C3(3, 64, 32) + STAGES(32) + 5120 },
    { { "vgg-11", "", 3, 32, 10 },           9228362, VGG(0, 0, 1, 1, 1) + 5120 },
    { { "vgg-13", "", 3, 32, 10 },           9413066, VGG(1, 1, 1, 1, 1) + 5120 },
    { { "vgg-16", "", 3, 32, 10 },           14724042, VGG(1, 1, 2, 2, 2) + 5120 },
    { { "vgg-19", "", 3, 32, 10 },           20035018, VGG(1, 1, 3, 3, 3) + 5120 },
    { { "vgg-11", "batch_norm=0", 3, 32, 10 }, 9225610, VGG(0, 0, 1, 1, 1) + 5120 },
    { { "vgg-13", "batch_norm=0", 3, 32, 10 }, 9410122, VGG(1, 1, 1, 1, 1) + 5120 },
    { { "vgg-16", "batch_norm=0", 3, 32, 10 }, 14719818, VGG(1, 1, 2, 2, 2) + 5120 },
    { { "vgg-19", "batch_norm=0", 3, 32, 10 }, 20029514, VGG(1, 1, 3, 3, 3) + 5120 },
    { { "vgg-19", "bias=1", 3, 32, 10 },       20040522, VGG(1, 1, 3, 3, 3) + 5120 },
    { { "vgg-19", "batch_norm=0 classifier=torchvision", 3, 32, 10 }, 139611210,
      VGG(1, 1, 3, 3, 3) + 25088ull * 4096 + 4096 * 4096 + 40960 },
    { { "vgg-16", "bias=1 classifier=torchvision", 3, 224, 1000 }, 138365992,
      49 * VGG(1, 1, 2, 2, 2) + 25088ull * 4096 + 4096 * 4096 + 4096000 },
};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static void parameters_and_multiply_accumulates_are_as_published(void)
{
    for (size_t i = 0; i < N_SIZES; i++) {
        lt_graph g = arch_graph(&sizes[i].r);
        const uint64_t params = lt_graph_param_count(&g), macs = lt_graph_macs(&g);
        if (params != sizes[i].params || macs != sizes[i].macs)
            fprintf(stderr, "\n%s %s: %" PRIu64 " parameters, %" PRIu64 " multiply-accumulates\n",
                    sizes[i].r.name, sizes[i].r.options, params, macs);
        CU_ASSERT(params == sizes[i].params && macs == sizes[i].macs);
        lt_graph_free(&g);
    }
}

/* The closed forms above against what the papers and tools print. */
static void closed_forms_agree_with_printed_figures(void)
{
    static const struct { uint64_t macs; double printed; } known[] = {
        { CONV_2 + DENSE(64 * 256), 43.8e6 }, { CONV_4 + DENSE(128 * 64), 98.3e6 },
        { CONV_6 + DENSE(256 * 16), 153.9e6 },
        { BASIC(3, 16) + P(16), 40.8e6 },     { VGG(1, 1, 2, 2, 2) + 5120, 3.132e8 },
        { 49 * C1(3, 64, 112) + STAGES(56) + 512000, 1.814e9 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        CU_ASSERT_DOUBLE_EQUAL((double)known[i].macs / known[i].printed, 1, 1.3e-3);
}

/* 266610 as "266,610", as the sources write it. */
static void group(uint64_t n, char text[32])
{
    if (n < 1000)
        snprintf(text, 32, "%" PRIu64, n);
    else if (n < 1000000)
        snprintf(text, 32, "%" PRIu64 ",%03" PRIu64, n / 1000, n % 1000);
    else
        snprintf(text, 32, "%" PRIu64 ",%03" PRIu64 ",%03" PRIu64, n / 1000000, n / 1000 % 1000, n % 1000);
}

static void each_source_says_the_count(void)
{
    char count[32];
    for (size_t i = 0; i < N_SIZES; i++) {
        const lt_module *m = arch_module(sizes[i].r.name);
        CU_ASSERT_STRING_EQUAL(m->info.name, sizes[i].r.name);
        group(sizes[i].params, count);
        if (!*sizes[i].r.options)
            CU_ASSERT_PTR_NOT_NULL(strstr(m->info.source, count));
    }
}

static void names_are_unique_and_the_output_layer_is_one(void)
{
    for (size_t i = 0; i < N_SIZES; i++) {
        lt_graph g = arch_graph(&sizes[i].r);
        const ltc_graph *v = &g.view;
        int outputs = 0;
        for (uint32_t p = 0; p < v->n_params; p++) {
            CU_ASSERT_PTR_EQUAL(arch_param(&g, v->param[p].name), &v->param[p]);
            if (v->param[p].role != (LTC_ROLE_WEIGHT | LTC_ROLE_OUTPUT))
                continue;
            outputs++;
            CU_ASSERT_EQUAL(v->value[v->param[p].value].dim[0], sizes[i].r.n_classes);
        }
        CU_ASSERT_EQUAL(outputs, 1);
        lt_graph_free(&g);
    }
}

static size_t tagged(const lt_graph *g, uint32_t role)
{
    size_t n = 0;
    for (uint32_t p = 0; p < g->view.n_params; p++)
        n += g->view.param[p].role == (role | LTC_ROLE_SHORTCUT) ? g->view.param[p].n : 0;
    return n;
}

/* Of ResNet-20, Frankle & Carbin leave 2,560 shortcut weights alone. */
static void shortcuts_are_tagged_with_their_norms(void)
{
    static const struct { arch_request r; size_t weights, norms; } networks[] = {
        { { "resnet-20", "", 3, 32, 10 }, 16 * 32 + 32 * 64, 32 + 64 },
        { { "resnet-20", "shortcut=A", 3, 32, 10 }, 0, 0 },
        { { "resnet-20", "block=bottleneck", 3, 32, 10 }, 16 * 64 + 64 * 128 + 128 * 256, 64 + 128 + 256 },
        { { "resnet-18", "", 3, 32, 10 }, 64 * 128 + 128 * 256 + 256 * 512, 128 + 256 + 512 },
        { { "vgg-16", "", 3, 32, 10 }, 0, 0 },
    };
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        lt_graph g = arch_graph(&networks[i].r);
        CU_ASSERT_EQUAL(tagged(&g, LTC_ROLE_WEIGHT), networks[i].weights);
        CU_ASSERT_EQUAL(tagged(&g, LTC_ROLE_NORM_GAIN), networks[i].norms);
        CU_ASSERT_EQUAL(tagged(&g, LTC_ROLE_NORM_BIAS), networks[i].norms);
        CU_ASSERT_EQUAL(tagged(&g, LTC_ROLE_STAT), 2 * networks[i].norms);
        lt_graph_free(&g);
    }
}

static int operations(const char *name, const char *options, uint32_t op)
{
    const arch_request r = { name, options, 3, 32, 10 };
    lt_graph g = arch_graph(&r);
    int n = 0;
    for (uint32_t i = 0; i < g.view.n_nodes; i++)
        n += g.view.node[i].op == op;
    lt_graph_free(&g);
    return n;
}

static void dropout_stands_only_where_it_was_asked_for(void)
{
    CU_ASSERT_EQUAL(operations("conv-4", "", LTC_OP_DROPOUT), 0);
    CU_ASSERT_EQUAL(operations("conv-4", "dropout=0.5", LTC_OP_DROPOUT), 2);
    CU_ASSERT_EQUAL(operations("vgg-11", "", LTC_OP_DROPOUT), 0);
    CU_ASSERT_EQUAL(operations("vgg-11", "classifier=torchvision", LTC_OP_DROPOUT), 2);
    CU_ASSERT_EQUAL(operations("vgg-11", "classifier=torchvision dropout=0", LTC_OP_DROPOUT), 0);
}

static void shortcut_a_pads_and_has_no_parameters(void)
{
    CU_ASSERT_EQUAL(operations("resnet-20", "shortcut=A", LTC_OP_PAD_CHANNELS), 2);
    CU_ASSERT_EQUAL(operations("resnet-20", "shortcut=A", LTC_OP_AVG_POOL), 2);
    CU_ASSERT_EQUAL(operations("resnet-20", "shortcut=A block=bottleneck", LTC_OP_PAD_CHANNELS), 3);
    CU_ASSERT_EQUAL(operations("resnet-20", "shortcut=A block=bottleneck", LTC_OP_AVG_POOL), 2);
    CU_ASSERT_EQUAL(operations("resnet-20", "", LTC_OP_PAD_CHANNELS), 0);
}

/* As PyTorch's modules call them: a first, a last, and one that tells a numbering from another. */
static void names_are_those_of_pytorch(void)
{
    static const struct { arch_request r; const char *names[4]; } networks[] = {
        { { "lenet-5-caffe", "", 1, 28, 10 }, { "conv1.weight", "conv2.bias", "fc1.weight", "fc2.bias" } },
        { { "conv-6", "", 3, 32, 10 }, { "conv1.weight", "conv6.bias", "fc1.weight", "fc3.bias" } },
        { { "resnet-20", "", 3, 32, 10 },
          { "conv1.weight", "bn1.running_var", "layer2.0.downsample.1.bias", "layer3.2.bn2.running_mean" } },
        { { "resnet-18", "", 3, 32, 10 },
          { "layer1.1.conv2.weight", "layer4.0.downsample.0.weight", "layer4.1.bn2.weight", "fc.bias" } },
        { { "vgg-16", "", 3, 32, 10 },
          { "features.0.weight", "features.1.running_mean", "features.41.weight", "classifier.weight" } },
        { { "vgg-19", "batch_norm=0 classifier=torchvision", 3, 32, 10 },
          { "features.0.bias", "features.34.weight", "classifier.3.weight", "classifier.6.bias" } },
    };
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        lt_graph g = arch_graph(&networks[i].r);
        for (int k = 0; k < 4; k++)
            CU_ASSERT_PTR_NOT_NULL(arch_param(&g, networks[i].names[k]));
        lt_graph_free(&g);
    }
}

static void what_does_not_fit_is_refused_with_its_remedy(void)
{
    static const struct { arch_request r; ltc_status st; const char *option, *says; } bad[] = {
        { { "resnet-32", "block=bottleneck", 3, 32, 10 }, LTC_EOPTION, "arch.block",
          "\"bottleneck\" makes networks of 9n+2 layers, and 32 is no such number: take resnet-20, resnet-56 "
          "or resnet-110, or block = \"basic\"" },
        { { "resnet-44", "block=bottleneck", 3, 32, 10 }, LTC_EOPTION, "arch.block", "44 is no such number" },
        { { "vgg-16", "dropout=0.3", 3, 32, 10 }, LTC_EOPTION, "arch.dropout", "0.3 would drop nothing" },
        { { "vgg-16", "", 3, 15, 10 }, LTC_EINVAL, "",
          "architecture 'vgg-16': takes images of at least 16 x 16, since it is halved four times; the "
          "samples are 15 x 15" },
        { { "vgg-16", "classifier=torchvision", 3, 31, 10 }, LTC_EINVAL, "", "at least 32 x 32" },
        { { "conv-2", "", 3, 1, 10 }, LTC_EINVAL, "", "at least 2 x 2" },
        { { "conv-6", "", 3, 7, 10 }, LTC_EINVAL, "", "at least 8 x 8" },
        { { "lenet-5-caffe", "", 1, 15, 10 }, LTC_EINVAL, "", "at least 16 x 16" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lt_graph g;
        ltc_error err;
        CU_ASSERT_EQUAL(arch_try(&bad[i].r, &g, &err), bad[i].st);
        CU_ASSERT_STRING_EQUAL(err.option, bad[i].option);
        if (!strstr(err.message, bad[i].says))
            fprintf(stderr, "\nexpected '%s', got '%s'\n", bad[i].says, err.message);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
    }
}

/* The least that is not refused for its size is built. */
static void the_smallest_images_are_taken(void)
{
    static const arch_request least[] = {
        { "lenet-5-caffe", "", 1, 16, 10 }, { "conv-2", "", 1, 2, 10 },
        { "conv-6", "", 3, 8, 10 },         { "resnet-20", "", 1, 1, 10 },
        { "resnet-18", "", 1, 1, 10 },      { "resnet-20", "shortcut=A", 3, 5, 10 },
        { "vgg-19", "", 1, 16, 10 },        { "vgg-11", "classifier=torchvision", 3, 32, 10 },
    };
    for (size_t i = 0; i < sizeof least / sizeof *least; i++) {
        lt_graph g = arch_graph(&least[i]);
        CU_ASSERT(lt_graph_param_count(&g) > 0);
        lt_graph_free(&g);
    }
}

static void vectors_are_no_images(void)
{
    static const char *const names[] = { "lenet-5-caffe", "conv-2", "vgg-11" };
    const int64_t dim = 3072;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const lt_module *m = arch_module(names[i]);
        const int64_t zeros[8] = { 0 };
        const lt_graph_request r = { .arch = m, .options = zeros, .n_classes = 10, .rank = 1, .dim = &dim };
        lt_graph g = { 0 };
        ltc_error err = { .message = "" };
        CU_ASSERT_EQUAL(lt_graph_build(&r, &g, &err), LTC_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "takes images of three dimensions"));
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "trap 49: parameters and multiply-accumulates are as published",
          parameters_and_multiply_accumulates_are_as_published },
        { "closed forms agree with the printed figures", closed_forms_agree_with_printed_figures },
        { "each source says the count", each_source_says_the_count },
        { "names are unique and the output layer is one", names_are_unique_and_the_output_layer_is_one },
        { "shortcuts are tagged with their norms", shortcuts_are_tagged_with_their_norms },
        { "dropout stands only where it was asked for", dropout_stands_only_where_it_was_asked_for },
        { "shortcut A pads and has no parameters", shortcut_a_pads_and_has_no_parameters },
        { "names are those of PyTorch", names_are_those_of_pytorch },
        { "what does not fit is refused with its remedy", what_does_not_fit_is_refused_with_its_remedy },
        { "the smallest images are taken", the_smallest_images_are_taken },
        { "vectors are no images", vectors_are_no_images },
    };
    return lt_suite_run("arch", claims, sizeof claims / sizeof *claims);
}
