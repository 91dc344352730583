/* Owns the processes of hooks and the lines that they get. Called by the run for each row of its results. */
#include "run/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/memory.h"
#include "util/program.h"
#include "util/text.h"

enum { PATIENCE_MS = 10000, TICK_MS = 10 };   /* for all hooks together, at the end; between two looks */

typedef struct hook {
    const char *program;
    pid_t       pid;
    int         to;                           /* its standard input; -1: it ended */
    lt_text     rest;                         /* of a line that was begun: nothing may come between */
    size_t      at;                           /* how much of it is written */
    uint64_t    lost;
    bool        broken;
} hook;

struct lt_hooks { hook *v; size_t n; };

static ltc_status start(hook *h, ltc_error *err)
{
    const char *const argv[] = { h->program, NULL };
    int ends[2];
    if (pipe(ends))
        return ltc_fail(err, LTC_EIO, "no pipe to the hook %s: %s", h->program, strerror(errno));
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const int failed = lt_program_start(argv, ends[0], -1, &h->pid);
    close(ends[0]);
    if (failed) {
        close(ends[1]);
        return ltc_fail(err, LTC_EINVAL,
                        "report.hooks: %s cannot be started: %s; it must be executable, and a script's "
                        "first line name its interpreter",
                        h->program, strerror(failed));
    }
    h->to = ends[1];
    return LTC_OK;
}

ltc_status lt_hooks_open(const ltc_strings *program, lt_hooks **hooks, ltc_error *err)
{
    *hooks = NULL;
    if (!program->n)
        return LTC_OK;
    lt_hooks *h = lt_array(1, sizeof *h);
    hook *v = lt_array(program->n, sizeof *v);
    if (!h || !v) {
        free(h);
        free(v);
        return ltc_fail(err, LTC_ENOMEM, "no memory for hooks");
    }
    h->v = v;
    ltc_status st = LTC_OK;
    for (uint64_t i = 0; i < program->n && !st; i++) {
        v[i] = (hook){ .program = program->v[i], .to = -1 };
        st = start(&v[i], err);
        h->n += !st;
    }
    if (st)
        lt_hooks_close(h, "not begun", NULL);
    else
        *hooks = h;
    return st;
}

static void let_go(hook *h)
{
    close(h->to);
    h->to = -1;
    h->broken = true;
}

/* What the pipe takes at once. True: all of it is written. */
static bool push(hook *h)
{
    while (h->to >= 0 && h->at < h->rest.n) {
        const ssize_t n = write(h->to, h->rest.s + h->at, h->rest.n - h->at);
        if (n > 0)
            h->at += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            return false;
        else if (n < 0 && errno != EINTR)
            let_go(h);                        /* SIGPIPE is ignored: see main.c */
    }
    return true;
}

static void send(hook *h, const char *line, size_t n)
{
    if (h->to < 0)
        return;
    if (!push(h)) {
        h->lost++;
        return;
    }
    lt_text_free(&h->rest);
    h->rest = (lt_text){ 0 };
    h->at = 0;
    lt_text_put(&h->rest, line, n);
    lt_text_put(&h->rest, "\n", 1);
    if (h->rest.failed) {
        lt_text_free(&h->rest);
        h->rest = (lt_text){ 0 };
        h->lost++;
    }
    push(h);
}

/* Takes the object. One that cannot be made, for want of memory or since a name is no UTF-8, is left out. */
static void tell(lt_hooks *h, json_t *object)
{
    char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
    for (size_t i = 0; i < h->n; i++)
        if (line)
            send(&h->v[i], line, strlen(line));
        else
            h->v[i].lost++;
    free(line);
    json_decref(object);
}

static void set_number(json_t *o, const char *key, double v)
{
    json_object_set_new(o, key, isfinite(v) ? json_real(v) : json_null());
}

static void set_measure(json_t *o, const char *prefix, const lt_measure at[LT_M_SPLITS])
{
    static const char *const split[] = { "train", "val", "test" };
    for (int i = 0; i < LT_M_SPLITS; i++) {
        char key[40];
        const double n = (double)at[i].n;
        snprintf(key, sizeof key, "%s%s_loss", prefix, split[i]);
        set_number(o, key, n > 0 ? at[i].loss / n : NAN);
        snprintf(key, sizeof key, "%s%s_acc", prefix, split[i]);
        set_number(o, key, n > 0 ? (double)at[i].correct / n : NAN);
    }
}

static json_t *of_level(const char *event, const lt_line *l, uint32_t trial, uint32_t draw, uint32_t level)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "event", event, "variant", l->name, "point",
                     (int)l->point, "trial", (int)trial, "draw", (int)draw, "level", (int)level);
}

void lt_hooks_began(lt_hooks *h, const lt_settings *s, const char *version)
{
    if (h)
        tell(h, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "event", "run", "ltcore", version, "name",
                          s->run.name, "output", s->run.output, "trials", (json_int_t)s->run.trials, "seed",
                          (json_int_t)s->run.seed));
}

void lt_hooks_evaluation(lt_hooks *h, const lt_history_row *row)
{
    json_t *o = h ? of_level("evaluation", row->line, row->trial, row->draw, row->level) : NULL;
    if (!h)
        return;
    json_object_set_new(o, "step", json_integer((json_int_t)row->step));
    set_number(o, "epoch", row->epoch);
    set_number(o, "lr", row->lr);
    set_measure(o, "", row->at);
    tell(h, o);
}

void lt_hooks_level(lt_hooks *h, const lt_level_row *row)
{
    json_t *o = h ? of_level("level", row->line, row->trial, row->draw, row->level) : NULL;
    if (!h)
        return;
    json_object_set_new(o, "status", json_string(row->status));
    set_number(o, "density",
               row->weights_total ? (double)row->weights_alive / (double)row->weights_total : NAN);
    json_object_set_new(o, "steps", json_integer((json_int_t)row->steps));
    set_number(o, "best_step", row->best_step == UINT64_MAX ? NAN : (double)row->best_step);
    set_measure(o, "best_", row->best);
    set_measure(o, "end_", row->end);
    tell(h, o);
}

void lt_hooks_event(lt_hooks *h, const char *level, const char *sentence)
{
    if (h)
        tell(h, json_pack("{s:s, s:s}", "event", level, "sentence", sentence));
}

/* The last line may have no room yet. */
static void end_input(hook *h, int *left_ms)
{
    const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
    for (; !push(h) && *left_ms > 0; *left_ms -= TICK_MS)
        nanosleep(&tick, NULL);
    if (h->to >= 0)
        close(h->to);
    h->to = -1;
}

void lt_hooks_close(lt_hooks *h, const char *status, FILE *to)
{
    int left_ms = PATIENCE_MS;
    if (!h)
        return;
    tell(h, json_pack("{s:s, s:s}", "event", "end", "status", status));
    for (size_t i = 0; i < h->n; i++)
        end_input(&h->v[i], &left_ms);
    for (size_t i = 0; i < h->n; i++) {
        hook *k = &h->v[i];
        k->broken |= lt_program_wait(k->pid, &left_ms) < 0;
        if (to && (k->broken || k->lost))
            fprintf(to, "ltcore: the hook %s %s; %llu lines were left out, and results.db has them all\n",
                    k->program, k->broken ? "did not read to the end" : "was slow",
                    (unsigned long long)k->lost);
        lt_text_free(&k->rest);
    }
    free(h->v);
    free(h);
}
