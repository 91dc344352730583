/* The weights' gradient over lists: at the places of the lists, and nowhere else. Compiled once for each
 * instruction set; called through conv_kernels.
 *
 * One output a row: a tile of the output's gradient stays in registers while its list is read, and each
 * weight has a vector of partial sums in memory. CONV_WIDE outputs a row: a few entries' sums for all
 * outputs stay in registers while a band of pixels goes by, so that each number loaded is used several
 * times. */
#include "conv_kernels.h"
#include "conv_reg.h"
#include "conv_tiles.h"

typedef struct bed {
    const float *x, *g;
    const int32_t *entry;
    const uint32_t *piece;                    /* of the list: where its pieces begin */
    int64_t count;
    float *partial;
} bed;

/* The output's gradient at a tile; 0 where a pixel is another tile's. */
REG_INLINE void read_gradient(const int tb, const int ty, const int tx, const conv_slope *k,
                              const conv_spot *s, const bed *d, reg *v)
{
    const int lines = tb * ty;
    REG_UNROLL for (int l = 0; l < lines; l++) {
        const float *from = d->g + conv_line(ty, l, k->g.block, k->g.row);
        REG_UNROLL for (int c = 0; c < tx; c++)
            v[l * tx + c] = reg_load(from + c * CPU_LANES);
    }
    if (!s->whole)
        REG_UNROLL for (int p = 0; p < lines * tx; p++)
            v[p] = reg_keep(v[p], conv_is_ours(s, ty, tx, p));
}

/* partial += sum over the tile's pixels of g x, by up to four sums that are added pairwise. */
REG_INLINE void run(const int tb, const int ty, const int tx, const ptrdiff_t column, const conv_slope *k,
                    const conv_spot *s, const bed *d)
{
    const int lines = tb * ty, n = lines * tx, sums = n < 4 ? n : 4;
    const ptrdiff_t x_block = k->x.block, x_row = k->x.row;
    reg v[16];
    read_gradient(tb, ty, tx, k, s, d, v);
    float *to = d->partial;
    for (const int32_t *entry = d->entry, *end = entry + d->count; entry < end; entry++, to += CPU_LANES) {
        const float *from = d->x + *entry;
        reg a[4] = { reg_load(to) };
        REG_UNROLL for (int l = 0; l < lines; l++) {
            const float *line = from + conv_line(ty, l, x_block, x_row);
            REG_UNROLL for (int c = 0; c < tx; c++) {
                const int p = l * tx + c;
                a[p % sums] = reg_fma(v[p], reg_load(line + c * column), a[p % sums]);
            }
        }
        reg_store(to, (a[0] + a[1]) + (a[2] + a[3]));
    }
}

/* partial of one entry, from pixels [top, bottom) of [left, right) of each block of a tile. */
REG_INLINE void add_pixels(const int tb, const int ty, const int tx, const int top, const int bottom,
                           const int left, const int right, const conv_sheet *x, const float *from,
                           const reg *v, float *partial)
{
    reg a[4] = { reg_load(partial) };
    int n = 0;
    REG_UNROLL for (int b = 0; b < tb; b++)
        REG_UNROLL for (int i = top; i < bottom; i++)
            REG_UNROLL for (int j = left; j < right; j++, n++) {
                const float *pixel = from + b * x->block + i * x->row + j * CPU_LANES;
                a[n % 4] = reg_fma(v[(b * ty + i) * tx + j], reg_load(pixel), a[n % 4]);
            }
    reg_store(partial, (a[0] + a[1]) + (a[2] + a[3]));
}

/* The same of a tile as wide as a small plane: of what lies beside its columns nothing is multiplied, nor of
 * what lies beside its rows, if the tile has them all. */
REG_INLINE void run_framed(const int tb, const int ty, const conv_frame f, const conv_slope *k,
                           const conv_spot *s, const bed *d)
{
    const conv_reach r = conv_reach_of(f);
    const int tx = r.outputs;
    const conv_sheet x = k->x;
    reg v[16];
    read_gradient(tb, ty, tx, k, s, d, v);
    float *to = d->partial;
    REG_UNROLL for (int tap = 0; tap < r.taps * r.taps; tap++) {
        const int across = r.first + tap / r.taps, down = ty == tx ? r.first + tap % r.taps : 0;
        const int32_t *entry = d->entry + (d->piece[tap] - *d->piece),
                      *end = d->entry + (d->piece[tap + 1] - *d->piece);
        for (; entry < end; entry++, to += CPU_LANES)
            add_pixels(tb, ty, tx, down < 0 ? -down : 0, down > 0 ? ty - down : ty, across < 0 ? -across : 0,
                       across > 0 ? tx - across : tx, &x, d->x + *entry, v, to);
    }
}

typedef void run_fn(const conv_slope *k, const conv_spot *s, const bed *d);

#define TILE(tb, ty, tx)                                                                          \
    static void tile_##tb##_##ty##_##tx(const conv_slope *k, const conv_spot *s, const bed *d)    \
    {                                                                                             \
        if (k->x.column == CPU_LANES)                                                             \
            run(tb, ty, tx, CPU_LANES, k, s, d);                                                  \
        else                                                                                      \
            run(tb, ty, tx, k->x.column, k, s, d);                                                \
    }
#define FRAMED(f, tb, ty)                                                                         \
    static void tile_of_##f##_##tb##_##ty(const conv_slope *k, const conv_spot *s, const bed *d)  \
    {                                                                                             \
        run_framed(tb, ty, CONV_FRAME_##f, k, s, d);                                              \
    }
#define SIZE(tb, ty, tx) { CONV_NO_FRAME, { tb, ty, tx }, tile_##tb##_##ty##_##tx }
#define FRAME(f, tb, ty) { CONV_FRAME_##f, { tb, ty, f }, tile_of_##f##_##tb##_##ty }

TILE(1, 1, 1)
TILE(1, 1, 4)
TILE(4, 1, 1)
TILE(1, 2, 2)
#if REG_LANES == 16
TILE(1, 2, 8)
TILE(1, 4, 4)
TILE(1, 2, 7)
TILE(1, 2, 6)
TILE(2, 2, 4)
TILE(4, 2, 2)
FRAMED(2, 4, 2)
FRAMED(4, 1, 4)
#else
TILE(1, 2, 4)
TILE(2, 2, 2)
FRAMED(2, 2, 2)
FRAMED(4, 1, 2)
#endif
FRAMED(2, 1, 2)

static const struct { conv_frame frame; conv_tile_size size; run_fn *run; } tiles[] = {
    SIZE(1, 1, 1), SIZE(1, 1, 4), SIZE(4, 1, 1), SIZE(1, 2, 2),
#if REG_LANES == 16
    SIZE(1, 2, 8), SIZE(1, 4, 4), SIZE(1, 2, 7), SIZE(1, 2, 6), SIZE(2, 2, 4), SIZE(4, 2, 2),
    FRAME(2, 4, 2), FRAME(4, 1, 4),
#else
    SIZE(1, 2, 4), SIZE(2, 2, 2), FRAME(2, 2, 2), FRAME(4, 1, 2),
#endif
    FRAME(2, 1, 2),
};

static size_t best_tile(const conv_slope *k)
{
    size_t best = 0;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        const int64_t cost = conv_tile_cost(&tiles[i].size, k->blocks, k->rows, k->columns);
        if (tiles[i].frame == k->lists->frame && cost && cost < least)
            best = i, least = cost;
    }
    return best;
}

/* Rows [first, end) of the lists, whose partial sums find room together. */
typedef struct part { int64_t first, end, vectors; } part;

static int64_t entries_of_row(const conv_lists *l, int64_t row)
{
    int64_t n = 0;
    for (int64_t s = 0; s < l->sections; s++)
        n += conv_list_count(l, s, row);
    return n;
}

static part next_part(const conv_slope *k, int64_t first)
{
    part p = { first, first, 0 };
    for (; p.end < k->lists->rows && k->lists->output[p.end] < k->end; p.end++) {
        const int64_t more = entries_of_row(k->lists, p.end) * k->lists->wide;
        if (p.end > first && p.vectors + more > k->room)
            break;
        p.vectors += more;
    }
    return p;
}

/* The first row that has an output of ours. */
static int64_t first_row(const conv_slope *k)
{
    int64_t row = 0;
    while (row < k->lists->rows && k->lists->output[row + 1] <= k->first)
        row++;
    return row;
}

/* While a list is read, asks for a part of what the lists read in the next line of tiles: of all channels,
 * and of the list's output. */
REG_INLINE void ask_for_next(const conv_slope *k, const part *p, const conv_spot *s, const conv_tile_size *z,
                             int64_t section, int64_t row)
{
    const conv_lists *l = k->lists;
    const int64_t y = s->at[1] + z->rows, rows = p->end - p->first, lists = l->sections * rows,
                  i = section * rows + row - p->first;
    if (y + z->rows > k->rows)
        return;
    const float *x = k->x.at + s->at[0] * k->x.block + (y + k->ahead) * k->x.row + s->at[2] * k->x.column,
                *g = k->g.at + s->at[0] * k->g.block + y * k->g.row + s->at[2] * k->g.column;
    for (int64_t c = i * k->inputs / lists; c < (i + 1) * k->inputs / lists; c++)
        conv_ask_for(x + c * k->x.channel, &k->x, z->rows, z->columns, 0);
    if (section == l->last[row] && conv_list_count(l, section, row))
        conv_ask_for(g + l->output[row] * k->g.channel, &k->g, z->rows, z->columns, 0);
}

static void part_at_spot(const conv_slope *k, const part *p, run_fn *fn, const conv_tile_size *z,
                         const conv_spot *s, int lane)
{
    const conv_lists *l = k->lists;
    const float *x = k->x.at + s->at[0] * k->x.block + s->at[1] * k->x.row + s->at[2] * k->x.column + lane,
                *g = k->g.at + s->at[0] * k->g.block + s->at[1] * k->g.row + s->at[2] * CPU_LANES + lane;
    float *partial = k->partial + lane;
    for (int64_t section = 0; section < l->sections; section++)
        for (int64_t row = p->first; row < p->end; row++) {
            const uint32_t *begin = conv_list(l, section, row);
            const int64_t count = conv_list_count(l, section, row);
            if (!lane)
                ask_for_next(k, p, s, z, section, row);
            if (count)
                fn(k, s, &(bed){ .x = x, .g = g + l->output[row] * k->g.channel, .entry = l->entry + *begin,
                                 .piece = begin, .count = count, .partial = partial });
            partial += count * CPU_LANES;
        }
}

static void part_over_tiles(const conv_slope *k, const part *p)
{
    const size_t t = best_tile(k);
    const conv_tile_size *z = &tiles[t].size;
    conv_spot s = { 0 };
    for (int64_t b = 0; b * z->blocks < k->blocks; b++) {
        conv_spot_axis(&s, 0, b, z->blocks, k->blocks);
        for (int64_t y = 0; y * z->rows < k->rows; y++) {
            conv_spot_axis(&s, 1, y, z->rows, k->rows);
            for (int64_t x = 0; x * z->columns < k->columns; x++) {
                conv_spot_axis(&s, 2, x, z->columns, k->columns);
                for (int lane = 0; lane < CPU_LANES; lane += REG_LANES)
                    part_at_spot(k, p, tiles[t].run, z, &s, lane);
            }
        }
    }
}

/* One weight's sum, if it is wanted. */
static void finish_one(const conv_slope *k, size_t place, int64_t output, const float *partial)
{
    const uint32_t to = k->to ? k->to[place] : (uint32_t)place;
    if (to != CONV_NONE && output >= k->first && output < k->end)
        k->dw[to] = reg_sum_lanes(partial);
}

static void finish(const conv_slope *k, const part *p)
{
    const conv_lists *l = k->lists;
    const float *partial = k->partial;
    for (int64_t section = 0; section < l->sections; section++)
        for (int64_t row = p->first; row < p->end; row++) {
            const uint32_t *begin = conv_list(l, section, row);
            for (size_t e = begin[0]; e < begin[l->pieces]; e++)
                for (uint32_t i = 0; i < l->wide; i++, partial += CPU_LANES)
                    finish_one(k, e * l->wide + i, l->output[row] + i, partial);
        }
}

static void each_part(const conv_slope *k, void (*sum)(const conv_slope *k, const part *p))
{
    for (part p = next_part(k, first_row(k)); p.first < p.end; p = next_part(k, p.end)) {
        if (k->stage != CONV_FINISH) {
            memset(k->partial, 0, (size_t)p.vectors * CPU_LANES * sizeof *k->partial);
            sum(k, &p);
        }
        if (k->stage != CONV_SUMS)
            finish(k, &p);
    }
}

void CPU_NAME(conv_slope_lists)(const conv_slope *k);
void CPU_NAME(conv_slope_wide)(const conv_slope *k);

void CPU_NAME(conv_slope_lists)(const conv_slope *k)
{
    each_part(k, part_over_tiles);
}

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
