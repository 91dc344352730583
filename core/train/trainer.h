/* Trainer: takes a session from a state through its steps, evaluates on the way, and keeps the best.
 *
 * It knows nothing of files, plug-ins or strategies. Time, interruption and all output enter through the watcher, so
 * that tests hold them. How steps are cut into spans follows the clock, and changes no bit of a result. */
#ifndef LT_TRAIN_TRAINER_H
#define LT_TRAIN_TRAINER_H

#include "train/schedule.h"
#include "train/session.h"

/* Integer counts over exact sets; the caller divides. n[split] = 0: not measured. */
typedef struct lt_evaluation {
    uint64_t step;
    double   loss[LT_SPLITS];                 /* sums over the split */
    uint64_t correct[LT_SPLITS], n[LT_SPLITS];
} lt_evaluation;

double lt_evaluation_loss(const lt_evaluation *e, uint32_t split);         /* mean; NaN when not measured */
double lt_evaluation_accuracy(const lt_evaluation *e, uint32_t split);     /* in [0, 1]; NaN when not measured */

typedef struct lt_progress {
    uint64_t step, steps;
    double   batch_loss, batch_accuracy;      /* means over the steps since the last evaluation */
    double   lr, elapsed_s;                   /* of this call; training and evaluations */
} lt_progress;

/* Where the trainer looks and what it tells. All members are set. */
typedef struct lt_watcher {
    void   *arg;
    double (*now_s)(void *arg);               /* a clock that never goes back */
    bool   (*stopping)(void *arg);            /* asked between spans */
    void   (*stepped)(void *arg, const lt_progress *p);                                 /* after each span */
    ltc_status (*evaluated)(void *arg, const lt_evaluation *e, const lt_progress *p, ltc_error *err);
} lt_watcher;

/* One training, all of it decided. Pointers outlive the call. */
typedef struct lt_training {
    const lt_data     *data;
    const lt_schedule *schedule;
    uint64_t           batch, steps, evaluate_every;      /* evaluate_every >= 1 */
    ltc_key            key_order, key_augment, key_dropout;
} lt_training;

typedef struct lt_result {
    lt_evaluation best, end;                  /* with the training split too; best.step = UINT64_MAX: no validation */
    uint64_t      stopped_at;                 /* steps that were done; training.steps unless interrupted */
    double        train_s;                    /* wall time in spans alone */
} lt_result;

/* From `state` at step 0 to the end; `state` is then the end's, `best` the state of minimum validation loss (earliest
 * on ties, step 0 excluded). LTC_ECANCELLED when interrupted, LTC_ENUMERIC when the loss is not finite: both leave
 * state, best and result as far as they came. Evaluates validation and test at 0, every evaluate_every and the end. */
ltc_status lt_trainer_run(lt_session *s, const lt_training *t, const lt_watcher *w, lt_state *state, lt_state *best,
                          lt_result *result, ltc_error *err);

#endif
