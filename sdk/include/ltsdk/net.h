/* ltsdk/net.h: a graph evaluated and trained on the host, by kernels that are written to be read.
 *
 * The oracle: the tests compare every backend with it, and probes (probe.h) are answered by it. One source of
 * kernels serves three number types. The order of every sum is fixed and stated where the sum is, so the same
 * call gives the same bits on every machine with the same libm. In use:
 *
 *   1. lts_net_create() lays the graph out for some number of rows; nothing is allocated after that.
 *   2. lts_net_load() the parameters, write the samples into lts_net_value(net, graph->input).
 *   3. lts_net_forward(), lts_net_loss(), lts_net_backward(); read lts_net_grad().
 *   4. With LTS_NET_TRAIN: lts_net_update(), and again from the next batch on.
 *
 * Everything is [serial] per net. */
#ifndef LTSDK_NET_H
#define LTSDK_NET_H

#include <ltcore/backend.h>

/* A third element type, beside LTC_F32 and LTC_F64: complex double. A step of i h d instead of h d makes
 * derivatives along d exact to rounding (Squire & Trapp 1998): the probe's Hessian products. Comparisons look
 * at real parts. Such a net cannot be updated. */
enum { LTS_COMPLEX = 16 };

enum {
    LTS_NET_GRAD  = 1u << 0,                  /* with gradients */
    LTS_NET_TRAIN = 1u << 1                   /* with gradients, slots and masks */
};

typedef struct lts_net lts_net;

/* rows: the most samples of one pass. The graph must outlive the net. LTC_EUNSUPPORTED for an operation that
 * this library does not know, LTC_EINVAL for shapes that do not fit; the message names the node. */
ltc_status lts_net_create(const ltc_graph *graph, uint32_t type, uint32_t rows, uint32_t flags, lts_net **net,
                          ltc_error *err);
void       lts_net_destroy(lts_net *net);

/* Memory of a value, in the net's type: [rows][elements] of a sample value, [elements] of any other.
 * FLATTEN's output is its input's memory. */
void *lts_net_value(const lts_net *net, uint32_t value);

/* Its gradient, alike; NULL where no trained parameter lies upstream, or without LTS_NET_GRAD. */
void *lts_net_grad(const lts_net *net, uint32_t value);

/* Slot 1 or 2 of a trained parameter, in the net's type, and its training mask (LTC_DEAD,
 * ...; all alive at first). Whoever kills a weight sets it and its slots to +0.0 too. NULL
 * without LTS_NET_TRAIN, or when not trained. */
void    *lts_net_slot(const lts_net *net, uint32_t param, uint32_t slot);
uint8_t *lts_net_mask(const lts_net *net, uint32_t param);

/* Sets a parameter's value from floats. */
void lts_net_load(lts_net *net, uint32_t param, const float *src);

/* One forward pass. In training batch norm takes the batch's statistics, and keeps them for
 * lts_net_update(). */
typedef struct lts_pass {
    uint32_t rows;
    bool     batch_stats, dropout;
    ltc_key  key_dropout;                     /* already folded with the step */
} lts_pass;
void lts_net_forward(lts_net *net, const lts_pass *pass);

/* Softmax cross-entropy of the last forward pass, always computed in double. The sum over rows, in row order;
 * loss (if not NULL) gets each row's. Sets the logits' gradient to that of grad_scale times the sum. */
typedef struct lts_loss_req {
    const int32_t *label;
    double  logit_scale, grad_scale;          /* logits are multiplied by the first; 1 / rows makes a mean */
    double *loss;
} lts_loss_req;
double lts_net_loss(lts_net *net, const lts_loss_req *req, uint32_t *correct);

/* From the logits' gradient, which lts_net_loss() or the caller has set, to all others. */
void lts_net_backward(lts_net *net);

/* All that can change a bit of what a net computes: "ltsdk/1 glibc-2.36 fma". False: no room. [any] */
bool lts_identity(char *text, size_t n);

/* One step of the optimizer on all trained parameters, and the running statistics' part in it. */
void lts_net_update(lts_net *net, const ltc_optimizer *optimizer, double lr);

#endif
