/* The weights' gradient of a dense 3 x 3 convolution by Winograd's F(4x4, 3x3): the adjoint of the forward
 * pass's algorithm in its weights, dw = G^T [sum (A g A^T) (B^T x B)] G. Compiled once for each instruction
 * set; called through conv_kernels.
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

/* d <- A y: six points of four numbers. */
REG_INLINE void points_of_outputs(const reg *y, const int step, reg *d, const int d_step)
{
    const reg a = y[0] + y[2 * step], b = y[step] + y[3 * step];
    const reg c = reg_fma(reg_all(4), y[2 * step], y[0]);
    const reg e = reg_fma(reg_all(8), y[3 * step], y[step] + y[step]);
    d[0] = y[0];
    d[d_step] = a + b;
    d[2 * d_step] = a - b;
    d[3 * d_step] = c + e;
    d[4 * d_step] = c - e;
    d[5 * d_step] = y[3 * step];
}

REG_INLINE void read_gradient(const conv_winograd_slope *k, const tile *t, const float *g, reg *y)
{
    for (int i = 0; i < 4; i++)
        REG_UNROLL for (int j = 0; j < 4; j++)
            y[i * 4 + j] = t->row + i < k->rows && t->column + j < k->columns
                               ? reg_load(g + i * k->g.row + j * CPU_LANES) : (reg){ 0 };
}

static void transform_output(const conv_winograd_slope *k, const space *s, const tile *t, const float *g,
                             float *d)
{
    reg y[16], half[4 * CONV_SIDE], all[CONV_SIDE];
    read_gradient(k, t, g, y);
    for (int j = 0; j < 4; j++)
        points_of_outputs(y + j, 4, half + j, 4);
    for (int i = 0; i < CONV_SIDE; i++) {
        points_of_outputs(half + i * 4, 1, all, 1);
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
        for (int lane = 0; lane < CPU_LANES; lane += REG_LANES)
            transform_output(k, s, t, g + o * k->g.channel + lane, d + (o - first) * PANEL + lane);
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
        const tile t = tile_at(k->rows, k->columns, from + i);
        transform_inputs(k, s, &t, s->v + i * CPU_LANES * s->columns);
        transform_outputs(k, s, &t, first, end, s->d + i * CPU_LANES);
    }
    for (int p = 0; p < CONV_POINTS; p++)
        for (int64_t o = 0; o < end - first; o += CONV_WIDE)
            multiply(s, s->d + p * s->d_point + o * PANEL, s->v + p * s->v_point, tiles * CPU_LANES,
                     s->m + p * s->m_point + o * s->columns);
}

/* w <- G^T m: three taps of six points. */
REG_INLINE void taps_of_points(const reg *m, const int step, reg *w, const int w_step)
{
    const reg a = m[step] + m[2 * step], b = m[2 * step] - m[step];
    const reg c = m[3 * step] + m[4 * step], e = m[3 * step] - m[4 * step];
    w[0] = reg_fma(reg_all(1 / 4.f), m[0], reg_fma(reg_all(1 / 24.f), c, reg_all(-1 / 6.f) * a));
    w[w_step] = reg_fma(reg_all(1 / 12.f), e, reg_all(1 / 6.f) * b);
    w[2 * w_step] = reg_fma(reg_all(1 / 6.f), c - a, m[5 * step]);
}

/* The nine taps of one output for a register of inputs, from input c on. */
static void finish(const conv_winograd_slope *k, const space *s, const float *m, int64_t output, int64_t c)
{
    reg half[3 * CONV_SIDE], w[9];
    for (int j = 0; j < CONV_SIDE; j++) {
        reg column[CONV_SIDE];
        REG_UNROLL for (int i = 0; i < CONV_SIDE; i++)
            column[i] = reg_load(m + (i * CONV_SIDE + j) * s->m_point);
        taps_of_points(column, 1, half + j, CONV_SIDE);
    }
    for (int i = 0; i < 3; i++)
        taps_of_points(half + i * CONV_SIDE, 1, w + i * 3, 1);
    for (int tap = 0; tap < 9; tap++)
        for (int64_t i = 0; i < REG_LANES && c + i < k->inputs; i++) {
            const size_t place = (size_t)((output * k->inputs + c + i) * 9 + tap);
            const uint32_t to = k->to ? k->to[place] : (uint32_t)place;
            if (to != CONV_NONE)
                k->dw[to] = w[tap][i];
        }
}

static void finish_outputs(const conv_winograd_slope *k, const space *s, int64_t first, int64_t end)
{
    for (int64_t o = first; o < end; o++)
        for (int64_t c = 0; c < k->inputs; c += REG_LANES)
            finish(k, s, s->m + (o - first) * s->columns + c, o, c);
}

static void sum_outputs(const conv_winograd_slope *k, const space *s, int64_t first, int64_t end)
{
    const int64_t n = tiles_of(k->blocks, k->rows, k->columns);
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
