/* Memory: what a run will take, asked of the backends before anything is trained. */
#ifndef LT_RUN_MEMORY_H
#define LT_RUN_MEMORY_H

#include <stdio.h>

#include "plan/plan.h"

/* In bytes of the host, but for the last two; of the line whose training takes most. */
typedef struct lt_memory {
    uint64_t data, program;                   /* program: once a device */
    uint64_t training;                        /* each, with its states outside the program and
                                               * the plan of a span */
    uint64_t fixed, replica;                  /* of a program of several, wherever it lies:
                                               * once, and for each */
    uint32_t replicas;                        /* the most that all programs of some experiment may have */
    bool     own;                             /* fixed and replica are of the device's own memory */
} lt_memory;

/* How a run is laid out: devices at once, and trainings at once on each: one, or on the only device a
 * cohort, beside which what another backend trains takes its turn. */
typedef struct lt_layout { uint32_t crews, seats; } lt_layout;

/* Also of each experiment how many replicas a program may have. */
ltc_status lt_memory_ask(const lt_plan *p, lt_experiments *x, lt_memory *m, ltc_error *err);

/* How many of `wanted` trainings at once fit into `available` bytes beside the data, which counts them; 0:
 * not even one. 0 bytes: it is not known, and all do. */
uint32_t lt_memory_trainings(const lt_memory *m, uint64_t available, uint32_t wanted);

/* For `wanted` trainings at once, or as many as fit; fewer for want of the host's memory are told on `to`.
 * LTC_ENOMEM with figures: not even one fits. */
ltc_status lt_memory_settle(const lt_memory *m, uint64_t available, uint32_t wanted, lt_layout *l, FILE *to,
                            ltc_error *err);

/* A line: data, trainings, all together, and what is available if it is known; and one of cohorts, if
 * there may be any. */
void lt_memory_print(const lt_memory *m, const lt_layout *l, uint64_t available, FILE *to);

#endif
