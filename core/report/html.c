/* Owns the page: its parts, in their order, and the data its script reads. Called by report.c. Everything
 * that came from a file is escaped here. */
#include "report/html.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/table.h"
#include "report/words.h"
#include "util/file.h"

static void put_lines(const lt_lines *l, const char *tag, const char *class, lt_text *to)
{
    if (!l->n)
        return;
    lt_text_add(to, "<%s class=\"%s\">\n", tag, class);
    for (size_t i = 0; i < l->n; i++) {
        lt_text_add(to, "<li>");
        lt_html_text(l->v[i], to);
        lt_text_add(to, "</li>\n");
    }
    lt_text_add(to, "</%s>\n", tag);
}

/* run: whose it is, from 0. */
static void put_sheet(lt_sheet s, size_t run, lt_text *to)
{
    if (s.rows > 1)
        lt_sheet_html(&s, run, to);
    to->failed |= s.failed;
    lt_sheet_free(&s);
}

static void put_heading(const char *id, const char *title, lt_text *to)
{
    lt_text_add(to, "<h2 id=\"%s\">%s</h2>\n", id, title);
}

/* A file as it stands in a data: address. */
static bool put_picture(const lt_page *p, const lt_plot *plot, const char *alt, lt_text *to)
{
    lt_text path = { 0 }, svg = { 0 };
    ltc_error ignored;
    lt_text_add(&path, "%s/%s.svg", p->drawn ? p->drawn : "", plot->id);
    const bool there = p->drawn && !path.failed && !lt_file_read(path.s, &svg, &ignored);
    if (there) {
        lt_text_add(to, "<div class=\"still\"><img alt=\"");
        lt_html_text(alt, to);
        lt_text_add(to, "\" src=\"data:image/svg+xml,");
        for (const char *c = svg.s; *c; c++)
            if ((unsigned char)*c > '~' || (unsigned char)*c < ' ' || strchr("%#\"<>&\\", *c))
                lt_text_add(to, "%%%02X", (unsigned)(unsigned char)*c);
            else
                lt_text_put(to, c, 1);
        lt_text_add(to, "\"></div>\n");
    }
    lt_text_free(&path);
    lt_text_free(&svg);
    return there;
}

/* The figure in words: what a person hears who does not see it. */
static void describe(const lt_plot *plot, lt_text *alt)
{
    lt_text_add(alt, "%s. %s over %s.", plot->title, plot->y, plot->x);
    const double x = plot->x_percent ? 100 : 1, y = plot->y_percent ? 100 : 1;
    for (size_t i = 0; i < plot->n_series && i < 8; i++) {
        const lt_series *s = &plot->series[i];
        const lt_dot *a = &s->dot[0], *b = &s->dot[s->n_dots - 1];
        lt_text_add(alt, " %s: %.4g at %.4g", s->name, y * a->y.mean, x * a->x);
        lt_text_add(alt, s->n_dots > 1 ? ", %.4g at %.4g." : ".", y * b->y.mean, x * b->x);
    }
}

static void describe_matrix(const lt_plot *plot, lt_text *alt)
{
    double most = 0;
    for (const lt_series *s = plot->series; s < plot->series + plot->n_series; s++)
        for (const lt_dot *d = s->dot; d < s->dot + s->n_dots; d++)
            most = fmax(most, d->y.mean);
    lt_text_add(alt, "%s. %zu masks beside one another; %s is %.3g at most.", plot->title, plot->n_series,
                plot->y, (plot->y_percent ? 100 : 1) * most);
}

static void put_figure(const lt_page *p, const lt_plot *plot, lt_text *to)
{
    lt_text alt = { 0 };
    (plot->matrix ? describe_matrix : describe)(plot, &alt);
    to->failed |= alt.failed;
    if (alt.failed)
        return;
    lt_text_add(to, "<figure id=\"figure-%s\" data-alt=\"", plot->id);
    lt_html_text(alt.s, to);
    lt_text_add(to, "\"><h3>");
    lt_html_text(plot->title, to);
    lt_text_add(to, "</h3>\n<div class=\"live\" hidden></div>\n");
    put_picture(p, plot, alt.s, to);
    lt_text_add(to, "<figcaption>");
    lt_html_text(plot->caption, to);
    lt_text_add(to, " <span class=\"quiet\">plots/%s.csv</span></figcaption></figure>\n", plot->id);
    lt_text_free(&alt);
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *json_of_series(const lt_series *s)
{
    const lt_style style = lt_style_of(s->style);
    json_t *dots = json_array();
    for (size_t i = 0; i < s->n_dots; i++) {
        const lt_dot *d = &s->dot[i];
        json_array_append_new(dots, json_pack("[o,o,o,o,o,o,I]", number(d->x), number(d->y.mean),
                                              number(d->y.min), number(d->y.max),
                                              number(d->y.mean - d->y.half),
                                              number(d->y.mean + d->y.half), (json_int_t)d->y.n));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:b, s:b, s:o}", "name", s->name, "colour", style.colour, "mark",
                     style.mark, "dash", style.dash, "line_only", s->line_only, "dots_only", s->dots_only,
                     "dots", dots);
}

static json_t *json_of_plot(const lt_plot *p)
{
    json_t *series = json_array();
    for (size_t i = 0; i < p->n_series; i++)
        json_array_append_new(series, json_of_series(&p->series[i]));
    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:s, s:o, s:o, s:o}", "id", p->id,
                     "x", p->x, "y", p->y, "reversed", p->reversed, "x_percent", p->x_percent, "y_percent",
                     p->y_percent, "y_log", p->y_log, "matrix", p->matrix, "reference", number(p->reference),
                     "reference_name", p->reference_name ? p->reference_name : "dense",
                     "y_from", number(p->y_from), "y_to", number(p->y_to), "series", series);
}

/* With "<" as an escape: nothing in it ends the element that it stands in. Names that are no UTF-8 make it
 * fail. */
static bool put_data(const lt_plots *p, lt_text *to)
{
    json_t *all = json_array();
    bool ok = all;
    for (size_t i = 0; ok && i < p->n; i++)
        ok = !json_array_append_new(all, json_of_plot(&p->v[i]));
    char *text = ok ? json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    lt_text_add(to, "<script type=\"application/json\" id=\"plots\">");
    for (const char *c = text; c && *c; c++)
        if (*c == '<')
            lt_text_add(to, "\\u003c");
        else
            lt_text_put(to, c, 1);
    lt_text_add(to, "</script>\n");
    free(text);
    json_decref(all);
    return ok && text;
}

static bool has_tables(const lt_page *p)
{
    bool any = p->n_runs > 1;
    for (size_t i = 0; i < p->n_runs; i++)
        any |= p->run[i].n_levels > 0;
    return any;
}

/* To the parts that there are. */
static void put_navigation(const lt_page *p, lt_text *to)
{
    const struct { const char *id, *name; bool there; } part[] = {
        { "summary", "Summary", true }, { "figures", "Figures", p->plots->n },
        { "tables", "Tables", has_tables(p) }, { "setup", "Set-up", true }, { "methods", "Methods", true },
    };
    lt_text_add(to, "<nav aria-label=\"Parts\"><ul>");
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        if (part[i].there)
            lt_text_add(to, "<li><a href=\"#%s\">%s</a></li>", part[i].id, part[i].name);
    lt_text_add(to, "</ul></nav>");
}

static void put_head(const lt_page *p, lt_text *to)
{
    const lt_seen_run *r = p->run;
    const char *name = p->n_runs > 1 ? "Comparison of runs" : *r->name ? r->name : r->directory;
    lt_text_add(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    lt_html_text(name, to);
    lt_text_add(to, " - ltcore</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n");
    lt_text_put(to, lt_page_css, lt_page_css_size);
    lt_text_add(to, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#summary\">to the summary</a>\n"
                "<header><h1>");
    lt_html_text(name, to);
    lt_text_add(to, "</h1>\n<p class=\"sub\">");
    for (size_t i = 0; i < p->n_runs; i++) {
        lt_text_add(to, "%s", i ? "<br>" : "");
        lt_html_text(p->run[i].directory, to);
    }
    lt_text_add(to, " · ltcore ");
    lt_html_text(r->version, to);
    lt_text_add(to, "</p>\n");
    put_navigation(p, to);
    lt_text_add(to, "</header>\n<main>\n");
}

/* Whose part it is, where there are several. */
static void put_run(const lt_page *p, size_t i, lt_text *to)
{
    if (p->n_runs < 2)
        return;
    lt_text_add(to, "<h3>");
    lt_html_text(p->run[i].directory, to);
    lt_text_add(to, "</h3>\n");
}

static void put_summary(const lt_page *p, lt_text *to)
{
    put_heading("summary", "What was found", to);
    for (size_t i = 0; i < p->n_runs; i++) {
        lt_lines found = { 0 }, asked = { 0 };
        lt_words_summary(&p->run[i], &found);
        lt_words_warnings(&p->run[i], &asked);
        put_run(p, i, to);
        put_lines(&found, "ul", "findings", to);
        if (asked.n)
            lt_text_add(to, "<h3>What a reviewer would ask</h3>\n");
        put_lines(&asked, "ul", "warnings", to);
        to->failed |= found.failed || asked.failed;
        lt_lines_free(&found);
        lt_lines_free(&asked);
    }
    if (p->note) {
        lt_text_add(to, "<p class=\"quiet\">");
        lt_html_text(p->note, to);
        lt_text_add(to, "</p>\n");
    }
}

static void put_figures(const lt_page *p, lt_text *to)
{
    if (!p->plots->n)
        return;
    put_heading("figures", "Figures", to);
    lt_text_add(
        to, "<div class=\"tools\" hidden><button type=\"button\" id=\"bars\">bars: least to greatest "
            "trial</button><span class=\"quiet\">Point at a mark for its values, at a name for its line; a "
            "press on it hides or shows that in every figure.</span></div>\n<div class=\"figures\">\n");
    for (size_t i = 0; i < p->plots->n; i++)
        put_figure(p, &p->plots->v[i], to);
    lt_text_add(to, "</div>\n");
}

static void put_tables(const lt_page *p, lt_text *to)
{
    if (!has_tables(p))
        return;
    put_heading("tables", "Tables", to);
    if (p->n_runs > 1)
        put_sheet(lt_sheet_runs(p->run, p->n_runs), 0, to);
    if (p->overlay && p->n_runs == 1)
        put_sheet(lt_sheet_overlay(p->overlay, p->run), 0, to);
    for (size_t i = 0; i < p->n_runs; i++) {
        put_run(p, i, to);
        put_sheet(lt_sheet_levels(&p->run[i]), i, to);
        put_sheet(lt_sheet_cost(&p->run[i]), i, to);
    }
}

static void put_setup(const lt_page *p, lt_text *to)
{
    put_heading("setup", "Set-up", to);
    for (size_t i = 0; i < p->n_runs; i++) {
        put_run(p, i, to);
        put_sheet(lt_sheet_facts(&p->run[i]), i, to);
        put_sheet(lt_sheet_layers(&p->run[i]), i, to);
        put_sheet(lt_sheet_plugins(&p->run[i]), i, to);
        put_sheet(lt_sheet_changes(&p->run[i]), i, to);
        lt_text_add(to, "<details%s><summary>Configuration</summary>\n", p->n_runs == 1 ? " open" : "");
        put_sheet(lt_sheet_settings(&p->run[i]), i, to);
        lt_text_add(to, "</details>\n");
    }
}

static void put_methods(const lt_page *p, lt_text *to)
{
    put_heading("methods", "Methods and references", to);
    for (size_t i = 0; i < p->n_runs; i++) {
        lt_lines said = { 0 };
        lt_text references = { 0 };
        lt_words_methods(&p->run[i], &said);
        lt_words_references(&p->run[i], &references);
        put_run(p, i, to);
        for (size_t k = 0; k < said.n; k++) {
            lt_text_add(to, "<p>");
            lt_html_text(said.v[k], to);
            lt_text_add(to, "</p>\n");
        }
        lt_text_add(to, "<pre>");
        lt_html_text(references.failed ? "" : references.s, to);
        lt_text_add(to, "</pre>\n");
        to->failed |= said.failed || references.failed;
        lt_lines_free(&said);
        lt_text_free(&references);
    }
}

ltc_status lt_html_page(const lt_page *p, lt_text *to, ltc_error *err)
{
    put_head(p, to);
    put_summary(p, to);
    put_figures(p, to);
    put_tables(p, to);
    put_setup(p, to);
    put_methods(p, to);
    lt_text_add(to, "</main>\n");
    const bool ok = put_data(p->plots, to);
    lt_text_add(to, "<script>\n");
    lt_text_put(to, lt_page_chart, lt_page_chart_size);
    lt_text_add(to, "</script>\n<script>\n");
    lt_text_put(to, lt_page_js, lt_page_js_size);
    lt_text_add(to, "</script>\n</body>\n</html>\n");
    if (ok && !to->failed)
        return LTC_OK;
    return ltc_fail(err, ok ? LTC_ENOMEM : LTC_EIO, "report.html cannot be made: %s",
                    ok ? "no memory" : "a name in results.db is no UTF-8");
}
