/* Dense convolutions of stride 1 by points (conv_points.h): forward, and the data gradient with turned
 * weights. Compiled once for each instruction set; called through conv_kernels.
 *
 * Samples lie innermost, so both transforms are the same arithmetic on every lane. A panel of CONV_PANEL
 * tiles is transformed, multiplied point by point and transformed back before the next begins. Tiles are
 * independent of each other: no bit depends on the panels or on the blocks that a call gets. */
#include "conv_product.h"

/* y <- A^T m: four or two outputs of six points, or two of three. */
REG_INLINE void outputs_of_points(const conv_form form, const reg *m, reg *y, const int step)
{
    if (form == CONV_PLANE) {
        y[0] = m[0] + m[1], y[step] = m[0] + m[2];
        return;
    }
    const reg a = m[1] + m[2], b = m[1] - m[2];
    const reg c = m[3] + m[4], e = m[3] - m[4];
    const reg odd = reg_fma(reg_all(2), e, b);
    y[0] = m[0] + a + c;
    if (form == CONV_TWO_BY_FIVE) {
        y[step] = odd + m[5];
        return;
    }
    y[step] = odd;
    y[2 * step] = reg_fma(reg_all(4), c, a);
    y[3 * step] = reg_fma(reg_all(8), e, b) + m[5];
}

/* One output of one tile: what is to be stored is in y[tile][tile]. */
REG_INLINE void read_products(const conv_form form, const float *m, reg *y)
{
    const conv_sides s = conv_sides_of(form);
    const ptrdiff_t point = conv_panel_stride(CONV_CHUNK);
    reg half[4 * CONV_SIDE];
    for (int j = 0; j < s.points; j++) {
        reg column[CONV_SIDE];
        REG_UNROLL for (int i = 0; i < s.points; i++)
            column[i] = reg_load(m + (i * s.points + j) * point);
        outputs_of_points(form, column, half + j, s.points);
    }
    for (int i = 0; i < s.tile; i++)
        outputs_of_points(form, half + i * s.points, y + i * s.tile, 1);
}

/* gate NULL: none. */
REG_INLINE void write_output(const conv_form form, const conv_winograd *k, const tile *t, int64_t output,
                             const float *m, const float *gate, float *out)
{
    const int side = conv_sides_of(form).tile;
    const int64_t rows = k->rows - t->row < side ? k->rows - t->row : side,
                  columns = k->columns - t->column < side ? k->columns - t->column : side;
    const reg bias = reg_all(k->bias ? k->bias[output] : 0);
    reg y[16];
    read_products(form, m, y);
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

REG_INLINE void transform_outputs(const conv_form form, const conv_winograd *k, const tile *t, int64_t first,
                                  int64_t end, const float *m)
{
    float *out = at(&k->out, t);
    const float *gate = k->gate.at ? at(&k->gate, t) : NULL;
    for (int64_t o = first; o < end; o++)
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES)
            write_output(form, k, t, o, m + (o - first) * CONV_PANEL * CPU_LANES + lane,
                         gate ? gate + o * k->gate.channel + lane : NULL, out + o * k->out.channel + lane);
}

static void transform_chunk(const conv_winograd *k, const tile *t, int64_t first, int64_t end, const float *m)
{
    switch (k->form) {
    case CONV_FOUR_BY_THREE: transform_outputs(CONV_FOUR_BY_THREE, k, t, first, end, m); break;
    case CONV_TWO_BY_FIVE:   transform_outputs(CONV_TWO_BY_FIVE, k, t, first, end, m); break;
    case CONV_PLANE:         transform_outputs(CONV_PLANE, k, t, first, end, m); break;
    }
}

void CPU_NAME(conv_winograd)(const conv_winograd *k);

void CPU_NAME(conv_winograd)(const conv_winograd *k)
{
    const plane in = { k->in, k->in_rows, k->in_columns, k->pad, k->form };
    const int side = conv_sides_of(k->form).tile;
    const int64_t n = tiles_of(k->blocks, k->rows, k->columns, side);
    float *v = k->scratch;
    for (int64_t from = 0; from < n; from += CONV_PANEL) {
        const int64_t tiles = n - from < CONV_PANEL ? n - from : CONV_PANEL;
        tile t[CONV_PANEL];
        for (int64_t i = 0; i < tiles; i++) {
            t[i] = tile_at(k->rows, k->columns, side, from + i);
            transform_channels(&in, &t[i], 0, k->inputs, v + i * CPU_LANES, CONV_PANEL * CPU_LANES,
                               conv_panel_stride(k->inputs));
        }
        CPU_NAME(conv_products)(k, t, tiles, v, v + CONV_POINTS * conv_panel_stride(k->inputs),
                                transform_chunk);
    }
}
