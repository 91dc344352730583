/* Weights: a network's values from a file of tensors, under the names that PyTorch's modules give them: a
 * ticket, a state dict saved as safetensors. */
#ifndef LT_PLAN_WEIGHTS_H
#define LT_PLAN_WEIGHTS_H

#include "store/tensors.h"
#include "train/state.h"
#include "util/diag.h"

/* Adds to `wrong`, as faults of the file at `path`, every parameter that is missing or of another type
 * or shape, and every tensor that is no parameter. PyTorch's counters of batches and what an optimizer
 * keeps are passed over. */
void lt_weights_check(const lt_tensors *t, const ltc_graph *g, const char *path, lt_diags *wrong);

/* The values of tensors that were found to fit, into a state of that network; its slots and
 * clock become zero. */
void lt_weights_take(const lt_tensors *t, lt_state *s);

#endif
