/* A convolution as its own two files see it: conv_layer.c opens it, conv_passes.c runs it. */
#ifndef CPU_CONV_LAYER_H
#define CPU_CONV_LAYER_H

#include "conv.h"
#include "conv_choice.h"
#include "conv_phase.h"
#include "conv_points.h"

struct cpu_conv {
    cpu_conv_shape shape;
    const conv_kernels *kernels;
    conv_way way[CONV_PASSES];
    conv_phase forward, slope;                /* slope: of the weights' gradient, if its lists are others */
    bool own_slope;
    conv_phase *back; int64_t n_back;
    float *points[2], *host;                  /* Winograd's weights of two passes; all, with zeros */
    size_t stored;
    uint32_t *places;                         /* NULL: all, in the host's order */
    uint32_t *rank;                           /* the way back, or CONV_NONE; NULL: not wanted */
};

/* taps: weights in the host's order, as a pass by points takes them. host_weights: those of w, which are in
 * the order of storage, once cpu_conv_prepare was given the same w. */
conv_taps    conv_taps_of(const cpu_conv *l, const float *w, bool back);
const float *conv_host_weights(const cpu_conv *l, const float *w);

/* Vectors of partial sums in scratch. */
size_t conv_room(const cpu_conv_shape *s);

#endif
