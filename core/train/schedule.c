/* Turns moments into steps and steps into rates. Called by the trainer while it writes down a span. */
#include "train/schedule.h"

#include <math.h>
#include <stdlib.h>

uint64_t lt_moment_step(lt_moment m, uint64_t steps_per_epoch, uint64_t total)
{
    const uint64_t n = m.n > 0 ? (uint64_t)m.n : 0;
    switch (m.kind) {
    case LT_MOMENT_STEPS:  return n;
    case LT_MOMENT_EPOCHS:
        return steps_per_epoch && n > UINT64_MAX / steps_per_epoch ? UINT64_MAX : n * steps_per_epoch;
    case LT_MOMENT_INIT:   return 0;
    case LT_MOMENT_END:    return total;
    default:               return UINT64_MAX;
    }
}

ltc_status lt_schedule_open(const lt_train_settings *t, uint64_t steps_per_epoch, uint64_t total,
                            lt_schedule *sch, ltc_error *err)
{
    const lt_moments m = t->lr_schedule.milestones;
    *sch = (lt_schedule){
        .type = t->lr_schedule.type, .lr = t->optimizer.lr, .gamma = t->lr_schedule.gamma,
        .warmup = lt_moment_step(t->lr_schedule.warmup, steps_per_epoch, total), .total = total,
        .n_milestones = m.n, .milestone = lt_array(m.n, sizeof *sch->milestone),
    };
    if (!sch->milestone)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a learning-rate schedule");
    for (uint64_t i = 0; i < m.n; i++)
        sch->milestone[i] = lt_moment_step(m.v[i], steps_per_epoch, total);
    return LTC_OK;
}

void lt_schedule_close(lt_schedule *sch)
{
    free(sch->milestone);
    *sch = (lt_schedule){ 0 };
}

static double multistep(const lt_schedule *sch, uint64_t k)
{
    double lr = sch->lr;
    for (uint64_t i = 0; i < sch->n_milestones && sch->milestone[i] <= k; i++)
        lr *= sch->gamma;
    return lr;
}

static double cosine(const lt_schedule *sch, uint64_t k)
{
    const double pi = 3.14159265358979323846;
    if (k < sch->warmup || sch->total <= sch->warmup)
        return sch->lr;
    if (k >= sch->total)
        return 0;
    return sch->lr * 0.5 * (1 + cos(pi * (double)(k - sch->warmup) / (double)(sch->total - sch->warmup)));
}

double lt_schedule_rate(const lt_schedule *sch, uint64_t k)
{
    const double warm = k < sch->warmup ? (double)(k + 1) / (double)sch->warmup : 1;
    const double lr = sch->type == LT_SCHEDULE_MULTISTEP ? multistep(sch, k)
                      : sch->type == LT_SCHEDULE_COSINE  ? cosine(sch, k)
                                                         : sch->lr;
    return warm * lr;
}
