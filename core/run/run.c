/* Owns a run from its settings to its table. Called by the command line. */
#include "run/run.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/about.h"
#include "run/ending.h"
#include "run/estimate.h"
#include "run/explain.h"
#include "run/hook.h"
#include "run/live.h"
#include "run/memory.h"
#include "run/registration.h"
#include "run/showing.h"

/* Everything open at once. */
typedef struct run {
    const lt_run_request *r;
    lt_experiments experiments;
    lt_plan       plan;
    lt_store     *store;
    lt_output     output;
    lt_results   *results;
    lt_hooks     *hooks;
    lt_about      about;
    lt_registration registration;
    lt_layout     layout;                     /* as many trainings at once as memory has room for */
    uint64_t     *last_step;                  /* [n_jobs]: for progress; UINT64_MAX: not seen yet */
    lt_live       live;
    pthread_mutex_t say;                      /* over what the store reports, from any thread, and
                                               * the progress line */
    bool          damage, last;               /* the store reported some; what fails is not
                                               * tried again at once */
} run;

static void report(void *arg, const char *sentence)
{
    run *x = arg;
    pthread_mutex_lock(&x->say);
    x->damage = true;
    lt_progress_clear(x->r->progress);
    fprintf(x->r->progress->to, "ltcore: %s\n", sentence);
    pthread_mutex_unlock(&x->say);
}

static ltc_status open_run(run *x, bool with_store, ltc_error *err)
{
    const lt_settings *s = x->r->settings;
    ltc_status st = lt_experiments_open(s, x->r->services, &x->experiments, err);
    if (!st)
        st = lt_plan_make(s, &x->experiments, &x->plan, err);
    if (!st && with_store)
        st = lt_store_open(s->run.store, report, x, &x->store, err);
    return lt_services_settle(x->r->services, st);
}

/* Before anything is written: how many trainings at once. */
static ltc_status settle_layout(run *x, lt_memory *m, ltc_error *err)
{
    const uint32_t most = x->plan.n_jobs ? x->plan.n_jobs : 1;
    const ltc_status st = lt_memory_ask(&x->plan, &x->experiments, m, err);
    const uint32_t advised = m->replicas > 1 ? m->replicas : x->r->processors;
    const uint32_t wanted = x->r->jobs ? x->r->jobs : advised;
    return st ? lt_services_settle(x->r->services, st)
              : lt_memory_settle(m, x->r->services->memory, wanted < most ? wanted : most, &x->layout,
                                 x->r->progress->to, err);
}

static void close_run(run *x)
{
    lt_live_end(&x->live);
    lt_results_close(x->results);
    lt_output_close(&x->output);
    lt_store_close(x->store);
    lt_plan_free(&x->plan);
    lt_experiments_close(&x->experiments);
    lt_about_free(&x->about);
    lt_registration_close(&x->registration);
    free(x->last_step);
}

static void progress(void *arg, const lt_job *j, const lt_progress *p)
{
    run *x = arg;
    uint64_t *last = &x->last_step[j - x->plan.job];
    pthread_mutex_lock(&x->say);
    lt_progress_step(x->r->progress, j, p, p->step > *last ? p->step - *last : 0);
    lt_live_step(&x->live, j, p, lt_progress_left(x->r->progress, p));
    pthread_mutex_unlock(&x->say);
    *last = p->step;
}

static ltc_status begun(void *arg, const lt_job *j, ltc_error *err)
{
    run *x = arg;
    lt_live_open(&x->live, j);
    pthread_mutex_lock(&x->say);
    lt_progress_begun(x->r->progress, j);
    pthread_mutex_unlock(&x->say);
    return lt_registration_begun(&x->registration, j, err);
}

static ltc_status evaluated(void *arg, const lt_job *j, const lt_evaluation *e, ltc_error *err)
{
    run *x = arg;
    const lt_history_row row = lt_history_of(j, e);
    pthread_mutex_lock(&x->say);
    lt_progress_evaluation(x->r->progress, j, e);
    pthread_mutex_unlock(&x->say);
    lt_hooks_evaluation(x->hooks, &row);
    return lt_results_history(x->results, &row, err);
}

static ltc_status finished(void *arg, const lt_job *j, const lt_level_row *row, const lt_history_row *history,
                           size_t n, ltc_error *err)
{
    run *x = arg;
    lt_live_close(&x->live, j);
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < n && !st; i++) {
        st = lt_results_history(x->results, &history[i], err);
        if (row && !row->trained_steps)       /* else it was told as it came */
            lt_hooks_evaluation(x->hooks, &history[i]);
    }
    if (!st && row) {
        st = lt_results_level(x->results, row, err);
        lt_hooks_level(x->hooks, row);
    }
    pthread_mutex_lock(&x->say);
    if (j->trains)
        lt_progress_finished(x->r->progress, j, row);
    pthread_mutex_unlock(&x->say);
    return st ? st : lt_registration_write_later(&x->registration, err);
}

/* What a line's user must know, though nothing failed. */
static void noticed(void *arg, const lt_job *j, const char *sentence)
{
    run *x = arg;
    char text[160];
    lt_text event = { 0 };
    ltc_error ignored = { .message = "" };
    pthread_mutex_lock(&x->say);
    lt_progress_clear(x->r->progress);
    fprintf(x->r->progress->to, "ltcore: %s: %s\n", lt_job_text(j, text), sentence);
    pthread_mutex_unlock(&x->say);
    lt_text_add(&event, "%s: %s", text, sentence);
    if (!event.failed)
        lt_hooks_event(x->hooks, j->outcome.stopped ? "stop" : "warning", event.s);
    if (x->results && !event.failed)
        lt_results_event(x->results, j->outcome.stopped ? "stop" : "warning", event.s, &ignored);
    lt_text_free(&event);
}

/* Why, on the screen and in the results, and as far as it came. What cannot be written is not worth
 * a second failure. */
static void failed(void *arg, const lt_job *j, const lt_level_row *row, const lt_history_row *history,
                   size_t n, const ltc_error *why)
{
    run *x = arg;
    lt_live_close(&x->live, j);
    char text[160];
    lt_text event = { 0 };
    ltc_error ignored = { .message = "" };
    pthread_mutex_lock(&x->say);
    lt_progress_clear(x->r->progress);
    fprintf(x->r->progress->to, "ltcore: %s: %s\n", lt_job_text(j, text), why->message);
    pthread_mutex_unlock(&x->say);
    if (!x->results)
        return;
    lt_text_add(&event, "%s: %s", text, why->message);
    if (!event.failed)
        lt_hooks_event(x->hooks, "error", event.s);
    lt_results_event(x->results, "error", event.failed ? why->message : event.s, &ignored);
    lt_text_free(&event);
    for (size_t i = 0; i < n; i++)
        lt_results_history(x->results, &history[i], &ignored);
    if (row)
        lt_results_level(x->results, row, &ignored);
}

static ltc_status open_results(run *x, ltc_error *err)
{
    x->about.facts = (lt_run_facts){ .version = x->r->version, .resolved = x->r->resolved,
                                     .settings = x->r->settings, .config = x->r->config };
    const ltc_status st = lt_about_fill(&x->about, &x->plan, &x->experiments, err);
    return st ? st : lt_results_open(x->output.directory, &x->about.facts, &x->results, err);
}

static ltc_status execute(run *x, bool look, ltc_error *err)
{
    const lt_listener listener = { .arg = x, .progress = progress, .begun = begun, .evaluated = evaluated,
                                   .finished = finished, .noticed = noticed, .failed = failed };
    const lt_execution e = {
        .plan = &x->plan, .store = x->store, .services = x->r->services, .listener = &listener,
        .now_s = x->r->now_s, .save_s = x->r->settings->run.save_every, .crews = look ? 1 : x->layout.crews,
        .seats = look ? 1 : x->layout.seats, .look = look,
    };
    return lt_execute(&e, err);
}

static void say_how_to_go_on(const run *x)
{
    fprintf(x->r->progress->to,
            "ltcore: stopped; everything was saved: the same command goes on from here\n");
}

/* Tables of an earlier, longer run are worth more than those of one that was stopped. */
static bool has_levels(const run *x)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/levels.csv", x->output.directory);
    const bool there = !path.failed && access(path.s, F_OK) == 0;
    lt_text_free(&path);
    return there;
}

/* All that can be refused before anything is trained. */
static ltc_status prepare(run *x, ltc_error *err)
{
    const lt_run_request *r = x->r;
    lt_memory memory;
    ltc_status st = open_run(x, true, err);
    if (!st)
        st = lt_store_check_writable(x->store, err);
    if (!st)
        st = settle_layout(x, &memory, err);
    if (!st && !(x->last_step = lt_array(x->plan.n_jobs, sizeof *x->last_step)))
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a run");
    for (uint32_t i = 0; !st && i < x->plan.n_jobs; i++)
        x->last_step[i] = UINT64_MAX;
    if (!st)
        st = lt_output_open(r->settings->run.output, r->resolved, &x->output, err);
    if (!st)
        st = lt_registration_open(&x->registration, x->store, &x->plan, x->output.directory, r->now_s, err);
    if (!st)
        st = open_results(x, err);
    return st ? st : lt_hooks_open(&r->settings->report.hooks, &x->hooks, err);
}

static ltc_status train(run *x, ltc_error *err)
{
    lt_hooks_began(x->hooks, x->r->settings, x->r->version);
    lt_progress_begin(x->r->progress, &x->plan);
    ltc_status st = lt_live_begin(&x->live, x->output.directory, &x->plan, x->r->now_s, err);
    if (!st)
        st = execute(x, false, err);
    lt_progress_clear(x->r->progress);
    return st;
}

/* What was read damaged is not there any more, so that whoever begins now makes it again. */
static bool begins_again(const run *x, ltc_status st)
{
    return st && st != LTC_ECANCELLED && x->damage && !x->last;
}

static ltc_status show(run *x, ltc_status st, bool written, ltc_error *err)
{
    ltc_error late = { .message = "" };
    if (st == LTC_ECANCELLED || begins_again(x, st))
        return st;
    const ltc_status shown = lt_results_table(x->results, x->r->out, st ? &late : err);
    if (written)
        lt_showing_write(x->r->settings, x->output.directory, x->r->out, x->r->progress->to);
    return st ? st : shown;
}

static ltc_status finish(run *x, ltc_status st, ltc_error *err)
{
    ltc_error late = { .message = "" };
    ltc_status end = lt_results_finish(x->results, x->store, &late);
    if (!st)
        lt_registration_forget(&x->registration);
    if (!end)
        end = lt_registration_write(&x->registration, &late);
    if (!st && end)
        *err = late;
    return show(x, st ? st : end, !end, err);
}

/* *again: what failed is worth another try at once. */
static ltc_status run_once(const lt_run_request *r, bool last, bool *again, ltc_error *err)
{
    run x = { .r = r, .output = { .lock = -1 }, .say = PTHREAD_MUTEX_INITIALIZER, .last = last };
    ltc_status st = prepare(&x, err);
    if (!st)
        st = train(&x, err);
    st = lt_ending_settle(&x.plan, st, err);
    if (st == LTC_ECANCELLED)
        say_how_to_go_on(&x);
    if (st && x.registration.name[0]) {
        ltc_error ignored = { .message = "" };
        lt_registration_write(&x.registration, &ignored);     /* the training that was stopped
                                                               * is this run's too */
    }
    const bool stopped = r->services->cancelled && r->services->cancelled(r->services->arg);
    x.last = x.last || stopped;
    if (x.results && !(stopped && has_levels(&x)))
        st = finish(&x, st, err);
    *again = begins_again(&x, st);
    lt_hooks_close(x.hooks, st == LTC_ECANCELLED ? "stopped" : st ? "failed" : "done", r->progress->to);
    close_run(&x);
    return st;
}

ltc_status lt_run(const lt_run_request *r, ltc_error *err)
{
    const lt_progress_line line = *r->progress;
    bool again;
    const ltc_status st = run_once(r, false, &again, err);
    if (!again)
        return st;
    *r->progress = line;
    *err = (ltc_error){ .message = "" };
    fprintf(line.to, "ltcore: the run begins again, and makes what was damaged anew\n");
    return run_once(r, true, &again, err);
}

/* Without a store nothing is stored: what needs nothing is to be done, and the rest waits for it. */
static void look_at_nothing(lt_plan *p)
{
    for (uint32_t i = 0; i < p->n_jobs; i++)
        p->job[i].state = p->job[i].dense == LT_NO_JOB ? LT_JOB_FAILED : LT_JOB_BLOCKED;
}

ltc_status lt_run_explain(const lt_run_request *r, ltc_error *err)
{
    run x = { .r = r, .output = { .lock = -1 }, .say = PTHREAD_MUTEX_INITIALIZER };
    uint64_t count[LT_JOB_STATES] = { 0 };
    ltc_error missing = { .message = "" };
    lt_memory memory;
    const bool stored = access(r->settings->run.store, F_OK) == 0;
    ltc_status st = open_run(&x, stored, err);
    if (!st && stored) {
        st = execute(&x, true, &missing);
        if (st == LTC_EUNSUPPORTED || st == LTC_ENUMERIC)
            st = LTC_OK;                      /* something is not stored, or failed before: that is
                                               * what is asked for */
        else if (st)
            *err = missing;
    } else if (!st) {
        look_at_nothing(&x.plan);
    }
    const uint64_t lost = lt_ending_lost(&x.plan);
    for (uint32_t i = 0; i < x.plan.n_jobs; i++)
        count[x.plan.job[i].state] += x.plan.job[i].trains && !x.plan.job[i].outcome.bad;
    if (!st) {
        lt_explain(&x.plan, &x.experiments, count, lost, r->out);
        st = settle_layout(&x, &memory, err);
    }
    if (!st) {
        lt_memory_print(&memory, &x.layout, r->services->memory, r->out);
        const uint64_t left = count[LT_JOB_FAILED] + count[LT_JOB_BLOCKED];
        if (left)
            st = lt_estimate(&x.plan, left, &x.layout, r->now_s, r->out, err);
        else
            fputs("nothing is left to train\n", r->out);
    }
    close_run(&x);
    return st;
}
