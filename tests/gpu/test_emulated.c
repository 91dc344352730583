/* The backend for CUDA on the emulated device, beyond what `ltcore check` asks: orders of threads, chunks
 * of a span, agreement with ref, memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emulated_rig.h"
#include "make_graph.h"
#include "suite.h"

enum { ROWS = 150, BATCH = 11 };

static const ltc_optimizer momentum = { .size = sizeof momentum, .kind = LTC_SGD, .momentum = 0.9 };

static ltc_val build_every_operation(ltc_builder *b)
{
    return lt_build_small(b, 0.3);
}

/* With groups, an input that is used twice, and one convolution that the library refuses. */
static ltc_val build_convolutions(ltc_builder *b)
{
    const ltc_conv2d_args grouped = { .out = 6, .groups = 3, .pad = 1, .stride = 2 };
    const ltc_val x = ltc_relu(b, ltc_conv2d(b, b->input, "conv1", grouped));
    const ltc_conv2d_args dilated = { .out = 6, .pad = 2, .dilation = 2, .no_bias = 1 };
    const ltc_val y = ltc_conv2d(b, x, "conv2", dilated);
    const ltc_val z = ltc_conv2d(b, ltc_add(b, x, y), "conv3", (ltc_conv2d_args){ .out = 6, .groups = 6 });
    const ltc_val sum = ltc_add(b, ltc_conv2d(b, x, "conv4", (ltc_conv2d_args){ .out = 6 }), z);
    return ltc_linear(b, ltc_flatten(b, sum), "fc", (ltc_linear_args){ .out = b->n_classes });
}

/* More than a tile in each direction, a product in parts, and tiles that are cut off everywhere. */
static ltc_val build_tiles(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 67, .pad = 1 }));
    x = ltc_flatten(b, ltc_max_pool(b, x, (ltc_pool_args){ .size = 4 }));
    x = ltc_relu(b, ltc_linear(b, x, "fc1", (ltc_linear_args){ .out = 70 }));
    return ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = b->n_classes });
}

static lt_trained train(const char *name, const ltc_backend_ops *ops, ltc_val (*build)(ltc_builder *),
                     const ltc_optimizer *o, uint32_t steps, uint32_t span)
{
    lt_rig rig;
    lt_maker *m = lt_maker_new(3, 12, 12, 7);
    const ltc_graph *g = lt_maker_graph(m, build(lt_maker_builder(m)));
    lt_split *split = lt_split_new(3, 12, 12, ROWS, 7, 5);
    float **value = lt_values_new(g, 2);
    lt_rig_open(&rig, name, ops, split);
    lt_rig_compile(&rig, g, o, BATCH, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
    lt_rig_start(&rig, value);
    float told[300] = { 0 };                  /* the most that a test does */
    for (uint32_t s = 0; s < steps; s += span)
        CU_ASSERT_EQUAL(lt_rig_train(&rig, s, steps - s < span ? steps - s : span, 0.001f, told + s, NULL),
                        UINT64_MAX);
    const lt_trained t = lt_take(&rig, told, steps);
    lt_rig_close(&rig);
    lt_values_free(g, value);
    lt_split_free(split);
    lt_maker_free(m);
    return t;
}

static void compare_orders(ltc_val (*build)(ltc_builder *), uint32_t steps)
{
    const ltc_backend_ops up = lt_emulated(0);
    lt_trained first = train(NULL, &up, build, &lt_emulated_adam, steps, steps);
    for (int64_t order = 1; order < 3; order++) {
        const ltc_backend_ops other = lt_emulated(order);
        lt_trained t = train(NULL, &other, build, &lt_emulated_adam, steps, steps);
        lt_assert_same(&first, &t);
    }
    free(first.state);
}

static void bits_do_not_depend_on_the_order_of_threads(void)
{
    compare_orders(build_every_operation, 3);
    compare_orders(build_tiles, 1);
}

/* A span of more steps than the device has room for is cut into chunks of 256. */
static ltc_val build_least(ltc_builder *b)
{
    return ltc_linear(b, ltc_dropout(b, ltc_global_pool(b, b->input), 0.2), "fc",
                      (ltc_linear_args){ .out = b->n_classes });
}

static void bits_do_not_depend_on_chunks(void)
{
    const ltc_backend_ops ops = lt_emulated(0);
    lt_trained whole = train(NULL, &ops, build_least, &lt_emulated_adam, 300, 300);
    lt_trained cut = train(NULL, &ops, build_least, &lt_emulated_adam, 300, 130);
    CU_ASSERT_EQUAL(memcmp(whole.state, cut.state, whole.bytes), 0);
    free(whole.state);
    free(cut.state);
}

/* Values come first in the block: those of ref, up to rounding. */
static void compare_with_ref(ltc_val (*build)(ltc_builder *), uint32_t steps)
{
    const ltc_backend_ops ops = lt_emulated(0);
    lt_trained own = train(NULL, &ops, build, &momentum, steps, steps);
    lt_trained ref = train("ref", NULL, build, &momentum, steps, steps);
    CU_ASSERT_DOUBLE_EQUAL(own.loss, ref.loss, 1e-4 * ref.loss);
    free(own.state);
    free(ref.state);
}

static void losses_are_those_of_ref(void)
{
    compare_with_ref(build_every_operation, 4);
    compare_with_ref(build_tiles, 2);
}

/* Of convolutions the library does what the own kernels do, but for rounding. */
static void cudnn_is_called_as_it_must_be(void)
{
    ltc_val (*const each[])(ltc_builder *) = { build_convolutions, build_every_operation };
    for (size_t i = 0; i < 2; i++) {
        const ltc_backend_ops ours = lt_emulated(0);
        lt_trained own = train(NULL, &ours, each[i], &momentum, 4, 4);
        const ltc_backend_ops theirs = lt_emulated_cudnn();
        lt_trained dnn = train(NULL, &theirs, each[i], &momentum, 4, 4);
        CU_ASSERT_NOT_EQUAL(memcmp(own.state, dnn.state, own.bytes), 0);      /* else it were no test */
        CU_ASSERT_DOUBLE_EQUAL(own.loss, dnn.loss, 1e-4 * own.loss);
        free(own.state), free(dnn.state);
    }
}

/* Of a network on square images of so many channels. */
static ltc_status ask(const ltc_backend_ops *ops, int64_t channels, int64_t side,
                      ltc_val (*build)(ltc_builder *), ltc_plan *plan, ltc_error *err)
{
    void *dev = NULL;
    lt_maker *m = lt_maker_new(channels, side, side, 10);
    const ltc_graph *g = lt_maker_graph(m, build(lt_maker_builder(m)));
    const ltc_compile_req r = { .size = sizeof r, .batch = 60, .n_replicas = 1,
                                .loss = LTC_LOSS_CROSS_ENTROPY, .graph = g, .optimizer = &lt_emulated_adam,
                                .input = lt_byte_input() };
    CU_ASSERT_EQUAL_FATAL(ops->open(NULL, NULL, &dev, err), LTC_OK);
    const ltc_status st = ops->plan(dev, &r, plan, err);
    ops->close(dev);
    lt_maker_free(m);
    return st;
}

static uint64_t bytes_of(double sparse, ltc_val (*build)(ltc_builder *))
{
    const ltc_backend_ops ops = lt_emulated_with(0, sparse);
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    CU_ASSERT_EQUAL_FATAL(ask(&ops, 1, 28, build, &plan, &err), LTC_OK);
    return plan.bytes_per_replica;
}

/* An identity, and a training of convolutions. */
typedef struct convolved { char identity[256]; lt_trained trained; } convolved;

static convolved convolve(const char *folder, int64_t convolution)
{
    const ltc_backend_ops ops = lt_emulated_by(folder, 0, convolution);
    ltc_error err = { { 0 }, { 0 } };
    void *dev = NULL;
    convolved c = { .identity = "" };
    CU_ASSERT_EQUAL_FATAL(ops.open(NULL, NULL, &dev, &err), LTC_OK);
    CU_ASSERT_EQUAL(ops.identity(dev, c.identity, sizeof c.identity, &err), LTC_OK);
    ops.close(dev);
    c.trained = train(NULL, &ops, build_convolutions, &momentum, 2, 2);
    return c;
}

static void assert_alike(const convolved *a, convolved *b)
{
    CU_ASSERT_STRING_EQUAL(a->identity, b->identity);
    lt_assert_same(&a->trained, &b->trained);
    free(a->trained.state);
}

static void cudnn_is_taken_where_the_build_has_it(void)
{
    const convolved any = convolve("plugins", LT_AUTO);
    convolved cudnn = convolve("plugins", LT_CUDNN);
    CU_ASSERT_PTR_NOT_NULL(strstr(any.identity, " cudnn-9.0.1"));
    assert_alike(&any, &cudnn);
}

static void without_cudnn_the_own_kernels_are_taken(void)
{
    const convolved own = convolve("plugins", LT_OWN);
    convolved any = convolve("bare", LT_AUTO);
    CU_ASSERT_PTR_NULL(strstr(own.identity, "cudnn"));
    assert_alike(&own, &any);
    const ltc_backend_ops bare = lt_emulated_by("bare", 0, LT_CUDNN);
    ltc_error err = { { 0 }, { 0 } };
    void *dev = NULL;
    CU_ASSERT_EQUAL(bare.open(NULL, NULL, &dev, &err), LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.option, "convolution");
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "this backend was built without cuDNN: "));
}

/* The library has no room on the small device: a perceptron does not ask for it. */
static void only_convolutions_open_cudnn(void)
{
    const ltc_backend_ops small = lt_emulated_by("plugins", 5, LT_AUTO);
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    CU_ASSERT_EQUAL(ask(&small, 1, 12, lt_build_lenet, &plan, &err), LTC_OK);
    CU_ASSERT_EQUAL(ask(&small, 3, 12, build_convolutions, &plan, &err), LTC_EDEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "cuDNN failed: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "backend.convolution = \"own\""));
}

static ltc_val build_large_kernel(ltc_builder *b)
{
    const ltc_val x = ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 2, .kernel = 7 });
    return ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
}

/* Bits would depend on what is installed, under one identity. */
static void a_missing_part_of_cudnn_is_no_refusal(void)
{
    const ltc_backend_ops ops = lt_emulated_cudnn();
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    CU_ASSERT_EQUAL(ask(&ops, 1, 12, build_large_kernel, &plan, &err), LTC_EDEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "backend.convolution = \"own\""));
}

static uint64_t fixed_bytes_by(int64_t convolution)
{
    const ltc_backend_ops ops = lt_emulated_by("plugins", 0, convolution);
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    CU_ASSERT_EQUAL_FATAL(ask(&ops, 3, 12, build_convolutions, &plan, &err), LTC_OK);
    return plan.bytes_fixed;
}

/* Which the emulated library wants a thousand bytes of. */
static void a_plan_counts_the_workspace_of_cudnn(void)
{
    const uint64_t any = fixed_bytes_by(LT_AUTO), own = fixed_bytes_by(LT_OWN);
    CU_ASSERT_EQUAL(any, fixed_bytes_by(LT_CUDNN));
    CU_ASSERT(any >= own + 1000 && any < own + 2000);
}

static ltc_val build_wide(ltc_builder *b)
{
    const ltc_val x = ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 2000 });
    return ltc_linear(b, ltc_relu(b, x), "fc2", (ltc_linear_args){ .out = b->n_classes });
}

/* 24 bytes and a gradient's four for each link; nothing for a network whose activations no block holds. */
static void a_plan_counts_lists_where_they_fit(void)
{
    const uint64_t least = 28ull * (266200 / 8);
    const uint64_t lists = bytes_of(0.125, lt_build_lenet) - bytes_of(0, lt_build_lenet);
    CU_ASSERT(lists > least && lists < least + least / 10);
    CU_ASSERT_EQUAL(bytes_of(0, build_wide), bytes_of(1, build_wide));
}

/* A plan on the device of 1 GiB; what it says fits is taken, and what does not is refused in words. */
static void a_plan_says_how_many_replicas_fit(void)
{
    const ltc_backend_ops ops = lt_emulated(0);
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    void *dev = NULL, *prog = NULL;
    lt_maker *m = lt_maker_new(1, 28, 28, 10);
    const ltc_graph *g = lt_maker_graph(m, lt_build_lenet(lt_maker_builder(m)));
    ltc_compile_req r = { .size = sizeof r, .batch = 60, .n_replicas = 1, .loss = LTC_LOSS_CROSS_ENTROPY,
                          .graph = g, .optimizer = &lt_emulated_adam, .input = lt_byte_input() };
    CU_ASSERT_EQUAL_FATAL(ops.open(NULL, NULL, &dev, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(ops.plan(dev, &r, &plan, &err), LTC_OK);
    const uint64_t most = ((1ull << 30) / 10 * 9 - plan.bytes_fixed) / plan.bytes_per_replica;
    CU_ASSERT_EQUAL(plan.max_replicas, most);
    CU_ASSERT(plan.caps & LTC_CAP_COHORT);
    CU_ASSERT(plan.bytes_per_replica > 4 * 4 * 266610ull && plan.bytes_per_replica < 8 * 4 * 266610ull);
    r.n_replicas = 2 * plan.max_replicas;
    CU_ASSERT_EQUAL(ops.compile(dev, &r, &prog, &err), LTC_ENOMEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "do not fit into the device"));
    r.n_replicas = 2;
    CU_ASSERT_EQUAL_FATAL(ops.compile(dev, &r, &prog, &err), LTC_OK);
    ops.release(prog);
    ops.close(dev);
    lt_maker_free(m);
}

static ltc_val build_thin(ltc_builder *b)
{
    const ltc_val x = ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 1, .kernel = 1 });
    return ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
}

/* A grid's y has no room for so many tiles of channels on the way back. */
static void more_channels_than_a_grid_has_room_for_are_refused(void)
{
    const ltc_backend_ops ops = lt_emulated(0);
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    CU_ASSERT_EQUAL(ask(&ops, 64ll * 65536, 1, build_thin, &plan, &err), LTC_EUNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "more than 2097152 inputs or outputs"));
}

static ltc_val build_strip(ltc_builder *b)
{
    const ltc_val x = ltc_adaptive_pool(b, b->input, 1, 1500000);
    const ltc_linear_args fc = { .out = b->n_classes };
    return ltc_linear(b, ltc_flatten(b, ltc_global_pool(b, x)), "fc", fc);
}

static void cells_that_32_bits_do_not_find_are_refused(void)
{
    const ltc_backend_ops ops = lt_emulated(0);
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    CU_ASSERT_EQUAL(ask(&ops, 1, 3000, build_strip, &plan, &err), LTC_EUNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "has an axis too long"));
}

static void a_device_that_cannot_be_used_is_named(void)
{
    const ltc_backend_ops none = lt_emulated(6);
    ltc_error err = { { 0 }, { 0 } };
    void *dev = NULL;
    CU_ASSERT_EQUAL(none.open(NULL, NULL, &dev, &err), LTC_EDEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "no CUDA device 6"));
    const ltc_backend_ops old = lt_emulated(3);
    CU_ASSERT_EQUAL(old.open(NULL, NULL, &dev, &err), LTC_EUNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "has compute capability 7.0"));
}

/* The kernel's fault is told where it comes to light; later there is no talk of memory. */
static void a_device_that_breaks_says_so(void)
{
    const ltc_backend_ops ops = lt_emulated(4);
    ltc_error err = { { 0 }, { 0 } };
    void *dev = NULL, *prog = NULL, *other = NULL;
    lt_maker *m = lt_maker_new(1, 4, 4, 10);
    const ltc_graph *g = lt_maker_graph(m, build_least(lt_maker_builder(m)));
    const ltc_compile_req r = { .size = sizeof r, .batch = 4, .n_replicas = 1,
                                .loss = LTC_LOSS_CROSS_ENTROPY, .graph = g, .optimizer = &lt_emulated_adam,
                                .input = lt_byte_input() };
    static const float zeros[100];
    CU_ASSERT_EQUAL_FATAL(ops.open(NULL, NULL, &dev, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(ops.compile(dev, &r, &prog, &err), LTC_OK);
    for (uint32_t p = 0; p < g->n_params; p++)
        CU_ASSERT_EQUAL(ops.put(prog, LTC_STATE_VALUE, 0, p, zeros, ltc_graph_param(g, p)->n * sizeof *zeros,
                                &err), LTC_OK);
    CU_ASSERT_EQUAL(ops.ready(prog, &err), LTC_EDEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "illegal memory access"));
    CU_ASSERT_EQUAL(ops.compile(dev, &r, &other, &err), LTC_EDEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "failed in an allocation"));
    ops.release(prog);
    ops.close(dev);
    lt_maker_free(m);
}

static const lt_test claim[] = {
    { "bits do not depend on the order of threads and blocks", bits_do_not_depend_on_the_order_of_threads },
    { "bits do not depend on how a span is cut into chunks", bits_do_not_depend_on_chunks },
    { "losses are those of ref, up to rounding", losses_are_those_of_ref },
    { "cudnn is called as it must be", cudnn_is_called_as_it_must_be },
    { "cudnn is taken where the build has it, and its identity says so",
      cudnn_is_taken_where_the_build_has_it },
    { "without cudnn the own kernels are taken, and it is refused in words",
      without_cudnn_the_own_kernels_are_taken },
    { "only convolutions open cudnn, and where they cannot, what does without it is named",
      only_convolutions_open_cudnn },
    { "a part of cudnn that is missing is no refusal", a_missing_part_of_cudnn_is_no_refusal },
    { "a plan counts the workspace of cudnn", a_plan_counts_the_workspace_of_cudnn },
    { "a plan counts lists where a block holds the activations", a_plan_counts_lists_where_they_fit },
    { "a plan says how many replicas fit, and more are refused", a_plan_says_how_many_replicas_fit },
    { "more channels than a grid has room for are refused",
      more_channels_than_a_grid_has_room_for_are_refused },
    { "cells that 32 bits do not find are refused", cells_that_32_bits_do_not_find_are_refused },
    { "a device that is not there, or too old, is named", a_device_that_cannot_be_used_is_named },
    { "a device that breaks says so, whatever is asked of it", a_device_that_breaks_says_so },
};

int main(void)
{
    return lt_suite_run("emulated", claim, sizeof claim / sizeof *claim);
}
