/* Plan: every level of every line of a run, and what each needs before it can begin.
 *
 * A line is main or a variant, in one trial and draw. Its level 0 is the dense network; lines that train
 * it alike share it. */
#ifndef LT_PLAN_PLAN_H
#define LT_PLAN_PLAN_H

#include "plan/experiment.h"
#include "plan/strategy.h"
#include "plan/trajectory.h"
#include "results/results.h"

#define LT_NO_JOB UINT32_MAX                 /* needs no such job */

/* BLOCKED: a need failed. STOPPED: by prune.collapse, here or at a need; that is no failure. */
enum { LT_JOB_WAITING, LT_JOB_RUNNING, LT_JOB_DONE, LT_JOB_FAILED, LT_JOB_BLOCKED, LT_JOB_STOPPED,
       LT_JOB_STATES };

/* What a level gave, by digest; enough for all that depends on it. */
typedef struct lt_outcome {
    lt_digest     init, start, selection, training;       /* state 0; the treated one; the mask;
                                                           * the trajectory's key */
    bool          has_selection, trained;
    bool          cut, stopped;               /* the logits do not depend on the input; the line ends here */
    bool          bad;                        /* its training ends at a loss that is not
                                               * finite, whoever tries it */
    bool          elsewhere;                  /* somebody else trains it at the moment */
    uint64_t      first_step;
    lt_watch      watch;                      /* of an early bird: when its mask is drawn;
                                               * its own differences */
    lt_digest     record[12];                 /* keys of the records that this level rests on,
                                               * for the run's root */
    uint32_t      n_records;
    lt_trajectory trajectory;                 /* empty when the level is not trained */
} lt_outcome;

typedef struct lt_job {
    const lt_line     *line;
    const lt_settings *settings;              /* the line's */
    const lt_regime   *regime;
    uint32_t           trial, draw;           /* trial from 0; draw from 1, 0 if none */
    lt_step_down       step;                  /* step.level 0: dense */
    bool               trains, reported;      /* reported: has rows in the results */
    uint32_t           dense, before, main;   /* jobs it needs: level 0; the level before; the same of
                                               * the line it follows */
    uint64_t          *keep;                  /* [n_keep] steps whose states others need */
    size_t             n_keep;
    uint32_t           state;
    double             later_s;               /* not before that time: it was found to be trained
                                               * elsewhere; 0: never was */
    lt_outcome         outcome;
} lt_job;

typedef struct lt_plan {
    const lt_settings *settings;              /* the run's */
    lt_regime *regime;                        /* [settings->n_lines] */
    lt_regime *retrain;                       /* likewise, below level 0; zeroed where none is given */
    lt_job    *job;                           /* [n_jobs] in an order in which each stands
                                               * behind what it needs */
    uint32_t  *dense;                         /* [n_dense] the jobs of level 0 */
    struct lt_start { uint32_t dense, first; } *start;        /* [n_lines * trials] level 0 of each
                                                               * line, and the next */
    uint32_t   n_jobs, room, n_dense, pad;
    lt_arena   arena;
} lt_plan;

/* Notes a record's key. */
void lt_outcome_rests_on(lt_outcome *o, const lt_digest *key);

/* The step at which a job's training ends, once it is known where it begins. */
uint64_t lt_job_last(const lt_job *j);

/* What a trainer of the job is, with that end. */
lt_training lt_job_training(const lt_job *j);

/* The step of the level before at which a job's mask is drawn. */
uint64_t lt_plan_drawn_step(const lt_plan *p, const lt_job *j);

/* Of all trainings together, stored or not. */
uint64_t lt_plan_steps(const lt_plan *p);

/* The state to which a job's line rewinds, and the one of which its mask is drawn; NULL: it is not there. */
const lt_digest *lt_plan_rewound(const lt_plan *p, const lt_job *j);
const lt_digest *lt_plan_drawn(const lt_plan *p, const lt_job *j);
const lt_digest *lt_plan_dense(const lt_plan *p, const lt_job *j);        /* the dense network's end */

/* Settings and experiments outlive the plan. Experiments that were listed and not opened are
 * enough to count levels. */
ltc_status lt_plan_make(const lt_settings *s, const lt_experiments *x, lt_plan *p, ltc_error *err);
void lt_plan_free(lt_plan *p);

#endif
