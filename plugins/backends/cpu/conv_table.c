/* The kernels of convolutions for one instruction set, as conv_layer.c finds them. Compiled once for each. */
#include "conv_kernels.h"

void CPU_NAME(conv_apply)(const conv_walk *k);
void CPU_NAME(conv_weights)(const conv_taps *t, int64_t first, int64_t end, ptrdiff_t point, float *u);
void CPU_NAME(conv_winograd)(const conv_winograd *k);
void CPU_NAME(conv_winograd_back)(const conv_winograd *k);
void CPU_NAME(conv_winograd_slope)(const conv_winograd_slope *k);
void CPU_NAME(conv_slope_lists)(const conv_slope *k);
void CPU_NAME(conv_slope_wide)(const conv_slope *k);

static void add(float *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

const conv_kernels CPU_NAME(conv_kernels) = {
    .apply = CPU_NAME(conv_apply),
    .weights = CPU_NAME(conv_weights),
    .winograd = CPU_NAME(conv_winograd),
    .winograd_back = CPU_NAME(conv_winograd_back),
    .winograd_slope = CPU_NAME(conv_winograd_slope),
    .slope = CPU_NAME(conv_slope_lists),
    .slope_wide = CPU_NAME(conv_slope_wide),
    .add = add,
};
