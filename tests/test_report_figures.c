/* What people read as numbers: a report's figures and tables say what the database says. */
#include "report_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/gnuplot.h"
#include "report/model.h"
#include "report/plot_make.h"
#include "suite.h"

static void figures_are_golden(void)
{
    static const char *const files[] = { "accuracy", "early-stop", "end-test", "untrained", "layers",
                                         "learning", "dense-masked" };
    rig *r = rig_finished();
    rig_report(r, LT_REPORT_CSV);
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

/* Every dot of the figure, read back, is a row of `summary`, to the last digit that CSV
 * and SQL both print. */
static void a_figure_says_what_the_database_says(void)
{
    rig *r = rig_finished();
    rig_report(r, LT_REPORT_CSV);
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
    rig *r = rig_finished();
    lt_seen_run seen;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_seen_read(r->dir, &seen, &err), LTC_OK);
    const lt_seen_group *ticket = lt_seen_group_at(&seen, 0, 0, 1),
                        *reinit = lt_seen_group_at(&seen, 1, 0, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reinit);
    const lt_spread a = lt_seen_spread(&seen, ticket, LT_Q_TEST),
                    b = lt_seen_spread(&seen, reinit, LT_Q_TEST);
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

static void tables_are_markdown(void)
{
    rig *r = rig_finished();
    char *text = NULL, note[256];
    size_t n = 0;
    const char *const directory[] = { r->dir };
    FILE *to = open_memstream(&text, &n);
    lt_report_request request = rig_request(r, directory, LT_REPORT_MD);
    ltc_error err;
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    request.out = to;
    CU_ASSERT_EQUAL(lt_report_write(&request, note, &err), LTC_OK);
    fclose(to);
    CU_ASSERT(rig_is_golden("report.md", text));
    CU_ASSERT_FALSE(rig_is_there(r, "plots"));
    free(text);
    rig_close(r);
}

static void two_runs_are_compared(void)
{
    rig *a = rig_finished(), *b = rig_create();
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
    CU_ASSERT(rig_has(a, "plots/accuracy.csv", "\"another: main\""));
    CU_ASSERT(rig_has(a, "plots/accuracy.csv", "\"fc, again: main\""));
    CU_ASSERT(rig_has(a, "report.html", "Comparison of runs"));
    CU_ASSERT(rig_has(a, "report.html", "id=\"levels\""));
    CU_ASSERT(rig_has(a, "report.html", "id=\"levels-2\""));
    CU_ASSERT_FALSE(rig_is_there(a, "plots/layers.csv"));             /* of which of the two? */
    rig_close(a);
    rig_close(b);
}

/* The script of one figure with so many lines of one dot, at y. */
static lt_text script_of(bool y_log, size_t lines, double y)
{
    lt_dot dot = { 0.5, { 1, y, y, y, NAN } };
    lt_series series[20];
    lt_plot plot = { .id = "one", .title = "", .caption = "", .x = "x", .y = "y", .y_percent = true,
                     .y_log = y_log,
                     .reference = NAN, .series = series, .n_series = lines };
    lt_text script = { 0 };
    for (size_t i = 0; i < lines; i++)
        series[i] = (lt_series){ .name = "a name of some length", .dot = &dot, .n_dots = 1 };
    lt_plot_frame(&plot);
    lt_gnuplot_script(&(lt_plots){ .v = &plot, .n = 1 }, LT_DRAW_SVG, &script);
    CU_ASSERT_FATAL(!script.failed);
    return script;
}

static void a_logarithmic_axis_has_labels(void)
{
    lt_text script = script_of(true, 1, 0.1);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.s, "set ytics ('10' 10)"));
    lt_text_free(&script);
    script = script_of(false, 1, 0.1);
    CU_ASSERT_PTR_NULL(strstr(script.s, "set ytics ("));
    lt_text_free(&script);
}

static void many_names_have_room_of_their_own(void)
{
    lt_text few = script_of(false, 6, 0.1), many = script_of(false, 20, 0.1);
    CU_ASSERT_PTR_NOT_NULL(strstr(few.s, "size 680,420 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(many.s, "size 680,620 "));          /* 10 rows of 2 */
    CU_ASSERT_PTR_NOT_NULL(strstr(many.s, "set bmargin 15\n"));      /* and the axis' name above them */
    lt_text_free(&few);
    lt_text_free(&many);
}

/* Main's level 1 is an early bird of three masks, drawn at 30; the first of its trials
 * has other distances. */
static void masks_along_a_training_are_a_matrix(void)
{
    uint64_t first[] = { 16, 20, 8 }, others[] = { 10, 20, 5 };
    rig *r = rig_create();
    ltc_error err;
    rig_start(r);
    for (size_t i = 0; i < RIG_ROWS; i++) {
        lt_layer_row layer[3];
        lt_level_row row = rig_row(r, i, layer);
        if (row.line->order == 0 && row.level == 1)
            row.watch = (lt_watch){ .every = 10, .total = 100, .drawn_step = 30, .n = 3, .early = true,
                                    .differ = row.trial == 1 ? first : others };
        for (int again = 0; again < 2; again++)           /* a row replaces the one that was there */
            CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    }
    rig_finish(r);
    rig_report(r, LT_REPORT_HTML | LT_REPORT_SVG | LT_REPORT_PNG);
    CU_ASSERT(rig_has(r, "plots/distance-l01.csv", "\n\"10\",10,0,0,0,,,1\n\"10\",20,0.12,0.1,0.16,,,3\n"));
    CU_ASSERT(
        rig_has(r, "plots/distance-l01.csv", "\n\"30\",10,0.2,0.2,0.2,,,3\n\"30\",20,0.06,0.05,0.08,,,3\n"));
    CU_ASSERT(rig_has(r, "report.html", "Drawn at step 30"));
    CU_ASSERT(rig_has(r, "levels.csv", ",30it,"));
    CU_ASSERT_FALSE(rig_is_there(r, "plots/distance-l02.csv"));
    rig_close(r);
}

/* Series of the figure of accuracies, of one variant at three points: dense, and so many
 * pruned levels at each. */
static size_t series_of_a_sweep(const uint32_t pruned[3])
{
    lt_seen_level level[12];
    lt_seen_group group[12];
    lt_seen_variant main_line = { .name = "main", .masks = "" };
    const char *points[] = { "alpha 0", "alpha 1", "alpha 2" };
    size_t n = 0;
    for (uint32_t point = 0; point < 3; point++)
        for (uint32_t k = 0; k <= pruned[point]; k++, n++) {
            level[n] = (lt_seen_level){ .point = point, .level = k, .trial = 1, .ticket = "" };
            for (size_t q = 0; q < LT_QUANTITIES; q++)
                level[n].q[q] = 0.9 - 0.01 * (double)n;
            group[n] = (lt_seen_group){ .point = point, .level = k, .first = n, .n = 1 };
        }
    const lt_seen_run run = {
        .directory = ".", .level = level, .n_levels = n, .group = group, .n_groups = n, .variant = &main_line,
        .n_variants = 1, .point = points, .n_points = 3,
    };
    lt_plots p = { 0 };
    p.label = lt_arena_array(&p.arena, 1, sizeof *p.label);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.label);
    p.label[0] = "";
    CU_ASSERT(lt_plots_of_levels(&run, 1, &p));
    size_t series = 0;
    for (size_t i = 0; i < p.n; i++)
        series = !strcmp(p.v[i].id, "accuracy") ? p.v[i].n_series : series;
    lt_plots_free(&p);
    return series;
}

static void a_sweep_of_single_levels_is_one_line(void)
{
    CU_ASSERT_EQUAL(series_of_a_sweep((const uint32_t[]){ 1, 1, 1 }), 1);
    CU_ASSERT_EQUAL(series_of_a_sweep((const uint32_t[]){ 2, 2, 2 }), 3);
    CU_ASSERT_EQUAL(series_of_a_sweep((const uint32_t[]){ 1, 1, 2 }), 3);
    CU_ASSERT_EQUAL(series_of_a_sweep((const uint32_t[]){ 2, 0, 0 }), 1); /* nothing but dense elsewhere */
}

int main(void)
{
    static const lt_test tests[] = {
        { "figures are golden", figures_are_golden },
        { "a figure says what the database says", a_figure_says_what_the_database_says },
        { "statistics are as computed by hand", statistics_are_as_by_hand },
        { "masks along a training are a matrix", masks_along_a_training_are_a_matrix },
        { "a logarithmic axis has labels", a_logarithmic_axis_has_labels },
        { "many names have room of their own", many_names_have_room_of_their_own },
        { "tables are Markdown", tables_are_markdown },
        { "a sweep of single levels is one line", a_sweep_of_single_levels_is_one_line },
        { "two runs are compared", two_runs_are_compared },
    };
    return lt_suite_run("report_figures", tests, sizeof tests / sizeof tests[0]);
}
