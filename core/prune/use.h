/* Use: which operation a parameter feeds. Layers are told apart by it, in eligibility.c and in pool.c. */
#ifndef LT_PRUNE_USE_H
#define LT_PRUNE_USE_H

#include <ltcore/graph.h>

/* LTC_OP_* of the first operation in execution order that reads parameter p; LTC_OP_NONE: none does. [any] */
uint32_t lt_use_of(const ltc_graph *g, uint32_t p);

#endif
