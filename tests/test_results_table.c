/* What a run says at its end. */
#include "results_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/mask.h>

#include "results/grid.h"
#include "suite.h"

/* The table as text; the directory's name, which differs, as DIR. */
static char *table_of(const rig *r)
{
    char *text = NULL;
    size_t n = 0;
    ltc_error err;
    FILE *to = open_memstream(&text, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    CU_ASSERT_EQUAL(lt_results_table(r->results, to, &err), LTC_OK);
    fclose(to);
    char *dir = strstr(text, r->dir);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    strcpy(dir, "DIR\n");
    return text;
}

static void check_golden(const char *name, const rig *r)
{
    char *text = table_of(r);
    CU_ASSERT(rig_is_golden(name, text));
    free(text);
}

static void the_table_is_golden_whatever_the_order(void)
{
    const size_t *const orders[] = { rig_forward, rig_shuffled };
    for (size_t k = 0; k < 2; k++) {
        rig *r = rig_create();
        rig_start(r);
        rig_fill(r, orders[k]);
        check_golden("table.txt", r);
        rig_close(r);
    }
}

/* Beside a dense network of 970 and step 500, in two trials alike. */
static void a_verdict_needs_all_three(void)
{
    static const struct { uint64_t correct, best_step, reinit; const char *verdict; } cases[] = {
        { 980, 300, 900, "winning" },
        { 980, 900, 900, "matching" },
        { 980, 300, 990, "matching" },
        { 968, 300, 900, "winning" },         /* 0.2 pp below dense, exactly */
        { 967, 300, 900, "-" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig *r = rig_create();
        ltc_error err;
        rig_start(r);
        const struct { size_t like; uint64_t correct, best_step; } line_of[] = {
            { 0, 970, 500 },                              /* dense */
            { 1, cases[i].correct, cases[i].best_step },  /* the ticket */
            { 11, cases[i].reinit, 500 },
        };
        for (uint32_t k = 0; k < 6; k++) {                /* in two trials */
            lt_layer_row layer[3];
            lt_level_row row = rig_row(r, line_of[k % 3].like, layer);
            row.trial = 1 + k / 3, row.draw = 0, row.best_step = line_of[k % 3].best_step;
            row.best[LT_M_TEST].correct = line_of[k % 3].correct;
            CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
        }
        char *text = table_of(r);
        const char *line = strstr(text, "\n    1  ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(line);
        const size_t n = strcspn(line + 1, "\n"), word = strlen(cases[i].verdict);
        CU_ASSERT(!strncmp(line + 1 + n - word, cases[i].verdict, word) && line[n - word] == ' ');
        free(text);
        rig_close(r);
    }
}

static void a_weight_that_moved_is_loud(void)
{
    rig *r = rig_create();
    ltc_error err;
    lt_layer_row layer[3];
    rig_start(r);
    lt_level_row row = rig_row(r, 1, layer);
    row.moved = 7;
    CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    char *text = table_of(r);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "WRONG: 7 dead or frozen weights moved."));
    CU_ASSERT_PTR_NULL(strstr(text, "No dead or frozen"));
    free(text);
    rig_close(r);
}

static void a_dense_run_has_a_table_too(void)
{
    rig *r = rig_create();
    ltc_error err;
    lt_layer_row layer[3];
    r->settings.n_variants = 0, r->settings.n_lines = 1, r->settings.run.trials = 1,
    r->settings.prune.strategy = LT_STRATEGY_NONE;
    rig_start(r);
    lt_level_row row = rig_row(r, 0, layer);
    row.trained_steps = 0;                    /* from the store */
    CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    check_golden("table_dense.txt", r);
    rig_close(r);
}

/* Of main's level 1, under that strategy: a tensor of 40 weights of which 20 are left, and
 * with them all else. */
static char *table_of_tensor(rig *r, int64_t strategy)
{
    ltc_error err;
    rig_start(r);
    for (size_t i = 0; i < 2; i++) {
        lt_layer_row layer[3];
        lt_level_row row = rig_row(r, i, layer);
        row.pruned_layer = i ? layer[0].name : NULL;
        CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    }
    r->settings.prune.strategy = strategy;
    return table_of(r);
}

static void a_level_of_one_tensor_says_which_and_what_is_left_of_it(void)
{
    rig *r = rig_create();
    char *text = table_of_tensor(r, LT_STRATEGY_LAYERWISE);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nlevel             tensor  density"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n    0                      100.00"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n    1  fc1.weight: 50.00    50.00"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "winning:"));
    free(text);
    rig_close(r);
}

static void sensitivity_is_no_search_for_tickets(void)
{
    rig *r = rig_create();
    r->settings.n_variants = 0, r->settings.n_lines = 1;
    char *text = table_of_tensor(r, LT_STRATEGY_SENSITIVITY);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "fc1.weight: 50.00"));
    CU_ASSERT_PTR_NULL(strstr(text, "winning"));
    CU_ASSERT_PTR_NULL(strstr(text, "n = 1"));
    CU_ASSERT_PTR_NULL(strstr(text, "Not compared"));
    free(text);
    rig_close(r);
}

/* Main's masks under fresh weights; masks of a criterion that reads nothing, matched layer by layer. */
static void a_search_says_which_control_it_lacks(void)
{
    static const struct { int64_t kept, match; uint32_t reads, variants; const char *says; } cases[] = {
        { LT_KEPT_REWIND, LT_MATCH_NONE, 0, 0,
          "fresh weights under the same masks, nor with random masks of the same" },
        { LT_KEPT_REWIND, LT_MATCH_NONE, 0, 2,
          "Not compared with random masks of the same density in each layer: " },
        { LT_KEPT_REWIND, LT_MATCH_LAYER_DENSITY, 0, 2, NULL },
        { LT_KEPT_REWIND, LT_MATCH_DENSITY, 0, 2, "Not compared with random masks" },
        { LT_KEPT_REWIND, LT_MATCH_LAYER_DENSITY, LTC_NEED_FINAL, 2, "Not compared with random masks" },
        { LT_KEPT_FINAL, LT_MATCH_NONE, 0, 0, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig *r = rig_create();
        r->settings.prune.kept = cases[i].kept, r->settings.n_variants = cases[i].variants;
        r->settings.n_lines = 1 + cases[i].variants;
        r->variant[1].match = cases[i].match;
        r->line_fact[2].reads = cases[i].reads;
        rig_start(r);
        char *text = table_of(r);
        CU_ASSERT(cases[i].says ? strstr(text, cases[i].says) != NULL : !strstr(text, "Not compared"));
        free(text);
        rig_close(r);
    }
}

static void a_wide_table_goes_on_below(void)
{
    lt_grid g = lt_grid_of(2, 4);
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    lt_grid_set(&g, 0, 0, "key"), lt_grid_set(&g, 0, 1, "a \u00b1 b"), lt_grid_set(&g, 0, 2, "cc"),
        lt_grid_set(&g, 0, 3, "d");
    lt_grid_set(&g, 1, 0, "1"), lt_grid_set(&g, 1, 1, "2"), lt_grid_set(&g, 1, 3, "4");
    lt_grid_print(&g, 1, 14, to);
    lt_wrap("one two  three", 7, to);
    fclose(to);
    CU_ASSERT_STRING_EQUAL(text, "key  a \u00b1 b  cc\n  1      2    \n\nkey  d\n  1  4\none two\nthree\n");
    free(text);
    lt_grid_free(&g);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the table is golden, whatever the order of the rows", the_table_is_golden_whatever_the_order },
        { "a verdict needs accuracy, speed and a control below", a_verdict_needs_all_three },
        { "a weight that moved is loud", a_weight_that_moved_is_loud },
        { "a dense run has a table too", a_dense_run_has_a_table_too },
        { "a level of one tensor says which, and what is left of it",
          a_level_of_one_tensor_says_which_and_what_is_left_of_it },
        { "sensitivity is no search for tickets", sensitivity_is_no_search_for_tickets },
        { "a search says which control it lacks", a_search_says_which_control_it_lacks },
        { "a wide table goes on below", a_wide_table_goes_on_below },
    };
    return lt_suite_run("results table", claims, sizeof claims / sizeof claims[0]);
}
