/* How a sheet of outputs is covered by tiles of one size: which size, and where each tile stands. For kernel
 * files.
 *
 * The last tile of a row, column or batch is moved back so that it ends where the sheet does; what it
 * shares with the one before is skipped: computed, but not stored or summed a second time. */
#ifndef CPU_CONV_TILES_H
#define CPU_CONV_TILES_H

#include <stdbool.h>
#include <stdint.h>

#include "conv_kernels.h"

typedef struct conv_tile_size { int blocks, rows, columns; } conv_tile_size;

/* A tile's first block, row and column, and how many of each are another tile's. */
typedef struct conv_spot { int64_t at[3]; int skip[3]; bool whole; } conv_spot;

/* How many multiplications a tile of this size, of `parts` registers a pixel, costs the sheet, an entry's own
 * cost counted as four; 0: too large. */
static inline int64_t conv_tile_cost(const conv_tile_size *t, int parts, int64_t blocks, int64_t rows,
                                     int64_t columns)
{
    if (t->blocks > blocks || t->rows > rows || t->columns > columns)
        return 0;
    const int64_t tiles = ((blocks + t->blocks - 1) / t->blocks) * ((rows + t->rows - 1) / t->rows) *
                          ((columns + t->columns - 1) / t->columns);
    return tiles * (t->blocks * t->rows * t->columns * parts + 4);
}

/* One axis of a spot: tile i of n pixels; how much of it the tile before has done. */
static inline void conv_spot_axis(conv_spot *s, int axis, int64_t i, int size, int64_t n)
{
    const int64_t start = i * size, most = n - size;
    s->at[axis] = start < most ? start : most;
    s->skip[axis] = (int)(start - s->at[axis]);
    s->whole = !(s->skip[0] | s->skip[1] | s->skip[2]);
}

/* Pixel p of a tile, counted through columns, rows, blocks: where it is in a sheet whose columns are so
 * far apart. */
static inline __attribute__((always_inline)) ptrdiff_t
conv_pixel(const conv_sheet *s, const int ty, const int tx, ptrdiff_t column, int p)
{
    return p / (ty * tx) * s->block + p / tx % ty * s->row + p % tx * column;
}

/* Line l of a tile, counted through rows and blocks. */
static inline __attribute__((always_inline)) ptrdiff_t
conv_line(const int ty, const int l, ptrdiff_t block, ptrdiff_t row)
{
    return l / ty * block + l % ty * row;
}

/* Is one block of both small enough to stay in a near cache, a megabyte? */
static inline bool conv_is_near(const conv_sheet *a, const conv_sheet *b)
{
    return a->block + b->block < 1 << 18;
}

/* Asks a near cache for rows of a channel, to be read or written. Inlined, and so are its callers: gcc leaves
 * out a call of what does nothing else. */
static inline __attribute__((always_inline)) void
conv_ask_for(const float *from, ptrdiff_t row, ptrdiff_t column, int64_t rows, int64_t columns,
             const bool write)
{
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < columns; x++) {
            const float *at = from + y * row + x * column;
            if (write)
                __builtin_prefetch(at, 1, 2);
            else
                __builtin_prefetch(at, 0, 2);
        }
}

static inline __attribute__((always_inline)) bool
conv_is_ours(const conv_spot *s, const int ty, const int tx, int p)
{
    return p / (ty * tx) >= s->skip[0] && p / tx % ty >= s->skip[1] && p % tx >= s->skip[2];
}

#endif
