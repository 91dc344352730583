/* Level: the work of one job: a mask is drawn or taken, weights are treated, the result is
 * trained and measured.
 *
 * Everything is looked up in the store first; only what is not there is computed. A worker does one level at
 * a time, on the device of its crew. */
#ifndef LT_PLAN_LEVEL_H
#define LT_PLAN_LEVEL_H

#include "plan/crew.h"
#include "plan/identity.h"
#include "plan/plan.h"
#include "plan/trajectory.h"
#include "results/results.h"

typedef struct lt_worker {
    lt_plan          *plan;
    lt_store         *store;
    const lt_watcher *watcher;
    const lt_experiment *experiment;          /* of the job at hand */
    lt_crew          *crew;                   /* NULL: it only looks */
    lt_session       *session;                /* with the crew, when something must be computed,
                                               * while a level lasts */
    bool              look;                   /* only look: LTC_EUNSUPPORTED where
                                               * something must be computed */
    double            save_s;
    /* A level that is claimed and is going to train; an evaluation of it. */
    ltc_status      (*begun)(void *arg, const lt_job *j, ltc_error *err);
    ltc_status      (*evaluated)(void *arg, const lt_job *j, const lt_evaluation *e, ltc_error *err);
    void            (*noticed)(void *arg, const lt_job *j, const char *sentence);     /* no failure */
    void             *arg;
} lt_worker;

/* Does a job whose needs are done; its outcome, and the row of the results if it is reported (row.layer is
 * for free()). One whose line was stopped (outcome.stopped) is not trained and has no row; nor has one that
 * another process trains at the moment (outcome.elsewhere): it is to be done again later, when most is in the
 * store. One that fails has a row with the status "failed" and what is known; after LTC_ENUMERIC with
 * outcome.bad also everything up to the bad step. history [*n_history]: its evaluations, for free(). */
ltc_status lt_level_run(lt_worker *w, lt_job *j, lt_level_row *row, lt_history_row **history,
                        size_t *n_history, ltc_error *err);

/* An evaluation of a job as a row of the history. */
lt_history_row lt_history_of(const lt_job *j, const lt_evaluation *e);

#endif
