/* Strategies: which levels follow from those that are done. They look at settings and at what is done, and at
 * nothing else, so that a stopped run goes on as if it had not been. */
#ifndef LT_PLAN_STRATEGY_H
#define LT_PLAN_STRATEGY_H

#include "prune/selection.h"

/* What a strategy looks at beside what is done: settings, and the parameters that can be pruned, in the order
 * of the network. */
typedef struct lt_strategy {
    const lt_settings *settings;
    const uint32_t    *layer;                 /* [n_layers] */
    uint32_t           n_layers;
} lt_strategy;

/* A level to make. Level 0 is the dense network and is not in it. */
#define LT_ALL_LAYERS UINT32_MAX
typedef struct lt_step_down {
    uint32_t  level, round;
    uint32_t  layer;                          /* the one parameter that is pruned, or LT_ALL_LAYERS */
    bool      chained;                        /* from the level before; else from the dense network */
    lt_budget budget;
    double    rate, target_sparsity;          /* as configured; NaN: not said */
} lt_step_down;

/* The level after `done` of them; false: there is none. [any] */
bool lt_strategy_next(const lt_strategy *s, uint32_t done, lt_step_down *next);

/* What an entry of prune.layer_rate asks of that level, in the place of its budget's value and of its
 * kind. [any] */
double lt_strategy_layer_value(const lt_settings *s, const lt_layer_rate *e, uint32_t done);

#endif
