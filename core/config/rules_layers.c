/* Owns the rules of what layers have of their own: layer_rate, allocation, min_alive. Called by
 * rules_prune.c when the run's own amount has passed. */
#include <inttypes.h>
#include <stdio.h>

#include "config/rules.h"

enum { KEY_BYTES = 96 };

/* The amount of an entry, of which `given` counts how many it has. */
static lt_amount amount_of(const lt_layer_rate *e, int *given)
{
    const lt_amount all[] = {
        { NULL, "rate", e->rate, 0 },
        { NULL, "sparsity", e->sparsity, 1 },
        { NULL, "density", e->density, -1 },
    };
    lt_amount first = { 0 };
    *given = 0;
    for (size_t i = sizeof all / sizeof all[0]; i-- > 0;)
        if (all[i].v.n) {
            first = all[i];
            ++*given;
        }
    return first;
}

/* One target that is reached in rounds has no levels of its own. */
static bool is_in_rounds(const lt_settings *s, lt_amount run)
{
    return s->prune.strategy == LT_STRATEGY_ITERATIVE && s->prune.rounds && run.direction && run.v.n == 1;
}

static void check_length(lt_fill *f, lt_place at, const char *key, const lt_settings *s, lt_amount run,
                         lt_amount own)
{
    const uint64_t levels = (uint64_t)lt_rules_levels(s);
    if (own.v.n > 1 && is_in_rounds(s, run)) {
        lt_fill_fault(f, at, key, "is a list, and the run's %s is one target that is reached in rounds",
                      run.leaf);
        lt_fill_hint(f, "write one number");
    } else if (own.v.n > 1 && levels == LT_LEVELS_OF_NETWORK) {
        lt_fill_fault(f, at, key, "is a list, and each tensor is pruned at one level");
        lt_fill_hint(f, "write one number");
    } else if (own.v.n > 1 && own.v.n != levels) {
        lt_fill_fault(f, at, key, "has %" PRIu64 " elements, and there are %" PRIu64 " levels", own.v.n,
                      levels);
        lt_fill_hint(f, "write one number, or one a level");
    } else if (own.direction) {
        lt_rules_check_targets(f, at, key, own);
    }
}

static void check_entry(lt_fill *f, lt_place at, uint64_t i, const lt_settings *s, lt_amount run)
{
    int given;
    char key[KEY_BYTES];
    const lt_amount own = amount_of(&s->prune.layer_rate.v[i], &given);
    snprintf(key, sizeof key, "prune.layer_rate[%" PRIu64 "]%s%s", i + 1, given == 1 ? "." : "",
             given == 1 ? own.leaf : "");
    if (!given) {
        lt_fill_fault(f, at, key, "rate, sparsity or density is required");
        lt_fill_hint(f, "%s = 0.1;", run.key ? run.leaf : "rate");
    } else if (given > 1) {
        lt_fill_fault(f, at, key, "rate, sparsity and density exclude one another");
    } else if (run.key && !own.direction != !run.direction) {
        lt_fill_fault(f, at, key, "the run has a %s: amounts are either all rates or all targets", run.leaf);
        lt_fill_hint(f, "write its %s, or layer_rate = (); to have none", run.leaf);
    } else {
        check_length(f, at, key, s, run, own);
    }
}

static void check_counted(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    const struct { const char *key; bool set; } all[] = {
        { "prune.layer_rate", s->prune.layer_rate.n > 0 },
        { "prune.allocation", s->prune.allocation != LT_ALLOCATION_UNIFORM },
        { "prune.min_alive", s->prune.min_alive > 0 },
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!all[i].set)
            continue;
        lt_fill_fault(f, lt_rules_place(f, root, all[i].key), all[i].key,
                      "does nothing with %s, which fixes its own count", s->prune.mask.name);
        lt_fill_hint(f, "remove it");
    }
}

void lt_rules_check_layers(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    const lt_node *list = lt_node_find(root, "prune.layer_rate");         /* entries come from nowhere else */
    const lt_amount run = lt_rules_amount(s);
    if (lt_rules_counts(s) == LT_COUNTS_ITSELF) {
        check_counted(f, root, s);
        return;
    }
    for (uint64_t i = 0; i < s->prune.layer_rate.n; i++)
        check_entry(f, list->child[i]->at, i, s, run);
}
