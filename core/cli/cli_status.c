/* `ltcore status` and `ltcore watch`: how far a run is, from another terminal. */
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/run_directory.h"
#include "plan/plan.h"
#include "results/standing.h"
#include "run/ending.h"
#include "run/live.h"
#include "run/progress.h"
#include "util/figures.h"
#include "util/file.h"

enum { EVENTS = 5 };                          /* the last ones are shown */
static const double WATCH_S = 2, TICK_S = 0.1; /* between two looks; within which a signal is answered */

/* One look. */
typedef struct look {
    const lt_world *world;
    lt_run_directory *run;
    bool          busy, measured;             /* measured: results.db is there */
    lt_standing   standing;
    lt_experiments experiments;               /* only what a plan is made from */
    lt_plan       plan;
} look;

static void set_samples(const look *l, const lt_line *line, lt_experiment *e)
{
    for (size_t i = 0; i < l->standing.n_lines; i++)
        if (l->standing.line[i].order == line->order && l->standing.line[i].point == line->point)
            for (uint32_t s = 0; s < LT_SPLITS; s++)
                e->data.split[s].n = l->standing.line[i].samples[s];
}

/* A plan needs of the data how many samples there are, which results.db says: nothing is loaded. */
static ltc_status make_plan(look *l, ltc_error *err)
{
    const lt_settings *settings = &l->run->setup.settings;
    const ltc_status st = lt_experiments_list(settings, &l->run->setup.services, &l->experiments, err);
    for (uint32_t i = 0; i < settings->n_lines && !st; i++)
        set_samples(l, &settings->line[i], &l->experiments.v[l->experiments.of_line[i]]);
    return st ? st : lt_plan_make(settings, &l->experiments, &l->plan, err);
}

static lt_job *job_of(const look *l, const lt_standing_level *at)
{
    for (uint32_t i = 0; i < l->plan.n_jobs; i++) {
        lt_job *j = &l->plan.job[i];
        if (j->line->order == at->order && j->line->point == at->point && j->trial + 1 == at->trial &&
            j->draw == at->draw && j->step.level == at->level)
            return j;
    }
    return NULL;
}

/* What no command brings to an end, and all that needs it. */
static void mark_lost(look *l)
{
    for (size_t i = 0; i < l->standing.n_levels; i++) {
        lt_job *j = l->standing.level[i].bad ? job_of(l, &l->standing.level[i]) : NULL;
        if (j)
            j->outcome.bad = true;
    }
    lt_ending_lost(&l->plan);
}

static ltc_status take_look(look *l, ltc_error *err)
{
    const char *results = lt_run_directory_file(l->run, "results.db");
    if (!results)
        return ltc_fail(err, LTC_ENOMEM, "no memory");
    l->busy = lt_run_directory_busy(l->run->name);
    l->measured = access(results, F_OK) == 0;
    ltc_status st = l->measured ? lt_standing_read(l->run->name, &l->standing, err) : LTC_OK;
    l->measured = l->measured && l->standing.n_lines; /* its tables may have just been made */
    if (!st && l->measured)
        st = make_plan(l, err);
    if (!st)
        mark_lost(l);
    return st;
}

static void close_look(look *l)
{
    lt_plan_free(&l->plan);
    lt_experiments_close(&l->experiments);
    lt_standing_free(&l->standing);
}

/* Levels of a variant; order UINT32_MAX: of all. Where a strategy has a level for each tensor nobody here
 * knows the network, and those are planned that were begun. */
static uint64_t count_planned(const look *l, uint32_t order)
{
    uint64_t n = 0, begun = 0;
    for (size_t i = 0; i < l->standing.n_levels; i++)
        begun += order == UINT32_MAX || l->standing.level[i].order == order;
    for (uint32_t i = 0; i < l->plan.n_jobs; i++)
        n += l->plan.job[i].reported && (order == UINT32_MAX || l->plan.job[i].line->order == order);
    return n > begun ? n : begun;
}

static uint64_t count_done(const look *l, uint32_t order)
{
    uint64_t n = 0;
    for (size_t i = 0; i < l->standing.n_levels; i++)
        n += l->standing.level[i].done && (order == UINT32_MAX || l->standing.level[i].order == order);
    return n;
}

static uint64_t count_lost(const look *l)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < l->plan.n_jobs; i++)
        n += l->plan.job[i].reported && l->plan.job[i].outcome.bad;
    return n;
}

/* Of a run that came to no end: what the same command does about it. */
static void print_rest(const look *l, uint64_t done, uint64_t planned)
{
    const uint64_t lost = count_lost(l), over = done + lost;
    lt_figure d, p, r;
    FILE *to = l->world->out;
    fprintf(to, "%s: %s after %s of %s levels", l->run->name, l->standing.n_errors ? "failed" : "stopped",
            lt_figure_count(done, &d), lt_figure_count(planned, &p));
    if (!lost)
        fputs("; the same command goes on from there\n", to);
    else if (over < planned)
        fprintf(to, "; the same command goes on with %s, and where a loss is not finite only other settings "
                "help\n", lt_figure_count(planned - over, &r));
    else
        fputs(": a loss is not finite, and only other settings help\n", to);
}

static void print_state(const look *l)
{
    const uint64_t done = count_done(l, UINT32_MAX), planned = count_planned(l, UINT32_MAX);
    lt_figure d, p;
    FILE *to = l->world->out;
    lt_figure_count(done, &d), lt_figure_count(planned, &p);
    if (!l->measured)
        fprintf(to, "%s: %s\n", l->run->name,
                l->busy ? "going on; nothing is measured yet" : "nothing was measured");
    else if (l->busy)
        fprintf(to, "%s: going on, %s of %s levels are done\n", l->run->name, d.s, p.s);
    else if (done >= planned)
        fprintf(to, "%s: finished, %s levels\n", l->run->name, d.s);
    else if (l->standing.n_stops && !l->standing.n_errors)
        fprintf(to, "%s: %s of %s levels are done, and prune.collapse stopped a line; the same command goes "
                "on with any other\n", l->run->name, d.s, p.s);
    else
        print_rest(l, done, planned);
}

static void print_variants(const look *l)
{
    const lt_settings *s = &l->run->setup.settings;
    int width = (int)strlen("variant");
    lt_figure d, p;
    for (uint64_t v = 0; v < s->n_variants; v++)
        width = (int)strlen(s->variant[v].name) > width ? (int)strlen(s->variant[v].name) : width;
    fprintf(l->world->out, "\n%-*s  %8s  %8s\n", width, "variant", "done", "planned");
    for (uint32_t order = 0; order <= s->n_variants; order++)
        fprintf(l->world->out, "%-*s  %8s  %8s\n", width, order ? s->variant[order - 1].name : "main",
                lt_figure_count(count_done(l, order), &d), lt_figure_count(count_planned(l, order), &p));
}

static void print_measure(const char *split, double loss, double accuracy, FILE *to)
{
    if (!isnan(loss))
        fprintf(to, "; %s loss %.4f, accuracy %.2f %%", split, loss, 100 * accuracy);
}

/* A level that was begun and is not done: in training, or where the run was stopped. */
static void print_begun(const look *l, const lt_standing_level *at)
{
    FILE *to = l->world->out;
    const lt_job *j = job_of(l, at);
    char text[160];
    lt_figure step, steps;
    if (!j)
        return;
    fprintf(to, "%s: evaluated at step %s", lt_job_text(j, text), lt_figure_count(at->step, &step));
    if (!j->regime->goes_on)                  /* else it is not known here where it began */
        fprintf(to, " of %s", lt_figure_count(j->regime->steps, &steps));
    print_measure("validation", at->validation_loss, at->validation_accuracy, to);
    print_measure("test", at->test_loss, at->test_accuracy, to);
    fputc('\n', to);
}

/* What the run itself says it trains, while it does. */
static void print_live(const look *l)
{
    lt_text text = { 0 };
    ltc_error none;                           /* between two trainings there is no file */
    const char *path = lt_run_directory_file(l->run, LT_LIVE_FILE);
    if (l->busy && path && !lt_file_read(path, &text, &none) && text.n)
        fprintf(l->world->out, "\nnow:\n%s", text.s);
    lt_text_free(&text);
}

/* Where to look, once there is something. */
static void print_places(const look *l)
{
    static const char *const files[] = { "levels.csv", "report.html", "results.db", "tickets" };
    const char *before = "\nresults: ";
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !l->busy; i++) {
        const char *path = lt_run_directory_file(l->run, files[i]);
        if (!path || access(path, F_OK))
            continue;
        fprintf(l->world->out, "%s%s", before, path);
        before = ", ";
    }
    if (*before == ',')
        fputc('\n', l->world->out);
}

static void print_look(const look *l)
{
    const lt_standing *s = &l->standing;
    bool begun = false;
    print_state(l);
    if (!l->measured) {
        print_live(l);
        return;
    }
    print_variants(l);
    for (size_t i = 0; i < s->n_levels; i++) {
        if (s->level[i].done || !s->level[i].evaluated)
            continue;
        if (!begun)
            fputc('\n', l->world->out);
        begun = true;
        print_begun(l, &s->level[i]);
    }
    const size_t first = s->n_events > EVENTS ? s->n_events - EVENTS : 0;
    for (size_t i = first; i < s->n_events; i++)
        fprintf(l->world->out, "%s%s\n", i == first ? "\n" : "", s->event[i]);
    print_live(l);
    print_places(l);
}

/* *busy: whether the run goes on. */
static int show_once(const lt_world *w, lt_run_directory *d, const char *before, bool *busy)
{
    look l = { .world = w, .run = d };
    ltc_error err = { .message = "" };
    const ltc_status st = take_look(&l, &err);
    fputs(before, w->out);
    if (!st)
        print_look(&l);
    *busy = l.busy;
    const int code = st ? lt_setup_failed(&d->setup, st, &err) : LT_EXIT_DONE;
    close_look(&l);
    return code;
}

int lt_cli_status(const lt_world *w, const lt_arguments *a)
{
    lt_run_directory d;
    bool busy;
    int code = lt_run_directory_open(w, a, a->rest[0], &d);
    if (code)
        return code;
    code = show_once(w, &d, "", &busy);
    lt_run_directory_close(&d);
    return code;
}

/* False: a signal came. */
static bool wait_for(const lt_world *w, double seconds)
{
    const struct timespec tick = { .tv_nsec = (long)(1e9 * TICK_S) };
    for (const double end = w->now_s() + seconds; w->now_s() < end && !w->cancelled(NULL);)
        nanosleep(&tick, NULL);
    return !w->cancelled(NULL);
}

int lt_cli_watch(const lt_world *w, const lt_arguments *a)
{
    static const char home_and_clear[] = "\033[H\033[J";
    const bool terminal = w->output_terminal;
    lt_run_directory d;
    bool busy = true;
    int code = lt_run_directory_open(w, a, a->rest[0], &d);
    if (code)
        return code;
    while (!code && busy) {
        code = show_once(w, &d, terminal ? home_and_clear : "", &busy);
        fflush(w->out);                       /* a failure shows when the program ends */
        if (!terminal)
            break;
        if (busy && !wait_for(w, WATCH_S))
            code = LT_EXIT_STOPPED;
    }
    lt_run_directory_close(&d);
    return code;
}
