/* What a trajectory lacks of what is wanted of it. For trajectory.c alone. */
#ifndef LT_PLAN_TRAJECTORY_MISSING_H
#define LT_PLAN_TRAJECTORY_MISSING_H

#include "plan/trajectory.h"

/* First and last step to pass; false: nothing is missing. */
bool lt_trajectory_missing(const lt_trajectory_request *r, const lt_trajectory *t, uint64_t *low,
                           uint64_t *high);

/* The next step after `step` at which something is to be done: an evaluation, a state to keep, a
 * stored one to compare. */
uint64_t lt_trajectory_next(const lt_trajectory_request *r, const lt_trajectory *t, uint64_t step);

/* Is a step's state one that is wanted for good? Is it there for good, or (values) are its values? Partial
 * states are forgotten again. */
bool lt_trajectory_keeps(const lt_trajectory_request *r, const lt_trajectory *t, uint64_t step);
bool lt_trajectory_stays(const lt_trajectory *t, uint64_t step, bool values);

/* Is a split measured at a step, or empty? */
bool lt_trajectory_measured(const lt_trajectory_request *r, const lt_evaluation *e, uint32_t split);

#endif
