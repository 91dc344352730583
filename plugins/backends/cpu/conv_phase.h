/* One phase of a pass over lists: outputs that lie a fixed step apart and so read the same taps. A forward
 * pass is one phase; the data gradient of a convolution of stride s has s * s. Called by
 * conv_layer.c and conv_passes.c. */
#ifndef CPU_CONV_PHASE_H
#define CPU_CONV_PHASE_H

#include "conv.h"
#include "conv_kernels.h"

typedef struct conv_phase {
    bool back;                                /* a data gradient's */
    int64_t row, column;                      /* of its first output */
    int64_t rows, columns;                    /* of its outputs; none: nothing to do */
    int64_t out_step, in_step;                /* pixels from one to the next */
    int64_t ahead;                            /* rows from an output's to the last that it reads */
    conv_lists lists;
    float *packed;                            /* [count][wide]: in the lists' order; NULL: stored so */
} conv_phase;

int64_t conv_phases(const cpu_conv_shape *s, bool back);

/* Phase i without lists, and with those of what mask leaves. */
conv_phase conv_phase_of(const cpu_conv_shape *s, bool back, int64_t i);
ltc_status conv_phase_open(conv_phase *p, const cpu_conv_shape *s, const uint8_t *mask, double density,
                           uint32_t wide, ltc_error *err);
void       conv_phase_close(conv_phase *p);

/* How far from an output's pixel a phase reads the tap: in rows, or columns. */
int64_t conv_phase_reach(const conv_phase *p, const cpu_conv_shape *s, int64_t tap, bool down);

/* From an output's row to the first that the output above does not read. */
int64_t conv_phase_fresh(const conv_phase *p);

/* The most that a phase reads outside of its input, which has h rows and w columns. */
int64_t conv_phase_halo(const conv_phase *p, const cpu_conv_shape *s, int64_t h, int64_t w);

/* Once the order of stored weights is known: rank[place] of each. Allocates packed if it is not that of
 * the lists. */
ltc_status conv_phase_settle(conv_phase *p, const uint32_t *rank, int64_t stored, ltc_error *err);
void       conv_phase_pack(const conv_phase *p, const float *w);

#endif
