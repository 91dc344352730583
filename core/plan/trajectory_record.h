/* The record of a trajectory: its text in the store, and the lists that are made of it. For
 * trajectory.c alone. */
#ifndef LT_PLAN_TRAJECTORY_RECORD_H
#define LT_PLAN_TRAJECTORY_RECORD_H

#include "plan/trajectory.h"

/* Whatever the record holds; an empty trajectory if there is none. */
ltc_status lt_trajectory_load(lt_store *s, const lt_digest *key, lt_trajectory *t, ltc_error *err);

/* What the record holds beside it stays, partial states excepted: another process may have gone farther,
 * while this one slept past its claim. */
ltc_status lt_trajectory_save(lt_store *s, const lt_digest *key, const lt_trajectory *t, ltc_error *err);

/* Adds, or replaces what is there of the same step and kind; of partial points up to a new one the last two
 * are kept, and up to a state that stays none. */
ltc_status lt_trajectory_add_point(lt_trajectory *t, const lt_point *p, ltc_error *err);
void lt_trajectory_drop_point(lt_trajectory *t, size_t i);

/* Adds, or fills in the splits that were not measured. */
ltc_status lt_trajectory_add_evaluation(lt_trajectory *t, const lt_evaluation *e, ltc_error *err);

#endif
