/* What the kernels of convolutions are told, and the table of them that each instruction set has. Called
 * by conv_passes.c; see conv.h for what the passes mean. All strides are in floats. */
#ifndef CPU_CONV_KERNELS_H
#define CPU_CONV_KERNELS_H

#include <stdbool.h>

#include "conv_lists.h"
#include "conv_points.h"
#include "isa.h"
#include "layout.h"

/* A value as a pass walks over it: pixel (0, 0) of the first block, and the way to the next of each kind. */
typedef struct conv_sheet { float *at; ptrdiff_t block, channel, row, column; } conv_sheet;

/* out[output] = bias + sum over its entries of w in[channel] at the entry's tap: forward, or one phase of
 * the data gradient. add: out is added to. relu: the positive part is stored. gate, whose pixels are out's:
 * the sum is stored where that is positive, and 0 elsewhere; at NULL: everywhere. */
typedef struct conv_walk {
    conv_sheet in, out;
    int64_t rows, columns, blocks;            /* of the output */
    int64_t inputs, step;                     /* channels of in; its pixels from output to output */
    ptrdiff_t fresh;                          /* from an output's row to the first that the one
                                               * above does not read */
    const conv_lists *lists;
    const float *w;                           /* [count][wide] */
    const float *bias;                        /* of each output, or NULL */
    conv_sheet gate;
    bool relu, add;
} conv_walk;

/* A weights' gradient is made at once, or its sums alone, or of these. */
typedef enum conv_stage { CONV_WHOLE, CONV_SUMS, CONV_FINISH } conv_stage;

/* dw = sum over blocks and pixels of g[output] x[channel] at the entry's tap, for outputs [first, end).
 * Each sum is one vector, in an order that depends on the sheets' sizes alone; then over lanes. */
typedef struct conv_slope {
    conv_sheet x, g;
    int64_t rows, columns, blocks;            /* of g */
    int64_t inputs, step;                     /* as above */
    ptrdiff_t fresh;
    const conv_lists *lists;
    const uint32_t *to;                       /* [count][wide]: in dw, or CONV_NONE; NULL: the lists' order */
    int64_t first, end;
    float *partial;
    int64_t room; /* room for so many vectors, at least conv_slope_room's; for all but for
                     CONV_WHOLE */
    conv_stage stage;
    float *dw;
} conv_slope;

/* By points: outputs in tiles, each from inputs that begin pad before it. Of winograd_back the inputs are in
 * tiles, each added to outputs that begin pad before it, and there is neither bias nor relu. u: the weights,
 * transformed; NULL: they are made of taps, chunk by chunk. gate: as above. A call uses conv_winograd_scratch
 * floats. */
typedef struct conv_winograd {
    conv_sheet in, out, gate;
    int64_t in_rows, in_columns, rows, columns, blocks, inputs, outputs, pad;
    conv_form form;
    const float *u, *bias;
    const conv_taps *taps;
    bool relu, add;
    float *scratch;
} conv_winograd;

/* The weights' gradient of the same: dw[output][input][kernel][kernel] for outputs [first, end). Each sum
 * goes over tiles, then samples, in their order. to: where a place of the host's is stored, or CONV_NONE;
 * NULL: there. A call uses conv_winograd_slope_scratch floats. */
typedef struct conv_winograd_slope {
    conv_sheet x, g;
    int64_t in_rows, in_columns, rows, columns, blocks, outputs, inputs, pad;
    conv_form form;
    const uint32_t *to;
    int64_t first, end;
    conv_stage stage;
    float *scratch, *sums, *dw;               /* sums [chunk of outputs][point][..]; of
                                               * CONV_WHOLE in scratch */
} conv_winograd_slope;

typedef struct conv_kernels {
    void (*apply)(const conv_walk *k);
    /* u of outputs [first, end), first a multiple of CONV_WIDE, whose points are so far apart */
    void (*weights)(const conv_taps *t, int64_t first, int64_t end, ptrdiff_t point, float *u);
    void (*winograd)(const conv_winograd *k);
    void (*winograd_back)(const conv_winograd *k);
    void (*winograd_slope)(const conv_winograd_slope *k);
    void (*slope)(const conv_slope *k);       /* of lists with one output a row */
    void (*slope_wide)(const conv_slope *k);  /* of lists with CONV_WIDE outputs a row */
    void (*add)(float *to, const float *from, size_t n);
} conv_kernels;

extern const conv_kernels conv_kernels_avx512, conv_kernels_avx2, conv_kernels_portable;

#endif
