/* Dense convolutions of stride 1 by Winograd's F(4x4, 3x3) and F(2x2, 5x5): forward, and the data gradient
 * with turned weights. Compiled once for each instruction set; called through conv_kernels.
 *
 * Samples lie innermost, so both transforms are the same arithmetic on every lane. A panel of CONV_PANEL
 * tiles is transformed, multiplied point by point and transformed back before the next begins. Tiles are
 * independent of each other: no bit depends on the panels or on the blocks that a call gets. */
#include "conv_transform.h"

#if REG_LANES == 16
enum { ACROSS = 4 };                          /* registers of a panel that are multiplied at once */
#else
enum { ACROSS = 2 };
#endif

/* y <- A^T m: four or two outputs of six points. */
REG_INLINE void outputs_of_points(const int side, const reg *m, reg *y, const int step)
{
    const reg a = m[1] + m[2], b = m[1] - m[2];
    const reg c = m[3] + m[4], e = m[3] - m[4];
    const reg odd = reg_fma(reg_all(2), e, b);
    y[0] = m[0] + a + c;
    if (side == 2) {
        y[step] = odd + m[5];
        return;
    }
    y[step] = odd;
    y[2 * step] = reg_fma(reg_all(4), c, a);
    y[3 * step] = reg_fma(reg_all(8), e, b) + m[5];
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
    const ptrdiff_t point = conv_point_stride(k->outputs, k->inputs),
                    v_point = conv_panel_stride(k->inputs), m_point = conv_panel_stride(CONV_CHUNK);
    for (int p = 0; p < CONV_POINTS; p++, v += v_point, m += m_point)
        for (int64_t g = first / CONV_WIDE; g < groups && g * CONV_WIDE < first + CONV_CHUNK; g++)
            for (int part = 0; part < CONV_PANEL * CPU_LANES; part += ACROSS * REG_LANES)
                tile_product(k->u + p * point + g * size, v + part, k->inputs,
                             m + (g * CONV_WIDE - first) * CONV_PANEL * CPU_LANES + part);
}

/* One output of one tile: what is to be stored is in y[side][side]. */
REG_INLINE void read_products(const int side, const float *m, reg *y)
{
    const ptrdiff_t point = conv_panel_stride(CONV_CHUNK);
    reg half[4 * CONV_SIDE];
    for (int j = 0; j < CONV_SIDE; j++) {
        reg column[CONV_SIDE];
        REG_UNROLL for (int i = 0; i < CONV_SIDE; i++)
            column[i] = reg_load(m + (i * CONV_SIDE + j) * point);
        outputs_of_points(side, column, half + j, CONV_SIDE);
    }
    for (int i = 0; i < side; i++)
        outputs_of_points(side, half + i * CONV_SIDE, y + i * side, 1);
}

/* gate NULL: none. */
REG_INLINE void write_output(const int side, const conv_winograd *k, const tile *t, int64_t output,
                             const float *m, const float *gate, float *out)
{
    const int64_t rows = k->rows - t->row < side ? k->rows - t->row : side,
                  columns = k->columns - t->column < side ? k->columns - t->column : side;
    const reg bias = reg_all(k->bias ? k->bias[output] : 0);
    reg y[16];
    read_products(side, m, y);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            float *to = out + i * k->out.row + j * CPU_LANES;
            reg sum = y[i * side + j] + (k->add ? reg_load(to) : bias);
            if (gate)
                sum = reg_where(reg_load(gate + i * k->gate.row + j * CPU_LANES) > (reg){ 0 }, sum);
            reg_store(to, k->relu ? reg_relu(sum) : sum);
        }
}

static float *at(const conv_sheet *v, const tile *t)
{
    return v->at + t->block * v->block + t->row * v->row + t->column * CPU_LANES;
}

REG_INLINE void transform_outputs(const int side, const conv_winograd *k, const tile *t, int64_t first,
                                  const float *m)
{
    float *out = at(&k->out, t);
    const float *gate = k->gate.at ? at(&k->gate, t) : NULL;
    for (int64_t o = first; o < k->outputs && o < first + CONV_CHUNK; o++)
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES)
            write_output(side, k, t, o, m + (o - first) * CONV_PANEL * CPU_LANES + lane,
                         gate ? gate + o * k->gate.channel + lane : NULL, out + o * k->out.channel + lane);
}

static void transform_to_four(const conv_winograd *k, const tile *t, int64_t first, const float *m)
{
    transform_outputs(4, k, t, first, m);
}

static void transform_to_two(const conv_winograd *k, const tile *t, int64_t first, const float *m)
{
    transform_outputs(2, k, t, first, m);
}

void CPU_NAME(conv_winograd)(const conv_winograd *k);

void CPU_NAME(conv_winograd)(const conv_winograd *k)
{
    const plane in = { k->in, k->in_rows, k->in_columns, k->pad };
    const int64_t n = tiles_of(k->blocks, k->rows, k->columns, k->side);
    float *v = k->scratch, *m = v + CONV_POINTS * conv_panel_stride(k->inputs);
    for (int64_t from = 0; from < n; from += CONV_PANEL) {
        const int64_t tiles = n - from < CONV_PANEL ? n - from : CONV_PANEL;
        tile t[CONV_PANEL];
        for (int64_t i = 0; i < tiles; i++) {
            t[i] = tile_at(k->rows, k->columns, k->side, from + i);
            transform_channels(&in, &t[i], 0, k->inputs, v + i * CPU_LANES, CONV_PANEL * CPU_LANES,
                               conv_panel_stride(k->inputs));
        }
        for (int64_t first = 0; first < k->outputs; first += CONV_CHUNK) {
            multiply(k, first, v, m);
            for (int64_t i = 0; i < tiles; i++)
                (k->side == 4 ? transform_to_four : transform_to_two)(k, &t[i], first, m + i * CPU_LANES);
        }
    }
}
