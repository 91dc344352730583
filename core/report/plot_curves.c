/* Owns the figures over steps of training: chosen levels of main, and every variant at one level. Called by
 * plot.c. A curve is the mean over trials at each step that all of the level's trainings
 * were evaluated at. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/plot_make.h"

enum { MOST = 6 };                            /* curves in a figure */
typedef double of_step(const lt_seen_step *s);

static double test_accuracy(const lt_seen_step *s) { return s->test_acc; }
static double validation_loss(const lt_seen_step *s) { return s->val_loss; }

/* The steps of a group: [*first, *end). */
static void find_steps(const lt_seen_run *r, const lt_seen_group *g, size_t *first, size_t *end)
{
    *first = *end = 0;
    for (size_t i = 0; i < r->n_steps; i++) {
        const lt_seen_step *s = &r->step[i];
        if (s->variant != g->variant || s->point != g->point || s->level != g->level)
            continue;
        if (*first == *end)
            *first = i;
        *end = i + 1;
    }
}

/* Values at one step, a trial after another, draws averaged. */
static lt_spread spread_at(const lt_seen_step *s, size_t n, double step, of_step *of, double *x)
{
    size_t trials = 0, draws = 0;
    uint32_t trial = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        const double v = of(&s[i]);
        if (s[i].step != step || isnan(v))
            continue;
        if (s[i].trial != trial)
            trial = s[i].trial, draws = 0, x[trials++] = 0;
        x[trials - 1] += (v - x[trials - 1]) / (double)++draws;
    }
    return lt_spread_of(x, trials);
}

static bool add_curve(const lt_seen_run *r, const lt_seen_group *g, of_step *of, lt_plots *p, lt_series *s)
{
    size_t first, end;
    find_steps(r, g, &first, &end);
    const lt_seen_step *steps = &r->step[first];
    double *x = lt_array(end - first, sizeof *x);
    bool ok = x;
    s->line_only = true;
    /* The steps of the first training: the others are evaluated at the same. */
    for (size_t i = 0; ok && i < end - first && steps[i].trial == steps[0].trial &&
                       steps[i].draw == steps[0].draw; i++)
        ok = lt_series_dot(p, s, steps[i].step, spread_at(steps, end - first, steps[i].step, of, x));
    free(x);
    if (s->n_dots < 2)
        s->n_dots = 0;                        /* no line joins it to another */
    return ok;
}

/* main's levels of point 0, at most MOST, evenly. */
static size_t choose_levels(const lt_seen_run *r, const lt_seen_group *chosen[MOST])
{
    size_t levels = 0, n = 0;
    while (levels < r->n_groups && r->group[levels].variant == 0 && r->group[levels].point == r->home)
        levels++;
    const size_t most = levels < MOST ? levels : MOST;
    for (size_t i = 0; i < most; i++)
        chosen[n++] = &r->group[most > 1 ? i * (levels - 1) / (most - 1) : 0];
    return n;
}

static bool add_levels(const lt_seen_run *r, const lt_plot *as, of_step *of, lt_plots *p)
{
    const lt_seen_group *chosen[MOST];
    const size_t n = choose_levels(r, chosen);
    lt_plot *plot = lt_plots_add(p, as);
    bool ok = plot;
    for (size_t i = 0; ok && i < n; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.3g %% of weights", 100 * chosen[i]->density);
        lt_series *s = lt_plot_series(p, plot, name, LT_LEVEL_STYLE + (uint32_t)i);
        ok = s && add_curve(r, chosen[i], of, p, s);
    }
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}

/* The level with the most variants, the sparsest of several. */
static const lt_seen_group *busiest(const lt_seen_run *r)
{
    const lt_seen_group *best = NULL;
    size_t most = 1;
    for (size_t i = 0; i < r->n_groups; i++) {
        const lt_seen_group *g = &r->group[i];
        size_t n = 0;
        for (uint32_t v = 0; g->variant == 0 && g->point == r->home && g->level && v < r->n_variants; v++)
            n += lt_seen_group_at(r, v, r->home, g->level) != NULL;
        if (n > 1 && n >= most)
            most = n, best = g;
    }
    return best;
}

static bool add_controls(const lt_seen_run *r, lt_plots *p)
{
    const lt_seen_group *at = busiest(r);
    if (!at)
        return true;
    lt_plot *plot = lt_plots_add(p, &(lt_plot){
        .id = "learning-controls", .title = "Learning curves of the ticket and its controls",
        .caption = lt_arena_print(&p->arena, "Test accuracy at level %u, %.3g %% of weights. Mean over trials.",
                                  at->level, 100 * at->density),
        .x = "step", .y = "test accuracy (%)", .y_percent = true, .reference = NAN });
    bool ok = plot && plot->caption;
    for (uint32_t v = 0; ok && v < r->n_variants; v++) {
        const lt_seen_group *g = lt_seen_group_at(r, v, r->home, at->level);
        lt_series *s = g ? lt_plot_series(p, plot, r->variant[v].name, v) : NULL;
        ok = !g || (s && add_curve(r, g, test_accuracy, p, s));
    }
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}

bool lt_plots_of_curves(const lt_seen_run *run, lt_plots *p)
{
    return add_levels(run, &(lt_plot){
               .id = "learning", .title = "Learning curves", .x = "step", .y = "test accuracy (%)",
               .caption = "Test accuracy of the main line's networks along their training. Mean over trials.",
               .y_percent = true, .reference = NAN }, test_accuracy, p) &&
           add_levels(run, &(lt_plot){
               .id = "learning-loss", .title = "Validation loss along training", .x = "step",
               .caption = "Its minimum is the early stop: one that still falls at the end asks for a longer "
                          "training. Mean over trials.",
               .y = "validation loss", .reference = NAN }, validation_loss, p) &&
           add_controls(run, p);
}

static bool has_pruned(const lt_seen_run *run)
{
    bool pruned = false;
    for (size_t i = 0; i < run->n_layers; i++)
        pruned |= run->layer[i].level > 0;
    return pruned;
}

bool lt_plots_of_layers(const lt_seen_run *run, lt_plots *p)
{
    if (!has_pruned(run))
        return true;                          /* dense they are all the same */
    lt_plot *plot = lt_plots_add(p, &(lt_plot){
        .id = "layers", .title = "Density of each layer", .caption = "Of the main line's masks, all trials.",
        .x = "weights remaining (%)", .y = "density of the layer (%)", .reversed = true, .x_percent = true,
        .y_percent = true, .y_log = true, .reference = NAN });
    bool ok = plot;
    lt_series *s = NULL;
    for (size_t i = 0; ok && i < run->n_layers; i++) {
        const lt_seen_layer *l = &run->layer[i];
        const lt_seen_group *g = lt_seen_group_at(run, 0, run->home, l->level);
        if (!s || strcmp(s->name, l->name))
            s = lt_plot_series(p, plot, l->name, (uint32_t)plot->n_series);
        ok = s &&
             (!g || !(l->density > 0) ||
              lt_series_dot(p, s, g->density, (lt_spread){ 1, l->density, l->density, l->density, NAN }));
    }
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}
