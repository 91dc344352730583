/* Forward and data gradient over lists (conv_lists.h), for any kernel, stride and density: a tile of outputs
 * stays in registers while its list is read. Compiled once for each instruction set; called through
 * conv_kernels.
 *
 * Each output is one chain: bias (or what is there, or zero), then its entries in their order. So its bits
 * depend neither on the tiles nor on the blocks that a call gets. */
#include "conv_kernels.h"
#include "conv_reg.h"
#include "conv_tiles.h"

enum { MOST = 28 };                           /* registers of a tile */

/* Registers of a pixel in a tile: all of its samples, so that whole lines of a cache are read. Where that
 * leaves too few pixels, tiles are of a part of the samples, one part after the other. */
enum { PARTS = REG_LANES == 8 ? 2 : 1 };

/* One row of outputs at so many tiles side by side, for one section's list: the first tile's pixels are at
 * in, gate and out. */
typedef struct bed {
    const float *in, *gate; float *out;       /* gate NULL: none, or not yet */
    const int32_t *entry; const float *w;
    const uint32_t *piece;                    /* of the list: where its pieces begin */
    int64_t count, outputs, tiles;
    const float *bias;
    bool fresh, relu;                         /* fresh: the first section, nothing of ours is in out */
    float *tile;                              /* room for one, where not all of it is
                                               * stored; tiles is 1 then */
} bed;

/* Stores what is ours of a tile that shares pixels with another, or of a row of fewer than CONV_WIDE
 * outputs. */
static void store_part(const conv_walk *k, const conv_spot *s, const bed *d, const conv_tile_size *z,
                       const int parts)
{
    const float *tile = d->tile;
    const int n = z->blocks * z->rows * z->columns * parts;
    for (int64_t i = 0; i < d->outputs; i++)
        for (int p = 0; p < n; p++, tile += REG_LANES)
            if (conv_is_ours(s, z->rows, z->columns, p / parts)) {
                reg sum = reg_load(tile);
                if (d->gate)
                    sum = reg_where(
                        reg_load(d->gate + i * k->gate.channel + p % parts * REG_LANES +
                                 conv_pixel(&k->gate, z->rows, z->columns, k->gate.column, p / parts)) >
                            (reg){ 0 },
                        sum);
                reg_store(d->out + i * k->out.channel + p % parts * REG_LANES +
                              conv_pixel(&k->out, z->rows, z->columns, k->out.column, p / parts),
                          d->relu ? reg_relu(sum) : sum);
            }
}

/* Where register r of a line is, of `parts` a pixel. */
REG_INLINE ptrdiff_t in_line(int r, const int parts, ptrdiff_t column)
{
    return r / parts * column + r % parts * REG_LANES;
}

/* What the sums begin with: the bias, or what is there. tx: registers of a line, here and below. */
REG_INLINE void begin_tile(const int wide, const int parts, const int lines, const int ty, const int tx,
                           const ptrdiff_t column, const conv_walk *k, const bed *d, const float *out, reg *a)
{
    const ptrdiff_t block = k->out.block, row = k->out.row, channel = k->out.channel;
    const int n = lines * tx;
    if (!d->fresh || k->add)
        REG_UNROLL for (int i = 0; i < wide; i++)
            REG_UNROLL for (int l = 0; l < lines; l++) {
                const float *from = out + (i < d->outputs ? i * channel : 0) + conv_line(ty, l, block, row);
                REG_UNROLL for (int x = 0; x < tx; x++)
                    a[i * n + l * tx + x] = reg_load(from + in_line(x, parts, column));
            }
    else
        REG_UNROLL for (int i = 0; i < wide; i++) {
            const reg begin = reg_all(d->bias ? d->bias[i < d->outputs ? i : 0] : 0);
            REG_UNROLL for (int p = 0; p < n; p++)
                a[i * n + p] = begin;
        }
}

/* Cut off, both as they are wanted. gate's pixels are out's. */
REG_INLINE void cut_tile(const int wide, const int parts, const int lines, const int ty, const int tx,
                         const ptrdiff_t column, const conv_walk *k, const bed *d, const float *gate, reg *a)
{
    const ptrdiff_t block = k->gate.block, row = k->gate.row, channel = k->gate.channel;
    const int n = lines * tx;
    if (d->relu)
        REG_UNROLL for (int p = 0; p < wide * n; p++)
            a[p] = reg_relu(a[p]);
    if (gate)
        REG_UNROLL for (int i = 0; i < wide; i++)
            REG_UNROLL for (int l = 0; l < lines; l++) {
                const float *from = gate + i * channel + conv_line(ty, l, block, row);
                REG_UNROLL for (int x = 0; x < tx; x++) a[i * n + l * tx + x] = reg_where(
                    reg_load(from + in_line(x, parts, column)) > (reg){ 0 }, a[i * n + l * tx + x]);
            }
}

/* Stores the sums as they are wanted. false: in part, and so there is no tile beside. */
REG_INLINE bool end_tile(const int wide, const int parts, const int tb, const int ty, const int tx,
                         const ptrdiff_t column, const conv_walk *k, const conv_spot *s, const bed *d,
                         const float *gate, float *out, reg *a)
{
    const int lines = tb * ty, n = lines * tx;
    if (!s->whole || d->outputs < wide) {
        REG_UNROLL for (int p = 0; p < wide * n; p++)
            reg_store(d->tile + p * REG_LANES, a[p]);
        store_part(k, s, d, &(conv_tile_size){ tb, ty, tx / parts }, parts);
        return false;
    }
    cut_tile(wide, parts, lines, ty, tx, column, k, d, gate, a);
    REG_UNROLL for (int i = 0; i < wide; i++)
        REG_UNROLL for (int l = 0; l < lines; l++) {
            float *to = out + i * k->out.channel + conv_line(ty, l, k->out.block, k->out.row);
            REG_UNROLL for (int x = 0; x < tx; x++)
                reg_store(to + in_line(x, parts, column), a[i * n + l * tx + x]);
        }
    return true;
}

/* column, out_column: from pixel to pixel in the sheets. Every branch is outside of the loops over a tile, or
 * gcc would keep the tile in memory; and a line's pixels are at constants from its first where columns are,
 * or it would keep an address of each. */
REG_INLINE void run(const int wide, const int tb, const int ty, const int columns, const ptrdiff_t column,
                    const ptrdiff_t out_column, const conv_walk *k, const conv_spot *s, const bed *d)
{
    const int lines = tb * ty, tx = columns * PARTS, n = lines * tx;
    const ptrdiff_t block = k->in.block, row = k->in.row;
    const float *in = d->in, *gate = d->gate;
    float *out = d->out;
    for (int64_t t = 0; t < d->tiles; t++, in += columns * column, out += columns * out_column) {
        reg a[MOST];
        begin_tile(wide, PARTS, lines, ty, tx, out_column, k, d, out, a);
        const float *w = d->w;
        for (const int32_t *entry = d->entry, *end = entry + d->count; entry < end; entry++, w += wide) {
            const float *from = in + *entry;
            REG_UNROLL for (int l = 0; l < lines; l++) {
                const float *at = from + conv_line(ty, l, block, row);
                REG_UNROLL for (int x = 0; x < tx; x++) {
                    const reg pixel = reg_load(at + in_line(x, PARTS, column));
                    REG_UNROLL for (int i = 0; i < wide; i++)
                        a[i * n + l * tx + x] = reg_fma(reg_all(w[i]), pixel, a[i * n + l * tx + x]);
                }
            }
        }
        if (!end_tile(wide, PARTS, tb, ty, tx, out_column, k, s, d, gate, out, a))
            return;
        gate = gate ? gate + columns * out_column : NULL;
    }
}

/* Pieces [first, end) of a column of taps: those that read inside of the plane in any row of a tile. */
typedef struct taps { int first, end; } taps;

REG_INLINE taps taps_of_rows(const conv_reach r, int top, int rows)
{
    const int first = -r.first - top - rows + 1, end = r.inputs - r.first - top;
    return (taps){ first > 0 ? first : 0, end < r.taps ? end : r.taps };
}

/* A tile of rows as wide as a small plane: of what lies beside its columns nothing is multiplied. */
REG_INLINE void run_framed(const int tb, const int ty, const conv_frame f, const conv_walk *k,
                           const conv_spot *s, const bed *d)
{
    const conv_reach r = conv_reach_of(f);
    const int tx = r.outputs, lines = tb * ty;
    const taps t = taps_of_rows(r, (int)s->at[1], ty);
    const ptrdiff_t block = k->in.block, row = k->in.row;
    reg a[MOST];
    begin_tile(1, 1, lines, ty, tx, CPU_LANES, k, d, d->out, a);
    REG_UNROLL for (int c = 0; c < r.taps; c++) {
        const int reach = r.first + c, left = reach < 0 ? -reach : 0,
                  right = tx < r.inputs - reach ? tx : r.inputs - reach;
        const uint32_t *piece = d->piece + c * r.taps;
        const int32_t *entry = d->entry + (piece[t.first] - *d->piece),
                      *end = d->entry + (piece[t.end] - *d->piece);
        for (const float *w = d->w + (piece[t.first] - *d->piece); entry < end; entry++, w++) {
            const float *from = d->in + *entry;
            const reg weight = reg_all(*w);
            REG_UNROLL for (int l = 0; l < lines; l++) {
                const float *at = from + conv_line(ty, l, block, row);
                REG_UNROLL for (int x = left; x < right; x++)
                    a[l * tx + x] = reg_fma(weight, reg_load(at + x * CPU_LANES), a[l * tx + x]);
            }
        }
    }
    end_tile(1, 1, tb, ty, tx, CPU_LANES, k, s, d, d->gate, d->out, a);
}

typedef void run_fn(const conv_walk *k, const conv_spot *s, const bed *d);

/* One kernel a size; the steps from pixel to pixel are constants where they are one vector. */
#define TILE(wide, tb, ty, tx)                                                                      \
    static void tile_##wide##_##tb##_##ty##_##tx(const conv_walk *k, const conv_spot *s, const bed *d) \
    {                                                                                               \
        if (k->in.column == CPU_LANES && k->out.column == CPU_LANES)                                \
            run(wide, tb, ty, tx, CPU_LANES, CPU_LANES, k, s, d);                                   \
        else                                                                                        \
            run(wide, tb, ty, tx, k->in.column, k->out.column, k, s, d);                            \
    }
#define FRAMED(f, tb, ty)                                                                           \
    static void tile_of_##f##_##tb##_##ty(const conv_walk *k, const conv_spot *s, const bed *d)     \
    {                                                                                               \
        run_framed(tb, ty, CONV_FRAME_##f, k, s, d);                                                \
    }
#define SIZE(wide, tb, ty, tx) \
    { CONV_NO_FRAME, wide, PARTS, { tb, ty, tx }, tile_##wide##_##tb##_##ty##_##tx },
#define FRAME(f, tb, ty) { CONV_FRAME_##f, 1, 1, { tb, ty, f }, tile_of_##f##_##tb##_##ty },

/* An instruction set's tiles, which its registers hold. Those of one frame have the same rows: which taps are
 * left out, and so what an infinite weight makes of a zero, must not depend on a call's blocks. */
#if REG_LANES == 16
#define SIZES(size, frame)                                                                          \
    size(1, 1, 1, 1) size(1, 1, 1, 4) size(1, 4, 1, 1) size(4, 1, 1, 1) size(4, 1, 1, 2)            \
    size(4, 2, 1, 1) size(1, 1, 2, 8) size(1, 1, 4, 4) size(1, 1, 4, 7) size(1, 1, 2, 6)            \
    size(1, 1, 2, 2) size(1, 2, 2, 4) size(1, 4, 2, 2) size(4, 1, 1, 6) size(4, 1, 1, 5)            \
    size(4, 1, 2, 2) size(4, 1, 1, 4) size(4, 4, 1, 1) size(4, 2, 1, 2)                             \
    frame(2, 1, 1) frame(2, 4, 1) frame(4, 1, 1) frame(4, 4, 1) frame(12, 1, 2)
#elif REG_LANES == 8
#define SIZES(size, frame)                                                                          \
    size(1, 1, 1, 1) size(1, 1, 1, 4) size(1, 4, 1, 1) size(4, 1, 1, 1) size(1, 1, 1, 6)            \
    size(1, 1, 2, 3) size(1, 1, 3, 2) size(1, 1, 2, 2) size(1, 2, 1, 2)                             \
    frame(2, 1, 1) frame(2, 4, 1) frame(4, 1, 1) frame(4, 2, 1) frame(12, 1, 1)
#else
#define SIZES(size, frame)                                                                          \
    size(1, 1, 1, 1) size(1, 1, 1, 4) size(1, 4, 1, 1) size(4, 1, 1, 1) size(4, 1, 1, 2)            \
    size(4, 2, 1, 1) size(1, 1, 2, 4) size(1, 2, 2, 2) size(1, 1, 2, 2)                             \
    frame(2, 1, 1) frame(2, 4, 1) frame(4, 1, 1) frame(4, 2, 1) frame(12, 1, 1)
#endif

SIZES(TILE, FRAMED)

static const struct {
    conv_frame frame; uint32_t wide; int parts; conv_tile_size size; run_fn *run;
} tiles[] = { SIZES(SIZE, FRAME) };

static size_t best_tile(const conv_walk *k)
{
    size_t best = 0;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        const int64_t cost = conv_tile_cost(&tiles[i].size, tiles[i].parts, k->blocks, k->rows, k->columns);
        if (tiles[i].wide == k->lists->wide && tiles[i].frame == k->lists->frame && cost && cost < least)
            best = i, least = cost;
    }
    return best;
}

static float *at(const conv_sheet *v, const conv_spot *s, int lane)
{
    return v->at + s->at[0] * v->block + s->at[1] * v->row + s->at[2] * v->column + lane;
}

/* One list at some tiles from a spot on; at one that is not whole, or of a short row, alone. */
static void run_list(const conv_walk *k, run_fn *fn, const conv_spot *s, int64_t tiles_here, int64_t section,
                     int64_t row, int lane)
{
    const conv_lists *l = k->lists;
    const uint32_t *begin = conv_list(l, section, row);
    const int64_t output = l->output[row];
    const bool last = section == l->last[row];
    float tile[MOST * REG_LANES] __attribute__((aligned(64)));
    fn(k, s, &(bed){ .in = at(&k->in, s, lane), .out = at(&k->out, s, lane) + output * k->out.channel,
                     .gate = k->gate.at && last ? at(&k->gate, s, lane) + output * k->gate.channel : NULL,
                     .entry = l->entry + begin[0], .w = k->w + (size_t)begin[0] * l->wide, .piece = begin,
                     .count = conv_list_count(l, section, row), .outputs = l->output[row + 1] - output,
                     .tiles = tiles_here, .bias = k->bias ? k->bias + output : NULL, .fresh = section == 0,
                     .relu = k->relu && last, .tile = tile });
}

/* How many tiles from x on can be done at once. */
static int64_t tiles_together(const conv_walk *k, const conv_spot *s, const conv_tile_size *z, int64_t x,
                              int64_t end, int64_t row)
{
    const int64_t whole = k->columns / z->columns < end ? k->columns / z->columns : end;
    return s->whole && k->lists->output[row + 1] - k->lists->output[row] == k->lists->wide && whole > x
               ? whole - x
               : 1;
}

/* While a list is read, asks for a part of what the lists read and write in the next line of tiles: planes
 * that are in no near cache come row by row from so many channels that no processor foresees it. */
REG_INLINE void ask_for_next(const conv_walk *k, const conv_spot *s, const conv_tile_size *z, int64_t section,
                             int64_t row, int64_t columns)
{
    const conv_lists *l = k->lists;
    const conv_sheet *in = &k->in, *out = &k->out;
    const int64_t y = s->at[1] + z->rows, lists = l->sections * l->rows, i = section * l->rows + row;
    if (y + z->rows > k->rows || conv_is_near(in, out))
        return;
    const float *from = in->at + s->at[0] * in->block + y * in->row + k->fresh + s->at[2] * in->column,
                *to = out->at + s->at[0] * out->block + y * out->row + s->at[2] * out->column;
    for (int64_t c = i; c < k->inputs; c += lists)
        conv_ask_for(from + c * in->channel, in->row / k->step, CPU_LANES, z->rows * k->step,
                     columns * k->step, false);
    for (int64_t o = l->output[row]; o < l->output[row + 1] && !section; o++)
        conv_ask_for(to + o * out->channel, out->row, out->column, z->rows, columns, true);
}

/* All lists at tiles [first, end) of a line of tiles: each list at all of them before the next. */
static void all_lists(const conv_walk *k, size_t t, conv_spot *s, int64_t first, int64_t end)
{
    const conv_lists *l = k->lists;
    for (int lane = 0; lane < CPU_LANES; lane += REG_LANES * tiles[t].parts)
        for (int64_t section = 0; section < l->sections; section++)
            for (int64_t row = 0; row < l->rows; row++) {
                const bool any = !section || conv_list_count(l, section, row);
                conv_spot_axis(s, 2, first, tiles[t].size.columns, k->columns);
                if (!lane)
                    ask_for_next(k, s, &tiles[t].size, section, row, (end - first) * tiles[t].size.columns);
                for (int64_t x = first, n; x < end && any; x += n) {
                    conv_spot_axis(s, 2, x, tiles[t].size.columns, k->columns);
                    n = tiles_together(k, s, &tiles[t].size, x, end, row);
                    run_list(k, tiles[t].run, s, n, section, row, lane);
                }
            }
}

/* Where lists are short, memory is what takes time, and likes to be read along its rows; where they are not,
 * what one tile reads of a section is in the nearest cache until the next. */
static int64_t tiles_at_once(const conv_walk *k, int64_t across)
{
    return k->lists->sections == 1 && k->lists->wide == 1 ? across : 1;
}

void CPU_NAME(conv_apply)(const conv_walk *k);

void CPU_NAME(conv_apply)(const conv_walk *k)
{
    const size_t t = best_tile(k);
    const conv_tile_size *z = &tiles[t].size;
    const int64_t across = (k->columns + z->columns - 1) / z->columns, step = tiles_at_once(k, across);
    conv_spot s = { 0 };
    for (int64_t b = 0; b * z->blocks < k->blocks; b++) {
        conv_spot_axis(&s, 0, b, z->blocks, k->blocks);
        for (int64_t y = 0; y * z->rows < k->rows; y++) {
            conv_spot_axis(&s, 1, y, z->rows, k->rows);
            for (int64_t x = 0; x < across; x += step)
                all_lists(k, t, &s, x, x + step);
        }
    }
}
