/* Owns a scratch session that repeats a stored training. Called by `ltcore verify`. */
#include "plan/replay.h"

#include <string.h>

#include "data/key.h"
#include "plan/facts.h"
#include "train/init.h"

typedef struct replay {
    const lt_replay_request *r;
    lt_replay  *out;
    lt_training training;
    lt_device   device;
    lt_session *session;
    lt_trainer *trainer;
    lt_state    start, now, stored;
} replay;

static const ltc_graph *graph_of(const replay *x)
{
    return &x->r->job->regime->experiment->graph.view;
}

/* Notes the first element whose bits differ; false: there is none. */
static bool differ(lt_replay *out, const char *part, const ltc_param *param, const float *stored,
                   const float *found)
{
    for (size_t i = 0; i < param->n; i++) {
        if (!memcmp(&stored[i], &found[i], sizeof stored[i]))
            continue;
        out->differs = true;
        out->part = part, out->param = param->name, out->element = i;
        out->stored = (double)stored[i], out->found = (double)found[i];
        return true;
    }
    return false;
}

/* A state of values alone has no slots and no clock to be compared. */
static void compare(replay *x, const lt_state *stored, const lt_state *found, bool whole)
{
    lt_replay *out = x->out;
    for (uint32_t p = 0; p < graph_of(x)->n_params && !out->differs; p++) {
        const ltc_param *param = ltc_graph_param(graph_of(x), p);
        if (differ(out, "value", param, stored->value[p], found->value[p]) || !whole)
            continue;
        if (!differ(out, "slot1", param, stored->slot1[p], found->slot1[p]))
            differ(out, "slot2", param, stored->slot2[p], found->slot2[p]);
    }
    if (whole && !out->differs && stored->clock != found->clock) {
        out->differs = true;
        out->part = "clock", out->stored = (double)stored->clock, out->found = (double)found->clock;
    }
    out->compared += !out->differs;
}

static ltc_status gone(const char *what, ltc_error *err)
{
    return ltc_fail(err, LTC_EIO, "the store has lost the %s; start the run again: it is made anew", what);
}

/* The treatment's record is the one that names the start state; behind it stands the training mask. */
static ltc_status find_training_mask(const replay *x, lt_digest *mask, ltc_error *err)
{
    const lt_outcome *o = &x->r->job->outcome;
    for (uint32_t i = 0; i < o->n_records; i++) {
        lt_digest gave[2];
        bool found = false;
        const ltc_status st = lt_facts_get(x->r->store, &o->record[i], gave, 2, &found, err);
        if (st)
            return st;
        if (found && !memcmp(&gave[0], &o->start, sizeof gave[0])) {
            *mask = gave[1];
            return LTC_OK;
        }
    }
    return gone("training mask", err);
}

static ltc_status fetch_masks(replay *x, ltc_error *err)
{
    lt_digest name;
    lt_masks m = { 0 };
    bool found = false;
    ltc_status st = find_training_mask(x, &name, err);
    if (!st)
        st = lt_masks_get(x->r->store, graph_of(x), &name, &m, &found, err);
    if (!st && !found)
        st = gone("training mask", err);
    for (uint32_t p = 0; p < graph_of(x)->n_params && !st; p++) {
        if (!m.mask[p])
            continue;
        st = lt_state_add_mask(&x->start, p, err);
        if (!st)
            memcpy(x->start.mask[p], m.mask[p], ltc_graph_param(graph_of(x), p)->n);
    }
    lt_masks_free(&m);
    return st;
}

static ltc_status fetch_start(replay *x, ltc_error *err)
{
    const lt_job *j = x->r->job;
    bool found = false;
    ltc_status st = lt_state_create(graph_of(x), &x->start, err);
    if (!st)
        st = lt_state_create(graph_of(x), &x->now, err);
    if (!st)
        st = lt_state_create(graph_of(x), &x->stored, err);
    if (!st)
        st = lt_snapshot_get(x->r->store, &j->outcome.start, &x->start, &found, err);
    if (!st && !found)
        st = gone("start state", err);
    if (st)
        return st;
    if (j->step.level)
        return fetch_masks(x, err);
    lt_regime_initial(j->regime, j->trial, &x->now);
    compare(x, &x->start, &x->now, true);
    return LTC_OK;
}

static ltc_status open_session(replay *x, ltc_error *err)
{
    const lt_experiment *e = x->r->job->regime->experiment;
    const lt_plugin_setting *p = &e->settings->backend.plugin;
    const lt_program_request s = lt_regime_program(x->r->job->regime);
    ltc_status st = lt_device_open(p->module, p->options, e->services, &x->device, err);
    if (!st)
        st = lt_device_load(&x->device, &e->data, err);
    if (!st)
        st = lt_session_open(&x->device, &s, &x->session, err);
    if (!st)
        lt_session_put(x->session, &x->start);
    return st ? st : lt_trainer_open(x->session, &x->training, x->r->watcher, &x->trainer, err);
}

/* Trains up to a stored state and compares. */
static ltc_status visit(replay *x, const lt_point *point, ltc_error *err)
{
    bool found = false;
    uint64_t reached;
    ltc_status st = lt_trainer_advance(x->trainer, x->out->last, point->step, 0, &reached, err);
    x->out->last = reached;
    if (!st)
        st = lt_session_get(x->session, &x->now, err);
    if (!st)
        st = lt_snapshot_get(x->r->store, &point->state, &x->stored, &found, err);
    if (st)
        return st;
    if (found)
        compare(x, &x->stored, &x->now, point->kind != LT_POINT_VALUES);
    else
        x->out->gone++;
    return LTC_OK;
}

static ltc_status repeat(replay *x, ltc_error *err)
{
    const lt_trajectory *t = &x->r->job->outcome.trajectory;
    ltc_status st = fetch_start(x, err);
    if (!st && !x->out->differs)
        st = open_session(x, err);
    for (size_t i = 0; i < t->n_points && !st && !x->out->differs; i++)
        if (t->point[i].step >= x->out->from && t->point[i].step <= x->training.steps)
            st = visit(x, &t->point[i], err);
    return st;
}

ltc_status lt_replay_run(const lt_replay_request *r, lt_replay *out, ltc_error *err)
{
    replay x = { .r = r, .out = out, .training = lt_job_training(r->job) };
    *out = (lt_replay){ .from = r->job->outcome.first_step, .last = r->job->outcome.first_step };
    const ltc_status st = repeat(&x, err);
    lt_trainer_close(x.trainer);
    lt_session_close(x.session);
    lt_device_close(&x.device);
    lt_state_free(&x.start);
    lt_state_free(&x.now);
    lt_state_free(&x.stored);
    return st;
}
