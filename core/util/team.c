/* Owns the helpers, and the list of the loops under way. A loop lives on the stack of the thread that runs
 * it. */
#include "util/team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/memory.h"

/* Looks at a counter before going to sleep: some ten microseconds, about what it takes to be woken. */
enum { LOOKS = 2000 };

typedef struct loop {
    struct loop  *next;
    ltc_status  (*fn)(void *arg, size_t chunk);
    void         *arg;
    size_t        chunks;
    pthread_t     caller;
    atomic_size_t begun;                      /* chunks given out; beyond `chunks` when there are no more */
    atomic_uint   helpers;                    /* changed under the lock; the caller may go when it reads 0 */
    size_t        failed;                     /* the lowest chunk that failed, and how: under the lock */
    ltc_status    status;
} loop;

struct lt_team {
    pthread_mutex_t lock;
    pthread_cond_t work, done; /* a loop has begun, or the end; a loop's last helper has left */
    unsigned        processors, threads;      /* helpers: made so far */
    unsigned        computing, lent, asleep;
    bool            closing;
    atomic_uint     begun;                    /* loops so far: helpers look here before they sleep */
    loop           *first;
    pthread_t       helper[];                 /* [processors - 1] */
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void fail(lt_team *t, loop *l, size_t chunk, ltc_status st)
{
    pthread_mutex_lock(&t->lock);
    if (!l->status || chunk < l->failed) {
        l->failed = chunk;
        l->status = st;
    }
    pthread_mutex_unlock(&t->lock);
    atomic_store(&l->begun, l->chunks);       /* all below this chunk have begun, and will end */
}

static void run_chunks(lt_team *t, loop *l)
{
    for (size_t i; (i = atomic_fetch_add(&l->begun, 1)) < l->chunks;) {
        const ltc_status st = l->fn(l->arg, i);
        if (st)
            fail(t, l, i, st);
    }
}

static ltc_status run_alone(size_t chunks, ltc_status (*fn)(void *arg, size_t chunk), void *arg)
{
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < chunks && !st; i++)
        st = fn(arg, i);
    return st;
}

/* Processors that nobody computes on. Under the lock, as all that follows down to lend. */
static unsigned idle(const lt_team *t)
{
    const unsigned taken = (t->computing ? t->computing : 1) + t->lent;
    return t->processors > taken ? t->processors - taken : 0;
}

/* Of the loops that have chunks left, the one with the fewest helpers. */
static loop *pick(const lt_team *t)
{
    loop *best = NULL;
    for (loop *l = t->first; l; l = l->next)
        if (atomic_load(&l->begun) < l->chunks &&
            (!best || atomic_load(&l->helpers) < atomic_load(&best->helpers)))
            best = l;
    return best;
}

static bool is_within(const lt_team *t)
{
    const pthread_t self = pthread_self();
    bool found = false;
    for (const loop *l = t->first; l && !found; l = l->next)
        found = pthread_equal(l->caller, self);
    for (unsigned i = 0; i < t->threads && !found; i++)
        found = pthread_equal(t->helper[i], self);
    return found;
}

/* The lock is given back while a helper looks, and while it sleeps. */
static void wait_for_work(lt_team *t)
{
    const unsigned seen = atomic_load(&t->begun);
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < LOOKS && atomic_load_explicit(&t->begun, memory_order_relaxed) == seen; i++)
        relax();
    pthread_mutex_lock(&t->lock);
    if (t->closing || atomic_load(&t->begun) != seen)
        return;
    t->asleep++;
    pthread_cond_wait(&t->work, &t->lock);
    t->asleep--;
}

static void *help(void *arg)
{
    lt_team *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->closing) {
        loop *l = idle(t) ? pick(t) : NULL;
        if (!l) {
            wait_for_work(t);
            continue;
        }
        t->lent++;
        atomic_fetch_add(&l->helpers, 1);
        pthread_mutex_unlock(&t->lock);
        run_chunks(t, l);
        pthread_mutex_lock(&t->lock);
        t->lent--;
        if (atomic_fetch_sub(&l->helpers, 1) == 1)            /* from here on the loop may be gone */
            pthread_cond_broadcast(&t->done);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Threads that cannot be made are done without. */
static void make_helpers(lt_team *t)
{
    while (t->threads + 1 < t->processors && !pthread_create(&t->helper[t->threads], NULL, help, t))
        t->threads++;
}

static void begin(lt_team *t, loop *l)
{
    l->next = t->first;
    t->first = l;
    atomic_fetch_add(&t->begun, 1);
    for (unsigned i = 0, n = idle(t); i < n && i < t->asleep && i + 1 < l->chunks; i++)
        pthread_cond_signal(&t->work);
}

/* Until no helper is in the loop: those that are in it have their last chunk. */
static void end(lt_team *t, loop *l)
{
    pthread_mutex_lock(&t->lock);
    loop **at = &t->first;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < LOOKS && atomic_load(&l->helpers); i++)
        relax();
    if (!atomic_load(&l->helpers))
        return;
    pthread_mutex_lock(&t->lock);
    while (atomic_load(&l->helpers))
        pthread_cond_wait(&t->done, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

ltc_status lt_team_run(lt_team *t, size_t chunks, ltc_status (*fn)(void *arg, size_t chunk), void *arg)
{
    if (!t || chunks < 2 || t->processors < 2)
        return run_alone(chunks, fn, arg);
    loop l = { .fn = fn, .arg = arg, .chunks = chunks, .caller = pthread_self() };
    pthread_mutex_lock(&t->lock);
    const bool alone = !idle(t) || is_within(t);
    if (!alone) {
        make_helpers(t);
        begin(t, &l);
    }
    pthread_mutex_unlock(&t->lock);
    if (alone)
        return run_alone(chunks, fn, arg);
    run_chunks(t, &l);
    end(t, &l);
    return l.status;
}

void lt_team_enter(lt_team *t, unsigned threads)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->computing += threads;
    pthread_mutex_unlock(&t->lock);
}

void lt_team_leave(lt_team *t, unsigned threads)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->computing -= threads;
    pthread_mutex_unlock(&t->lock);
}

ltc_status lt_team_create(unsigned processors, lt_team **team, ltc_error *err)
{
    const unsigned n = processors ? processors : 1;
    lt_team *t = lt_array(1, sizeof *t + n * sizeof t->helper[0]);
    if (!t)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the threads of %u processors", n);
    t->processors = n;
    pthread_mutex_init(&t->lock, NULL); /* none of the three can fail with default attributes on Linux */
    pthread_cond_init(&t->work, NULL);
    pthread_cond_init(&t->done, NULL);
    *team = t;
    return LTC_OK;
}

void lt_team_destroy(lt_team *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->closing = true;
    atomic_fetch_add(&t->begun, 1);
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < t->threads; i++)
        pthread_join(t->helper[i], NULL);
    pthread_cond_destroy(&t->done);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    free(t);
}
