/* Owns the rounds of a cohort: what is done next, by whom, and in which program. Called by sessions. */
#include "train/cohort.h"

#include <stdlib.h>

#include "train/ride.h"
#include "util/memory.h"

ltc_status lt_cohort_create(lt_cohort **out, ltc_error *err)
{
    lt_cohort *c = lt_array(1, sizeof *c);
    if (!c)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a cohort");
    if (pthread_mutex_init(&c->lock, NULL)) {
        free(c);
        return ltc_fail(err, LTC_ENOMEM, "no memory for a lock");
    }
    if (pthread_cond_init(&c->changed, NULL)) {
        pthread_mutex_destroy(&c->lock);
        free(c);
        return ltc_fail(err, LTC_ENOMEM, "no memory for a lock");
    }
    *out = c;
    return LTC_OK;
}

void lt_cohort_destroy(lt_cohort *c)
{
    if (!c)
        return;
    lt_program_close(c->program);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

ltc_status lt_cohort_settle(lt_cohort *c, lt_device *d, const lt_program_request *r, ltc_error *err)
{
    lt_cohort_hold(c);
    const ltc_status st = r ? lt_program_check(d, r, err) : LTC_OK;
    lt_program_close(c->program);
    c->program = NULL;
    c->replicas = 0;
    c->most = UINT32_MAX;
    c->device = d;
    c->request = r ? *r : (lt_program_request){ 0 };
    lt_cohort_let_go(c);
    return st;
}

void lt_cohort_enter(lt_cohort *c)
{
    pthread_mutex_lock(&c->lock);
    c->entered++;
    pthread_mutex_unlock(&c->lock);
}

void lt_cohort_leave(lt_cohort *c)
{
    pthread_mutex_lock(&c->lock);
    c->entered--;
    pthread_cond_broadcast(&c->changed);      /* perhaps it was the one that the others waited for */
    pthread_mutex_unlock(&c->lock);
}

void lt_cohort_hold(lt_cohort *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->busy)
        pthread_cond_wait(&c->changed, &c->lock);
    c->busy = true;
    pthread_mutex_unlock(&c->lock);
}

void lt_cohort_let_go(lt_cohort *c)
{
    pthread_mutex_lock(&c->lock);
    c->busy = false;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* Calls those that are under way, or with `all` everyone who wants to train; false: there is none. */
static bool call_trainers(lt_cohort *c, bool all)
{
    bool any = false;
    for (lt_session *s = c->first; s; s = s->next) {
        s->called = s->rides = s->want == LT_WANT_SPAN && (all || s->going);
        any = any || s->called;
    }
    return any;
}

/* Splits in the order in which a training has them evaluated: who is behind comes first, and the others
 * with it. */
static bool is_behind(const lt_part *a, const lt_part *b)
{
    static const uint32_t place[LT_SPLITS] = { [LT_VALIDATION] = 0, [LT_TEST] = 1, [LT_TRAIN] = 2 };
    return place[a->split] != place[b->split] ? place[a->split] < place[b->split] : a->first < b->first;
}

/* Calls those whose part begins where the first one's does; NULL: nobody wants to evaluate. All are to be
 * in the program: who evaluates now trains next. */
static const lt_part *call_evaluators(lt_cohort *c)
{
    const lt_part *first = NULL;
    for (lt_session *s = c->first; s; s = s->next)
        if (s->want == LT_WANT_PART && (!first || is_behind(s->part, first)))
            first = s->part;
    for (lt_session *s = c->first; s && first; s = s->next) {
        s->called = s->want == LT_WANT_PART && !is_behind(first, s->part);
        s->rides = s->want != LT_WANT_NOTHING;
    }
    return first;
}

static uint32_t count_riders(const lt_cohort *c)
{
    uint32_t n = 0;
    for (const lt_session *s = c->first; s; s = s->next)
        n += s->rides;
    return n;
}

/* No more than find memory: of those who were called, whom it was the turn of longest ago. */
static void limit_riders(lt_cohort *c)
{
    if (count_riders(c) <= c->most)
        return;
    for (lt_session *s = c->first; s; s = s->next)
        s->rides = s->called;
    for (uint32_t n = count_riders(c); n > c->most; n--) {
        lt_session *youngest = NULL;
        for (lt_session *s = c->first; s; s = s->next)
            if (s->rides && (!youngest || s->last > youngest->last))
                youngest = s;
        youngest->rides = youngest->called = false;
    }
}

/* Out of its seat: the state is kept on the host, until it rides again. */
static ltc_status park(lt_cohort *c, lt_session *s, ltc_error *err)
{
    ltc_status st = LTC_OK;
    if (!s->held && !s->parked.block)
        st = lt_state_create(&c->request.graph->view, &s->parked, err);
    if (!s->held && !st) {
        st = lt_program_fetch(c->program, s->seat, &s->parked, err);
        s->held = &s->parked;
    }
    s->seat = LT_NO_SEAT;
    return st;
}

/* A program with room for exactly those who ride; nobody keeps a seat whose number changes. */
static ltc_status size_program(lt_cohort *c, ltc_error *err)
{
    const uint32_t riders = count_riders(c);
    ltc_status st = LTC_OK;
    const bool fits = c->program && c->replicas == riders;
    for (lt_session *s = c->first; s && !st; s = s->next)
        if (s->seat != LT_NO_SEAT && !(fits && s->rides))
            st = park(c, s, err);
    if (fits || st)
        return st;
    lt_program_close(c->program);             /* before the next one is made, for their memory's sake */
    c->program = NULL;
    st = lt_program_open(c->device, &c->request, riders, &c->program, err);
    c->replicas = st ? 0 : riders;
    return st;
}

static bool is_taken(const lt_cohort *c, uint32_t seat)
{
    const lt_session *s = c->first;
    while (s && s->seat != seat)
        s = s->next;
    return s != NULL;
}

/* Who rides and has no seat gets one; whose state is on the host has it put. */
static ltc_status seat_riders(lt_cohort *c, ltc_error *err)
{
    ltc_status st = LTC_OK;
    uint32_t seat = 0;
    for (lt_session *s = c->first; s && !st; s = s->next) {
        if (!s->rides || !s->held)
            continue;
        while (s->seat == LT_NO_SEAT && is_taken(c, seat))
            seat++;
        s->seat = s->seat == LT_NO_SEAT ? seat : s->seat;
        st = lt_program_put(c->program, s->seat, s->held, err);
        s->held = NULL;
    }
    return st;
}

/* Is everyone who was called where it must be? */
static bool all_seated(const lt_cohort *c)
{
    bool all = c->program != NULL;
    for (const lt_session *s = c->first; s; s = s->next)
        all = all && (!s->called || (s->seat != LT_NO_SEAT && !s->held));
    return all;
}

static ltc_status train(lt_cohort *c, ltc_error *err)
{
    uint32_t n = lt_program_room(c->program);
    for (const lt_session *s = c->first; s; s = s->next)
        if (s->called && s->span->n_steps < n)
            n = s->span->n_steps;
    for (const lt_session *s = c->first; s; s = s->next)
        if (s->called)
            lt_program_note_span(c->program, s->seat, s->span, n);
    const ltc_status st = lt_program_train(c->program, n, err);
    for (const lt_session *s = c->first; s && !st; s = s->next)
        if (s->called) {
            lt_program_tell_span(c->program, s->seat, n, s->span);
            s->span->abreast = c->replicas;
        }
    return st;
}

static ltc_status evaluate(lt_cohort *c, const lt_part *first, ltc_error *err)
{
    const uint64_t start = first->first;
    uint64_t n = first->n;
    for (const lt_session *s = c->first; s; s = s->next)
        if (s->called) {
            n = s->part->n < n ? s->part->n : n;
            lt_program_note_sums(c->program, s->seat, s->part->loss, s->part->correct);
        }
    const ltc_status st = lt_program_eval(c->program, first->split, start, n, err);
    for (const lt_session *s = c->first; s && !st; s = s->next)
        if (s->called) {
            lt_program_tell_sums(c->program, s->seat, &s->part->loss, &s->part->correct);
            s->part->n = n;
        }
    return st;
}

/* What was in the program is lost, and whose state it was is told; who waits outside goes on. */
static void fail(lt_cohort *c, ltc_status st, const ltc_error *err)
{
    for (lt_session *s = c->first; s; s = s->next) {
        if (!s->called && !s->rides && s->seat == LT_NO_SEAT)
            continue;
        s->status = st;
        s->error = *err;
        s->seat = LT_NO_SEAT;
        s->held = NULL;
    }
    lt_program_close(c->program);
    c->program = NULL;
    c->replicas = 0;
}

/* Who is between two evaluations comes first, since the others wait for it; then evaluations; and when
 * nobody wants any, all go on together. NULL: it is not about an evaluation. */
static const lt_part *call(lt_cohort *c)
{
    const bool spans = call_trainers(c, false);
    const lt_part *part = spans ? NULL : call_evaluators(c);
    if (!spans && !part)
        call_trainers(c, true);
    limit_riders(c);
    return part;
}

/* Who is called sits in the program then. What was planned may not be there: half as many may find room,
 * and nothing is lost meanwhile, since nobody sits anywhere. */
static ltc_status make_room(lt_cohort *c, const lt_part **part, ltc_error *err)
{
    for (;;) {
        *part = call(c);
        if (*part && all_seated(c))
            return LTC_OK;                    /* others wait outside */
        const ltc_status st = size_program(c, err);
        if (!st)
            return seat_riders(c, err);
        if (st != LTC_ENOMEM || c->program || count_riders(c) < 2)
            return st;
        c->most = (count_riders(c) + 1) / 2;
    }
}

static void lead(lt_cohort *c)
{
    ltc_error err = { .message = "" };
    const lt_part *part;
    ltc_status st = make_room(c, &part, &err);
    if (!st)
        st = part ? evaluate(c, part, &err) : train(c, &err);
    for (lt_session *s = c->first; s; s = s->next)
        s->last = s->called ? c->round : s->last;
    if (st)
        fail(c, st, &err);
}

void lt_cohort_wait(lt_cohort *c)
{
    pthread_mutex_lock(&c->lock);
    const uint64_t round = c->round;
    c->waiting++;
    pthread_cond_broadcast(&c->changed);
    while (c->round == round) {
        if (c->busy || c->waiting < c->entered) {
            pthread_cond_wait(&c->changed, &c->lock);
            continue;
        }
        c->busy = true;
        pthread_mutex_unlock(&c->lock);
        lead(c);
        pthread_mutex_lock(&c->lock);
        c->busy = false;
        c->waiting = 0;
        c->round++;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
}
