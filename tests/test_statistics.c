/* Means and their intervals, against numbers that golden/intervals.py computes from the definitions. */
#include "suite.h"

#include <math.h>

#include "results/statistics.h"

static void quantiles_are_students(void)
{
    static const struct { uint64_t freedom; double t; } golden[] = {
        { 1, 12.706205 }, { 2, 4.302653 },  { 4, 2.776445 },  { 30, 2.042272 },  { 31, 2.039513 },
        { 40, 2.021075 }, { 60, 2.000298 }, { 120, 1.979930 }, { 1000, 1.962339 },
    };
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++)
        CU_ASSERT_DOUBLE_EQUAL(lt_t_quantile(golden[i].freedom), golden[i].t, 2e-6);
    for (uint64_t v = 1; v < 200; v++)
        CU_ASSERT(lt_t_quantile(v) > lt_t_quantile(v + 1));
}

static void five_numbers_have_their_interval(void)
{
    static const double x[] = { 97.7, 97.9, 98.1, 97.6, 98.0 };
    const lt_spread s = lt_spread_of(x, 5);
    CU_ASSERT_EQUAL(s.n, 5);
    CU_ASSERT_DOUBLE_EQUAL(s.mean, 97.86, 1e-12);
    CU_ASSERT(s.min == 97.6 && s.max == 98.1);
    CU_ASSERT_DOUBLE_EQUAL(s.half, 0.2574769267929121, 1e-7);
}

static void two_numbers_have_a_wide_one(void)
{
    static const double x[] = { 0.971, 0.976 };       /* 12.706205 * 0.0025 */
    CU_ASSERT_DOUBLE_EQUAL(lt_spread_of(x, 2).half, 0.0317655125, 1e-9);
}

static void one_number_has_none(void)
{
    const lt_spread s = lt_spread_of(&(double){ 0.5 }, 1);
    CU_ASSERT(s.n == 1 && s.mean == 0.5 && s.min == 0.5 && s.max == 0.5 && isnan(s.half));
}

static void no_numbers_have_nothing(void)
{
    const lt_spread s = lt_spread_of(NULL, 0);
    CU_ASSERT(s.n == 0 && isnan(s.mean) && isnan(s.min) && isnan(s.max) && isnan(s.half));
}

int main(void)
{
    static const lt_test claims[] = {
        { "quantiles are those of Student's t", quantiles_are_students },
        { "five numbers have their interval", five_numbers_have_their_interval },
        { "two numbers have a wide one", two_numbers_have_a_wide_one },
        { "one number has none", one_number_has_none },
        { "no numbers have nothing", no_numbers_have_nothing },
    };
    return lt_suite_run("statistics", claims, sizeof claims / sizeof claims[0]);
}
