/* Networks built by the core from functions of the tests, and a criterion that answers as it is told. For the
 * tests of pruning. */
#ifndef LT_TESTS_PRUNE_RIG_H
#define LT_TESTS_PRUNE_RIG_H

#include <ltcore/ops.h>

#include "prune/selection.h"

/* fc1 4 -> 3 (12 weights), fc2 3 -> 2 (6 weights, the output), with biases; for an input of 4 x 1
 * x 1 and 2 classes. */
enum { FC1, FC1_BIAS, FC2, FC2_BIAS };
/* Lenet-300-100; Conv-2, -4 and -6 of Frankle & Carbin 2019 (figure 2); batch norm and a shortcut
 * around one block. */
typedef ltc_status rig_build(const void *options, ltc_builder *b, ltc_val *logits, ltc_error *err);
rig_build rig_tiny, rig_lenet, rig_conv2, rig_conv4, rig_conv6, rig_residual;

/* Of the input size that the network is known by. For lt_graph_free. */
lt_graph rig_graph(rig_build *build);
uint32_t rig_param(const lt_graph *g, const char *name);      /* a failed assertion if there is none */

/* All kept: the weights of all layers; or of the layers with that word, "conv" or "linear". */
lt_masks rig_masks(const lt_graph *g, const char *const *layers, uint64_t n);
lt_masks rig_all_weights(const lt_graph *g);
uint64_t rig_alive(const lt_graph *g, const lt_masks *m, uint32_t p);

/* What the criterion was shown last, and how often. */
typedef struct rig_seen {
    unsigned calls, tensors;
    uint32_t round;
    ltc_key  key;
    double   now, goal;
    const float *init, *rewind, *final, *dense;
} rig_seen;

/* The criterion's options. Arrays are by parameter; all zero: scores by lot, the same in every round. */
typedef struct rig_criterion {
    uint32_t flags, draw;                     /* draw: which lot */
    const float   *score[8];                  /* what it scores */
    const uint8_t *mask[8];                   /* what it selects; NULL: all 1, NULL for all: what is alive */
    ltc_status  returns;
    const char *says, *blames;                /* beside what it returns */
    bool        flushes;                      /* denormals, for everybody after it */
    rig_seen   *seen;                         /* NULL: it does not matter */
} rig_criterion;

lt_module rig_scorer(void);
lt_module rig_selector(void);

extern const lt_services rig_services;        /* no log, never cancelled */

/* Scope layer, half of the alive, the output at the full rate; round 3, key { 1, 2 }. */
lt_selection_request rig_request(const lt_graph *g, const lt_module *m, const rig_criterion *c,
                                 const lt_masks *before);

/* A selection that succeeds. */
lt_masks rig_select(const lt_selection_request *r);

/* A selection that fails so. */
void rig_refused(const lt_selection_request *r, ltc_status st, const char *says);

#endif
