/* Collapse: what a mask leaves of the way from the input to the logits. */
#ifndef LT_PRUNE_COLLAPSE_H
#define LT_PRUNE_COLLAPSE_H

#include "prune/selection.h"

typedef struct lt_collapse {
    uint32_t n_empty, first;                  /* LTC_ROLE_WEIGHT with a mask that keeps nothing; the first */
    bool     cut;                             /* the logits are the same whatever the input */
} lt_collapse;

/* Pure: of the graph and the masks alone, selection masks or training masks: where one is 0 the weight is 0,
 * all else carries its input on, and parameters without a mask are whole. Every channel (after a flatten:
 * every unit) of every value either depends on the input or is constant:
 *
 *   linear, convolution   does through one such weight of a channel that does, which meets more than padding
 *   batch norm            as its input, unless its gain is pruned
 *   addition              as one of its inputs: a shortcut keeps a path alive
 *
 * and all other operations pass channels on. Constants that biases make are no path. LTC_ENOMEM. [any] */
ltc_status lt_collapse_find(const ltc_graph *g, const lt_masks *m, lt_collapse *c, ltc_error *err);

/* A sentence for people: which layers are empty, and whether a path is left. n_empty > 0 or cut. */
void lt_collapse_text(const ltc_graph *g, const lt_collapse *c, char *text, size_t n);

#endif
