/* Owns the making of a report, from directories to files. */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/gnuplot.h"
#include "report/html.h"
#include "report/table.h"
#include "util/file.h"

static const char missing_gnuplot[] =
    "gnuplot is not installed, so figures were not drawn as SVG and PNG (their CSV is there): install it "
    "with 'apt-get install gnuplot-nox', then 'ltcore report DIR' draws them";

typedef struct work {
    const lt_report_request *r;
    lt_seen_run *run;                         /* [n_directories] */
    lt_plots     plots;
    lt_overlay   overlay;
    bool         overlaid, drawn;             /* drawn: SVGs are there */
    lt_text      plots_at;
    char        *note;
} work;

uint32_t lt_report_format(const char *word)
{
    static const struct { const char *word; uint32_t bit;
    } all[] = {
        { "html", LT_REPORT_HTML }, { "svg", LT_REPORT_SVG }, { "png", LT_REPORT_PNG },
        { "csv", LT_REPORT_CSV },   { "md", LT_REPORT_MD },
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!strcmp(all[i].word, word))
            return all[i].bit;
    return 0;
}

static ltc_status read_runs(work *w, ltc_error *err)
{
    ltc_status st = LTC_OK;
    if (!(w->run = lt_array(w->r->n_directories, sizeof *w->run)))
        return ltc_fail(err, LTC_ENOMEM, "no memory for a report");
    for (size_t i = 0; i < w->r->n_directories && !st; i++)
        st = lt_seen_read(w->r->directory[i], &w->run[i], err);
    return st;
}

/* One that the run's own settings name may be gone when the report is made again: that is
 * noted, not refused. */
static ltc_status read_overlay(work *w, ltc_error *err)
{
    const char *named = lt_seen_value(w->run, "report.overlay");
    const char *path = w->r->overlay ? w->r->overlay : named && *named ? named : NULL;
    if (!path || w->r->n_directories > 1)
        return LTC_OK;
    const ltc_status st = lt_overlay_read(path, &w->overlay, err);
    w->overlaid = !st;
    if (st && !w->r->overlay) {
        snprintf(w->note, 256, "published values are left out: %.200s", err->message);
        return LTC_OK;
    }
    return st;
}

static ltc_status write_text(const char *directory, const char *name, const char *ending, const lt_text *text,
                             ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/%s%s", directory, name, ending);
    const ltc_status st = path.failed || text->failed
                              ? ltc_fail(err, LTC_ENOMEM, "no memory for %s%s", name, ending)
                              : lt_file_write(path.s, text->s, text->n, err);
    lt_text_free(&path);
    return st;
}

static ltc_status write_data(work *w, ltc_error *err)
{
    ltc_status st = lt_file_make_directory(w->plots_at.s, err);
    for (size_t i = 0; i < w->plots.n && !st; i++) {
        lt_text csv = { 0 };
        lt_plot_csv(&w->plots.v[i], &csv);
        st = write_text(w->plots_at.s, w->plots.v[i].id, ".csv", &csv, err);
        lt_text_free(&csv);
    }
    return st;
}

/* A page has the figures in it, so that it prints them. What gnuplot cannot do takes
 * nothing from the rest. */
static void draw(work *w)
{
    ltc_error err = { .message = "" };
    const uint32_t f = w->r->formats;
    const uint32_t formats = (f & (LT_REPORT_HTML | LT_REPORT_SVG) ? (uint32_t)LT_DRAW_SVG : 0) |
                             (f & LT_REPORT_PNG ? (uint32_t)LT_DRAW_PNG : 0);
    bool there = true;
    if (!formats || !w->plots.n)
        return;
    const ltc_status st = lt_gnuplot_draw(&w->plots, w->plots_at.s, formats, &there, &err);
    w->drawn = !st && there && formats & LT_DRAW_SVG;
    if (!there)
        snprintf(w->note, 256, "%s", missing_gnuplot);
    else if (st)
        snprintf(w->note, 256, "figures were not drawn as SVG and PNG: %.180s", err.message);
}

static ltc_status write_page(work *w, ltc_error *err)
{
    const lt_page page = {
        .run = w->run, .n_runs = w->r->n_directories, .plots = &w->plots,
        .overlay = w->overlaid ? &w->overlay : NULL, .drawn = w->drawn ? w->plots_at.s : NULL,
        .note = *w->note ? w->note : NULL,
    };
    lt_text html = { 0 };
    ltc_status st = lt_html_page(&page, &html, err);
    if (!st)
        st = write_text(w->r->to, "report", ".html", &html, err);
    lt_text_free(&html);
    return st;
}

static void print_sheet(lt_sheet s, lt_text *to)
{
    if (s.rows > 1)
        lt_sheet_markdown(&s, to);
    to->failed |= s.failed;
    lt_sheet_free(&s);
}

static ltc_status print_markdown(work *w, ltc_error *err)
{
    lt_text text = { 0 };
    lt_text_put(&text, "", 0);
    for (size_t i = 0; i < w->r->n_directories; i++) {
        if (w->r->n_directories > 1)
            lt_text_add(&text, "## %s\n\n", w->run[i].directory);
        print_sheet(lt_sheet_levels(&w->run[i]), &text);
        print_sheet(lt_sheet_cost(&w->run[i]), &text);
    }
    if (w->r->n_directories > 1)
        print_sheet(lt_sheet_runs(w->run, w->r->n_directories), &text);
    if (w->overlaid)
        print_sheet(lt_sheet_overlay(&w->overlay, w->run), &text);
    ltc_status st = text.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for tables") : LTC_OK;
    if (!st && text.n && fwrite(text.s, 1, text.n, w->r->out) != text.n)
        st = ltc_fail(err, LTC_EIO, "the tables cannot be written: %s", strerror(errno));
    lt_text_free(&text);
    return st;
}

static ltc_status make_all(work *w, ltc_error *err)
{
    const uint32_t f = w->r->formats, files = f & ~(uint32_t)LT_REPORT_MD;
    ltc_status st = read_runs(w, err);
    if (!st)
        st = read_overlay(w, err);
    if (!st && f & LT_REPORT_MD)
        st = print_markdown(w, err);
    if (st || !files)
        return st;
    lt_text_add(&w->plots_at, "%s/plots", w->r->to);
    st = w->plots_at.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a report")
                            : lt_plots_make(w->run, w->r->n_directories, true, &w->plots, err);
    if (!st && w->overlaid && !lt_overlay_draw(&w->overlay, w->run, &w->plots))
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a report");
    if (!st)
        st = write_data(w, err);
    if (!st)
        draw(w);
    return st || !(f & LT_REPORT_HTML) ? st : write_page(w, err);
}

ltc_status lt_report_write(const lt_report_request *r, char note[256], ltc_error *err)
{
    work w = { .r = r, .note = note };
    note[0] = '\0';
    const ltc_status st = make_all(&w, err);
    for (size_t i = 0; w.run && i < r->n_directories; i++)
        lt_seen_free(&w.run[i]);
    free(w.run);
    lt_plots_free(&w.plots);
    lt_overlay_free(&w.overlay);
    lt_text_free(&w.plots_at);
    return st;
}
