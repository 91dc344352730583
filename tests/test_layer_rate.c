/* Claims about prune.layer_rate: the published series, whose amount an entry is, and what it does in each
 * scope. Numbers of traps are those of the list of what implementations of lottery tickets got wrong. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "plan/strategy.h"
#include "prune_rig.h"

#define RATE(m, x)    { .match = m, .rate = { (const double[]){ x }, 1 } }
#define DENSITY(m, x) { .match = m, .density = { (const double[]){ x }, 1 } }
#define ENTRIES(...)  { (const lt_layer_rate[]){ __VA_ARGS__ }, \
                        sizeof((const lt_layer_rate[]){ __VA_ARGS__ }) / sizeof(lt_layer_rate) }

static const rig_criterion by_lot = { 0 };

/* The entries' values at level 1, by parameter; for free(). A failure is what `says` has, or an assertion. */
static lt_layer_budget *layers_of(const lt_graph *g, const lt_masks *m, const lt_settings *s,
                                  const char *says)
{
    lt_layer_budget *layer = calloc(g->view.n_params, sizeof *layer);
    uint8_t eligible[64];
    ltc_error err = { .message = "" };
    CU_ASSERT_FATAL(layer && g->view.n_params <= sizeof eligible);
    for (uint32_t p = 0; p < g->view.n_params; p++)
        eligible[p] = m->mask[p] != NULL;
    const ltc_status st = lt_layer_budgets(&g->view, s, eligible, layer, &err);
    if (st != (says ? LTC_EOPTION : LTC_OK) || (says && !strstr(err.message, says)))
        fprintf(stderr, "\nexpected \"%s\", got %d \"%s\"\n", says ? says : "", st, err.message);
    CU_ASSERT_FATAL(st == (says ? LTC_EOPTION : LTC_OK));
    CU_ASSERT(!says || (strstr(err.message, says) && !strcmp(err.option, "layer_rate")));
    for (uint32_t p = 0; p < g->view.n_params && !st; p++)
        if (layer[p].entry)
            layer[p].value = lt_strategy_layer_value(s, &s->prune.layer_rate.v[layer[p].entry - 1], 0);
    return layer;
}

/* One round of the run's rate, or density, on everything that has a mask. */
static lt_masks prune(const lt_graph *g, const lt_masks *m, const lt_settings *s, lt_budget budget,
                      int64_t scope)
{
    const lt_module scorer = rig_scorer();
    lt_layer_budget *layer = layers_of(g, m, s, NULL);
    lt_selection_request r = rig_request(g, &scorer, &by_lot, m);
    r.scope = scope, r.budget = budget, r.layer = layer;
    const lt_masks next = rig_select(&r);
    free(layer);
    return next;
}

/* Frankle & Carbin 2019: P_m, weights remaining after each round, biases excluded; to the printed digits. */
static void check_series(rig_build *build, lt_layer_rates rates, const char *const *percent, int rounds)
{
    const lt_settings s = { .prune.layer_rate = rates };
    lt_graph g = rig_graph(build);
    lt_masks m = rig_all_weights(&g);
    for (int round = 1; round <= rounds; round++) {
        char got[16];
        lt_masks next = prune(&g, &m, &s, (lt_budget){ LT_BUDGET_RATE, 0, 0.2, 0.5 }, LT_SCOPE_LAYER);
        lt_masks_free(&m);
        m = next;
        snprintf(got, sizeof got, "%.2f",
                 100.0 * (double)lt_masks_alive(&g.view, &m) / (double)lt_masks_total(&g.view, &m));
        if (strcmp(got, percent[round - 1]))
            fprintf(stderr, "\nround %d: %s %%, not %s %%\n", round, got, percent[round - 1]);
        CU_ASSERT_STRING_EQUAL(got, percent[round - 1]);
    }
    lt_masks_free(&m);
    lt_graph_free(&g);
}

static void lenet_reaches_the_published_densities(void)
{
    static const char *const percent[] = { "80.04", "64.06", "51.28", "41.05", "32.87", "26.32",
                                           "21.07", "16.88", "13.52", "10.83", "8.68",  "6.95",
                                           "5.57",  "4.47",  "3.58",  "2.87" };
    check_series(rig_lenet, (lt_layer_rates){ 0 }, percent, 16);
}

static void conv_2_reaches_the_published_densities(void)
{
    static const char *const percent[] = { "80.10", "64.16", "51.41", "41.20", "33.02", "26.47",
                                           "21.23", "17.03", "13.66", "10.97", "8.81",  "7.08",
                                           "5.69",  "4.57",  "3.68",  "2.97" };
    check_series(rig_conv2, (lt_layer_rates)ENTRIES(RATE("conv", 0.1)), percent, 16);
}

static void conv_4_reaches_the_published_densities(void)
{
    static const char *const percent[] = { "81.08", "65.84", "53.55", "43.63", "35.61", "29.13",
                                           "23.88", "19.62", "16.16", "13.35", "11.06", "9.18",
                                           "7.65",  "6.40",  "5.37",  "4.51" };
    check_series(rig_conv4, (lt_layer_rates)ENTRIES(RATE("conv*", 0.1)), percent, 16);
}

static void conv_6_reaches_the_published_densities(void)
{
    static const char *const percent[] = { "82.54", "68.20", "56.39", "46.68", "38.67", "32.07",
                                           "26.61", "22.11", "18.38", "15.29", "12.74", "10.62",
                                           "8.86",  "7.39",  "6.18",  "5.17" };
    check_series(rig_conv6, (lt_layer_rates)ENTRIES(RATE("linear", 0.2), RATE("conv", 0.15)), percent, 16);
}

/* "name=entry" of every parameter that an entry speaks of; "!" behind the output's where
 * it names it itself. */
static const char *named(rig_build *build, lt_layer_rates rates)
{
    static char text[512];
    const lt_settings s = { .prune.layer_rate = rates };
    lt_graph g = rig_graph(build);
    lt_masks m = rig_all_weights(&g);
    lt_layer_budget *layer = layers_of(&g, &m, &s, NULL);
    text[0] = '\0';
    for (uint32_t p = 0; p < g.view.n_params; p++)
        if (layer[p].entry)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s=%u%s", text[0] ? " " : "",
                     g.view.param[p].name, layer[p].entry,
                     (g.view.param[p].role & LTC_ROLE_OUTPUT) && layer[p].unfactored ? "!" : "");
    free(layer);
    lt_masks_free(&m);
    lt_graph_free(&g);
    return text;
}

static void an_entry_names_what_may_be_pruned_and_the_last_one_counts(void)
{
    const struct { rig_build *build; lt_layer_rates rates; const char *names; } given[] = {
        { rig_lenet, ENTRIES(RATE("conv", 0.1)), "" },                /* a word may match nothing */
        { rig_lenet, ENTRIES(RATE("fc1*", 0.1)), "fc1.weight=1" },    /* and trap 14: the bias is none of
                                                                       * it */
        { rig_lenet, ENTRIES(RATE("linear", 0.1), RATE("fc[23].*", 0.1)),
          "fc1.weight=1 fc2.weight=2 fc3.weight=2" },
        { rig_lenet, ENTRIES(RATE("output", 0.1)), "fc3.weight=1!" },
        { rig_lenet, ENTRIES(RATE("fc3.weight", 0.1), RATE("fc1.weight", 0.1)),
          "fc1.weight=2 fc3.weight=1!" },
        { rig_residual, ENTRIES(RATE("conv", 0.1), RATE("shortcut", 0.2)),
          "conv1.weight=1 layer1.conv.weight=1 layer1.downsample.0.weight=2" },
        { rig_residual, ENTRIES(RATE("layer1.*", 0.1)), "layer1.conv.weight=1 layer1.downsample.0.weight=1" },
    };
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        CU_ASSERT_STRING_EQUAL(named(given[i].build, given[i].rates), given[i].names);
}

static void an_entry_that_cannot_act_is_an_error(void)
{
    const struct { lt_layer_rates rates; const char *says; } bad[] = {
        { ENTRIES(RATE("fc9.*", 0.1)), "'fc9.*' matches no parameter of this network that may be pruned" },
        { ENTRIES(RATE("fc1.bias", 0.1)),
          "'fc1.bias' matches no parameter of this network that may be pruned" },
        { ENTRIES(RATE("linaer", 0.1)), "(did you mean 'linear'?)" },
        { ENTRIES(RATE("fc1.wieght", 0.1)), "(did you mean 'fc1.weight'?)" },
        { ENTRIES(RATE("fc1.*", 0.1), RATE("linear", 0.2)),
          "all that 'fc1.*' matches is matched by later entries too" },
    };
    lt_graph g = rig_graph(rig_lenet);
    lt_masks m = rig_all_weights(&g);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const lt_settings s = { .prune.layer_rate = bad[i].rates };
        free(layers_of(&g, &m, &s, bad[i].says));
    }
    lt_masks_free(&m);
    lt_graph_free(&g);
}

/* rig_tiny: fc1 has 12 weights, fc2, the output, 6. */
static void trap_15_the_factor_is_on_the_output_unless_an_entry_names_it(void)
{
    const struct { int64_t scope; lt_budget budget; lt_layer_rates rates; uint64_t fc1, fc2; } left[] = {
        { LT_SCOPE_LAYER, { LT_BUDGET_RATE, 0, 1 / 3.0, 0.5 }, ENTRIES(RATE("linear", 2 / 3.0)), 4, 4 },
        { LT_SCOPE_LAYER, { LT_BUDGET_RATE, 0, 1 / 3.0, 0.5 }, ENTRIES(RATE("fc?.weight", 2 / 3.0)), 4, 4 },
        { LT_SCOPE_LAYER, { LT_BUDGET_RATE, 0, 1 / 3.0, 0.5 }, ENTRIES(RATE("output", 2 / 3.0)), 8, 2 },
        { LT_SCOPE_LAYER, { LT_BUDGET_RATE, 0, 1 / 3.0, 0.5 }, ENTRIES(RATE("fc2.weight", 2 / 3.0)), 8, 2 },
        { LT_SCOPE_LAYER, { LT_BUDGET_RATE, 0, 1 / 3.0, 0 }, ENTRIES(RATE("output", 0.5)), 8, 3 },
        { LT_SCOPE_LAYER, { LT_BUDGET_RATE, 0, 1 / 3.0, 1 }, ENTRIES(RATE("fc1.weight", 0)), 12, 4 },
        { LT_SCOPE_LAYER, { LT_BUDGET_DENSITY, 0, 0.5, 0.5 }, ENTRIES(DENSITY("linear", 1 / 3.0)), 4, 4 },
        { LT_SCOPE_LAYER, { LT_BUDGET_DENSITY, 0, 0.5, 0.5 }, ENTRIES(DENSITY("output", 1 / 3.0)), 6, 2 },
        { LT_SCOPE_GLOBAL, { LT_BUDGET_RATE, 0, 1 / 3.0, 1 }, ENTRIES(RATE("output", 0.5)), 8, 3 },
        { LT_SCOPE_GLOBAL, { LT_BUDGET_RATE, 0, 1 / 3.0, 0.5 }, ENTRIES(RATE("linear", 2 / 3.0)), 4, 4 },
    };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        const lt_settings s = { .prune.layer_rate = left[i].rates };
        lt_masks m = prune(&g, &all, &s, left[i].budget, left[i].scope);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, FC1), left[i].fc1);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, FC2), left[i].fc2);
        lt_masks_free(&m);
    }
    lt_masks_free(&all);
    lt_graph_free(&g);
}

/* conv1 108, layer1.conv 288, shortcut 32, hidden 48, fc 60. */
static void traps_13_and_16_each_entry_is_a_pool_of_its_own(void)
{
    static const int64_t scopes[] = { LT_SCOPE_GLOBAL, LT_SCOPE_TYPE };
    const lt_settings s = { .prune.layer_rate = ENTRIES(RATE("layer1.*", 0.5), RATE("hidden.weight", 0.25),
                                                        RATE("shortcut", 0)) };
    lt_graph g = rig_graph(rig_residual);
    lt_masks all = rig_all_weights(&g);
    for (size_t i = 0; i < 2; i++) {
        lt_masks m = prune(&g, &all, &s, (lt_budget){ LT_BUDGET_RATE, 0, 0.1, 1 }, scopes[i]);
        const uint64_t conv1 = rig_alive(&g, &m, rig_param(&g, "conv1.weight")),
                       fc = rig_alive(&g, &m, rig_param(&g, "fc.weight"));
        CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "layer1.conv.weight")), 144);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "layer1.downsample.0.weight")), 32);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "hidden.weight")), 36);
        CU_ASSERT_EQUAL(conv1 + fc, scopes[i] == LT_SCOPE_GLOBAL ? 168 - 17 : (108 - 11) + (60 - 6));
        lt_masks_free(&m);
    }
    lt_masks_free(&all);
    lt_graph_free(&g);
}

/* Two convolutions of one entry share its number by their scores: with scope layer each has its own. */
static void an_entry_ranks_its_layers_together_but_for_scope_layer(void)
{
    const lt_settings s = { .prune.layer_rate = ENTRIES(RATE("fc?.weight", 0.5)) };
    static const float high[12] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }, low[6] = { 1, 1, 1, 1, 1, 1 };
    const rig_criterion c = { .score = { [FC1] = high, [FC2] = low } };
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_layer_budget *layer = layers_of(&g, &all, &s, NULL);
    lt_selection_request r = rig_request(&g, &scorer, &c, &all);
    r.budget.value = 0, r.layer = layer;
    for (r.scope = LT_SCOPE_LAYER; r.scope <= LT_SCOPE_TYPE; r.scope++) {
        lt_masks m = rig_select(&r);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, FC1), r.scope == LT_SCOPE_LAYER ? 6 : 9);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, FC2), r.scope == LT_SCOPE_LAYER ? 3 : 0);
        lt_masks_free(&m);
    }
    free(layer);
    lt_masks_free(&all);
    lt_graph_free(&g);
}

static void a_control_that_matches_does_not_look_at_entries(void)
{
    static const uint64_t exact[4] = { [FC1] = 5, [FC2] = 2 };
    const lt_settings s = { .prune.layer_rate = ENTRIES(RATE("linear", 0.9)) };
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_layer_budget *layer = layers_of(&g, &all, &s, NULL);
    lt_selection_request r = rig_request(&g, &scorer, &by_lot, &all);
    r.exact = exact, r.layer = layer, r.allocation = LT_ALLOCATION_LAMP;
    lt_masks m = rig_select(&r);
    CU_ASSERT(rig_alive(&g, &m, FC1) == 5 && rig_alive(&g, &m, FC2) == 2);
    free(layer);
    lt_masks_free(&m), lt_masks_free(&all);
    lt_graph_free(&g);
}

/* A rate of 17 comes from a file of another program, say: it is refused here too. */
static void trap_17_an_entrys_percentage_is_no_share(void)
{
    const lt_layer_budget layer[4] = { [FC1] = { .entry = 1, .value = 17 } };
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &by_lot, &all);
    r.layer = layer;
    rig_refused(&r, LTC_EINVAL, "a rate of 17 is not a share in [0, 1]");
    lt_masks_free(&all);
    lt_graph_free(&g);
}

int main(void)
{
    static const lt_test claims[] = {
        { "Lenet reaches the published densities", lenet_reaches_the_published_densities },
        { "Conv-2 reaches the published densities", conv_2_reaches_the_published_densities },
        { "Conv-4 reaches the published densities", conv_4_reaches_the_published_densities },
        { "Conv-6 reaches the published densities", conv_6_reaches_the_published_densities },
        { "an entry names what may be pruned, and the last one counts",
          an_entry_names_what_may_be_pruned_and_the_last_one_counts },
        { "an entry that cannot act is an error", an_entry_that_cannot_act_is_an_error },
        { "trap 15: the factor is on the output unless an entry names it",
          trap_15_the_factor_is_on_the_output_unless_an_entry_names_it },
        { "traps 13 and 16: each entry is a pool of its own",
          traps_13_and_16_each_entry_is_a_pool_of_its_own },
        { "an entry ranks its layers together, but for scope layer",
          an_entry_ranks_its_layers_together_but_for_scope_layer },
        { "a control that matches does not look at entries",
          a_control_that_matches_does_not_look_at_entries },
        { "trap 17: an entry's percentage is no share", trap_17_an_entrys_percentage_is_no_share },
    };
    return lt_suite_run("layer_rate", claims, sizeof claims / sizeof claims[0]);
}
