/* The transforms of the algorithms by points on registers of samples, of inputs and of outputs' gradients,
 * and the tiles that they work on. For the kernel files conv_winograd.c, conv_winograd_back.c and
 * conv_winograd_slope.c. */
#ifndef CPU_CONV_TRANSFORM_H
#define CPU_CONV_TRANSFORM_H

#include <stdbool.h>

#include "conv_kernels.h"
#include "conv_points.h"
#include "conv_reg.h"

/* Where a tile's outputs begin; its inputs do so pad before, in rows and columns. */
typedef struct tile { int64_t block, row, column; } tile;

/* Tiles of so many outputs on a side. */
static inline int64_t tiles_of(int64_t blocks, int64_t rows, int64_t columns, int side)
{
    return blocks * ((rows + side - 1) / side) * ((columns + side - 1) / side);
}

static inline tile tile_at(int64_t rows, int64_t columns, int side, int64_t i)
{
    const int64_t down = (rows + side - 1) / side, across = (columns + side - 1) / side;
    return (tile){ i / (down * across), i / across % down * side, i % across * side };
}

/* d <- B^T d for six numbers. */
REG_INLINE void points_of_inputs(reg *d, const int step)
{
    const reg four = reg_all(4), five = reg_all(5), two = reg_all(2);
    const reg d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    const reg a = reg_fma(-four, d2, d4), b = reg_fma(-four, d1, d3), c = d4 - d2, e = two * (d3 - d1);
    d[0] = reg_fma(four, d0, reg_fma(-five, d2, d4));
    d[step] = a + b;
    d[2 * step] = a - b;
    d[3 * step] = c + e;
    d[4 * step] = c - e;
    d[5 * step] = reg_fma(four, d1, reg_fma(-five, d3, d5));
}

/* What a transform has to know: where channel 0 is, how large a plane is, and the frame of zeros that inputs
 * have. */
typedef struct plane { conv_sheet x; int64_t rows, columns, pad; conv_form form; } plane;

/* The 36 inputs of a tile; zeros where it reaches past the frame of zeros that there is. */
REG_INLINE void read_inputs(const plane *k, const tile *t, const float *x, const bool whole, reg *d)
{
    for (int i = 0; i < CONV_SIDE; i++)
        REG_UNROLL for (int j = 0; j < CONV_SIDE; j++) {
            const bool there = whole || (t->row + i < k->rows + 2 * k->pad &&
                                         t->column + j < k->columns + 2 * k->pad);
            d[i * CONV_SIDE + j] = there ? reg_load(x + i * k->x.row + j * CPU_LANES) : (reg){ 0 };
        }
}

/* One channel: its points go to v, so far apart. */
REG_INLINE void transform_channel(const plane *k, const tile *t, const float *x, const bool whole, float *v,
                                  ptrdiff_t point)
{
    reg d[CONV_POINTS];
    read_inputs(k, t, x, whole, d);
    for (int i = 0; i < CONV_SIDE; i++)
        points_of_inputs(d + i * CONV_SIDE, 1);
    for (int j = 0; j < CONV_SIDE; j++) {
        points_of_inputs(d + j, CONV_SIDE);
        REG_UNROLL for (int i = 0; i < CONV_SIDE; i++)
            reg_store(v + (i * CONV_SIDE + j) * point, d[i * CONV_SIDE + j]);
    }
}

/* The same of a plane of 2 x 2, without its frame. */
REG_INLINE void transform_plane(const plane *k, const float *x, float *v, ptrdiff_t point)
{
    reg d[6];
    REG_UNROLL for (int i = 0; i < 2; i++) {
        const reg a = reg_load(x + i * k->x.row), b = reg_load(x + i * k->x.row + CPU_LANES);
        d[i * 3] = a + b, d[i * 3 + 1] = b, d[i * 3 + 2] = a;
    }
    REG_UNROLL for (int j = 0; j < 3; j++) {
        reg_store(v + j * point, d[j] + d[3 + j]);
        reg_store(v + (3 + j) * point, d[3 + j]);
        reg_store(v + (6 + j) * point, d[j]);
    }
}

/* The numbers of a tile of the next channel: no cache guesses them by itself. */
static inline void ask_for(const float *x, ptrdiff_t row, int side)
{
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++)
            __builtin_prefetch(x + i * row + j * CPU_LANES);
}

/* Channels [first, end) of a tile; v is the first one's, each has its own so far from the one before. */
static inline void transform_channels(const plane *k, const tile *t, int64_t first, int64_t end, float *v,
                                      ptrdiff_t channel, ptrdiff_t point)
{
    const int64_t pad = k->form == CONV_PLANE ? 0 : k->pad;
    const float *x = k->x.at + t->block * k->x.block + (t->row - pad) * k->x.row +
                     (t->column - pad) * CPU_LANES + first * k->x.channel;
    const bool whole = t->row + CONV_SIDE <= k->rows + 2 * k->pad &&
                       t->column + CONV_SIDE <= k->columns + 2 * k->pad;
    for (int64_t c = first; c < end; c++, x += k->x.channel, v += channel) {
        if (c + 1 < end)
            ask_for(x + k->x.channel, k->x.row, k->form == CONV_PLANE ? 2 : CONV_SIDE);
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES) {
            if (k->form == CONV_PLANE)
                transform_plane(k, x + lane, v + lane, point);
            else if (whole)
                transform_channel(k, t, x + lane, true, v + lane, point);
            else
                transform_channel(k, t, x + lane, false, v + lane, point);
        }
    }
}

/* d <- A y: six points of four or two numbers, or three of two. */
REG_INLINE void points_of_outputs(const conv_form form, const reg *y, const int step, reg *d,
                                  const int d_step)
{
    if (form == CONV_PLANE) {
        d[0] = y[0] + y[step], d[d_step] = y[0], d[2 * d_step] = y[step];
        return;
    }
    const int side = conv_sides_of(form).tile;
    reg a = y[0], b = y[step], c = y[0], e = y[step] + y[step];
    if (side == 4) {
        a += y[2 * step], b += y[3 * step];
        c = reg_fma(reg_all(4), y[2 * step], c), e = reg_fma(reg_all(8), y[3 * step], e);
    }
    d[0] = y[0];
    d[d_step] = a + b;
    d[2 * d_step] = a - b;
    d[3 * d_step] = c + e;
    d[4 * d_step] = c - e;
    d[5 * d_step] = y[(side - 1) * step];
}

/* The gradient of a tile's outputs; zeros where it reaches past the plane. */
REG_INLINE void read_gradient(const int side, const plane *k, const tile *t, const float *g, reg *y)
{
    for (int i = 0; i < side; i++)
        REG_UNROLL for (int j = 0; j < side; j++)
            y[i * side + j] = t->row + i < k->rows && t->column + j < k->columns
                                  ? reg_load(g + i * k->x.row + j * CPU_LANES) : (reg){ 0 };
}

/* One channel of a gradient: its points go to d, so far apart. */
REG_INLINE void transform_gradient(const conv_form form, const plane *k, const tile *t, const float *g,
                                   float *d, ptrdiff_t point)
{
    const conv_sides z = conv_sides_of(form);
    reg y[16], half[4 * CONV_SIDE], all[CONV_SIDE];
    read_gradient(z.tile, k, t, g, y);
    for (int j = 0; j < z.tile; j++)
        points_of_outputs(form, y + j, z.tile, half + j, z.tile);
    for (int i = 0; i < z.points; i++) {
        points_of_outputs(form, half + i * z.tile, 1, all, 1);
        REG_UNROLL for (int j = 0; j < z.points; j++)
            reg_store(d + (i * z.points + j) * point, all[j]);
    }
}

/* Channels [first, end) of a gradient's tile, as transform_channels of a value's. */
static inline void transform_gradients(const plane *k, const tile *t, int64_t first, int64_t end, float *d,
                                       ptrdiff_t channel, ptrdiff_t point)
{
    const float *g = k->x.at + t->block * k->x.block + t->row * k->x.row + t->column * CPU_LANES +
                     first * k->x.channel;
    for (int64_t o = first; o < end; o++, g += k->x.channel, d += channel) {
        if (o + 1 < end)
            ask_for(g + k->x.channel, k->x.row, conv_sides_of(k->form).tile);
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES) {
            const float *from = g + lane;
            float *to = d + lane;
            switch (k->form) {
            case CONV_FOUR_BY_THREE: transform_gradient(CONV_FOUR_BY_THREE, k, t, from, to, point); break;
            case CONV_TWO_BY_FIVE:   transform_gradient(CONV_TWO_BY_FIVE, k, t, from, to, point); break;
            case CONV_PLANE:         transform_gradient(CONV_PLANE, k, t, from, to, point); break;
            }
        }
    }
}

#endif
