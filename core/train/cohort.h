/* Cohort: trainings side by side in one program.
 *
 * Each thread that trains has a session in the cohort, and calls it as if it were alone; one training is a cohort of
 * one. What they ask for is done in rounds: when all threads that entered wait in a call of their sessions, one of them
 * does the next piece of work, a span or a part of an evaluation, for as many as can share it, and all return. Who could
 * not share it has gone no step, and asks again.
 *
 * A program has as many replicas as train in a span: it is compiled anew when their number changes, and the states move
 * into it, which changes no bit of a backend that is let to form cohorts (lt_program_most). */
#ifndef LT_TRAIN_COHORT_H
#define LT_TRAIN_COHORT_H

#include "train/program.h"

typedef struct lt_cohort lt_cohort;

ltc_status lt_cohort_create(lt_cohort **c, ltc_error *err);
void lt_cohort_destroy(lt_cohort *c);         /* after its sessions and before its device; safe on NULL */

/* What it compiles from now on, on which device; nothing yet. NULL, NULL: nothing. While it has no session. */
ltc_status lt_cohort_settle(lt_cohort *c, lt_device *d, const lt_program_request *r, ltc_error *err);

/* The calling thread is going to train, or is through with it: the others wait for it, whatever it does, until it waits
 * for them. [any] */
void lt_cohort_enter(lt_cohort *c);
void lt_cohort_leave(lt_cohort *c);

#endif
