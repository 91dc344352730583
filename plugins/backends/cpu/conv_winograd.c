/* Dense 3 x 3 convolutions of stride 1 by Winograd's F(4x4, 3x3): forward, and the data gradient with turned
 * weights. Compiled once for each instruction set; called through conv_kernels.
 *
 * Samples lie innermost, so both transforms are the same arithmetic on every lane. A panel of CONV_PANEL
 * tiles is transformed, multiplied point by point and transformed back before the next begins. Tiles are
 * independent of each other: no bit depends on the panels or on the blocks that a call gets. */
#include "conv_kernels.h"
#include "conv_points.h"
#include "conv_reg.h"

#if REG_LANES == 16
enum { ACROSS = 4 };                          /* registers of a panel that are multiplied at once */
#else
enum { ACROSS = 2 };
#endif

typedef struct tile { int64_t block, row, column; } tile;

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

/* y <- A^T m. */
REG_INLINE void outputs_of_points(const reg *m, const int step, reg *y, const int y_step)
{
    const reg a = m[step] + m[2 * step], b = m[step] - m[2 * step];
    const reg c = m[3 * step] + m[4 * step], e = m[3 * step] - m[4 * step];
    y[0] = m[0] + a + c;
    y[y_step] = reg_fma(reg_all(2), e, b);
    y[2 * y_step] = reg_fma(reg_all(4), c, a);
    y[3 * y_step] = reg_fma(reg_all(8), e, b) + m[5 * step];
}

/* The 36 inputs of a tile; zeros where it reaches past the frame of zeros that there is. */
REG_INLINE void read_inputs(const conv_winograd *k, const tile *t, const float *x, const bool whole, reg *d)
{
    for (int i = 0; i < CONV_SIDE; i++)
        REG_UNROLL for (int j = 0; j < CONV_SIDE; j++) {
            const bool there = whole || (t->row + i < k->in_rows + 2 * k->pad &&
                                         t->column + j < k->in_columns + 2 * k->pad);
            d[i * CONV_SIDE + j] = there ? reg_load(x + i * k->in.row + j * CPU_LANES) : (reg){ 0 };
        }
}

REG_INLINE void transform_tile(const conv_winograd *k, const tile *t, const float *x, const bool whole, float *v,
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

static bool is_whole(const conv_winograd *k, const tile *t)
{
    return t->row + CONV_SIDE <= k->in_rows + 2 * k->pad && t->column + CONV_SIDE <= k->in_columns + 2 * k->pad;
}

/* Tile t of the panel, for all inputs. */
static void transform_inputs(const conv_winograd *k, tile t, float *v)
{
    const ptrdiff_t point = conv_panel_stride(k->inputs);
    const float *x = k->in.at + t.block * k->in.block + (t.row - k->pad) * k->in.row +
                     (t.column - k->pad) * CPU_LANES;
    const bool whole = is_whole(k, &t);
    for (int64_t c = 0; c < k->inputs; c++, x += k->in.channel, v += CONV_PANEL * CPU_LANES)
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES) {
            if (whole)
                transform_tile(k, &t, x + lane, true, v + lane, point);
            else
                transform_tile(k, &t, x + lane, false, v + lane, point);
        }
}

/* m[CONV_WIDE outputs][a part of the panel] = u v at one point. */
static __attribute__((noinline)) void tile_product(const float *u, const float *v, int64_t inputs, float *m)
{
    reg a[CONV_WIDE * ACROSS];
    REG_UNROLL for (int i = 0; i < CONV_WIDE * ACROSS; i++)
        a[i] = (reg){ 0 };
    for (int64_t c = 0; c < inputs; c++, u += CONV_WIDE, v += CONV_PANEL * CPU_LANES) {
        reg x[ACROSS];
        REG_UNROLL for (int j = 0; j < ACROSS; j++)
            x[j] = reg_load(v + j * REG_LANES);
        REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
            REG_UNROLL for (int j = 0; j < ACROSS; j++)
                a[i * ACROSS + j] = reg_fma(reg_all(u[i]), x[j], a[i * ACROSS + j]);
    }
    REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
        REG_UNROLL for (int j = 0; j < ACROSS; j++)
            reg_store(m + i * CONV_PANEL * CPU_LANES + j * REG_LANES, a[i * ACROSS + j]);
}

/* Products of outputs [first, first + CONV_CHUNK) at all points. */
static void multiply(const conv_winograd *k, int64_t first, const float *v, float *m)
{
    const int64_t groups = (k->outputs + CONV_WIDE - 1) / CONV_WIDE, size = k->inputs * CONV_WIDE;
    for (int p = 0; p < CONV_POINTS; p++)
        for (int64_t g = first / CONV_WIDE; g < groups && g * CONV_WIDE < first + CONV_CHUNK; g++)
            for (int part = 0; part < CONV_PANEL * CPU_LANES; part += ACROSS * REG_LANES)
                tile_product(k->u + (p * groups + g) * size, v + p * conv_panel_stride(k->inputs) + part, k->inputs,
                             m + p * conv_panel_stride(CONV_CHUNK) +
                                 (g * CONV_WIDE - first) * CONV_PANEL * CPU_LANES + part);
}

/* One output of one tile: what is to be stored is in y[4][4]. */
static void read_products(const float *m, reg *y)
{
    const ptrdiff_t point = conv_panel_stride(CONV_CHUNK);
    reg half[4 * CONV_SIDE];
    for (int j = 0; j < CONV_SIDE; j++) {
        reg column[CONV_SIDE];
        REG_UNROLL for (int i = 0; i < CONV_SIDE; i++)
            column[i] = reg_load(m + (i * CONV_SIDE + j) * point);
        outputs_of_points(column, 1, half + j, CONV_SIDE);
    }
    for (int i = 0; i < 4; i++)
        outputs_of_points(half + i * CONV_SIDE, 1, y + i * 4, 1);
}

static void write_output(const conv_winograd *k, const tile *t, int64_t output, const float *m, float *out)
{
    const int64_t rows = k->rows - t->row < 4 ? k->rows - t->row : 4,
                  columns = k->columns - t->column < 4 ? k->columns - t->column : 4;
    const reg bias = reg_all(k->bias ? k->bias[output] : 0);
    reg y[16];
    read_products(m, y);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            float *to = out + i * k->out.row + j * CPU_LANES;
            const reg sum = y[i * 4 + j] + (k->add ? reg_load(to) : bias);
            reg_store(to, k->relu ? reg_relu(sum) : sum);
        }
}

static void transform_outputs(const conv_winograd *k, tile t, int64_t first, const float *m)
{
    float *out = k->out.at + t.block * k->out.block + t.row * k->out.row + t.column * CPU_LANES;
    for (int64_t o = first; o < k->outputs && o < first + CONV_CHUNK; o++)
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES)
            write_output(k, &t, o, m + (o - first) * CONV_PANEL * CPU_LANES + lane, out + o * k->out.channel + lane);
}

static tile tile_at(const conv_winograd *k, int64_t i)
{
    const int64_t down = (k->rows + 3) / 4, across = (k->columns + 3) / 4;
    return (tile){ i / (down * across), i / across % down * 4, i % across * 4 };
}

void CPU_NAME(conv_winograd)(const conv_winograd *k);

void CPU_NAME(conv_winograd)(const conv_winograd *k)
{
    const int64_t n = k->blocks * ((k->rows + 3) / 4) * ((k->columns + 3) / 4);
    float *v = k->scratch, *m = v + CONV_POINTS * conv_panel_stride(k->inputs);
    for (int64_t from = 0; from < n; from += CONV_PANEL) {
        const int64_t tiles = n - from < CONV_PANEL ? n - from : CONV_PANEL;
        for (int64_t i = 0; i < tiles; i++)
            transform_inputs(k, tile_at(k, from + i), v + i * CPU_LANES);
        for (int64_t first = 0; first < k->outputs; first += CONV_CHUNK) {
            multiply(k, first, v, m);
            for (int64_t i = 0; i < tiles; i++)
                transform_outputs(k, tile_at(k, from + i), first, m + i * CPU_LANES);
        }
    }
}
