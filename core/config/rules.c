/* Owns the rules between keys. Called by settle.c when every key has passed alone, and by read.c for each
 * layer. */
#include "config/rules.h"

#include <string.h>

#include "config/schema.h"

static lt_place place_of(const lt_fill *f, const lt_node *root, const char *key)
{
    const lt_node *n = lt_node_find(root, key);
    return n ? n->at : (lt_place){ f->request->path, 0 };
}

/* "never ignored": a key that is written acts, or is an error. */
static void check_idle(lt_fill *f, const lt_node *root, const lt_group *g, const lt_settings *s)
{
    const lt_node *group = lt_node_find(root, g->path);
    for (uint32_t i = 0; i < g->schema.n_opts; i++) {
        const ltc_opt *o = lt_schema_at(&g->schema, i);
        const lt_node *n = lt_node_child(group, lt_opt_leaf(o));
        const lt_only *rule = n ? lt_group_idle(g, lt_opt_leaf(o), s) : NULL;
        if (!rule)
            continue;
        const ltc_opt *selector = lt_schema_find(&g->schema, rule->selector);
        int64_t chosen;
        memcpy(&chosen, (const char *)s + selector->offset, sizeof chosen);
        lt_diags_add(f->diags, n->at, o->name, "does nothing with %s \"%s\"", rule->selector,
                     selector->choices[chosen]);
        lt_diags_hint(f->diags, "remove it, or choose another %s", rule->selector);
    }
}

static void check_length(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    if (s->train.steps >= 0 || s->train.epochs >= 0)
        return;
    lt_diags_add(f->diags, place_of(f, root, "train"), "train", "steps or epochs is required");
    lt_diags_hint(f->diags, "epochs = 10;");
}

static void check_nesterov(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    static const char key[] = "train.optimizer.nesterov";
    const bool idle = s->train.optimizer.type == LT_OPTIMIZER_SGD && s->train.optimizer.nesterov &&
                      !(s->train.optimizer.momentum > 0);
    if (idle)
        lt_diags_add(f->diags, place_of(f, root, key), key, "needs a momentum above 0");
}

static void check_milestones(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    static const char key[] = "train.lr_schedule.milestones";
    const lt_moments m = s->train.lr_schedule.milestones;
    if (s->train.lr_schedule.type != LT_SCHEDULE_MULTISTEP)
        return;
    if (!m.n) {
        lt_diags_add(f->diags, place_of(f, root, "train.lr_schedule"), key,
                     "is required with type \"multistep\"");
        lt_diags_hint(f->diags, "milestones = [\"80ep\", \"120ep\"];");
    }
    for (uint64_t i = 1; i < m.n; i++) {
        if (m.v[i].kind == m.v[i - 1].kind && m.v[i].n > m.v[i - 1].n)
            continue;
        lt_diags_add(f->diags, place_of(f, root, key), key, m.v[i].kind == m.v[i - 1].kind ?
                     "each must be later than the one before it" : "either all in steps or all in epochs");
        return;
    }
}

/* It becomes part of file names and of runs/NAME. */
static void check_name(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    const char *name = s->run.name;
    if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
        lt_diags_add(f->diags, place_of(f, root, "run.name"), "run.name",
                     "\"%s\" cannot name a directory", name);
}

void lt_rules_check(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    for (size_t i = 0; i < lt_n_groups; i++)
        check_idle(f, root, &lt_groups[i], s);
    check_name(f, root, s);
    check_length(f, root, s);
    check_nesterov(f, root, s);
    check_milestones(f, root, s);
}

void lt_rules_check_layer(const lt_node *layer, lt_diags *d)
{
    for (size_t i = 0; i < lt_n_eithers; i++) {
        const lt_node *group = lt_node_find(layer, lt_eithers[i].group), *first = NULL;
        for (const char *const *key = lt_eithers[i].key; *key; key++) {
            const lt_node *n = lt_node_child(group, *key);
            if (n && first)
                lt_diags_add(d, n->at, lt_eithers[i].group, "%s and %s exclude one another", first->name,
                             n->name);
            first = first ? first : n;
        }
    }
}
