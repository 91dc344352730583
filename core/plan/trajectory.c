/* Owns a pass along a trajectory: from the nearest stored state through everything that is missing. */
#include "plan/trajectory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan/spare.h"
#include "plan/trajectory_missing.h"
#include "plan/trajectory_record.h"
#include "prune/treatment.h"

enum { MAX_PASSES = 4 };                      /* one for what is missing, one for a best state
                                               * that was lost, spare */

/* One pass. `now` is what the session holds as far as it was fetched; `best` the values of
 * the best step seen. */
typedef struct pass {
    const lt_trajectory_request *r;
    lt_trajectory *t;
    lt_trainer    *trainer;
    lt_state       now, best;
    lt_spare       spare;                     /* partial states that this pass put */
    double         saved_s;                   /* when the last save was */
    uint64_t       step, last, best_step;     /* best_step: of `best`; UINT64_MAX: none */
    uint32_t       bad;                       /* LT_BAD_*: found at this step */
    bool           stopped;                   /* as was asked, and in no call of the backend:
                                               * the session is sound */
    lt_watcher     watcher;                   /* the request's, which notes that */
} pass;

static double now_of(void *arg)
{
    const lt_watcher *w = ((const pass *)arg)->r->watcher;
    return w->now_s(w->arg);
}

static bool stopping(void *arg)
{
    pass *p = arg;
    p->stopped = p->r->watcher->stopping(p->r->watcher->arg);
    return p->stopped;
}

static void stepped(void *arg, const lt_progress *progress)
{
    const lt_watcher *w = ((const pass *)arg)->r->watcher;
    w->stepped(w->arg, progress);
}

/* Of the step that the record remembers. */
static ltc_status fail_bad(const lt_trajectory_request *r, const lt_trajectory *t, ltc_error *err)
{
    return ltc_fail(err, LTC_ENUMERIC,
                    "the %s loss is not finite at step %llu (learning rate %g), where the training ends; try "
                    "a smaller train.optimizer.lr or a warm-up",
                    t->bad == LT_BAD_STEP ? "training" : lt_split_name(t->bad - LT_BAD_SPLIT),
                    (unsigned long long)t->bad_step,
                    lt_schedule_rate(r->training->schedule, t->bad_step));
}

static ltc_status open_pass(pass *p, ltc_error *err)
{
    const lt_trajectory_request *r = p->r;
    ltc_status st = lt_state_create(r->start->graph, &p->now, err);
    if (!st)
        st = lt_state_create(r->start->graph, &p->best, err);
    for (uint32_t i = 0; i < r->start->graph->n_params && !st; i++) {
        if (!r->start->mask[i])
            continue;
        st = lt_state_add_mask(&p->now, i, err);
        if (!st)
            st = lt_state_add_mask(&p->best, i, err);
        if (!st) {
            memcpy(p->now.mask[i], r->start->mask[i], ltc_graph_param(r->start->graph, i)->n);
            memcpy(p->best.mask[i], r->start->mask[i], ltc_graph_param(r->start->graph, i)->n);
        }
    }
    p->best_step = UINT64_MAX;
    p->watcher = (lt_watcher){ .arg = p, .now_s = now_of, .stopping = stopping, .stepped = stepped };
    p->saved_s = now_of(p);
    return st ? st : lt_trainer_open(r->session, r->training, &p->watcher, &p->trainer, err);
}

static void close_pass(pass *p)
{
    lt_trainer_close(p->trainer);
    lt_state_free(&p->now);
    lt_state_free(&p->best);
}

/* Puts the state from which `low` can be reached into the session: the greatest stored
 * one, else the start. */
static ltc_status begin(pass *p, uint64_t low, ltc_error *err)
{
    for (size_t i = p->t->n_points; i-- > 0;) {
        const lt_point *point = &p->t->point[i];
        bool found = false;
        if (point->step > low || point->kind == LT_POINT_VALUES)
            continue;
        const ltc_status st = lt_snapshot_get(p->r->store, &point->state, &p->now, &found, err);
        if (st)
            return st;
        if (found) {
            p->step = point->step;
            lt_session_put(p->r->session, &p->now);
            return LTC_OK;
        }
        lt_trajectory_drop_point(p->t, i);    /* damaged or gone: made again */
    }
    p->step = p->r->first_step;
    lt_state_copy(p->r->start, &p->now);
    lt_session_put(p->r->session, &p->now);
    return LTC_OK;
}

/* The session's state at this step into the store; the bytes must be those of any state stored
 * for the same step. */
static ltc_status store_state(pass *p, uint32_t kind, ltc_error *err)
{
    lt_point made = { .step = p->step, .kind = kind };
    const lt_digest *there = lt_trajectory_state(p->t, p->step, false);
    int64_t stamp = 0;
    ltc_status st = lt_session_get(p->r->session, &p->now, err);
    if (!st)
        st = lt_snapshot_put_for_now(p->r->store, &p->now, &made.state, &stamp, err);
    if (kind == LT_POINT_PARTIAL)
        lt_spare_note(&p->spare, &made.state, stamp);
    if (!st && there && memcmp(there, &made.state, sizeof made.state))
        return ltc_fail(
            err, LTC_EINTERNAL,
            "step %llu was trained again and its bytes differ from those stored: this "
            "machine or its libraries changed under the same backend identity, or its memory fails",
            (unsigned long long)p->step);
    return st ? st : lt_trajectory_add_point(p->t, &made, err);
}

static ltc_status store_best(pass *p, ltc_error *err)
{
    lt_point made = { .step = p->best_step, .kind = LT_POINT_VALUES };
    if (p->best_step == UINT64_MAX || lt_trajectory_stays(p->t, p->best_step, true))
        return LTC_OK;
    const ltc_status st = lt_snapshot_put(p->r->store, &p->best, LT_SNAPSHOT_VALUES, &made.state, err);
    return st ? st : lt_trajectory_add_point(p->t, &made, err);
}

static ltc_status save_record(pass *p, ltc_error *err)
{
    const ltc_status st = lt_trajectory_save(p->r->store, &p->r->key, p->t, err);
    if (!st)
        lt_spare_remove(&p->spare, p->r->store, p->t);
    return st;
}

/* What an interruption loses nothing by: the state so far, the best so far, the record. */
static ltc_status save(pass *p, ltc_error *err)
{
    ltc_status st = lt_trajectory_state(p->t, p->step, false) ? LTC_OK
                                                              : store_state(p, LT_POINT_PARTIAL, err);
    if (!st)
        st = store_best(p, err);
    p->saved_s = now_of(p);
    return st ? st : save_record(p, err);
}

static bool save_is_due(pass *p)
{
    return p->r->save_s > 0 && now_of(p) - p->saved_s >= p->r->save_s;
}

/* Stopped in between, the splits that were done stay. */
static ltc_status evaluate_missing(pass *p, ltc_error *err)
{
    const lt_trajectory_request *r = p->r;
    static const uint32_t split[] = { LT_VALIDATION, LT_TEST, LT_TRAIN };
    const lt_evaluation *there = lt_trajectory_at(p->t, p->step);
    lt_evaluation e = { .step = p->step };
    bool any = false;
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < 3 && !st; i++) {
        if ((split[i] == LT_TRAIN && p->step != p->last) || lt_trajectory_measured(r, there, split[i]))
            continue;
        st = lt_evaluate(r->session, r->training->data, split[i], &p->watcher, &e, err);
        if (!st && !isfinite(e.loss[split[i]])) {
            p->bad = LT_BAD_SPLIT + split[i];
            st = LTC_ENUMERIC;
        }
        any = any || !st;
    }
    if ((st && st != LTC_ECANCELLED) || !any)
        return st;
    lt_trainer_forget(p->trainer);
    const ltc_status kept = lt_trajectory_add_evaluation(p->t, &e, err);
    if (kept || st || !r->evaluated)
        return kept ? kept : st;
    return r->evaluated(r->arg, lt_trajectory_at(p->t, p->step), err);
}

/* All that is due at the step where the session stands. */
static ltc_status visit(pass *p, ltc_error *err)
{
    const lt_trajectory_request *r = p->r;
    const bool stored = lt_trajectory_state(p->t, p->step, false) != NULL;
    ltc_status st = LTC_OK;
    const bool bad = lt_trajectory_is_bad(r, p->t) && p->step == p->t->bad_step;
    if (!bad && lt_trajectory_due(p->step, r->first_step, r->evaluate_every, p->last)) {
        st = evaluate_missing(p, err);
        const lt_evaluation *best = lt_trajectory_best(p->t, r->first_step, r->evaluate_every, p->last);
        if (!st && best && best->step == p->step && p->best_step != p->step) {
            st = lt_session_get(r->session, &p->best, err);
            p->best_step = p->step;
        }
    }
    const bool stays = lt_trajectory_keeps(r, p->t, p->step) || lt_trajectory_stays(p->t, p->step, false);
    if (!st && (stored || stays))
        st = store_state(p, stays ? LT_POINT_STATE : LT_POINT_PARTIAL, err);
    return st;
}

static ltc_status advance(pass *p, uint64_t to, ltc_error *err)
{
    ltc_status st = LTC_OK;
    while (!st && p->step < to) {
        uint64_t reached;
        const uint64_t from = p->step;
        st = lt_trainer_advance(p->trainer, from, to, p->r->save_s, &reached, err);
        if (st == LTC_ENUMERIC && lt_trainer_is_bad(p->trainer))
            p->bad = LT_BAD_STEP;
        p->t->trained_steps += reached - from;
        p->step = reached;
        if (reached < to && !st)
            st = save(p, err);
    }
    return st;
}

/* Stopped between two spans or in the middle of an evaluation: the next call goes on from this step. */
static ltc_status save_stopped(pass *p, ltc_error *err)
{
    ltc_error why = { .message = "" };
    const ltc_status saved = save(p, &why);
    if (saved)
        *err = why;
    return saved ? saved : LTC_ECANCELLED;
}

/* The loss is not finite, and nothing can be trained from here. The state with which that began stays, and
 * the record remembers the step, so that nobody trains up to it again. */
static ltc_status end_bad(pass *p, ltc_error *err)
{
    p->t->bad = p->bad, p->t->bad_step = p->step;
    ltc_status st = store_state(p, LT_POINT_STATE, err);
    if (!st)
        st = lt_trajectory_save(p->r->store, &p->r->key, p->t, err);
    return st ? st : fail_bad(p->r, p->t, err);
}

/* The values of the best step, if this pass did not see it but an earlier one stored it. */
static ltc_status fetch_best(pass *p, uint64_t step, ltc_error *err)
{
    const lt_digest *there = lt_trajectory_state(p->t, step, true);
    bool found = false;
    const ltc_status st = there && p->best_step != step
                              ? lt_snapshot_get(p->r->store, there, &p->best, &found, err)
                              : LTC_OK;
    if (found)
        p->best_step = step;
    return st;
}

/* The training split at the best step: measured once, at the end of a pass. */
static ltc_status measure_best(pass *p, ltc_error *err)
{
    const lt_trajectory_request *r = p->r;
    const lt_evaluation *best = lt_trajectory_best(p->t, r->first_step, r->evaluate_every, p->last);
    lt_evaluation e = { .step = best ? best->step : 0 };
    ltc_status st = best ? fetch_best(p, best->step, err) : LTC_OK;
    if (st || !best || best->step != p->best_step)
        return st;
    st = store_best(p, err);
    if (st || lt_trajectory_measured(r, best, LT_TRAIN))
        return st;
    lt_session_put(r->session, &p->best);
    st = lt_evaluate(r->session, r->training->data, LT_TRAIN, &p->watcher, &e, err);
    return st ? st : lt_trajectory_add_evaluation(p->t, &e, err);
}

static ltc_status run_pass(pass *p, uint64_t low, uint64_t high, ltc_error *err)
{
    ltc_status st = begin(p, low, err);
    if (!st)
        st = visit(p, err);
    while (!st && p->step < high) {
        const uint64_t mark = lt_trajectory_next(p->r, p->t, p->step);
        st = advance(p, mark < high && mark > p->step ? mark : high, err);
        if (!st)
            st = visit(p, err);
        if (!st && p->step < high && save_is_due(p))
            st = save(p, err);
    }
    if (p->stopped)
        st = save_stopped(p, err);
    if (p->bad)
        st = end_bad(p, err);
    if (!st && p->step == p->last && !lt_trajectory_is_bad(p->r, p->t)) {
        st = lt_session_get(p->r->session, &p->now, err);
        p->t->moved = st ? 0 : lt_moved(p->r->start, &p->now);
    }
    if (!st && !lt_trajectory_is_bad(p->r, p->t))
        st = measure_best(p, err);
    p->t->train_s += lt_trainer_seconds(p->trainer);
    if (st && st != LTC_ECANCELLED)
        return st;
    ltc_error why = { .message = "" };
    const ltc_status saved = save_record(p, &why);
    if (saved)
        *err = why;
    return saved ? saved : st;
}

/* What the record names and the store has lost is missing. */
static ltc_status drop_lost(const lt_trajectory_request *r, lt_trajectory *t, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (size_t i = t->n_points; i-- > 0 && !st;) {
        bool there = false;
        st = lt_store_has(r->store, &t->point[i].state, &there, err);
        if (!st && !there)
            lt_trajectory_drop_point(t, i);
    }
    return st;
}

ltc_status lt_trajectory_run(const lt_trajectory_request *r, lt_trajectory *t, ltc_error *err)
{
    uint64_t low = 0, high = 0;
    *t = (lt_trajectory){ 0 };
    ltc_status st = lt_trajectory_load(r->store, &r->key, t, err);
    if (!st)
        st = drop_lost(r, t, err);
    for (int passes = 0; !st && lt_trajectory_missing(r, t, &low, &high); passes++) {
        pass p = { .r = r, .t = t, .last = r->training->steps };
        if (!r->session)
            return ltc_fail(err, LTC_EUNSUPPORTED, "not all of it is stored");
        if (passes == MAX_PASSES)
            return ltc_fail(err, LTC_EIO, "the store does not keep what is put into it");
        st = open_pass(&p, err);
        if (!st)
            st = run_pass(&p, low, high, err);
        close_pass(&p);
    }
    return !st && lt_trajectory_is_bad(r, t) ? fail_bad(r, t, err) : st;
}

void lt_trajectory_free(lt_trajectory *t)
{
    free(t->point);
    free(t->evaluation);
    *t = (lt_trajectory){ 0 };
}
