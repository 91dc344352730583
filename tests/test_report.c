/* The page that people look at: whole, and true to how far the run has come. */
#include "report_rig.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "suite.h"

static void the_page_is_whole(void)
{
    static const char *const parts[] = {
        "<!DOCTYPE html>", "Chart.js v3.9.1", "id=\"figure-accuracy\"", "id=\"levels\"", "id=\"layers\"", "id=\"settings\"",
        "What a reviewer would ask", "At 1 of the 2 levels that are called winning or matching the interval reaches",
        "@software{ltcore", "Always guessing the commonest class", "</html>",
    };
    rig *r = rig_finished();
    rig_report(r, LT_REPORT_HTML);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CU_ASSERT(rig_has(r, "report.html", parts[i]));
    CU_ASSERT(rig_lacks(r, "report.html", "src=\"http"));     /* nothing is fetched */
    CU_ASSERT(rig_lacks(r, "report.html", "href=\"http"));
    rig_close(r);
}

static void names_of_the_user_end_nothing(void)
{
    rig *r = rig_create();
    r->settings.run.name = "</script><b id=x>";
    r->variant[0].name = "<i>&'reinit'</i>";
    r->line[1].name = r->variant[0].name;
    rig_start(r);
    rig_fill(r, rig_forward);
    rig_finish(r);
    rig_report(r, LT_REPORT_HTML | LT_REPORT_SVG);
    CU_ASSERT(rig_lacks(r, "report.html", "<b id=x>"));
    CU_ASSERT(rig_lacks(r, "report.html", "<i>"));
    rig_close(r);
}

static void a_run_that_began_has_a_report(void)
{
    rig *r = rig_begun(0);
    rig_report(r, LT_REPORT_HTML | LT_REPORT_SVG);
    CU_ASSERT(rig_has(r, "report.html", "Nothing was measured yet"));
    CU_ASSERT(rig_lacks(r, "report.html", "href=\"#figures\""));
    CU_ASSERT(rig_lacks(r, "report.html", "href=\"#tables\""));
    rig_close(r);
}

static void a_run_under_way_claims_nothing(void)
{
    rig *r = rig_begun(4);
    rig_report(r, LT_REPORT_HTML);
    CU_ASSERT(rig_has(r, "report.html", "has not come to its end"));
    CU_ASSERT(rig_lacks(r, "report.html", "Winning tickets"));
    CU_ASSERT(rig_lacks(r, "report.html", "<td>matching"));
    rig_close(r);
}

static void a_run_that_was_stopped_says_so(void)
{
    rig *r = rig_begun(4);
    rig_finish(r);
    rig_report(r, LT_REPORT_HTML);
    CU_ASSERT(rig_has(r, "report.html", "Of 20 levels 4 have results: the run was stopped"));
    rig_close(r);
    r = rig_finished();
    rig_report(r, LT_REPORT_HTML);
    CU_ASSERT(rig_lacks(r, "report.html", "have results"));
    rig_close(r);
}

static void a_failed_run_says_so(void)
{
    rig *r = rig_begun(0);
    ltc_error err;
    CU_ASSERT_EQUAL(lt_results_event(r->results, "error", "the loss is not finite at step 7", &err), LTC_OK);
    rig_finish(r);
    rig_report(r, LT_REPORT_HTML);
    CU_ASSERT(rig_has(r, "report.html", "A training failed: the loss is not finite at step 7"));
    rig_close(r);
}

static void a_single_trial_claims_nothing(void)
{
    rig *r = rig_begun(4);
    rig_finish(r);
    rig_report(r, LT_REPORT_HTML);
    CU_ASSERT(rig_has(r, "report.html", "There is a single trial"));
    CU_ASSERT(rig_lacks(r, "report.html", "Winning tickets at"));
    CU_ASSERT(rig_lacks(r, "report.html", "Matching at"));
    rig_close(r);
}

/* 50 trials of 10 levels, 40 evaluations each. */
static void put_many(rig *r)
{
    ltc_error err;
    for (uint32_t k = 0; k < 500; k++) {
        lt_layer_row layer[3];
        lt_level_row row = rig_row(r, k % 10 ? 1 : 0, layer);
        row.trial = 1 + k / 10, row.level = k % 10, row.weights_alive = 100 - 9 * row.level;
        row.best[LT_M_TEST].correct = 900 + (k * 7) % 50;
        for (uint64_t step = 0; step <= 1000; step += 25) {
            const lt_history_row h = { .line = row.line, .trial = row.trial, .level = row.level, .step = step,
                                       .lr = 0.1, .at = { [LT_M_TEST] = { 250, 900, 1000 } } };
            CU_ASSERT_EQUAL(lt_results_history(r->results, &h, &err), LTC_OK);
        }
        CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    }
}

static void five_hundred_trainings_are_a_small_page(void)
{
    rig *r = rig_create();
    r->settings.run.trials = 50;
    rig_start(r);
    put_many(r);
    rig_finish(r);
    const clock_t before = clock();
    rig_report(r, LT_REPORT_HTML | LT_REPORT_SVG);
    CU_ASSERT((double)(clock() - before) / CLOCKS_PER_SEC < (SANITIZED ? 60 : 10));
    lt_text text = rig_read(r, "report.html");
    CU_ASSERT(text.n < 5 * 1000 * 1000);
    lt_text_free(&text);
    rig_close(r);
}

static void without_gnuplot_all_else_is_made(void)
{
    rig *r = rig_finished();
    char *path = strdup(getenv("PATH"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    setenv("PATH", "/nonexistent", 1);
    const char *note = rig_report(r, LT_REPORT_HTML | LT_REPORT_SVG | LT_REPORT_PNG);
    setenv("PATH", path, 1);
    free(path);
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "apt-get install gnuplot-nox"));
    CU_ASSERT(rig_is_there(r, "report.html"));
    CU_ASSERT(rig_is_there(r, "plots/accuracy.csv"));
    CU_ASSERT_FALSE(rig_is_there(r, "plots/accuracy.svg"));
    rig_close(r);
}

int main(void)
{
    static const lt_test tests[] = {
        { "the page is whole, and fetches nothing", the_page_is_whole },
        { "names of the user end nothing in the page", names_of_the_user_end_nothing },
        { "a run that began has a report", a_run_that_began_has_a_report },
        { "a run under way claims nothing", a_run_under_way_claims_nothing },
        { "a run that was stopped says so", a_run_that_was_stopped_says_so },
        { "a failed run says so", a_failed_run_says_so },
        { "a single trial claims nothing", a_single_trial_claims_nothing },
        { "five hundred trainings are a small page", five_hundred_trainings_are_a_small_page },
        { "without gnuplot all else is made", without_gnuplot_all_else_is_made },
    };
    return lt_suite_run("report", tests, sizeof tests / sizeof tests[0]);
}
