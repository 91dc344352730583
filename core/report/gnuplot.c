/* Owns the script by which gnuplot draws, and the figures that come of it. Gnuplot writes no file of its own,
 * since it may outlive an ltcore that is killed: what it says goes into a file without a name, and from there
 * into its place. Called by report.c. */
#include "report/gnuplot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/number.h"
#include "util/file.h"
#include "util/program.h"

enum { LIMIT_MS = 60000 };

/* scale: its pixels to one of a figure of 680 by 420. */
static const struct { uint32_t format, scale; const char *name, *terminal, *options; } terminals[] = {
    { LT_DRAW_SVG, 1, "svg", "svg",
      "dynamic background '#ffffff' font 'Helvetica,Arial,sans-serif' fontscale 1.05 linewidth 1.1" },
    { LT_DRAW_PNG, 2, "png", "pngcairo", "background '#ffffff' font 'Sans,20' linewidth 2.2 pointscale 2" },
};
enum { TERMINALS = sizeof terminals / sizeof terminals[0] };

static const char setup[] =
    "set encoding utf8\nset border 3 lw 0.8\nset bars 0.6\nset datafile missing 'NaN'\nset print '-'\n";
static const char each[] =
    "unset logscale\nset bmargin -1\nset autoscale\nset tics nomirror out scale 0.6\nset xtics auto\nset ytics auto\n"
    "set format x '%h'\nset grid ytics lt 1 lc rgb '#e4e4e4' lw 0.6\nset xlabel ";
static const char matrix[] =
    "unset key\nunset grid\nset xrange [*:*] noextend\nset yrange [*:*] noextend\n"
    "set palette defined (0 '#f7fbff', 0.35 '#9ecae1', 0.7 '#3182bd', 1 '#08306b')\n";

/* A text of the user's in single quotes; gnuplot has no other escape there. */
static void put_text(const char *s, lt_text *to)
{
    lt_text_put(to, "'", 1);
    for (; *s; s++)
        if (*s == '\'')
            lt_text_add(to, "''");
        else if ((unsigned char)*s >= ' ')
            lt_text_put(to, s, 1);
    lt_text_put(to, "'", 1);
}

static void put_number(double v, lt_text *to)
{
    char number[LT_NUMBER_BYTES];
    lt_text_add(to, " %s", isfinite(v) ? lt_real_text(number, v) : "NaN");
}

/* Rows of x, y and shade. */
static void put_cells(const lt_plot *p, lt_text *to)
{
    lt_text_add(to, "$s0 << EOD\n");
    for (size_t i = 0; i < p->n_series; i++)
        for (size_t k = 0; k < p->series[i].n_dots; k++) {
            put_number(p->series[i].dot[k].x, to);
            put_number(p->series[0].dot[i].x, to);
            put_number((p->y_percent ? 100 : 1) * p->series[i].dot[k].y.mean, to);
            lt_text_put(to, "\n", 1);
        }
    lt_text_add(to, "EOD\n");
}

static void put_data(const lt_plot *p, lt_text *to)
{
    if (p->matrix) {
        put_cells(p, to);
        return;
    }
    const double x = p->x_percent ? 100 : 1, y = p->y_percent ? 100 : 1;
    for (size_t i = 0; i < p->n_series; i++) {
        const lt_series *s = &p->series[i];
        lt_text_add(to, "$s%zu << EOD\n", i);
        for (size_t k = 0; k < s->n_dots; k++) {
            const lt_dot *d = &s->dot[k];
            put_number(x * d->x, to);
            put_number(y * d->y.mean, to);
            put_number(y * d->y.min, to);
            put_number(y * d->y.max, to);
            lt_text_put(to, "\n", 1);
        }
        lt_text_add(to, "EOD\n");
    }
}

typedef struct range { double least, most; } range;

static range x_range(const lt_plot *p)
{
    range r = { INFINITY, 0 };
    const double unit = p->x_percent ? 100 : 1;
    for (size_t i = 0; i < p->n_series; i++)
        for (size_t k = 0; k < p->series[i].n_dots; k++) {
            r.least = fmin(r.least, unit * p->series[i].dot[k].x);
            r.most = fmax(r.most, unit * p->series[i].dot[k].x);
        }
    if (!(r.least < r.most))                  /* one place: as wide as to show it */
        r.least /= 2, r.most *= 2;
    return r;
}

static void put_tic(double at, const char *before, lt_text *to)
{
    if (at >= 1e6)
        lt_text_add(to, "%s'%.3g M' %.9g", before, at / 1e6, at);
    else if (at >= 1e4)
        lt_text_add(to, "%s'%.3g k' %.9g", before, at / 1e3, at);
    else
        lt_text_add(to, "%s'%.4g' %.9g", before, at, at);
}

/* Of a logarithmic axis: 100 50 20 10 5 ... down to the least; more where it is short. */
static void put_tics(char axis, range r, lt_text *to)
{
    static const double few[] = { 1, 2, 5 }, many[] = { 1, 1.5, 2, 3, 4, 5, 7 };
    const bool is_short = r.most / r.least < 15;
    const double *step = is_short ? many : few;
    const size_t steps = is_short ? sizeof many / sizeof many[0] : sizeof few / sizeof few[0];
    const char *before = "";
    lt_text_add(to, "set logscale %c\nset %ctics (", axis, axis);
    for (double decade = pow(10, floor(log10(r.least))); decade <= r.most; decade *= 10)
        for (size_t i = 0; i < steps; i++) {
            const double at = decade * step[i];
            if (at < r.least || at > r.most)
                continue;
            put_tic(at, before, to);
            before = ", ";
        }
    lt_text_add(to, ")\n");
}

static void put_x(const lt_plot *p, lt_text *to)
{
    const range r = x_range(p), wider = { r.least / 1.06, 1.06 * r.most };
    if (!p->reversed)
        return;
    put_tics('x', wider, to);
    lt_text_add(to, "set xrange [%.9g:%.9g]\n", wider.most, wider.least);
}

static void put_y(const lt_plot *p, lt_text *to)
{
    const double unit = p->y_percent ? 100 : 1;
    const range r = { unit * p->y_from, unit * p->y_to };
    if (p->y_log)
        put_tics('y', r, to);
    lt_text_add(to, "set yrange [%.9g:%.9g]\n", r.least, r.most);
}

/* Names in rows: a few stand above the plot, many below it, for which the figure grows; of hundreds nobody
 * would read one. */
typedef struct legend { size_t columns, rows, rows_below; bool shown; } legend;

static legend legend_of(const lt_plot *p)
{
    enum { CHARACTERS = 90, SAMPLE = 11, ABOVE = 4, MOST = 40 };
    size_t longest = 0;
    for (size_t i = 0; i < p->n_series; i++) {
        const size_t length = strlen(p->series[i].name);
        longest = length > longest ? length : longest;
    }
    legend l = { .columns = CHARACTERS / (longest + SAMPLE), .shown = p->n_series <= MOST };
    l.columns += !l.columns;
    l.rows = (p->n_series + (isfinite(p->reference) ? 1 : 0) + l.columns - 1) / l.columns;
    l.rows_below = l.shown && l.rows > ABOVE ? l.rows : 0;
    return l;
}

static void put_legend(const lt_plot *p, lt_text *to)
{
    const legend l = legend_of(p);
    if (!l.shown) {
        lt_text_add(to, "unset key\n");
        return;
    }
    if (l.rows_below)
        lt_text_add(to,
                    "set bmargin %zu\nset key at screen 0.5, screen 0.01 center bottom vertical maxrows %zu",
                    l.rows + 5, l.rows); /* outside bottom would lie on the axis' name */
    else
        lt_text_add(to, "set key outside top center horizontal");
    lt_text_add(to, " Left reverse noenhanced samplen 4.4 width 1\n");
}

static void put_axes(const lt_plot *p, lt_text *to)
{
    lt_text_add(to, "%s", each);
    put_text(p->x, to);
    lt_text_add(to, " noenhanced\nset ylabel ");
    put_text(p->matrix ? p->x : p->y, to);
    lt_text_add(to, " noenhanced\n");
    if (p->matrix) {
        lt_text_add(to, "%sset cblabel ", matrix);
        put_text(p->y, to);
        lt_text_add(to, " noenhanced\n");
        return;
    }
    put_x(p, to);
    put_y(p, to);
    put_legend(p, to);
}

static void put_series(const lt_plot *p, size_t i, lt_text *to)
{
    const lt_series *s = &p->series[i];
    const lt_style style = lt_style_of(s->style);
    char line[96];
    const int dash = style.dash % 6 ? style.dash % 6 : 6;
    const char *with = s->dots_only ? "points" : s->line_only ? "lines" : "linespoints";
    snprintf(line, sizeof line, s->dots_only ? "lc rgb '%s' lw 1.8" : "lc rgb '%s' lw 1.8 dt %d",
             style.colour, dash);
    if (!s->line_only)
        lt_text_add(to, "$s%zu using 1:2:3:4 with yerrorbars lc rgb '%s' dt 1 lw 0.9 pt 0 notitle, ", i,
                    style.colour);
    lt_text_add(to, "$s%zu using 1:2 with %s %s", i, with, line);
    if (!s->line_only)
        lt_text_add(to, " pt %d ps 0.8", style.point);
    lt_text_add(to, " title ");
    put_text(s->name, to);
}

static void put_plot(const lt_plot *p, lt_text *to)
{
    lt_text_add(to, p->matrix ? "plot $s0 using 1:2:3 with image" : "plot ");
    if (isfinite(p->reference))
        lt_text_add(to, "%.9g with lines lc rgb '#888888' dt 3 lw 1.1 title '%s', ",
                    (p->y_percent ? 100 : 1) * p->reference, p->reference_name ? p->reference_name : "dense");
    for (size_t i = 0; i < p->n_series && !p->matrix; i++) {
        lt_text_add(to, "%s", i ? ", " : "");
        put_series(p, i, to);
    }
    lt_text_add(to, "\nunset output\nprint \"\\n" LT_FIGURE_ENDS "\"\n");
}

static size_t height_of(const lt_plot *p)
{
    enum { PLOT = 420, ROW = 20 };
    return PLOT + ROW * legend_of(p).rows_below;
}

void lt_gnuplot_script(const lt_plots *p, uint32_t formats, lt_text *to)
{
    lt_text_add(to, "%s", setup);
    for (size_t i = 0; i < p->n; i++) {
        put_data(&p->v[i], to);
        put_axes(&p->v[i], to);
        for (int t = 0; t < TERMINALS; t++) {
            if (!(formats & terminals[t].format))
                continue;
            lt_text_add(to, "set terminal %s size %u,%zu %s\n", terminals[t].terminal,
                        680 * terminals[t].scale, height_of(&p->v[i]) * terminals[t].scale,
                        terminals[t].options);
            put_plot(&p->v[i], to);
        }
    }
}

static ltc_status run(FILE *script, FILE *figures, bool *there, ltc_error *err)
{
    static const char *const argv[] = { "gnuplot", "-", NULL };
    pid_t pid = 0;
    int left_ms = LIMIT_MS;
    const int failed = lt_program_start(argv, fileno(script), fileno(figures), &pid);
    *there = failed != ENOENT;
    if (failed)
        return *there ? ltc_fail(err, LTC_EIO, "gnuplot cannot be started: %s", strerror(failed)) : LTC_OK;
    const int status = lt_program_wait(pid, &left_ms);
    if (status < 0)
        return ltc_fail(err, LTC_EIO, "gnuplot took longer than a minute, and was ended");
    return status ? ltc_fail(err, LTC_EIO, "gnuplot failed with status %d", status) : LTC_OK;
}

/* The next that was said, to its place. */
static ltc_status put_figure(FILE *from, const char *directory, const char *id, const char *ending,
                             ltc_error *err)
{
    lt_text path = { 0 }, figure = { 0 };
    char *line = NULL;
    size_t room = 0;
    bool whole = false;
    ltc_status st = LTC_OK;
    for (ssize_t n; !whole && (n = getline(&line, &room, from)) > 0;)
        if (!(whole = !strcmp(line, LT_FIGURE_ENDS "\n")))
            lt_text_put(&figure, line, (size_t)n);
    free(line);
    lt_text_add(&path, "%s/%s.%s", directory, id, ending);
    if (path.failed || figure.failed)
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a figure");
    else if (!whole || figure.n < 2)
        st = ltc_fail(err, LTC_EIO, "gnuplot left out %s.%s; is there room for temporary files?", id, ending);
    else
        st = lt_file_write(path.s, figure.s, figure.n - 1, err);    /* its line begins with an end of line */
    lt_text_free(&path);
    lt_text_free(&figure);
    return st;
}

static ltc_status put_figures(FILE *from, const lt_plots *p, const char *directory, uint32_t formats,
                              ltc_error *err)
{
    ltc_status st = LTC_OK;
    rewind(from);
    for (size_t i = 0; i < p->n; i++)
        for (int t = 0; t < TERMINALS && !st; t++)
            if (formats & terminals[t].format)
                st = put_figure(from, directory, p->v[i].id, terminals[t].name, err);
    return st;
}

ltc_status lt_gnuplot_draw(const lt_plots *p, const char *directory, uint32_t formats, bool *there,
                           ltc_error *err)
{
    lt_text script = { 0 };
    FILE *from = tmpfile(), *to = tmpfile();
    ltc_status st = LTC_OK;
    lt_gnuplot_script(p, formats, &script);
    if (script.failed)
        st = ltc_fail(err, LTC_ENOMEM, "no memory to draw figures");
    else if (!from || !to || fwrite(script.s, 1, script.n, from) != script.n || fflush(from) ||
             fseek(from, 0, SEEK_SET))
        st = ltc_fail(err, LTC_EIO, "the figures' script cannot be written to a temporary file: %s",
                      strerror(errno));
    if (!st)
        st = run(from, to, there, err);
    if (!st && *there)
        st = put_figures(to, p, directory, formats, err);
    if (from)
        fclose(from);
    if (to)
        fclose(to);
    lt_text_free(&script);
    return st;
}
