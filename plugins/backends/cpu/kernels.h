/* The tables of functions that kernel files export, one set for each instruction set, and what they are
 * called with. The device picks a set once (isa.c); everything above calls through it. Shapes, strides and
 * sizes are in floats, vectors are cpu_view's: sixteen samples of one element. Nothing here allocates,
 * fails or keeps state. */
#ifndef CPU_KERNELS_H
#define CPU_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include <ltcore/backend.h>

#include "isa.h"
#include "layout.h"

/* How a parameter changes in one step; ltcore/backend.h has the formulas. rate: lr / (1 - b1^t), root: 1 /
 * sqrt(1 - b2^t); shrink: lr lambda of AdamW, whose own lambda is 0. */
typedef struct cpu_rule {
    uint32_t kind;
    bool  nesterov;
    float l1, lambda, lr, mu, b1, b2, one_b1, one_b2, eps, rate, root, shrink;
} cpu_rule;

/* Stored weights, in whatever order: a multiple of CPU_LANES of each. mask NULL: all alive. */
typedef struct cpu_stored { float *w, *slot[2]; const uint8_t *mask; } cpu_stored;

/* c[m][n] = sum_k a[m row + k step] b[k ldb + n], k ascending; n in whole vectors. more: c has the
 * sums of earlier k. */
typedef struct cpu_product {
    int64_t m, n, k; bool more;
    const float *a; ptrdiff_t row, step;
    const float *b; ptrdiff_t ldb;
    float *c; ptrdiff_t ldc;
} cpu_product;

/* A linear layer's dense weights [out][ldw], rows padded with zeros. x [in][lanes], y [out][lanes]. */
typedef struct cpu_dense {
    int64_t in, out, lanes, batch;            /* lanes: a multiple of CPU_LANES, no less than the batch */
    cpu_stored weights; ptrdiff_t ldw;
    const float *x, *bias;
    float *y;
    const float *g; float *dx;                /* gradients of y and of x */
    const float *rows; ptrdiff_t ld_rows;     /* x once more, [batch][ld_rows] */
    bool relu, add, gate;                     /* gate: dx is 0 where x <= 0 */
    float *scratch;                           /* CPU_ROWS rows of the larger of CPU_COLUMNS and lanes */
} cpu_dense;

/* Rows of a product at a time; and of a gradient so many columns, so that they are read again from
 * the second cache. */
enum { CPU_ROWS = 6, CPU_COLUMNS = 512 };

/* The same layer by lists. The matrix lies in segments of columns, or in one, so that what a list reads of
 * x stays in the first cache where there is enough to read: row r of segment s is entries start[s rows + r]
 * to start[s rows + r + 1], each at column[] (times lanes), and belongs to output[s rows + r]; outputs that
 * are not there are worked on by nobody. Rows of as many entries stand together, so that a processor foresees
 * where a row's loop ends. Then the same column by column, each entry with its row (times lanes) and its
 * place among the others; and the columns whose gradient is wanted. */
enum { CPU_SEGMENT = 64 };
typedef struct cpu_lists {
    int64_t   segments, rows, columns;        /* rows of a segment */
    uint32_t *start, *column, *output;
    uint32_t *column_start, *row, *entry;     /* column_start: [in + 1] */
    uint32_t *input;                          /* [columns] */
} cpu_lists;

typedef struct cpu_sparse {
    int64_t in, out, lanes;
    cpu_stored weights;
    const cpu_lists *lists;
    const float *x, *bias;
    const uint16_t *halves;                   /* bytes in the place of x = scale byte +
                                               * base; see turn_halves. */
    float scale, base;                        /* There is one segment then */
    const float *sums;                        /* [out]: of a row's weights; NULL: the last
                                               * sample's bytes are all 1 */
    float *y;
    const float *g; float *dx;
    bool relu, add, gate;
    float *scratch;                           /* CPU_GROUP vectors */
} cpu_sparse;
enum { CPU_GROUP = 256 };

/* A linear layer on an input that is mostly one number, the base: weights by strips of CPU_STRIP outputs,
 * [strips][in][CPU_STRIP], of which the last one is as narrow as whole vectors allow. The input is listed
 * sample after sample, with marks every CPU_SPAN features, and for gradients feature after feature as well.
 * Values in the lists are the input's less its base. */
enum { CPU_STRIP = 80, CPU_SPAN = 128 };
typedef struct cpu_nonzeros {
    int64_t in, batch;
    uint32_t *mark;                           /* [batch][spans + 1]: where a sample's
                                               * entries of a span begin */
    uint16_t *feature; float *value;          /* of all entries, and CPU_LANES more */
    uint32_t *count;                          /* [in]: samples of a feature */
    uint16_t *sample; float *of_sample;       /* [in][batch] */
} cpu_nonzeros;

typedef struct cpu_strips {
    int64_t in, out, strips, lanes, batch;
    cpu_stored weights;
    const cpu_nonzeros *nonzeros;
    float base;
    const float *bias;
    float *sums;                              /* [strips][CPU_STRIP]: sum over features of a
                                               * row, kept up to date */
    float *y; const float *g;                 /* [out][lanes] */
    bool relu;
    float *scratch;                           /* [strips][lanes][CPU_STRIP], and CPU_STRIP more */
} cpu_strips;

/* Outputs of strip t that are stored. */
static inline int64_t cpu_strip_width(int64_t out, int64_t t)
{
    const int64_t left = out - t * CPU_STRIP;
    return left < CPU_STRIP ? (left + CPU_LANES - 1) / CPU_LANES * CPU_LANES : CPU_STRIP;
}

/* Rows of a split on their way to the input. x = scale[c] byte + shift[c] for bytes; (x -
 * mean[c]) / std[c]. */
typedef struct cpu_gather {
    const void *x; bool is_bytes;
    const uint32_t *sample; int64_t batch;    /* rows of the split */
    int64_t channels, h, w;
    const float *scale, *shift, *table;       /* [channels]; table [channels][256]: in the
                                               * place of both, or NULL */
    const float *mean, *std;
    const uint32_t *cut;                      /* [batch]: down | right << 8 | mirror << 16; NULL: whole */
    const cpu_view *to;
    float *rows; ptrdiff_t ld_rows;           /* NULL: not wanted */
    float *scratch;                           /* for cuts: CPU_LANES rows of w floats */
} cpu_gather;

/* Softmax cross-entropy of logits [classes][lanes]: loss of each row in double, gradient of their mean. */
typedef struct cpu_loss {
    int64_t classes, lanes, batch;
    const float *logits; float *grad;         /* NULL: not wanted */
    const int32_t *label;                     /* [lanes] */
    double *loss;                             /* [lanes] */
    uint8_t *hit;                             /* [lanes] */
} cpu_loss;

typedef struct cpu_window { int64_t size, stride, pad; } cpu_window;

/* Maxima of windows, and the way back: dx is set, or added to. gate: it is 0 where x <= 0. */
typedef struct cpu_pool {
    const cpu_view *x, *y, *g, *dx;
    cpu_window window;
    bool gate, add;
} cpu_pool;

/* Batch norm. Of each block and channel it wants two numbers before it can begin: mean and sum of squares
 * about it, and on the way back the sums of g and of g (x - mean). batch: samples that count. */
typedef struct cpu_norm {
    const cpu_view *x, *y, *g, *dx;
    const cpu_view *addend;                   /* is added to y; NULL: none */
    int64_t batch;
    const float *gain, *bias;
    float *mean, *variance;                   /* [C]: those by which it norms */
    float *shift, *slope;                     /* [C]: of the gradient */
    double *moments;                          /* [blocks][C][2] */
    float *dgain, *dbias;                     /* NULL: not wanted */
    double eps;
    bool relu, add;
} cpu_norm;

typedef struct cpu_kernels {
    void (*update)(const cpu_rule *r, const cpu_stored *s, const float *g, int64_t n);
    /* out[r] = sum of row r, for r < rows, or of those rows that are listed. */
    void (*row_sums)(const float *g, const uint32_t *row, int64_t rows, int64_t lanes, float *out);
    void (*transpose)(const float *x, int64_t features, int64_t lanes, float *rows, ptrdiff_t ld_rows);

    void (*dense_forward)(const cpu_dense *d, int64_t first, int64_t end);        /* outputs */
    void (*dense_back)(const cpu_dense *d, int64_t first, int64_t end);           /* inputs */
    void (*dense_update)(const cpu_dense *d, const cpu_rule *r, int64_t first, int64_t end); /* outputs */

    void (*sparse_forward)(const cpu_sparse *s, int64_t first, int64_t end);
    void (*sparse_back)(const cpu_sparse *s, int64_t first, int64_t end);
    void (*sparse_update)(const cpu_sparse *s, const cpu_rule *r, int64_t first, int64_t end);
    void (*sparse_sums)(const cpu_sparse *s, float *sums);

    void (*strips_sums)(const cpu_strips *s);
    void (*strips_list)(const cpu_gather *g, cpu_nonzeros *to);                   /* sample after sample */
    void (*strips_turn)(cpu_nonzeros *z); /* feature after feature too */
    void (*strips_values)(const uint8_t *byte, size_t n, float scale, float *value);
    void (*strips_forward)(const cpu_strips *s);
    void (*strips_update)(const cpu_strips *s, const cpu_rule *r);

    void (*gather)(const cpu_gather *g, int64_t first, int64_t end);              /* blocks */

    /* CPU_FOUR rows x[k] of n bytes -> to [n][CPU_FOUR]; and n vectors of bytes as numbers
     * scale byte + shift. */
    void (*turn_bytes)(const uint8_t *const *x, int64_t n, uint8_t *to);
    void (*spread_bytes)(const uint8_t *x, int64_t n, float scale, float shift, float *to);

    /* The same rows, or [n][CPU_FOUR] turned ones, as the upper
     * halves of floats, which are bytes exactly: [n][CPU_FOUR], sample k and k + CPU_LANES of each 2
     * CPU_LANES side by side. Sixteen elements of which none is live are left out. */
    void (*turn_halves)(const uint8_t *const *x, int64_t n, const uint8_t *live, uint16_t *to);
    void (*spread_halves)(const uint8_t *x, int64_t n, const uint8_t *live, uint16_t *to);
    void (*loss)(const cpu_loss *l);

    /* Of blocks [first, end) of views; `gate`: where y <= 0 the gradient is 0. */
    void (*relu)(const cpu_view *x, const cpu_view *y, int64_t first, int64_t end);
    void (*relu_back)(const cpu_view *y, const cpu_view *g, const cpu_view *dx, bool add, int64_t first,
                      int64_t end);
    void (*copy)(const cpu_view *from, const cpu_view *to, bool add, int64_t first, int64_t end);
    void (*sum)(const cpu_view *x, const cpu_view *y, const cpu_view *to, bool relu, int64_t first,
                int64_t end);
    void (*max_pool)(const cpu_pool *p, int64_t first, int64_t end);
    void (*max_pool_back)(const cpu_pool *p, int64_t first, int64_t end);
    void (*mean_pool)(const cpu_view *x, const cpu_view *y, cpu_window w, int64_t first, int64_t end);
    void (*mean_pool_back)(const cpu_view *g, const cpu_view *dx, cpu_window w, int64_t first, int64_t end);
    void (*adaptive_pool)(const cpu_view *x, const cpu_view *y, int64_t first, int64_t end);
    void (*adaptive_pool_back)(const cpu_view *g, const cpu_view *dx, int64_t first, int64_t end);

    void (*norm)(const cpu_norm *n, int64_t first, int64_t end);
    void (*norm_back)(const cpu_norm *n, int64_t first, int64_t end);
    void (*norm_measure)(const cpu_norm *n, int64_t first, int64_t end);          /* moments */
    void (*norm_measure_back)(const cpu_norm *n, int64_t first, int64_t end);

    /* Of all blocks' moments: mean and variance; shift, slope, dgain and dbias. */
    void (*norm_finish)(const cpu_norm *n);
    void (*norm_finish_back)(const cpu_norm *n);

    /* Sums over batch and space: of a part's blocks into [channels][CPU_LANES], then of
     * all parts' together. */
    void (*channel_sums)(const cpu_view *g, double *sums, int64_t first, int64_t end);
    void (*channel_totals)(const double *sums, int64_t parts, int64_t channels, float *out);
} cpu_kernels;

/* NULL where this build has no such kernels. */
const cpu_kernels *cpu_kernels_of(cpu_isa isa);

#endif
