/* Makes the list of jobs from settings. Called once a run; the executor takes it from there. */
#include "plan/plan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static lt_job *add_job(lt_plan *p, const lt_job *j, ltc_error *err)
{
    if (p->n_jobs == p->room) {
        const uint32_t room = p->room ? 2 * p->room : 64;
        lt_job *grown = realloc(p->job, room * sizeof *grown);
        if (!grown) {
            ltc_fail(err, LTC_ENOMEM, "no memory for the plan of a run");
            return NULL;
        }
        p->job = grown;
        p->room = room;
    }
    p->job[p->n_jobs] = *j;
    return &p->job[p->n_jobs++];
}

/* Do two regimes train the dense network alike, whatever they prune? */
static bool train_alike(const lt_regime *a, const lt_regime *b)
{
    const lt_settings *s = a->settings, *t = b->settings;
    return a->experiment == b->experiment && s->run.seed == t->run.seed &&
           s->run.vary_bits == t->run.vary_bits &&
           !memcmp(&a->optimizer, &b->optimizer, sizeof a->optimizer) && a->batch == b->batch &&
           a->steps == b->steps &&
           a->evaluate_every == b->evaluate_every && s->arch.init == t->arch.init &&
           s->dataset.augment == t->dataset.augment &&
           a->schedule.type == b->schedule.type && a->schedule.lr == b->schedule.lr &&
           a->schedule.gamma == b->schedule.gamma && a->schedule.warmup == b->schedule.warmup &&
           a->schedule.n_milestones == b->schedule.n_milestones &&
           !memcmp(a->schedule.milestone, b->schedule.milestone, a->schedule.n_milestones * sizeof(uint64_t));
}

/* Must level 0 be trained at all? Not when masks are drawn, and weights rewound, before the first step. */
static bool needs_dense(const lt_regime *r)
{
    const lt_settings *s = r->settings;
    return s->prune.strategy == LT_STRATEGY_NONE || s->prune.draw_at.kind == LT_MOMENT_BEST ||
           s->prune.draw_at.kind == LT_MOMENT_END || r->draw_at > 0 || r->criterion_flags & LTC_NEED_DENSE ||
           r->rewind_to > 0 || s->prune.kept == LT_KEPT_FINAL || s->prune.pruned >= LT_PRUNED_OR_ZERO;
}

static bool keep_step(lt_plan *p, lt_job *j, uint64_t step)
{
    for (size_t i = 0; i < j->n_keep; i++)
        if (j->keep[i] == step)
            return true;
    uint64_t *more = lt_arena_array(&p->arena, j->n_keep + 1, sizeof *more);
    if (!more)
        return false;
    if (j->n_keep)
        memcpy(more, j->keep, j->n_keep * sizeof *more);
    more[j->n_keep++] = step;
    j->keep = more;
    return true;
}

/* Are masks drawn at a step that is known beforehand, and not the last? That one is kept anyway. */
static bool at_a_step(const lt_regime *r)
{
    const int64_t drawn = r->settings->prune.draw_at.kind;
    return drawn != LT_MOMENT_BEST && drawn != LT_MOMENT_END;
}

/* The states of a dense training that a line of this regime will ask for. */
static ltc_status keep_for(lt_plan *p, uint32_t dense, const lt_regime *r, ltc_error *err)
{
    lt_job *j = &p->job[dense];
    bool ok = r->rewind_to == 0 || keep_step(p, j, r->rewind_to);
    if (ok && at_a_step(r) && r->draw_at > 0)
        ok = keep_step(p, j, r->draw_at);
    for (uint64_t step = r->check_every; ok && step && step <= r->steps; step += r->check_every)
        ok = keep_step(p, j, step);
    j->trains |= needs_dense(r);
    j->reported |= j->trains;
    return ok ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for the plan of a run");
}

/* The trial's level 0 that this regime shares with an earlier line; LT_NO_JOB: there is none. */
static uint32_t find_dense(const lt_plan *p, const lt_regime *r, uint32_t trial)
{
    for (uint32_t i = 0; i < p->n_dense; i++)
        if (p->job[p->dense[i]].trial == trial && train_alike(p->job[p->dense[i]].regime, r))
            return p->dense[i];
    return LT_NO_JOB;
}

/* Where the levels of a line in a trial begin. */
static struct lt_start *start_of(const lt_plan *p, uint32_t line, uint32_t trial)
{
    return &p->start[(size_t)line * (size_t)p->settings->run.trials + trial];
}

static uint32_t number_of(const lt_plan *p, const lt_line *l)
{
    return (uint32_t)(l - p->settings->line);
}

/* A line that is nothing but its dense network has a level 0 of its own: the store knows that it
 * is another's too. */
static ltc_status add_dense(lt_plan *p, const lt_job *line, uint32_t *dense, ltc_error *err)
{
    const bool alone = line->settings->prune.strategy == LT_STRATEGY_NONE;
    *dense = alone ? LT_NO_JOB : find_dense(p, line->regime, line->trial);
    if (*dense == LT_NO_JOB) {
        lt_job j = *line;
        j.draw = 0;
        *dense = p->dense[p->n_dense++] = p->n_jobs;
        if (!add_job(p, &j, err))
            return LTC_ENOMEM;
    }
    start_of(p, number_of(p, line->line), line->trial)->dense = *dense;
    return keep_for(p, *dense, line->regime, err);
}

static bool at_level(const lt_variant *v, uint32_t level)
{
    for (uint64_t i = 0; v && i < v->levels.n; i++)
        if (v->levels.v[i] == level)
            return true;
    return !v || !v->levels.n;
}

static lt_strategy strategy_of(const lt_regime *r)
{
    return (lt_strategy){ r->settings, r->layer, r->n_layers };
}

/* Levels of a line that makes its own masks. */
static ltc_status add_own_levels(lt_plan *p, const lt_job *line, ltc_error *err)
{
    lt_job j = *line;
    const lt_strategy its = strategy_of(j.regime);
    start_of(p, number_of(p, j.line), j.trial)->first = p->n_jobs;
    for (uint32_t before = j.dense; lt_strategy_next(&its, j.step.level, &j.step); before = p->n_jobs - 1) {
        j.before = j.step.chained ? before : j.dense;
        j.reported = at_level(j.line->variant, j.step.level);
        j.trains = j.reported || j.step.chained;
        lt_job *added = add_job(p, &j, err);
        if (!added)
            return LTC_ENOMEM;
        if (at_a_step(j.regime) && j.regime->draw_at > 0 && !keep_step(p, added, j.regime->draw_at))
            return ltc_fail(err, LTC_ENOMEM, "no memory for the plan of a run");
    }
    return LTC_OK;
}

/* Levels of a control: at those of the line it follows, with its masks or matching them. */
static ltc_status add_control_levels(lt_plan *p, const lt_job *line, ltc_error *err)
{
    lt_job j = *line;
    lt_step_down step;
    const uint32_t main = j.line->main;
    const lt_strategy strategy = strategy_of(&p->regime[main]);
    for (uint32_t level = 0; lt_strategy_next(&strategy, level, &step); level++) {
        if (!at_level(j.line->variant, step.level))
            continue;
        j.step = step;
        j.step.chained = false;
        j.before = j.dense;
        j.main = start_of(p, main, j.trial)->first + level;
        if (!add_job(p, &j, err))
            return LTC_ENOMEM;
    }
    return LTC_OK;
}

static ltc_status add_line(lt_plan *p, uint32_t number, uint32_t trial, uint32_t draw, ltc_error *err)
{
    const lt_line *l = &p->settings->line[number];
    lt_job line = {
        .line = l, .settings = l->settings, .regime = &p->regime[number], .trial = trial, .draw = draw,
        .trains = true, .reported = true, .dense = LT_NO_JOB, .before = LT_NO_JOB, .main = LT_NO_JOB,
        .step = { .layer = LT_ALL_LAYERS, .rate = NAN, .target_sparsity = NAN },
    };
    lt_job dense = line;
    dense.trains = dense.reported = false;
    const ltc_status st = add_dense(p, &dense, &line.dense, err);
    if (st)
        return st;
    if (line.settings->retrain.given)
        line.regime = &p->retrain[number];
    return lt_line_follows(l) ? add_control_levels(p, &line, err) : add_own_levels(p, &line, err);
}

static ltc_status add_lines(lt_plan *p, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < p->settings->n_lines; i++) {
        const lt_variant *v = p->settings->line[i].variant;
        for (uint32_t trial = 0; trial < (uint64_t)p->settings->run.trials && !st; trial++)
            for (uint32_t draw = v != NULL; draw <= (uint64_t)(v ? v->draws : 0) && !st; draw++)
                st = add_line(p, i, trial, draw, err);
    }
    return st;
}

/* Masks are those of a network: another has no place for them. Who only counts levels has none. */
static ltc_status check_network(const lt_plan *p, const lt_line *l, ltc_error *err)
{
    const lt_experiment *own = p->regime[number_of(p, l)].experiment, *main = p->regime[l->main].experiment;
    if (!lt_line_follows(l) ||
        !memcmp(&own->identity.graph, &main->identity.graph, sizeof own->identity.graph))
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL,
                    "its network is another than main's, whose masks it takes or matches; give it "
                    "masks of its own, or main's network");
}

/* What matches main's mask is drawn when main's is; masks along a training are one where it changes nothing
 * that they are drawn by. */
static ltc_status check_bird(const lt_plan *p, const lt_line *l, ltc_error *err)
{
    const lt_settings *s = l->settings, *main = p->settings->line[l->main].settings;
    const bool follows = lt_line_follows(l), changes = s->prune.allocation == LT_ALLOCATION_LAMP ||
        p->regime[number_of(p, l)].criterion_flags & (LTC_NEED_FINAL | LTC_NEED_PROBE);
    if (s->prune.strategy != LT_STRATEGY_EARLY_BIRD ||
        (follows ? main->prune.strategy == LT_STRATEGY_EARLY_BIRD : changes))
        return LTC_OK;
    if (!follows)
        return ltc_fail_opt(err, "prune.mask",
                            "%s looks at nothing that training changes, so that there is no early "
                            "bird",
                            s->prune.mask.name);
    return ltc_fail_opt(err, "prune.strategy",
                        "\"early-bird\" watches masks of its own, and this line takes main's or "
                        "matches them; set masks = \"own\" and match = \"none\"");
}

/* A criterion that turns out to count for itself reads no amount; one that a line inherits
 * is not its fault. */
static ltc_status check_amount(const lt_regime *r, const lt_variant *v, ltc_error *err)
{
    const lt_settings *s = r->settings;
    const struct { const char *key; uint64_t given; } amount[] = {
        { "prune.rate", s->prune.rate.n }, { "prune.sparsity", s->prune.sparsity.n },
        { "prune.density", s->prune.density.n },
    };
    for (size_t a = 0; r->criterion_flags & LTC_MASK_OWN_COUNT && a < 3; a++) {
        bool written = !v;
        for (uint64_t i = 0; v && i < v->set.n; i++)
            written = written || !strcmp(v->set.v[i], amount[a].key);
        if (amount[a].given && written)
            return ltc_fail_opt(err, amount[a].key,
                                "does nothing with %s, which fixes its own count with these options; "
                                "remove it",
                                s->prune.mask.name);
    }
    return LTC_OK;
}

static ltc_status open_regimes(lt_plan *p, const lt_experiments *x, uint32_t i, ltc_error *err)
{
    const lt_line *l = &p->settings->line[i];
    ltc_status st = lt_regime_open(&x->v[x->of_line[i]], l->settings, &p->regime[i], err);
    if (!st && l->settings->retrain.given)
        st = lt_regime_open_retrain(&p->regime[i], &p->retrain[i], err);
    if (!st)
        st = check_amount(&p->regime[i], l->variant, err);
    if (!st)
        st = check_network(p, l, err);
    if (!st)
        st = check_bird(p, l, err);
    if (st)
        lt_line_blame(l, err);
    return st;
}

ltc_status lt_plan_make(const lt_settings *s, const lt_experiments *x, lt_plan *p, ltc_error *err)
{
    const size_t trials = (size_t)s->run.trials;
    *p = (lt_plan){
        .settings = s, .regime = lt_array(s->n_lines, sizeof *p->regime),
        .retrain = lt_array(s->n_lines, sizeof *p->retrain),
        .dense = lt_array(s->n_lines * trials, sizeof *p->dense),
        .start = lt_array(s->n_lines * trials, sizeof *p->start),
    };
    ltc_status st = p->regime && p->retrain && p->dense && p->start ? LTC_OK
                    : ltc_fail(err, LTC_ENOMEM, "no memory for the plan of a run");
    for (uint32_t i = 0; i < s->n_lines && !st; i++)
        st = open_regimes(p, x, i, err);
    if (!st)
        st = add_lines(p, err);
    if (st)
        lt_plan_free(p);
    return st;
}

void lt_outcome_rests_on(lt_outcome *o, const lt_digest *key)
{
    assert(o->n_records < sizeof o->record / sizeof o->record[0]);
    o->record[o->n_records++] = *key;
}

const lt_digest *lt_plan_rewound(const lt_plan *p, const lt_job *j)
{
    const lt_outcome *dense = &p->job[j->dense].outcome;
    return j->regime->rewind_to ? lt_trajectory_state(&dense->trajectory, j->regime->rewind_to, false)
                                : &dense->init;
}

uint64_t lt_job_last(const lt_job *j)
{
    return j->regime->steps + (j->regime->goes_on ? j->outcome.first_step : 0);
}

uint64_t lt_plan_steps(const lt_plan *p)
{
    uint64_t steps = 0;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        steps += p->job[i].trains ? p->job[i].regime->steps : 0;
    return steps;
}

lt_training lt_job_training(const lt_job *j)
{
    lt_training t = lt_regime_training(j->regime, j->trial);
    t.steps = lt_job_last(j);
    return t;
}

uint64_t lt_plan_drawn_step(const lt_plan *p, const lt_job *j)
{
    const lt_job *before = &p->job[j->before];
    const lt_outcome *o = &before->outcome;
    const uint64_t last = lt_job_last(before);
    if (j->outcome.watch.every)
        return j->outcome.watch.drawn_step;
    if (at_a_step(j->regime))
        return j->regime->draw_at;
    if (j->settings->prune.draw_at.kind == LT_MOMENT_END)
        return last;
    const lt_evaluation *best = lt_trajectory_best(&o->trajectory, o->first_step,
                                                   before->regime->evaluate_every, last);
    return best ? best->step : last;
}

const lt_digest *lt_plan_drawn(const lt_plan *p, const lt_job *j)
{
    const lt_outcome *before = &p->job[j->before].outcome;
    const uint64_t step = lt_plan_drawn_step(p, j);
    const bool values = j->settings->prune.draw_at.kind == LT_MOMENT_BEST;
    return step ? lt_trajectory_state(&before->trajectory, step, values) : &before->start;
}

const lt_digest *lt_plan_dense(const lt_plan *p, const lt_job *j)
{
    const lt_job *dense = &p->job[j->dense];
    return lt_trajectory_state(&dense->outcome.trajectory, dense->regime->steps, false);
}

void lt_plan_free(lt_plan *p)
{
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        lt_trajectory_free(&p->job[i].outcome.trajectory);
        free(p->job[i].outcome.watch.differ);
    }
    for (uint32_t i = 0; p->regime && i < p->settings->n_lines; i++)
        lt_regime_close(&p->regime[i]);
    for (uint32_t i = 0; p->retrain && i < p->settings->n_lines; i++)
        lt_regime_close(&p->retrain[i]);
    free(p->regime);
    free(p->retrain);
    free(p->dense);
    free(p->start);
    free(p->job);
    lt_arena_free(&p->arena);
    *p = (lt_plan){ 0 };
}
