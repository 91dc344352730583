/* Owns the walk over a table of options. Called by settle.c for each group. */
#include "config/options.h"

#include <string.h>

#include "config/schema.h"
#include "util/suggest.h"

static void fill_one(lt_fill *f, const lt_node *group, const ltc_opt *o, void *field)
{
    const lt_value_type *type = lt_value_type_of(o->type);
    const lt_node *n = lt_node_child(group, lt_opt_leaf(o));
    if (n) {
        type->read(f, o, n, field);
        return;
    }
    if (o->flags & LTC_OPT_REQUIRED) {
        const lt_node nowhere = { .at = group ? group->at : (lt_place){ f->request->path, 0 } };
        lt_value_fault(f, o, &nowhere, "is required");
        if (o->help)
            lt_fill_hint(f, "%s", o->help);
        return;
    }
    type->take_default(f, o, field);
}

void lt_options_fill(lt_fill *f, const lt_node *group, const ltc_schema *schema, void *block)
{
    for (uint32_t i = 0; i < schema->n_opts; i++) {
        const ltc_opt *o = lt_schema_at(schema, i);
        fill_one(f, group, o, (char *)block + o->offset);
    }
}

bool lt_config_default_options(const ltc_schema *schema, lt_arena *a, void **block)
{
    const lt_config_request nothing = { .path = "", .directory = "" };
    lt_diags diags = { 0 };
    lt_fill fill = { .request = &nothing, .group = "", .arena = a, .diags = &diags };
    *block = lt_arena_array(a, 1, schema->data_size);
    if (*block)
        lt_options_fill(&fill, NULL, schema, *block);
    lt_diags_free(&diags);
    return *block && !fill.n_faults && !fill.no_memory;
}

/* The table itself was checked when the plug-in was loaded (plugin/schema.c). */
bool lt_options_apart(lt_fill *f, const lt_plugin_setting *p, const ltc_schema *core)
{
    bool apart = true;
    for (uint32_t i = 0; i < p->module->schema.n_opts; i++) {
        const char *name = lt_schema_at(&p->module->schema, i)->name;
        if (!lt_schema_find(core, name))
            continue;
        apart = false;
        lt_fill_fault(f, p->at, f->group, "%s cannot be used here: its option '%s' is a key of ltcore's own",
                      p->name, name);
    }
    return apart;
}

static bool known(const lt_fill *f, const char *name, const ltc_schema *const *schema, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lt_schema_find(schema[i], name))
            return true;
    for (const lt_group *g = NULL; (g = lt_group_next_within(f->group, g));)
        if (!strcmp(g->path + (*f->group ? strlen(f->group) + 1 : 0), name))
            return true;
    return false;
}

/* The same word in a table elsewhere, in full. */
static const char *elsewhere(const lt_group *group, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const ltc_opt *o = lt_schema_find(&group[i].schema, name);
        if (o)
            return o->name;
    }
    return NULL;
}

/* A key that only variants have; the nearest of this group; the same word in another. */
static const char *nearest(lt_fill *f, const char *name, const ltc_schema *const *schema, size_t n)
{
    size_t count = 0, most = lt_n_groups;
    for (size_t i = 0; i < n; i++)
        most += schema[i]->n_opts;
    const char **all = lt_arena_array(f->arena, most, sizeof(char *));
    for (size_t i = 0; all && i < n; i++)
        for (uint32_t k = 0; k < schema[i]->n_opts; k++)
            all[count++] = lt_opt_leaf(lt_schema_at(schema[i], k));
    for (const lt_group *g = NULL; all && (g = lt_group_next_within(f->group, g));)
        all[count++] = g->path + (*f->group ? strlen(f->group) + 1 : 0);
    const char *near = f->variant ? NULL : elsewhere(lt_variant_groups, lt_n_variant_groups, name);
    if (!near && all)
        near = lt_suggest(name, all, count);
    return near ? near : elsewhere(lt_groups, lt_n_groups, name);
}

void lt_options_unknown(lt_fill *f, const lt_node *group, const ltc_schema *const *schema, size_t n,
                        const char *owner)
{
    for (size_t i = 0; group && group->kind == LT_NODE_GROUP && i < group->n; i++) {
        const lt_node *child = group->child[i];
        if (known(f, child->name, schema, n))
            continue;
        const ltc_opt as_key = { .name = child->name };
        if (owner)
            lt_value_fault(f, &as_key, child, "neither ltcore nor %s has such a key", owner);
        else
            lt_value_fault(f, &as_key, child, "there is no such key");
        const char *near = nearest(f, child->name, schema, n);
        if (near)
            lt_fill_hint(f, "did you mean '%s'?", near);
    }
}
