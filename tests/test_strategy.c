/* Claims about strategies: which levels follow. */
#include "plan/strategy.h"

#include <math.h>

#include "suite.h"

static lt_settings settings_of(int64_t strategy, ltc_reals rate, ltc_reals sparsity, int64_t rounds)
{
    lt_settings s = { 0 };
    s.prune.strategy = strategy, s.prune.rate = rate, s.prune.sparsity = sparsity, s.prune.rounds = rounds;
    s.prune.output = 0.5;
    return s;
}

/* Of a network with three tensors to prune, which are its parameters 0, 2 and 5. */
static bool next(const lt_settings *s, uint32_t done, lt_step_down *d)
{
    static const uint32_t layer[] = { 0, 2, 5 };
    const lt_strategy about = { s, layer, 3 };
    return lt_strategy_next(&about, done, d);
}

static uint32_t count(const lt_settings *s)
{
    lt_step_down d;
    uint32_t n = 0;
    while (n < 100 && next(s, n, &d))
        n++;
    return n;
}

static void iterative_repeats_a_rate_in_a_chain(void)
{
    static const double fifth[] = { 0.2 };
    const lt_settings s = settings_of(LT_STRATEGY_ITERATIVE, (ltc_reals){ fifth, 1 }, (ltc_reals){ 0 }, 8);
    lt_step_down d;
    CU_ASSERT(count(&s) == 8);
    CU_ASSERT(next(&s, 3, &d) && d.level == 4 && d.chained && d.rate == 0.2 && isnan(d.target_sparsity));
    CU_ASSERT(d.budget.kind == LT_BUDGET_RATE && d.budget.value == 0.2 && d.budget.output == 0.5);
}

static void a_list_has_one_value_a_round(void)
{
    static const double targets[] = { 0.5, 0.75, 0.9 };
    const lt_settings s = settings_of(LT_STRATEGY_ITERATIVE, (ltc_reals){ 0 }, (ltc_reals){ targets, 3 }, 0);
    lt_step_down d;
    CU_ASSERT(count(&s) == 3);
    CU_ASSERT(next(&s, 1, &d) && d.chained && d.budget.kind == LT_BUDGET_DENSITY && d.budget.value == 0.25);
}

/* Trap 21: the rate of a round from a total, 1 - (1 - s)^(1/n), and n rounds of it give the total. */
static void trap_21_the_rate_per_round_of_a_target(void)
{
    static const double target[] = { 0.9 };
    const lt_settings s = settings_of(LT_STRATEGY_ITERATIVE, (ltc_reals){ 0 }, (ltc_reals){ target, 1 }, 4);
    lt_step_down d;
    double left = 1;
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_FATAL(next(&s, i, &d));
        left *= 1 - d.budget.value;
    }
    CU_ASSERT(!next(&s, 4, &d) && fabs(left - 0.1) < 1e-15);
}

/* An entry of prune.layer_rate goes the way of the run's own amount. */
static void a_layers_own_amount_goes_by_levels_or_rounds_too(void)
{
    static const double one[] = { 0.9 }, three[] = { 0.5, 0.75, 0.9 }, quarter[] = { 0.25 };
    const ltc_reals none = { 0 }, first = { one, 1 }, each = { three, 3 }, left = { quarter, 1 };
    const lt_layer_rate rate = { .rate = each }, sparsity = { .sparsity = left },
                        density = { .density = left };
    const lt_settings rates = settings_of(LT_STRATEGY_ITERATIVE, each, none, 3),
                      targets = settings_of(LT_STRATEGY_ITERATIVE, none, each, 0),
                      rounds = settings_of(LT_STRATEGY_ITERATIVE, none, first, 2),
                      at_once = settings_of(LT_STRATEGY_ONE_SHOT, none, first, 0);
    CU_ASSERT(lt_strategy_layer_value(&rates, &rate, 0) == 0.5 &&
              lt_strategy_layer_value(&rates, &rate, 2) == 0.9);
    CU_ASSERT(lt_strategy_layer_value(&targets, &sparsity, 2) == 0.75 &&
              lt_strategy_layer_value(&targets, &density, 2) == 0.25);
    CU_ASSERT(fabs(lt_strategy_layer_value(&rounds, &density, 1) - 0.5) < 1e-15);
    CU_ASSERT(fabs(lt_strategy_layer_value(&rounds, &sparsity, 0) - (1 - sqrt(0.75))) < 1e-15);
    CU_ASSERT(lt_strategy_layer_value(&at_once, &density, 0) == 0.25);
}

static void one_shot_prunes_each_target_from_the_dense_network(void)
{
    static const double targets[] = { 0.5, 0.9 };
    const lt_settings s = settings_of(LT_STRATEGY_ONE_SHOT, (ltc_reals){ 0 }, (ltc_reals){ targets, 2 }, 0);
    lt_step_down d;
    CU_ASSERT(count(&s) == 2);
    CU_ASSERT(next(&s, 1, &d) && !d.chained && fabs(d.budget.value - 0.1) < 1e-15);
}

static void a_criterion_that_counts_for_itself_has_no_budget(void)
{
    const lt_settings once = settings_of(LT_STRATEGY_ONE_SHOT, (ltc_reals){ 0 }, (ltc_reals){ 0 }, 0),
                      thrice = settings_of(LT_STRATEGY_ITERATIVE, (ltc_reals){ 0 }, (ltc_reals){ 0 }, 3),
                      none = settings_of(LT_STRATEGY_NONE, (ltc_reals){ 0 }, (ltc_reals){ 0 }, 0);
    CU_ASSERT(count(&once) == 1 && count(&thrice) == 3 && count(&none) == 0);
}

static void layerwise_comes_to_each_tensor_once_and_keeps_what_it_did(void)
{
    static const double half[] = { 0.5 }, each[] = { 0.1, 0.2, 0.3 };
    static const uint32_t layer[] = { 0, 2, 5 };
    const lt_settings one = settings_of(LT_STRATEGY_LAYERWISE, (ltc_reals){ half, 1 }, (ltc_reals){ 0 }, 0),
                      list = settings_of(LT_STRATEGY_LAYERWISE, (ltc_reals){ 0 }, (ltc_reals){ each, 3 }, 0);
    lt_step_down d;
    CU_ASSERT(count(&one) == 3 && count(&list) == 3);
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT(next(&one, i, &d) && d.layer == layer[i] && d.chained && d.level == i + 1 &&
                  d.round == i + 1);
        CU_ASSERT(d.budget.kind == LT_BUDGET_RATE && d.budget.value == 0.5);
        CU_ASSERT(next(&list, i, &d) && d.layer == layer[i] && d.target_sparsity == each[i]);
        CU_ASSERT(d.budget.kind == LT_BUDGET_DENSITY && d.budget.value == 1 - each[i]);
    }
}

static void sensitivity_tries_every_amount_on_each_tensor_alone(void)
{
    static const double amounts[] = { 0.5, 0.9 };
    static const uint32_t layer[] = { 0, 0, 2, 2, 5, 5 };
    const lt_settings s = settings_of(LT_STRATEGY_SENSITIVITY, (ltc_reals){ 0 }, (ltc_reals){ amounts, 2 },
                                      0);
    lt_step_down d;
    CU_ASSERT(count(&s) == 6);
    for (uint32_t i = 0; i < 6; i++) {
        CU_ASSERT(next(&s, i, &d) && d.layer == layer[i] && !d.chained && d.level == i + 1 && d.round == 1);
        CU_ASSERT(d.target_sparsity == amounts[i % 2]);
    }
}

static void others_prune_all_tensors_together(void)
{
    static const double fifth[] = { 0.2 };
    const lt_settings all[] = {
        settings_of(LT_STRATEGY_ITERATIVE, (ltc_reals){ fifth, 1 }, (ltc_reals){ 0 }, 8),
        settings_of(LT_STRATEGY_ONE_SHOT, (ltc_reals){ fifth, 1 }, (ltc_reals){ 0 }, 0),
    };
    lt_step_down d;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        CU_ASSERT(next(&all[i], 0, &d) && d.layer == LT_ALL_LAYERS);
}

int main(void)
{
    static const lt_test claims[] = {
        { "iterative repeats a rate in a chain", iterative_repeats_a_rate_in_a_chain },
        { "a list has one value a round", a_list_has_one_value_a_round },
        { "trap 21: the rate per round of a target", trap_21_the_rate_per_round_of_a_target },
        { "a layer's own amount goes by levels or rounds too",
          a_layers_own_amount_goes_by_levels_or_rounds_too },
        { "one-shot prunes each target from the dense network",
          one_shot_prunes_each_target_from_the_dense_network },
        { "a criterion that counts for itself has no budget",
          a_criterion_that_counts_for_itself_has_no_budget },
        { "layerwise comes to each tensor once, and keeps what it did",
          layerwise_comes_to_each_tensor_once_and_keeps_what_it_did },
        { "sensitivity tries every amount on each tensor alone",
          sensitivity_tries_every_amount_on_each_tensor_alone },
        { "others prune all tensors together", others_prune_all_tensors_together },
    };
    return lt_suite_run("strategy", claims, sizeof claims / sizeof claims[0]);
}
