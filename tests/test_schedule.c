/* Claims about learning rates: pure functions of the step. */
#include "train/schedule.h"

#include <math.h>

#include "suite.h"

static lt_settings settings_of(int64_t type, double lr)
{
    lt_settings s = { 0 };
    s.train.optimizer.lr = lr;
    s.train.lr_schedule.type = type;
    s.train.lr_schedule.gamma = 0.1;
    s.train.lr_schedule.warmup = (lt_moment){ LT_MOMENT_STEPS, 0 };
    return s;
}

static lt_schedule schedule_of(const lt_settings *s)
{
    lt_schedule sch;
    ltc_error err;
    CU_ASSERT_FATAL(lt_schedule_open(&s->train, 100, 1000, &sch, &err) == LTC_OK);
    return sch;
}

static void constant_is_constant(void)
{
    const lt_settings s = settings_of(LT_SCHEDULE_CONSTANT, 0.1);
    lt_schedule sch = schedule_of(&s);
    CU_ASSERT(lt_schedule_rate(&sch, 0) == 0.1 && lt_schedule_rate(&sch, 999999) == 0.1);
    lt_schedule_close(&sch);
}

/* Trap 31: a milestone acts from its step on, also for who starts after it. */
static void trap_31_a_milestone_is_not_missed_by_starting_after_it(void)
{
    static const lt_moment at[2] = { { LT_MOMENT_EPOCHS, 3 }, { LT_MOMENT_STEPS, 500 } };
    static const struct { uint64_t step; double lr;
    } row[] = {
        { 0, 1 },     { 299, 1 },    { 300, 0.1 },  { 301, 0.1 },
        { 499, 0.1 }, { 500, 0.01 }, { 999, 0.01 }, { 5000, 0.01 },
    };
    lt_settings s = settings_of(LT_SCHEDULE_MULTISTEP, 1);
    s.train.lr_schedule.milestones = (lt_moments){ at, 2 };
    lt_schedule sch = schedule_of(&s);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        CU_ASSERT(fabs(lt_schedule_rate(&sch, row[i].step) - row[i].lr) < 1e-15);
    lt_schedule_close(&sch);
}

/* Trap 31: warm-up loses no step to a rate of zero, and ends exactly at the full rate. */
static void trap_31_warm_up_does_not_start_at_zero(void)
{
    lt_settings s = settings_of(LT_SCHEDULE_CONSTANT, 0.5);
    s.train.lr_schedule.warmup = (lt_moment){ LT_MOMENT_STEPS, 10 };
    lt_schedule sch = schedule_of(&s);
    CU_ASSERT(fabs(lt_schedule_rate(&sch, 0) - 0.05) < 1e-15);
    CU_ASSERT(fabs(lt_schedule_rate(&sch, 4) - 0.25) < 1e-15);
    CU_ASSERT(lt_schedule_rate(&sch, 9) == 0.5 && lt_schedule_rate(&sch, 10) == 0.5);
    lt_schedule_close(&sch);
}

static void cosine_falls_from_the_rate_to_zero(void)
{
    const lt_settings s = settings_of(LT_SCHEDULE_COSINE, 0.2);
    lt_schedule sch = schedule_of(&s);
    CU_ASSERT(lt_schedule_rate(&sch, 0) == 0.2);
    CU_ASSERT(fabs(lt_schedule_rate(&sch, 500) - 0.1) < 1e-12);
    CU_ASSERT(fabs(lt_schedule_rate(&sch, 250) - 0.2 * 0.5 * (1 + sqrt(0.5))) < 1e-12);
    CU_ASSERT(lt_schedule_rate(&sch, 1000) == 0);
    lt_schedule_close(&sch);
}

static void moments_are_counted_in_steps(void)
{
    CU_ASSERT(lt_moment_step((lt_moment){ LT_MOMENT_EPOCHS, 10 }, 916, 5000) == 9160);
    CU_ASSERT(lt_moment_step((lt_moment){ LT_MOMENT_STEPS, 7 }, 916, 5000) == 7);
    CU_ASSERT(lt_moment_step((lt_moment){ LT_MOMENT_INIT, 0 }, 916, 5000) == 0);
    CU_ASSERT(lt_moment_step((lt_moment){ LT_MOMENT_END, 0 }, 916, 5000) == 5000);
    CU_ASSERT(lt_moment_step((lt_moment){ LT_MOMENT_BEST, 0 }, 916, 5000) == UINT64_MAX);
    CU_ASSERT(lt_moment_step((lt_moment){ LT_MOMENT_EPOCHS, INT64_MAX }, 916, 5000) == UINT64_MAX);
}

int main(void)
{
    static const lt_test claims[] = {
        { "constant is constant", constant_is_constant },
        { "trap 31: a milestone is not missed by starting after it",
          trap_31_a_milestone_is_not_missed_by_starting_after_it },
        { "trap 31: warm-up does not start at zero", trap_31_warm_up_does_not_start_at_zero },
        { "cosine falls from the rate to zero", cosine_falls_from_the_rate_to_zero },
        { "moments are counted in steps", moments_are_counted_in_steps },
    };
    return lt_suite_run("schedule", claims, sizeof claims / sizeof claims[0]);
}
