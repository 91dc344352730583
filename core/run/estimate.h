/* Estimate: how long trainings will take, from a few steps that are timed and thrown away. */
#ifndef LT_RUN_ESTIMATE_H
#define LT_RUN_ESTIMATE_H

#include "run/memory.h"

/* One line to `to`: time for so many trainings of the main line's length in a run laid out so. Takes about
 * a second, and keeps nothing. */
ltc_status lt_estimate(const lt_plan *p, uint64_t trainings, const lt_layout *l, double (*now_s)(void),
                       FILE *to, ltc_error *err);

#endif
