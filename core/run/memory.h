/* Memory: what a run will take, asked of the backends before anything is trained. */
#ifndef LT_RUN_MEMORY_H
#define LT_RUN_MEMORY_H

#include <stdio.h>

#include "plan/plan.h"

/* In bytes. worker: of the worker whose training takes most: its program, the states between it and the store, and the plan
 * of a span. A device's own memory counts as the host's: a plan does not say whose its bytes are. */
typedef struct lt_memory { uint64_t data, worker; } lt_memory;

ltc_status lt_memory_ask(const lt_plan *p, lt_memory *m, ltc_error *err);

/* How many of `wanted` workers fit into `available` bytes beside the data, which counts them; 0: not even one. 0 bytes:
 * it is not known, and all do. */
uint32_t lt_memory_workers(const lt_memory *m, uint64_t available, uint32_t wanted);

/* Lowers *workers to what fits, and says so on `to`; LTC_ENOMEM with figures: not even one does. */
ltc_status lt_memory_settle(const lt_memory *m, uint64_t available, uint32_t *workers, FILE *to, ltc_error *err);

/* One line: data, worker, both together, and what is available if it is known. */
void lt_memory_print(const lt_memory *m, uint32_t workers, uint64_t available, FILE *to);

#endif
