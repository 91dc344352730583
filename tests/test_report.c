/* What people look at: a report's figures and tables say what the database says. */
#include "results_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/overlay.h"
#include "report/report.h"
#include "suite.h"
#include "util/file.h"

/* DIR/report.html and DIR/plots of the rig's own run. */
static char *report_of(const rig *r, uint32_t formats)
{
    static char note[256];
    const char *const directory[] = { r->dir };
    const lt_report_request request = { .directory = directory, .n_directories = 1, .to = r->dir,
                                        .formats = formats, .out = stdout };
    ltc_error err = { .message = "" };
    const ltc_status st = lt_report_write(&request, note, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL(st, LTC_OK);
    CU_ASSERT_PTR_NULL(strstr(note, "not drawn as SVG and PNG:"));     /* it is there and failed */
    return note;
}

static rig *finished_run(void)
{
    rig *r = rig_create();
    rig_start(r);
    rig_fill(r, rig_forward);
    rig_finish(r);
    return r;
}

static bool has(const rig *r, const char *file, const char *what)
{
    lt_text text = rig_read(r, file);
    const bool found = strstr(text.s, what) != NULL;
    if (!found)
        fprintf(stderr, "\n%s has no '%s'\n", file, what);
    lt_text_free(&text);
    return found;
}

static bool is_there(const rig *r, const char *file)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", r->dir, file);
    return access(path, F_OK) == 0;
}

static void figures_are_golden(void)
{
    static const char *const files[] = { "accuracy", "early-stop", "end-test", "untrained", "layers", "learning" };
    rig *r = finished_run();
    report_of(r, LT_REPORT_CSV);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char file[80], golden[80];
        snprintf(file, sizeof file, "plots/%s.csv", files[i]);
        snprintf(golden, sizeof golden, "figure_%s.csv", files[i]);
        lt_text text = rig_read(r, file);
        CU_ASSERT(rig_is_golden(golden, text.s));
        lt_text_free(&text);
    }
    rig_close(r);
}

/* Every dot of the figure, read back, is a row of `summary`, to the last digit that CSV and SQL both print. */
static void a_figure_says_what_the_database_says(void)
{
    rig *r = finished_run();
    report_of(r, LT_REPORT_CSV);
    lt_text text = rig_read(r, "plots/accuracy.csv");
    size_t dots = 0;
    for (char *line = strchr(text.s, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        double x, mean, min, max;
        char sql[400];
        const char *numbers = strchr(line, '\n');
        while (numbers[-1] != '"')
            numbers--;
        numbers++;
        CU_ASSERT_EQUAL_FATAL(sscanf(numbers, "%lf,%lf,%lf,%lf", &x, &mean, &min, &max), 4);
        snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM summary WHERE abs(density - %.17g) < 1e-12 AND "
                 "abs(mean - %.17g) < 1e-12 AND abs(min - %.17g) < 1e-12 AND abs(max - %.17g) < 1e-12",
                 x, mean, min, max);
        lt_text found = rig_query(r, sql);
        CU_ASSERT_STRING_EQUAL(found.s, "1");
        lt_text_free(&found);
        dots++;
    }
    lt_text all = rig_query(r, "SELECT COUNT(*) FROM summary WHERE n > 0");
    CU_ASSERT_EQUAL(dots, (size_t)atoi(all.s));
    lt_text_free(&all);
    lt_text_free(&text);
    rig_close(r);
}

/* By hand: 0.975, 0.974, 0.973: mean 0.974, s = 0.001, half = 4.302653 * 0.001 / sqrt(3) = 0.00248414.
 * Draws first: (960 + 964) / 2, (961 + 965) / 2, (950 + 955) / 2 = 962, 963, 952.5: mean 959.1667. */
static void statistics_are_as_by_hand(void)
{
    rig *r = finished_run();
    lt_seen_run seen;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_seen_read(r->dir, &seen, &err), LTC_OK);
    const lt_seen_group *ticket = lt_seen_group_at(&seen, 0, 0, 1), *reinit = lt_seen_group_at(&seen, 1, 0, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reinit);
    const lt_spread a = lt_seen_spread(&seen, ticket, LT_Q_TEST), b = lt_seen_spread(&seen, reinit, LT_Q_TEST);
    CU_ASSERT_DOUBLE_EQUAL(a.mean, 0.974, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(a.min, 0.973, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(a.max, 0.975, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(a.half, 0.00248414, 1e-8);
    CU_ASSERT_EQUAL(b.n, 3);
    CU_ASSERT_DOUBLE_EQUAL(b.mean, 0.9591666667, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(b.max, 0.963, 1e-12);
    lt_seen_free(&seen);
    rig_close(r);
}

static void the_page_is_whole(void)
{
    static const char *const parts[] = {
        "<!DOCTYPE html>", "Chart.js v3.9.1", "id=\"figure-accuracy\"", "id=\"levels\"", "id=\"settings\"",
        "What a reviewer would ask", "@software{ltcore", "Always guessing the commonest class", "</html>",
    };
    rig *r = finished_run();
    report_of(r, LT_REPORT_HTML);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CU_ASSERT(has(r, "report.html", parts[i]));
    lt_text text = rig_read(r, "report.html");
    CU_ASSERT_PTR_NULL(strstr(text.s, "src=\"http"));     /* nothing is fetched */
    CU_ASSERT_PTR_NULL(strstr(text.s, "href=\"http"));
    lt_text_free(&text);
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
    report_of(r, LT_REPORT_HTML | LT_REPORT_SVG);
    lt_text text = rig_read(r, "report.html");
    CU_ASSERT_PTR_NULL(strstr(text.s, "<b id=x>"));
    CU_ASSERT_PTR_NULL(strstr(text.s, "<i>"));
    lt_text_free(&text);
    rig_close(r);
}

static void a_run_that_began_has_a_report(void)
{
    rig *r = rig_create();
    rig_start(r);
    report_of(r, LT_REPORT_HTML | LT_REPORT_SVG);
    CU_ASSERT(has(r, "report.html", "Nothing was measured yet"));
    rig_close(r);
}

static void a_run_under_way_claims_nothing(void)
{
    rig *r = rig_create();
    ltc_error err;
    rig_start(r);
    for (size_t i = 0; i < 4; i++) {
        lt_layer_row layer[3];
        const lt_level_row row = rig_row(r, i, layer);
        CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    }
    report_of(r, LT_REPORT_HTML);
    CU_ASSERT(has(r, "report.html", "has not come to its end"));
    lt_text text = rig_read(r, "report.html");
    CU_ASSERT_PTR_NULL(strstr(text.s, "Winning tickets"));
    CU_ASSERT_PTR_NULL(strstr(text.s, "<td>matching"));
    lt_text_free(&text);
    rig_close(r);
}

static void a_failed_run_says_so(void)
{
    rig *r = rig_create();
    ltc_error err;
    rig_start(r);
    CU_ASSERT_EQUAL(lt_results_event(r->results, "error", "the loss is not finite at step 7", &err), LTC_OK);
    rig_finish(r);
    report_of(r, LT_REPORT_HTML);
    CU_ASSERT(has(r, "report.html", "A training failed: the loss is not finite at step 7"));
    rig_close(r);
}

static void a_single_trial_claims_nothing(void)
{
    rig *r = rig_create();
    ltc_error err;
    rig_start(r);
    for (size_t i = 0; i < 4; i++) {
        lt_layer_row layer[3];
        const lt_level_row row = rig_row(r, i, layer);
        CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    }
    rig_finish(r);
    report_of(r, LT_REPORT_HTML);
    CU_ASSERT(has(r, "report.html", "There is a single trial"));
    lt_text text = rig_read(r, "report.html");
    CU_ASSERT_PTR_NULL(strstr(text.s, "Winning tickets at"));
    CU_ASSERT_PTR_NULL(strstr(text.s, "Matching at"));
    lt_text_free(&text);
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
    report_of(r, LT_REPORT_HTML | LT_REPORT_SVG);
    CU_ASSERT((double)(clock() - before) / CLOCKS_PER_SEC < (SANITIZED ? 60 : 10));
    lt_text text = rig_read(r, "report.html");
    CU_ASSERT(text.n < 5 * 1000 * 1000);
    lt_text_free(&text);
    rig_close(r);
}

static void without_gnuplot_all_else_is_made(void)
{
    rig *r = finished_run();
    char *path = strdup(getenv("PATH"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    setenv("PATH", "/nonexistent", 1);
    const char *note = report_of(r, LT_REPORT_HTML | LT_REPORT_SVG | LT_REPORT_PNG);
    setenv("PATH", path, 1);
    free(path);
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "apt-get install gnuplot-nox"));
    CU_ASSERT(is_there(r, "report.html"));
    CU_ASSERT(is_there(r, "plots/accuracy.csv"));
    CU_ASSERT_FALSE(is_there(r, "plots/accuracy.svg"));
    rig_close(r);
}

static void tables_are_markdown(void)
{
    rig *r = finished_run();
    char *text = NULL, note[256];
    size_t n = 0;
    const char *const directory[] = { r->dir };
    FILE *to = open_memstream(&text, &n);
    const lt_report_request request = { .directory = directory, .n_directories = 1, .to = r->dir,
                                        .formats = LT_REPORT_MD, .out = to };
    ltc_error err;
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    CU_ASSERT_EQUAL(lt_report_write(&request, note, &err), LTC_OK);
    fclose(to);
    CU_ASSERT(rig_is_golden("report.md", text));
    CU_ASSERT_FALSE(is_there(r, "plots"));
    free(text);
    rig_close(r);
}

static void two_runs_are_compared(void)
{
    rig *a = finished_run(), *b = rig_create();
    char note[256];
    ltc_error err = { .message = "" };
    b->settings.run.name = "another";
    rig_start(b);
    rig_fill(b, rig_forward);
    rig_finish(b);
    const char *const directory[] = { a->dir, b->dir };
    const lt_report_request request = { .directory = directory, .n_directories = 2, .to = a->dir,
                                        .formats = LT_REPORT_HTML, .out = stdout };
    CU_ASSERT_EQUAL(lt_report_write(&request, note, &err), LTC_OK);
    CU_ASSERT(has(a, "plots/accuracy.csv", "\"another: main\""));
    CU_ASSERT(has(a, "plots/accuracy.csv", "\"fc, again: main\""));
    CU_ASSERT(has(a, "report.html", "Comparison of runs"));
    rig_close(a);
    rig_close(b);
}

static void write_overlay(const rig *r, const char *text, char path[600])
{
    ltc_error err;
    snprintf(path, 600, "%s/published.csv", r->dir);
    CU_ASSERT_EQUAL_FATAL(lt_file_write(path, text, strlen(text), &err), LTC_OK);
}

static void published_values_pass_and_fail(void)
{
    static const struct { double density, value, tolerance; const char *quantity, *variant; double measured; } cases[] = {
        { 0.5, 0.974, 0.001, "accuracy", "main", 0.974 },
        { 0.52, 0.004, 0.001, "difference", "main", 0.004 },
        { 0.5, 0.99, 0.001, "accuracy", "random reinit", 0.9591666667 },
        { 0.3, 0.9, 0.1, "accuracy", "main", NAN },       /* nothing near that density */
    };
    rig *r = finished_run();
    lt_seen_run seen;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_seen_read(r->dir, &seen, &err), LTC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const lt_published p = { cases[i].quantity, cases[i].variant, "", cases[i].density, cases[i].value,
                                 cases[i].tolerance };
        const lt_measured m = lt_overlay_measured(&p, &seen);
        if (isnan(cases[i].measured))
            CU_ASSERT(isnan(m.value))
        else
            CU_ASSERT_DOUBLE_EQUAL(m.value, cases[i].measured, 1e-9);
    }
    lt_seen_free(&seen);
    rig_close(r);
}

static void an_overlay_is_in_figure_and_table(void)
{
    rig *r = finished_run();
    char path[600], note[256];
    const char *const directory[] = { r->dir };
    ltc_error err = { .message = "" };
    write_overlay(r, "quantity,density,value,tolerance,variant,source\n# a remark\n"
                     "accuracy,0.5,0.974,0.001,main,\"Somebody, 2019\"\naccuracy,0.2,0.9,0.001,main,there\n", path);
    const lt_report_request request = { .directory = directory, .n_directories = 1, .to = r->dir, .overlay = path,
                                        .formats = LT_REPORT_HTML, .out = stdout };
    CU_ASSERT_EQUAL(lt_report_write(&request, note, &err), LTC_OK);
    CU_ASSERT(has(r, "plots/accuracy.csv", "\"published\",0.5,0.974,"));
    CU_ASSERT(has(r, "report.html", "<td>pass</td><td>Somebody, 2019</td>"));
    CU_ASSERT(has(r, "report.html", "<td>fail</td><td>there</td>"));
    rig_close(r);
}

static void a_wrong_overlay_is_told_with_its_line(void)
{
    static const struct { const char *text, *says; } bad[] = {
        { "quantity,value\n", ":1: the first line is to be quantity,density,value" },
        { "quantity,density,value,tolerance,variant,source\nspeed,0.5,1,1,main,x\n", ":2: 'speed' is not a quantity" },
        { "quantity,density,value,tolerance,variant,source\naccuracy,50,1,1,main,x\n", ":2: density (in (0, 1])" },
        { "quantity,density,value,tolerance,variant,source\naccuracy,0.5\n", ":2: density" },
    };
    rig *r = rig_create();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[600];
        lt_overlay o;
        ltc_error err = { .message = "" };
        write_overlay(r, bad[i].text, path);
        CU_ASSERT_EQUAL(lt_overlay_read(path, &o, &err), LTC_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        lt_overlay_free(&o);
    }
    rig_close(r);
}

int main(void)
{
    static const lt_test tests[] = {
        { "figures are golden", figures_are_golden },
        { "a figure says what the database says", a_figure_says_what_the_database_says },
        { "statistics are as computed by hand", statistics_are_as_by_hand },
        { "the page is whole, and fetches nothing", the_page_is_whole },
        { "names of the user end nothing in the page", names_of_the_user_end_nothing },
        { "a run that began has a report", a_run_that_began_has_a_report },
        { "a run under way claims nothing", a_run_under_way_claims_nothing },
        { "a failed run says so", a_failed_run_says_so },
        { "a single trial claims nothing", a_single_trial_claims_nothing },
        { "five hundred trainings are a small page", five_hundred_trainings_are_a_small_page },
        { "without gnuplot all else is made", without_gnuplot_all_else_is_made },
        { "tables are Markdown", tables_are_markdown },
        { "two runs are compared", two_runs_are_compared },
        { "published values pass and fail", published_values_pass_and_fail },
        { "an overlay is in figure and table", an_overlay_is_in_figure_and_table },
        { "a wrong overlay is told with its line", a_wrong_overlay_is_told_with_its_line },
    };
    return lt_suite_run("report", tests, sizeof tests / sizeof tests[0]);
}
