/* What of a request a trajectory lacks. Called by trajectory.c before and between its passes. */
#include "plan/trajectory_missing.h"

#include <math.h>

bool lt_trajectory_due(uint64_t step, uint64_t first, uint64_t every, uint64_t last)
{
    return step == first || step == last || (step > first && step < last && step % every == 0);
}

const lt_evaluation *lt_trajectory_at(const lt_trajectory *t, uint64_t step)
{
    for (size_t i = 0; i < t->n_evaluations; i++)
        if (t->evaluation[i].step == step)
            return &t->evaluation[i];
    return NULL;
}

const lt_evaluation *lt_trajectory_best(const lt_trajectory *t, uint64_t first, uint64_t every, uint64_t last)
{
    const lt_evaluation *best = NULL;
    for (size_t i = 0; i < t->n_evaluations; i++) {
        const lt_evaluation *e = &t->evaluation[i];
        const bool counts = e->step != first && e->step <= last && e->n[LT_VALIDATION] &&
                            isfinite(e->loss[LT_VALIDATION]) &&
                            lt_trajectory_due(e->step, first, every, last);
        if (counts && (!best || e->loss[LT_VALIDATION] < best->loss[LT_VALIDATION]))
            best = e;
    }
    return best;
}

const lt_digest *lt_trajectory_state(const lt_trajectory *t, uint64_t step, bool values)
{
    for (size_t i = 0; values && i < t->n_points; i++)
        if (t->point[i].step == step && t->point[i].kind == LT_POINT_VALUES)
            return &t->point[i].state;        /* the same digest whatever else is stored */
    for (size_t i = 0; i < t->n_points; i++)
        if (t->point[i].step == step && t->point[i].kind != LT_POINT_VALUES)
            return &t->point[i].state;
    return NULL;
}

bool lt_trajectory_stays(const lt_trajectory *t, uint64_t step, bool values)
{
    for (size_t i = 0; i < t->n_points; i++)
        if (t->point[i].step == step && t->point[i].kind == (values ? LT_POINT_VALUES : LT_POINT_STATE))
            return true;
    return false;
}

bool lt_trajectory_is_bad(const lt_trajectory_request *r, const lt_trajectory *t)
{
    const uint64_t last = r->training->steps;
    if (t->bad < LT_BAD_SPLIT)
        return t->bad == LT_BAD_STEP && t->bad_step < last;
    return t->bad_step <= last && lt_trajectory_due(t->bad_step, r->first_step, r->evaluate_every, last);
}

/* The last step of which there can be a state. */
static uint64_t reach(const lt_trajectory_request *r, const lt_trajectory *t)
{
    return lt_trajectory_is_bad(r, t) ? t->bad_step : r->training->steps;
}

bool lt_trajectory_keeps(const lt_trajectory_request *r, const lt_trajectory *t, uint64_t step)
{
    for (size_t i = 0; i < r->n_keep; i++)
        if (r->keep[i] == step)
            return true;
    return step == reach(r, t);
}

bool lt_trajectory_measured(const lt_trajectory_request *r, const lt_evaluation *e, uint32_t split)
{
    return !r->training->data->split[split].n || (e && e->n[split]);
}

static bool step_is_whole(const lt_trajectory_request *r, const lt_trajectory *t, uint64_t step)
{
    const uint64_t last = r->training->steps;
    const lt_evaluation *e = lt_trajectory_at(t, step);
    if (lt_trajectory_is_bad(r, t) && step == t->bad_step)
        return lt_trajectory_stays(t, step, false);
    if (lt_trajectory_due(step, r->first_step, r->evaluate_every, last) &&
        !(lt_trajectory_measured(r, e, LT_VALIDATION) && lt_trajectory_measured(r, e, LT_TEST)))
        return false;
    if (step == last && !lt_trajectory_measured(r, e, LT_TRAIN))
        return false;
    return !lt_trajectory_keeps(r, t, step) || lt_trajectory_stays(t, step, false);
}

uint64_t lt_trajectory_next(const lt_trajectory_request *r, const lt_trajectory *t, uint64_t step)
{
    const uint64_t last = reach(r, t), due = step - step % r->evaluate_every + r->evaluate_every;
    uint64_t next = due < last ? due : last;
    for (size_t i = 0; i < r->n_keep; i++)
        if (r->keep[i] > step && r->keep[i] < next)
            next = r->keep[i];
    for (size_t i = 0; i < t->n_points; i++)
        if (t->point[i].step > step && t->point[i].step < next && t->point[i].kind != LT_POINT_VALUES)
            next = t->point[i].step;
    return next;
}

/* The first stored state from a step on; the step itself if there is none. */
static uint64_t next_stored(const lt_trajectory *t, uint64_t step)
{
    for (size_t i = 0; i < t->n_points; i++)
        if (t->point[i].step >= step && t->point[i].kind == LT_POINT_STATE)
            return t->point[i].step;
    return step;
}

/* Evaluations that are made on the way from one stored state to another count only once that other's bytes
 * came out again; a state that is wanted is reached and no more. */
bool lt_trajectory_missing(const lt_trajectory_request *r, const lt_trajectory *t, uint64_t *low,
                           uint64_t *high)
{
    bool missing = false;
    for (uint64_t step = r->first_step;; step = lt_trajectory_next(r, t, step)) {
        if (!step_is_whole(r, t, step)) {
            *low = missing ? *low : step;
            const uint64_t until = lt_trajectory_keeps(r, t, step) ? step : next_stored(t, step);
            *high = missing && *high > until ? *high : until;
            missing = true;
        }
        if (step >= reach(r, t))
            break;
    }
    if (missing || lt_trajectory_is_bad(r, t))
        return missing;
    const lt_evaluation *best = lt_trajectory_best(t, r->first_step, r->evaluate_every, r->training->steps);
    if (best && !(lt_trajectory_stays(t, best->step, true) && lt_trajectory_measured(r, best, LT_TRAIN))) {
        *low = *high = best->step;
        missing = true;
    }
    return missing;
}
