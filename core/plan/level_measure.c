/* Measures a state under a mask without training it. Called by level.c. */
#include <string.h>

#include "plan/facts.h"
#include "plan/worker.h"

/* The state with +0.0 at pruned places. */
static ltc_status masked_state(lt_worker *w, const lt_digest *state, const lt_digest *selection, lt_state *s,
                               ltc_error *err)
{
    const ltc_graph *g = &w->experiment->graph.view;
    lt_masks m = { 0 };
    ltc_status st = lt_worker_state(w, state, s, err);
    if (!st)
        st = lt_worker_masks(w, selection, &m, err);
    for (uint32_t p = 0; p < g->n_params && !st; p++)
        for (size_t i = 0; m.mask[p] && i < ltc_graph_param(g, p)->n; i++)
            if (!m.mask[p][i])
                s->value[p][i] = s->slot1[p][i] = s->slot2[p][i] = 0;
    lt_masks_free(&m);
    return st;
}

static ltc_status compute(lt_worker *w, const lt_job *j, const lt_digest *state, const lt_digest *selection,
                          lt_evaluation *e, ltc_error *err)
{
    const lt_experiment *x = w->experiment;
    lt_session *session;
    lt_state s = { 0 };
    ltc_status st = lt_worker_session(w, j->regime, &session, err);
    if (!st)
        st = lt_state_create(&x->graph.view, &s, err);
    if (!st)
        st = masked_state(w, state, selection, &s, err);
    if (!st) {
        lt_session_put(session, &s);
        st = lt_evaluate(session, &x->data, LT_VALIDATION, w->watcher, e, err);
    }
    if (!st)
        st = lt_evaluate(session, &x->data, LT_TEST, w->watcher, e, err);
    lt_state_free(&s);
    return st;
}

ltc_status lt_level_measure(lt_worker *w, lt_job *j, const lt_digest *state, const lt_digest *selection,
                            lt_measure at[LT_M_SPLITS], ltc_error *err)
{
    static const uint32_t split[] = { LT_VALIDATION, LT_TEST };
    lt_digest key[2];
    lt_count there[2];
    bool found = true;
    ltc_status st = LTC_OK;
    for (int i = 0; i < 2 && !st; i++) {
        bool one = false;
        st = lt_identity_measure(&w->experiment->identity, state, selection, split[i], &key[i], err);
        if (!st) {
            lt_outcome_rests_on(&j->outcome, &key[i]);
            st = lt_count_get(w->store, &key[i], &there[i], &one, err);
        }
        found = found && one;
    }
    lt_evaluation e = { 0 };
    if (!st && !found)
        st = compute(w, j, state, selection, &e, err);
    for (int i = 0; i < 2 && !st; i++) {
        if (!found) {
            there[i] = (lt_count){ e.loss[split[i]], e.correct[split[i]], e.n[split[i]] };
            st = lt_count_put(w->store, &key[i], &there[i], err);
        }
        at[split[i]] = (lt_measure){ there[i].loss, there[i].correct, there[i].n };
    }
    return st;
}
