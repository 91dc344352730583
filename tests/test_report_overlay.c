/* Published values beside measured ones. */
#include "report_rig.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

#include "report/overlay.h"
#include "suite.h"
#include "util/file.h"

static void write_overlay(const rig *r, const char *text, char path[600])
{
    ltc_error err;
    snprintf(path, 600, "%s/published.csv", r->dir);
    CU_ASSERT_EQUAL_FATAL(lt_file_write(path, text, strlen(text), &err), LTC_OK);
}

static void published_values_pass_and_fail(void)
{
    static const struct {
        double density, value, tolerance;
        const char *quantity, *variant;
        double measured;
    } cases[] = {
        { 0.5, 0.974, 0.001, "accuracy", "main", 0.974 },
        { 0.52, 0.004, 0.001, "difference", "main", 0.004 },
        { 0.5, 0.99, 0.001, "accuracy", "random reinit", 0.9591666667 },
        { 0.3, 0.9, 0.1, "accuracy", "main", NAN },       /* nothing near that density */
    };
    rig *r = rig_finished();
    lt_seen_run seen;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_seen_read(r->dir, &seen, &err), LTC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const lt_published p = { cases[i].quantity, cases[i].variant, "", cases[i].density, cases[i].value,
                                 cases[i].tolerance, false };
        const lt_measured m = lt_overlay_measured(&p, &seen);
        if (isnan(cases[i].measured))
            CU_ASSERT(isnan(m.value))
        else
            CU_ASSERT_DOUBLE_EQUAL(m.value, cases[i].measured, 1e-9);
    }
    lt_seen_free(&seen);
    rig_close(r);
}

static void a_bound_has_no_upper_end(void)
{
    static const struct { double value, tolerance, measured; bool at_least, holds; } of[] = {
        { 0.3, 0.1, 0.4, false, true }, { 0.3, 0.1, 0.41, false, false }, { 0.3, 0.1, 0.19, false, false },
        { 0.3, 0.1, 0.41, true, true }, { 0.3, 0.1, 0.2, true, true }, { 0.3, 0.1, 0.19, true, false },
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        const lt_published p = { "accuracy", "main", "", 0.5, of[i].value, of[i].tolerance, of[i].at_least };
        const lt_measured m = { 0.5, of[i].measured, 3 };
        CU_ASSERT_EQUAL(lt_published_holds(&p, &m), of[i].holds);
    }
}

static void an_overlay_is_in_figure_and_table(void)
{
    rig *r = rig_finished();
    char path[600], note[256];
    const char *const directory[] = { r->dir };
    ltc_error err = { .message = "" };
    write_overlay(r, "quantity,density,value,tolerance,variant,source\n# a remark\n"
                     "accuracy,0.5,>=0.5,0.001,main,bound\naccuracy,0.5,0.974,0.001,main,\"Somebody, 2019\"\naccuracy,0.2,0.9,0.001,main,there\n", path);
    lt_report_request request = rig_request(r, directory, LT_REPORT_HTML);
    request.overlay = path;
    CU_ASSERT_EQUAL(lt_report_write(&request, note, &err), LTC_OK);
    CU_ASSERT(rig_has(r, "plots/accuracy.csv", "\"published\",0.5,0.974,"));
    CU_ASSERT(rig_has(r, "report.html", "<td>pass</td><td>Somebody, 2019</td>"));
    CU_ASSERT(rig_has(r, "report.html", "<td>fail</td><td>there</td>"));
    CU_ASSERT(rig_has(r, "report.html", "<td>pass</td><td>bound</td>"));
    CU_ASSERT(rig_has(r, "report.html", "Published values have their tolerance as bars."));
    rig_close(r);
}

static void a_wrong_overlay_is_told_with_its_line(void)
{
    static const struct { const char *text, *says; } bad[] = {
        { "quantity,value\n", ":1: the first line is to be quantity,density,value" },
        { "quantity,density,value,tolerance,variant,source\nspeed,0.5,1,1,main,x\n",
          ":2: 'speed' is not a quantity" },
        { "quantity,density,value,tolerance,variant,source\naccuracy,50,1,1,main,x\n",
          ":2: density (in (0, 1])" },
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

/* Those that come with ltcore. */
static void published_files_can_be_read(void)
{
    size_t files = 0, values = 0;
    DIR *d = opendir(TEST_SOURCE_DIR "/../etc/published");
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    for (const struct dirent *e; (e = readdir(d));) {
        char path[600];
        lt_overlay o;
        ltc_error err = { .message = "" };
        if (*e->d_name == '.')
            continue;
        snprintf(path, sizeof path, "%s/../etc/published/%s", TEST_SOURCE_DIR, e->d_name);
        CU_ASSERT_EQUAL(lt_overlay_read(path, &o, &err), LTC_OK);
        CU_ASSERT_STRING_EQUAL(err.message, "");
        files++, values += o.n;
        for (size_t i = 0; i < o.n; i++)
            CU_ASSERT(*o.v[i].source && o.v[i].tolerance > 0 && !strcmp(o.v[i].variant, "main"));
        lt_overlay_free(&o);
    }
    closedir(d);
    CU_ASSERT(files == 9 && values == 24);
}

int main(void)
{
    static const lt_test tests[] = {
        { "published values pass and fail", published_values_pass_and_fail },
        { "a bound has no upper end", a_bound_has_no_upper_end },
        { "an overlay is in figure and table", an_overlay_is_in_figure_and_table },
        { "a wrong overlay is told with its line", a_wrong_overlay_is_told_with_its_line },
        { "published files can be read", published_files_can_be_read },
    };
    return lt_suite_run("report_overlay", tests, sizeof tests / sizeof tests[0]);
}
