/* Weights as Winograd's F(4x4, 3x3) and F(2x2, 5x5) multiply them: at 36 points instead of nine or 25 taps
 * (Lavin & Gray 2016, section 4.3). Both have the points 0, 1, -1, 2, -2 and infinity, and so the same
 * transform of inputs. And how their scratch memory is divided. Called by conv_layer.c and the kernels. */
#ifndef CPU_CONV_POINTS_H
#define CPU_CONV_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conv_lists.h"
#include "layout.h"

enum {
    CONV_SIDE = 6, CONV_POINTS = CONV_SIDE * CONV_SIDE,
    CONV_PANEL = 4,                           /* tiles that are multiplied together */
    CONV_CHUNK = 16                           /* outputs whose products wait together: whole CONV_WIDEs */
};

/* Outputs of a tile's side, by a kernel of side 3 or 5: what the two have together is CONV_SIDE and one. */
static inline int conv_tile_side(int64_t kernel)
{
    return CONV_SIDE + 1 - (int)kernel;
}

/* Weights [output][input][kernel][kernel] that stand by_output and by_input apart. back: the taps are turned
 * around, as the data gradient wants them. */
typedef struct conv_taps {
    const float *w;
    int64_t kernel, outputs, inputs, by_output, by_input;
    bool    back;
} conv_taps;

/* u[point][output / CONV_WIDE][input][CONV_WIDE] of them, zero beyond the last output. */
size_t conv_points_count(int64_t outputs, int64_t inputs);
void   conv_points_make(const conv_taps *t, float *u);

/* Floats from one point to the next, of weights and in a panel of so many channels: not a power of two,
 * whose lines would all want the same places of a cache. */
static inline ptrdiff_t conv_point_stride(int64_t outputs, int64_t inputs)
{
    return (outputs + CONV_WIDE - 1) / CONV_WIDE * CONV_WIDE * inputs + 5 * CPU_LANES;
}

static inline ptrdiff_t conv_panel_stride(int64_t channels)
{
    return channels * CONV_PANEL * CPU_LANES + 5 * CPU_LANES;
}

size_t conv_winograd_scratch(int64_t inputs);

/* The weights' gradient: sums of so many outputs at a time, [point][output][inputs in whole registers]. */
enum { CONV_SLOPE_OUTPUTS = 64 };

/* Sixteen channels of a tile at one point, and a line more: as above, no power of two. */
enum { CONV_SIXTEEN = CPU_LANES * CPU_LANES + CPU_LANES };

static inline int64_t conv_slope_inputs(int64_t inputs)
{
    return (inputs + CPU_LANES - 1) / CPU_LANES * CPU_LANES;
}

/* Floats from one point's sums to the next. */
static inline ptrdiff_t conv_slope_point(int64_t inputs)
{
    return CONV_SLOPE_OUTPUTS * conv_slope_inputs(inputs) + 5 * CPU_LANES;
}

size_t conv_winograd_slope_scratch(int64_t inputs);

#endif
