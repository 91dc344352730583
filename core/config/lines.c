/* Owns the list of lines and the points at which they stand. Called by settle.c when the run and its variants are
 * settled as they are in no point; what is wrong at a point is said at the place of its value. */
#include "config/lines.h"

#include <stdio.h>
#include <string.h>

#include "config/literal.h"
#include "config/rules.h"
#include "config/settle.h"

enum { MOST_LINES = 10000, SHORT_DIGITS = 4, ALL_DIGITS = 17 };

/* Which value of each axis: of the run's sweep, then of the variant's own. */
typedef struct spot {
    size_t *run, *own;                        /* [n] each */
} spot;

typedef struct maker {
    lt_fill       *fill;
    const lt_lines_request *r;
    lt_settings   *settings;
    const lt_node ***value;                   /* [n_points][n_swept]: what each point sets; NULL: nothing */
    uint32_t       n_swept, n_points;
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
static const lt_node *tree_of(const maker *m, const reach *g, const spot *at, lt_arena *a, const lt_node **overlay)
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

/* Does a variant with masks of its own depend on that axis, or does it set the key, or drop what it is an option of? */
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

static size_t index_of(const maker *m, const char *key)
{
    size_t i = 0;
    while (i < m->n_swept && strcmp(m->settings->swept.v[i], key))
        i++;
    return i;
}

/* The point at which the swept keys have these values; a new one if there was none. */
static bool find_point(maker *m, const reach *g, const spot *at, uint32_t *point)
{
    const lt_node **value = lt_arena_array(m->r->arena, m->n_swept ? m->n_swept : 1, sizeof *value);
    if (!value)
        return no_memory(m);
    for (size_t i = 0; i < m->r->sweep->n; i++)
        if (!g->alive || g->alive[i])
            value[index_of(m, m->r->sweep->v[i].key)] = m->r->sweep->v[i].value[at->run[i]];
    for (size_t i = 0; i < own_sweep(g)->n; i++)
        value[index_of(m, own_sweep(g)->v[i].key)] = own_sweep(g)->v[i].value[at->own[i]];
    for (*point = 0; *point < m->n_points; ++*point) {
        bool same = true;
        for (size_t k = 0; k < m->n_swept && same; k++) {
            const lt_node *there = m->value[*point][k];
            same = there && value[k] ? lt_node_same(there, value[k]) : there == value[k];
        }
        if (same)
            return true;
    }
    m->value[m->n_points++] = value;
    return true;
}

/* What stands where, as tables show it: in the settings if it is one option of theirs; else what the point says. */
static bool show_values(maker *m, lt_line *l)
{
    const char **swept = lt_arena_array(m->fill->arena, m->n_swept ? m->n_swept : 1, sizeof *swept);
    l->swept = swept;
    for (size_t k = 0; swept && k < m->n_swept; k++) {
        const lt_node *value = m->value[l->point][k];
        lt_text text = { 0 };
        const bool shown = lt_setting_shown(l->settings, m->settings->swept.v[k], &text);
        if (!shown && value)
            lt_node_shown(value, ALL_DIGITS, &text);
        const bool ok = !text.failed && (!text.n || (swept[k] = lt_arena_text(m->fill->arena, text.s)));
        lt_text_free(&text);
        if (!ok)
            return no_memory(m);
    }
    return swept || no_memory(m);
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
        show_values(m, l);
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
            lt_fill_fault(&f, own->value[0]->at, own->key, "is swept by the run, whose points a variant with its masks "
                          "follows");
            lt_fill_hint(&f, "give it one value, or masks = \"own\"");
        }
    lt_fill_join(m->fill, &f);
}

static bool follows(const lt_variant *v)
{
    return v->masks == LT_MASKS_MAIN || v->match != LT_MATCH_NONE;
}

static bool reach_of_variant(maker *m, uint32_t i, spot *at, reach *g)
{
    const lt_variant *v = &m->settings->variant[i];
    bool *alive = lt_arena_array(m->r->arena, m->r->sweep->n ? m->r->sweep->n : 1, sizeof *alive);
    if (!alive)
        return no_memory(m);
    *g = (reach){ v, &m->r->laid[i], alive, i + 1 };
    for (size_t k = 0; k < m->r->sweep->n; k++)
        alive[k] = follows(v) || matters(m, g, k, at);
    if (follows(v))
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

/* The lists of keys, as they are called by people: by their last word, unless two have the same. */
static bool list_keys(maker *m)
{
    lt_arena *a = m->fill->arena;
    size_t most = m->r->sweep->n;
    for (uint32_t i = 0; i < m->settings->n_variants; i++)
        most += m->r->laid[i].sweep.n;
    const char **key = lt_arena_array(a, most ? most : 1, sizeof *key);
    m->settings->swept.v = key;
    for (uint32_t i = 0; i <= m->settings->n_variants && key; i++) {
        const lt_sweep *s = i ? &m->r->laid[i - 1].sweep : m->r->sweep;
        for (size_t k = 0; k < s->n; k++)
            if (index_of(m, s->v[k].key) == m->n_swept && (key[m->n_swept++] = lt_arena_text(a, s->v[k].key)) == NULL)
                return no_memory(m);
    }
    m->settings->swept.n = m->n_swept;
    return key || no_memory(m);
}

/* "alpha" of prune.mask.alpha, "mask" of prune.mask.plugin. */
static char *label_of(lt_arena *a, const char *key)
{
    const char *leaf = strrchr(key, '.') ? strrchr(key, '.') + 1 : key, *from = leaf;
    if (strcmp(leaf, "plugin") || leaf == key)
        return lt_arena_text(a, leaf);
    for (from = leaf - 1; from > key && from[-1] != '.';)
        from--;
    return lt_arena_print(a, "%.*s", (int)(leaf - 1 - from), from);
}

static bool list_labels(maker *m)
{
    lt_arena *a = m->fill->arena;
    const char **word = lt_arena_array(m->r->arena, m->n_swept ? m->n_swept : 1, sizeof *word);
    const char **label = lt_arena_array(a, m->n_swept ? m->n_swept : 1, sizeof *label);
    bool ok = word && label;
    for (size_t i = 0; i < m->n_swept && ok; i++)
        ok = (word[i] = label_of(a, m->settings->swept.v[i]));
    for (size_t i = 0; i < m->n_swept && ok; i++) {
        label[i] = word[i];
        for (size_t k = 0; k < m->n_swept; k++)
            if (k != i && !strcmp(word[k], word[i]))
                label[i] = m->settings->swept.v[i];
    }
    m->settings->label = (ltc_strings){ label, ok ? m->n_swept : 0 };
    return ok || no_memory(m);
}

static bool name_points(maker *m)
{
    const char **name = lt_arena_array(m->fill->arena, m->n_points, sizeof *name);
    for (uint32_t p = 0; p < m->n_points && name; p++) {
        lt_text text = { 0 };
        for (size_t k = 0; k < m->n_swept; k++)
            if (m->value[p][k]) {
                lt_text_add(&text, "%s%s ", text.n ? ", " : "", m->settings->label.v[k]);
                lt_node_shown(m->value[p][k], SHORT_DIGITS, &text);
            }
        name[p] = text.failed ? NULL : lt_arena_text(m->fill->arena, text.n ? text.s : "as configured");
        lt_text_free(&text);
        if (!name[p])
            return no_memory(m);
    }
    m->settings->point = (ltc_strings){ name, name ? m->n_points : 0 };
    for (uint32_t i = 0; i < m->settings->n_lines && name; i++)
        m->settings->line[i].at = m->settings->line[i].point ? name[m->settings->line[i].point] : NULL;
    return name || no_memory(m);
}

/* A line that has that value of the run's axis (order 0), or of its variant's. */
static const lt_settings *having(const maker *m, uint32_t order, const lt_swept *s, size_t value)
{
    const size_t k = index_of(m, s->key);
    for (uint32_t i = 0; i < m->settings->n_lines; i++) {
        const lt_line *l = &m->settings->line[i];
        if (l->order == order && m->value[l->point][k] && lt_node_same(m->value[l->point][k], s->value[value]))
            return l->settings;
    }
    return m->settings;
}

/* A sweep as the resolved run.cfg has it. */
static bool keep_axes(maker *m, uint32_t order, const lt_sweep *s, const lt_axis **axis, uint32_t *n)
{
    lt_axis *to = lt_arena_array(m->fill->arena, s->n ? s->n : 1, sizeof *to);
    for (size_t i = 0; i < s->n && to; i++) {
        lt_text text = { 0 };
        for (size_t k = 0; k < s->v[i].n; k++) {
            lt_text_add(&text, "%s", k ? ", " : "( ");
            lt_literal(having(m, order, &s->v[i], k), s->v[i].key, s->v[i].value[k], &text);
        }
        lt_text_add(&text, " )");
        to[i] = (lt_axis){ m->settings->swept.v[index_of(m, s->v[i].key)],
                           text.failed ? NULL : lt_arena_text(m->fill->arena, text.s) };
        lt_text_free(&text);
        if (!to[i].values)
            return no_memory(m);
    }
    *axis = to;
    *n = (uint32_t)s->n;
    return to || no_memory(m);
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
        lt_fill_fault(m->fill, at_all, "sweep", "makes more than %d lines of the run and its variants", MOST_LINES);
        return false;
    }
    m->settings->line = lt_arena_array(m->fill->arena, (size_t)lines, sizeof *m->settings->line);
    m->value = lt_arena_array(m->r->arena, (size_t)lines + 1, sizeof *m->value);
    const lt_node **configured = lt_arena_array(m->r->arena, m->n_swept ? m->n_swept : 1, sizeof *configured);
    if (!m->settings->line || !m->value || !configured)
        return no_memory(m);
    m->value[m->n_points++] = configured;     /* point 0 sets nothing */
    return true;
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
    if (f->no_memory || !open_spot(&m, &at) || !list_keys(&m) || !open_lines(&m, g, &at))
        return;
    for (uint32_t i = 0; i <= settings->n_variants; i++)
        add_lines(&m, &g[i], &at);
    if (f->no_memory || f->n_faults)
        return;
    bool ok = list_labels(&m) && name_points(&m) && keep_axes(&m, 0, r->sweep, &settings->axis, &settings->n_axes);
    for (uint32_t i = 0; i < settings->n_variants && ok; i++)
        ok = keep_axes(&m, i + 1, &r->laid[i].sweep, &settings->variant[i].axis, &settings->variant[i].n_axes);
}

bool lt_line_follows(const lt_line *l)
{
    return l->variant && follows(l->variant);
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
