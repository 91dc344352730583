/* Trains the trials of a run with strategy "none". Called by the command line. */
#include "run/run.h"

#include <math.h>

#include "data/key.h"
#include "train/init.h"

typedef struct trial {
    const lt_run *run;
    uint64_t      number;                     /* from 1 */
} trial;

static double now_of(void *arg)
{
    return ((const trial *)arg)->run->now_s();
}

static bool stopping(void *arg)
{
    const lt_services *s = ((const trial *)arg)->run->services;
    return s->cancelled && s->cancelled(s->arg);
}

static void stepped(void *arg, const lt_progress *p)
{
    lt_progress_step(((const trial *)arg)->run->progress, p);
}

static ltc_status evaluated(void *arg, const lt_evaluation *e, const lt_progress *p, ltc_error *err)
{
    const trial *t = arg;
    const double epoch = (double)e->step / (double)t->run->experiment->steps_per_epoch;
    lt_progress_evaluation(t->run->progress, e, p);
    return lt_output_evaluation(t->run->output, t->number, epoch, e, p->lr, err);
}

static ltc_status train_trial(const trial *t, lt_session *s, lt_state *state, lt_state *best, lt_result *result,
                              ltc_error *err)
{
    const lt_experiment *e = t->run->experiment;
    const lt_training training = lt_experiment_training(e, t->number - 1);
    trial copy = *t;
    const lt_watcher watcher = { .arg = &copy, .now_s = now_of, .stopping = stopping, .stepped = stepped,
                                 .evaluated = evaluated };
    lt_init_state(&e->graph.view, e->settings->arch.init, lt_experiment_key(e, LT_KEY_INIT, t->number - 1), state);
    return lt_trainer_run(s, &training, &watcher, state, best, result, err);
}

ltc_status lt_run_trials(const lt_run *run, lt_result *result, ltc_error *err)
{
    lt_experiment *e = run->experiment;
    const uint64_t trials = (uint64_t)e->settings->run.trials;
    const lt_session_request request = lt_experiment_session(e);
    lt_session *s = NULL;
    lt_state state = { 0 }, best = { 0 };

    ltc_status st = lt_session_open(&e->device, &request, &s, err);
    if (!st)
        st = lt_state_create(&e->graph.view, &state, err);
    if (!st)
        st = lt_state_create(&e->graph.view, &best, err);
    for (uint64_t i = 1; i <= trials && !st; i++) {
        const trial t = { run, i };
        lt_progress_begin(run->progress, i, trials);
        st = train_trial(&t, s, &state, &best, &result[i - 1], err);
        if (!st)
            lt_progress_end(run->progress, &result[i - 1]);
    }
    lt_progress_clear(run->progress);
    lt_state_free(&best);
    lt_state_free(&state);
    lt_session_close(s);
    return st;
}

static void put_percent(FILE *to, const lt_evaluation *e, uint32_t split)
{
    if (e->n[split])
        fprintf(to, "  %9.2f %%", 100 * lt_evaluation_accuracy(e, split));
    else
        fprintf(to, "  %11s", "-");
}

void lt_run_table(const lt_experiment *e, const lt_result *result, FILE *to)
{
    const bool has_best = e->data.split[LT_VALIDATION].n > 0 && e->steps > 0;
    const uint64_t n = (uint64_t)e->settings->run.trials;
    double sum = 0, low = INFINITY, high = -INFINITY;

    fprintf(to, "%5s  %9s  %11s  %11s  %11s  %11s  %11s  %8s\n", "trial", "best step", "validation", "test", "train",
            "test, end", "train, end", "seconds");
    for (uint64_t i = 0; i < n; i++) {
        const lt_evaluation *best = has_best ? &result[i].best : &result[i].end;
        const double accuracy = lt_evaluation_accuracy(e->settings->train.report_at == LT_REPORT_BEST ? best : &result[i].end,
                                                       LT_TEST);
        fprintf(to, "%5llu  %9llu", (unsigned long long)i + 1, (unsigned long long)best->step);
        put_percent(to, best, LT_VALIDATION);
        put_percent(to, best, LT_TEST);
        put_percent(to, best, LT_TRAIN);
        put_percent(to, &result[i].end, LT_TEST);
        put_percent(to, &result[i].end, LT_TRAIN);
        fprintf(to, "  %8.1f\n", result[i].train_s);
        sum += accuracy;
        low = fmin(low, accuracy);
        high = fmax(high, accuracy);
    }
    fprintf(to, "test accuracy at %s: mean %.2f %%, lowest %.2f %%, highest %.2f %% of %llu trial%s; guessing reaches %.2f %%\n",
            e->settings->train.report_at == LT_REPORT_BEST ? "the best validation loss" : "the end", 100 * sum / (double)n,
            100 * low, 100 * high, (unsigned long long)n, n == 1 ? "" : "s", 100 * lt_data_majority(&e->data, LT_TEST));
}
