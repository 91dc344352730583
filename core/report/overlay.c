/* Owns published values: reading them, and finding what was measured beside each. Called by report.c.
 *
 * Differences are to the dense network of the same trials, as in `summary`. */
#include "report/overlay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/file.h"

enum { QUANTITY, DENSITY, VALUE, TOLERANCE, VARIANT, SOURCE, COLUMNS };
enum { PUBLISHED_STYLE = 6 };
static const char header[] = "quantity,density,value,tolerance,variant,source";

/* What may be published, the level's quantity that it is, and the figure that shows it; adds, scales: it is
 * told beside the dense network's, as a difference or a ratio. */
static const struct {
    const char *name; lt_quantity of;
    const char *plot; bool adds, scales;
} quantities[] = {
    { "accuracy", LT_Q_TEST, "accuracy", false, false },
    { "end_test", LT_Q_END_TEST, "end-test", false, false },
    { "end_train", LT_Q_END_TRAIN, "end-train", false, false },
    { "validation", LT_Q_VALIDATION, "", false, false },
    { "early_stop", LT_Q_BEST_STEP, "early-stop", false, false },
    { "untrained", LT_Q_START, "untrained", false, false }, { "pruned", LT_Q_DRAWN, "pruned", false, false },
    { "difference", LT_Q_TEST, "accuracy", true, false },
    { "early_stop_ratio", LT_Q_BEST_STEP, "early-stop", false, true },
};
enum { QUANTITIES = sizeof quantities / sizeof quantities[0] };

static size_t find_quantity(const char *name)
{
    size_t i = 0;
    while (i < QUANTITIES && strcmp(quantities[i].name, name))
        i++;
    return i;
}

/* The next cell of a line, which it cuts off: quotes around it and doubled within are taken away. */
static char *next_cell(char **at)
{
    char *cell = *at, *to = cell;
    const bool quoted = *cell == '"';
    const char *from = cell + quoted;
    while (*from && (quoted ? !(*from == '"' && from[1] != '"') : *from != ',')) {
        from += quoted && *from == '"';
        *to++ = *from++;
    }
    from += quoted && *from == '"';
    *at = cell + (from - cell) + (*from == ',');
    *to = '\0';
    return cell;
}

static bool read_number(const char *text, double *v)
{
    char *end;
    *v = strtod(text, &end);
    return *text && !*end && isfinite(*v);
}

static ltc_status take_line(lt_overlay *o, char *line, unsigned number, ltc_error *err)
{
    const char *cell[COLUMNS];
    lt_published p;
    for (int i = 0; i < COLUMNS; i++)
        cell[i] = next_cell(&line);
    p = (lt_published){ .quantity = cell[QUANTITY], .variant = cell[VARIANT], .source = cell[SOURCE],
                        .at_least = !strncmp(cell[VALUE], ">=", 2) };
    if (find_quantity(p.quantity) == QUANTITIES)
        return ltc_fail(err, LTC_EINVAL,
                        "%s:%u: '%.40s' is not a quantity; write one of accuracy, end_test, end_train, "
                        "early_stop, early_stop_ratio, difference, untrained, pruned, validation",
                        o->path, number, p.quantity);
    if (!read_number(cell[DENSITY], &p.density) || !read_number(cell[VALUE] + 2 * p.at_least, &p.value) ||
        !read_number(cell[TOLERANCE], &p.tolerance) || p.density <= 0 || p.density > 1)
        return ltc_fail(err, LTC_EINVAL, "%s:%u: density (in (0, 1]), value and tolerance are three numbers",
                        o->path, number);
    lt_published *more = lt_arena_more(&o->arena, o->v, o->n, sizeof *more);
    if (!more)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory to read it", o->path);
    o->v = more;
    o->v[o->n++] = p;
    return LTC_OK;
}

static ltc_status take_text(lt_overlay *o, char *text, ltc_error *err)
{
    ltc_status st = LTC_OK;
    unsigned number = 0;
    for (char *line = text; line && !st; number++) {
        char *end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        if (!number && strcmp(line, header))
            st = ltc_fail(err, LTC_EINVAL, "%s:1: the first line is to be %s", o->path, header);
        else if (number && *line && *line != '#')
            st = take_line(o, line, number + 1, err);
        line = end;
    }
    return st;
}

ltc_status lt_overlay_read(const char *path, lt_overlay *o, ltc_error *err)
{
    lt_text text = { 0 };
    *o = (lt_overlay){ 0 };
    o->path = lt_arena_text(&o->arena, path);
    ltc_status st = lt_file_read(path, &text, err);
    char *copy = st ? NULL : lt_arena_text(&o->arena, text.s);
    if (!st && (!copy || !o->path))
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory to read it", path);
    if (!st)
        st = take_text(o, copy, err);
    lt_text_free(&text);
    return st;
}

void lt_overlay_free(lt_overlay *o)
{
    lt_arena_free(&o->arena);
    *o = (lt_overlay){ 0 };
}

bool lt_published_holds(const lt_published *p, const lt_measured *m)
{
    const double over = m->value - p->value;
    return over >= -p->tolerance - 1e-12 && (p->at_least || over <= p->tolerance + 1e-12);
}

static lt_measured measure(const lt_published *p, const lt_seen_run *r, const lt_seen_group *g)
{
    lt_measured m = { .density = g->density, .value = NAN, .n = (uint64_t)(isnan(g->pairs) ? 0 : g->pairs) };
    const size_t q = find_quantity(p->quantity);
    if (quantities[q].adds || quantities[q].scales) {
        m.value = quantities[q].adds ? g->difference : g->ratio;
        return m;
    }
    const lt_spread s = lt_seen_spread(r, g, quantities[q].of);
    m.value = s.mean, m.n = s.n;
    return m;
}

lt_measured lt_overlay_measured(const lt_published *p, const lt_seen_run *r)
{
    lt_measured best = { NAN, NAN, 0 };
    for (size_t i = 0; i < r->n_groups; i++) {
        const lt_seen_group *g = &r->group[i];
        const double far = fabs(log(g->density / p->density));
        if (g->point != r->home || strcmp(r->variant[g->variant].name, p->variant) || !(far < 0.1))
            continue;
        const lt_measured m = measure(p, r, g);
        if (!isnan(m.value) && !(far >= fabs(log(best.density / p->density))))
            best = m;
    }
    return best;
}

/* In the unit of the figure: a difference stands on the run's own dense network, a ratio multiplies it. NaN:
 * that is not measured. */
static lt_spread drawn(const lt_published *v, const lt_seen_run *r)
{
    const size_t q = find_quantity(v->quantity);
    const lt_seen_group *dense = lt_seen_group_at(r, 0, r->home, 0);
    const double base = dense ? lt_seen_spread(r, dense, quantities[q].of).mean : NAN;
    const double add = quantities[q].adds ? base : 0, scale = quantities[q].scales ? base : 1;
    const double y = add + scale * v->value, half = scale * v->tolerance;
    return (lt_spread){ isnan(y) ? 0u : 1u, y, y - half, y + half, NAN };
}

static bool draw_in(const lt_overlay *o, const lt_seen_run *r, lt_plots *p, lt_plot *plot)
{
    lt_series *s = NULL;
    bool ok = true;
    for (size_t i = 0; i < o->n && ok; i++) {
        if (strcmp(quantities[find_quantity(o->v[i].quantity)].plot, plot->id))
            continue;
        if (!s && (s = lt_plot_series(p, plot, "published", PUBLISHED_STYLE)))
            s->dots_only = true;
        ok = s && lt_series_dot(p, s, o->v[i].density, drawn(&o->v[i], r));
    }
    if (s && !s->n_dots)
        plot->n_series--;
    else if (s)
        plot->caption = lt_arena_print(&p->arena, "%s Published values have their tolerance as bars.",
                                       plot->caption);
    ok = ok && plot->caption;
    lt_plot_frame(plot);
    return ok;
}

bool lt_overlay_draw(const lt_overlay *o, const lt_seen_run *r, lt_plots *p)
{
    bool ok = true;
    for (size_t k = 0; k < p->n && ok; k++)
        ok = draw_in(o, r, p, &p->v[k]);
    return ok;
}
