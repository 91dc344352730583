/* Networks of convolutions by the backend cpu, beside `ref`: what is done on behalf of a neighbour (RELU,
 * pooling, norms), in which order blocks go through the layers, and which kernels a density brings in must
 * not be seen. Single convolutions are in test_cpu_conv.c. */
#include "suite.h"

#include "cpu_rig.h"

static ltc_val conv(ltc_builder *b, ltc_val x, const char *name, int64_t out, uint32_t kernel)
{
    return ltc_conv2d(b, x, name, (ltc_conv2d_args){ .out = out, .kernel = kernel, .pad = kernel / 2 });
}

static ltc_val classify(ltc_builder *b, ltc_val x, const char *name)
{
    return ltc_linear(b, ltc_flatten(b, x), name, (ltc_linear_args){ .out = b->n_classes });
}

/* As conv-2 is: RELUs within convolutions, and a pool after one. */
static ltc_val build_plain(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, conv(b, b->input, "conv1", 9, 3));
    x = ltc_max_pool(b, ltc_relu(b, conv(b, x, "conv2", 13, 3)), (ltc_pool_args){ 2, 2, 0 });
    x = ltc_relu(b, conv(b, x, "conv3", 12, 3));
    x = ltc_max_pool(b, ltc_relu(b, conv(b, x, "conv4", 10, 3)), (ltc_pool_args){ 2, 2, 0 });
    x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, x), "fc1", (ltc_linear_args){ .out = 21 }));
    return ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = b->n_classes });
}

/* As lenet-5-caffe is: no RELU, no padding, kernels of five. */
static ltc_val build_five(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 14, .kernel = 5 });
    x = ltc_max_pool(b, x, (ltc_pool_args){ 2, 2, 0 });
    x = ltc_conv2d(b, x, "conv2", (ltc_conv2d_args){ .out = 18, .kernel = 5 });
    x = ltc_max_pool(b, x, (ltc_pool_args){ 2, 2, 0 });
    x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, x), "fc1", (ltc_linear_args){ .out = 19 }));
    return ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = b->n_classes });
}

/* As vgg is at its end: planes of one tile, of 4 x 4 and 2 x 2. */
static ltc_val build_deep(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, conv(b, b->input, "conv1", 9, 3));
    x = ltc_max_pool(b, ltc_relu(b, conv(b, x, "conv2", 20, 3)), (ltc_pool_args){ 2, 2, 0 });
    x = ltc_relu(b, conv(b, x, "conv3", 17, 3));
    return classify(b, ltc_relu(b, conv(b, x, "conv4", 13, 3)), "fc");
}

static ltc_val norm_conv(ltc_builder *b, ltc_val x, const char *conv_name, const char *norm_name, int64_t out,
                         uint32_t stride)
{
    const ltc_conv2d_args args = { .out = out, .kernel = 3, .stride = stride, .pad = 1, .no_bias = 1 };
    x = ltc_conv2d(b, x, conv_name, args);
    return ltc_batch_norm(b, x, norm_name, (ltc_batch_norm_args){ 0 });
}

/* As residual networks are: norms, a shortcut as it is and one by a convolution. */
static ltc_val build_residual(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, norm_conv(b, b->input, "conv1", "norm1", 8, 1));
    ltc_val y = ltc_relu(b, norm_conv(b, x, "conv2", "norm2", 8, 1));
    x = ltc_relu(b, ltc_add(b, norm_conv(b, y, "conv3", "norm3", 8, 1), x));
    y = ltc_relu(b, norm_conv(b, x, "conv4", "norm4", 12, 2));
    y = norm_conv(b, y, "conv5", "norm5", 12, 1);
    x = ltc_conv2d(b, x, "short", (ltc_conv2d_args){ .out = 12, .kernel = 1, .stride = 2, .no_bias = 1 });
    return classify(b, ltc_global_pool(b, ltc_relu(b, ltc_add(b, y, x))), "fc");
}

/* Values with several readers, pools of means, windows that overlap, dropout, and a RELU of its own. */
static ltc_val build_branches(ltc_builder *b)
{
    const ltc_val x = ltc_relu(b, conv(b, b->input, "conv1", 8, 3));
    const ltc_val y = ltc_max_pool(b, x, (ltc_pool_args){ 3, 2, 1 });
    const ltc_val z = ltc_avg_pool(b, ltc_relu(b, conv(b, x, "conv2", 9, 3)), (ltc_pool_args){ 3, 2, 1 });
    const ltc_val both[] = { y, conv(b, y, "conv3", 9, 5), z };
    const ltc_val all = ltc_dropout(b, ltc_concat(b, both, 3), 0.3);
    return classify(b, ltc_relu(b, ltc_max_pool(b, conv(b, all, "conv4", 7, 1), (ltc_pool_args){ 2, 2, 0 })),
                    "fc");
}

static ltc_val block(ltc_builder *b, ltc_val x, const char *const name[4], int64_t out)
{
    const ltc_val y = ltc_relu(b, norm_conv(b, x, name[0], name[1], out, 1));
    return ltc_relu(b, ltc_add(b, x, norm_conv(b, y, name[2], name[3], out, 1)));
}

/* Norms wherever one may stand: before all else, before a pool, on a shortcut, after a linear layer,
 * after each other; a row of shortcuts through one place, whose last value a pool reads first; and sums
 * of what is read again. */
static ltc_val build_norms(ltc_builder *b)
{
    static const char *const one[] = { "c1", "n1", "c2", "n2" }, *const two[] = { "c3", "n3", "c4", "n4" };
    const ltc_batch_norm_args none = { 0 };
    ltc_val x = ltc_relu(b, norm_conv(b, ltc_batch_norm(b, b->input, "first", none), "c0", "n0", 8, 1));
    x = block(b, block(b, ltc_max_pool(b, x, (ltc_pool_args){ 2, 2, 0 }), one, 8), two, 8);
    const ltc_val small = ltc_max_pool(b, x, (ltc_pool_args){ 3, 2, 1 }),
                  y = norm_conv(b, x, "c5", "n5", 9, 2);
    const ltc_val z = ltc_add(b, y, norm_conv(b, small, "c6", "n6", 9, 1)),
                  again = ltc_add(b, z, ltc_relu(b, z));
    x = ltc_relu(b, ltc_batch_norm(b, ltc_batch_norm(b, ltc_add(b, again, y), "n7", none), "n8", none));
    x = ltc_linear(b, ltc_flatten(b, x), "fc1", (ltc_linear_args){ .out = 18, .no_bias = 1 });
    return classify(b, ltc_relu(b, ltc_batch_norm(b, x, "n9", none)), "fc2");
}

/* A shortcut's value that is read once more between the norm and the sum. */
static ltc_val build_between(ltc_builder *b)
{
    const ltc_val x = ltc_relu(b, norm_conv(b, b->input, "conv1", "norm1", 8, 1));
    const ltc_val y = norm_conv(b, x, "conv2", "norm2", 8, 1),
                  z = ltc_avg_pool(b, x, (ltc_pool_args){ 3, 1, 1 });
    return classify(b, ltc_relu(b, ltc_add(b, ltc_add(b, y, x), z)), "fc");
}

#define EACH(build, channels, h, w) \
    { 5, 1, 1, h, w, 0, build, channels }, { 33, 0.3, 1, h, w, 0, build, channels }, \
    { 60, 1, 0.5, h, w, 0, build, channels }, { 100, 0.04, 1, h, w, 0, build, channels }

static const lt_subject subjects[] = {
    EACH(build_plain, 3, 12, 13), EACH(build_five, 1, 22, 25), EACH(build_residual, 3, 9, 8),
    EACH(build_branches, 3, 10, 11), EACH(build_norms, 3, 11, 9),
    EACH(build_between, 3, 7, 6), EACH(build_deep, 3, 4, 4),
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

/* A RELU's sign and a pool's choice may go either way at a last digit, and Adam makes much of the smallest
 * gradients; what is wrong is off by more. */
static void equals_ref(void)
{
    static const double most[LT_OPTIMIZERS] = { 2e-5, 0, 0, 1e-3 };
    lt_subjects_equal_ref(subjects, SUBJECTS, most);
}

/* Kernels of five and of three, a pool, RELUs: as small as Winograd's ways allow, for ref takes its time. */
static ltc_val build_short(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 8, .kernel = 5 });
    x = ltc_max_pool(b, ltc_relu(b, x), (ltc_pool_args){ 2, 2, 0 });
    x = ltc_relu(b, conv(b, x, "conv2", 10, 3));
    return classify(b, ltc_relu(b, conv(b, x, "conv3", 12, 3)), "fc");
}

/* By SGD: Adam's steps part at the first sign that is another. */
static void a_thousand_steps_follow_ref(void)
{
    static const double density[] = { 1, 0.2, 0.036, 0.01 };
    for (size_t k = 0; k < sizeof density / sizeof *density; k++) {
        const lt_subject q = { 32, density[k], 1, 12, 12, 0, build_short, 1 };
        lt_subject_follows_ref(&q, &lt_plain_optimizers[LT_PLAIN_SGD]);
    }
}

static ltc_val build_large(ltc_builder *b)
{
    ltc_val x = ltc_relu(
        b, ltc_batch_norm(b, conv(b, b->input, "conv1", 24, 3), "norm1", (ltc_batch_norm_args){ 0 }));
    x = ltc_max_pool(b, ltc_relu(b, conv(b, x, "conv2", 32, 3)), (ltc_pool_args){ 2, 2, 0 });
    return classify(b, ltc_relu(b, conv(b, x, "conv3", 32, 5)), "fc");
}

static void division_does_not_matter(void)
{
    static const lt_subject large[] = {
        { 64, 1, 1, 16, 18, 0, build_large, 3 }, { 160, 0.2, 1, 16, 18, 0, build_large, 3 },
        { 270, 0.2, 1, 10, 10, 0, build_large, 3 }, { 80, 1, 1, 5, 5, 0, build_large, 3 },
        { 96, 1, 1, 20, 18, 0, build_norms, 3 }, { 96, 0.2, 1, 20, 18, 0, build_norms, 3 },
    };
    lt_subjects_divide(large, sizeof large / sizeof *large);
}

/* When a kernel's arithmetic or the choice among them changes on purpose, these change, and the number in
 * "cpu/11" must be raised. Compilers and sanitizers must not change them. Narrower vectors have other tiles,
 * and another choice. */
static void bits_belong_to_the_identity(void)
{
    static const uint64_t wide[SUBJECTS] = {
        0xd8516bc995ce3112, 0x08d0183cbcd4d804, 0x5dfc3a2484a9ec32, 0xeb3331d60e3d23ae, 0x03bda19d9ac5f973,
        0x0445fe31a67bd7d1, 0xd8a4f5b44da67096, 0x4e1f3c8fb5f19b66, 0x74af41b977d0a686, 0x88fa425a3683deb9,
        0xa9f5f16e0c5680ed, 0xf51ebe5102b76335, 0xc6c92774a29451c8, 0x9e14f8a8fef77236, 0x2b9c4a096bd3a7c3,
        0x1d0a1fb4cf44cfa2, 0x13ede48fa9601b8d, 0xac3bd2770b895e3e, 0xfb8253daac724b10, 0x8a80d0edab72ebaa,
        0x5b9be94b1d5152ec, 0xf53e7a029272064f, 0xd7f560ec6655064d, 0x930b8d4c05e2bc48, 0x46de3e5d63b1d337,
        0x445047aaaddd6de7, 0x16908d8586c9202c, 0xae71ae6f9ce8fc8d,
    };
    static const uint64_t narrow[SUBJECTS] = {
        0xd8516bc995ce3112, 0x52b086ab6bb8d9b6, 0x5dfc3a2484a9ec32, 0x8009660310ac1179, 0x03bda19d9ac5f973,
        0x5b69cf24bb48f87b, 0xd8a4f5b44da67096, 0x17a9b1af182c61e4, 0x74af41b977d0a686, 0x03dd3dd9c78e51c4,
        0xa9f5f16e0c5680ed, 0xe253f59be8911e01, 0xc6c92774a29451c8, 0xd1a88f34bedc6b91, 0x2b9c4a096bd3a7c3,
        0xd62bb3c37b368244, 0x13ede48fa9601b8d, 0x833dfdbec10af344, 0xfb8253daac724b10, 0xc86f9673a7051af1,
        0x5b9be94b1d5152ec, 0x2aca013bebd3fcb6, 0xd7f560ec6655064d, 0xd31b88fda3663049, 0x46de3e5d63b1d337,
        0xf139934201e78d87, 0x16908d8586c9202c, 0x6dfb2bd2997a0751,
    };
    lt_subjects_known(subjects, SUBJECTS, "cpu/11", LT_AVX512, wide);
    lt_subjects_known(subjects, SUBJECTS, "cpu/11", LT_AVX2, narrow);
}

int main(void)
{
    static const lt_test claims[] = {
        { "five steps equal ref's, to 2e-5 in norm with momentum and 1e-3 with Adam, with every instruction set",
          equals_ref },
        { "the losses of a thousand steps are ref's, at 100, 20, 3.6 and 1 % of the weights",
          a_thousand_steps_follow_ref },
        { "how work is divided, and in which order it is done, changes no bit", division_does_not_matter },
        { "the same identity has the same bits, whatever compiled it", bits_belong_to_the_identity },
    };
    return lt_suite_run("cpu-nets", claims, sizeof claims / sizeof *claims);
}
