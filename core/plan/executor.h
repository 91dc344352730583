/* Executor: takes jobs of a plan that are ready, gives them to workers, and passes on what they found. It
 * knows nothing of tickets. */
#ifndef LT_PLAN_EXECUTOR_H
#define LT_PLAN_EXECUTOR_H

#include "plan/level.h"

/* What is told, one call at a time, from any worker's thread. All members are set. */
typedef struct lt_listener {
    void *arg;
    void       (*progress)(void *arg, const lt_job *j, const lt_progress *p);
    ltc_status (*begun)(void *arg, const lt_job *j, ltc_error *err);  /* it is going to train; not while
                                                                       * `look` */
    ltc_status (*evaluated)(void *arg, const lt_job *j, const lt_evaluation *e, ltc_error *err);
    ltc_status (*finished)(void *arg, const lt_job *j, const lt_level_row *row, const lt_history_row *history,
                           size_t n_history, ltc_error *err);         /* row NULL: the job has none */
    void       (*noticed)(void *arg, const lt_job *j, const char *sentence);     /* not while `look` */
    void       (*failed)(void *arg, const lt_job *j, const lt_level_row *row, const lt_history_row *history,
                         size_t n_history, const ltc_error *why);     /* row NULL: the job has none */
} lt_listener;

typedef struct lt_execution {
    lt_plan           *plan;
    lt_store          *store;
    const lt_services *services;
    const lt_listener *listener;
    double           (*now_s)(void);
    double             save_s;                /* between saves of a training under way */
    uint32_t           crews, seats;          /* devices at once, and trainings at once on each of them */
    bool               look;                  /* compute nothing: jobs that would stay waiting */
} lt_execution;

/* Until nothing is ready any more. A job that fails takes those with it that need it; the rest goes on,
 * and the first failure is the result. A line that prune.collapse stops takes those with it that need it
 * too, and is no failure. LTC_ECANCELLED: stopped, and everything was saved. */
ltc_status lt_execute(const lt_execution *x, ltc_error *err);

#endif
