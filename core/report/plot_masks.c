/* Owns the figures of masks along a training: how far each is from the others, and when one was drawn (You et
 * al. 2020, figures 2 and 3). Called by plot.c. Of main alone, at one point of a sweep. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/plot_make.h"

enum { MOST_ROWS = 40, MOST_LEVELS = 6 };     /* of a matrix; levels that have figures */

/* The distances of one level: those of its first mask that has one before it, and so on. */
typedef struct level { uint32_t level; const lt_seen_distance *v; size_t n, masks; } level;

static size_t list_levels(const lt_seen_run *r, level l[MOST_LEVELS])
{
    size_t n = 0;
    for (size_t i = 0, end; i < r->n_distances && n < MOST_LEVELS; i = end) {
        for (end = i; end < r->n_distances && r->distance[end].level == r->distance[i].level;)
            end++;
        const size_t pairs = end - i, masks = (size_t)((1 + sqrt(1 + 8 * (double)pairs)) / 2);
        l[n++] = (level){ r->distance[i].level, &r->distance[i], pairs, masks };
    }
    return n;
}

static const lt_seen_distance *pair_of(const level *l, size_t i, size_t j)
{
    const size_t late = i > j ? i : j, early = i > j ? j : i, at = late * (late - 1) / 2 + early;
    return late > early && at < l->n ? &l->v[at] : NULL;
}

/* When mask i was drawn. */
static double step_of(const level *l, size_t i)
{
    const lt_seen_distance *d = i ? pair_of(l, i, 0) : pair_of(l, 1, 0);
    return !d ? NAN : i ? d->step : d->other;
}

static lt_spread spread_of(const lt_seen_distance *d)
{
    return d ? (lt_spread){ d->n, d->mean, d->least, d->most, NAN } : (lt_spread){ 1, 0, 0, 0, NAN };
}

static double density_of(const lt_seen_run *r, uint32_t number)
{
    const lt_seen_group *g = lt_seen_group_at(r, 0, r->home, number);
    return g ? g->density : NAN;
}

/* Of rows evenly chosen masks. */
static bool add_row(const level *l, size_t rows, size_t row, lt_plots *p, lt_plot *plot)
{
    const size_t last = l->masks - 1, i = rows > 1 ? row * last / (rows - 1) : 0;
    char name[48];
    snprintf(name, sizeof name, "%.0f", step_of(l, i));
    lt_series *s = lt_plot_series(p, plot, name, 0);
    bool ok = s;
    for (size_t k = 0; k < rows && ok; k++) {
        const size_t j = rows > 1 ? k * last / (rows - 1) : 0;
        ok = lt_series_dot(p, s, step_of(l, j), spread_of(pair_of(l, i, j)));
    }
    return ok;
}

static bool add_matrix(const lt_seen_run *r, const level *l, lt_plots *p)
{
    const size_t rows = l->masks < MOST_ROWS ? l->masks : MOST_ROWS;
    const lt_seen_group *g = lt_seen_group_at(r, 0, r->home, l->level);
    const lt_spread drawn = g ? lt_seen_spread(r, g, LT_Q_DRAWN_AT) : (lt_spread){ 0 };
    const double density = 100 * density_of(r, l->level);
    lt_plot *plot = lt_plots_add(p, &(lt_plot){
        .id = lt_arena_print(&p->arena, "distance-l%02u", l->level),
        .title = lt_arena_print(&p->arena, "Distance of masks along the training, %.3g %% kept", density),
        .caption = lt_arena_print(&p->arena, "Share of the weights that two masks tell apart, of the dense network "
                                  "after so many steps; mean over trials. Drawn at step %.0f%s.", drawn.mean,
                                  drawn.n > 1 ? " on average" : ""),
        .x = "mask drawn at step", .y = "share that differs (%)", .y_percent = true, .matrix = true,
        .reference = NAN });
    bool ok = plot && plot->id && plot->title && plot->caption;
    for (size_t i = 0; i < rows && ok; i++)
        ok = add_row(l, rows, i, p, plot);
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}

/* Each mask's greatest distance to those before it in the window: what the rule looks at. */
static bool add_line(const level *l, size_t window, const char *name, lt_plots *p, lt_plot *plot)
{
    lt_series *s = lt_plot_series(p, plot, name, LT_LEVEL_STYLE + l->level);
    bool ok = s;
    for (size_t i = window - 1; i < l->masks && ok; i++) {
        const lt_seen_distance *far = pair_of(l, i, i - 1);
        for (size_t back = 2; back < window; back++)
            far = pair_of(l, i, i - back)->mean > far->mean ? pair_of(l, i, i - back) : far;
        ok = lt_series_dot(p, s, step_of(l, i), spread_of(far));
    }
    return ok;
}

static bool add_approach(const lt_seen_run *r, const level *l, size_t n, lt_plots *p)
{
    const char *window_text = lt_seen_value(r, "prune.early_bird.window");
    const char *limit = lt_seen_value(r, "prune.early_bird.distance");
    const long window = window_text ? strtol(window_text, NULL, 10) : 0;
    if (window < 2 || !limit || !n)
        return true;
    lt_plot *plot = lt_plots_add(p, &(lt_plot){
        .id = "early-bird", .title = "When masks come to rest",
        .caption = lt_arena_print(&p->arena, "The greatest of a mask's mean distances to the %ld before it; bars reach "
                                  "over that pair's trials. In each trial the first mask is drawn whose own "
                                  "distances are all at or below the line.", window - 1),
        .x = "step", .y = "share that differs (%)", .y_percent = true, .reference = strtod(limit, NULL),
        .reference_name = "limit" });
    bool ok = plot && plot->caption;
    for (size_t i = 0; i < n && ok; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.3g %% kept", 100 * density_of(r, l[i].level));
        ok = add_line(&l[i], (size_t)window, name, p, plot);
    }
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}

bool lt_plots_of_masks(const lt_seen_run *run, lt_plots *p)
{
    level l[MOST_LEVELS];
    const size_t n = list_levels(run, l);
    bool ok = add_approach(run, l, n, p);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_matrix(run, &l[i], p);
    return ok;
}
