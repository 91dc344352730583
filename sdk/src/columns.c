/* Owns the copying between images and column matrices. */
#include "columns.h"

#include <string.h>

#include "wide.h"

/* A tile's matrix is to stay in a processor's cache; but below so many columns a product spends its time on
 * reading the weight, and above so many nothing is gained. */
enum { TILE_ELEMENTS = 1 << 17, FEWEST_COLUMNS = 256, MOST_COLUMNS = 1024 };

static void choose_tile(lts_columns *k)
{
    const int64_t fit = TILE_ELEMENTS / k->taps;
    const int64_t width = lts_clamp(fit, FEWEST_COLUMNS, MOST_COLUMNS);
    k->samples = k->rows = 1;
    if (k->pixels <= width) {
        k->samples = width / k->pixels;
        k->rows = k->c.y.out;
    } else if (k->plain) {
        k->rows = k->c.y.out;                 /* nothing is copied */
    } else {
        const int64_t rows = width / k->c.x.out ? width / k->c.x.out : 1;
        const int64_t tiles = (k->c.y.out + rows - 1) / rows;
        k->rows = (k->c.y.out + tiles - 1) / tiles;
    }
}

lts_columns lts_columns_of(const ltc_conv2d_desc *d, const ltc_value *in, const ltc_value *w,
                           const ltc_value *out)
{
    const lts_conv c = lts_conv_of(d, in, w, out);
    const bool steps = c.x.stride == 1 && c.y.stride == 1;
    lts_columns k = {
        .c = c, .taps = c.channels * c.kernel_y * c.kernel_x, .pixels = c.y.out * c.x.out,
        .in = (size_t)(c.channels * c.y.in * c.x.in), .out = (size_t)(c.outputs * c.y.out * c.x.out),
        .plain = c.kernel_y == 1 && c.kernel_x == 1 && steps && c.y.pad == 0,
        .same = steps && c.x.in == c.x.out,
    };
    k.w = (size_t)(c.outputs * k.taps);
    choose_tile(&k);
    return k;
}

bool lts_tile_first(const lts_columns *k, size_t begin, size_t end, lts_tile *t)
{
    *t = (lts_tile){ .first = (int64_t)begin - k->samples, .row = k->c.y.out };
    return lts_tile_next(k, end, t);
}

bool lts_tile_next(const lts_columns *k, size_t end, lts_tile *t)
{
    t->row += t->rows;
    if (t->row >= k->c.y.out) {
        t->row = 0;
        t->first += k->samples;
    }
    const int64_t left = (int64_t)end - t->first, below = k->c.y.out - t->row;
    t->samples = k->samples < left ? k->samples : left;
    t->rows = k->rows < below ? k->rows : below;
    return left > 0;
}

/* What one tap of one channel sees of a sample: output rows and columns whose input lies inside the image. */
typedef struct sight { lts_span y, x; int64_t shift_y, shift_x; } sight;

static sight sight_of(const lts_columns *k, const lts_tile *t, int64_t ky, int64_t kx)
{
    sight s = {
        lts_axis_inside(&k->c.y, ky), lts_axis_inside(&k->c.x, kx),
        ky * k->c.y.dilation - k->c.y.pad, kx * k->c.x.dilation - k->c.x.pad,
    };
    s.y.first = lts_clamp(s.y.first, t->row, t->row + t->rows);
    s.y.end = lts_clamp(s.y.end, s.y.first, t->row + t->rows);
    if (s.x.first == s.x.end)
        s.y.end = s.y.first;
    return s;
}

static void zero(float *to, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = 0;
}

/* The first `left` and the last `right` of each row: few, so that a call for each row would cost more than
 * the zeros. */
static void zero_ends(float *line, int64_t rows, int64_t wide, int64_t left, int64_t right)
{
    for (int64_t x = 0; x < left; x++)
        for (int64_t y = 0; y < rows; y++)
            line[y * wide + x] = 0;
    for (int64_t x = wide - right; x < wide; x++)
        for (int64_t y = 0; y < rows; y++)
            line[y * wide + x] = 0;
}

/* Rows [s->y) of one line of the matrix, all at once: they lie side by side in the image too, but for what a
 * shift carries over their ends. */
static void fill_same(const lts_columns *k, const sight *s, const float *plane, float *line)
{
    const int64_t wide = k->c.x.out, rows = s->y.end - s->y.first, left = s->x.first, right = wide - s->x.end;
    const float *from = plane + (s->y.first + s->shift_y) * wide + s->shift_x;
    memcpy(line + left, from + left, (size_t)(rows * wide - left - right) * sizeof *line);
    zero_ends(line, rows, wide, left, right);
}

static void fill_stepwise(const lts_columns *k, const sight *s, const float *plane, float *line)
{
    const int64_t wide = k->c.x.out, step = k->c.x.stride;
    for (int64_t y = s->y.first; y < s->y.end; y++, line += wide) {
        const float *from = plane + (y * k->c.y.stride + s->shift_y) * k->c.x.in + s->shift_x;
        zero(line, s->x.first);
        zero(line + s->x.end, wide - s->x.end);
        if (step == 1)
            memcpy(line + s->x.first, from + s->x.first, (size_t)(s->x.end - s->x.first) * sizeof *line);
        else
            for (int64_t x = s->x.first; x < s->x.end; x++)
                line[x] = from[x * step];
    }
}

static void fill_line(const lts_columns *k, const lts_tile *t, const sight *s, const float *plane,
                      float *line)
{
    const int64_t wide = k->c.x.out;
    float *inside = line + (s->y.first - t->row) * wide;
    zero(line, inside - line);
    if (s->y.first < s->y.end)
        (k->same ? fill_same : fill_stepwise)(k, s, plane, inside);
    inside += (s->y.end - s->y.first) * wide;
    zero(inside, line + t->rows * wide - inside);
}

void lts_columns_fill(const lts_columns *k, const lts_tile *t, int64_t from, int64_t to, const float *x,
                      float *matrix)
{
    const int64_t line = t->rows * k->c.x.out, plane = k->c.y.in * k->c.x.in,
                  taps = k->c.kernel_y * k->c.kernel_x;
    const int64_t sample = (int64_t)k->in * k->c.groups;
    for (int64_t tap = 0; tap < taps; tap++) {
        const sight s = sight_of(k, t, tap / k->c.kernel_x, tap % k->c.kernel_x);
        for (int64_t i = from; i < to; i++)
            for (int64_t n = 0; n < t->samples; n++)
                fill_line(k, t, &s, x + (t->first + n) * sample + i * plane,
                          matrix + (((i - from) * taps + tap) * t->samples + n) * line);
    }
}

LTS_WIDE static void add(float *restrict to, const float *restrict from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* As fill_same: what the shift would carry over the ends of rows is zeroed, then all is added at once. */
static void add_same(const lts_columns *k, const sight *s, float *line, float *plane)
{
    const int64_t wide = k->c.x.out, rows = s->y.end - s->y.first, left = s->x.first, right = wide - s->x.end;
    float *to = plane + (s->y.first + s->shift_y) * wide + s->shift_x;
    zero_ends(line, rows, wide, left, right);
    add(to + left, line + left, rows * wide - left - right);
}

static void add_stepwise(const lts_columns *k, const sight *s, float *line, float *plane)
{
    const int64_t wide = k->c.x.out, step = k->c.x.stride;
    for (int64_t y = s->y.first; y < s->y.end; y++, line += wide) {
        float *to = plane + (y * k->c.y.stride + s->shift_y) * k->c.x.in + s->shift_x;
        if (step == 1)
            add(to + s->x.first, line + s->x.first, s->x.end - s->x.first);
        else
            for (int64_t x = s->x.first; x < s->x.end; x++)
                to[x * step] += line[x];
    }
}

void lts_columns_add(const lts_columns *k, const lts_tile *t, float *matrix, float *dx)
{
    const int64_t line = t->rows * k->c.x.out, plane = k->c.y.in * k->c.x.in,
                  taps = k->c.kernel_y * k->c.kernel_x;
    const int64_t sample = (int64_t)k->in * k->c.groups;
    for (int64_t tap = 0; tap < taps; tap++) {
        const sight s = sight_of(k, t, tap / k->c.kernel_x, tap % k->c.kernel_x);
        float *from = matrix + tap * t->samples * line + (s.y.first - t->row) * k->c.x.out;
        for (int64_t i = 0; i < k->c.channels && s.y.first < s.y.end; i++, from += taps * t->samples * line)
            for (int64_t n = 0; n < t->samples; n++)
                (k->same ? add_same : add_stepwise)(k, &s, from + n * line,
                                                    dx + (t->first + n) * sample + i * plane);
    }
}
