/* Fills the rows of the results of which a level is the maker. Called by level.c, and
 * lt_history_of by the run. */
#include <math.h>
#include <stdlib.h>

#include "plan/worker.h"

static lt_measure measure_of(const lt_evaluation *e, uint32_t split)
{
    return e ? (lt_measure){ e->loss[split], e->correct[split], e->n[split] } : (lt_measure){ 0 };
}

/* The best of a training that came to no end is not the best of the training. */
static const lt_evaluation *best_of(const lt_job *j, const lt_trajectory *t)
{
    return j->outcome.bad
               ? NULL
               : lt_trajectory_best(t, j->outcome.first_step, j->regime->evaluate_every, lt_job_last(j));
}

static void fill_measures(const lt_job *j, const lt_trajectory *t, lt_level_row *row)
{
    const lt_regime *r = j->regime;
    const uint64_t last = lt_job_last(j);
    const lt_evaluation *best = best_of(j, t), *start = lt_trajectory_at(t, j->outcome.first_step),
                        *end = j->outcome.bad ? NULL : lt_trajectory_at(t, last);
    for (uint32_t s = 0; s < LT_M_SPLITS; s++) {
        row->start[s] = s == LT_M_TRAIN ? (lt_measure){ 0 } : measure_of(start, s);
        row->best[s] = measure_of(best, s);
        row->end[s] = measure_of(end, s);
    }
    row->best_step = best ? best->step : UINT64_MAX;
    row->best_epoch = best ? (double)best->step / (double)r->steps_per_epoch : NAN;
    row->state_start = j->outcome.start;
    if (!j->outcome.bad)
        row->state_end = *lt_trajectory_state(t, last, false);
    if (best && lt_trajectory_state(t, best->step, true))
        row->state_best = *lt_trajectory_state(t, best->step, true);
}

/* The one that the level prunes, by name; NULL: all. */
static const char *layer_of(const lt_job *j)
{
    const uint32_t layer = j->step.layer;
    return layer == LT_ALL_LAYERS ? NULL : ltc_graph_param(&j->regime->experiment->graph.view, layer)->name;
}

void lt_level_row_begin(const lt_job *j, lt_level_row *row)
{
    *row = (lt_level_row){
        .line = j->line, .trial = j->trial + 1, .draw = j->draw, .level = j->step.level,
        .round = j->step.round, .rate = j->step.rate, .target_sparsity = j->step.target_sparsity,
        .output_factor = j->settings->prune.output, .epochs = NAN, .ms_per_step = NAN,
        .best_step = UINT64_MAX, .best_epoch = NAN, .status = "failed", .mask = j->outcome.selection,
        .has_mask = j->outcome.has_selection, .pruned_layer = layer_of(j), .watch = j->outcome.watch,
    };
}

ltc_status lt_level_row_fill(lt_worker *w, lt_job *j, const lt_trajectory *t, const lt_digest *training_mask,
                             lt_level_row *row, ltc_error *err)
{
    const lt_digest *selection = j->outcome.has_selection ? &j->outcome.selection : NULL, *drawn, *dense;
    lt_level_row_begin(j, row);
    row->steps = j->outcome.bad ? t->bad_step : lt_job_last(j);
    row->epochs = (double)row->steps / (double)j->regime->steps_per_epoch;
    row->train_s = t->train_s;
    row->ms_per_step = t->trained_steps ? 1000 * t->train_s / (double)t->trained_steps : NAN;
    row->trained_steps = t->trained_steps, row->moved = t->moved;
    row->status = j->outcome.bad ? "failed" : j->outcome.cut ? "collapsed" : "done";
    row->training = j->outcome.training;
    fill_measures(j, t, row);
    ltc_status st = lt_level_count(w, j, selection, selection ? training_mask : NULL, row, err);
    if (st || !selection)
        return st;
    if ((drawn = lt_plan_drawn(w->plan, j)))
        st = lt_level_measure(w, j, drawn, selection, row->drawn, err);
    if (!st && (dense = lt_plan_dense(w->plan, j)))
        st = lt_level_measure(w, j, dense, selection, row->dense, err);
    return st;
}

ltc_status lt_level_history(const lt_job *j, const lt_trajectory *t, lt_history_row **history, size_t *n,
                            ltc_error *err)
{
    const uint64_t last = lt_job_last(j);
    const lt_evaluation *best = best_of(j, t);
    lt_history_row *h = lt_array(t->n_evaluations, sizeof *h);
    if (!h)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a history");
    *n = 0;
    for (size_t i = 0; i < t->n_evaluations; i++) {
        const lt_evaluation *e = &t->evaluation[i];
        if (!lt_trajectory_due(e->step, j->outcome.first_step, j->regime->evaluate_every, last))
            continue;
        h[*n] = lt_history_of(j, e);
        if (e->step != last && (!best || e->step != best->step))
            h[*n].at[LT_M_TRAIN] = (lt_measure){ 0 };     /* measured for another run: not
                                                           * of this one's rows */
        ++*n;
    }
    *history = h;
    return LTC_OK;
}

lt_history_row lt_history_of(const lt_job *j, const lt_evaluation *e)
{
    lt_history_row h = {
        .line = j->line, .trial = j->trial + 1, .draw = j->draw, .level = j->step.level,
        .step = e->step, .epoch = (double)e->step / (double)j->regime->steps_per_epoch,
        .lr = lt_schedule_rate(&j->regime->schedule, e->step ? e->step - 1 : 0),
    };
    for (uint32_t s = 0; s < LT_M_SPLITS; s++)
        h.at[s] = measure_of(e, s);
    return h;
}
