/* The products at points of a panel of tiles, a chunk of outputs at a time. For the kernel files
 * conv_winograd.c and conv_winograd_back.c. */
#ifndef CPU_CONV_PRODUCT_H
#define CPU_CONV_PRODUCT_H

#include "conv_transform.h"

/* Takes outputs [first, end) of one tile: m[point][output - first][.., sample], points conv_panel_stride of
 * CONV_CHUNK channels apart. */
typedef void conv_product_fn(const conv_winograd *k, const tile *t, int64_t first, int64_t end,
                             const float *m);

/* All outputs of some tiles to fn: the sums of u v over inputs, in their order. v: the tiles' inputs at
 * points, conv_panel_stride apart; rest: scratch behind it, where weights are made if k->u is NULL. */
void CPU_NAME(conv_products)(const conv_winograd *k, const tile *t, int64_t tiles, const float *v,
                             float *rest, conv_product_fn *fn);

#endif
