/* Owns the rules between the keys of prune: which amounts, rounds and moments go together. Called by rules.c,
 * and for how many levels there are by variants.c. */
#include <inttypes.h>
#include <stdio.h>

#include "config/moment.h"
#include "config/rules.h"
#include "config/schema.h"

lt_amount lt_rules_amount(const lt_settings *s)
{
    const lt_amount all[] = {
        { "prune.rate", "rate", s->prune.rate, 0 },
        { "prune.sparsity", "sparsity", s->prune.sparsity, 1 },
        { "prune.density", "density", s->prune.density, -1 },
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].v.n)
            return all[i];
    return (lt_amount){ 0 };
}

int lt_rules_counts(const lt_settings *s)
{
    const lt_module *m = s->prune.mask.module;
    if (m && m->ops.mask.flags_of)
        return LT_COUNTS_PERHAPS;
    return m && m->ops.mask.flags & LTC_MASK_OWN_COUNT ? LT_COUNTS_ITSELF : LT_COUNTS_NOT;
}

int64_t lt_rules_levels(const lt_settings *s)
{
    const lt_amount a = lt_rules_amount(s);
    if (s->prune.strategy == LT_STRATEGY_NONE)
        return 0;
    if (s->prune.strategy == LT_STRATEGY_LAYERWISE || s->prune.strategy == LT_STRATEGY_SENSITIVITY)
        return LT_LEVELS_OF_NETWORK;
    if (s->prune.strategy == LT_STRATEGY_ITERATIVE && s->prune.rounds)
        return s->prune.rounds;
    return a.key ? (int64_t)a.v.n : 1;
}

static const char *word_of(int64_t strategy)
{
    return lt_schema_word(&lt_group_find("prune")->schema, "strategy", strategy);
}

static void check_mask(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    const lt_node *mask = lt_node_find(root, "prune.mask");
    if (s->prune.mask.module)
        return;
    lt_fill_fault(f, lt_rules_place(f, root, mask ? "prune.mask" : "prune"), "prune.mask.plugin",
                  "is required with strategy \"%s\"", word_of(s->prune.strategy));
    lt_fill_hint(f, "mask = { plugin = \"NAME\"; }; `ltcore list masks` shows the names");
}

static void check_amount(lt_fill *f, const lt_node *root, const lt_settings *s, lt_amount a)
{
    const int counts = lt_rules_counts(s);
    const bool matched = f->variant && f->variant->match != LT_MATCH_NONE;
    if (lt_rules_levels(s) == LT_LEVELS_OF_NETWORK && counts == LT_COUNTS_ITSELF) {
        lt_fill_fault(f, lt_rules_place(f, root, "prune.mask.plugin"), "prune.mask.plugin",
                      "%s fixes its own count over all tensors, and strategy \"%s\" prunes one at a time",
                      s->prune.mask.name, word_of(s->prune.strategy));
    } else if (a.key && counts == LT_COUNTS_ITSELF) {
        lt_fill_fault(f, lt_rules_place(f, root, a.key), a.key,
                      "does nothing with %s, which fixes its own count", s->prune.mask.name);
        lt_fill_hint(f, "remove it");
    } else if (!a.key && counts == LT_COUNTS_NOT && !matched) {
        lt_fill_fault(f, lt_rules_place(f, root, "prune"), "prune", "rate, sparsity or density is required");
        lt_fill_hint(f, "rate = 0.2;");
    }
}

void lt_rules_check_targets(lt_fill *f, lt_place at, const char *key, lt_amount a)
{
    for (uint64_t i = 1; i < a.v.n; i++) {
        const double step = (a.v.v[i] - a.v.v[i - 1]) * a.direction;
        if (step > 0)
            continue;
        lt_fill_fault(f, at, key, "each must be %s the one before it", a.direction > 0 ? "above" : "below");
        return;
    }
}

static void check_list(lt_fill *f, const lt_node *root, const lt_settings *s, lt_amount a)
{
    static const char key[] = "prune.rounds";
    const lt_place at = lt_rules_place(f, root, key);
    const int64_t rounds = s->prune.rounds;
    if (a.direction)
        lt_rules_check_targets(f, lt_rules_place(f, root, a.key), a.key, a);
    if (rounds && a.direction) {
        lt_fill_fault(f, at, key, "does nothing with a list: each %s is a level", a.leaf);
        lt_fill_hint(f, "remove it");
    } else if (rounds && (uint64_t)rounds != a.v.n) {
        lt_fill_fault(f, at, key, "%" PRId64 " is not the number of rates, %" PRIu64, rounds, a.v.n);
        lt_fill_hint(f, "remove it: each rate is a round");
    }
}

static void check_rounds(lt_fill *f, const lt_node *root, const lt_settings *s, lt_amount a)
{
    const bool matched = f->variant && f->variant->match != LT_MATCH_NONE;
    if (a.v.n > 1) {
        check_list(f, root, s, a);
    } else if (!s->prune.rounds && (a.key || !matched)) {
        lt_fill_fault(f, lt_rules_place(f, root, a.key ? a.key : "prune"), "prune.rounds",
                      "is required with %s %s", a.key ? "a single" : "the criterion",
                      a.key ? a.leaf : s->prune.mask.name);
        lt_fill_hint(f, "rounds = 10;");
    }
}

enum {
    DRAWN = 1u << LT_MOMENT_STEPS | 1u << LT_MOMENT_EPOCHS | 1u << LT_MOMENT_INIT | 1u << LT_MOMENT_END |
            1u << LT_MOMENT_BEST,
    REWOUND = 1u << LT_MOMENT_STEPS | 1u << LT_MOMENT_EPOCHS | 1u << LT_MOMENT_INIT
};

/* allowed: bit k: moments of kind k. */
static void check_moment(lt_fill *f, const lt_node *root, const lt_settings *s, const char *key, lt_moment m,
                         unsigned allowed)
{
    char text[LT_MOMENT_BYTES];
    const lt_place at = lt_rules_place(f, root, key);
    const int64_t length = m.kind == LT_MOMENT_STEPS    ? s->train.steps
                           : m.kind == LT_MOMENT_EPOCHS ? s->train.epochs
                                                        : -1;
    lt_moment_text(text, m);
    if (!(allowed >> m.kind & 1)) {
        lt_fill_fault(f, at, key, "\"%s\" is not possible here", text);
        lt_fill_hint(f, "write %s\"init\", \"500it\" or \"10ep\"",
                     allowed == DRAWN ? "\"end\", \"best\", " : "");
    } else if (length >= 0 && m.n > length) {
        lt_fill_fault(f, at, key, "\"%s\" is behind the end of a training, %" PRId64 "%s", text, length,
                      m.kind == LT_MOMENT_STEPS ? "it" : "ep");
    }
}

void lt_rules_check_prune(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    const lt_amount a = lt_rules_amount(s);
    if (s->prune.strategy == LT_STRATEGY_NONE)
        return;
    check_mask(f, root, s);
    if (s->prune.mask.module) {
        const size_t before = f->n_faults;
        check_amount(f, root, s, a);
        if (f->n_faults == before && s->prune.strategy == LT_STRATEGY_ITERATIVE)
            check_rounds(f, root, s, a);
        if (f->n_faults == before && s->prune.strategy == LT_STRATEGY_SENSITIVITY && a.direction)
            lt_rules_check_targets(f, lt_rules_place(f, root, a.key), a.key, a);
        if (f->n_faults == before)
            lt_rules_check_layers(f, root, s);
    }
    if (s->prune.pruned == LT_PRUNED_OR_ZERO_REVERSED && s->prune.strategy != LT_STRATEGY_ONE_SHOT &&
        s->prune.strategy != LT_STRATEGY_EARLY_BIRD && lt_rules_levels(s) > 1) {
        lt_fill_fault(
            f, lt_rules_place(f, root, "prune.pruned"), "prune.pruned",
            "cannot be reversed over several rounds: what stands at 0 since the last one has moved there");
        lt_fill_hint(f, "strategy = \"one-shot\";");
    }
    check_moment(f, root, s, "prune.draw_at", s->prune.draw_at, DRAWN);
    check_moment(f, root, s, "prune.rewind_to", s->prune.rewind_to, REWOUND);
}
