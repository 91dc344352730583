/* Owns the question which entry of prune.layer_rate speaks of a parameter, and whether a criterion can do
 * what prune asks beside a budget. Called before anything is trained, and once for each mask that is
 * drawn. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "prune/selection.h"
#include "prune/use.h"
#include "util/memory.h"
#include "util/suggest.h"

/* A word: parameters that feed an operation, or that have a role. */
static const struct word { const char *name; uint32_t operation, roles; } words[] = {
    { "conv", LTC_OP_CONV2D, 0 }, { "linear", LTC_OP_LINEAR, 0 },
    { "output", LTC_OP_NONE, LTC_ROLE_OUTPUT }, { "shortcut", LTC_OP_NONE, LTC_ROLE_SHORTCUT },
};
enum { N_WORDS = sizeof words / sizeof words[0] };

/* NULL: it is a pattern. */
static const struct word *find(const char *match)
{
    for (size_t i = 0; i < N_WORDS; i++)
        if (!strcmp(words[i].name, match))
            return &words[i];
    return NULL;
}

static bool speaks_of(const ltc_graph *g, uint32_t p, const char *match)
{
    const ltc_param *param = ltc_graph_param(g, p);
    const struct word *w = find(match);
    if (!w)
        return fnmatch(match, param->name, 0) == 0;
    return w->operation ? lt_use_of(g, p) == w->operation : param->role & w->roles;
}

static ltc_status nothing_matched(const ltc_graph *g, const char *match, ltc_error *err)
{
    const char **names = lt_array(N_WORDS + (size_t)g->n_params, sizeof *names);
    if (!names)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the names of parameters");
    for (size_t i = 0; i < N_WORDS; i++)
        names[i] = words[i].name;
    for (uint32_t p = 0; p < g->n_params; p++)
        names[N_WORDS + p] = ltc_graph_param(g, p)->name;
    const char *near = lt_suggest(match, names, N_WORDS + (size_t)g->n_params);
    const ltc_status st = ltc_fail_opt(err, "layer_rate", "'%.80s' matches no parameter of this network that "
                                       "may be pruned%s%s%s", match, near ? " (did you mean '" : "",
                                       near ? near : "", near ? "'?)" : "");
    free(names);
    return st;
}

/* Entry i takes what it matches from those before it. */
static ltc_status take(const ltc_graph *g, const char *match, uint32_t i, const uint8_t *eligible,
                       lt_layer_budget *layer, ltc_error *err)
{
    const bool whole_name = !strpbrk(match, "*?[");
    bool matched = find(match);
    for (uint32_t p = 0; p < g->n_params; p++) {
        if (!eligible[p] || !speaks_of(g, p, match))
            continue;
        layer[p].entry = i + 1;
        layer[p].unfactored = !strcmp(match, "output") || (whole_name && !find(match));
        matched = true;
    }
    return matched ? LTC_OK : nothing_matched(g, match, err);
}

/* An entry that has lost all it matched could not act. */
static ltc_status check_left(const ltc_graph *g, const char *match, uint32_t i, const uint8_t *eligible,
                             const lt_layer_budget *layer, ltc_error *err)
{
    bool matches = false, left = false;
    for (uint32_t p = 0; p < g->n_params; p++)
        if (eligible[p] && speaks_of(g, p, match)) {
            matches = true;
            left |= layer[p].entry == i + 1;
        }
    if (!matches || left)
        return LTC_OK;
    return ltc_fail_opt(err, "layer_rate", "all that '%.80s' matches is matched by later entries too, and "
                        "the last one counts: put it behind them, or remove it", match);
}

ltc_status lt_layer_budgets(const ltc_graph *g, const lt_settings *s, const uint8_t *eligible,
                            lt_layer_budget *layer, ltc_error *err)
{
    const lt_layer_rates *rates = &s->prune.layer_rate;
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < g->n_params; p++)
        layer[p] = (lt_layer_budget){ 0 };
    for (uint32_t i = 0; i < rates->n && !st; i++)
        st = take(g, rates->v[i].match, i, eligible, layer, err);
    for (uint32_t i = 0; i < rates->n && !st; i++)
        st = check_left(g, rates->v[i].match, i, eligible, layer, err);
    return st;
}

ltc_status lt_selection_check(const lt_settings *s, uint32_t flags, ltc_error *err)
{
    const lt_plugin_setting *mask = &s->prune.mask;
    const bool counts = flags & LTC_MASK_OWN_COUNT, scores = mask->module->ops.mask.score && !counts;
    const struct { bool set; const char *option; } shares[] = {
        { s->prune.layer_rate.n > 0, "layer_rate" },
        { s->prune.allocation != LT_ALLOCATION_UNIFORM, "allocation" },
        { s->prune.min_alive > 0, "min_alive" },
    };
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        if (counts && shares[i].set)
            return ltc_fail_opt(err, shares[i].option, "does nothing with %s, which fixes its own count",
                                mask->name);
    if (s->prune.min_alive > 0 && s->prune.scope != LT_SCOPE_LAYER && !scores)
        return ltc_fail_opt(err, "min_alive", "%s chooses weights as a whole, without scores, and cannot "
                            "keep some of each tensor: choose scope \"layer\"", mask->name);
    if (s->prune.collapse == LT_COLLAPSE_KEEP_ONE && !scores)
        return ltc_fail_opt(err, "collapse", "\"keep-one\" needs scores to choose one weight by, and %s has "
                            "none: choose \"warn\" or \"stop\"", mask->name);
    return LTC_OK;
}
