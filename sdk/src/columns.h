/* The column matrix of a convolution, tile by tile: a row for each tap of each channel, a column for each
 * output pixel of the tile. A tile is some whole samples, or where images are large some rows of one. Called
 * by conv.c. */
#ifndef LTS_COLUMNS_H
#define LTS_COLUMNS_H

#include "window.h"

typedef struct lts_columns {
    lts_conv c;
    int64_t taps, pixels; /* of one group: rows of the matrix, output pixels of a sample */
    size_t in, w, out;    /* elements of one group's share of a sample and of the weight */
    int64_t  samples, rows;                   /* of a full tile: one of them is 1, or rows is all */
    bool     plain;                           /* 1 x 1 taps: an image is its own matrix */
    bool same; /* steps of 1, as wide as the input: rows follow each other in both */
} lts_columns;

lts_columns lts_columns_of(const ltc_conv2d_desc *d, const ltc_value *in, const ltc_value *w,
                           const ltc_value *out);

/* Columns of a full tile. */
static inline int64_t lts_columns_width(const lts_columns *k)
{
    return k->samples * k->rows * k->c.x.out;
}

/* One tile. first: of its samples in the batch. */
typedef struct lts_tile { int64_t first, samples, row, rows; } lts_tile;

static inline int64_t lts_tile_width(const lts_columns *k, const lts_tile *t)
{
    return t->samples * t->rows * k->c.x.out;
}

/* The first tile of samples [begin, end), and the next; false when there is none. */
bool lts_tile_first(const lts_columns *k, size_t begin, size_t end, lts_tile *t);
bool lts_tile_next(const lts_columns *k, size_t end, lts_tile *t);

/* The matrix of channels [from, to) of a group, from x, which is that group's share of sample 0. */
void lts_columns_fill(const lts_columns *k, const lts_tile *t, int64_t from, int64_t to, const float *x,
                      float *matrix);

/* Adds the matrix of all channels to where its elements came from; spoils it. */
void lts_columns_add(const lts_columns *k, const lts_tile *t, float *matrix, float *dx);

#endif
