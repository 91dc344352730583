/* Owns the figures that need what tickets/ holds: weights before and after training, and what the
 * masks of two trials have in common. Called by plot.c. Files that are not there, or not to be
 * read, leave them out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/plot_make.h"
#include "store/profile.h"
#include "util/text.h"

enum { BINS = 61 };                           /* odd: one is around 0 */

/* Weights that a mask keeps, of the tensors that it has. */
typedef struct weights { double *v; size_t n, room; } weights;

static bool read_file(const lt_seen_run *r, const lt_seen_level *l, const char *file, lt_tensors *t)
{
    lt_text path = { 0 };
    ltc_error ignored;
    *t = (lt_tensors){ 0 };
    lt_text_add(&path, "%s/%s/%s.safetensors", r->directory, l->ticket, file);
    const bool read = *l->ticket && !path.failed && !lt_safetensors_read(path.s, t, &ignored);
    lt_text_free(&path);
    return read;
}

static bool keep(weights *w, double v)
{
    if (w->n == w->room) {
        const size_t room = w->room ? 2 * w->room : 1024;
        double *more = lt_array(room, sizeof *more);
        if (!more)
            return false;
        if (w->n)
            memcpy(more, w->v, w->n * sizeof *more);
        free(w->v);
        w->v = more, w->room = room;
    }
    w->v[w->n++] = v;
    return true;
}

/* dense: of every element of the tensors that the mask has. */
static bool collect(const lt_tensors *state, const lt_tensors *mask, bool dense, weights *w)
{
    for (size_t i = 0; i < mask->n; i++) {
        const lt_tensor *m = &mask->v[i], *t = lt_tensors_find(state, m->name);
        for (size_t k = 0; t && t->n == m->n && k < t->n; k++)
            if ((dense || lt_tensor_number(m, k) != 0) && !keep(w, lt_tensor_number(t, k)))
                return false;
    }
    return true;
}

static double reach_of(const weights *w, size_t n)
{
    double reach = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < w[i].n; k++)
            reach = isfinite(w[i].v[k]) ? fmax(reach, fabs(w[i].v[k])) : reach;
    return reach;
}

/* As a density: whatever their number, the area is 1. */
static bool add_histogram(const weights *w, double reach, lt_plots *p, lt_series *s)
{
    size_t bin[BINS] = { 0 };
    const double width = 2 * reach / BINS;
    bool ok = true;
    s->line_only = true;
    for (size_t i = 0; i < w->n; i++) {
        const double at = (w->v[i] + reach) / width;
        if (at >= 0 && at <= BINS)
            bin[at < BINS ? (size_t)at : BINS - 1]++;
    }
    for (size_t b = 0; b < BINS && ok; b++) {
        const double y = (double)bin[b] / ((double)w->n * width);
        ok = lt_series_dot(p, s, ((double)b + 0.5) * width - reach, (lt_spread){ 1, y, y, y, NAN });
    }
    return ok;
}

/* The first trial's level of main: the first or the last that has a ticket. */
static const lt_seen_level *ticket_of(const lt_seen_run *r, bool last)
{
    const lt_seen_level *found = NULL;
    for (size_t i = 0; i < r->n_levels; i++) {
        const lt_seen_level *l = &r->level[i];
        if (l->variant == 0 && l->point == r->home && *l->ticket && l->trial == r->level[0].trial &&
            (last ? l->level > 0 : l->level == 0))
            found = l;
    }
    return found;
}

/* False: a file is not there. */
static bool collect_all(const lt_seen_run *r, const lt_seen_level *dense, const lt_seen_level *ticket,
                        weights w[4])
{
    static const char *const file[] = { "start", "end" };
    lt_tensors mask, state;
    bool ok = read_file(r, ticket, "mask", &mask);
    for (int i = 0; i < 4 && ok; i++) {
        ok = read_file(r, i < 2 ? dense : ticket, file[i % 2], &state) &&
             collect(&state, &mask, i < 2, &w[i]) && w[i].n;
        lt_tensors_free(&state);
    }
    lt_tensors_free(&mask);
    return ok;
}

static bool add_weights(const lt_seen_level *ticket, const weights w[4], lt_plots *p)
{
    const double reach = reach_of(w, 4), percent = 100 * ticket->q[LT_Q_DENSITY];
    lt_plot *plot = lt_plots_add(p, &(lt_plot){
        .id = "weights", .title = "Weights at the start and at the end of training",
        .caption = "Prunable weights of the dense network, and those that the sparsest mask keeps; first "
                   "trial. Each curve has an area of 1.",
        .x = "weight", .y = "density of weights", .reference = NAN });
    static const uint32_t shade[4] = { 0, 1, 3, 4 };
    bool ok = plot;
    for (int i = 0; i < 4 && ok && reach > 0; i++) {
        char name[80];
        if (i < 2)
            snprintf(name, sizeof name, "dense, %s", i % 2 ? "end" : "start");
        else
            snprintf(name, sizeof name, "%.3g %% kept, %s", percent, i % 2 ? "end" : "start");
        lt_series *s = lt_plot_series(p, plot, name, LT_LEVEL_STYLE + shade[i]);
        ok = s && add_histogram(&w[i], reach, p, s);
    }
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}

static bool plot_weights(const lt_seen_run *r, lt_plots *p)
{
    const lt_seen_level *dense = ticket_of(r, false), *ticket = ticket_of(r, true);
    weights w[4] = { { 0 } };
    const bool ok = !dense || !ticket || !collect_all(r, dense, ticket, w) || add_weights(ticket, w, p);
    for (int i = 0; i < 4; i++)
        free(w[i].v);
    return ok;
}

/* What two masks share, and what they would by chance: each layer's densities multiplied. */
typedef struct shared { double both, chance, kept; } shared;

static shared share_of(const lt_tensors *a, const lt_tensors *b)
{
    shared s = { 0 };
    for (size_t i = 0; i < a->n; i++) {
        const lt_tensor *x = &a->v[i], *y = lt_tensors_find(b, x->name);
        double n = 0, m = 0, both = 0;
        for (size_t k = 0; y && y->n == x->n && k < x->n; k++) {
            const bool in_x = lt_tensor_number(x, k) != 0, in_y = lt_tensor_number(y, k) != 0;
            n += in_x, m += in_y, both += in_x && in_y;
        }
        s.both += both, s.kept += (n + m) / 2;
        s.chance += x->n ? n * m / (double)x->n : 0;
    }
    return s;
}

enum { PAIRS = 45, TRIALS = 10 };             /* of the first trials */

static bool add_overlap(const lt_seen_run *r, const lt_seen_group *g, lt_plots *p, lt_plot *plot)
{
    lt_tensors mask[TRIALS] = { { 0 } };
    double both[PAIRS], chance[PAIRS];
    size_t n = 0, pairs = 0;
    for (size_t i = 0; i < g->n && n < TRIALS; i++)
        n += read_file(r, &r->level[g->first + i], "mask", &mask[n]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            const shared s = share_of(&mask[i], &mask[j]);
            both[pairs] = s.kept > 0 ? s.both / s.kept : 0;
            chance[pairs++] = s.kept > 0 ? s.chance / s.kept : 0;
        }
    for (size_t i = 0; i < TRIALS; i++)
        lt_tensors_free(&mask[i]);
    lt_spread measured = lt_spread_of(both, pairs), by_chance = lt_spread_of(chance, pairs);
    measured.half = by_chance.half = NAN;     /* pairs have trials in common: they are no repetitions */
    return lt_series_dot(p, &plot->series[0], g->density, measured) &&
           lt_series_dot(p, &plot->series[1], g->density, by_chance);
}

static bool plot_overlap(const lt_seen_run *r, lt_plots *p)
{
    lt_plot *plot = lt_plots_add(p, &(lt_plot){
        .id = "overlap", .title = "What masks of two trials have in common",
        .caption = "Share of the kept weights that both keep, over all pairs of trials (of the first ten), "
                   "and what masks of the same density in each layer would share by chance.",
        .x = "weights remaining (%)", .y = "kept by both (%)", .reversed = true, .x_percent = true,
        .y_percent = true, .reference = NAN });
    bool ok = plot && lt_plot_series(p, plot, "measured", 0) && lt_plot_series(p, plot, "by chance", 6);
    if (ok)
        plot->series[1].line_only = true;     /* it may lie on the other */
    for (size_t i = 0; ok && i < r->n_groups; i++)
        if (r->group[i].variant == 0 && r->group[i].point == r->home && r->group[i].level)
            ok = add_overlap(r, &r->group[i], p, plot);
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}

bool lt_plots_of_tickets(const lt_seen_run *run, lt_plots *p)
{
    return plot_weights(run, p) && plot_overlap(run, p);
}
