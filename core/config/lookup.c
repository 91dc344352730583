/* Owns the questions that others ask of the tables of schema.c. */
#include <assert.h>
#include <string.h>

#include "config/schema.h"

const ltc_opt *lt_schema_at(const ltc_schema *s, uint32_t i)
{
    return (const ltc_opt *)(const void *)((const char *)s->opt + (size_t)i * s->opt_size);
}

const char *lt_opt_leaf(const ltc_opt *o)
{
    const char *dot = strrchr(o->name, '.');
    return dot ? dot + 1 : o->name;
}

const ltc_opt *lt_schema_find(const ltc_schema *s, const char *leaf)
{
    for (uint32_t i = 0; i < s->n_opts; i++)
        if (!strcmp(lt_opt_leaf(lt_schema_at(s, i)), leaf))
            return lt_schema_at(s, i);
    return NULL;
}

const char *lt_schema_word(const ltc_schema *s, const char *leaf, int64_t v)
{
    return lt_schema_find(s, leaf)->choices[v];
}

const lt_group *lt_group_find(const char *path)
{
    for (size_t i = 0; i < lt_n_groups; i++)
        if (!strcmp(lt_groups[i].path, path))
            return &lt_groups[i];
    return NULL;
}

const ltc_schema *lt_variant_schema(const char *path)
{
    static const char prefix[] = "variants";
    for (size_t i = 0; i < lt_n_variant_groups; i++) {
        const char *rest = lt_variant_groups[i].path + strlen(prefix);
        if (!strcmp(rest + (*rest == '.'), path))
            return &lt_variant_groups[i].schema;
    }
    return NULL;
}

const ltc_schema *lt_list_schema(const char *path)
{
    size_t i = 0;
    while (i + 1 < lt_n_list_groups && strcmp(lt_list_groups[i].path, path))
        i++;
    assert(!strcmp(lt_list_groups[i].path, path));
    return &lt_list_groups[i].schema;
}

const lt_group *lt_group_next_within(const char *path, const lt_group *last)
{
    const size_t n = strlen(path);
    for (size_t i = last ? (size_t)(last - lt_groups) + 1 : 0; i < lt_n_groups; i++) {
        const char *p = lt_groups[i].path;
        if (n && (strncmp(p, path, n) || p[n] != '.'))
            continue;
        if (!strchr(p + n + (n > 0), '.'))
            return &lt_groups[i];
    }
    return NULL;
}

lt_plugin_setting *lt_group_plugin(const lt_group *g, lt_settings *s)
{
    const ltc_opt *o = g->kind ? lt_schema_find(&g->schema, "plugin") : NULL;
    return o ? (lt_plugin_setting *)(void *)((char *)s + o->offset) : NULL;
}

const lt_only *lt_group_idle(const lt_group *g, const char *leaf, const lt_settings *s)
{
    for (uint32_t i = 0; i < g->n_only; i++) {
        if (strcmp(g->only[i].key, leaf))
            continue;
        const ltc_opt *selector = lt_schema_find(&g->schema, g->only[i].selector);
        int64_t chosen;
        memcpy(&chosen, (const char *)s + selector->offset, sizeof chosen);
        if (!(g->only[i].values >> chosen & 1))
            return &g->only[i];
    }
    return NULL;
}

static bool same_string(const lt_node *a, const lt_node *b)
{
    return a && b && a->kind == LT_NODE_STRING && b->kind == LT_NODE_STRING && !strcmp(a->s, b->s);
}

/* over names another plug-in than base: what only base's understood goes. Where the core has no table for the
 * group, as for a plug-in's own, `plugin` is the one key that stays. */
static bool plugin_drops(const lt_group *g, const lt_node *base, const lt_node *over, const char *name)
{
    const lt_node *old = lt_node_child(base, "plugin"), *new = lt_node_child(over, "plugin");
    return old && new && !same_string(old, new) && !(g && lt_schema_find(&g->schema, name));
}

static bool selector_drops(const lt_group *group, const lt_node *over, const char *name)
{
    const lt_group *g = group && group->over ? lt_group_find(group->over) : group;
    for (uint32_t i = 0; g && i < g->n_only; i++) {
        const lt_only *rule = &g->only[i];
        const lt_node *new = lt_node_child(over, rule->selector);
        if (strcmp(rule->key, name) || !new || new->kind != LT_NODE_STRING)
            continue;
        const char *const *choice = lt_schema_find(&g->schema, rule->selector)->choices;
        for (unsigned c = 0; choice[c]; c++)
            if (!strcmp(choice[c], new->s) && !(rule->values >> c & 1))
                return true;
    }
    return false;
}

static bool either_drops(const char *path, const lt_node *over, const char *name)
{
    for (size_t i = 0; i < lt_n_eithers; i++) {
        if (strcmp(lt_eithers[i].group, path))
            continue;
        bool one_of_them = false, other_set = false;
        for (const char *const *key = lt_eithers[i].key; *key; key++) {
            one_of_them |= !strcmp(*key, name);
            other_set |= lt_node_child(over, *key) != NULL;
        }
        if (one_of_them && other_set)
            return true;
    }
    return false;
}

/* A list of rates says itself how many rounds there are, and a list of targets which levels. */
static bool list_drops(const char *path, const lt_node *over, const char *name)
{
    static const char *const lists[] = { "rate", "sparsity", "density" };
    if (strcmp(path, "prune") || strcmp(name, "rounds"))
        return false;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const lt_node *list = lt_node_child(over, lists[i]);
        if (list && ((list->kind == LT_NODE_LIST && list->n > 1) || list->kind == LT_NODE_GROUP))
            return true;
    }
    return false;
}

bool lt_schema_drops(const char *path, const lt_node *base, const lt_node *over, const char *name)
{
    const lt_group *g = lt_group_find(path);
    return plugin_drops(g, base, over, name) || selector_drops(g, over, name) ||
           either_drops(path, over, name) || list_drops(path, over, name);
}
