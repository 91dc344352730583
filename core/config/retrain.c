/* Owns the overlay on train that all trainings but the first follow. Called by settle.c when the groups are
 * filled. Each key is the one that retrain sets, or the default where what it sets makes train's
 * meaningless, or train's. */
#include "config/retrain.h"

#include <stddef.h>
#include <string.h>

#include "config/schema.h"

/* From a field of train to the same of retrain. */
static const size_t shift = offsetof(lt_settings, retrain.train) - offsetof(lt_settings, train);

static void fill_key(lt_fill *f, const ltc_opt *o, const lt_node *base, const lt_node *over, lt_settings *s)
{
    const lt_value_type *type = lt_value_type_of(o->type);
    const lt_node *n = lt_node_child(over, lt_opt_leaf(o));
    const char *field = (const char *)s + o->offset;
    char *to = (char *)s + o->offset + shift;
    if (n)
        type->read(f, o, n, to);
    else if (over && lt_schema_drops(f->group, base, over, lt_opt_leaf(o)))
        type->take_default(f, o, to);
    else
        memcpy(to, field, type->size);
}

static void fill_group(lt_fill *f, const lt_node *root, const lt_group *g, lt_settings *s)
{
    const ltc_schema *schema = &lt_group_find(g->over)->schema;
    const lt_node *over = lt_node_find(root, g->path);
    f->group = g->path;
    if (over && over->kind != LT_NODE_GROUP)
        over = NULL;                          /* reported */
    for (uint32_t i = 0; i < schema->n_opts; i++)
        fill_key(f, lt_schema_at(schema, i), lt_node_find(root, g->over), over, s);
}

/* Into to[] unless that is NULL. Their number. */
static size_t collect(lt_arena *a, const lt_node *root, const char **to)
{
    size_t n = 0;
    for (size_t g = 0; g < lt_n_groups; g++) {
        const lt_node *group = lt_groups[g].over ? lt_node_find(root, lt_groups[g].path) : NULL;
        for (size_t i = 0; group && group->kind == LT_NODE_GROUP && i < group->n; i++) {
            if (group->child[i]->kind == LT_NODE_GROUP)
                continue;
            if (to)
                to[n] = lt_arena_print(a, "%s.%s", lt_groups[g].path, group->child[i]->name);
            n++;
        }
    }
    return n;
}

static void note_keys(lt_fill *f, const lt_node *root, lt_settings *s)
{
    const size_t n = collect(f->arena, root, NULL);
    const char **key = lt_arena_array(f->arena, n ? n : 1, sizeof *key);
    f->no_memory |= !key;
    if (key)
        collect(f->arena, root, key);
    for (size_t i = 0; key && i < n; i++)
        f->no_memory |= !key[i];
    s->retrain.set = (ltc_strings){ key, key && !f->no_memory ? n : 0 };
}

void lt_retrain_fill(lt_fill *f, const lt_node *root, lt_settings *s)
{
    for (size_t i = 0; i < lt_n_groups; i++)
        if (lt_groups[i].over)
            fill_group(f, root, &lt_groups[i], s);
    note_keys(f, root, s);
}

static void forget(lt_settings *s)
{
    s->retrain.set.n = 0;
    s->retrain.from = LT_FROM_START;
    s->retrain.optimizer_state = LT_OPTIMIZER_STATE_REWOUND;
    s->retrain.train = s->train;
}

void lt_retrain_derive(const lt_fill *f, lt_settings *s)
{
    const bool measures = s->prune.strategy == LT_STRATEGY_SENSITIVITY,
               idle = measures || s->prune.strategy == LT_STRATEGY_NONE;
    if (idle && f->overlay && !lt_node_child(f->overlay, "retrain"))
        forget(s);
    s->retrain.given = measures || s->retrain.set.n;
    if (!measures)
        return;
    s->prune.kept = LT_KEPT_FINAL;
    s->retrain.train.steps = 0;
    s->retrain.train.epochs = -1;
}
