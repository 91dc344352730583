/* CONV2D: one layer's kernels, dense and masked. Called by the program: needs at compile, open at ready,
 * the rest in every step.
 *
 * A layer stores the weights that are not dead, in an order of its own: cpu_conv_places names, for each
 * stored weight, its place in the host's tensor [out][C / groups][kh][kw]. The program moves values and
 * slots by it, and updates what is stored; the arrays w and dw below are in that order. A dense layer
 * stores everything. Which kernels a layer uses is a pure function of shape, mask, instruction set and
 * a table of costs. */
#ifndef CPU_CONV_H
#define CPU_CONV_H

#include <stdbool.h>

#include <ltcore/base.h>

#include "isa.h"
#include "layout.h"

typedef struct cpu_conv_shape {
    int64_t  channels, outputs, groups, kernel_h, kernel_w, stride, pad, dilation;
    int64_t  h, w, out_h, out_w;
    int64_t  blocks;                          /* the most that a call gets */
    ptrdiff_t x_channel, x_row, g_channel, g_row;     /* strides of every call's x and g; wanted
                                                       * from its opening on */
} cpu_conv_shape;

/* Halo of the input's value, and of the output's gradient; an evaluation has no gradient. Floats of scratch
 * that one call may use, 64-byte aligned; calls that run at once get different scratch. */
typedef struct cpu_conv_needs { int64_t halo_x, halo_g; size_t scratch; } cpu_conv_needs;

cpu_conv_needs cpu_conv_needs_of(const cpu_conv_shape *s, cpu_isa isa);

/* Work that is split into smaller parts than these is partly done twice: blocks of the forward pass and the
 * data gradient, outputs of the weights' gradient. No bit depends on the parts. */
typedef struct cpu_conv_grain { int64_t blocks, outputs; } cpu_conv_grain;

cpu_conv_grain cpu_conv_grain_of(const cpu_conv_shape *s);

typedef struct cpu_conv cpu_conv;

typedef struct conv_costs conv_costs;         /* conv_choice.h */

/* mask: LTC_DEAD, LTC_ALIVE or LTC_FROZEN for each weight in the host's order, NULL: all alive. Allocates
 * whatever the steps will need. */
ltc_status cpu_conv_open(cpu_conv **layer, const cpu_conv_shape *s, const uint8_t *mask, cpu_isa isa,
                         const conv_costs *costs, ltc_error *err);
void       cpu_conv_close(cpu_conv *layer);   /* NULL: nothing to do */

/* How many weights are stored, and where each comes from; places NULL: all, in the host's order. Arrays of
 * stored weights are padded to a multiple of CPU_LANES, with zeros. */
size_t          cpu_conv_stored(const cpu_conv *layer);
const uint32_t *cpu_conv_places(const cpu_conv *layer);

/* Once after the weights changed, before any pass: what is derived of them (Winograd's transforms, copies
 * in another order). */
void cpu_conv_prepare(cpu_conv *layer, const float *w);

/* y = conv(x) + bias, or its positive part, for blocks [first, end). bias NULL: none. y's
 * halo stays as it is. */
typedef struct cpu_conv_call {
    const float *w, *bias;
    const cpu_view *x, *y;                    /* value in, value out; of a gradient call: see below */
    bool relu;
    const cpu_view *gate;                     /* of a data gradient: it ends as 0 where
                                               * this is not positive */
    float *scratch;
} cpu_conv_call;

void cpu_conv_forward(const cpu_conv *layer, const cpu_conv_call *c, int64_t first, int64_t end);

/* dx = what g gives by the transposed convolution, for blocks [first, end): x is dx, y is g. add: adds to dx,
 * as where a value has several readers. */
void cpu_conv_data_gradient(const cpu_conv *layer, const cpu_conv_call *c, bool add, int64_t first,
                            int64_t end);

/* dw, stored order: the sum over all blocks, in a fixed order, for outputs [first, end) of [0, outputs). x
 * and y (g) hold the values of forward. The bias's gradient is the program's. */
void cpu_conv_weight_gradient(const cpu_conv *layer, const cpu_conv_call *c, float *dw, int64_t first,
                              int64_t end);

/* The same in parts, while what a part reads is in a near cache: sums of blocks [first, end), of so many
 * floats aligned to 64 bytes; then dw of all parts' together, which lie one after the other and are used up.
 * 0 floats: a layer with so many weights that this does not pay. */
size_t cpu_conv_sums(const cpu_conv *layer);
void   cpu_conv_sum(const cpu_conv *layer, const cpu_conv_call *c, float *sums, int64_t first, int64_t end);
void   cpu_conv_settle(const cpu_conv *layer, const cpu_conv_call *c, float *sums, int64_t parts, float *dw);

#endif
