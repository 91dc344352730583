/* A weights' gradient in parts: as many rows of the lists at once as there is room for partial sums. For
 * conv_slope.c and conv_slope_wide.c, which say how a part's sums are made. */
#ifndef CPU_CONV_PARTS_H
#define CPU_CONV_PARTS_H

#include <string.h>

#include "conv_kernels.h"
#include "conv_reg.h"

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

#endif
