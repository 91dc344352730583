/* The mask plug-ins as they were built, and the tiny network with weights to choose from. For the tests of
 * criteria. */
#ifndef LT_TESTS_MASKS_RIG_H
#define LT_TESTS_MASKS_RIG_H

#include "plugin/registry.h"
#include "prune_rig.h"

enum { RIG_FC1 = 12, RIG_FC2 = 6, RIG_WEIGHTS = RIG_FC1 + RIG_FC2 };

/* A module from the build directory; a failed assertion if it was not built. rig_modules_close: after the
 * last. */
const lt_module *rig_module(const char *name);
void rig_modules_close(void);

/* rig_tiny with its weights at both ends of a training: fc1.weight, then fc2.weight. Biases are 0. */
typedef struct rig_net {
    lt_graph g;
    lt_masks before;
    float    init[RIG_WEIGHTS], final[RIG_WEIGHTS], bias[3];
    float   *init_of[4], *final_of[4];
} rig_net;
void rig_net_make(rig_net *n);
void rig_net_drop(rig_net *n);
void rig_net_alive(rig_net *n, const char *bits);             /* RIG_WEIGHTS of '0' and '1' */

/* Layer by layer, 0.4 of the alive go. */
lt_selection_request rig_net_request(const rig_net *n, const char *module, const void *options);
void rig_net_bits(const lt_masks *m, char bits[RIG_WEIGHTS + 1]);

#endif
