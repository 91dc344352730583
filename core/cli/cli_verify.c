/* `ltcore verify`: retrains one stored training of a run and compares the bytes. */
#include <string.h>

#include "cli/run_directory.h"
#include "plan/executor.h"
#include "plan/replay.h"
#include "run/progress.h"
#include "util/figures.h"

static const char default_training[] = "main/t1/l00";

/* Everything open at once. */
typedef struct work {
    lt_run_directory *run;
    const char       *word;                   /* the training, as in tickets/ */
    lt_experiments experiments;
    lt_plan       plan;
    lt_store     *store;
    lt_job       *job;
    lt_progress_line line;
    uint64_t      step;                       /* that was shown last */
    lt_replay     replay;
} work;

static const lt_world *world_of(const work *k)
{
    return k->run->setup.world;
}

static void report(void *arg, const char *sentence)
{
    lt_cli_say(world_of(arg), "%s", sentence);
}

static ltc_status open_plan(work *k, ltc_error *err)
{
    const lt_settings *s = &k->run->setup.settings;
    ltc_status st = lt_experiments_open(s, &k->run->setup.services, &k->experiments, err);
    if (!st)
        st = lt_plan_make(s, &k->experiments, &k->plan, err);
    return st ? st : lt_store_open(s->run.store, report, k, &k->store, err);
}

static void close_work(work *k)
{
    lt_store_close(k->store);
    lt_plan_free(&k->plan);
    lt_experiments_close(&k->experiments);
}

/* "main/t1/l00", "random reinit/t1/d2/l03", "main/p02/t1/l01". */
static bool is_called(const lt_job *j, const char *word)
{
    const size_t n = strlen(j->line->name);
    unsigned point = 0, trial, draw = 0, level;
    int end = 0;
    if (strncmp(word, j->line->name, n) || word[n] != '/')
        return false;
    word += n + 1;
    if (sscanf(word, "p%u/%n", &point, &end) == 1 && end)
        word += end, end = 0;
    if (sscanf(word, "t%u/l%u%n", &trial, &level, &end) != 2)
        if (sscanf(word, "t%u/d%u/l%u%n", &trial, &draw, &level, &end) != 3)
            return false;
    return !word[end] && j->line->point == point && j->trial + 1 == trial && j->draw == draw &&
           j->step.level == level;
}

static ltc_status find_job(work *k, ltc_error *err)
{
    for (uint32_t i = 0; i < k->plan.n_jobs && !k->job; i++)
        if (k->plan.job[i].trains && is_called(&k->plan.job[i], k->word))
            k->job = &k->plan.job[i];
    return k->job ? LTC_OK
                  : ltc_fail(err, LTC_EINVAL,
                             "%s: the run has no training '%s'; write it as in its tickets/: "
                             "VARIANT[/pNN]/tN[/dN]/lNN",
                             k->run->name, k->word);
}

static void no_progress(void *arg, const lt_job *j, const lt_progress *p)
{
    (void)arg, (void)j, (void)p;
}

static ltc_status not_begun(void *arg, const lt_job *j, ltc_error *err)
{
    (void)arg, (void)j, (void)err;
    return LTC_OK;
}

static ltc_status not_evaluated(void *arg, const lt_job *j, const lt_evaluation *e, ltc_error *err)
{
    (void)arg, (void)j, (void)e, (void)err;
    return LTC_OK;
}

static ltc_status not_finished(void *arg, const lt_job *j, const lt_level_row *row,
                               const lt_history_row *history, size_t n, ltc_error *err)
{
    (void)arg, (void)j, (void)row, (void)history, (void)n, (void)err;
    return LTC_OK;
}

static void not_noticed(void *arg, const lt_job *j, const char *sentence)
{
    (void)arg, (void)j, (void)sentence;
}

static void failed(void *arg, const lt_job *j, const lt_level_row *row, const lt_history_row *history,
                   size_t n, const ltc_error *why)
{
    (void)row, (void)history, (void)n;
    char text[160];
    lt_cli_say(world_of(arg), "%s: %s", lt_job_text(j, text), why->message);
}

/* What the store has of the run, so that the job knows its states. */
static ltc_status look_up(work *k, ltc_error *err)
{
    const lt_listener listener = { .arg = k,
                                   .progress = no_progress,
                                   .begun = not_begun,
                                   .evaluated = not_evaluated,
                                   .finished = not_finished,
                                   .noticed = not_noticed,
                                   .failed = failed };
    const lt_execution x = {
        .plan = &k->plan, .store = k->store, .services = &k->run->setup.services,
        .listener = &listener, .now_s = world_of(k)->now_s, .crews = 1, .seats = 1, .look = true,
    };
    const ltc_status st = lt_execute(&x, err);
    if (k->job->state == LT_JOB_DONE && k->job->outcome.trained)
        return LTC_OK;
    if (st && st != LTC_EUNSUPPORTED)
        return st;
    return ltc_fail(err, LTC_EIO,
                    "%s: %s is not stored whole, as trained by this backend (%.120s); the run's own command "
                    "trains it",
                    k->run->name, k->word, k->job->regime->experiment->backend);
}

static double now_of(void *arg)
{
    return world_of(arg)->now_s();
}

static bool stopping(void *arg)
{
    return world_of(arg)->cancelled(NULL);
}

static void stepped(void *arg, const lt_progress *p)
{
    work *k = arg;
    lt_progress_step(&k->line, k->job, p, p->step - k->step);
    k->step = p->step;
}

static ltc_status retrain(work *k, const lt_arguments *a, ltc_error *err)
{
    const lt_world *w = world_of(k);
    const lt_watcher watcher = { .arg = k, .now_s = now_of, .stopping = stopping, .stepped = stepped };
    const lt_replay_request r = {
        .store = k->store, .job = k->job, .watcher = &watcher
    };
    k->step = k->job->outcome.first_step;
    k->line = (lt_progress_line){
        .to = w->err,
        .level = a->level,
        .terminal = w->terminal,
        .columns = w->columns,
        .now_s = w->now_s,
        .jobs = 1,
        .steps_each = k->job->regime->steps,
        .begun_s = w->now_s(),
    };
    const ltc_status st = lt_replay_run(&r, &k->replay, err);
    lt_progress_clear(&k->line);
    return st;
}

static int print_outcome(const work *k)
{
    const lt_replay *r = &k->replay;
    FILE *to = world_of(k)->out;
    lt_figure n, from, last;
    if (r->differs) {
        fprintf(to, "%s: differs at step %s: ", k->word, lt_figure_count(r->last, &last));
        if (r->param)
            fprintf(to, "%s of %s, element %s, ", r->part, r->param, lt_figure_count(r->element, &n));
        else
            fprintf(to, "%s ", r->part);
        fprintf(to, "is stored as %.9g and now is %.9g\n", r->stored, r->found);
    } else if (r->compared && !r->gone) {
        fprintf(to, "%s: identical: %s stored state%s, steps %s to %s\n", k->word,
                lt_figure_count(r->compared, &n), r->compared == 1 ? "" : "s",
                lt_figure_count(r->from, &from), lt_figure_count(r->last, &last));
    } else {
        fprintf(to, "%s: %s of its states are gone from the store, the others are identical\n", k->word,
                lt_figure_count(r->gone, &n));
    }
    return !r->differs && r->compared && !r->gone ? LT_EXIT_DONE : LT_EXIT_FAILED;
}

static int verify(lt_run_directory *d, const lt_arguments *a)
{
    work k = { .run = d, .word = a->n_rest > 1 ? a->rest[1] : default_training };
    ltc_error err = { .message = "" };
    ltc_status st = open_plan(&k, &err);
    if (!st)
        st = find_job(&k, &err);
    if (!st)
        st = look_up(&k, &err);
    if (!st)
        st = retrain(&k, a, &err);
    const int code = st ? lt_setup_failed(&d->setup, st, &err) : print_outcome(&k);
    close_work(&k);
    return code;
}

int lt_cli_verify(const lt_world *w, const lt_arguments *a)
{
    lt_run_directory d;
    int code = lt_run_directory_open(w, a, a->rest[0], &d);
    if (code)
        return code;
    code = verify(&d, a);
    lt_run_directory_close(&d);
    return code;
}
