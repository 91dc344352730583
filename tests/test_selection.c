/* Claims about how many weights a selection prunes and which: rounding, ties, pools. Numbers of traps
 * are those of the list of what implementations of lottery tickets got wrong. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prune/rank.h"
#include "prune_rig.h"

static const rig_criterion by_lot = { 0 };

/* One round on *m, in its place. */
static void prune_once(const lt_graph *g, lt_masks *m, double rate, double output)
{
    const lt_module scorer = rig_scorer();
    lt_selection_request r = rig_request(g, &scorer, &by_lot, m);
    r.budget.value = rate, r.budget.output = output;
    lt_masks next = rig_select(&r);
    lt_masks_free(m);
    *m = next;
}

static void one_shot_lenet_loses_the_printed_counts(void)
{
    static const struct { double rate; uint64_t pruned; } printed[] = {
        { 0.2, 53140 }, { 0.3, 79710 }, { 0.5, 132850 }
    };
    lt_graph g = rig_graph(rig_lenet);
    for (size_t i = 0; i < 3; i++) {
        lt_masks m = rig_all_weights(&g);
        prune_once(&g, &m, printed[i].rate, 0.5);
        CU_ASSERT_EQUAL(266200 - lt_masks_alive(&g.view, &m), printed[i].pruned);
        lt_masks_free(&m);
    }
    lt_graph_free(&g);
}

/* The first n weights of fc1 alive, of fc2 none. */
static lt_masks first_of_fc1(const lt_graph *g, size_t n)
{
    lt_masks m = rig_all_weights(g);
    memset(m.mask[FC1] + n, 0, 12 - n);
    memset(m.mask[FC2], 0, 6);
    return m;
}

static void traps_9_and_10_the_count_is_round_half_even(void)
{
    static const struct { size_t alive; double rate; uint64_t pruned; } given[] = {
        { 12, 0.2, 2 },                       /* 2.4: one more than floor is ceil's and
                                               * "sorted[n], keep >" 's */
        { 12, 0.3, 4 },                       /* 3.6: not floor's 3 */
        { 5, 0.5, 2 }, { 7, 0.5, 4 }, { 3, 0.5, 2 }, { 1, 0.5, 0 },       /* 2.5, 3.5, 1.5, 0.5 */
        { 12, 0, 0 }, { 12, 1, 12 }, { 0, 0.5, 0 },
    };
    lt_graph g = rig_graph(rig_tiny);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        lt_masks m = first_of_fc1(&g, given[i].alive);
        prune_once(&g, &m, given[i].rate, 1);
        CU_ASSERT_EQUAL(given[i].alive - rig_alive(&g, &m, FC1), given[i].pruned);
        lt_masks_free(&m);
    }
    lt_graph_free(&g);
}

static void trap_11_ties_go_by_tensor_then_element(void)
{
    static const float same[12] = { 0, -0.0f, 0, -0.0f, 0, 0, 0, 0, 0, 0, 0, 0 },
                       low[6] = { 0, -1, 0, 0, 0, 0 };
    static const uint8_t expect[12] = { 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
                         expect_low[6] = { 1, 0, 1, 1, 1, 1 };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = same, [FC2] = low } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &c, &all);
    r.scope = LT_SCOPE_GLOBAL, r.budget.value = 4 / 18.0;
    lt_masks m = rig_select(&r);
    CU_ASSERT(!memcmp(m.mask[FC1], expect, 12) && !memcmp(m.mask[FC2], expect_low, 6));
    lt_masks_free(&m), lt_masks_free(&all);
    lt_graph_free(&g);
}

static void trap_12_a_rate_is_of_the_alive_and_a_density_of_all(void)
{
    static const struct { uint32_t kind; double value[3]; uint64_t left[3]; } given[] = {
        { LT_BUDGET_RATE,    { 0.5, 0.5, 0.5 },    { 6, 3, 1 } },
        { LT_BUDGET_DENSITY, { 0.5, 0.5, 0.25 },   { 6, 6, 3 } },
        { LT_BUDGET_DENSITY, { 0.25, 0.75, 0 },    { 3, 3, 0 } },        /* nothing is revived */
    };
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_tiny);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        lt_masks m = rig_all_weights(&g);
        for (int round = 0; round < 3; round++) {
            lt_selection_request r = rig_request(&g, &scorer, &by_lot, &m);
            r.budget.kind = given[i].kind, r.budget.value = given[i].value[round];
            lt_masks next = rig_select(&r);
            CU_ASSERT_EQUAL(rig_alive(&g, &next, FC1), given[i].left[round]);
            lt_masks_free(&m);
            m = next;
        }
        lt_masks_free(&m);
    }
    lt_graph_free(&g);
}

static void trap_13_the_base_is_what_is_eligible_and_alive(void)
{
    static const char *const linear[] = { "linear" };
    lt_graph g = rig_graph(rig_residual);
    lt_masks m = rig_masks(&g, linear, 1);
    CU_ASSERT_EQUAL(lt_masks_total(&g.view, &m), 8 * 6 + 6 * 10);
    const lt_module scorer = rig_scorer();
    lt_selection_request r = rig_request(&g, &scorer, &by_lot, &m);
    r.scope = LT_SCOPE_GLOBAL, r.budget.value = 0.25;
    lt_masks next = rig_select(&r);
    CU_ASSERT_EQUAL(lt_masks_alive(&g.view, &next), 108 - 27);
    CU_ASSERT_PTR_NULL(next.mask[rig_param(&g, "conv1.weight")]);
    lt_masks_free(&m), lt_masks_free(&next);
    lt_graph_free(&g);
}

static void trap_15_the_output_is_pruned_half_or_not_or_fully(void)
{
    static const struct { int64_t scope; uint32_t kind; double value, output; uint64_t fc1, fc2; } given[] = {
        { LT_SCOPE_LAYER,  LT_BUDGET_RATE,    2 / 3.0, 0.5, 8, 2 },
        { LT_SCOPE_LAYER,  LT_BUDGET_RATE,    2 / 3.0, 0,   8, 0 },
        { LT_SCOPE_LAYER,  LT_BUDGET_RATE,    2 / 3.0, 1,   8, 4 },
        { LT_SCOPE_LAYER,  LT_BUDGET_DENSITY, 1 / 3.0, 0.5, 8, 2 },
        { LT_SCOPE_LAYER,  LT_BUDGET_DENSITY, 1 / 3.0, 0,   8, 0 },
        { LT_SCOPE_LAYER,  LT_BUDGET_DENSITY, 1 / 3.0, 1,   8, 4 },
        { LT_SCOPE_GLOBAL, LT_BUDGET_RATE,    2 / 3.0, 0.5, 8, 2 },       /* a pool of its own */
        { LT_SCOPE_GLOBAL, LT_BUDGET_DENSITY, 1 / 3.0, 0.5, 8, 2 },
        { LT_SCOPE_GLOBAL, LT_BUDGET_RATE,    2 / 3.0, 0,   8, 0 },
        { LT_SCOPE_GLOBAL, LT_BUDGET_RATE,    2 / 3.0, 1,   6, 6 },       /* ranked with the rest:
                                                                           * its scores are lower */
        { LT_SCOPE_TYPE,   LT_BUDGET_RATE,    2 / 3.0, 0.5, 8, 2 },
        { LT_SCOPE_TYPE,   LT_BUDGET_RATE,    2 / 3.0, 1,   6, 6 },
    };
    static const float high[12] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }, low[6] = { 1, 1, 1, 1, 1, 1 };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = high, [FC2] = low } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        lt_selection_request r = rig_request(&g, &scorer, &c, &all);
        r.scope = given[i].scope;
        r.budget = (lt_budget){ .kind = given[i].kind, .value = given[i].value, .output = given[i].output };
        lt_masks m = rig_select(&r);
        CU_ASSERT_EQUAL(12 - rig_alive(&g, &m, FC1), given[i].fc1);
        CU_ASSERT_EQUAL(6 - rig_alive(&g, &m, FC2), given[i].fc2);
        lt_masks_free(&m);
    }
    lt_masks_free(&all);
    lt_graph_free(&g);
}

static void trap_17_a_percentage_is_no_share(void)
{
    static const struct { uint32_t kind; double value, output; const char *says; } bad[] = {
        { LT_BUDGET_RATE, 20, 1, "a rate of 20 is not" },
        { LT_BUDGET_RATE, -0.1, 1, "a rate of -0.1 is not" },
        { LT_BUDGET_DENSITY, NAN, 1, "a density of" },
        { LT_BUDGET_DENSITY, 1.5, 1, "a density of 1.5 is not" },
        { LT_BUDGET_RATE, 0.2, 50, "an output factor of 50" },
    };
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lt_selection_request r = rig_request(&g, &scorer, &by_lot, &all);
        r.budget = (lt_budget){ .kind = bad[i].kind, .value = bad[i].value, .output = bad[i].output };
        rig_refused(&r, LTC_EINVAL, bad[i].says);
    }
    lt_masks_free(&all);
    lt_graph_free(&g);
}

static void trap_18_weights_and_parameters_are_two_denominators(void)
{
    lt_graph g = rig_graph(rig_lenet);
    lt_masks m = rig_all_weights(&g);
    CU_ASSERT_EQUAL(lt_masks_total(&g.view, &m), 266200);
    CU_ASSERT_EQUAL(lt_graph_param_count(&g), 266610);
    lt_masks_free(&m);
    lt_graph_free(&g);
}

static void trap_19_layerwise_starves_no_layer_for_its_scale(void)
{
    static const float large[12] = { 9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8 },
                       small[6] = { .1f, .2f, .3f, .4f, .5f, .6f };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = large, [FC2] = small } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &c, &all);
    lt_masks layer = rig_select(&r);
    r.scope = LT_SCOPE_GLOBAL;
    lt_masks global = rig_select(&r);
    CU_ASSERT(rig_alive(&g, &layer, FC1) == 6 && rig_alive(&g, &layer, FC2) == 3);
    CU_ASSERT(rig_alive(&g, &global, FC1) == 9 && rig_alive(&g, &global, FC2) == 0);
    lt_masks_free(&all), lt_masks_free(&layer), lt_masks_free(&global);
    lt_graph_free(&g);
}

static void scope_type_pools_convolutions_and_linear_layers_apart(void)
{
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_residual);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &by_lot, &all);
    r.scope = LT_SCOPE_TYPE, r.budget.value = 0.25;
    lt_masks m = rig_select(&r);
    uint64_t alive = 0;
    for (int i = 0; i < 3; i++)
        alive += rig_alive(&g, &m, rig_param(&g, (const char *[]){ "conv1.weight", "layer1.conv.weight",
                                                                   "layer1.downsample.0.weight" }[i]));
    CU_ASSERT_EQUAL(alive, (108 + 288 + 32) * 3 / 4);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "hidden.weight")) +
                        rig_alive(&g, &m, rig_param(&g, "fc.weight")),
                    81);
    lt_masks_free(&all), lt_masks_free(&m);
    lt_graph_free(&g);
}

static void a_control_matches_another_mask_exactly(void)
{
    static const uint64_t exact[4] = { [FC1] = 5, [FC1_BIAS] = 99, [FC2] = 2 },
                          too_many[4] = { [FC1] = 13, [FC2] = 2 };
    static const float high[12] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }, low[6] = { 1, 1, 1, 1, 1, 1 };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = high, [FC2] = low } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &c, &all);
    r.exact = exact, r.budget = (lt_budget){ .kind = LT_BUDGET_RATE, .value = 77, .output = 0 };
    lt_masks m = rig_select(&r);
    CU_ASSERT(rig_alive(&g, &m, FC1) == 5 && rig_alive(&g, &m, FC2) == 2);
    /* the sum alone, the output within */
    for (r.scope = LT_SCOPE_GLOBAL; r.scope <= LT_SCOPE_TYPE; r.scope++) {
        lt_masks_free(&m);
        m = rig_select(&r);
        CU_ASSERT(rig_alive(&g, &m, FC1) == 7 && rig_alive(&g, &m, FC2) == 0);
    }
    r.scope = LT_SCOPE_LAYER, r.exact = too_many;
    rig_refused(&r, LTC_EINVAL, "13 weights are to be kept among those of fc1.weight, and only 12 are left");
    lt_masks_free(&all), lt_masks_free(&m);
    lt_graph_free(&g);
}

static void what_is_pruned_stays_pruned(void)
{
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_residual);
    lt_masks m = rig_all_weights(&g);
    for (uint32_t round = 0; round < 12; round++) {
        const rig_criterion c = { .draw = round };
        lt_selection_request r = rig_request(&g, &scorer, &c, &m);
        r.scope = round % 3, r.budget.value = 0.2;
        lt_masks next = rig_select(&r);
        CU_ASSERT(lt_masks_alive(&g.view, &next) < lt_masks_alive(&g.view, &m));
        for (uint32_t p = 0; p < m.n_params; p++)
            for (size_t i = 0; m.mask[p] && i < g.view.param[p].n; i++)
                CU_ASSERT(next.mask[p][i] <= m.mask[p][i]);
        lt_masks_free(&m);
        m = next;
    }
    lt_masks_free(&m);
    lt_graph_free(&g);
}

/* The definition: sort everything by (score, tensor, element), then prune from the front. */
enum { PARTS = 3, EACH = 400 };
static float ranked_score[PARTS][EACH];
static int by_order(const void *a, const void *b)
{
    const int i = *(const int *)a, j = *(const int *)b;
    const float x = ranked_score[i / EACH][i % EACH], y = ranked_score[j / EACH][j % EACH];
    return x < y ? -1 : x > y ? 1 : (i > j) - (i < j);
}

static void the_cut_is_that_of_a_sort(void)
{
    for (uint32_t trial = 0; trial < 60; trial++) {
        const ltc_key key = { trial, 7 };
        uint8_t mask[PARTS][EACH], expected[PARTS * EACH];
        lt_ranked part[PARTS];
        int order[PARTS * EACH], n = 0;
        for (int t = 0; t < PARTS; t++)
            part[t] = (lt_ranked){ ranked_score[t], mask[t], EACH, 0 };
        for (int i = 0; i < PARTS * EACH; i++) {
            const float z = ltc_rand_normal(key, (uint64_t)i);
            ranked_score[i / EACH][i % EACH] = trial % 3 == 0   ? z
                                               : trial % 3 == 1 ? roundf(2 * z)
                                                                : z * 1e-38f;
            expected[i] = mask[i / EACH][i % EACH] = ltc_rand_u32(ltc_key_fold(key, 1), (uint64_t)i) % 4 != 0;
            if (expected[i])
                order[n++] = i;
        }
        const int k = (int)(ltc_rand_below(ltc_key_fold(key, 2), 0, (uint32_t)n + 1));
        qsort(order, (size_t)n, sizeof order[0], by_order);
        for (int i = 0; i < k; i++)
            expected[order[i]] = 0;
        lt_rank_cut(part, PARTS, (uint64_t)k);
        CU_ASSERT(!memcmp(mask, expected, sizeof mask));
    }
}

static void the_same_request_gives_the_same_bits(void)
{
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_lenet);
    lt_masks all = rig_all_weights(&g);
    for (int64_t scope = LT_SCOPE_LAYER; scope <= LT_SCOPE_TYPE; scope++) {
        lt_selection_request r = rig_request(&g, &scorer, &by_lot, &all);
        r.scope = scope;
        lt_masks a = rig_select(&r), b = rig_select(&r);
        for (uint32_t p = 0; p < a.n_params; p++)
            CU_ASSERT(a.mask[p] ? !memcmp(a.mask[p], b.mask[p], g.view.param[p].n) : !b.mask[p]);
        lt_masks_free(&a), lt_masks_free(&b);
    }
    lt_masks_free(&all);
    lt_graph_free(&g);
}

int main(void)
{
    static const lt_test claims[] = {
        { "one-shot Lenet loses the printed counts", one_shot_lenet_loses_the_printed_counts },
        { "traps 9 and 10: the count is round-half-even", traps_9_and_10_the_count_is_round_half_even },
        { "trap 11: ties go by tensor, then element", trap_11_ties_go_by_tensor_then_element },
        { "trap 12: a rate is of the alive, a density of all",
          trap_12_a_rate_is_of_the_alive_and_a_density_of_all },
        { "trap 13: the base is what is eligible and alive", trap_13_the_base_is_what_is_eligible_and_alive },
        { "trap 15: the output is pruned half, or not, or fully",
          trap_15_the_output_is_pruned_half_or_not_or_fully },
        { "trap 17: a percentage is no share", trap_17_a_percentage_is_no_share },
        { "trap 18: weights and parameters are two denominators",
          trap_18_weights_and_parameters_are_two_denominators },
        { "trap 19: layer-wise starves no layer for its scale",
          trap_19_layerwise_starves_no_layer_for_its_scale },
        { "scope type pools convolutions and linear layers apart",
          scope_type_pools_convolutions_and_linear_layers_apart },
        { "a control matches another mask exactly", a_control_matches_another_mask_exactly },
        { "what is pruned stays pruned", what_is_pruned_stays_pruned },
        { "the cut is that of a sort", the_cut_is_that_of_a_sort },
        { "the same request gives the same bits", the_same_request_gives_the_same_bits },
    };
    return lt_suite_run("selection", claims, sizeof claims / sizeof claims[0]);
}
