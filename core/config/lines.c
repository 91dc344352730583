/* Owns the list of lines and the points at which they stand. Called by settle.c when the run and its variants
 * are settled as they are in no point; what is wrong at a point is said at the place of its value. */
#include "config/lines.h"

#include <stdio.h>
#include <string.h>

#include "config/points.h"
#include "config/rules.h"
#include "config/settle.h"

enum { MOST_LINES = 10000 };

/* Which value of each axis: of the run's sweep, then of the variant's own. */
typedef struct spot {
    size_t *run, *own;                        /* [n] each */
} spot;

typedef struct maker {
    lt_fill       *fill;
    const lt_lines_request *r;
    lt_settings   *settings;
    lt_points      points;
} maker;

/* What is swept, of main (variant NULL) or of a variant. */
typedef struct reach {
    const lt_variant *variant;
    const lt_laid    *laid;                   /* NULL: of main */
    const bool       *alive;                  /* [sweep->n] axes of the run's that matter here */
    uint32_t          order;
} reach;

static bool no_memory(maker *m)
{
    m->fill->no_memory = true;
    return false;
}

static const lt_sweep *own_sweep(const reach *g)
{
    static const lt_sweep none = { 0 };
    return g->laid ? &g->laid->sweep : &none;
}

/* The tree of a line, and all that is laid over the run in it. */
static const lt_node *tree_of(const maker *m, const reach *g, const spot *at, lt_arena *a,
                              const lt_node **overlay)
{
    const lt_node *tree = lt_sweep_at(a, m->r->run, m->r->sweep, at->run);
    *overlay = lt_sweep_overlay(a, m->r->sweep, at->run);
    if (!g->laid || !tree || !*overlay)
        return *overlay ? tree : NULL;
    const lt_node *own = lt_sweep_at(a, g->laid->overlay, &g->laid->sweep, at->own);
    *overlay = own ? lt_node_merge(a, *overlay, own, lt_schema_drops) : NULL;
    return *overlay ? lt_node_merge(a, tree, own, lt_schema_drops) : NULL;
}

/* The next combination; false: that was the last. */
static bool next_of(const lt_sweep *s, const bool *alive, size_t *at)
{
    for (size_t i = s->n; i-- > 0;) {
        if (alive && !alive[i])
            continue;
        if (++at[i] < s->v[i].n)
            return true;
        at[i] = 0;
    }
    return false;
}

static uint64_t count_of(const lt_sweep *s, const bool *alive)
{
    uint64_t n = 1;
    for (size_t i = 0; i < s->n && n <= MOST_LINES; i++)
        n *= !alive || alive[i] ? s->v[i].n : 1;
    return n;
}

/* Does a variant with masks of its own depend on that axis, or does it set the key, or drop what
 * it is an option of? */
static bool matters(maker *m, const reach *g, size_t axis, spot *at)
{
    lt_arena a = { 0 };
    const lt_node *ignored, *first = tree_of(m, g, at, &a, &ignored);
    bool differs = false;
    for (size_t i = 1; i < m->r->sweep->v[axis].n && !differs && first; i++) {
        at->run[axis] = i;
        const lt_node *other = tree_of(m, g, at, &a, &ignored);
        m->fill->no_memory |= !other;
        differs = other && !lt_node_same(first, other);
    }
    at->run[axis] = 0;
    m->fill->no_memory |= !first;
    lt_arena_free(&a);
    return differs;
}

/* The point at which the swept keys have the values that the line has. */
static bool find_point(maker *m, const reach *g, const spot *at, uint32_t *point)
{
    const lt_node **values = lt_points_values(&m->points);
    for (size_t i = 0; values && i < m->r->sweep->n; i++)
        if (!g->alive || g->alive[i])
            lt_points_put(&m->points, values, &m->r->sweep->v[i], at->run[i]);
    for (size_t i = 0; values && i < own_sweep(g)->n; i++)
        lt_points_put(&m->points, values, &own_sweep(g)->v[i], at->own[i]);
    if (values)
        *point = lt_points_find(&m->points, values);
    return values;
}

/* Settles the line at its point, in its own arena. */
static bool settle_line(maker *m, const reach *g, const spot *at, lt_line *l)
{
    lt_arena trees = { 0 };
    lt_fill f = *m->fill;
    l->settings = lt_arena_array(m->fill->arena, 1, sizeof *l->settings);
    if (!l->settings)
        return no_memory(m);
    l->owns = true;
    f.arena = &l->settings->arena;
    f.n_faults = 0;
    f.within = g->laid ? g->laid->within : NULL;
    f.variant = g->variant;
    const lt_node *tree = tree_of(m, g, at, &trees, &f.overlay);
    f.no_memory |= !tree;
    if (tree)
        lt_settle_tree(&f, tree, m->r->registry, l->settings);
    f.overlay = g->laid ? g->laid->element : NULL;
    if (g->variant && !f.n_faults && !f.no_memory)
        lt_variant_check(&f, m->settings->line[l->main].settings, g->variant, l->settings);
    lt_fill_join(m->fill, &f);
    lt_arena_free(&trees);
    return !f.n_faults && !f.no_memory;
}

/* The line of main that stands at the same values: main's lines are all combinations in order. */
static uint32_t main_at(const maker *m, const spot *at)
{
    uint32_t line = 0;
    for (size_t i = 0; i < m->r->sweep->n; i++)
        line = line * (uint32_t)m->r->sweep->v[i].n + (uint32_t)at->run[i];
    return line;
}

static void add_line(maker *m, const reach *g, const spot *at)
{
    lt_settings *s = m->settings;
    lt_line *l = &s->line[s->n_lines++];
    *l = (lt_line){ .variant = g->variant, .name = g->variant ? g->variant->name : "main", .order = g->order,
                    .main = g->variant ? main_at(m, at) : s->n_lines - 1 };
    if (m->r->sweep->n || own_sweep(g)->n) {
        if (!settle_line(m, g, at, l))
            return;
    } else {
        l->settings = g->variant ? &s->variant[g->order - 1].settings : s;
    }
    if (find_point(m, g, at, &l->point))
        lt_points_show(&m->points, l);
}

static void add_lines(maker *m, const reach *g, spot *at)
{
    do {
        do
            add_line(m, g, at);
        while (next_of(own_sweep(g), NULL, at->own) && !m->fill->no_memory);
    } while (next_of(m->r->sweep, g->alive, at->run) && !m->fill->no_memory);
}

/* A control's points are main's, each with all of its own: a key cannot have the values of both. */
static void check_follower(maker *m, const reach *g)
{
    lt_fill f = *m->fill;
    f.within = g->laid->within;
    for (size_t i = 0; i < g->laid->sweep.n; i++)
        for (size_t k = 0; k < m->r->sweep->n; k++) {
            const lt_swept *own = &g->laid->sweep.v[i];
            if (strcmp(own->key, m->r->sweep->v[k].key))
                continue;
            lt_fill_fault(&f, own->value[0]->at, own->key,
                          "is swept by the run, whose points a variant with its masks "
                          "follows");
            lt_fill_hint(&f, "give it one value, or masks = \"own\"");
        }
    lt_fill_join(m->fill, &f);
}

static bool reach_of_variant(maker *m, uint32_t i, spot *at, reach *g)
{
    const lt_variant *v = &m->settings->variant[i];
    bool *alive = lt_arena_array(m->r->arena, m->r->sweep->n ? m->r->sweep->n : 1, sizeof *alive);
    if (!alive)
        return no_memory(m);
    *g = (reach){ v, &m->r->laid[i], alive, i + 1 };
    for (size_t k = 0; k < m->r->sweep->n; k++)
        alive[k] = lt_variant_follows(v) || matters(m, g, k, at);
    if (lt_variant_follows(v))
        check_follower(m, g);
    return !m->fill->no_memory;
}

/* Room for values, one an axis. */
static bool open_spot(maker *m, spot *at)
{
    size_t most = 1;
    for (uint32_t i = 0; i < m->settings->n_variants; i++)
        most = m->r->laid[i].sweep.n > most ? m->r->laid[i].sweep.n : most;
    at->run = lt_arena_array(m->r->arena, m->r->sweep->n + 1, sizeof *at->run);
    at->own = lt_arena_array(m->r->arena, most, sizeof *at->own);
    return (at->run && at->own) || no_memory(m);
}

/* Every key that is swept anywhere. */
static bool open_points(maker *m)
{
    size_t most = m->r->sweep->n;
    for (uint32_t i = 0; i < m->settings->n_variants; i++)
        most += m->r->laid[i].sweep.n;
    m->points = (lt_points){ .fill = m->fill, .settings = m->settings, .trees = m->r->arena };
    bool ok = lt_points_open(&m->points, most) && lt_points_add_keys(&m->points, m->r->sweep);
    for (uint32_t i = 0; i < m->settings->n_variants && ok; i++)
        ok = lt_points_add_keys(&m->points, &m->r->laid[i].sweep);
    return ok;
}

/* Also what tells how many lines there will be. */
static bool open_lines(maker *m, reach *g, spot *at)
{
    const uint32_t n = m->settings->n_variants;
    uint64_t lines = count_of(m->r->sweep, NULL);
    g[0] = (reach){ 0 };
    for (uint32_t i = 0; i < n; i++) {
        if (!reach_of_variant(m, i, at, &g[i + 1]))
            return false;
        lines += count_of(m->r->sweep, g[i + 1].alive) * count_of(&m->r->laid[i].sweep, NULL);
    }
    if (lines > MOST_LINES) {
        const lt_place at_all = lt_rules_place(m->fill, m->r->run, "");
        lt_fill_fault(m->fill, at_all, "sweep", "makes more than %d lines of the run and its variants",
                      MOST_LINES);
        return false;
    }
    m->settings->line = lt_arena_array(m->fill->arena, (size_t)lines, sizeof *m->settings->line);
    return m->settings->line ? lt_points_reserve(&m->points, (size_t)lines + 1) : no_memory(m);
}

void lt_lines_settle(lt_fill *f, const lt_lines_request *r, lt_settings *settings)
{
    maker m = { .fill = f, .r = r, .settings = settings };
    spot at;
    reach *g = lt_arena_array(r->arena, 1 + settings->n_variants, sizeof *g);
    f->no_memory |= !g;
    for (uint32_t i = 0; i < settings->n_variants; i++)
        if (!r->laid[i].overlay)
            return;                           /* reported */
    if (f->no_memory || !open_spot(&m, &at) || !open_points(&m) || !open_lines(&m, g, &at))
        return;
    for (uint32_t i = 0; i <= settings->n_variants; i++)
        add_lines(&m, &g[i], &at);
    if (f->no_memory || f->n_faults)
        return;
    bool ok = lt_points_name(&m.points) &&
              lt_points_write(&m.points, 0, r->sweep, &settings->axis, &settings->n_axes);
    for (uint32_t i = 0; i < settings->n_variants && ok; i++) {
        lt_variant *v = &settings->variant[i];
        ok = lt_points_write(&m.points, i + 1, &r->laid[i].sweep, &v->axis, &v->n_axes);
    }
}

bool lt_line_follows(const lt_line *l)
{
    return l->variant && lt_variant_follows(l->variant);
}

void lt_line_blame(const lt_line *l, ltc_error *err)
{
    const size_t n = strlen(err->message);
    if (l->variant && l->at)
        snprintf(err->message + n, sizeof err->message - n, " (variant '%.64s', at %.64s)", l->name, l->at);
    else if (l->variant || l->at)
        snprintf(err->message + n, sizeof err->message - n, l->at ? " (at %.64s)" : " (variant '%.64s')",
                 l->at ? l->at : l->name);
}
