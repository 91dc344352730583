/* The weights' gradient over lists of single outputs: at the places of the lists, and nowhere else. Compiled
 * once for each instruction set; called through conv_kernels.
 *
 * A tile of the output's gradient stays in registers while its list is read, and each weight has a vector of
 * partial sums in memory. */
#include "conv_parts.h"
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

/* The same of a tile as wide as a small plane, with as many inputs as outputs: of what lies beside its
 * columns nothing is multiplied, nor of what lies beside its rows, if the tile has them all. */
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
        const int64_t cost = conv_tile_cost(&tiles[i].size, 1, k->blocks, k->rows, k->columns);
        if (tiles[i].frame == k->lists->frame && cost && cost < least)
            best = i, least = cost;
    }
    return best;
}

/* While a list is read, asks for a part of what the lists read in the next line of tiles: of all channels,
 * and of the list's output. */
REG_INLINE void ask_for_next(const conv_slope *k, const part *p, const conv_spot *s, const conv_tile_size *z,
                             int64_t section, int64_t row)
{
    const conv_lists *l = k->lists;
    const int64_t y = s->at[1] + z->rows, rows = p->end - p->first, lists = l->sections * rows,
                  i = section * rows + row - p->first;
    if (y + z->rows > k->rows || conv_is_near(&k->x, &k->g))
        return;
    const float *x = k->x.at + s->at[0] * k->x.block + y * k->x.row + k->fresh + s->at[2] * k->x.column,
                *g = k->g.at + s->at[0] * k->g.block + y * k->g.row + s->at[2] * k->g.column;
    for (int64_t c = i; c < k->inputs; c += lists)
        conv_ask_for(x + c * k->x.channel, k->x.row / k->step, CPU_LANES, z->rows * k->step,
                     z->columns * k->step, false);
    if (section == l->last[row] && conv_list_count(l, section, row))
        conv_ask_for(g + l->output[row] * k->g.channel, k->g.row, CPU_LANES, z->rows, z->columns, false);
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

void CPU_NAME(conv_slope_lists)(const conv_slope *k);

void CPU_NAME(conv_slope_lists)(const conv_slope *k)
{
    each_part(k, part_over_tiles);
}
