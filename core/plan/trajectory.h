/* Trajectory: a training as the store knows it: states and evaluations along it, under one
 * key, without an end.
 *
 * Asked for states and a cadence, it takes what is stored and trains only what is missing, from the nearest
 * state before it. What it passes again must have the stored bytes, or it fails and says so. Killed at any
 * moment, it goes on from its last save. */
#ifndef LT_PLAN_TRAJECTORY_H
#define LT_PLAN_TRAJECTORY_H

#include "plan/snapshot.h"
#include "train/trainer.h"

/* What is wanted. Pointers outlive the call. */
typedef struct lt_trajectory_request {
    lt_store           *store;
    lt_digest           key;
    lt_session         *session;              /* NULL: only look at what is stored */
    const lt_training  *training;             /* its steps are the end that is wanted */
    const lt_watcher   *watcher;
    const lt_state     *start;                /* with its training masks, at first_step */
    uint64_t            first_step, evaluate_every;
    const uint64_t     *keep;                 /* [n_keep] steps whose states are wanted beside the end's */
    size_t              n_keep;
    double              save_s;               /* seconds between saves */
    /* Told of each evaluation that is new; NULL: nobody wants to know. */
    ltc_status        (*evaluated)(void *arg, const lt_evaluation *e, ltc_error *err);
    void               *arg;
} lt_trajectory_request;

typedef struct lt_point { uint64_t step; lt_digest state; uint32_t kind, pad; } lt_point; /* kind: POINT_* */
enum { LT_POINT_STATE, LT_POINT_PARTIAL, LT_POINT_VALUES };

/* What there is. Evaluations rise by step and have been merged: those wanted and others. */
typedef struct lt_trajectory {
    lt_point      *point;
    lt_evaluation *evaluation;
    size_t         n_points, n_evaluations;
    uint64_t       trained_steps;             /* by this call */
    double         train_s;
    uint64_t       moved;                     /* dead or frozen weights that moved: 0, or
                                               * something is broken */
    uint64_t       bad_step;                  /* a state from which no finite loss came, so
                                               * that it ends there */
    uint32_t       bad, pad;                  /* LT_BAD_*: which loss that was */
} lt_trajectory;
enum { LT_BAD_NONE, LT_BAD_STEP, LT_BAD_SPLIT };         /* the step's own; LT_BAD_SPLIT + split: one
                                                          * that was evaluated */

/* LTC_OK: everything wanted is there. With session NULL and something missing: LTC_EUNSUPPORTED, and what
 * is there. LTC_ENUMERIC: it ends at a bad step on the way, now or when it was trained before; everything
 * up to there is there. */
ltc_status lt_trajectory_run(const lt_trajectory_request *r, lt_trajectory *t, ltc_error *err);
void lt_trajectory_free(lt_trajectory *t);

/* The state at a step, or NULL. values: of its values alone is enough. */
const lt_digest *lt_trajectory_state(const lt_trajectory *t, uint64_t step, bool values);

/* Of the steps wanted by (first, every, last): minimum validation loss, earliest on ties,
 * `first` excluded; NULL. */
const lt_evaluation *lt_trajectory_best(const lt_trajectory *t, uint64_t first, uint64_t every,
                                        uint64_t last);
const lt_evaluation *lt_trajectory_at(const lt_trajectory *t, uint64_t step);      /* NULL: not evaluated */

/* Is a step one at which the cadence evaluates? */
bool lt_trajectory_due(uint64_t step, uint64_t first, uint64_t every, uint64_t last);

/* Does the bad step lie on the way to the end that is wanted? */
bool lt_trajectory_is_bad(const lt_trajectory_request *r, const lt_trajectory *t);

#endif
