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
            lt_diags_hint(f->diags, "%s", o->help);
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

/* The table itself was checked when the plug-in was loaded (plugin/schema.c). */
bool lt_options_apart(lt_fill *f, const lt_plugin_setting *p, const ltc_schema *core)
{
    bool apart = true;
    for (uint32_t i = 0; i < p->module->schema.n_opts; i++) {
        const char *name = lt_schema_at(&p->module->schema, i)->name;
        if (!lt_schema_find(core, name))
            continue;
        apart = false;
        lt_diags_add(f->diags, p->at, f->group,
                     "%s cannot be used here: its option '%s' is a key of ltcore's own", p->name, name);
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

/* The nearest key of this group; else the same word in another group, in full. */
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
    const char *near = all ? lt_suggest(name, all, count) : NULL;
    for (size_t i = 0; !near && i < lt_n_groups; i++) {
        const ltc_opt *elsewhere = lt_schema_find(&lt_groups[i].schema, name);
        near = elsewhere ? elsewhere->name : NULL;
    }
    return near;
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
            lt_diags_hint(f->diags, "did you mean '%s'?", near);
    }
}
