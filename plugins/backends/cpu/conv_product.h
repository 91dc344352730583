/* The products at points of a panel of tiles and a chunk of outputs. For the kernel files conv_winograd.c and
 * conv_winograd_back.c. */
#ifndef CPU_CONV_PRODUCT_H
#define CPU_CONV_PRODUCT_H

#include "conv_kernels.h"

/* m[point][output - first][tile, sample] = the sum of u v over inputs, in their order, where points stand
 * conv_panel_stride apart: of CONV_CHUNK channels in m, of all inputs in v. Outputs [first, end) are one
 * chunk, whose weights own has room for: they are made there where k->u is NULL. */
void CPU_NAME(conv_product)(const conv_winograd *k, int64_t first, int64_t end, const float *v, float *m,
                            float *own);

#endif
