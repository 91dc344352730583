/* Owns the script by which gnuplot draws, and the figures that come of it. Called by report.c. */
#include "report/gnuplot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/number.h"
#include "util/program.h"

enum { LIMIT_MS = 60000 };

static const struct { uint32_t format; const char *name, *terminal; } terminals[] = {
    { LT_DRAW_SVG, "svg", "svg size 680,420 dynamic background '#ffffff' font 'Helvetica,Arial,sans-serif' "
                          "fontscale 1.05 linewidth 1.1" },
    { LT_DRAW_PNG, "png", "pngcairo size 1360,840 background '#ffffff' font 'Sans,20' linewidth 2.2 pointscale 2" },
};
enum { TERMINALS = sizeof terminals / sizeof terminals[0] };

static const char setup[] =
    "set encoding utf8\nset border 3 lw 0.8\nset tics nomirror out scale 0.6\n"
    "set grid ytics lt 1 lc rgb '#e4e4e4' lw 0.6\nset bars 0.6\nset datafile missing 'NaN'\n";

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

static void put_data(const lt_plot *p, lt_text *to)
{
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
static void put_tics(const lt_plot *p, lt_text *to)
{
    static const double few[] = { 1, 2, 5 }, many[] = { 1, 1.5, 2, 3, 4, 5, 7 };
    const range r = x_range(p);
    const bool is_short = r.most / r.least < 15;
    const double *step = is_short ? many : few;
    const size_t steps = is_short ? sizeof many / sizeof many[0] : sizeof few / sizeof few[0];
    const char *before = "";
    lt_text_add(to, "set logscale x\nset xrange [%.9g:%.9g]\nset xtics (", 1.06 * r.most, r.least / 1.06);
    for (double decade = pow(10, floor(log10(r.least))); decade <= r.most; decade *= 10)
        for (size_t i = 0; i < steps; i++) {
            const double at = decade * step[i];
            if (at < r.least / 1.06 || at > 1.06 * r.most)
                continue;
            put_tic(at, before, to);
            before = ", ";
        }
    lt_text_add(to, ")\n");
}

/* Few names stand in lines above the plot, many in a column beside it; of hundreds nobody would read one. */
static const char *legend_of(size_t n)
{
    enum { FEW = 14, MOST = 40 };
    if (n > MOST)
        return "unset key";
    return n > FEW ? "set key outside right center vertical Left reverse noenhanced samplen 2.4 width 1 maxrows 22"
                   : "set key outside top center horizontal Left reverse noenhanced samplen 3.4 width 1";
}

static void put_axes(const lt_plot *p, lt_text *to)
{
    lt_text_add(to, "unset logscale\nset autoscale\nset xtics auto\nset format x '%%h'\nset xlabel ");
    put_text(p->x, to);
    lt_text_add(to, " noenhanced\nset ylabel ");
    put_text(p->y, to);
    lt_text_add(to, " noenhanced\n");
    if (p->reversed)
        put_tics(p, to);
    const double unit = p->y_percent ? 100 : 1;
    lt_text_add(to, "%sset yrange [%.9g:%.9g]\n", p->y_log ? "set logscale y\n" : "", unit * p->y_from,
                unit * p->y_to);
    lt_text_add(to, "%s\n", legend_of(p->n_series));
}

static void put_series(const lt_plot *p, size_t i, lt_text *to)
{
    const lt_series *s = &p->series[i];
    const lt_style style = lt_style_of(s->style);
    char line[96];
    const int dash = style.dash % 6 ? style.dash % 6 : 6;
    snprintf(line, sizeof line, s->dots_only ? "lc rgb '%s' lw 1.8" : "lc rgb '%s' lw 1.8 dt %d", style.colour, dash);
    if (!s->line_only)
        lt_text_add(to, "$s%zu using 1:2:3:4 with yerrorbars lc rgb '%s' dt 1 lw 0.9 pt 0 notitle, ", i, style.colour);
    lt_text_add(to, "$s%zu using 1:2 with %s %s", i, s->dots_only ? "points" : s->line_only ? "lines" : "linespoints", line);
    if (!s->line_only)
        lt_text_add(to, " pt %d ps 0.8", style.point);
    lt_text_add(to, " title ");
    put_text(s->name, to);
}

static void put_plot(const lt_plot *p, lt_text *to)
{
    lt_text_add(to, "plot ");
    if (isfinite(p->reference))
        lt_text_add(to, "%.9g with lines lc rgb '#888888' dt 3 lw 1.1 title 'dense', ",
                    (p->y_percent ? 100 : 1) * p->reference);
    for (size_t i = 0; i < p->n_series; i++) {
        lt_text_add(to, "%s", i ? ", " : "");
        put_series(p, i, to);
    }
    lt_text_add(to, "\nunset output\n");
}

void lt_gnuplot_script(const lt_plots *p, const char *directory, uint32_t formats, const char *ending, lt_text *to)
{
    lt_text_add(to, "%s", setup);
    for (size_t i = 0; i < p->n; i++) {
        put_data(&p->v[i], to);
        put_axes(&p->v[i], to);
        for (int t = 0; t < TERMINALS; t++) {
            if (!(formats & terminals[t].format))
                continue;
            lt_text path = { 0 };
            lt_text_add(&path, "%s/%s.%s%s", directory, p->v[i].id, terminals[t].name, ending);
            lt_text_add(to, "set terminal %s\nset output ", terminals[t].terminal);
            put_text(path.failed ? "" : path.s, to);
            to->failed |= path.failed;
            lt_text_add(to, "\n");
            put_plot(&p->v[i], to);
            lt_text_free(&path);
        }
    }
}

static ltc_status run(const lt_text *script, bool *there, ltc_error *err)
{
    static const char *const argv[] = { "gnuplot", "-", NULL };
    pid_t pid = 0;
    int left_ms = LIMIT_MS;
    FILE *f = tmpfile();
    ltc_status st = LTC_OK;
    if (!f || fwrite(script->s, 1, script->n, f) != script->n || fflush(f) || fseek(f, 0, SEEK_SET))
        st = ltc_fail(err, LTC_EIO, "the figures' script cannot be written to a temporary file: %s", strerror(errno));
    const int failed = st ? 0 : lt_program_start(argv, fileno(f), true, &pid);
    *there = failed != ENOENT;
    if (failed && *there)
        st = ltc_fail(err, LTC_EIO, "gnuplot cannot be started: %s", strerror(failed));
    const int status = !st && !failed ? lt_program_wait(pid, &left_ms) : 0;
    if (status)
        st = ltc_fail(err, LTC_EIO, status < 0 ? "gnuplot took longer than a minute, and was ended"
                                               : "gnuplot failed with status %d", status);
    if (f)
        fclose(f);
    return st;
}

/* From its name while it was drawn to its own; true: it is there. */
static bool put_in_place(const char *directory, const lt_plot *p, const char *name, const char *ending)
{
    lt_text path = { 0 }, drawn = { 0 };
    lt_text_add(&path, "%s/%s.%s", directory, p->id, name);
    lt_text_add(&drawn, "%s/%s.%s%s", directory, p->id, name, ending);
    const bool moved = !path.failed && !drawn.failed && !rename(drawn.s, path.s);
    lt_text_free(&path);
    lt_text_free(&drawn);
    return moved;
}

ltc_status lt_gnuplot_draw(const lt_plots *p, const char *directory, uint32_t formats, bool *there, ltc_error *err)
{
    char ending[40];
    lt_text script = { 0 };
    bool moved = true;
    snprintf(ending, sizeof ending, ".%ld.part", (long)getpid());
    lt_gnuplot_script(p, directory, formats, ending, &script);
    ltc_status st = script.failed ? ltc_fail(err, LTC_ENOMEM, "no memory to draw figures") : run(&script, there, err);
    for (size_t i = 0; i < p->n && !st && *there; i++)
        for (int t = 0; t < TERMINALS; t++)
            if (formats & terminals[t].format)
                moved &= put_in_place(directory, &p->v[i], terminals[t].name, ending);
    lt_text_free(&script);
    return st || moved ? st : ltc_fail(err, LTC_EIO, "%s: gnuplot left a figure out; is there room on the disk?", directory);
}
