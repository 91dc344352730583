/* Trainer: takes a session forward through its steps. It knows nothing of files, evaluations or strategies.
 *
 * Time, interruption and progress enter through the watcher, so that tests hold them. How steps are cut into
 * spans follows the clock, and changes no bit of a result. */
#ifndef LT_TRAIN_TRAINER_H
#define LT_TRAIN_TRAINER_H

#include "data/order.h"
#include "train/schedule.h"
#include "train/session.h"

/* Integer counts over exact sets; the caller divides. n[split] = 0: not measured. */
typedef struct lt_evaluation {
    uint64_t step;
    double   loss[LT_SPLITS];                 /* sums over the split */
    uint64_t correct[LT_SPLITS], n[LT_SPLITS];
} lt_evaluation;

double lt_evaluation_loss(const lt_evaluation *e, uint32_t split);         /* mean; NaN when not measured */
double lt_evaluation_accuracy(const lt_evaluation *e, uint32_t split);     /* in [0, 1]; NaN when not
                                                                            * measured */

typedef struct lt_progress {
    uint64_t step, steps;                     /* where it is; where this training ends */
    double   batch_loss, batch_accuracy;      /* means over the steps since the last lt_trainer_forget */
} lt_progress;

/* Where the trainer looks and what it tells. All members are set; an evaluation alone
 * never calls the last. */
typedef struct lt_watcher {
    void   *arg;
    double (*now_s)(void *arg);               /* a clock that never goes back */
    bool   (*stopping)(void *arg);            /* asked between spans, and between parts of an evaluation */
    void   (*stepped)(void *arg, const lt_progress *p);   /* after each span */
} lt_watcher;

/* What is trained, all of it decided. Pointers outlive the trainer. */
typedef struct lt_training {
    const lt_data     *data;
    const lt_schedule *schedule;
    uint64_t           batch, steps;          /* steps: of the whole training */
    ltc_key            key_order, key_augment, key_dropout;
} lt_training;

typedef struct lt_trainer lt_trainer;
ltc_status lt_trainer_open(lt_session *s, const lt_training *t, const lt_watcher *w, lt_trainer **trainer,
                           ltc_error *err);
void lt_trainer_close(lt_trainer *t);

/* From step `from`, whose state the session holds, to `to`. *reached: where it is, which is `to` unless it
 * ends early: LTC_OK because `pause_s` seconds are over (0: never), LTC_ECANCELLED because it was to stop,
 * LTC_ENUMERIC because the loss is not finite. */
ltc_status lt_trainer_advance(lt_trainer *t, uint64_t from, uint64_t to, double pause_s, uint64_t *reached,
                              ltc_error *err);

bool lt_trainer_is_bad(const lt_trainer *t);              /* is that last one what ended it? The
                                                           * session holds *reached */

/* Progress counts anew from here. */
void lt_trainer_forget(lt_trainer *t);
double lt_trainer_seconds(const lt_trainer *t);           /* spent in spans so far */

/* Of one whole split, at the state the session holds, into e, which is untouched on failure.
 * LTC_ECANCELLED: it was to stop. */
ltc_status lt_evaluate(lt_session *s, const lt_data *d, uint32_t split, const lt_watcher *w, lt_evaluation *e,
                       ltc_error *err);

#endif
