/* Ending: how a run in which something failed says so at its end. */
#ifndef LT_RUN_ENDING_H
#define LT_RUN_ENDING_H

#include "plan/plan.h"

/* Of a run that ended with st. Each failure was told as it came; this puts into err how many there were, how
 * many levels were not begun because of them, and what the same command does about it. Nothing if no job
 * failed; and if err blames a setting, it goes on blaming it. Returns st, but for a job that failed no status
 * of wrong usage: that is for what is refused before any work. */
ltc_status lt_ending_settle(const lt_plan *p, ltc_status st, ltc_error *err);

/* After a dry run: trainings that nobody will bring to an end, since a loss is not finite, here or at a need.
 * Marks all of them as bad. */
uint64_t lt_ending_lost(lt_plan *p);

#endif
