/* ltcore/optable.h: the easy road to a backend: fill a table of kernels and link libltsdk.a,
 * which does the rest.
 *
 * The adapter in libltsdk drives the table as a full backend: it walks the graph, computes loss and adjoints,
 * keeps optimizers, masks and state. What the table leaves NULL, or answers with LTC_EUNSUPPORTED, the
 * reference kernels do if LTC_OT_HOST is set; else compile() fails and names the operations. With a gemm
 * alone, LINEAR and CONV2D use it; with LTC_OT_HOST it is called from several threads at once, for parts of
 * the work. All other slots are [serial]. Table and adapter are built together, so nothing here is ABI. A
 * table that is all NULL is the backend `ref`. */
#ifndef LTCORE_OPTABLE_H
#define LTCORE_OPTABLE_H

#include <ltcore/backend.h>

#ifdef __cplusplus
extern "C" {
#endif

/* C[r] = alpha op(A[r]) op(B[r]) + beta C[r] for r < batch, row-major; op(A) is m x k, op(B) k x n. */
typedef struct ltc_gemm {
    uint32_t trans_a, trans_b, batch, reserved;
    int64_t  m, n, k, lda, ldb, ldc, stride_a, stride_b, stride_c;
    float    alpha, beta;
    const float *a, *b; float *c;
} ltc_gemm;

/* One node of one replica, in forward and backward. Tensors of samples are [rows][elements].
 *
 * While a program is compiled, each node is asked about once in each direction with rows = 0:
 * LTC_EUNSUPPORTED, or LTC_OK without touching memory. FLATTEN is never asked about: its output is its
 * input's memory. An input of a kind other than LTC_SAMPLE has one row, which all rows share. */
typedef struct ltc_io {
    uint32_t rows, training;                  /* rows of the output. training: batch statistics and dropout */
    const ltc_value *const *in_shape;         /* [n_in]; NULL where the input was left out, as
                                               * in the arrays below */
    const ltc_value *out_shape;
    const float *const *in; float *out;
    float *const *in_grad;                    /* backward adds to them; NULL: not wanted */
    const float *out_grad;
    float *saved; size_t saved_count;         /* from forward to backward. DROPOUT: each element's
                                               * factor. BATCH_NORM: */
                                              /* the batch's mean [C], then its biased variance
                                               * [C]. Others: nothing */
    float *scratch; size_t scratch_count;     /* free to use within a call */
    ltc_key key;                              /* DROPOUT: already folded with step and node */
} ltc_io;

/* One parameter of one replica; n elements, n = 0: asked about, as above. Where the mask is not LTC_ALIVE the
 * weight keeps its bits and both slots become +0.0; a dead weight comes in as +0.0. */
typedef struct ltc_update {
    size_t   n;
    uint32_t role, reserved;
    float   *w; const float *grad; float *slot1, *slot2;
    const uint8_t *mask;                      /* NULL: all alive */
    uint64_t clock;                           /* updates before this one */
    double   lr;
} ltc_update;

enum {
    LTC_OT_HOST = 1,                          /* reference kernels and im2col may touch this memory */
    LTC_OT_FTZ  = 2                           /* spans run with denormals flushed to zero;
                                               * restored afterwards */
};
enum { LTC_COPY_TO_DEVICE = 1, LTC_COPY_TO_HOST, LTC_COPY_ON_DEVICE };

typedef struct ltc_optable {
    uint32_t   flags, reserved;
    ltc_status (*open)(const ltc_host *h, const void *opts, void **dev, ltc_error *err);
    void       (*close)(void *dev);
    /* What follows the adapter's own text in the backend's identity. */
    ltc_status (*identity)(void *dev, char *text, size_t n, ltc_error *err);
    void      *(*alloc)(void *dev, size_t bytes);                  /* zeroed; NULL slots: the
                                                                    * host's memory, memcpy */
    void       (*dealloc)(void *dev, void *p);
    ltc_status (*copy)(void *dev, void *dst, const void *src, size_t bytes, uint32_t direction);
    ltc_status (*gemm)(void *dev, const ltc_gemm *g);
    ltc_status (*forward)(void *dev, const ltc_node *n, const ltc_io *io);
    ltc_status (*backward)(void *dev, const ltc_node *n, const ltc_io *io);
    ltc_status (*update)(void *dev, const ltc_optimizer *o, const ltc_update *u);
} ltc_optable;

#define LTC_HIDDEN __attribute__((visibility("hidden")))
LTC_HIDDEN extern const ltc_optable     ltc_optable_table;        /* the plug-in defines it */
LTC_HIDDEN extern const ltc_backend_ops ltc_optable_ops;          /* libltsdk's backend, which
                                                                   * drives that table */

#ifdef __cplusplus
}
#endif
#endif
