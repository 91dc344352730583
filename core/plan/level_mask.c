/* Draws the selection mask of a level, or finds it. Called by level.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/key.h"
#include "plan/facts.h"
#include "plan/level_mask.h"

void lt_mask_inputs_close(lt_mask_inputs *in)
{
    for (int i = 0; i < 4; i++)
        lt_state_free(&in->state[i]);
    lt_masks_free(&in->before);
    free(in->exact);
    free(in->layer);
}

/* A mask of ones, or the one of the level before in a chain. */
static ltc_status mask_before(lt_worker *w, const lt_job *j, lt_mask_inputs *in, ltc_error *err)
{
    const ltc_graph *g = &w->experiment->graph.view;
    const lt_job *before = &w->plan->job[j->before];
    if (j->step.chained && before->outcome.has_selection) {
        in->before_name = before->outcome.selection;
        return lt_worker_masks(w, &before->outcome.selection, &in->before, err);
    }
    uint8_t *eligible = lt_array(g->n_params, 1);
    ltc_status st = eligible ? lt_eligible(g, j->settings, eligible, err)
                             : ltc_fail(err, LTC_ENOMEM, "no memory for a mask");
    if (!st)
        st = lt_masks_create(g, eligible, &in->before, err);
    if (!st)
        st = lt_masks_name(g, in->before.mask, &in->before_name, err);
    free(eligible);
    return st;
}

/* A control that matches keeps as many weights as the main line's mask: in each layer, or of all. */
static ltc_status match_main(lt_worker *w, const lt_job *j, lt_mask_inputs *in, ltc_error *err)
{
    lt_selection_request *r = &in->request;
    const ltc_graph *g = r->graph;
    lt_masks main = { 0 };
    if (!j->line->variant || j->line->variant->match == LT_MATCH_NONE)
        return LTC_OK;
    const ltc_status st = lt_worker_masks(w, &w->plan->job[j->main].outcome.selection, &main, err);
    in->exact = lt_array(g->n_params, sizeof *in->exact);
    for (uint32_t p = 0; !st && in->exact && p < g->n_params; p++)
        in->exact[p] = main.mask[p] ? lt_mask_alive(main.mask[p], ltc_graph_param(g, p)->n) : 0;
    r->exact = in->exact;
    r->scope = j->line->variant->match == LT_MATCH_LAYER_DENSITY ? LT_SCOPE_LAYER : LT_SCOPE_GLOBAL;
    lt_masks_free(&main);
    return st || in->exact ? st : ltc_fail(err, LTC_ENOMEM, "no memory for a mask");
}

/* All but one keep what they have. */
static void spare_others(const lt_job *j, uint32_t n, lt_layer_budget *layer)
{
    const lt_layer_budget spared = {
        .entry = (uint32_t)j->settings->prune.layer_rate.n + 1,
        .value = j->step.budget.kind != LT_BUDGET_RATE,
    };
    for (uint32_t p = 0; p < n; p++)
        if (p != j->step.layer)
            layer[p] = spared;
}

/* What layers have of their own at this level, for a mask that matches no other. */
static ltc_status own_layers(const lt_job *j, lt_mask_inputs *in, ltc_error *err)
{
    const lt_settings *s = j->settings;
    lt_selection_request *r = &in->request;
    const uint32_t n = r->graph->n_params;
    if (r->exact || (!s->prune.layer_rate.n && j->step.layer == LT_ALL_LAYERS))
        return LTC_OK;
    uint8_t *eligible = lt_array(n, 1);
    in->layer = lt_array(n, sizeof *in->layer);
    ltc_status st = eligible && in->layer ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for a mask");
    for (uint32_t p = 0; p < n && !st; p++)
        eligible[p] = in->before.mask[p] != NULL;
    if (!st)
        st = lt_layer_budgets(r->graph, s, eligible, in->layer, err);
    for (uint32_t p = 0; p < n && !st; p++)
        if (in->layer[p].entry)
            in->layer[p].value = lt_strategy_layer_value(s, &s->prune.layer_rate.v[in->layer[p].entry - 1],
                                                         j->step.level - 1);
    if (!st && j->step.layer != LT_ALL_LAYERS)
        spare_others(j, n, in->layer);
    r->layer = in->layer;
    free(eligible);
    return st;
}

ltc_status lt_mask_inputs_open(lt_worker *w, lt_job *j, lt_mask_inputs *in, ltc_error *err)
{
    const lt_experiment *e = w->experiment;
    const lt_plugin_setting *mask = &j->settings->prune.mask;
    uint64_t instance;
    ltc_status st = lt_level_instance(j, &instance, err);
    *in = (lt_mask_inputs){ .train = lt_data_desc(&e->data, LT_TRAIN) };
    in->request = (lt_selection_request){
        .graph = &e->graph.view, .criterion = mask->module, .options = mask->options, .services = e->services,
        .scope = j->settings->prune.scope, .budget = j->step.budget, .round = j->step.round,
        .before = &in->before, .allocation = j->settings->prune.allocation,
        .min_alive = (uint64_t)j->settings->prune.min_alive,
        .keep_one = j->settings->prune.collapse == LT_COLLAPSE_KEEP_ONE,
        .key = lt_regime_key(j->regime, LT_KEY_MASK, j->trial, instance),
    };
    if (j->regime->criterion_flags & LTC_NEED_PROBE)
        in->request.train = &in->train, in->request.input = &e->normalisation.input;
    if (!st)
        st = mask_before(w, j, in, err);
    if (!st)
        st = match_main(w, j, in, err);
    return st ? st : own_layers(j, in, err);
}

/* What the criterion, or the allocation, asked for. */
ltc_status lt_mask_inputs_key(const lt_worker *w, const lt_job *j, lt_mask_inputs *in, lt_digest *key,
                              ltc_error *err)
{
    const lt_selection_request *r = &in->request;
    const bool weighs = r->allocation == LT_ALLOCATION_LAMP && !r->exact;
    const uint32_t flags = j->regime->criterion_flags | (weighs ? LTC_NEED_FINAL : 0);
    in->name[0] = flags & LTC_NEED_INIT ? &w->plan->job[j->dense].outcome.init : NULL;
    in->name[1] = flags & LTC_NEED_REWIND ? lt_plan_rewound(w->plan, j) : NULL;
    in->name[2] = flags & (LTC_NEED_FINAL | LTC_NEED_PROBE) ? lt_plan_drawn(w->plan, j) : NULL;
    in->name[3] = flags & LTC_NEED_DENSE ? lt_plan_dense(w->plan, j) : NULL;
    return lt_identity_select(&w->experiment->identity, r, &j->regime->criterion, in->name, &in->before_name,
                              key, err);
}

static ltc_status fetch_states(lt_worker *w, lt_mask_inputs *in, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (int i = 0; i < 4 && !st; i++) {
        lt_state_free(&in->state[i]);         /* of a mask before */
        if (!in->name[i])
            continue;
        st = lt_state_create(&w->experiment->graph.view, &in->state[i], err);
        if (!st)
            st = lt_worker_state(w, in->name[i], &in->state[i], err);
    }
    return st;
}

ltc_status lt_mask_inputs_draw(lt_worker *w, lt_mask_inputs *in, lt_masks *made, ltc_error *err)
{
    lt_selection_request *r = &in->request;
    ltc_status st = fetch_states(w, in, err);
    r->init = in->name[0] ? in->state[0].value : NULL;
    r->rewind = in->name[1] ? in->state[1].value : NULL;
    r->final = in->name[2] ? in->state[2].value : NULL;
    r->dense = in->name[3] ? in->state[3].value : NULL;
    if (st)
        return st;
    lt_cohort_leave(w->crew->cohort);         /* it may take long, and the others train on and
                                               * keep their claims */
    st = lt_select(r, made, err);
    lt_cohort_enter(w->crew->cohort);
    return st;
}

static ltc_status compute(lt_worker *w, lt_mask_inputs *in, lt_digest *selection, ltc_error *err)
{
    lt_masks made = { 0 };
    ltc_status st = lt_worker_may_compute(w, err);
    if (!st)
        st = lt_mask_inputs_draw(w, in, &made, err);
    if (!st)
        st = lt_masks_put(w->store, in->request.graph, made.mask, selection, err);
    lt_masks_free(&made);
    return st;
}

static ltc_status select_own(lt_worker *w, lt_job *j, lt_mask_inputs *in, lt_digest *selection,
                             ltc_error *err)
{
    lt_digest key;
    bool found = false;
    ltc_status st = lt_mask_inputs_key(w, j, in, &key, err);
    if (!st) {
        lt_outcome_rests_on(&j->outcome, &key);
        st = lt_facts_get(w->store, &key, selection, 1, &found, err);
    }
    if (st || found)
        return st;
    st = compute(w, in, selection, err);
    return st ? st : lt_facts_put(w->store, &key, selection, 1, err);
}

ltc_status lt_level_select(lt_worker *w, lt_job *j, lt_digest *selection, ltc_error *err)
{
    lt_mask_inputs in;
    if (j->line->variant && j->line->variant->masks == LT_MASKS_MAIN) {
        *selection = w->plan->job[j->main].outcome.selection;
        return lt_level_watch(w, j, NULL, err);
    }
    ltc_status st = lt_mask_inputs_open(w, j, &in, err);
    if (!st)
        st = lt_level_watch(w, j, &in, err);
    if (!st)
        st = select_own(w, j, &in, selection, err);
    lt_mask_inputs_close(&in);
    return st;
}
