/* Which kernel a pass of a convolution uses: a pure function of shape, density and instruction set, never
 * of a clock. Called when a layer is opened. */
#ifndef CPU_CONV_CHOICE_H
#define CPU_CONV_CHOICE_H

#include "conv.h"

typedef enum conv_pass { CONV_FORWARD, CONV_DATA_GRADIENT, CONV_WEIGHT_GRADIENT, CONV_PASSES } conv_pass;
typedef enum conv_way {
    CONV_BY_LISTS,                            /* of single outputs: work falls with density */
    CONV_BY_WIDE_LISTS,                       /* of CONV_WIDE outputs: direct, for dense layers */
    CONV_BY_WINOGRAD,                         /* dense 3 x 3 of stride 1 */
    CONV_WAYS
} conv_way;

/* density: the part of the weights that is not dead. */
conv_way conv_choose(const cpu_conv_shape *s, double density, cpu_isa isa, conv_pass pass);

#endif
