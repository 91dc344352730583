/* Operations: what the core knows of each apart from its arithmetic: name, inputs, desc, shapes, cost. */
#ifndef LT_GRAPH_OP_H
#define LT_GRAPH_OP_H

#include <ltcore/ops.h>

/* One operation of ops.def. desc: one letter a field in order, u = uint32_t, r = double. */
typedef struct lt_op {
    const char *name;                         /* as in ops.def, in lower case: "batch_norm" */
    const char *desc;
    uint32_t    desc_size, pad;
} lt_op;

/* NULL if there is no such operation. [any] */
const lt_op *lt_op_find(uint32_t op);

/* Its inputs, in the letters of ops.def; op must exist. [any] */
const char *lt_op_inputs(uint32_t op);

/* The output's shape from those of the inputs (NULL where one was left out), or a sentence about what does
 * not fit. The number and presence of inputs must agree with lt_op_inputs already. */
ltc_status lt_op_shape(const ltc_node *node, const ltc_value *const *in, ltc_value *out, ltc_error *err);

/* Multiply-accumulates for one sample: of LINEAR and CONV2D; the rest count none. */
uint64_t lt_op_macs(const ltc_node *node, const ltc_value *const *in, const ltc_value *out);

#endif
