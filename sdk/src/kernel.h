/* What a reference kernel is given, and the three sets of them: one source, compiled for float, double and
 * complex. Called by the net (net.c) and, for what a table of kernels leaves out, by the backend adapter
 * (program.c). */
#ifndef LTS_KERNEL_H
#define LTS_KERNEL_H

#include <ltcore/backend.h>
#include <ltcore/ops.h>

/* One node. Tensors are of the set's type; those of samples are [rows][elements]. */
typedef struct lts_io {
    uint32_t rows;                            /* of the output: 1 if it is no sample value */
    size_t first_row;                         /* of the batch, where these rows are a part of it. DROPOUT */
    size_t first_channel, end_channel;        /* to be computed. BATCH_NORM */
    bool     training;                        /* batch statistics, or dropout */
    const ltc_value *const *in_shape;         /* [n_in]; NULL where left out, as in the arrays below */
    const ltc_value *out_shape;
    const void *const *in;
    void *out;
    void *const *in_grad;                     /* added to; NULL: not wanted */
    const void *out_grad;
    void *saved;                              /* lts_op_saved() elements */
    ltc_key key;
} lts_io;

/* One parameter; formulas in ltcore/backend.h. */
typedef struct lts_update {
    size_t n;
    uint32_t role;
    void *w, *slot1, *slot2;
    const void *grad;
    const uint8_t *mask;                      /* NULL: all alive */
    uint64_t clock;                           /* updates before this one */
    double lr;
} lts_update;

typedef struct lts_loss {
    size_t rows, classes;
    const void *logits;
    const int32_t *label;
    double logit_scale, grad_scale;
    void *grad;                               /* set, not added to; NULL: not wanted */
    double *loss;                             /* [rows]; NULL: not wanted */
} lts_loss;

typedef struct lts_kernel {
    void (*forward)(const ltc_node *node, const lts_io *io);
    void (*backward)(const ltc_node *node, const lts_io *io);
} lts_kernel;

typedef struct lts_kernels {
    size_t real;                              /* bytes of an element */
    lts_kernel op[LTC_OP_COUNT];              /* both NULL for FLATTEN, which is a view */
    double (*loss)(const lts_loss *l, uint32_t *correct);     /* the sum, in row order */
    void   (*commit)(const ltc_node *node, const lts_io *io, void *mean, void *var); /* from `saved` */
    void   (*update)(const ltc_optimizer *o, const lts_update *u);    /* NULL in the complex set */
    void   (*load)(void *dst, const float *src, size_t n);
} lts_kernels;

extern const lts_kernels lts_kernels_f32, lts_kernels_f64, lts_kernels_c64;

/* NULL for a type that is none of the three. */
const lts_kernels *lts_kernels_of(uint32_t type);

/* Rows of a value when a pass has `rows` samples; elements between two rows, 0 for what all samples share. */
static inline uint32_t lts_rows(const ltc_value *v, uint32_t rows)
{
    return v->kind == LTC_SAMPLE ? rows : 1;
}

static inline size_t lts_row_stride(const ltc_value *v)
{
    return v->kind == LTC_SAMPLE ? ltc_value_count(v) : 0;
}

#endif
