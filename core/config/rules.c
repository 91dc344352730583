/* Owns the rules between keys, but for those of pruning. Called by settle.c when every key has passed alone,
 * and by read.c for each layer. */
#include "config/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/schema.h"

enum { KEY_BYTES = 64 };

lt_place lt_rules_place(const lt_fill *f, const lt_node *root, const char *key)
{
    const lt_node *n = lt_node_find(root, key);
    return n ? n->at : f->overlay ? f->overlay->at : (lt_place){ f->request->path, 0 };
}

/* "never ignored": a key that is written acts, or is an error. g: the group at `path`, or the one on which
 * that is an overlay. */
static void check_idle(lt_fill *f, const lt_node *root, const char *path, const lt_group *g,
                       const lt_settings *s)
{
    const lt_node *group = lt_node_find(root, path);
    for (size_t i = 0; group && i < group->n; i++) {
        const lt_node *n = group->child[i];
        const lt_only *rule = lt_group_idle(g, n->name, s);
        if (!rule)
            continue;
        const ltc_opt *selector = lt_schema_find(&g->schema, rule->selector);
        const ltc_opt as_key = { .name = n->name };
        int64_t chosen;
        memcpy(&chosen, (const char *)s + selector->offset, sizeof chosen);
        f->group = path;
        lt_value_fault(f, &as_key, n, "does nothing with %s \"%s\"", rule->selector,
                       selector->choices[chosen]);
        lt_fill_hint(f, "remove it, or choose another %s", rule->selector);
    }
}

static void check_length(lt_fill *f, const lt_node *root, const char *path, const lt_train_settings *t)
{
    if (t->steps >= 0 || t->epochs >= 0)
        return;
    lt_fill_fault(f, lt_rules_place(f, root, path), path, "steps or epochs is required");
    lt_fill_hint(f, "epochs = 10;");
}

static void check_nesterov(lt_fill *f, const lt_node *root, const char *path, const lt_train_settings *t)
{
    char key[KEY_BYTES];
    const bool idle = t->optimizer.type == LT_OPTIMIZER_SGD && t->optimizer.nesterov &&
                      !(t->optimizer.momentum > 0);
    snprintf(key, sizeof key, "%s.optimizer.nesterov", path);
    if (idle)
        lt_fill_fault(f, lt_rules_place(f, root, key), key, "needs a momentum above 0");
}

static void check_milestones(lt_fill *f, const lt_node *root, const char *path, const lt_train_settings *t)
{
    char group[KEY_BYTES], key[KEY_BYTES];
    const lt_moments m = t->lr_schedule.milestones;
    if (t->lr_schedule.type != LT_SCHEDULE_MULTISTEP)
        return;
    snprintf(group, sizeof group, "%s.lr_schedule", path);
    snprintf(key, sizeof key, "%s.lr_schedule.milestones", path);
    if (!m.n) {
        lt_fill_fault(f, lt_rules_place(f, root, group), key, "is required with type \"multistep\"");
        lt_fill_hint(f, "milestones = [\"80ep\", \"120ep\"];");
    }
    for (uint64_t i = 1; i < m.n; i++) {
        if (m.v[i].kind == m.v[i - 1].kind && m.v[i].n > m.v[i - 1].n)
            continue;
        lt_fill_fault(f, lt_rules_place(f, root, key), key, m.v[i].kind == m.v[i - 1].kind ?
                      "each must be later than the one before it" : "either all in steps or all in epochs");
        return;
    }
}

void lt_rules_check_training(lt_fill *f, const lt_node *root, const char *path, const lt_train_settings *t)
{
    check_length(f, root, path, t);
    check_nesterov(f, root, path, t);
    check_milestones(f, root, path, t);
}

bool lt_rules_names_directory(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..");
}

/* It becomes part of file names and of runs/NAME. */
static void check_name(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    if (!lt_rules_names_directory(s->run.name))
        lt_fill_fault(f, lt_rules_place(f, root, "run.name"), "run.name", "\"%s\" cannot name a directory",
                      s->run.name);
}

/* Trials that were meant to differ and do not. */
static void check_vary(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    if (s->run.trials < 2 || f->variant || !s->arch.weights || s->run.vary_bits != LT_VARY_INIT)
        return;
    lt_fill_fault(f, lt_rules_place(f, root, "run.vary"), "run.vary",
                  "leaves %" PRId64 " equal trials: with arch.weights no initial weights are drawn",
                  s->run.trials);
    lt_fill_hint(f, "vary = [\"order\"]; or trials = 1;");
}

void lt_rules_check(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    lt_settings again = *s;                   /* as an overlay on train sees them */
    again.train = s->retrain.train;
    for (size_t i = 0; i < lt_n_groups; i++) {
        const lt_group *g = &lt_groups[i];
        check_idle(f, root, g->path, g->over ? lt_group_find(g->over) : g, g->over ? &again : s);
    }
    check_name(f, root, s);
    check_vary(f, root, s);
    lt_rules_check_training(f, root, "train", &s->train);
    lt_rules_check_prune(f, root, s);
    lt_rules_check_retrain(f, root, s);
}

/* `within`: what stands before the group's name in messages. */
static void check_eithers(const lt_node *layer, const char *within, lt_diags *d)
{
    for (size_t i = 0; i < lt_n_eithers; i++) {
        const lt_node *group = lt_node_find(layer, lt_eithers[i].group), *first = NULL;
        char name[256];
        snprintf(name, sizeof name, "%s%s%s", within, *within ? "." : "", lt_eithers[i].group);
        for (const char *const *key = lt_eithers[i].key; *key; key++) {
            const lt_node *n = lt_node_child(group, *key);
            if (n && first)
                lt_diags_add(d, n->at, name, "%s and %s exclude one another", first->name, n->name);
            first = first ? first : n;
        }
    }
}

void lt_rules_check_layer(const lt_node *layer, lt_diags *d)
{
    const lt_node *variants = lt_node_child(layer, "variants");
    check_eithers(layer, "", d);
    for (size_t i = 0; variants && variants->kind == LT_NODE_LIST && i < variants->n; i++) {
        const lt_node *name = lt_node_child(variants->child[i], "name");
        char within[256];
        snprintf(within, sizeof within, "variants[%s]", name && name->kind == LT_NODE_STRING ? name->s : "");
        check_eithers(variants->child[i], within, d);
    }
    for (size_t i = 0; i < layer->n; i++)             /* --set 'variants[NAME].KEY=VALUE' */
        if (!strncmp(layer->child[i]->name, "variants[", 9))
            check_eithers(layer->child[i], layer->child[i]->name, d);
}
