/* Owns the figures with a dot a level: a quantity over density, operations or parameters, a line for each
 * variant. Called by plot.c.
 *
 * A sweep's points are one line where each is a single pruned level (every threshold of a criterion), else a
 * line each. */
#include <math.h>
#include <string.h>

#include "report/plot_make.h"

typedef struct shown {
    const char *id, *title, *caption, *x, *y;
    lt_quantity over, of;
    bool percent, dense;                      /* dense: with the line of the dense network */
} shown;

#define TRIALS "Mean over trials; bars reach from the least to the greatest trial."
static const char density[] = "weights remaining (%)";
static const shown all[] = {
    { "accuracy", "Test accuracy over density",
      "At the step that counts (train.report_at), by which no test sample was looked at. " TRIALS, density,
      "test accuracy (%)", LT_Q_DENSITY, LT_Q_TEST, true, true },
    { "early-stop", "Early stop over density",
      "Step of least validation loss: how fast a network learns. " TRIALS, density, "early stop (step)",
      LT_Q_DENSITY, LT_Q_BEST_STEP, false, true },
    { "third", "Test accuracy after a third of the training", "At the last evaluation by then. " TRIALS,
      density,
      "test accuracy (%)", LT_Q_DENSITY, LT_Q_THIRD, true, true },
    { "two-thirds", "Test accuracy after two thirds of the training",
      "At the last evaluation by then. " TRIALS,
      density, "test accuracy (%)", LT_Q_DENSITY, LT_Q_TWO_THIRDS, true, true },
    { "end-test", "Test accuracy at the end of training", "After the last step. " TRIALS, density,
      "test accuracy (%)", LT_Q_DENSITY, LT_Q_END_TEST, true, true },
    { "end-train", "Training accuracy at the end of training",
      "After the last step, of the samples that were trained on. " TRIALS, density, "training accuracy (%)",
      LT_Q_DENSITY, LT_Q_END_TRAIN, true, true },
    { "untrained", "Masked networks before training",
      "Test accuracy at the weights where training starts, not one step trained. " TRIALS, density,
      "test accuracy (%)", LT_Q_DENSITY, LT_Q_START, true, false },
    { "pruned", "Masked networks right after pruning",
      "Test accuracy at the weights that the mask was drawn from, before anything was trained again. " TRIALS,
      density, "test accuracy (%)", LT_Q_DENSITY, LT_Q_DRAWN, true, false },
    { "dense-masked", "The dense network under each mask",
      "Test accuracy of the dense network's last weights, those pruned at zero and nothing trained again. "
      TRIALS,
      density, "test accuracy (%)", LT_Q_DENSITY, LT_Q_DENSE, true, true },
    { "operations", "Test accuracy over multiply-accumulates",
      "Of a sample, counting weights that are not dead. A processor gains only what its kernels skip. "
      TRIALS,
      "multiply-accumulates a sample", "test accuracy (%)", LT_Q_MACS, LT_Q_TEST, true, true },
    { "parameters", "Test accuracy over parameters",
      "All trained parameters, biases and norms included. " TRIALS, "parameters", "test accuracy (%)",
      LT_Q_PARAMS, LT_Q_TEST, true, true },
    { "score", "Test accuracy over the score of size and work",
      "Parameters left / 5.6e6 + multiply-accumulates left / 8.3e8: what a network costs to store and to "
      "run, less is better. Weights that go one by one make it smaller and not faster, so they count in the "
      "first term alone. "
      TRIALS, "score", "test accuracy (%)", LT_Q_SCORE, LT_Q_TEST, true, true },
};

static bool has_levels(const lt_seen_run *r, uint32_t variant, uint32_t point)
{
    for (size_t i = 0; i < r->n_groups; i++)
        if (r->group[i].variant == variant && r->group[i].point == point)
            return true;
    return false;
}

/* Is each point of the sweep, of all that are swept, a single pruned level? Then points are a line. */
static bool is_one_line(const lt_seen_run *r)
{
    size_t points = 0, most = 0, here = 0;    /* of a variant: points with pruned levels, the most of one */
    for (size_t i = 0; i < r->n_groups; i++) {
        const lt_seen_group *g = &r->group[i], *last = i ? g - 1 : NULL;
        if (!last || last->variant != g->variant)
            points = most = here = 0;
        else if (last->point != g->point)
            here = 0;
        here += g->level > 0;
        points += g->level > 0 && here == 1;
        most = here > most ? here : most;
        if (points > 1 && most > 1)
            return false;
    }
    return true;
}

uint32_t lt_first_style(const lt_seen_run *run, size_t i)
{
    uint32_t n = 0;
    while (i-- > 0)
        n += (uint32_t)run[i].n_variants;
    return n;
}

/* By x, the greatest first: a line goes from dense to sparse. */
static void sort(lt_series *s)
{
    for (size_t i = 1; i < s->n_dots; i++)
        for (size_t j = i; j && s->dot[j - 1].x < s->dot[j].x; j--) {
            const lt_dot d = s->dot[j];
            s->dot[j] = s->dot[j - 1], s->dot[j - 1] = d;
        }
}

static bool is_there(const lt_series *s, double x, lt_spread y)
{
    for (size_t i = 0; i < s->n_dots; i++)
        if (s->dot[i].x == x && s->dot[i].y.mean == y.mean && s->dot[i].y.n == y.n)
            return true;
    return false;
}

static bool add_group(const lt_seen_run *r, const lt_seen_group *g, const shown *f, lt_plots *p, lt_series *s)
{
    const double x = lt_seen_spread(r, g, f->over).mean;
    const lt_spread y = lt_seen_spread(r, g, f->of);
    return !(x > 0) || is_there(s, x, y) || lt_series_dot(p, s, x, y);
}

/* point UINT32_MAX: all of them. */
static bool add_line(const lt_seen_run *r, uint32_t variant, uint32_t point, const shown *f, const char *name,
                     uint32_t style, lt_plots *p, lt_plot *plot)
{
    lt_series *s = lt_plot_series(p, plot, name, style);
    bool ok = s;
    for (size_t i = 0; ok && i < r->n_groups; i++) {
        const lt_seen_group *g = &r->group[i];
        if (g->variant == variant && (point == UINT32_MAX || g->point == point))
            ok = add_group(r, g, f, p, s);
    }
    if (ok)
        sort(s);
    return ok;
}

/* Points are told apart by colour and mark, variants of one by their dashes. */
static uint32_t style_of_point(const lt_seen_run *r, uint32_t first, uint32_t variant, uint32_t point)
{
    const uint32_t round = point / LT_STYLES * (uint32_t)r->n_variants;
    return point % LT_STYLES + LT_STYLES * (first + variant + round);
}

static bool add_variant(const lt_seen_run *r, const char *label, uint32_t first, uint32_t variant,
                        const shown *f, lt_plots *p, lt_plot *plot)
{
    const bool one = is_one_line(r);
    bool ok = true;
    if ((f->of == LT_Q_DRAWN || f->of == LT_Q_DENSE) && variant && !strcmp(r->variant[variant].masks, "main"))
        return true;                          /* the mask is main's, which is shown */
    for (uint32_t point = 0; ok && point < (one ? 1 : r->n_points); point++) {
        const char *at = one || !point || !has_levels(r, variant, point) ? "" : r->point[point];
        const char *name = lt_arena_print(&p->arena, "%s%s%s%s", label, r->variant[variant].name,
                                          *at ? ", " : "", at);
        const uint32_t style = one ? first + variant : style_of_point(r, first, variant, point);
        ok = name && add_line(r, variant, one ? UINT32_MAX : point, f, name, style, p, plot);
    }
    return ok;
}

/* The dense network's, where there is one run and one of it; else what guessing reaches. */
static double reference_of(const lt_seen_run *run, size_t n_runs, const shown *f)
{
    if (!f->dense)
        return n_runs == 1 ? run->majority : NAN;
    const lt_seen_group *dense = n_runs == 1 ? lt_seen_group_at(run, 0, run->home, 0) : NULL;
    const lt_quantity of = f->of == LT_Q_DENSE ? LT_Q_END_TEST : f->of;
    return f->dense && dense && run->n_points == 1 ? lt_seen_spread(run, dense, of).mean : NAN;
}

static bool add_figure(const lt_seen_run *run, size_t n_runs, const shown *f, lt_plots *p)
{
    lt_plot *plot = lt_plots_add(p, &(lt_plot){
        .id = f->id, .title = f->title, .caption = f->caption, .x = f->x, .y = f->y, .reversed = true,
        .x_percent = f->over == LT_Q_DENSITY, .y_percent = f->percent,
        .reference = reference_of(run, n_runs, f), .reference_name = f->dense ? NULL : "commonest class" });
    bool ok = plot;
    for (size_t i = 0; ok && i < n_runs; i++)
        for (uint32_t v = 0; ok && v < run[i].n_variants; v++)
            ok = add_variant(&run[i], p->label[i], lt_first_style(run, i), v, f, p, plot);
    if (ok)
        lt_plots_drop_if_empty(p);
    return ok;
}

bool lt_plots_of_levels(const lt_seen_run *run, size_t n_runs, lt_plots *p)
{
    bool ok = true;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && ok; i++)
        ok = add_figure(run, n_runs, &all[i], p);
    return ok;
}
