/* Explain: what a run would train, in a few lines. */
#ifndef LT_RUN_EXPLAIN_H
#define LT_RUN_EXPLAIN_H

#include "plan/plan.h"

/* count: of the trainings by what the executor, which only looked, made of them: done are stored, failed are
 * to be done, blocked wait for masks that are not known; lost: of lt_ending_lost, in none of them. */
void lt_explain(const lt_plan *p, const lt_experiments *x, const uint64_t count[LT_JOB_STATES], uint64_t lost,
                FILE *to);

#endif
