/* Owns the threads of a run. Called by the command line. */
#include "plan/executor.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static const double LATER_S = 0.3, TICK_S = 0.1;       /* until a job that was put off is tried again;
                                                        * between two looks */

typedef struct pool {
    const lt_execution *x;
    pthread_mutex_t lock;                     /* over the jobs' states, the result, and the listener */
    pthread_cond_t  changed;
    uint32_t        running;
    ltc_status      status;                   /* first failure */
    ltc_error       error;
    bool            stop;                     /* nothing new is begun */
} pool;

/* A device with those who train on it. What one of them does decides what the others may begin beside it. */
typedef struct bench {
    lt_crew          crew;
    uint32_t         running;
    const lt_regime *at;                      /* of the last job that was begun */
} bench;

/* One thread: its worker, and the job it is at. */
typedef struct hand {
    pool         *pool;
    bench        *bench;
    bool          entered;                    /* the others on its bench wait for it */
    lt_worker     worker;
    lt_job       *job;
    lt_watcher    watcher;
    pthread_t     thread;
} hand;

static double now_of(void *arg)
{
    return ((const hand *)arg)->pool->x->now_s();
}

static bool stopping(void *arg)
{
    const lt_services *s = ((const hand *)arg)->pool->x->services;
    return s->cancelled && s->cancelled(s->arg);
}

static void stepped(void *arg, const lt_progress *p)
{
    hand *h = arg;
    const lt_listener *to = h->pool->x->listener;
    pthread_mutex_lock(&h->pool->lock);
    to->progress(to->arg, h->job, p);
    pthread_mutex_unlock(&h->pool->lock);
}

static ltc_status begun(void *arg, const lt_job *j, ltc_error *err)
{
    hand *h = arg;
    const lt_listener *to = h->pool->x->listener;
    pthread_mutex_lock(&h->pool->lock);
    const ltc_status st = to->begun(to->arg, j, err);
    pthread_mutex_unlock(&h->pool->lock);
    return st;
}

static ltc_status evaluated(void *arg, const lt_job *j, const lt_evaluation *e, ltc_error *err)
{
    hand *h = arg;
    const lt_listener *to = h->pool->x->listener;
    pthread_mutex_lock(&h->pool->lock);
    const ltc_status st = to->evaluated(to->arg, j, e, err);
    pthread_mutex_unlock(&h->pool->lock);
    return st;
}

static void noticed(void *arg, const lt_job *j, const char *sentence)
{
    hand *h = arg;
    const lt_listener *to = h->pool->x->listener;
    if (j->later_s > 0)
        return;                               /* said before it was put off */
    pthread_mutex_lock(&h->pool->lock);
    to->noticed(to->arg, j, sentence);
    pthread_mutex_unlock(&h->pool->lock);
}

/* Can a need not be met any more? */
static bool is_lost(const lt_plan *p, uint32_t job)
{
    return job != LT_NO_JOB && p->job[job].state >= LT_JOB_FAILED;
}

static bool ready(const lt_plan *p, const lt_job *j)
{
    const uint32_t need[] = { j->dense, j->before, j->main };
    bool all = j->state == LT_JOB_WAITING;
    for (size_t i = 0; i < 3; i++)
        all = all && (need[i] == LT_NO_JOB || p->job[need[i]].state == LT_JOB_DONE);
    return all;
}

/* What becomes of a job whose need is lost. A failure says more than a stop. */
static uint32_t fate_of(const lt_plan *p, const lt_job *j)
{
    const uint32_t need[] = { j->dense, j->before, j->main };
    uint32_t fate = LT_JOB_WAITING;
    for (size_t i = 0; i < 3; i++) {
        if (!is_lost(p, need[i]))
            continue;
        const bool stopped = p->job[need[i]].state == LT_JOB_STOPPED && fate != LT_JOB_BLOCKED;
        fate = stopped ? LT_JOB_STOPPED : LT_JOB_BLOCKED;
    }
    return fate;
}

/* Jobs whose needs are lost cannot begin. They stand behind their needs, so one pass reaches all. */
static void spread_loss(lt_plan *p)
{
    for (uint32_t i = 0; i < p->n_jobs; i++)
        if (p->job[i].state == LT_JOB_WAITING)
            p->job[i].state = fate_of(p, &p->job[i]);
}

/* Is a job of the network and data for which the bench's device is open? */
static bool is_at(const bench *b, const lt_job *j)
{
    return b->at && b->at->experiment == j->regime->experiment;
}

/* The main line first, which controls wait for, and of that the lowest level; then the variants in their
 * order. Among equals one on the device that is open. */
static bool is_before(const lt_job *a, const lt_job *b, const bench *on)
{
    if (a->line->order != b->line->order)
        return a->line->order < b->line->order;
    if (a->step.level != b->step.level)
        return a->step.level < b->step.level;
    return is_at(on, a) && !is_at(on, b);
}

/* Beside what is under way on the bench only what fits into the same program, while it may
 * have more replicas. */
static bool may_begin(const bench *b, const lt_job *j)
{
    return !b->running || (b->running < j->regime->experiment->replicas && lt_regime_fits(b->at, j->regime));
}

static lt_job *pick(lt_plan *p, const bench *b, double now_s)
{
    lt_job *best = NULL;
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        lt_job *j = &p->job[i];
        if (ready(p, j) && j->later_s <= now_s && may_begin(b, j) && (!best || is_before(j, best, b)))
            best = j;
    }
    return best;
}

/* Is there one that only waits for another process? */
static bool put_off(const lt_plan *p)
{
    bool any = false;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        any = any || (ready(p, &p->job[i]) && p->job[i].later_s > 0);
    return any;
}

/* Who has a job, or is about to take one, has the others on its bench wait, so that they go on together. */
static void enter(hand *h, bool in)
{
    if (in != h->entered)
        (in ? lt_cohort_enter : lt_cohort_leave)(h->bench->crew.cohort);
    h->entered = in;
}

/* Of other processes nobody tells: they are looked at again and again. */
static void wait_for_others(pool *p)
{
    const struct timespec tick = { .tv_nsec = (long)(1e9 * TICK_S) };
    pthread_mutex_unlock(&p->lock);
    nanosleep(&tick, NULL);
    pthread_mutex_lock(&p->lock);
    const lt_services *s = p->x->services;
    if (p->stop || !s->cancelled || !s->cancelled(s->arg))
        return;
    p->stop = true;
    if (!p->status)
        p->status = ltc_fail(&p->error, LTC_ECANCELLED, "stopped while another process trains");
}

/* The next job, or NULL when nothing is left for this worker: waits while others may make something ready. */
static lt_job *take(hand *h)
{
    pool *p = h->pool;
    lt_job *j = NULL;
    pthread_mutex_lock(&p->lock);
    while (!p->stop && !(j = pick(p->x->plan, h->bench, p->x->now_s()))) {
        enter(h, false);
        if (put_off(p->x->plan))
            wait_for_others(p);
        else if (p->running)
            pthread_cond_wait(&p->changed, &p->lock);
        else
            break;
    }
    enter(h, j != NULL);
    if (j) {
        j->state = LT_JOB_RUNNING;
        p->running++;
        h->bench->running++;
        h->bench->at = j->regime;
    }
    pthread_mutex_unlock(&p->lock);
    return j;
}

/* What becomes of a job that was tried. */
static uint32_t state_of(const lt_job *j, ltc_status st)
{
    return st ? LT_JOB_FAILED
              : j->outcome.elsewhere ? LT_JOB_WAITING : j->outcome.stopped ? LT_JOB_STOPPED : LT_JOB_DONE;
}

static void conclude(hand *h, ltc_status st, const lt_level_row *row, const lt_history_row *history, size_t n,
                     ltc_error *err)
{
    pool *p = h->pool;
    const lt_listener *to = p->x->listener;
    pthread_mutex_lock(&p->lock);
    h->job->state = state_of(h->job, st);
    h->job->later_s = h->job->state == LT_JOB_WAITING ? p->x->now_s() + LATER_S : 0;
    if (h->job->state == LT_JOB_DONE && !p->x->look)
        st = to->finished(to->arg, h->job, h->job->reported ? row : NULL, history, n, err);
    if (st)
        h->job->state = LT_JOB_FAILED;
    if (st && st != LTC_ECANCELLED && !(p->x->look && st == LTC_EUNSUPPORTED))
        to->failed(to->arg, h->job, h->job->reported ? row : NULL, history, n, err);
    if (st && (!p->status || p->status == LTC_ECANCELLED)) {       /* a failure says more
                                                                    * than an interruption */
        p->status = st;
        p->error = *err;
    }
    p->stop = p->stop || st == LTC_ECANCELLED;
    spread_loss(p->x->plan);
    p->running--;
    h->bench->running--;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
    hand *h = arg;
    while ((h->job = take(h))) {
        lt_level_row row = { 0 };
        lt_history_row *history = NULL;
        size_t n = 0;
        ltc_error err = { .message = "" };
        lt_team_enter(h->pool->x->services->team, 1);
        const ltc_status st = lt_level_run(&h->worker, h->job, &row, &history, &n, &err);
        lt_team_leave(h->pool->x->services->team, 1);
        conclude(h, st, &row, history, n, &err);
        free(row.layer);
        free(history);
    }
    return NULL;
}

static void prepare(hand *h, pool *p, bench *b)
{
    const lt_execution *x = p->x;
    h->pool = p;
    h->bench = b;
    h->watcher = (lt_watcher){ .arg = h, .now_s = now_of, .stopping = stopping, .stepped = stepped };
    h->worker = (lt_worker){ .plan = x->plan, .store = x->store, .watcher = &h->watcher, .look = x->look,
                             .crew = &b->crew, .save_s = x->save_s, .begun = begun, .evaluated = evaluated,
                             .noticed = noticed, .arg = h };
}

static ltc_status create_benches(bench *b, uint32_t n, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < n && !st; i++)
        st = lt_crew_create(&b[i].crew, err);
    return st;
}

/* Fewer threads than asked for is slower, not wrong. */
static void run_hands(hand *hands, uint32_t n)
{
    uint32_t started = 0;
    while (started + 1 < n && !pthread_create(&hands[started + 1].thread, NULL, work, &hands[started + 1]))
        started++;
    work(&hands[0]);
    for (uint32_t i = 1; i <= started; i++)
        pthread_join(hands[i].thread, NULL);
}

ltc_status lt_execute(const lt_execution *x, ltc_error *err)
{
    const uint32_t crews = x->crews ? x->crews : 1, seats = x->seats ? x->seats : 1;
    pool p = { .x = x, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    hand *hands = lt_array(crews, seats * sizeof *hands);
    bench *benches = lt_array(crews, sizeof *benches);
    ltc_status st = hands && benches ? create_benches(benches, crews, err)
                                     : ltc_fail(err, LTC_ENOMEM, "no memory for %u workers", crews * seats);
    for (uint32_t i = 0; i < crews * seats && !st; i++)
        prepare(&hands[i], &p, &benches[i % crews]);
    if (!st)
        run_hands(hands, crews * seats);
    for (uint32_t i = 0; benches && i < crews; i++)
        lt_crew_destroy(&benches[i].crew);
    free(benches);
    free(hands);
    if (!st && p.status)
        *err = p.error;
    return st ? st : p.status;
}
