/* The weights' gradient over lists of CONV_WIDE outputs: a few entries' sums for all outputs stay in
 * registers while a band of pixels goes by, so that each number loaded is used several times. Compiled once
 * for each instruction set; called through conv_kernels. */
#include "conv_parts.h"
#include "conv_reg.h"

void CPU_NAME(conv_slope_wide)(const conv_slope *k);

/* So many entries are summed at once, for so many of CONV_WIDE outputs. */
#if REG_LANES == 16
enum { ENTRIES = 6, OUTPUTS = 4 };
#else
enum { ENTRIES = 5, OUTPUTS = 2 };
#endif

/* A band: pixels of rows [top, bottom) of some blocks; of all rows, if the blocks are several. */
typedef struct band { int64_t block, blocks, top, bottom; } band;

/* One bundle of entries and outputs: where their numbers are at the band's first pixel, and their sums. */
typedef struct bundle { const float *x[ENTRIES], *g[OUTPUTS]; float *sum[ENTRIES]; } bundle;

REG_INLINE void add_band(const bundle *u, const ptrdiff_t column, const conv_slope *k, const band *d)
{
    reg a[ENTRIES * OUTPUTS];
    REG_UNROLL for (int e = 0; e < ENTRIES; e++)
        REG_UNROLL for (int o = 0; o < OUTPUTS; o++)
            a[e * OUTPUTS + o] = reg_load(u->sum[e] + o * CPU_LANES);
    const int64_t rows = d->bottom - d->top;
    for (int64_t line = 0; line < rows * d->blocks; line++) {
        const int64_t b = line / rows, y = line % rows;
        const float *x[ENTRIES], *g[OUTPUTS];
        REG_UNROLL for (int e = 0; e < ENTRIES; e++)
            x[e] = u->x[e] + b * k->x.block + y * k->x.row;
        REG_UNROLL for (int o = 0; o < OUTPUTS; o++)
            g[o] = u->g[o] + b * k->g.block + y * k->g.row;
        for (int64_t c = 0; c < k->columns; c++) {
            reg v[OUTPUTS];
            REG_UNROLL for (int o = 0; o < OUTPUTS; o++)
                v[o] = reg_load(g[o] + c * CPU_LANES);
            REG_UNROLL for (int e = 0; e < ENTRIES; e++) {
                const reg in = reg_load(x[e] + c * column);
                REG_UNROLL for (int o = 0; o < OUTPUTS; o++)
                    a[e * OUTPUTS + o] = reg_fma(v[o], in, a[e * OUTPUTS + o]);
            }
        }
    }
    REG_UNROLL for (int e = 0; e < ENTRIES; e++)
        REG_UNROLL for (int o = 0; o < OUTPUTS; o++)
            reg_store(u->sum[e] + o * CPU_LANES, a[e * OUTPUTS + o]);
}

/* Functions of their own, so that a test can look into them (tests/spills.sh). */
static __attribute__((noinline)) void band_of_neighbours(const bundle *u, const conv_slope *k, const band *d)
{
    add_band(u, CPU_LANES, k, d);
}

static __attribute__((noinline)) void band_of_steps(const bundle *u, const conv_slope *k, const band *d)
{
    add_band(u, k->x.column, k, d);
}

/* Entries [from, from + ENTRIES) of n and outputs from `first` on. Where there are fewer, the last one is
 * repeated: its sums are made twice, and the same. */
static bundle bundle_of(const conv_slope *k, const band *d, int64_t row, const int32_t *entry, int64_t n,
                        int64_t from, int first, float *partial, int lane)
{
    const conv_lists *l = k->lists;
    const float *x = k->x.at + d->block * k->x.block + d->top * k->x.row + lane,
                *g = k->g.at + d->block * k->g.block + d->top * k->g.row + lane;
    bundle u;
    for (int64_t i = 0; i < ENTRIES; i++) {
        const int64_t e = from + i < n ? from + i : n - 1;
        u.x[i] = x + entry[e];
        u.sum[i] = partial + (e * CONV_WIDE + first) * CPU_LANES + lane;
    }
    for (int i = 0; i < OUTPUTS; i++) {
        const int64_t output = (int64_t)l->output[row] + first + i, most = (int64_t)l->output[row + 1] - 1;
        u.g[i] = g + (output < most ? output : most) * k->g.channel;
    }
    return u;
}

static void list_over_band(const conv_slope *k, const band *d, int64_t row, const int32_t *entry, int64_t n,
                           float *partial)
{
    for (int first = 0; first < CONV_WIDE; first += OUTPUTS)
        for (int64_t from = 0; from < n; from += ENTRIES)
            for (int lane = 0; lane < CPU_LANES; lane += REG_LANES) {
                const bundle u = bundle_of(k, d, row, entry, n, from, first, partial, lane);
                (k->x.column == CPU_LANES ? band_of_neighbours : band_of_steps)(&u, k, d);
            }
}

static void part_over_band(const conv_slope *k, const part *p, const band *d)
{
    const conv_lists *l = k->lists;
    float *partial = k->partial;
    for (int64_t section = 0; section < l->sections; section++)
        for (int64_t row = p->first; row < p->end; row++) {
            const int64_t count = conv_list_count(l, section, row);
            if (count)
                list_over_band(k, d, row, l->entry + *conv_list(l, section, row), count, partial);
            partial += count * CONV_WIDE * CPU_LANES;
        }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Bands of about so many pixels: enough to pay for the sums that come and go. */
enum { BAND_PIXELS = 128 };

static void part_over_bands(const conv_slope *k, const part *p)
{
    const int64_t rows = (BAND_PIXELS + k->columns - 1) / k->columns;
    const int64_t blocks = rows > k->rows ? rows / k->rows : 1;
    for (int64_t b = 0; b < k->blocks; b += blocks)
        for (int64_t y = 0; y < k->rows; y += rows)
            part_over_band(k, p, &(band){ b, least(blocks, k->blocks - b), y, least(y + rows, k->rows) });
}

void CPU_NAME(conv_slope_wide)(const conv_slope *k)
{
    each_part(k, part_over_bands);
}
