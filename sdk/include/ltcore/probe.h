/* ltcore/probe.h: forward and backward passes that a criterion may ask of the core, over
 * chosen training samples.
 *
 * The weights are those that the mask is drawn from, under the selection so far. The SDK's interpreter
 * computes on the host, so a criterion sees the same numbers whatever backend trains. A pruned weight counts
 * as +0.0 and still has a gradient. */
#ifndef LTCORE_PROBE_H
#define LTCORE_PROBE_H

#include <ltcore/graph.h>
#include <ltcore/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LTC_PROBE_LOSS = 1, LTC_PROBE_LOGIT_SUM };                          /* objective: mean loss;
                                                                            * sum of all logits */
enum {
    LTC_PROBE_RUNNING_STATS = 1,              /* batch norm as in evaluation */
    LTC_PROBE_ONES          = 2,              /* the input is all 1 */
    LTC_PROBE_ABS           = 4               /* |weights| */
};

typedef struct ltc_probe_req {
    uint32_t size, type, objective, flags;    /* type: LTC_F32 or LTC_F64, of the arithmetic
                                               * and of all outputs */
    const uint32_t *sample; uint64_t n;       /* rows of the training split: one batch */
    double logit_scale;                       /* logits are multiplied by it: 1, or 1/T of a temperature */
    const float *const *direction;            /* [n_params], for `hessian`; or NULL */
    const uint32_t *capture; uint64_t n_capture;  /* values whose activations are wanted */
    const uint8_t *const *mask;               /* [n_params]: 0 counts as +0.0. NULL, here or inside:
                                               * the selection so far */
} ltc_probe_req;

/* The criterion's buffers; NULL: not wanted. */
typedef struct ltc_probe_out {
    uint32_t size, reserved;
    double   objective;
    void *const *grad, *const *grad2;         /* [n_params][n]: gradient of the objective; sum over
                                               * samples of squares */
    void *const *hessian;                     /* [n_params][n]: Hessian of the objective times direction */
    void *const *captured;                    /* [n_capture][n samples][elements] */
} ltc_probe_out;

struct ltc_probe {
    uint32_t size, reserved;
    void *impl;
    const ltc_graph *graph;
    uint64_t n_samples;                       /* of the training split; other splits are not offered */
    /* [serial] */
    ltc_status (*run)(const ltc_probe *p, const ltc_probe_req *r, ltc_probe_out *o, ltc_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
