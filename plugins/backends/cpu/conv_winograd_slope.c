/* The weights' gradient of a dense convolution by Winograd's F(4x4, 3x3) or F(2x2, 5x5): the adjoint of the
 * forward pass's algorithm in its weights, dw = G^T [sum (A g A^T) (B^T x B)] G. Compiled once for each
 * instruction set; called through conv_kernels.
 *
 * The sum at one point is a product of matrices over tiles and samples. Inputs are transposed for it, so
 * that channels lie innermost, and the outputs' numbers are spread over a register one by one. */
#include "conv_transform.h"
#include "shuffle.h"

/* Scratch, divided: [point] of each, strides that are no power of two. */
typedef struct space {
    float *v; ptrdiff_t v_point;              /* inputs' points [tile, sample][columns] */
    float *d; ptrdiff_t d_point;              /* outputs' points [output][tile, sample] */
    float *m; ptrdiff_t m_point;              /* sums [output][columns] */
    float *sixteen;                           /* points of sixteen channels before they are transposed */
    int64_t columns;
} space;

enum { PANEL = CONV_PANEL * CPU_LANES, SIXTEEN = CONV_SIXTEEN };

static space divide(const conv_winograd_slope *k)
{
    const int64_t columns = conv_slope_inputs(k->inputs), odd = 5 * CPU_LANES;
    space s = { .v = k->scratch, .v_point = columns * PANEL + odd,
                .d_point = CONV_SLOPE_OUTPUTS * PANEL + odd,
                .m_point = conv_slope_point(k->inputs), .columns = columns };
    s.d = s.v + CONV_POINTS * s.v_point;
    s.m = s.d + CONV_POINTS * s.d_point;
    s.sixteen = s.m + CONV_POINTS * s.m_point;
    return s;
}

/* Sixteen channels of one tile, transposed into v. */
static void transpose_points(const space *s, float *v)
{
    for (int p = 0; p < CONV_POINTS; p++) {
        vec x[CPU_LANES];
        for (int i = 0; i < CPU_LANES; i++)
            x[i] = vec_load(s->sixteen + p * SIXTEEN + i * CPU_LANES);
        transpose_16(x, v + p * s->v_point, s->columns);
    }
}

static void transform_inputs(const conv_winograd_slope *k, const space *s, const tile *t, float *v)
{
    const plane in = { k->x, k->in_rows, k->in_columns, k->pad };
    for (int64_t c = 0; c < s->columns; c += CPU_LANES) {
        const int64_t end = k->inputs < c + CPU_LANES ? k->inputs : c + CPU_LANES;
        if (end < c + CPU_LANES)
            memset(s->sixteen, 0, CONV_POINTS * SIXTEEN * sizeof *s->sixteen);
        transform_channels(&in, t, c, end, s->sixteen, CPU_LANES, SIXTEEN);
        transpose_points(s, v + c);
    }
}

/* d <- A y: six points of four or two numbers. */
REG_INLINE void points_of_outputs(const int side, const reg *y, const int step, reg *d, const int d_step)
{
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

REG_INLINE void read_gradient(const int side, const conv_winograd_slope *k, const tile *t, const float *g,
                              reg *y)
{
    for (int i = 0; i < side; i++)
        REG_UNROLL for (int j = 0; j < side; j++)
            y[i * side + j] = t->row + i < k->rows && t->column + j < k->columns
                                  ? reg_load(g + i * k->g.row + j * CPU_LANES) : (reg){ 0 };
}

REG_INLINE void transform_output(const int side, const conv_winograd_slope *k, const space *s, const tile *t,
                                 const float *g, float *d)
{
    reg y[16], half[4 * CONV_SIDE], all[CONV_SIDE];
    read_gradient(side, k, t, g, y);
    for (int j = 0; j < side; j++)
        points_of_outputs(side, y + j, side, half + j, side);
    for (int i = 0; i < CONV_SIDE; i++) {
        points_of_outputs(side, half + i * side, 1, all, 1);
        REG_UNROLL for (int j = 0; j < CONV_SIDE; j++)
            reg_store(d + (i * CONV_SIDE + j) * s->d_point, all[j]);
    }
}

/* Outputs [first, end) of one tile, into its place in the panel. */
static void transform_outputs(const conv_winograd_slope *k, const space *s, const tile *t, int64_t first,
                              int64_t end, float *d)
{
    const float *g = k->g.at + t->block * k->g.block + t->row * k->g.row + t->column * CPU_LANES;
    for (int64_t o = first; o < end; o++)
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES) {
            const float *from = g + o * k->g.channel + lane;
            float *to = d + (o - first) * PANEL + lane;
            if (k->side == 4)
                transform_output(4, k, s, t, from, to);
            else
                transform_output(2, k, s, t, from, to);
        }
}

/* m[CONV_WIDE][across registers] += d v over n tiles and samples. */
REG_INLINE void add_products(const int across, const float *d, const float *v, int64_t columns, int64_t n,
                             float *m)
{
    reg a[4 * CONV_WIDE];
    REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
        REG_UNROLL for (int j = 0; j < across; j++)
            a[i * across + j] = reg_load(m + i * columns + j * REG_LANES);
    for (int64_t p = 0; p < n; p++, d++, v += columns) {
        reg x[4];
        REG_UNROLL for (int j = 0; j < across; j++)
            x[j] = reg_load(v + j * REG_LANES);
        REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
            REG_UNROLL for (int j = 0; j < across; j++)
                a[i * across + j] = reg_fma(reg_all(d[i * PANEL]), x[j], a[i * across + j]);
    }
    REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
        REG_UNROLL for (int j = 0; j < across; j++)
            reg_store(m + i * columns + j * REG_LANES, a[i * across + j]);
}

typedef void product_fn(const float *d, const float *v, int64_t columns, int64_t n, float *m);

static void tile_products_1(const float *d, const float *v, int64_t columns, int64_t n, float *m)
{
    add_products(1, d, v, columns, n, m);
}

static void tile_products_2(const float *d, const float *v, int64_t columns, int64_t n, float *m)
{
    add_products(2, d, v, columns, n, m);
}

#if REG_LANES == 16
static void tile_products_4(const float *d, const float *v, int64_t columns, int64_t n, float *m)
{
    add_products(4, d, v, columns, n, m);
}
static const struct { int64_t lanes; product_fn *run; } widths[] = {
    { 4 * REG_LANES, tile_products_4 }, { 2 * REG_LANES, tile_products_2 }, { REG_LANES, tile_products_1 },
};
#else
static const struct { int64_t lanes; product_fn *run; } widths[] = {
    { 2 * REG_LANES, tile_products_2 }, { REG_LANES, tile_products_1 },
};
#endif

/* All inputs' columns for CONV_WIDE outputs at one point. */
static void multiply(const space *s, const float *d, const float *v, int64_t n, float *m)
{
    int64_t c = 0;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (; c + widths[i].lanes <= s->columns; c += widths[i].lanes)
            widths[i].run(d, v + c, s->columns, n, m + c);
}

static void add_panel(const conv_winograd_slope *k, const space *s, int64_t from, int64_t tiles,
                      int64_t first, int64_t end)
{
    for (int64_t i = 0; i < tiles; i++) {
        const tile t = tile_at(k->rows, k->columns, k->side, from + i);
        transform_inputs(k, s, &t, s->v + i * CPU_LANES * s->columns);
        transform_outputs(k, s, &t, first, end, s->d + i * CPU_LANES);
    }
    for (int p = 0; p < CONV_POINTS; p++)
        for (int64_t o = 0; o < end - first; o += CONV_WIDE)
            multiply(s, s->d + p * s->d_point + o * PANEL, s->v + p * s->v_point, tiles * CPU_LANES,
                     s->m + p * s->m_point + o * s->columns);
}

/* w <- G^T m: three or five taps of six points. */
REG_INLINE void taps_of_points(const int kernel, const reg *m, reg *w, const int step)
{
    const reg a = m[1] + m[2], b = m[2] - m[1];
    const reg c = m[3] + m[4], e = m[3] - m[4];
    const reg odd = reg_all(1 / 6.f) * b, even = reg_all(-1 / 6.f) * a;
    w[0] = reg_fma(reg_all(1 / 4.f), m[0], reg_fma(reg_all(1 / 24.f), c, even));
    w[step] = reg_fma(reg_all(1 / 12.f), e, odd);
    if (kernel == 3) {
        w[2 * step] = reg_fma(reg_all(1 / 6.f), c - a, m[5]);
        return;
    }
    w[2 * step] = reg_all(1 / 6.f) * (c - a);
    w[3 * step] = reg_fma(reg_all(1 / 3.f), e, odd);
    w[4 * step] = reg_fma(reg_all(2 / 3.f), c, even) + m[5];
}

/* The taps of one output for a register of inputs, from input c on. */
REG_INLINE void finish(const int kernel, const conv_winograd_slope *k, const space *s, const float *m,
                       int64_t output, int64_t c)
{
    const int taps = kernel * kernel;
    reg half[5 * CONV_SIDE], w[25];
    for (int j = 0; j < CONV_SIDE; j++) {
        reg column[CONV_SIDE];
        REG_UNROLL for (int i = 0; i < CONV_SIDE; i++)
            column[i] = reg_load(m + (i * CONV_SIDE + j) * s->m_point);
        taps_of_points(kernel, column, half + j, CONV_SIDE);
    }
    for (int i = 0; i < kernel; i++)
        taps_of_points(kernel, half + i * CONV_SIDE, w + i * kernel, 1);
    for (int tap = 0; tap < taps; tap++)
        for (int64_t i = 0; i < REG_LANES && c + i < k->inputs; i++) {
            const size_t place = (size_t)((output * k->inputs + c + i) * taps + tap);
            const uint32_t to = k->to ? k->to[place] : (uint32_t)place;
            if (to != CONV_NONE)
                k->dw[to] = w[tap][i];
        }
}

static void finish_outputs(const conv_winograd_slope *k, const space *s, int64_t first, int64_t end)
{
    for (int64_t o = first; o < end; o++)
        for (int64_t c = 0; c < k->inputs; c += REG_LANES) {
            const float *m = s->m + (o - first) * s->columns + c;
            if (k->side == 4)
                finish(3, k, s, m, o, c);
            else
                finish(5, k, s, m, o, c);
        }
}

static void sum_outputs(const conv_winograd_slope *k, const space *s, int64_t first, int64_t end)
{
    const int64_t n = tiles_of(k->blocks, k->rows, k->columns, k->side);
    memset(s->m, 0, (size_t)(CONV_POINTS * s->m_point) * sizeof *s->m);
    for (int64_t from = 0; from < n; from += CONV_PANEL)
        add_panel(k, s, from, n - from < CONV_PANEL ? n - from : CONV_PANEL, first, end);
}

void CPU_NAME(conv_winograd_slope)(const conv_winograd_slope *k);

void CPU_NAME(conv_winograd_slope)(const conv_winograd_slope *k)
{
    space s = divide(k);
    if (k->stage != CONV_FINISH)              /* outputs beyond the last */
        memset(s.d, 0, (size_t)(CONV_POINTS * s.d_point) * sizeof *s.d);
    if (k->stage != CONV_WHOLE)
        s.m = k->sums;
    for (int64_t first = k->first; first < k->end; first += CONV_SLOPE_OUTPUTS) {
        const int64_t most = first + CONV_SLOPE_OUTPUTS, end = most < k->end ? most : k->end;
        if (k->stage != CONV_FINISH)
            sum_outputs(k, &s, first, end);
        if (k->stage != CONV_SUMS)
            finish_outputs(k, &s, first, end);
        if (k->stage != CONV_WHOLE)
            s.m += CONV_POINTS * s.m_point;
    }
}
