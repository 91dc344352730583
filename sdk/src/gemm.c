/* LINEAR by the table's gemm, wherever its memory is: a bias is a product with a column of ones. CONV2D is in
 * conv.c. Parts of the work are columns and rows of the weight, which is larger than what it is multiplied
 * with. */
#include "conv.h"
#include "divide.h"

static const double LEAST_WORK = 16e6; /* floating-point operations of a part: LeNet-300-100 stays whole */
enum { STRIDE = 16 };                         /* parts begin at a multiple: whole vectors */

bool lts_gemm_can(const ltc_node *node)
{
    return ltc_optable_table.gemm &&
           (node->op == LTC_OP_LINEAR || (node->op == LTC_OP_CONV2D && lts_on_host()));
}

typedef struct linear {
    const lts_program *p;
    const ltc_io *io;
    const float *bias;
    float *dw, *db;
    int64_t rows, n, out;
    bool fresh, first;                        /* dw, dx are set, not added to */
} linear;

static linear linear_of(const lts_program *p, const ltc_io *io)
{
    return (linear){
        .p = p, .io = io, .rows = io->rows, .n = io->in_shape[0]->dim[0], .out = io->out_shape->dim[0]
    };
}

static ltc_status multiply(const linear *l, const ltc_gemm *g)
{
    return ltc_optable_table.gemm(l->p->device->dev, g);
}

/* [begin, end) of n units of STRIDE, as elements of `most` */
static int64_t edge(size_t unit, int64_t most)
{
    const int64_t at = (int64_t)unit * STRIDE;
    return at < most ? at : most;
}

/* y = 1 b^T;  y += x w^T: some of the outputs */
static ltc_status forward_part(void *arg, size_t part, size_t begin, size_t end)
{
    const linear *l = arg;
    const int64_t from = edge(begin, l->out), n = edge(end, l->out) - from;
    ltc_status st = LTC_OK;
    (void)part;
    if (l->bias)
        st = multiply(l, &(ltc_gemm){ .batch = 1,
                                      .m = l->rows,
                                      .n = n,
                                      .k = 1,
                                      .lda = 1,
                                      .ldb = l->out,
                                      .ldc = l->out,
                                      .alpha = 1,
                                      .a = l->p->ones,
                                      .b = l->bias + from,
                                      .c = l->io->out + from });
    return st ? st
              : multiply(l, &(ltc_gemm){ .trans_b = 1,
                                         .batch = 1,
                                         .m = l->rows,
                                         .n = n,
                                         .k = l->n,
                                         .lda = l->n,
                                         .ldb = l->n,
                                         .ldc = l->out,
                                         .alpha = 1,
                                         .beta = l->bias != NULL,
                                         .a = l->io->in[0],
                                         .b = l->io->in[1] + from * l->n,
                                         .c = l->io->out + from });
}

/* dx += g w: some of the inputs */
static ltc_status input_part(void *arg, size_t part, size_t begin, size_t end)
{
    const linear *l = arg;
    const int64_t from = edge(begin, l->n), n = edge(end, l->n) - from;
    (void)part;
    return multiply(l, &(ltc_gemm){ .batch = 1, .m = l->rows, .n = n, .k = l->out, .lda = l->out, .ldb = l->n,
                                    .ldc = l->n, .alpha = 1, .beta = !l->first, .a = l->io->out_grad,
                                    .b = l->io->in[1] + from, .c = l->io->in_grad[0] + from });
}

/* dw += g^T x;  db += 1^T g: some of the outputs */
static ltc_status weight_part(void *arg, size_t part, size_t begin, size_t end)
{
    const linear *l = arg;
    const int64_t from = edge(begin, l->out), n = edge(end, l->out) - from;
    ltc_status st = LTC_OK;
    (void)part;
    if (l->dw)
        st = multiply(l, &(ltc_gemm){ .trans_a = 1,
                                      .batch = 1,
                                      .m = n,
                                      .n = l->n,
                                      .k = l->rows,
                                      .lda = l->out,
                                      .ldb = l->n,
                                      .ldc = l->n,
                                      .alpha = 1,
                                      .beta = !l->fresh,
                                      .a = l->io->out_grad + from,
                                      .b = l->io->in[0],
                                      .c = l->dw + from * l->n });
    if (st || !l->db)
        return st;
    return multiply(l, &(ltc_gemm){ .batch = 1, .m = 1, .n = n, .k = l->rows, .lda = l->rows, .ldb = l->out,
                                    .ldc = l->out, .alpha = 1, .beta = 1, .a = l->p->ones,
                                    .b = l->io->out_grad + from, .c = l->db + from });
}

/* The elements [0, n) in parts; elsewhere than on the host one call does all, as it may take them one at a
 * time. */
static ltc_status divide(linear *l, int64_t n, ltc_status (*part)(void *, size_t, size_t, size_t))
{
    const size_t units = ((size_t)n + STRIDE - 1) / STRIDE;
    const double work = 2 * (double)l->rows * (double)l->n * (double)l->out;
    const size_t parts = lts_on_host() ? lts_parts(units, work / (double)units, LEAST_WORK) : 1;
    return lts_divide(l->p->device->host, units, parts, part, l);
}

ltc_status lts_gemm_forward(const lts_program *p, const ltc_node *node, const ltc_io *io)
{
    if (node->op == LTC_OP_CONV2D)
        return lts_conv_forward(p, node, io);
    linear l = linear_of(p, io);
    l.bias = node->n_in > 2 ? io->in[2] : NULL;
    return divide(&l, l.out, forward_part);
}

ltc_status lts_gemm_backward(const lts_program *p, const ltc_node *node, const lts_step *step)
{
    const ltc_io *io = &step->io;
    if (node->op == LTC_OP_CONV2D)
        return lts_conv_backward(p, node, step);
    linear l = linear_of(p, io);
    l.dw = io->in_grad[1], l.db = node->n_in > 2 ? io->in_grad[2] : NULL;
    l.fresh = step->fresh, l.first = step->first & 1;
    ltc_status st = io->in_grad[0] ? divide(&l, l.n, input_part) : LTC_OK;
    if (!st && (l.dw || l.db))
        st = divide(&l, l.out, weight_part);
    return st;
}
