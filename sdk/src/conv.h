/* CONV2D by the table's gemm. Called by gemm.c, and by program.c for the memory it takes. */
#ifndef LTS_CONV_H
#define LTS_CONV_H

#include "program.h"

/* Elements: of each of LTS_MOST_PARTS pieces of scratch, and of the sums that parts leave behind. */
typedef struct lts_conv_memory { size_t scratch, sums; } lts_conv_memory;
lts_conv_memory lts_conv_memory_of(const ltc_graph *graph, uint32_t rows);

ltc_status lts_conv_forward(const lts_program *p, const ltc_node *node, const ltc_io *io);
ltc_status lts_conv_backward(const lts_program *p, const ltc_node *node, const lts_step *step);

#endif
