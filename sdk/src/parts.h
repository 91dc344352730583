/* The reference kernels, run in parts on the host: samples, channels of a batch norm, blocks of a parameter.
 * A part computes what the whole would have computed there, so that these bits do not depend on the cut.
 * Called by walk.c. */
#ifndef LTS_PARTS_H
#define LTS_PARTS_H

#include "kernel.h"

void lts_parts_forward(const ltc_host *host, const lts_kernel *k, const ltc_node *node, const lts_io *io);
/* first: bit i is set where in_grad[i] of samples is to be zeroed before anything is added to it. */
void lts_parts_backward(const ltc_host *host, const lts_kernel *k, const ltc_node *node, const lts_io *io,
                        uint64_t first);

void lts_parts_update(const ltc_host *host, const lts_kernels *k, const ltc_optimizer *o,
                      const lts_update *u);
void lts_parts_clear(const ltc_host *host, void *at, size_t bytes);

#endif
