/* Owns the table of networks that try one operation each. In front of the operation stands a layer with
 * weights, so that the gradient of its input is seen; behind it a linear layer makes logits of whatever
 * it gives. */
#include "check/adjoint_cases.h"

#include <ltcore/ops.h>

static ltc_val image(ltc_builder *b)
{
    return ltc_conv2d(b, b->input, "stem", (ltc_conv2d_args){ .out = 4, .kernel = 1 });
}

static ltc_val vector(ltc_builder *b, int64_t n)
{
    return ltc_linear(b, ltc_flatten(b, b->input), "stem", (ltc_linear_args){ .out = n });
}

static ltc_val head(ltc_builder *b, ltc_val x)
{
    if (b->shape(b, x)->rank == 3)
        x = ltc_flatten(b, x);
    return ltc_linear(b, x, "head", (ltc_linear_args){ .out = b->n_classes });
}

static ltc_val flatten(ltc_builder *b) { return head(b, ltc_flatten(b, image(b))); }
static ltc_val flatten_twice(ltc_builder *b) { return head(b, ltc_flatten(b, ltc_flatten(b, image(b)))); }
static ltc_val flatten_input(ltc_builder *b) { return head(b, b->input); }
static ltc_val flatten_shared(ltc_builder *b)
{
    const ltc_val x = image(b), both[2] = { ltc_flatten(b, x), ltc_flatten(b, ltc_relu(b, x)) };
    return head(b, ltc_concat(b, both, 2));
}

static ltc_val relu(ltc_builder *b) { return head(b, ltc_relu(b, image(b))); }
static ltc_val relu_vector(ltc_builder *b) { return head(b, ltc_relu(b, vector(b, 9))); }
static ltc_val relu_shared(ltc_builder *b)
{
    const ltc_val x = image(b), y = ltc_relu(b, x);
    return head(b, ltc_add(b, ltc_add(b, y, x), y));
}

static ltc_val linear(ltc_builder *b, ltc_linear_args a)
{
    return head(b, ltc_linear(b, vector(b, 11), "fc", a));
}
static ltc_val linear_bias(ltc_builder *b) { return linear(b, (ltc_linear_args){ .out = 6 }); }
static ltc_val linear_plain(ltc_builder *b) { return linear(b, (ltc_linear_args){ .out = 5, .no_bias = 1 }); }
static ltc_val linear_one(ltc_builder *b)
{
    return head(b, ltc_linear(b, vector(b, 1), "fc", (ltc_linear_args){ .out = 1 }));
}
static ltc_val linear_wide(ltc_builder *b)
{
    return head(b, ltc_linear(b, vector(b, 131), "fc", (ltc_linear_args){ .out = 67 }));
}
static ltc_val linear_shared(ltc_builder *b)
{
    const ltc_val x = vector(b, 7);
    return head(b, ltc_add(b, ltc_linear(b, x, "one", (ltc_linear_args){ .out = 5 }),
                           ltc_linear(b, x, "two", (ltc_linear_args){ .out = 5, .no_bias = 1 })));
}

static ltc_val conv(ltc_builder *b, ltc_conv2d_args a) { return head(b, ltc_conv2d(b, image(b), "conv", a)); }
static ltc_val conv_plain(ltc_builder *b) { return conv(b, (ltc_conv2d_args){ .out = 3 }); }
static ltc_val conv_pad(ltc_builder *b) { return conv(b, (ltc_conv2d_args){ .out = 5, .pad = 1 }); }
static ltc_val conv_no_bias(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 4, .pad = 1, .no_bias = 1 });
}
static ltc_val conv_stride(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 4, .stride = 2, .pad = 1 });
}
static ltc_val conv_gaps(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 2, .kernel = 2, .stride = 3 });
}
static ltc_val conv_groups(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 6, .groups = 2, .pad = 1 });
}
static ltc_val conv_depth(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 4, .groups = 4, .stride = 2 });
}
static ltc_val conv_dilated(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 3, .dilation = 2, .pad = 3 });
}
static ltc_val conv_point(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 3, .kernel = 1, .stride = 2 });
}
static ltc_val conv_wide(ltc_builder *b)
{
    return conv(b, (ltc_conv2d_args){ .out = 2, .kernel = 5, .pad = 4 });
}
static ltc_val conv_first(ltc_builder *b)
{
    return head(b, ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 16, .pad = 1 }));
}
static ltc_val conv_deep(ltc_builder *b)
{
    const ltc_val x = ltc_conv2d(b, image(b), "one", (ltc_conv2d_args){ .out = 16, .pad = 1 });
    return head(b, ltc_conv2d(b, x, "two", (ltc_conv2d_args){ .out = 16, .pad = 1 }));
}
static ltc_val conv_shared(ltc_builder *b)
{
    const ltc_val x = image(b), y = ltc_conv2d(b, x, "conv", (ltc_conv2d_args){ .out = 4, .pad = 1 });
    const ltc_val z = ltc_conv2d(b, x, "short", (ltc_conv2d_args){ .out = 4, .kernel = 1, .no_bias = 1 });
    return head(b, ltc_add(b, y, z));
}

static ltc_val norm(ltc_builder *b)
{
    return head(b, ltc_batch_norm(b, image(b), "bn", (ltc_batch_norm_args){ 0 }));
}
static ltc_val norm_slow(ltc_builder *b)
{
    return head(b, ltc_batch_norm(b, image(b), "bn", (ltc_batch_norm_args){ .eps = 0.01, .momentum = 0.3 }));
}
static ltc_val norm_vector(ltc_builder *b)
{
    return head(b, ltc_batch_norm(b, vector(b, 9), "bn", (ltc_batch_norm_args){ 0 }));
}
static ltc_val norm_shared(ltc_builder *b)
{
    const ltc_val x = image(b);
    return head(b, ltc_add(b, x, ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 })));
}

static ltc_val max(ltc_builder *b, ltc_pool_args a) { return head(b, ltc_max_pool(b, image(b), a)); }
static ltc_val max_2(ltc_builder *b) { return max(b, (ltc_pool_args){ .size = 2 }); }
static ltc_val max_overlap(ltc_builder *b)
{
    return max(b, (ltc_pool_args){ .size = 3, .stride = 2, .pad = 1 });
}
static ltc_val max_each(ltc_builder *b) { return max(b, (ltc_pool_args){ .size = 3, .stride = 1 }); }
static ltc_val max_gaps(ltc_builder *b) { return max(b, (ltc_pool_args){ .size = 2, .stride = 3 }); }
static ltc_val max_ties(ltc_builder *b)
{
    return head(b, ltc_max_pool(b, ltc_relu(b, image(b)), (ltc_pool_args){ .size = 2, .pad = 1 }));
}

static ltc_val avg(ltc_builder *b, ltc_pool_args a) { return head(b, ltc_avg_pool(b, image(b), a)); }
static ltc_val avg_2(ltc_builder *b) { return avg(b, (ltc_pool_args){ .size = 2 }); }
static ltc_val avg_overlap(ltc_builder *b)
{
    return avg(b, (ltc_pool_args){ .size = 4, .stride = 2, .pad = 2 });
}
static ltc_val avg_each(ltc_builder *b)
{
    return avg(b, (ltc_pool_args){ .size = 3, .stride = 1, .pad = 1 });
}
static ltc_val avg_gaps(ltc_builder *b) { return avg(b, (ltc_pool_args){ .size = 2, .stride = 3 }); }

static ltc_val global(ltc_builder *b) { return head(b, ltc_global_pool(b, image(b))); }
static ltc_val global_shared(ltc_builder *b)
{
    const ltc_val x = image(b), both[2] = { ltc_global_pool(b, x), ltc_global_pool(b, ltc_relu(b, x)) };
    return head(b, ltc_concat(b, both, 2));
}

static ltc_val add(ltc_builder *b)
{
    const ltc_val x = image(b);
    return head(b, ltc_add(b, x, ltc_conv2d(b, x, "conv", (ltc_conv2d_args){ .out = 4, .pad = 1 })));
}
static ltc_val add_same(ltc_builder *b)
{
    const ltc_val x = image(b);
    return head(b, ltc_add(b, x, x));
}
static ltc_val add_vectors(ltc_builder *b)
{
    const ltc_val x = vector(b, 9);
    return head(b, ltc_add(b, ltc_relu(b, x), x));
}
static ltc_val add_input(ltc_builder *b)
{
    const ltc_conv2d_args same = { .out = b->shape(b, b->input)->dim[0], .kernel = 1 };
    return head(b, ltc_add(b, b->input, ltc_conv2d(b, b->input, "stem", same)));
}

static ltc_val concat(ltc_builder *b)
{
    const ltc_val x = image(b), y = ltc_conv2d(b, x, "conv", (ltc_conv2d_args){ .out = 2, .pad = 1 });
    const ltc_val all[3] = { x, y, x };
    return head(b, ltc_concat(b, all, 3));
}
static ltc_val concat_vectors(ltc_builder *b)
{
    const ltc_val x = vector(b, 5), y = ltc_linear(b, x, "fc", (ltc_linear_args){ .out = 3 });
    const ltc_val all[3] = { ltc_relu(b, x), x, y };
    return head(b, ltc_concat(b, all, 3));
}
static ltc_val concat_input(ltc_builder *b)
{
    const ltc_val both[2] = { b->input, image(b) };
    return head(b, ltc_concat(b, both, 2));
}

static ltc_val dropout(ltc_builder *b) { return head(b, ltc_dropout(b, image(b), 0.4)); }
static ltc_val dropout_vector(ltc_builder *b) { return head(b, ltc_dropout(b, vector(b, 33), 0.25)); }
static ltc_val dropout_none(ltc_builder *b) { return head(b, ltc_dropout(b, vector(b, 9), 0)); }
static ltc_val dropout_twice(ltc_builder *b)
{
    return head(b, ltc_dropout(b, ltc_dropout(b, image(b), 0.5), 0.125));
}

static ltc_val pad(ltc_builder *b) { return head(b, ltc_pad_channels(b, image(b), 1, 2)); }
static ltc_val pad_before(ltc_builder *b) { return head(b, ltc_pad_channels(b, image(b), 3, 0)); }
static ltc_val pad_after(ltc_builder *b) { return head(b, ltc_pad_channels(b, image(b), 0, 4)); }
static ltc_val pad_shared(ltc_builder *b)
{
    const ltc_val x = image(b), both[2] = { ltc_pad_channels(b, x, 2, 1), x };
    return head(b, ltc_concat(b, both, 2));
}

static ltc_val adaptive(ltc_builder *b, uint32_t h, uint32_t w)
{
    return head(b, ltc_adaptive_pool(b, image(b), h, w));
}
static ltc_val adaptive_one(ltc_builder *b) { return adaptive(b, 1, 1); }
static ltc_val adaptive_even(ltc_builder *b) { return adaptive(b, 3, 2); }
static ltc_val adaptive_odd(ltc_builder *b) { return adaptive(b, 3, 5); }
static ltc_val adaptive_larger(ltc_builder *b) { return adaptive(b, 7, 9); }

/* A network on images of C x H x W, in batches. */
#define CASE(operation, function, c, h, w, n) \
    { .op = LTC_OP_##operation, \
      .recipe = { .name = #function " on " #c "x" #h "x" #w ", batch " #n, .build = function, \
                  .dim = { c, h, w }, .n_classes = 5, .n_rows = 23, .batch = n } }

const lt_adjoint_case lt_adjoint_cases[] = {
    CASE(FLATTEN, flatten, 3, 5, 7, 3), CASE(FLATTEN, flatten, 1, 1, 1, 1),
    CASE(FLATTEN, flatten_twice, 3, 4, 2, 5), CASE(FLATTEN, flatten_input, 2, 3, 3, 5),
    CASE(FLATTEN, flatten_shared, 3, 4, 4, 3),
    CASE(RELU, relu, 3, 5, 7, 3), CASE(RELU, relu, 3, 1, 1, 1), CASE(RELU, relu_vector, 2, 3, 3, 5),
    CASE(RELU, relu_shared, 3, 4, 4, 3),
    CASE(LINEAR, linear_bias, 2, 3, 3, 5), CASE(LINEAR, linear_plain, 2, 3, 3, 3),
    CASE(LINEAR, linear_bias, 1, 1, 1, 1), CASE(LINEAR, linear_one, 2, 3, 3, 5),
    CASE(LINEAR, linear_wide, 3, 5, 7, 17), CASE(LINEAR, linear_shared, 2, 3, 3, 5),
    CASE(CONV2D, conv_plain, 3, 5, 7, 3), CASE(CONV2D, conv_plain, 3, 3, 3, 1),
    CASE(CONV2D, conv_pad, 3, 5, 7, 3), CASE(CONV2D, conv_pad, 3, 1, 1, 3),
    CASE(CONV2D, conv_no_bias, 3, 6, 6, 3), CASE(CONV2D, conv_stride, 3, 5, 7, 3),
    CASE(CONV2D, conv_stride, 3, 8, 8, 5), CASE(CONV2D, conv_gaps, 3, 5, 7, 3),
    CASE(CONV2D, conv_groups, 3, 5, 7, 3), CASE(CONV2D, conv_depth, 3, 5, 7, 3),
    CASE(CONV2D, conv_dilated, 3, 5, 7, 3), CASE(CONV2D, conv_point, 3, 5, 7, 3),
    CASE(CONV2D, conv_point, 3, 1, 1, 1), CASE(CONV2D, conv_wide, 3, 5, 7, 3),
    CASE(CONV2D, conv_first, 1, 9, 9, 5), CASE(CONV2D, conv_deep, 3, 12, 12, 7),
    CASE(CONV2D, conv_shared, 3, 5, 7, 3),
    CASE(BATCH_NORM, norm, 3, 5, 7, 3), CASE(BATCH_NORM, norm, 3, 5, 7, 1),
    CASE(BATCH_NORM, norm, 3, 1, 1, 5), CASE(BATCH_NORM, norm_slow, 3, 4, 4, 3),
    CASE(BATCH_NORM, norm_vector, 2, 3, 3, 7), CASE(BATCH_NORM, norm_shared, 3, 5, 7, 3),
    CASE(MAX_POOL, max_2, 3, 6, 6, 3), CASE(MAX_POOL, max_2, 3, 5, 7, 1),
    CASE(MAX_POOL, max_overlap, 3, 5, 7, 3), CASE(MAX_POOL, max_overlap, 3, 1, 1, 3),
    CASE(MAX_POOL, max_each, 3, 5, 7, 3), CASE(MAX_POOL, max_gaps, 3, 5, 7, 3),
    CASE(MAX_POOL, max_ties, 3, 5, 7, 3),
    CASE(AVG_POOL, avg_2, 3, 6, 6, 3), CASE(AVG_POOL, avg_2, 3, 5, 7, 1),
    CASE(AVG_POOL, avg_overlap, 3, 5, 7, 3), CASE(AVG_POOL, avg_overlap, 3, 1, 1, 3),
    CASE(AVG_POOL, avg_each, 3, 5, 7, 3), CASE(AVG_POOL, avg_gaps, 3, 5, 7, 3),
    CASE(GLOBAL_POOL, global, 3, 5, 7, 3), CASE(GLOBAL_POOL, global, 3, 1, 1, 1),
    CASE(GLOBAL_POOL, global_shared, 3, 4, 4, 5),
    CASE(ADD, add, 3, 5, 7, 3), CASE(ADD, add_same, 3, 3, 3, 1), CASE(ADD, add_vectors, 2, 3, 3, 5),
    CASE(ADD, add_input, 3, 4, 4, 3),
    CASE(CONCAT, concat, 3, 5, 7, 3), CASE(CONCAT, concat, 3, 1, 1, 1),
    CASE(CONCAT, concat_vectors, 2, 3, 3, 5), CASE(CONCAT, concat_input, 3, 4, 4, 3),
    CASE(DROPOUT, dropout, 3, 5, 7, 3), CASE(DROPOUT, dropout_vector, 2, 3, 3, 5),
    CASE(DROPOUT, dropout_none, 2, 3, 3, 3), CASE(DROPOUT, dropout_twice, 3, 4, 4, 3),
    CASE(PAD_CHANNELS, pad, 3, 5, 7, 3), CASE(PAD_CHANNELS, pad_before, 3, 1, 1, 1),
    CASE(PAD_CHANNELS, pad_after, 3, 4, 4, 5), CASE(PAD_CHANNELS, pad_shared, 3, 3, 5, 3),
    CASE(ADAPTIVE_POOL, adaptive_one, 3, 5, 7, 3), CASE(ADAPTIVE_POOL, adaptive_even, 3, 6, 4, 3),
    CASE(ADAPTIVE_POOL, adaptive_odd, 3, 5, 7, 3), CASE(ADAPTIVE_POOL, adaptive_larger, 3, 5, 7, 3),
    CASE(ADAPTIVE_POOL, adaptive_odd, 3, 1, 1, 1),
    { .op = 0 },
};
