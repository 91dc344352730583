/* The algorithms that multiply at points instead of taps, and how their memory is divided. Called by
 * conv_layer.c and the kernels.
 *
 * Winograd's F(4x4, 3x3) and F(2x2, 5x5) have 36 points (Lavin & Gray 2016, section 4.3): 0, 1, -1, 2, -2
 * and infinity, and so the same transform of inputs. A plane of 2x2 in a frame of zeros is a tile of its
 * own: along a side y0 = w1 x0 + w2 x1 and y1 = w0 x0 + w1 x1, which w1 (x0 + x1), (w2 - w1) x1 and
 * (w0 - w1) x0 make up. So nine points give four outputs, of nine weights. */
#ifndef CPU_CONV_POINTS_H
#define CPU_CONV_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conv_lists.h"
#include "layout.h"

enum {
    CONV_SIDE = 6, CONV_POINTS = CONV_SIDE * CONV_SIDE,               /* the most there are */
    CONV_PANEL = 4,                           /* tiles that are multiplied together */
    CONV_CHUNK = 16                           /* outputs whose products wait together: whole CONV_WIDEs */
};

typedef enum conv_form { CONV_FOUR_BY_THREE, CONV_TWO_BY_FIVE, CONV_PLANE } conv_form;

/* Of a side: taps, outputs of a tile, points. */
typedef struct conv_sides { int kernel, tile, points; } conv_sides;

static inline __attribute__((always_inline)) conv_sides conv_sides_of(conv_form f)
{
    return f == CONV_PLANE ? (conv_sides){ 3, 2, 3 }
                           : f == CONV_TWO_BY_FIVE ? (conv_sides){ 5, 2, CONV_SIDE }
                                                   : (conv_sides){ 3, 4, CONV_SIDE };
}

/* Weights [output][input][kernel][kernel] that stand by_output and by_input apart. back: the taps are turned
 * around, as a data gradient that gathers wants them. */
typedef struct conv_taps {
    const float *w;
    conv_form form;
    int64_t outputs, inputs, by_output, by_input;
    bool    back;
} conv_taps;

/* u[point][output / CONV_WIDE][input][CONV_WIDE] of outputs, zero beyond the last: so many floats, aligned to
 * 64 bytes. */
size_t conv_points_count(conv_form form, int64_t outputs, int64_t inputs);

/* Floats from one group of CONV_WIDE outputs to the next: whole lines. */
static inline ptrdiff_t conv_group_stride(int64_t inputs)
{
    return (inputs + 3) / 4 * CPU_LANES;
}

/* Floats from one point to the next, of weights and in a panel of so many channels: not a power of two,
 * whose lines would all want the same places of a cache. */
static inline ptrdiff_t conv_point_stride(int64_t outputs, int64_t inputs)
{
    return (outputs + CONV_WIDE - 1) / CONV_WIDE * conv_group_stride(inputs) + 5 * CPU_LANES;
}

static inline ptrdiff_t conv_panel_stride(int64_t channels)
{
    return channels * CONV_PANEL * CPU_LANES + 5 * CPU_LANES;
}

/* own: a call transforms weights itself, a chunk of outputs at a time. */
size_t conv_winograd_scratch(int64_t inputs, bool own);

/* Sixteen channels of a tile at one point, and a line more: as above, no power of two. */
enum { CONV_SIXTEEN = CPU_LANES * CPU_LANES + CPU_LANES };

static inline int64_t conv_slope_inputs(int64_t inputs)
{
    return (inputs + CPU_LANES - 1) / CPU_LANES * CPU_LANES;
}

/* The weights' gradient: sums of a chunk of outputs at a time, [point][output][inputs in whole registers]. A
 * chunk has so many outputs, or more where they have few inputs: for each the inputs' points are made. */
enum { CONV_SLOPE_OUTPUTS = 64, CONV_SLOPE_SUMS = CONV_SLOPE_OUTPUTS * 512 };

static inline int64_t conv_slope_chunk(int64_t outputs, int64_t inputs)
{
    const int64_t all = (outputs + CONV_WIDE - 1) / CONV_WIDE * CONV_WIDE,
                  many = CONV_SLOPE_SUMS / conv_slope_inputs(inputs) / CONV_WIDE * CONV_WIDE,
                  most = many > CONV_SLOPE_OUTPUTS ? many : CONV_SLOPE_OUTPUTS;
    return all < most ? all : most;
}

/* The inputs of the product that makes them stand in bands of so many, which the nearest cache holds for all
 * samples of a panel; and all bands together. */
static inline int64_t conv_slope_band(int64_t inputs)
{
    return inputs > 3 * CPU_LANES ? 4 * CPU_LANES : conv_slope_inputs(inputs);
}

static inline int64_t conv_slope_bands(int64_t inputs)
{
    const int64_t band = conv_slope_band(inputs);
    return (inputs + band - 1) / band * band;
}

/* Floats from one point's sums to the next. */
static inline ptrdiff_t conv_slope_point(int64_t outputs, int64_t inputs)
{
    return conv_slope_chunk(outputs, inputs) * conv_slope_inputs(inputs) + 5 * CPU_LANES;
}

size_t conv_winograd_slope_scratch(int64_t outputs, int64_t inputs);

#endif
