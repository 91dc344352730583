/* The weights of one pass as lists: for each row of outputs the inputs that it reads, dead weights left out.
 * Made when a layer is opened, read by the kernels in every step.
 *
 * A row is one output, or up to CONV_WIDE neighbours that share their entries: so a dense layer is a list
 * as well. Lists are cut into sections of input channels, so that what a tile reads stays in the nearest
 * cache. Those of small planes are in pieces besides, one for each tap, so that little is multiplied that
 * lies beside the plane. Piece p of list (section, row) is entries [b[p], b[p + 1]) of
 * b = conv_list(l, section, row). */
#ifndef CPU_CONV_LISTS_H
#define CPU_CONV_LISTS_H

#include <stddef.h>
#include <stdint.h>

#include <ltcore/base.h>

enum { CONV_WIDE = 4 };
#define CONV_NONE UINT32_MAX                  /* from: no weight here, a zero is multiplied */

/* Small square planes that are convolved in steps of one: of each side, the outputs, the inputs, where an
 * output's first tap reads, from it, and the taps, which read one after the other. A tap's piece is
 * column * taps + row. */
typedef enum conv_frame { CONV_NO_FRAME, CONV_FRAME_2, CONV_FRAME_4, CONV_FRAME_12, CONV_FRAMES } conv_frame;
typedef struct conv_reach { int outputs, inputs, first, taps; } conv_reach;

static inline __attribute__((always_inline)) conv_reach conv_reach_of(conv_frame f)
{
    return f == CONV_FRAME_2 ? (conv_reach){ 2, 2, -1, 3 }
                             : f == CONV_FRAME_4 ? (conv_reach){ 4, 4, -1, 3 }
                                                 : (conv_reach){ 12, 8, -4, 5 };
}

typedef struct conv_lists {
    uint32_t  wide;                           /* outputs in a row: 1 or CONV_WIDE */
    int64_t   sections, rows, count;
    conv_frame frame;                         /* of small planes, whose lists are in pieces */
    int64_t   pieces;                         /* of a list: 1, or with a frame as many as taps */
    uint32_t *begin;                          /* [sections * rows * pieces + 1] */
    uint32_t *output;                         /* [rows + 1]: the first output of each row */
    uint32_t *last;                           /* [rows]: the last section with entries, or 0 */
    int32_t  *entry;                          /* [count]: where it reads, in floats from an output's pixel */
    uint32_t *from;                           /* [count][wide]: its place with the host, or CONV_NONE */
} conv_lists;

/* Where the pieces of a list begin; one more: where the last ends. */
static inline const uint32_t *conv_list(const conv_lists *l, int64_t section, int64_t row)
{
    return l->begin + (section * l->rows + row) * l->pieces;
}

static inline int64_t conv_list_count(const conv_lists *l, int64_t section, int64_t row)
{
    const uint32_t *begin = conv_list(l, section, row);
    return begin[l->pieces] - begin[0];
}

/* A pass as the host's tensor tells it: the weight of (group, output, input, tap), the last three counted
 * inside their range, stands at group * by_group + output * by_output + input * by_input + tap. */
typedef struct conv_map {
    int64_t groups, outputs, inputs, taps;    /* outputs and inputs of one group */
    int64_t by_group, by_output, by_input;
    const uint32_t *tap;                      /* [n_taps]: those of this pass, in the order of pieces */
    int64_t n_taps;
    conv_frame frame;
    const ptrdiff_t *distance;                /* [taps]: from an output's pixel to what it reads
                                               * there, of channel 0 */
    ptrdiff_t channel;                        /* from one channel to the next; all of it is in the
                                               * range of an entry */
    int64_t section;                          /* input channels in a section */
} conv_map;

/* mask: LTC_DEAD weights are left out; NULL: none is. */
ltc_status conv_lists_make(conv_lists *l, const conv_map *map, const uint8_t *mask, uint32_t wide,
                           ltc_error *err);
void       conv_lists_free(conv_lists *l);

#endif
