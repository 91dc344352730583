/* What each kernel is told, and the functions that launch them. C and CUDA alike: the .cu files define
 * these, nodes.c and span.c call them.
 *
 * Every tensor exists once per replica and has fewer than 2^31 elements in each; replicas are the grid's
 * z, in every kernel. Rows are samples. add: a gradient is added to what is there, else set. */
#ifndef LCU_KERNELS_H
#define LCU_KERNELS_H

#include <ltcore/backend.h>

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LCU_MOST_THREADS = 512 };              /* of a block */

/* Replica r's begins at at + r * stride. */
typedef struct lcu_floats { float *at; size_t stride; } lcu_floats;

/* Where a replica stands in a span: written by the host before it, moved on by the loss. */
typedef struct lcu_replica {
    ltc_key  augment, dropout;
    uint64_t first_step, clock, bad_step;     /* bad_step: UINT64_MAX until there is one */
    uint32_t done, stopped;                   /* steps of this chunk; 1: it changes no more in this span */
    float    lr, rate, root;                  /* of the step at work: lr / (1 - b1^t), 1 / sqrt(1 - b2^t) */
    uint32_t reserved;
} lcu_replica;

/* What the steps of a chunk work on; lies on the device, so that one graph serves every split and span.
 * Row s of a replica begins at s * batch in sample, at s in lr; strides of 0: replicas share. */
typedef struct lcu_chunk {
    const void     *x;
    const int32_t  *label;
    const uint32_t *sample;
    const float    *lr;
    size_t          sample_stride, lr_stride;
    uint32_t        steps, reserved;
} lcu_chunk;

/* gather.cu: rows of the split into the input, normalised, cut out, mirrored; and their labels. A
 * training's rows are those of the chunk, an evaluation's (chunk NULL) begin at `start` of x. */
typedef struct lcu_gather {
    const lcu_chunk   *chunk;
    const lcu_replica *replica;
    const void        *x;
    const int32_t     *label;
    uint64_t           start;
    const float       *table, *mean, *std;    /* table NULL: floats */
    lcu_floats         to;
    int32_t           *to_label;
    size_t             to_label_stride;
    uint32_t           rows, channels, height, width, augment, reserved;
} lcu_gather;
void lcu_gather_rows(lcu_device *d, const lcu_gather *g, uint32_t replicas);

/* map.cu: element by element; n of them. */
typedef struct lcu_map { lcu_floats x, y, to; uint32_t n, add; } lcu_map;
void lcu_relu_forward(lcu_device *d, const lcu_map *m, uint32_t replicas);       /* to = relu(x) */
void lcu_relu_backward(lcu_device *d, const lcu_map *m, uint32_t replicas);      /* to <- y where x > 0 */
void lcu_add_forward(lcu_device *d, const lcu_map *m, uint32_t replicas);        /* to = x + y */
void lcu_copy(lcu_device *d, const lcu_map *m, uint32_t replicas);               /* to <- x */

/* A narrow row of n_in elements inside a wide one of n_out, from `at` on. */
typedef struct lcu_slice { lcu_floats x, to; uint32_t rows, n_in, n_out, at, add, reserved; } lcu_slice;
void lcu_slice_put(lcu_device *d, const lcu_slice *s, uint32_t replicas);    /* CONCAT: x narrow, to wide */
void lcu_slice_pad(lcu_device *d, const lcu_slice *s, uint32_t replicas);    /* the same, zeros around it */
void lcu_slice_get(lcu_device *d, const lcu_slice *s, uint32_t replicas);    /* to narrow, x wide */

/* factor: 0 or 1 / (1 - rate), kept for the way back, which is lcu_product: to <- x y. */
typedef struct lcu_dropout {
    const lcu_replica *replica;
    lcu_floats x, to, factor;
    double     rate;
    uint32_t   n, node;
} lcu_dropout;
void lcu_dropout_forward(lcu_device *d, const lcu_dropout *o, uint32_t replicas);
void lcu_product(lcu_device *d, const lcu_map *m, uint32_t replicas);

/* product.cu: c <- a b, m x n, summed over k in order; parts of k apart where they are many (see
 * lcu_parts_of), whose sums are then added in order. Element (i, j) of a lies at i * a_m + j * a_k, of b
 * alike; c has rows of n. bias: one for each column, or NULL. */
typedef struct lcu_parts { uint32_t n, length; lcu_floats sums; } lcu_parts;
typedef struct lcu_product_of {
    lcu_floats a, b, c, bias;
    lcu_parts  parts;
    uint32_t   m, n, k, a_m, a_k, b_k, b_n, add;
} lcu_product_of;
void lcu_matrices(lcu_device *d, const lcu_product_of *p, uint32_t replicas);

/* A weight's gradient, m x n, sums over k = rows times places: up to 64 parts, as long as m n floats for
 * each are few. A function of the shape alone, so that no bit depends on the replicas. sums is left to the
 * caller. */
lcu_parts lcu_parts_of(uint32_t m, uint32_t n, uint32_t k);

/* convolution.cu: CONV2D as products whose operands are found in the images. channels and outputs: of one
 * group. */
typedef struct lcu_convolution {
    lcu_floats x, w, y, bias;                 /* values or gradients, as each function says */
    lcu_parts  parts;
    uint32_t   rows, groups, channels, outputs, in_y, in_x, out_y, out_x, kernel_y, kernel_x;
    uint32_t   stride, pad, dilation, add;
} lcu_convolution;
void lcu_convolve(lcu_device *d, const lcu_convolution *c, uint32_t replicas);         /* y = w x + bias */
void lcu_convolve_input(lcu_device *d, const lcu_convolution *c, uint32_t replicas);   /* x <- from w, y */
void lcu_convolve_weight(lcu_device *d, const lcu_convolution *c, uint32_t replicas);  /* w <- from x, y */

/* norm.cu: per channel; x[row][channel][space]. saved: batch mean [C], biased variance [C]. */
typedef struct lcu_norm {
    lcu_floats x, y, gain, bias, mean, variance, saved;
    lcu_floats g, dx, dgain, dbias;           /* the way back; at NULL: not wanted */
    double     eps;
    uint32_t   rows, channels, space, training;
    uint32_t   add_dx, add_dgain, add_dbias, reserved;
} lcu_norm;
void lcu_norm_forward(lcu_device *d, const lcu_norm *n, uint32_t replicas);
void lcu_norm_backward(lcu_device *d, const lcu_norm *n, uint32_t replicas);

/* to[channel] <- the sum of x over rows and space: the gradient of a bias. */
typedef struct lcu_sum { lcu_floats x, to; uint32_t rows, channels, space, add; } lcu_sum;
void lcu_channel_sums(lcu_device *d, const lcu_sum *s, uint32_t replicas);

/* pool.cu: planes of in_y x in_x and out_y x out_x, rows times channels of them. Cells overlap as they
 * will: on the way back each input looks for the outputs that saw it. */
enum { LCU_POOL_MAX = 1, LCU_POOL_AVERAGE, LCU_POOL_ADAPTIVE };        /* GLOBAL_POOL is ADAPTIVE to 1 x 1 */
typedef struct lcu_pool {
    lcu_floats x, y;                          /* values; gradients on the way back, x then being written */
    uint32_t  *winner;                        /* MAX: where in its plane each output's maximum lies */
    size_t     winner_stride;
    uint32_t   planes, kind, in_y, in_x, out_y, out_x, size, stride, pad, add;
} lcu_pool;
void lcu_pool_forward(lcu_device *d, const lcu_pool *p, uint32_t replicas);
void lcu_pool_backward(lcu_device *d, const lcu_pool *p, uint32_t replicas);

/* loss.cu: softmax cross-entropy in double, rows added one after another. A training's ends the forward
 * pass of a step: mean loss and hits to row `done` of the replica's results, the gradient, whether it goes
 * on, the rate, the clock. */
typedef struct lcu_loss {
    lcu_floats       logits, grad;            /* grad.at NULL: nothing is trained */
    const int32_t   *label;
    size_t           label_stride;
    double          *row_loss;                /* [replica][label_stride], like row_hit */
    uint32_t        *row_hit;
    uint32_t         rows, classes;
    const lcu_chunk *chunk;                   /* training: from here on */
    lcu_replica     *replica;
    float           *loss;                    /* [replica][most_steps] */
    uint32_t        *correct;
    double           beta1, beta2;
    uint32_t         most_steps, is_adam;
    double          *sum;                     /* evaluation: [replica], added to */
    uint64_t        *hits;
} lcu_loss;
void lcu_loss_train(lcu_device *d, const lcu_loss *l, uint32_t replicas);
void lcu_loss_eval(lcu_device *d, const lcu_loss *l, uint32_t replicas);

/* update.cu: everything that a step changes, in one launch: a segment is a parameter under the optimizer,
 * or a running statistic, w <- keep w + blend grad. Segments lie on the device, first_block ascending. */
enum { LCU_UPDATE_STATISTIC = 0 };            /* else LTC_SGD, LTC_ADAM, LTC_ADAMW */
typedef struct lcu_segment {
    float   *w, *m, *v;
    const float *grad;
    const uint8_t *mask;
    size_t   stride, grad_stride;             /* stride: of all but grad */
    double   keep, blend;
    float    l1, lambda;
    uint32_t n, first_block, kind, reserved;
} lcu_segment;
typedef struct lcu_update {
    const lcu_segment *segment;
    const lcu_replica *replica;
    uint32_t n_segments, n_blocks, nesterov;
    float    mu, b1, b2, one_b1, one_b2, eps;
    uint32_t reserved;
} lcu_update;
enum { LCU_UPDATE_THREADS = 256 };            /* elements of a segment that a block takes */
void lcu_update_all(lcu_device *d, const lcu_update *u, uint32_t replicas);

/* One parameter before training: dead values and slots become +0.0, and the slots of frozen ones. */
typedef struct lcu_settle { lcu_floats w, m, v; const uint8_t *mask; uint32_t n, reserved; } lcu_settle;
void lcu_settle_masks(lcu_device *d, const lcu_settle *s, uint32_t replicas);

/* fused.cu: sparse perceptrons, for which a block does whole steps. A link is a weight or a bias that is not
 * dead; `in` of a bias is the layer's number of inputs, and `at` its place in the parameter. */
enum { LCU_MOST_LAYERS = 8, LCU_FUSED_LANES = 16, LCU_FUSED_ROWS = 32 };  /* ROWS: of an evaluation's block */
#define LCU_FROZEN_LINK   0x80000000u         /* beside `at` */
#define LCU_FUSED_SCRATCH ((size_t)LCU_MOST_THREADS * (LCU_FUSED_LANES + 1))          /* floats */
typedef struct lcu_link { uint32_t at; uint16_t in, out; } lcu_link;

/* Of replica r from r * most on, ordered by layer, output, input. back: those of a layer ordered by input,
 * then output. start, from r * n_starts on: where those of a unit begin, and where the last one's end. */
typedef struct lcu_links {
    lcu_link *link;
    uint32_t *back, *start;
    float    *w, *m, *v, *g;
    uint32_t  most, n_starts;
} lcu_links;

/* LINEAR, and RELU after it or not. weight, bias: segments. first, first_back: its first starts, by output
 * and by input; units: outputs of the layers before. */
typedef struct lcu_layer { uint32_t n_in, n_out, relu, weight, bias, first, first_back, units; } lcu_layer;

typedef struct lcu_fused {
    lcu_gather gather;                        /* to: [unit][row], by the block's rows */
    lcu_loss   loss;
    lcu_update update;
    lcu_links  links;
    lcu_layer  layer[LCU_MOST_LAYERS];
    uint32_t   n_layers, reserved;
} lcu_fused;
void lcu_fused_train(lcu_device *d, const lcu_fused *f, uint32_t replicas);    /* the steps of the chunk */
void lcu_fused_take(lcu_device *d, const lcu_fused *f, uint32_t replicas);     /* the links' weights */
void lcu_fused_eval(lcu_device *d, const lcu_fused *f, uint32_t replicas);     /* as far as the logits */

/* What a block needs beyond what there is anyway, in bytes: scratch, and of so many rows every unit but the
 * last layer's. */
static inline uint64_t lcu_fused_shared(const lcu_layer *layer, uint32_t n_layers, uint32_t rows)
{
    return sizeof(float) * (LCU_FUSED_SCRATCH + (uint64_t)layer[n_layers - 1].units * rows);
}

/* Blocks of 256 threads for n elements of each replica. */
static inline lcu_grid lcu_cover(uint32_t n, uint32_t replicas)
{
    lcu_grid g;
    g.threads = 256, g.x = n / 256 + (n % 256 != 0), g.y = 1, g.z = replicas, g.shared = 0;
    return g;
}

/* "13.0.88": the version of what compiled the kernels, to the build, since code and bits may change with it;
 * "emulated 12.2.0" where they run on the host. */
const char *lcu_compiler(void);

#ifdef __cplusplus
}
#endif
#endif
