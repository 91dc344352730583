/* The strategies, each from what is done to the next level. Called by the plan. */
#include "plan/strategy.h"

#include <math.h>

/* Which of rate, sparsity and density is given, and its i-th value: the budget of a level. */
static void set_budget(const lt_settings *s, uint64_t i, lt_step_down *d)
{
    const double output = s->prune.output;
    if (i < s->prune.rate.n) {
        d->rate = s->prune.rate.v[i];
        d->budget = (lt_budget){ LT_BUDGET_RATE, 0, d->rate, output };
    } else if (i < s->prune.sparsity.n) {
        d->target_sparsity = s->prune.sparsity.v[i];
        d->budget = (lt_budget){ LT_BUDGET_DENSITY, 0, 1 - d->target_sparsity, output };
    } else if (i < s->prune.density.n) {
        d->target_sparsity = 1 - s->prune.density.v[i];
        d->budget = (lt_budget){ LT_BUDGET_DENSITY, 0, s->prune.density.v[i], output };
    }
}

static uint64_t values_given(const lt_settings *s)
{
    return s->prune.rate.n + s->prune.sparsity.n + s->prune.density.n;
}

/* One target in n rounds: 1 - (1 - s)^(1/n) of the alive in each. */
static double rate_in_rounds(const lt_settings *s, double left)
{
    return 1 - pow(left, 1 / (double)s->prune.rounds);
}

static bool is_in_rounds(const lt_settings *s)
{
    return s->prune.strategy == LT_STRATEGY_ITERATIVE && s->prune.rounds && !s->prune.rate.n &&
           values_given(s) == 1;
}

static void share_out(const lt_settings *s, lt_step_down *d)
{
    const double left = s->prune.density.n ? s->prune.density.v[0] : 1 - s->prune.sparsity.v[0];
    d->target_sparsity = 1 - left;
    d->rate = rate_in_rounds(s, left);
    d->budget = (lt_budget){ LT_BUDGET_RATE, 0, d->rate, s->prune.output };
}

/* A scalar is repeated over the rounds, a list has one value a round; no value: the criterion
 * counts for itself. */
static bool iterative(const lt_strategy *about, uint32_t done, lt_step_down *d)
{
    const lt_settings *s = about->settings;
    const uint64_t given = values_given(s), rounds = s->prune.rounds ? (uint64_t)s->prune.rounds : given;
    if (done >= rounds)
        return false;
    d->chained = true;
    if (is_in_rounds(s))
        share_out(s, d);
    else
        set_budget(s, given == 1 ? 0 : done, d);
    return true;
}

static bool one_shot(const lt_strategy *about, uint32_t done, lt_step_down *d)
{
    const uint64_t given = values_given(about->settings);
    if (done >= (given ? given : 1))
        return false;
    set_budget(about->settings, done, d);
    return true;
}

/* Li et al. 2017, section 3.4: a layer is pruned and the network retrained before the next one is. A list has
 * one value a tensor. */
static bool layerwise(const lt_strategy *about, uint32_t done, lt_step_down *d)
{
    if (done >= about->n_layers)
        return false;
    d->chained = true;
    d->layer = about->layer[done];
    set_budget(about->settings, values_given(about->settings) == 1 ? 0 : done, d);
    return true;
}

/* Han et al. 2015, figure 6; Li et al. 2017, figure 2: every amount of the first tensor, then of the next. */
static bool sensitivity(const lt_strategy *about, uint32_t done, lt_step_down *d)
{
    const uint64_t given = values_given(about->settings);
    if (!given || done / given >= about->n_layers)
        return false;
    d->round = 1;
    d->layer = about->layer[done / given];
    set_budget(about->settings, done % given, d);
    return true;
}

static bool none(const lt_strategy *about, uint32_t done, lt_step_down *d)
{
    (void)about, (void)done, (void)d;
    return false;
}

bool lt_strategy_next(const lt_strategy *s, uint32_t done, lt_step_down *next)
{
    static bool (*const strategy[])(const lt_strategy *, uint32_t, lt_step_down *) = {
        [LT_STRATEGY_ITERATIVE] = iterative, [LT_STRATEGY_ONE_SHOT] = one_shot,
        [LT_STRATEGY_LAYERWISE] = layerwise, [LT_STRATEGY_SENSITIVITY] = sensitivity,
        [LT_STRATEGY_EARLY_BIRD] = one_shot, [LT_STRATEGY_NONE] = none,
    };
    *next = (lt_step_down){
        .level = done + 1, .round = done + 1, .layer = LT_ALL_LAYERS, .rate = NAN, .target_sparsity = NAN,
        .budget = { LT_BUDGET_RATE, 0, 0, s->settings->prune.output },
    };
    return strategy[s->settings->prune.strategy](s, done, next);
}

double lt_strategy_layer_value(const lt_settings *s, const lt_layer_rate *e, uint32_t done)
{
    const ltc_reals *v = e->rate.n ? &e->rate : e->sparsity.n ? &e->sparsity : &e->density;
    const double value = v->v[v->n > 1 ? done : 0], left = e->sparsity.n ? 1 - value : value;
    if (e->rate.n)
        return value;
    return is_in_rounds(s) ? rate_in_rounds(s, left) : left;
}
