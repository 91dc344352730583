#include "conv_phase.h"

#include <stdlib.h>

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t conv_phases(const cpu_conv_shape *s, bool back)
{
    return back ? s->stride * s->stride : 1;
}

/* Every step-th of n, from first on. */
static int64_t count(int64_t n, int64_t first, int64_t step)
{
    return n > first ? (n - first + step - 1) / step : 0;
}

conv_phase conv_phase_of(const cpu_conv_shape *s, bool back, int64_t i)
{
    if (!back)
        return (conv_phase){ .rows = s->out_h, .columns = s->out_w, .out_step = 1, .in_step = s->stride };
    const int64_t row = i / s->stride, column = i % s->stride;
    return (conv_phase){ .back = true, .row = row, .column = column, .rows = count(s->h, row, s->stride),
                         .columns = count(s->w, column, s->stride), .out_step = s->stride, .in_step = 1 };
}

/* Forward, output i reads input i * stride + k * dilation - pad. Back, that input, first + i * stride,
 * hears from outputs (first + i * stride + pad - k * dilation) / stride, where it is whole. */
static int64_t numerator(const conv_phase *p, const cpu_conv_shape *s, int64_t tap, bool down)
{
    const int64_t k = down ? tap / s->kernel_w : tap % s->kernel_w;
    return p->back ? (down ? p->row : p->column) + s->pad - k * s->dilation : k * s->dilation - s->pad;
}

int64_t conv_phase_reach(const conv_phase *p, const cpu_conv_shape *s, int64_t tap, bool down)
{
    return p->back ? numerator(p, s, tap, down) / s->stride : numerator(p, s, tap, down);
}

int64_t conv_phase_fresh(const conv_phase *p)
{
    return p->ahead - p->in_step + 1;
}

static bool is_whole(const conv_phase *p, const cpu_conv_shape *s, int64_t tap)
{
    return !p->back || (numerator(p, s, tap, true) % s->stride == 0 &&
                        numerator(p, s, tap, false) % s->stride == 0);
}

int64_t conv_phase_halo(const conv_phase *p, const cpu_conv_shape *s, int64_t h, int64_t w)
{
    int64_t halo = 0;
    for (int64_t tap = 0; tap < s->kernel_h * s->kernel_w; tap++) {
        if (!is_whole(p, s, tap))
            continue;
        const int64_t y = conv_phase_reach(p, s, tap, true), x = conv_phase_reach(p, s, tap, false);
        halo = most(halo, most(-y, (p->rows - 1) * p->in_step + y - (h - 1)));
        halo = most(halo, most(-x, (p->columns - 1) * p->in_step + x - (w - 1)));
    }
    return halo;
}

/* Of lists of single outputs alone, and of as many outputs as inputs where the weights' gradient may read the
 * same lists. */
static conv_frame frame_of(const conv_phase *p, const cpu_conv_shape *s, uint32_t wide)
{
    const int64_t in = p->back ? s->out_h : s->h, first = p->back ? s->pad - s->kernel_h + 1 : -s->pad;
    if (wide > 1 || s->kernel_h != s->kernel_w || s->stride != 1 || s->dilation != 1 ||
        p->rows != p->columns || (p->back ? s->out_w : s->w) != in)
        return CONV_NO_FRAME;
    for (conv_frame f = CONV_NO_FRAME + 1; f < CONV_FRAMES; f++) {
        const conv_reach r = conv_reach_of(f);
        if (r.outputs == p->rows && r.inputs == in && r.first == first && r.taps == s->kernel_h &&
            (p->back || r.outputs == r.inputs))
            return f;
    }
    return CONV_NO_FRAME;
}

/* Sections of so many input channels that a list has about so many entries. */
enum { ENTRIES = 12, WIDE_ENTRIES = 128, LEAST_SECTION = 16 };

static int64_t section_of(const conv_map *map, double density, uint32_t wide)
{
    const double want = wide > 1 ? WIDE_ENTRIES : ENTRIES / (density > 1e-6 ? density : 1e-6);
    int64_t section = LEAST_SECTION;
    while (section < map->inputs && (double)(section * map->n_taps) < want)
        section *= 2;
    return section;
}

static conv_map map_of(const conv_phase *p, const cpu_conv_shape *s)
{
    const int64_t taps = s->kernel_h * s->kernel_w, in = s->channels / s->groups,
                  out = s->outputs / s->groups;
    return (conv_map){ .groups = s->groups, .outputs = p->back ? in : out, .inputs = p->back ? out : in,
                       .taps = taps, .by_group = out * in * taps, .by_output = p->back ? taps : in * taps,
                       .by_input = p->back ? in * taps : taps,
                       .channel = p->back ? s->g_channel : s->x_channel };
}

/* Where a tap stands among the pieces of a list. */
static int64_t piece_of(const conv_phase *p, const cpu_conv_shape *s, conv_frame f, int64_t tap)
{
    const conv_reach r = conv_reach_of(f);
    return (conv_phase_reach(p, s, tap, false) - r.first) * r.taps +
           conv_phase_reach(p, s, tap, true) - r.first;
}

ltc_status conv_phase_open(conv_phase *p, const cpu_conv_shape *s, const uint8_t *mask, double density,
                           uint32_t wide, ltc_error *err)
{
    conv_map map = map_of(p, s);
    const ptrdiff_t row = p->back ? s->g_row : s->x_row;
    uint32_t *tap = calloc((size_t)map.taps, sizeof *tap);
    ptrdiff_t *distance = calloc((size_t)map.taps, sizeof *distance);
    ltc_status st = tap && distance ? LTC_OK
                                    : ltc_fail(err, LTC_ENOMEM, "no memory for the taps of a convolution");
    map.frame = frame_of(p, s, wide);
    for (int64_t t = 0; t < map.taps && !st; t++) {
        distance[t] = conv_phase_reach(p, s, t, true) * row + conv_phase_reach(p, s, t, false) * CPU_LANES;
        if (is_whole(p, s, t))
            p->ahead = most(p->ahead, conv_phase_reach(p, s, t, true));
        if (map.frame)
            tap[piece_of(p, s, map.frame, t)] = (uint32_t)t;
        else if (is_whole(p, s, t))
            tap[map.n_taps++] = (uint32_t)t;
    }
    map.tap = tap, map.distance = distance;
    map.n_taps = map.frame ? map.taps : map.n_taps;
    map.section = section_of(&map, density, wide);
    if (!st)
        st = conv_lists_make(&p->lists, &map, mask, wide, err);
    free(tap), free(distance);
    return st;
}

void conv_phase_close(conv_phase *p)
{
    conv_lists_free(&p->lists);
    free(p->packed);
    p->packed = NULL;
}

ltc_status conv_phase_settle(conv_phase *p, const uint32_t *rank, int64_t stored, ltc_error *err)
{
    const size_t n = (size_t)p->lists.count * p->lists.wide;
    bool same = (int64_t)n == stored;
    for (size_t i = 0; i < n; i++) {
        if (p->lists.from[i] != CONV_NONE)
            p->lists.from[i] = rank[p->lists.from[i]];
        same = same && p->lists.from[i] == i;
    }
    if (same || !n)
        return LTC_OK;
    p->packed = malloc((n + 1) * sizeof *p->packed);
    return p->packed ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for %zu weights in another order", n);
}

void conv_phase_pack(const conv_phase *p, const float *w)
{
    const size_t n = p->packed ? (size_t)p->lists.count * p->lists.wide : 0;
    for (size_t i = 0; i < n; i++)
        p->packed[i] = p->lists.from[i] == CONV_NONE ? 0 : w[p->lists.from[i]];
}
