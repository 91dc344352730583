/* Schedule: the learning rate as a pure function of the global step. */
#ifndef LT_TRAIN_SCHEDULE_H
#define LT_TRAIN_SCHEDULE_H

#include "config/settings.h"

/* A moment in steps. total: of the training; "best" moments have no step beforehand and give UINT64_MAX. */
uint64_t lt_moment_step(lt_moment m, uint64_t steps_per_epoch, uint64_t total);

typedef struct lt_schedule {
    int64_t   type;                           /* LT_SCHEDULE_* */
    double    lr, gamma;
    uint64_t  warmup, total, n_milestones;    /* in steps */
    uint64_t *milestone;                      /* rising */
} lt_schedule;

ltc_status lt_schedule_open(const lt_train_settings *t, uint64_t steps_per_epoch, uint64_t total,
                            lt_schedule *sch, ltc_error *err);
void lt_schedule_close(lt_schedule *sch);

/* The rate of step k, counted from 0. Constant: lr. Multistep: lr gamma^(milestones <= k). Cosine:
 * from lr down to 0 over the steps after warm-up. In warm-up times (k + 1) / warmup: no step is
 * lost to a rate of 0. */
double lt_schedule_rate(const lt_schedule *sch, uint64_t k);

#endif
