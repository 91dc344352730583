/* Claims about trajectories that meet a loss that is not finite: it is no result, and it is found once. */
#include <string.h>

#include "suite.h"
#include "trajectory_rig.h"

static void a_loss_that_is_not_finite_is_no_result(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    the.bad_step = 7;
    CU_ASSERT(bench_ask(&b, 20, 10, 0, false, &t) == LTC_ENUMERIC);
    lt_trajectory_free(&t);
    bench_end(&b);
    bench_begin(&b, NULL);
    the.validation[10] = 0.0 / (0.0 * the.w);             /* NaN */
    CU_ASSERT(bench_ask(&b, 20, 10, 0, false, &t) == LTC_ENUMERIC);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "validation loss is not finite at step 10"));
    lt_trajectory_free(&t);
    bench_end(&b);
}

/* Nobody trains 10,000 steps to find the same NaN: the record remembers it, with all that comes before. */
static void a_bad_step_is_found_once(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    the.bad_step = 7;
    CU_ASSERT(bench_ask(&b, 20, 5, 3, false, &t) == LTC_ENUMERIC && the.steps == 7);
    CU_ASSERT(t.bad == LT_BAD_STEP && t.bad_step == 7);
    lt_trajectory_free(&t);
    for (int look = 0; look < 2; look++) {
        CU_ASSERT(bench_ask(&b, 20, 5, 3, look, &t) == LTC_ENUMERIC && the.steps == 0);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(b.err.message, "training loss is not finite at step 7 (learning rate 0.5)"));
        CU_ASSERT(lt_trajectory_at(&t, 5) && !lt_trajectory_at(&t, 10));
        CU_ASSERT(lt_trajectory_state(&t, 7, false) && lt_trajectory_state(&t, 3, false));
        lt_trajectory_free(&t);
    }
    /* another cadence: up to it alone */
    CU_ASSERT(bench_ask(&b, 30, 2, 0, false, &t) == LTC_ENUMERIC && the.steps == 7);
    CU_ASSERT(lt_trajectory_at(&t, 6) != NULL);
    lt_trajectory_free(&t);
    CU_ASSERT(bench_ask(&b, 6, 2, 0, false, &t) == LTC_OK); /* a training that ends before it is well */
    lt_trajectory_free(&t);
    bench_end(&b);
}

/* Its last finite state was lost: made again, and not a step more. */
static void the_last_finite_state_is_kept(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    the.bad_step = 7;
    CU_ASSERT(bench_ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC);
    const lt_digest first = *lt_trajectory_state(&t, 7, false);
    lt_trajectory_free(&t);
    bench_lose_objects(&b);
    CU_ASSERT(bench_ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC && the.steps == 7);
    CU_ASSERT(!memcmp(lt_trajectory_state(&t, 7, false), &first, sizeof first));
    lt_trajectory_free(&t);
    bench_end(&b);
}

static void an_evaluation_that_is_not_finite_is_found_once(void)
{
    bench b;
    lt_trajectory t;
    bench_begin(&b, NULL);
    the.validation[10] = 0.0 / (0.0 * the.w);             /* NaN */
    CU_ASSERT(bench_ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC && the.steps == 10);
    lt_trajectory_free(&t);
    the.evals = 0;
    CU_ASSERT(bench_ask(&b, 20, 5, 0, false, &t) == LTC_ENUMERIC && the.steps == 0 && the.evals == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.err.message, "validation loss is not finite at step 10"));
    CU_ASSERT(lt_trajectory_at(&t, 5) && lt_trajectory_state(&t, 10, false));
    lt_trajectory_free(&t);
    bench_end(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a loss that is not finite is no result", a_loss_that_is_not_finite_is_no_result },
        { "a bad step is found once", a_bad_step_is_found_once },
        { "the last finite state is kept", the_last_finite_state_is_kept },
        { "an evaluation that is not finite is found once", an_evaluation_that_is_not_finite_is_found_once },
    };
    return lt_suite_run("trajectory_bad", claims, sizeof claims / sizeof claims[0]);
}
