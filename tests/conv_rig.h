/* One convolution in the layout of the cpu backend, with random numbers, and what a naive sum says of it.
 * For tests of plugins/backends/cpu/conv.h. */
#ifndef LT_TESTS_CONV_RIG_H
#define LT_TESTS_CONV_RIG_H

#include <stdbool.h>

#include "conv.h"

typedef struct lt_conv {
    cpu_conv_shape shape;
    cpu_conv_needs needs;
    cpu_conv *layer;
    cpu_view x, y, g, dx;
    float *memory[4];
    uint8_t *mask;                            /* [weights], the host's order */
    float *host;                              /* the weights, the host's order; 0 where dead */
    float *w, *dw, *bias, *scratch;           /* w, dw: stored order */
    int64_t weights, batch;
} lt_conv;

/* A layer of batch samples with about such a density; every fifth weight that is alive is frozen. false:
 * no memory, or the layer did not open. */
bool lt_conv_open(lt_conv *c, const cpu_conv_shape *s, double density, int64_t batch, cpu_isa isa);
void lt_conv_close(lt_conv *c);

/* The three passes, in parts of so many blocks or outputs. A data gradient is set or added to what is there,
 * and if gated ends as 0 where the input is not positive. */
typedef enum lt_conv_way { LT_SET, LT_ADDED, LT_GATED, LT_ADDED_GATED = LT_ADDED | LT_GATED } lt_conv_way;
void lt_conv_forward(lt_conv *c, bool relu, int64_t part);
void lt_conv_data_gradient(lt_conv *c, lt_conv_way way, int64_t part);
void lt_conv_weight_gradient(lt_conv *c, int64_t part);

/* The same by sums of so many blocks at a time, the last ones first; false: this layer's are made whole. */
bool lt_conv_weight_sums(lt_conv *c, int64_t part);

/* The largest difference to the naive sums, over the sum of magnitudes that each is made of, and of y and dx
 * by Winograd a twentieth of their mean. y, dx, dw in turn. */
double lt_conv_forward_error(const lt_conv *c, bool relu);
double lt_conv_data_error(const lt_conv *c, const float *before);
double lt_conv_weight_error(const lt_conv *c);

/* Whether the frames of zeros around y and dx are as they were. */
bool lt_conv_halo_is_zero(const cpu_view *v);

size_t lt_conv_floats(const cpu_view *v);     /* of a view's whole memory */

#endif
