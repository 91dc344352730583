/* Owns what is swept, as people and run.cfg say it. Called by lines.c. */
#include "config/points.h"

#include <string.h>

#include "config/literal.h"

enum { SHORT_DIGITS = 4, ALL_DIGITS = 17 };

static bool no_memory(lt_points *p)
{
    p->fill->no_memory = true;
    return false;
}

static size_t at_least_one(size_t n)
{
    return n ? n : 1;
}

bool lt_points_open(lt_points *p, size_t most_keys)
{
    p->key = lt_arena_array(p->fill->arena, at_least_one(most_keys), sizeof *p->key);
    p->settings->swept = (ltc_strings){ p->key, 0 };
    return p->key || no_memory(p);
}

/* n_swept: nowhere. */
static size_t index_of(const lt_points *p, const char *key)
{
    size_t i = 0;
    while (i < p->n_swept && strcmp(p->key[i], key))
        i++;
    return i;
}

bool lt_points_add_keys(lt_points *p, const lt_sweep *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (index_of(p, s->v[i].key) < p->n_swept)
            continue;
        if (!(p->key[p->n_swept] = lt_arena_text(p->fill->arena, s->v[i].key)))
            return no_memory(p);
        p->settings->swept.n = ++p->n_swept;
    }
    return true;
}

bool lt_points_reserve(lt_points *p, size_t most_points)
{
    p->value = lt_arena_array(p->trees, most_points, sizeof *p->value);
    const lt_node **nothing = p->value ? lt_points_values(p) : NULL;
    if (!nothing)
        return no_memory(p);
    p->value[p->n_points++] = nothing;
    return true;
}

const lt_node **lt_points_values(lt_points *p)
{
    const lt_node **values = lt_arena_array(p->trees, at_least_one(p->n_swept), sizeof *values);
    p->fill->no_memory |= !values;
    return values;
}

void lt_points_put(const lt_points *p, const lt_node **values, const lt_swept *s, size_t value)
{
    values[index_of(p, s->key)] = s->value[value];
}

static bool same_values(const lt_points *p, const lt_node *const *a, const lt_node *const *b)
{
    bool same = true;
    for (size_t k = 0; k < p->n_swept && same; k++)
        same = a[k] && b[k] ? lt_node_same(a[k], b[k]) : a[k] == b[k];
    return same;
}

uint32_t lt_points_find(lt_points *p, const lt_node **values)
{
    uint32_t point = 0;
    while (point < p->n_points && !same_values(p, p->value[point], values))
        point++;
    if (point == p->n_points)
        p->value[p->n_points++] = values;
    return point;
}

bool lt_points_show(lt_points *p, lt_line *l)
{
    const char **swept = lt_arena_array(p->fill->arena, at_least_one(p->n_swept), sizeof *swept);
    l->swept = swept;
    for (size_t k = 0; swept && k < p->n_swept; k++) {
        const lt_node *value = p->value[l->point][k];
        lt_text text = { 0 };
        if (!lt_setting_shown(l->settings, p->key[k], &text) && value)
            lt_node_shown(value, ALL_DIGITS, &text);
        const bool ok = !text.failed && (!text.n || (swept[k] = lt_arena_text(p->fill->arena, text.s)));
        lt_text_free(&text);
        if (!ok)
            return no_memory(p);
    }
    return swept || no_memory(p);
}

/* "alpha" of prune.mask.alpha, "mask" of prune.mask.plugin. NULL: no memory. */
static const char *word_of(lt_arena *a, const char *key)
{
    const char *dot = strrchr(key, '.'), *leaf = dot ? dot + 1 : key, *from = leaf;
    if (strcmp(leaf, "plugin") || !dot)
        return lt_arena_text(a, leaf);
    for (from = dot; from > key && from[-1] != '.';)
        from--;
    return lt_arena_print(a, "%.*s", (int)(dot - from), from);
}

/* A key by that word, unless another has the same. */
static bool name_keys(lt_points *p)
{
    lt_arena *a = p->fill->arena;
    const char **word = lt_arena_array(p->trees, at_least_one(p->n_swept), sizeof *word);
    const char **label = lt_arena_array(a, at_least_one(p->n_swept), sizeof *label);
    bool ok = word && label;
    for (size_t i = 0; i < p->n_swept && ok; i++)
        ok = (word[i] = word_of(a, p->key[i]));
    for (size_t i = 0; i < p->n_swept && ok; i++) {
        label[i] = word[i];
        for (size_t k = 0; k < p->n_swept; k++)
            if (k != i && !strcmp(word[k], word[i]))
                label[i] = p->key[i];
    }
    p->settings->label = (ltc_strings){ label, ok ? p->n_swept : 0 };
    return ok || no_memory(p);
}

/* "alpha 0.5, seed 2". NULL: no memory. */
static const char *name_of(lt_points *p, uint32_t point)
{
    lt_text text = { 0 };
    for (size_t k = 0; k < p->n_swept; k++) {
        if (!p->value[point][k])
            continue;
        lt_text_add(&text, "%s%s ", text.n ? ", " : "", p->settings->label.v[k]);
        lt_node_shown(p->value[point][k], SHORT_DIGITS, &text);
    }
    const char *name = text.failed ? NULL : lt_arena_text(p->fill->arena, text.n ? text.s : "as configured");
    lt_text_free(&text);
    return name;
}

bool lt_points_name(lt_points *p)
{
    const char **name = lt_arena_array(p->fill->arena, p->n_points, sizeof *name);
    bool ok = name && name_keys(p);
    for (uint32_t i = 0; i < p->n_points && ok; i++)
        ok = (name[i] = name_of(p, i));
    p->settings->point = (ltc_strings){ name, ok ? p->n_points : 0 };
    for (uint32_t i = 0; i < p->settings->n_lines && ok; i++)
        if (p->settings->line[i].point)
            p->settings->line[i].at = name[p->settings->line[i].point];
    return ok || no_memory(p);
}

/* A line that has that value of the run's axis (order 0), or of its variant's. */
static const lt_settings *having(const lt_points *p, uint32_t order, const lt_swept *s, size_t value)
{
    const size_t k = index_of(p, s->key);
    for (uint32_t i = 0; i < p->settings->n_lines; i++) {
        const lt_line *l = &p->settings->line[i];
        const lt_node *own = p->value[l->point][k];
        if (l->order == order && own && lt_node_same(own, s->value[value]))
            return l->settings;
    }
    return p->settings;
}

static const char *values_of(lt_points *p, uint32_t order, const lt_swept *s)
{
    lt_text text = { 0 };
    for (size_t i = 0; i < s->n; i++) {
        lt_text_add(&text, "%s", i ? ", " : "( ");
        lt_literal(having(p, order, s, i), s->key, s->value[i], &text);
    }
    lt_text_add(&text, " )");
    const char *values = text.failed ? NULL : lt_arena_text(p->fill->arena, text.s);
    lt_text_free(&text);
    return values;
}

bool lt_points_write(lt_points *p, uint32_t order, const lt_sweep *s, const lt_axis **axis, uint32_t *n)
{
    lt_axis *to = lt_arena_array(p->fill->arena, at_least_one(s->n), sizeof *to);
    for (size_t i = 0; i < s->n && to; i++) {
        to[i] = (lt_axis){ p->key[index_of(p, s->v[i].key)], values_of(p, order, &s->v[i]) };
        if (!to[i].values)
            return no_memory(p);
    }
    *axis = to;
    *n = (uint32_t)s->n;
    return to || no_memory(p);
}
