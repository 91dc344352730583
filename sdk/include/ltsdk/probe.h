/* ltsdk/probe.h: the ltc_probe that a mask criterion gets, made of a graph, its weights and a training split.
 *
 * Answers come from the interpreter of net.h, so they are the same on every backend. Hessian products are
 * exact to rounding: gradients at weights w + i h d, whose imaginary part over h is H d.
 *
 * What a request leaves open: dropout is off. Statistics and other untrained parameters have gradient 0.
 * grad2 sums the squares of each sample's own gradient, that of its loss (undivided) or of its sum of logits;
 * under batch statistics it includes the way through the statistics. */
#ifndef LTSDK_PROBE_H
#define LTSDK_PROBE_H

#include <ltcore/backend.h>
#include <ltcore/probe.h>

/* All of it is borrowed, and must outlive the probe; values and masks may change between runs. */
typedef struct lts_probe_source {
    const ltc_graph     *graph;
    const ltc_data_desc *data;                /* the training split */
    const ltc_input     *input;
    const float   *const *value;              /* [n_params] */
    const uint8_t *const *mask;               /* [n_params]: 0 pruned. NULL, here or inside: all kept */
} lts_probe_source;

ltc_status lts_probe_create(const lts_probe_source *source, ltc_probe **probe, ltc_error *err);
void       lts_probe_destroy(ltc_probe *probe);

#endif
