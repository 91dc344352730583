/* Selection: from scores to an exact mask. Pure: the same inputs give the same bits.
 *
 * Weights that are ranked against one another form a pool: those of one parameter, of all, or of all that
 * feed the same kind of operation (scope). Of each pool the lowest scores go, ties by tensor and then
 * element, and of the alive weights alone: what was pruned stays pruned, and neither its score nor its number
 * is looked at. A score that is not finite is an error. Masks are bytes: 0 pruned, 1 kept. This header is
 * what the rest of the core sees of it. */
#ifndef LT_PRUNE_SELECTION_H
#define LT_PRUNE_SELECTION_H

#include <ltcore/backend.h>
#include <ltcore/mask.h>

#include "config/settings.h"
#include "graph/graph.h"
#include "plugin/host.h"

/* Masks by parameter index; NULL: the parameter is not eligible and has none. */
typedef struct lt_masks {
    uint32_t  n_params;
    uint8_t **mask;
} lt_masks;

/* All kept, for the parameters that `eligible` [n_params] marks. */
ltc_status lt_masks_create(const ltc_graph *g, const uint8_t *eligible, lt_masks *m, ltc_error *err);
ltc_status lt_masks_copy(const ltc_graph *g, const lt_masks *from, lt_masks *to, ltc_error *err);
void lt_masks_free(lt_masks *m);              /* safe on a zeroed one */
uint64_t lt_masks_total(const ltc_graph *g, const lt_masks *m);       /* weights that have a mask */
uint64_t lt_masks_alive(const ltc_graph *g, const lt_masks *m);       /* ones among them */
uint64_t lt_mask_alive(const uint8_t *mask, size_t n);                /* ones in one of them; NULL: none */

/* Which parameters the prune settings make eligible: the weights of `layers` ("conv", "linear"), with
 * `include` those layers' biases ("bias") and all gains and biases of normalisations ("norm"); less
 * `exclude`, which has the last word: "output", "shortcut", or patterns of parameter names as a shell's,
 * "*.downsample.*". Running statistics never. LTC_EOPTION with the option to blame for a word that is not
 * known, for a pattern that matches nothing, and when nothing is left; a known word may match nothing. */
ltc_status lt_eligible(const ltc_graph *g, const lt_settings *s, uint8_t *eligible, ltc_error *err);

/* What prune.layer_rate says of a parameter at one level. Those of one entry are one pool, whatever the
 * scope, but with scope layer, where each is its own. */
typedef struct lt_layer_budget {
    uint32_t entry;                           /* from 1; 0: none, and the run's budget counts */
    uint32_t unfactored;                      /* the entry names the output itself: no factor */
    double   value;                           /* in the place of the budget's, and of its kind */
} lt_layer_budget;

/* entry and unfactored of layer [n_params] for the parameters that `eligible` marks; of several entries
 * that match, the last. LTC_EOPTION for a pattern that matches nothing eligible, and for an entry that
 * later ones replace whole; a word may match nothing. */
ltc_status lt_layer_budgets(const ltc_graph *g, const lt_settings *s, const uint8_t *eligible,
                            lt_layer_budget *layer, ltc_error *err);

/* Can a criterion with these flags do what the settings ask of it? LTC_EOPTION with the option to blame. */
ltc_status lt_selection_check(const lt_settings *s, uint32_t flags, ltc_error *err);

/* How much of each pool goes, in double arithmetic and rounded half to even:
 *
 *   LT_BUDGET_RATE     value in [0, 1] is the share of the alive that goes: round(value * alive)
 *   LT_BUDGET_DENSITY  value in [0, 1] is the share of the eligible that stays: round(value * total), or all
 *                      that are alive if those are fewer: nothing is revived
 *
 * output in [0, 1]: factor on the rate, or on the sparsity 1 - density, of parameters tagged LTC_ROLE_OUTPUT.
 * It says something about one layer, and scores know no factors; so where a pool spans layers and the factor
 * is not 1, the output's parameters leave it and form a pool of their own. */
enum { LT_BUDGET_RATE, LT_BUDGET_DENSITY };
typedef struct lt_budget { uint32_t kind, pad; double value, output; } lt_budget;

/* allocation (scope layer): LT_ALLOCATION_ERK and _LAMP count the parameters that no entry of `layer` names
 * as one pool, whose number is shared out among them (allocation.h); LAMP reads the final weights. The factor
 * must be 1.
 *
 * min_alive: at least so many are kept in each parameter, or all that are alive. A pool that spans several
 * keeps its number as long as the floors fit in it; else, and in a pool of one, the floors are kept, which
 * is logged where a pool spans several. keep_one: a weight (LTC_ROLE_WEIGHT) of which nothing would be
 * left keeps its highest score, of equals the last element, over the number of its pool; with `exact` it
 * is a floor of 1 of each weight instead, but for one whose own count is matched and is 0. */

/* exact, when set: keep as many in each pool as exact [n_params] adds up to over its parameters, for a
 * control that matches another mask: scope layer matches each parameter's count, scope global the sum alone.
 * Budget, layer and allocation are then not looked at, the output is in the pool of its scope, and floors
 * that do not fit are an error.
 *
 * A criterion that counts for itself (LTC_MASK_OWN_COUNT) is asked once, about everything eligible; scope,
 * budget, layer and allocation are not looked at, and exact and min_alive are errors. Any other is asked
 * pool by pool: for scores if it has them, else to select so many. The densities that it is told are the
 * pool's. */
typedef struct lt_selection_request {
    const ltc_graph   *graph;
    const lt_module   *criterion;
    const void        *options;
    const lt_services *services;
    int64_t            scope;                 /* LT_SCOPE_* */
    lt_budget          budget;
    const lt_layer_budget *layer;             /* [n_params], or NULL: the budget for all */
    int64_t            allocation;            /* LT_ALLOCATION_* */
    uint64_t           min_alive;
    const uint64_t    *exact;                 /* [n_params], or NULL */
    uint32_t           round, keep_one;
    ltc_key            key;
    float *const      *init, *const *rewind, *const *final, *const *dense;   /* by parameter; NULL: unknown */
    const ltc_data_desc *train;               /* what probes pass over, at the weights
                                               * `final`; NULL: no probes */
    const ltc_input   *input;
    const lt_masks    *before;
} lt_selection_request;

/* *mask appears only when whole, for lt_masks_free. Faults of the plug-in are LTC_EINTERNAL and name it.
 * [serial] */
ltc_status lt_select(const lt_selection_request *r, lt_masks *mask, ltc_error *err);

/* Does the criterion fix its own count? And what does it read (LTC_NEED_*)? Makes an instance, so that
 * options which the criterion refuses are refused here; so is a criterion that this core cannot serve. */
ltc_status lt_criterion_flags(const lt_module *criterion, const void *options, const lt_services *services,
                              uint32_t *flags, ltc_error *err);

#endif
