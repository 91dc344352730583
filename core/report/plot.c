/* Owns plots as lists of series of dots. Called by plot_levels.c, plot_curves.c and
 * plot_tickets.c, which fill them. */
#include "report/plot.h"

#include <math.h>
#include <string.h>

#include "config/number.h"
#include "report/plot_make.h"

const lt_style lt_styles[LT_STYLES] = {
    { "#0072B2", "circle", 7, 1 },      { "#D55E00", "rect", 5, 2 },     { "#009E73", "triangle", 9, 4 },
    { "#AA4499", "rectRot", 13, 5 },    { "#B8860B", "crossRot", 2, 3 }, { "#56B4E9", "star", 3, 6 },
    { "#666666", "circle", 6, 7 },      { "#882255", "rect", 4, 8 },
};

/* As matplotlib's inferno: darkness tells the order, in grey too. No variant has these colours. */
static const char *const level_colours[] = {
    "#1b0c41", "#5c126e", "#a52c60", "#d24644", "#f1731d", "#e0a010",
};
enum { LEVEL_COLOURS = sizeof level_colours / sizeof level_colours[0] };

lt_style lt_style_of(uint32_t style)
{
    if (style >= LT_LEVEL_STYLE) {
        lt_style level = lt_styles[(style - LT_LEVEL_STYLE) % LEVEL_COLOURS];
        level.colour = level_colours[(style - LT_LEVEL_STYLE) % LEVEL_COLOURS];
        return level;
    }
    lt_style s = lt_styles[style % LT_STYLES];
    s.dash += (int)(style / LT_STYLES);
    return s;
}

void lt_plots_free(lt_plots *p)
{
    lt_arena_free(&p->arena);
    *p = (lt_plots){ 0 };
}

lt_plot *lt_plots_add(lt_plots *p, const lt_plot *as)
{
    lt_plot *more = lt_arena_more(&p->arena, p->v, p->n, sizeof *more);
    if (!more)
        return NULL;
    p->v = more;
    more[p->n] = *as;
    return &more[p->n++];
}

lt_series *lt_plot_series(lt_plots *p, lt_plot *plot, const char *name, uint32_t style)
{
    lt_series *more = lt_arena_more(&p->arena, plot->series, plot->n_series, sizeof *more);
    const char *copy = lt_arena_text(&p->arena, name);
    if (!more || !copy)
        return NULL;
    plot->series = more;
    more[plot->n_series] = (lt_series){ .name = copy, .style = style };
    return &more[plot->n_series++];
}

bool lt_series_dot(lt_plots *p, lt_series *s, double x, lt_spread y)
{
    if (!y.n || isnan(x))
        return true;
    lt_dot *more = lt_arena_more(&p->arena, s->dot, s->n_dots, sizeof *more);
    if (!more)
        return false;
    s->dot = more;
    more[s->n_dots++] = (lt_dot){ x, y };
    return true;
}

/* Bars included. A curve's first step, untrained, would leave no room for the others. */
void lt_plot_frame(lt_plot *plot)
{
    double least = plot->reference, most = plot->reference;
    for (const lt_series *s = plot->series; s < plot->series + plot->n_series; s++)
        for (const lt_dot *d = s->dot; d < s->dot + s->n_dots; d++) {
            if (s->line_only && d == s->dot && d->x == 0 && s->n_dots > 2)
                continue;
            least = fmin(least, s->line_only ? d->y.mean : d->y.min);
            most = fmax(most, s->line_only ? d->y.mean : d->y.max);
        }
    if (plot->y_log) {
        plot->y_from = least / 1.2, plot->y_to = most * 1.2;
        return;
    }
    const bool one = !(most - least > 1e-9 * fabs(most));
    const double margin = !one ? 0.05 * (most - least) : most != 0 ? 0.05 * fabs(most) : 0.5;
    plot->y_from = least >= 0 && least < margin ? 0 : least - margin;
    plot->y_to = plot->y_percent && most <= 1 ? fmin(1, most + margin) : most + margin;
}

void lt_plots_drop_if_empty(lt_plots *p)
{
    lt_plot *plot = &p->v[p->n - 1];
    size_t kept = 0;
    for (size_t i = 0; i < plot->n_series; i++)
        if (plot->series[i].n_dots)
            plot->series[kept++] = plot->series[i];
    plot->n_series = kept;
    lt_plot_frame(plot);
    p->n -= !kept;
}

/* "run: " where several are compared, by name unless two have the same. */
static bool name_runs(const lt_seen_run *run, size_t n, lt_plots *p)
{
    p->label = lt_arena_array(&p->arena, n, sizeof *p->label);
    for (size_t i = 0; p->label && i < n; i++) {
        bool taken = !*run[i].name;
        for (size_t j = 0; j < n; j++)
            taken |= j != i && !strcmp(run[i].name, run[j].name);
        p->label[i] = n == 1 ? "" : lt_arena_print(&p->arena, "%s: ", taken ? run[i].directory : run[i].name);
        if (!p->label[i])
            return false;
    }
    return p->label;
}

/* What is in the report of each, where several are compared. */
static bool plots_of_one(const lt_seen_run *run, bool tickets, lt_plots *p)
{
    return lt_plots_of_curves(run, p) && lt_plots_of_masks(run, p) && lt_plots_of_layers(run, p) &&
           (!tickets || lt_plots_of_tickets(run, p));
}

ltc_status lt_plots_make(const lt_seen_run *run, size_t n_runs, bool tickets, lt_plots *p, ltc_error *err)
{
    *p = (lt_plots){ 0 };
    const bool ok = name_runs(run, n_runs, p) && lt_plots_of_levels(run, n_runs, p) &&
                    (n_runs > 1 || plots_of_one(run, tickets, p));
    if (!ok)
        lt_plots_free(p);
    return ok ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for the figures of a report");
}

static void put_number(double v, lt_text *to)
{
    char number[LT_NUMBER_BYTES];
    lt_text_add(to, ",%s", isnan(v) ? "" : lt_real_text(number, v));
}

/* In quotes, and quotes doubled. */
static void put_quoted(const char *s, lt_text *to)
{
    lt_text_put(to, "\"", 1);
    for (; *s; s++)
        lt_text_add(to, *s == '"' ? "\"\"" : "%c", *s);
    lt_text_put(to, "\"", 1);
}

void lt_plot_csv(const lt_plot *p, lt_text *to)
{
    lt_text_add(to, "series,x,mean,min,max,low,high,n\n");
    for (const lt_series *s = p->series; s < p->series + p->n_series; s++)
        for (const lt_dot *d = s->dot; d < s->dot + s->n_dots; d++) {
            const double of[] = { d->x, d->y.mean, d->y.min, d->y.max, d->y.mean - d->y.half,
                                  d->y.mean + d->y.half };
            put_quoted(s->name, to);
            for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
                put_number(of[i], to);
            lt_text_add(to, ",%llu\n", (unsigned long long)d->y.n);
        }
}
