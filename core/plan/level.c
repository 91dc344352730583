/* Does a level from its mask to its measurements. Called by the executor's workers. */
#include "plan/level.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/key.h"
#include "plan/facts.h"
#include "plan/worker.h"
#include "train/init.h"

/* A level at work: what its treatment gave, and its trajectory. */
typedef struct work {
    lt_worker    *w;
    lt_job       *j;
    lt_digest     start, training_mask;
    lt_state      state;                      /* the start state, fetched when it is needed */
    uint64_t      first_step;
    lt_trajectory trajectory;
    lt_claim     *claim;                      /* while it trains */
    bool          lost;                       /* the claim was taken over */
    lt_watcher    watcher;                    /* the worker's, with a heartbeat for the claim */
} work;

static const ltc_graph *graph_of(const lt_worker *w)
{
    return &w->experiment->graph.view;
}

/* State 0 of the job's trial. */
static ltc_status initial_state(lt_worker *w, lt_job *j, lt_digest *init, ltc_error *err)
{
    const ltc_key key = lt_regime_key(j->regime, LT_KEY_INIT, j->trial, 0);
    lt_digest name;
    lt_state s = { 0 };
    bool found = false;
    ltc_status st = lt_identity_init(&w->experiment->identity, j->regime, key, &name, err);
    if (!st) {
        lt_outcome_rests_on(&j->outcome, &name);
        st = lt_facts_get(w->store, &name, init, 1, &found, err);
    }
    if (st || found)
        return st;
    st = lt_worker_may_compute(w, err);
    if (!st)
        st = lt_state_create(graph_of(w), &s, err);
    if (!st) {
        lt_regime_initial(j->regime, j->trial, &s);
        st = lt_snapshot_put(w->store, &s, LT_SNAPSHOT_WHOLE, init, err);
    }
    lt_state_free(&s);
    return st ? st : lt_facts_put(w->store, &name, init, 1, err);
}

/* Without memory there is no number: any other would give draws of another level, and nobody would see it. */
ltc_status lt_level_instance(const lt_job *j, uint64_t *instance, ltc_error *err)
{
    lt_text t = { 0 };
    lt_digest d = { { 0 } };
    lt_text_add(&t, "%s/%u/%u", j->line->name, j->step.level, j->draw);
    const bool ok = !t.failed && lt_digest_of(t.s, t.n, &d);
    memcpy(instance, d.byte, sizeof *instance);
    lt_text_free(&t);
    return ok ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for the key of a level");
}

/* Where each of init, rewind and final comes from; a control takes all of them from the dense network. */
static void treatment_inputs(const work *k, const lt_treatment *t, const lt_digest *state[3])
{
    const lt_treatment_needs needs = lt_treatment_reads(t);
    state[0] = &k->w->plan->job[k->j->dense].outcome.init;
    state[1] = needs.rewind ? lt_plan_rewound(k->w->plan, k->j) : NULL;
    state[2] = needs.final ? lt_plan_drawn(k->w->plan, k->j) : NULL;
}

static ltc_status put_start(work *k, const lt_masks *selection, const lt_treatment *t,
                            const lt_digest *name[3], ltc_error *err)
{
    lt_state in[3] = { { 0 } }, start = { 0 };
    ltc_status st = lt_state_create(graph_of(k->w), &start, err);
    for (int i = 0; i < 3 && !st; i++)
        if (name[i] && !(st = lt_state_create(graph_of(k->w), &in[i], err)))
            st = lt_worker_state(k->w, name[i], &in[i], err);
    if (!st)
        st = lt_treat(t, selection, name[0] ? &in[0] : NULL, name[1] ? &in[1] : NULL, name[2] ? &in[2] : NULL,
                      &start, err);
    if (!st)
        st = lt_snapshot_put(k->w->store, &start, LT_SNAPSHOT_WHOLE, &k->start, err);
    if (!st)
        st = lt_masks_put(k->w->store, graph_of(k->w), start.mask, &k->training_mask, err);
    for (int i = 0; i < 3; i++)
        lt_state_free(&in[i]);
    lt_state_free(&start);
    return st;
}

/* What the optimizer has gathered, and where it comes from. */
static int64_t slots_of(const lt_job *j)
{
    const lt_settings *s = j->settings;
    const bool fresh = s->retrain.optimizer_state == LT_OPTIMIZER_STATE_FRESH;
    if (j->regime->goes_on)
        return fresh ? LT_SLOTS_OF_KEPT : LT_SLOTS_DRAWN;
    return fresh && s->prune.kept == LT_KEPT_REWIND ? LT_SLOTS_NONE : LT_SLOTS_OF_KEPT;
}

static uint64_t first_step_of(const work *k)
{
    const lt_regime *r = k->j->regime;
    return r->goes_on ? lt_plan_drawn_step(k->w->plan, k->j)
                      : k->j->settings->prune.kept == LT_KEPT_REWIND ? r->rewind_to : 0;
}

/* From the selection to a start state and a training mask. */
static ltc_status treat(work *k, ltc_error *err)
{
    const lt_settings *s = k->j->settings;
    uint64_t instance;
    ltc_status st = lt_level_instance(k->j, &instance, err);
    const lt_treatment t = {
        .kept = s->prune.kept, .pruned = s->prune.pruned, .rescale = s->prune.rescale,
        .noise = s->prune.noise, .init = s->arch.init, .slots = slots_of(k->j),
        .key = lt_regime_key(k->j->regime, LT_KEY_REINIT, k->j->trial, instance),
    };
    const lt_digest *state[3];
    lt_digest key, gave[2];
    lt_masks selection = { 0 };
    bool found = false;
    treatment_inputs(k, &t, state);
    k->first_step = first_step_of(k);
    if (!st)
        st = lt_identity_treat(&k->w->experiment->identity, &t, &k->j->outcome.selection, state, &key, err);
    if (!st) {
        lt_outcome_rests_on(&k->j->outcome, &key);
        st = lt_facts_get(k->w->store, &key, gave, 2, &found, err);
    }
    if (!st && found) {
        k->start = gave[0], k->training_mask = gave[1];
        return LTC_OK;
    }
    if (!st)
        st = lt_worker_may_compute(k->w, err);
    if (!st)
        st = lt_worker_masks(k->w, &k->j->outcome.selection, &selection, err);
    if (!st)
        st = put_start(k, &selection, &t, state, err);
    lt_masks_free(&selection);
    gave[0] = k->start, gave[1] = k->training_mask;
    return st ? st : lt_facts_put(k->w->store, &key, gave, 2, err);
}

static ltc_status fetch_start(work *k, ltc_error *err)
{
    lt_masks masks = { 0 };
    ltc_status st = lt_state_create(graph_of(k->w), &k->state, err);
    if (!st)
        st = lt_worker_state(k->w, &k->start, &k->state, err);
    if (st || !k->j->step.level)
        return st;
    st = lt_worker_masks(k->w, &k->training_mask, &masks, err);
    for (uint32_t p = 0; p < graph_of(k->w)->n_params && !st; p++) {
        if (!masks.mask[p])
            continue;
        st = lt_state_add_mask(&k->state, p, err);
        if (!st)
            memcpy(k->state.mask[p], masks.mask[p], ltc_graph_param(graph_of(k->w), p)->n);
    }
    lt_masks_free(&masks);
    return st;
}

static ltc_status evaluated(void *arg, const lt_evaluation *e, ltc_error *err)
{
    const work *k = arg;
    return k->w->evaluated ? k->w->evaluated(k->w->arg, k->j, e, err) : LTC_OK;
}

static double now_of(void *arg)
{
    const lt_watcher *w = ((const work *)arg)->w->watcher;
    return w->now_s(w->arg);
}

/* Also the heartbeat: asked between spans and between parts of an evaluation. */
static bool stopping(void *arg)
{
    work *k = arg;
    const lt_watcher *w = k->w->watcher;
    k->lost = k->lost || !lt_claim_beat(k->claim);
    return k->lost || w->stopping(w->arg);
}

static void stepped(void *arg, const lt_progress *p)
{
    const work *k = arg;
    k->w->watcher->stepped(k->w->watcher->arg, p);
}

static ltc_status train_claimed(work *k, lt_trajectory_request *r, ltc_error *err)
{
    const lt_watcher *w = k->w->watcher;
    ltc_status st = lt_worker_session(k->w, k->j->regime, &r->session, err);
    if (!st)
        st = fetch_start(k, err);
    k->watcher = (lt_watcher){ .arg = k, .now_s = now_of, .stopping = stopping, .stepped = stepped };
    r->start = &k->state;
    r->watcher = &k->watcher;
    if (!st)
        st = lt_trajectory_run(r, &k->trajectory, err);
    if (st != LTC_ECANCELLED || !k->lost || w->stopping(w->arg))
        return st;
    k->j->outcome.elsewhere = true;           /* it slept too long, and somebody else goes on
                                               * from its last save */
    return LTC_OK;
}

/* While nobody else trains the same. */
static ltc_status claim_and_train(work *k, lt_trajectory_request *r, ltc_error *err)
{
    char holder[160];
    ltc_status st = lt_claim_take(k->w->store, &k->j->outcome.training, &k->claim, holder, err);
    k->j->outcome.elsewhere = !st && !k->claim;
    if (st || !k->claim)
        return st;
    st = k->w->begun(k->w->arg, k->j, err);
    if (!st)
        st = train_claimed(k, r, err);
    lt_claim_release(k->claim);
    k->claim = NULL;
    return st;
}

static ltc_status train(work *k, ltc_error *err)
{
    const lt_regime *regime = k->j->regime;
    const lt_training training = lt_job_training(k->j);
    lt_trajectory_request r = {
        .store = k->w->store, .training = &training, .watcher = k->w->watcher, .first_step = k->first_step,
        .evaluate_every = regime->evaluate_every, .keep = k->j->keep, .n_keep = k->j->n_keep,
        .save_s = k->w->save_s, .evaluated = evaluated, .arg = k,
    };
    ltc_status st = lt_identity_trajectory(&k->w->experiment->identity, regime, &training, &k->start,
                                           k->j->step.level ? &k->training_mask : NULL, k->first_step, &r.key,
                                           err);
    k->j->outcome.training = r.key;
    if (!st) {
        lt_outcome_rests_on(&k->j->outcome, &r.key);
        st = lt_trajectory_run(&r, &k->trajectory, err);
    }
    if (st != LTC_EUNSUPPORTED || k->w->look)
        return st;
    lt_trajectory_free(&k->trajectory);
    err->message[0] = '\0';
    return claim_and_train(k, &r, err);
}

/* The start state: state 0 of a dense network, or what treatment makes of it. */
static ltc_status begin(work *k, ltc_error *err)
{
    lt_outcome *o = &k->j->outcome;
    ltc_status st;
    if (!k->j->step.level) {
        st = initial_state(k->w, k->j, &o->init, err);
        k->start = o->init;
    } else {
        st = lt_level_select(k->w, k->j, &o->selection, err);
        o->has_selection = !st;
        if (!st)
            st = treat(k, err);
        if (!st)
            st = lt_level_collapse(k->w, k->j, &k->training_mask, err);
    }
    o->start = k->start;
    o->first_step = k->first_step;
    return st;
}

/* What is told of a job: all of it, or of one that failed what is known. */
static ltc_status report(work *k, ltc_status st, lt_level_row *row, lt_history_row **history, size_t *n,
                         ltc_error *err)
{
    ltc_error late = { .message = "" };
    if (!k->j->reported)
        return st;
    if (st && !k->j->outcome.bad) {
        lt_level_row_begin(k->j, row);
        return st;
    }
    ltc_status told = lt_level_row_fill(k->w, k->j, &k->trajectory, &k->training_mask, row, &late);
    if (!told)
        told = lt_level_history(k->j, &k->trajectory, history, n, &late);
    if (told)
        row->status = "failed";               /* though it is trained: a measurement is missing */
    if (told && !st)
        *err = late;
    return st ? st : told;
}

ltc_status lt_level_run(lt_worker *w, lt_job *j, lt_level_row *row, lt_history_row **history,
                        size_t *n_history, ltc_error *err)
{
    work k = { .w = w, .j = j };
    free(j->outcome.watch.differ);
    j->outcome = (lt_outcome){ 0 };           /* of an earlier attempt */
    w->experiment = j->regime->experiment;
    ltc_status st = begin(&k, err);
    if (!st && j->outcome.stopped)
        return st;                            /* before anything was computed */
    if (!st && j->trains) {
        st = train(&k, err);
        j->outcome.bad = st == LTC_ENUMERIC && k.trajectory.bad;
    }
    const bool done = !st && !j->outcome.elsewhere;
    if (st || done)
        st = lt_services_settle(w->experiment->services, report(&k, st, row, history, n_history, err));
    lt_session_close(w->session);
    w->session = NULL;
    lt_state_free(&k.state);
    if (st || !done) {
        lt_trajectory_free(&k.trajectory);
        return st;
    }
    j->outcome.trajectory = k.trajectory;     /* later levels ask it for states */
    j->outcome.trained = j->trains;
    return LTC_OK;
}
