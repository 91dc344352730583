/* The data gradient of a dense convolution of stride 1 by points (conv_points.h), where the plane of its
 * outputs has fewer tiles than that of its inputs: the adjoint of the forward pass's algorithm in its inputs,
 * dx = sum over tiles of B [sum over outputs of (G w G^T) (A g A^T)] B^T. Compiled once for each instruction
 * set; called through conv_kernels, whose input is g here, and whose output dx.
 *
 * What tiles give overlaps. A pixel's sum goes over its tiles in their order, which is that of a block's rows
 * and columns: so no bit depends on the panels or on the blocks that a call gets. */
#include "conv_product.h"

/* x <- B m: six numbers of six points. */
REG_INLINE void inputs_of_points(const reg *m, reg *x)
{
    const reg four = reg_all(4), five = reg_all(5), two = reg_all(2);
    const reg a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], e = two * (m[3] - m[4]);
    x[0] = four * m[0];
    x[1] = reg_fma(four, m[5] - b, -e);
    x[2] = reg_fma(-five, m[0], reg_fma(-four, a, -c));
    x[3] = reg_fma(-five, m[5], b + e);
    x[4] = m[0] + a + c;
    x[5] = m[5];
}

/* One channel of what a tile gives, onto dx where that has its pixels; whole: it has all. */
REG_INLINE void add_channel(const conv_winograd *k, const tile *t, const bool whole, const float *m,
                            float *dx)
{
    const ptrdiff_t point = conv_panel_stride(CONV_CHUNK);
    const int64_t row = t->row - k->pad, column = t->column - k->pad;
    reg half[CONV_POINTS];
    for (int i = 0; i < CONV_SIDE; i++) {
        reg line[CONV_SIDE];
        REG_UNROLL for (int j = 0; j < CONV_SIDE; j++)
            line[j] = reg_load(m + (i * CONV_SIDE + j) * point);
        inputs_of_points(line, half + i * CONV_SIDE);
    }
    for (int j = 0; j < CONV_SIDE; j++) {
        reg line[CONV_SIDE], x[CONV_SIDE];
        REG_UNROLL for (int i = 0; i < CONV_SIDE; i++)
            line[i] = half[i * CONV_SIDE + j];
        inputs_of_points(line, x);
        REG_UNROLL for (int i = 0; i < CONV_SIDE; i++) {
            float *to = dx + i * k->out.row + j * CPU_LANES;
            if (whole || (row + i >= 0 && row + i < k->rows && column + j >= 0 && column + j < k->columns))
                reg_store(to, reg_load(to) + x[i]);
        }
    }
}

/* Channels [first, end). */
static void add_tile(const conv_winograd *k, const tile *t, int64_t first, int64_t end, const float *m)
{
    const int64_t row = t->row - k->pad, column = t->column - k->pad;
    const bool whole = row >= 0 && row + CONV_SIDE <= k->rows && column >= 0 &&
                       column + CONV_SIDE <= k->columns;
    float *dx = k->out.at + t->block * k->out.block + row * k->out.row + column * CPU_LANES +
                first * k->out.channel;
    for (int64_t c = first; c < end; c++, dx += k->out.channel, m += CONV_PANEL * CPU_LANES)
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES)
            if (whole)
                add_channel(k, t, true, m + lane, dx + lane);
            else
                add_channel(k, t, false, m + lane, dx + lane);
}

/* Zeros, which its first tile is added to. */
static void begin_block(const conv_winograd *k, int64_t block)
{
    for (int64_t i = 0; i < k->outputs * k->rows; i++)
        memset(k->out.at + block * k->out.block + i / k->rows * k->out.channel + i % k->rows * k->out.row, 0,
               (size_t)k->columns * CPU_LANES * sizeof *k->out.at);
}

static void gate_row(const float *gate, float *dx, int64_t n)
{
    for (int64_t i = 0; i < n; i += REG_LANES)
        reg_store(dx + i, reg_where(reg_load(gate + i) > (reg){ 0 }, reg_load(dx + i)));
}

/* Once its last tile is added, while it is near. */
static void gate_block(const conv_winograd *k, int64_t block)
{
    for (int64_t i = 0; i < k->outputs * k->rows; i++) {
        const int64_t c = i / k->rows, row = i % k->rows;
        gate_row(k->gate.at + block * k->gate.block + c * k->gate.channel + row * k->gate.row,
                 k->out.at + block * k->out.block + c * k->out.channel + row * k->out.row,
                 k->columns * CPU_LANES);
    }
}

void CPU_NAME(conv_winograd_back)(const conv_winograd *k);

void CPU_NAME(conv_winograd_back)(const conv_winograd *k)
{
    const plane g = { k->in, k->in_rows, k->in_columns, 0, k->form };
    const int side = conv_sides_of(k->form).tile;
    const int64_t each = tiles_of(1, k->in_rows, k->in_columns, side), n = k->blocks * each;
    float *v = k->scratch;
    for (int64_t from = 0; from < n; from += CONV_PANEL) {
        const int64_t tiles = n - from < CONV_PANEL ? n - from : CONV_PANEL, end = from + tiles;
        tile t[CONV_PANEL];
        for (int64_t i = 0; i < tiles; i++) {
            t[i] = tile_at(k->in_rows, k->in_columns, side, from + i);
            transform_gradients(&g, &t[i], 0, k->inputs, v + i * CPU_LANES, CONV_PANEL * CPU_LANES,
                                conv_panel_stride(k->inputs));
            if (!k->add && (from + i) % each == 0)
                begin_block(k, t[i].block);
        }
        CPU_NAME(conv_products)(k, t, tiles, v, v + CONV_POINTS * conv_panel_stride(k->inputs),
                                add_tile);
        for (int64_t block = from / each; k->gate.at && block < end / each; block++)
            gate_block(k, block);
    }
}
