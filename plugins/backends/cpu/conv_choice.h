/* Which kernel a pass of a convolution uses: a pure function of shape, density and a table of costs, never of
 * a clock. Called when a layer is opened. */
#ifndef CPU_CONV_CHOICE_H
#define CPU_CONV_CHOICE_H

#include "conv.h"
#include "conv_points.h"

typedef enum conv_pass { CONV_FORWARD, CONV_DATA_GRADIENT, CONV_WEIGHT_GRADIENT, CONV_PASSES } conv_pass;
typedef enum conv_way {
    CONV_BY_LISTS,                            /* of single outputs: work falls with density */
    CONV_BY_WIDE_LISTS,                       /* of CONV_WIDE outputs: direct, for dense layers */
    CONV_BY_WINOGRAD,                         /* at points: dense 3 x 3 or 5 x 5 of stride 1 */
    CONV_WAYS
} conv_way;

/* What a multiplication costs by each way, in those of a direct kernel at its best: of every alive weight by
 * lists, of every weight by the other, in a 3 x 3. */
typedef struct conv_cost { double lists, winograd; } conv_cost;
struct conv_costs { conv_cost pass[CONV_PASSES]; };

/* Measured by bench_conv on a Zen 4 core. Another table has other bits: whoever changes it raises the
 * revision in the identity. */
const conv_costs *conv_costs_shipped(cpu_isa isa);

/* The tiles that Winograd's way would cut a shape's planes into; is one of them a whole plane? */
conv_form conv_form_of(const cpu_conv_shape *s);
bool      conv_is_one_tile(const cpu_conv_shape *s);

/* Whether the data gradient by Winograd's way spreads tiles of the outputs' plane, since they are fewer than
 * those of the inputs' plane, which it gathers else. */
bool      conv_spreads(const cpu_conv_shape *s);

/* density: the part of the weights that is not dead. */
conv_way conv_choose(const cpu_conv_shape *s, double density, const conv_costs *costs, conv_pass pass);

#endif
