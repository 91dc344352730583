/* The weights' gradient of a dense convolution by points (conv_points.h): the adjoint of the forward pass's
 * algorithm in its weights, dw = G^T [sum (A g A^T) (B^T x B)] G. Compiled once for each
 * instruction set; called through conv_kernels.
 *
 * The sum at one point is a product of matrices over tiles and samples. Inputs are transposed for it, so
 * that channels lie innermost, and the outputs' numbers are spread over a register one by one. */
#include "conv_transform.h"
#include "shuffle.h"

/* Scratch, divided: [point] of each, strides that are no power of two. */
typedef struct space {
    float *v; ptrdiff_t v_point;              /* inputs' points [band][tile, sample][columns] */
    float *d; ptrdiff_t d_point;              /* outputs' points [output][tile, sample] */
    float *m; ptrdiff_t m_point;              /* sums [output][columns] */
    float *sixteen;                           /* points of sixteen channels before they are transposed */
    int64_t columns, band, chunk;             /* of all inputs; of one band of them; outputs */
} space;

enum { PANEL = CONV_PANEL * CPU_LANES, SIXTEEN = CONV_SIXTEEN };

static space divide(const conv_winograd_slope *k)
{
    const int64_t odd = 5 * CPU_LANES, chunk = conv_slope_chunk(k->outputs, k->inputs);
    space s = { .v = k->scratch, .v_point = conv_slope_bands(k->inputs) * PANEL + odd,
                .d_point = chunk * PANEL + odd, .m_point = conv_slope_point(k->outputs, k->inputs),
                .columns = conv_slope_inputs(k->inputs), .band = conv_slope_band(k->inputs), .chunk = chunk };
    s.d = s.v + CONV_POINTS * s.v_point;
    s.m = s.d + CONV_POINTS * s.d_point;
    s.sixteen = s.m + CONV_POINTS * s.m_point;
    return s;
}

/* Where a column begins in v. */
static ptrdiff_t column_at(const space *s, int64_t c)
{
    return c / s->band * s->band * PANEL + c % s->band;
}

/* Sixteen channels of one tile, transposed into v. */
static void transpose_points(const space *s, int points, float *v)
{
    for (int p = 0; p < points; p++) {
        vec x[CPU_LANES];
        for (int i = 0; i < CPU_LANES; i++)
            x[i] = vec_load(s->sixteen + p * SIXTEEN + i * CPU_LANES);
        transpose_16(x, v + p * s->v_point, s->band);
    }
}

static void transform_inputs(const conv_winograd_slope *k, const space *s, const tile *t, float *v)
{
    const plane in = { k->x, k->in_rows, k->in_columns, k->pad, k->form };
    const int side = conv_sides_of(k->form).points;
    for (int64_t c = 0; c < s->columns; c += CPU_LANES) {
        const int64_t end = k->inputs < c + CPU_LANES ? k->inputs : c + CPU_LANES;
        if (end < c + CPU_LANES)
            memset(s->sixteen, 0, CONV_POINTS * SIXTEEN * sizeof *s->sixteen);
        transform_channels(&in, t, c, end, s->sixteen, CPU_LANES, SIXTEEN);
        transpose_points(s, side * side, v + column_at(s, c));
    }
}

/* What stands for outputs beyond the last. */
static void clear_outputs(const space *s, int points, int64_t outputs)
{
    for (int p = 0; p < points && outputs % CONV_WIDE; p++)
        memset(s->d + p * s->d_point + outputs * PANEL, 0,
               (size_t)((CONV_WIDE - outputs % CONV_WIDE) * PANEL) * sizeof *s->d);
}

/* One product: CONV_WIDE outputs by some columns of a band over n tiles and samples, added to m or, if it is
 * the first, set. */
typedef struct product { const float *d, *v; float *m; int64_t band, columns, n; bool first; } product;

REG_INLINE void add_products(const int across, const product *q)
{
    const float *d = q->d, *v = q->v;
    float *m = q->m;
    reg a[4 * CONV_WIDE];
    REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
        REG_UNROLL for (int j = 0; j < across; j++)
            a[i * across + j] = q->first ? (reg){ 0 } : reg_load(m + i * q->columns + j * REG_LANES);
    for (int64_t p = 0; p < q->n; p++, d++, v += q->band) {
        reg x[4];
        REG_UNROLL for (int j = 0; j < across; j++)
            x[j] = reg_load(v + j * REG_LANES);
        REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
            REG_UNROLL for (int j = 0; j < across; j++)
                a[i * across + j] = reg_fma(reg_all(d[i * PANEL]), x[j], a[i * across + j]);
    }
    REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
        REG_UNROLL for (int j = 0; j < across; j++)
            reg_store(m + i * q->columns + j * REG_LANES, a[i * across + j]);
}

typedef void product_fn(const product *q);

static void tile_products_1(const product *q)
{
    add_products(1, q);
}

static void tile_products_2(const product *q)
{
    add_products(2, q);
}

#if REG_LANES == 16
static void tile_products_4(const product *q)
{
    add_products(4, q);
}
static const struct { int64_t lanes; product_fn *run; } widths[] = {
    { 4 * REG_LANES, tile_products_4 }, { 2 * REG_LANES, tile_products_2 }, { REG_LANES, tile_products_1 },
};
#else
static const struct { int64_t lanes; product_fn *run; } widths[] = {
    { 2 * REG_LANES, tile_products_2 }, { REG_LANES, tile_products_1 },
};
#endif

/* All columns of some outputs at point p. */
static void multiply(const space *s, int p, int64_t outputs, int64_t n, bool first)
{
    product q = { .band = s->band, .columns = s->columns, .n = n, .first = first };
    int64_t c = 0;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (; c + widths[i].lanes <= s->columns; c += widths[i].lanes)
            for (int64_t o = 0; o < outputs; o += CONV_WIDE) {
                q.d = s->d + p * s->d_point + o * PANEL;
                q.v = s->v + p * s->v_point + column_at(s, c);
                q.m = s->m + p * s->m_point + o * s->columns + c;
                widths[i].run(&q);
            }
}

/* A panel that is the only one has its inputs' points of the first chunk. */
static void add_panel(const conv_winograd_slope *k, const space *s, int64_t from, int64_t tiles, bool only,
                      int64_t first, int64_t end)
{
    const plane g = { k->g, k->rows, k->columns, 0, k->form };
    const conv_sides z = conv_sides_of(k->form);
    for (int64_t i = 0; i < tiles; i++) {
        const tile t = tile_at(k->rows, k->columns, z.tile, from + i);
        if (!only || first == k->first)
            transform_inputs(k, s, &t, s->v + i * CPU_LANES * s->band);
        transform_gradients(&g, &t, first, end, s->d + i * CPU_LANES, PANEL, s->d_point);
    }
    for (int p = 0; p < z.points * z.points; p++)
        multiply(s, p, end - first, tiles * CPU_LANES, from == 0);
}

/* w <- G^T m: three or five taps of six points, or three of three. */
REG_INLINE void taps_of_points(const conv_form form, const reg *m, reg *w, const int step)
{
    if (form == CONV_PLANE) {
        w[0] = m[2], w[step] = m[0] - m[1] - m[2], w[2 * step] = m[1];
        return;
    }
    const reg a = m[1] + m[2], b = m[2] - m[1];
    const reg c = m[3] + m[4], e = m[3] - m[4];
    const reg odd = reg_all(1 / 6.f) * b, even = reg_all(-1 / 6.f) * a;
    w[0] = reg_fma(reg_all(1 / 4.f), m[0], reg_fma(reg_all(1 / 24.f), c, even));
    w[step] = reg_fma(reg_all(1 / 12.f), e, odd);
    if (form == CONV_FOUR_BY_THREE) {
        w[2 * step] = reg_fma(reg_all(1 / 6.f), c - a, m[5]);
        return;
    }
    w[2 * step] = reg_all(1 / 6.f) * (c - a);
    w[3 * step] = reg_fma(reg_all(1 / 3.f), e, odd);
    w[4 * step] = reg_fma(reg_all(2 / 3.f), c, even) + m[5];
}

/* w[tap][lane] of one output from input c on, to where they are stored. */
static inline __attribute__((always_inline)) void put_taps(const int taps, const conv_winograd_slope *k,
                                                           int64_t output, int64_t c, const float *w)
{
    const int64_t n = k->inputs - c < REG_LANES ? k->inputs - c : REG_LANES;
    const size_t place = (size_t)((output * k->inputs + c) * taps);
    const uint32_t *to = k->to ? k->to + place : NULL;
    for (int64_t i = 0; i < n && !to; i++)
        for (int tap = 0; tap < taps; tap++)
            k->dw[place + (size_t)(i * taps + tap)] = w[tap * REG_LANES + i];
    for (int64_t i = 0; i < n && to; i++)
        for (int tap = 0; tap < taps; tap++) {
            const uint32_t at = to[i * taps + tap];
            float none, *place_of = at == CONV_NONE ? &none : k->dw + at;     /* branches would miss */
            *place_of = w[tap * REG_LANES + i];
        }
}

/* The taps of one output for a register of inputs, from input c on. */
REG_INLINE void finish(const conv_form form, const conv_winograd_slope *k, const space *s, const float *m,
                       int64_t output, int64_t c)
{
    const conv_sides z = conv_sides_of(form);
    const int taps = z.kernel * z.kernel;
    float sorted[25 * REG_LANES] __attribute__((aligned(64)));
    reg half[5 * CONV_SIDE], w[25];
    for (int j = 0; j < z.points; j++) {
        reg column[CONV_SIDE];
        REG_UNROLL for (int i = 0; i < z.points; i++)
            column[i] = reg_load(m + (i * z.points + j) * s->m_point);
        taps_of_points(form, column, half + j, z.points);
    }
    for (int i = 0; i < z.kernel; i++)
        taps_of_points(form, half + i * z.points, w + i * z.kernel, 1);
    REG_UNROLL for (int tap = 0; tap < taps; tap++)
        reg_store(sorted + tap * REG_LANES, w[tap]);
    put_taps(taps, k, output, c, sorted);
}

static void finish_outputs(const conv_winograd_slope *k, const space *s, int64_t first, int64_t end)
{
    for (int64_t o = first; o < end; o++)
        for (int64_t c = 0; c < k->inputs; c += REG_LANES) {
            const float *m = s->m + (o - first) * s->columns + c;
            switch (k->form) {
            case CONV_FOUR_BY_THREE: finish(CONV_FOUR_BY_THREE, k, s, m, o, c); break;
            case CONV_TWO_BY_FIVE:   finish(CONV_TWO_BY_FIVE, k, s, m, o, c); break;
            case CONV_PLANE:         finish(CONV_PLANE, k, s, m, o, c); break;
            }
        }
}

/* Sums of parts are added whole, and so have no holes. */
static void sum_outputs(const conv_winograd_slope *k, const space *s, int64_t first, int64_t end)
{
    const conv_sides z = conv_sides_of(k->form);
    const int64_t n = tiles_of(k->blocks, k->rows, k->columns, z.tile);
    if (k->stage == CONV_SUMS)
        memset(s->m, 0, (size_t)(z.points * z.points * s->m_point) * sizeof *s->m);
    clear_outputs(s, z.points * z.points, end - first);
    for (int64_t from = 0; from < n; from += CONV_PANEL)
        add_panel(k, s, from, n - from < CONV_PANEL ? n - from : CONV_PANEL, n <= CONV_PANEL, first, end);
}

void CPU_NAME(conv_winograd_slope)(const conv_winograd_slope *k);

void CPU_NAME(conv_winograd_slope)(const conv_winograd_slope *k)
{
    const conv_sides z = conv_sides_of(k->form);
    const int64_t points = z.points * z.points;
    space s = divide(k);
    if (k->stage != CONV_WHOLE)
        s.m = k->sums;
    for (int64_t first = k->first; first < k->end; first += s.chunk) {
        const int64_t most = first + s.chunk, end = most < k->end ? most : k->end;
        if (k->stage != CONV_FINISH)
            sum_outputs(k, &s, first, end);
        if (k->stage != CONV_SUMS)
            finish_outputs(k, &s, first, end);
        if (k->stage != CONV_WHOLE)
            s.m += points * s.m_point;
    }
}
