/* Which kernels a linear layer gets: a pure function of its shape, its mask, statistics of the data
 * and a table of costs. Neither batch nor optimizer has a say, since an evaluation has the same bits
 * under all of them. */
#ifndef CPU_CHOICE_H
#define CPU_CHOICE_H

#include "cpu.h"

/* Products from which on a layer's passes are worth several threads. */
#define CPU_HEAVY ((size_t)8 << 20)

typedef struct cpu_linear_case {
    int64_t in, out;
    size_t  alive;                            /* weights that are not dead */
    double  filled;                           /* share of the input that is not its base; 1 where
                                               * that is no matter */
    bool    first;                            /* no gradient of its input is wanted */
} cpu_linear_case;

cpu_form cpu_choose_linear(const cpu_linear_case *c, const cpu_costs *t);

/* Columns of a segment of lists of n weights: segments pay where a row has several weights in each. */
int64_t  cpu_segment_width(size_t n, int64_t in, int64_t out);

/* The share of bytes that are not 0, of a thousand samples spread over the split. */
double   cpu_filled(const lts_samples *s);

#endif
