/* Owns the words of prune.layers, exclude and include, and what they mean in a network. Called once a run. */
#include <assert.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "prune/selection.h"
#include "prune/use.h"
#include "util/memory.h"
#include "util/suggest.h"

/* A word and its bits: operations (1 << LTC_OP_*) for layers, roles for the others. */
typedef struct word { const char *name; uint32_t bits; } word;
enum { N_WORDS = 2 };
enum { NORM = LTC_ROLE_NORM_GAIN | LTC_ROLE_NORM_BIAS };
static const word layers[N_WORDS]  = { { "conv", 1u << LTC_OP_CONV2D }, { "linear", 1u << LTC_OP_LINEAR } };
static const word exclude[N_WORDS] = { { "output", LTC_ROLE_OUTPUT }, { "shortcut", LTC_ROLE_SHORTCUT } };
static const word include[N_WORDS] = { { "bias", LTC_ROLE_BIAS }, { "norm", NORM } };
static_assert(LTC_OP_COUNT <= 32, "operations no longer fit the bits of a word");

/* NULL: it is not one of them. */
static const word *find(const word *known, const char *name)
{
    for (const word *w = known; w < known + N_WORDS; w++)
        if (!strcmp(w->name, name))
            return w;
    return NULL;
}

/* " (did you mean 'conv'?)" into text, or nothing. g NULL: the words alone, else parameters' names too. */
static void hint(const word *known, const ltc_graph *g, const char *name, char *text, size_t n)
{
    const uint32_t n_params = g ? g->n_params : 0;
    const char **names = lt_array(N_WORDS + (size_t)n_params, sizeof *names);
    text[0] = '\0';
    if (!names)
        return;
    for (size_t i = 0; i < N_WORDS; i++)
        names[i] = known[i].name;
    for (uint32_t p = 0; p < n_params; p++)
        names[N_WORDS + p] = ltc_graph_param(g, p)->name;
    const char *near = lt_suggest(name, names, N_WORDS + (size_t)n_params);
    if (near)
        snprintf(text, n, " (did you mean '%s'?)", near);
    free(names);
}

static ltc_status read_words(const char *option, const word *known, const ltc_strings *list, uint32_t *bits,
                             ltc_error *err)
{
    char near[96];
    for (uint64_t i = 0; i < list->n; i++) {
        const word *w = find(known, list->v[i]);
        if (!w) {
            hint(known, NULL, list->v[i], near, sizeof near);
            return ltc_fail_opt(err, option, "'%.80s' is neither '%s' nor '%s'%s", list->v[i], known[0].name,
                                known[1].name, near);
        }
        *bits |= w->bits;
    }
    return LTC_OK;
}

/* Takes out the parameters with that word's roles, or with names like that pattern. */
static ltc_status leave_out(const ltc_graph *g, const char *name, uint8_t *eligible, ltc_error *err)
{
    const word *w = find(exclude, name);
    bool matched = w;
    for (uint32_t p = 0; p < g->n_params; p++) {
        const ltc_param *param = ltc_graph_param(g, p);
        if (w ? !(param->role & w->bits) : fnmatch(name, param->name, 0) != 0)
            continue;
        eligible[p] = 0;
        matched = true;
    }
    if (matched)
        return LTC_OK;
    char near[256];
    hint(exclude, g, name, near, sizeof near);
    return ltc_fail_opt(err, "exclude", "'%.80s' matches no parameter of this network%s", name, near);
}

/* Do the layers and what is included speak of parameter p? */
static bool is_named(const ltc_graph *g, uint32_t p, uint32_t operations, uint32_t roles)
{
    const uint32_t role = ltc_graph_param(g, p)->role;
    const bool in_layer = operations >> lt_use_of(g, p) & 1;
    if (role & LTC_ROLE_WEIGHT)
        return in_layer;
    if (role & LTC_ROLE_BIAS)
        return in_layer && (roles & LTC_ROLE_BIAS);
    return role & roles;
}

ltc_status lt_eligible(const ltc_graph *g, const lt_settings *s, uint8_t *eligible, ltc_error *err)
{
    uint32_t operations = 0, roles = 0, n = 0;
    ltc_status st = read_words("layers", layers, &s->prune.layers, &operations, err);
    if (!st)
        st = read_words("include", include, &s->prune.include, &roles, err);
    for (uint32_t p = 0; p < g->n_params && !st; p++)
        eligible[p] = is_named(g, p, operations, roles);
    for (uint64_t i = 0; i < s->prune.exclude.n && !st; i++)
        st = leave_out(g, s->prune.exclude.v[i], eligible, err);
    for (uint32_t p = 0; p < g->n_params && !st; p++)
        n += eligible[p];
    if (!st && !n)
        return ltc_fail_opt(err, "layers", "no weight of this network may be pruned: layers, include and "
                            "exclude leave none");
    return st;
}
