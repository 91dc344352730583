/* ltcore/ops.h: what each operation computes, its desc, and one inline function each for
 * architectures to call.
 *
 * Shapes are those of one sample. H' = (H + 2 pad - dilation (k - 1) - 1) / stride + 1, rounded down; W'
 * alike. A desc is frozen with its operation: a new attribute is a new operation.
 *
 * The functions make the parameters too, named as PyTorch's modules name them: ltc_linear(b, x, "fc1", ...)
 * makes "fc1.weight" [out, in] and "fc1.bias" [out]. */
#ifndef LTCORE_OPS_H
#define LTCORE_OPS_H

#include <ltcore/arch.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LTC_OP_NONE,
#define LTC_OP(name, inputs) LTC_OP_##name,
#include <ltcore/ops.def>
#undef LTC_OP
    LTC_OP_COUNT                                          /* of this header; grows */
};

/* CONV2D: cross-correlation, as every framework's. w [out, C / groups, kh, kw], b [out]: C, H,
 * W -> out, H', W'. */
typedef struct ltc_conv2d_desc { uint32_t stride, pad, dilation, groups; } ltc_conv2d_desc;

/* BATCH_NORM over batch and space, per channel (axis 0), x of rank 1 or 3. Training: (x - mean) / sqrt(var +
 * eps) * g + b with the batch's mean and biased variance; afterwards m <- (1 - momentum) m + momentum mean,
 * and v alike with the unbiased variance. Evaluation: with m and v. */
typedef struct ltc_batch_norm_desc { double eps, momentum; } ltc_batch_norm_desc;

/* MAX_POOL: the first of equal maxima takes the gradient; padding never wins. AVG_POOL:
 * padding counts as zeros. */
typedef struct ltc_pool_desc { uint32_t size, stride, pad, reserved; } ltc_pool_desc;

/* DROPOUT: in training an element is dropped where ltc_rand_unit < rate, else multiplied by 1 / (1 -
 * rate). The key is that of the replica folded with the step and with the node's index; the element's
 * number is row * n + i. */
typedef struct ltc_dropout_desc { double rate; } ltc_dropout_desc;

/* PAD_CHANNELS: C, H, W -> before + C + after, H, W; the new channels are zero. */
typedef struct ltc_pad_channels_desc { uint32_t before, after; } ltc_pad_channels_desc;

/* ADAPTIVE_POOL: C, H, W -> C, height, width. Row i of the output is the mean of the rows [floor(i H /
 * height), ceil((i + 1) H / height)) of the input, columns alike: PyTorch's adaptive_avg_pool2d. Cells
 * overlap where the sizes do not divide, and repeat where the output is larger. */
typedef struct ltc_adaptive_pool_desc { uint32_t height, width; } ltc_adaptive_pool_desc;

/* FLATTEN: C, H, W -> C*H*W. RELU: max(x, 0), with derivative 0 at 0. LINEAR: w [out, n], b [out]: n
 * -> out. GLOBAL_POOL: mean over space, C, H, W -> C. ADD: equal shapes. CONCAT: along axis 0, the
 * other axes equal. */

/* Arguments of the functions below; zero means the usual value. They are not part of the ABI. */
typedef struct ltc_linear_args     { int64_t out, no_bias; } ltc_linear_args;
typedef struct ltc_conv2d_args {
    int64_t out; uint32_t kernel, stride, pad, dilation, groups, no_bias;
} ltc_conv2d_args;
typedef struct ltc_batch_norm_args { double eps, momentum; const ltc_init *gain; } ltc_batch_norm_args;
typedef struct ltc_pool_args       { uint32_t size, stride, pad; } ltc_pool_args;

static inline ltc_val ltc_emit_(ltc_builder *b, uint32_t op, ltc_val x, const void *desc, uint32_t desc_size)
{
    return b->emit(b, op, NULL, &x, 1, desc, desc_size);
}

static inline ltc_val ltc_flatten(ltc_builder *b, ltc_val x)
{
    return ltc_emit_(b, LTC_OP_FLATTEN, x, NULL, 0);
}

static inline ltc_val ltc_relu(ltc_builder *b, ltc_val x)
{
    return ltc_emit_(b, LTC_OP_RELU, x, NULL, 0);
}

static inline ltc_val ltc_global_pool(ltc_builder *b, ltc_val x)
{
    return ltc_emit_(b, LTC_OP_GLOBAL_POOL, x, NULL, 0);
}

static inline ltc_val ltc_dropout(ltc_builder *b, ltc_val x, double rate)
{
    ltc_dropout_desc d = { rate };
    return ltc_emit_(b, LTC_OP_DROPOUT, x, &d, sizeof d);
}

/* stride 0: the size, so that windows do not overlap. */
static inline ltc_val ltc_max_pool(ltc_builder *b, ltc_val x, ltc_pool_args a)
{
    ltc_pool_desc d = { a.size, a.stride ? a.stride : a.size, a.pad, 0 };
    return ltc_emit_(b, LTC_OP_MAX_POOL, x, &d, sizeof d);
}

static inline ltc_val ltc_avg_pool(ltc_builder *b, ltc_val x, ltc_pool_args a)
{
    ltc_pool_desc d = { a.size, a.stride ? a.stride : a.size, a.pad, 0 };
    return ltc_emit_(b, LTC_OP_AVG_POOL, x, &d, sizeof d);
}

static inline ltc_val ltc_adaptive_pool(ltc_builder *b, ltc_val x, uint32_t height, uint32_t width)
{
    ltc_adaptive_pool_desc d = { height, width };
    return ltc_emit_(b, LTC_OP_ADAPTIVE_POOL, x, &d, sizeof d);
}

static inline ltc_val ltc_pad_channels(ltc_builder *b, ltc_val x, uint32_t before, uint32_t after)
{
    ltc_pad_channels_desc d = { before, after };
    return ltc_emit_(b, LTC_OP_PAD_CHANNELS, x, &d, sizeof d);
}

static inline ltc_val ltc_add(ltc_builder *b, ltc_val x, ltc_val y)
{
    ltc_val in[2];
    in[0] = x, in[1] = y;
    return b->emit(b, LTC_OP_ADD, NULL, in, 2, NULL, 0);
}

static inline ltc_val ltc_concat(ltc_builder *b, const ltc_val *x, uint32_t n)
{
    return b->emit(b, LTC_OP_CONCAT, NULL, x, n, NULL, 0);
}

static inline ltc_val ltc_linear(ltc_builder *b, ltc_val x, const char *name, ltc_linear_args a)
{
    int64_t dim[2];
    ltc_val in[3] = { x, { 0 }, { 0 } };

    dim[0] = a.out, dim[1] = b->shape(b, x)->dim[0];
    b->scope(b, name);
    in[1] = b->param(b, "weight", LTC_ROLE_WEIGHT, 2, dim, NULL);
    if (!a.no_bias)
        in[2] = b->param(b, "bias", LTC_ROLE_BIAS, 1, dim, NULL);
    b->scope(b, NULL);
    return b->emit(b, LTC_OP_LINEAR, name, in, a.no_bias ? 2u : 3u, NULL, 0);
}

/* kernel, stride, dilation and groups of 0 mean 3, 1, 1 and 1. */
static inline ltc_val ltc_conv2d(ltc_builder *b, ltc_val x, const char *name, ltc_conv2d_args a)
{
    ltc_conv2d_desc d = { a.stride ? a.stride : 1, a.pad, a.dilation ? a.dilation : 1,
                          a.groups ? a.groups : 1 };
    int64_t kernel = a.kernel ? a.kernel : 3, dim[4];
    ltc_val in[3] = { x, { 0 }, { 0 } };

    dim[0] = a.out, dim[1] = b->shape(b, x)->dim[0] / d.groups, dim[2] = kernel, dim[3] = kernel;
    b->scope(b, name);
    in[1] = b->param(b, "weight", LTC_ROLE_WEIGHT, 4, dim, NULL);
    if (!a.no_bias)
        in[2] = b->param(b, "bias", LTC_ROLE_BIAS, 1, dim, NULL);
    b->scope(b, NULL);
    return b->emit(b, LTC_OP_CONV2D, name, in, a.no_bias ? 2u : 3u, &d, sizeof d);
}

/* eps and momentum of 0 mean 1e-5 and 0.1, PyTorch's; gain NULL: starts at 1. */
static inline ltc_val ltc_batch_norm(ltc_builder *b, ltc_val x, const char *name, ltc_batch_norm_args a)
{
    ltc_batch_norm_desc d = { a.eps > 0 ? a.eps : 1e-5, a.momentum > 0 ? a.momentum : 0.1 };
    ltc_init zero = { LTC_INIT_CONST, 0, 0, 0 }, one = { LTC_INIT_CONST, 0, 1, 0 };
    int64_t dim[1];
    ltc_val in[5] = { x, { 0 }, { 0 }, { 0 }, { 0 } };

    dim[0] = b->shape(b, x)->dim[0];
    b->scope(b, name);
    in[1] = b->param(b, "weight", LTC_ROLE_NORM_GAIN, 1, dim, a.gain);
    in[2] = b->param(b, "bias", LTC_ROLE_NORM_BIAS, 1, dim, NULL);
    in[3] = b->param(b, "running_mean", LTC_ROLE_STAT, 1, dim, &zero);
    in[4] = b->param(b, "running_var", LTC_ROLE_STAT, 1, dim, &one);
    b->scope(b, NULL);
    return b->emit(b, LTC_OP_BATCH_NORM, name, in, 5, &d, sizeof d);
}

#ifdef __cplusplus
}
#endif
#endif
