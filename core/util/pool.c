/* Owns the helpers, and the list of the loops under way. A loop lives on the stack of the thread that runs it. */
#include "util/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/memory.h"

/* Looks at a counter before going to sleep: some microseconds, less than it takes to be woken. */
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

struct lt_pool {
    pthread_mutex_t lock;
    pthread_cond_t  work, done;               /* a loop has begun, or the end; a loop's last helper has left */
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

static void fail(lt_pool *p, loop *l, size_t chunk, ltc_status st)
{
    pthread_mutex_lock(&p->lock);
    if (!l->status || chunk < l->failed) {
        l->failed = chunk;
        l->status = st;
    }
    pthread_mutex_unlock(&p->lock);
    atomic_store(&l->begun, l->chunks);       /* all below this chunk have begun, and will end */
}

static void run_chunks(lt_pool *p, loop *l)
{
    for (size_t i; (i = atomic_fetch_add(&l->begun, 1)) < l->chunks;) {
        const ltc_status st = l->fn(l->arg, i);
        if (st)
            fail(p, l, i, st);
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
static unsigned idle(const lt_pool *p)
{
    const unsigned taken = (p->computing ? p->computing : 1) + p->lent;
    return p->processors > taken ? p->processors - taken : 0;
}

/* Of the loops that have chunks left, the one with the fewest helpers. */
static loop *pick(const lt_pool *p)
{
    loop *best = NULL;
    for (loop *l = p->first; l; l = l->next)
        if (atomic_load(&l->begun) < l->chunks && (!best || atomic_load(&l->helpers) < atomic_load(&best->helpers)))
            best = l;
    return best;
}

static bool is_within(const lt_pool *p)
{
    const pthread_t self = pthread_self();
    bool found = false;
    for (const loop *l = p->first; l && !found; l = l->next)
        found = pthread_equal(l->caller, self);
    for (unsigned i = 0; i < p->threads && !found; i++)
        found = pthread_equal(p->helper[i], self);
    return found;
}

/* The lock is given back while a helper looks, and while it sleeps. */
static void wait_for_work(lt_pool *p)
{
    const unsigned seen = atomic_load(&p->begun);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < LOOKS && atomic_load_explicit(&p->begun, memory_order_relaxed) == seen; i++)
        relax();
    pthread_mutex_lock(&p->lock);
    if (p->closing || atomic_load(&p->begun) != seen)
        return;
    p->asleep++;
    pthread_cond_wait(&p->work, &p->lock);
    p->asleep--;
}

static void *help(void *arg)
{
    lt_pool *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        loop *l = idle(p) ? pick(p) : NULL;
        if (!l) {
            wait_for_work(p);
            continue;
        }
        p->lent++;
        atomic_fetch_add(&l->helpers, 1);
        pthread_mutex_unlock(&p->lock);
        run_chunks(p, l);
        pthread_mutex_lock(&p->lock);
        p->lent--;
        if (atomic_fetch_sub(&l->helpers, 1) == 1)            /* from here on the loop may be gone */
            pthread_cond_broadcast(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Threads that cannot be made are done without. */
static void make_helpers(lt_pool *p)
{
    while (p->threads + 1 < p->processors && !pthread_create(&p->helper[p->threads], NULL, help, p))
        p->threads++;
}

static void begin(lt_pool *p, loop *l)
{
    l->next = p->first;
    p->first = l;
    atomic_fetch_add(&p->begun, 1);
    for (unsigned i = 0, n = idle(p); i < n && i < p->asleep && i + 1 < l->chunks; i++)
        pthread_cond_signal(&p->work);
}

/* Until no helper is in the loop: those that are in it have their last chunk. */
static void end(lt_pool *p, loop *l)
{
    pthread_mutex_lock(&p->lock);
    loop **at = &p->first;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < LOOKS && atomic_load(&l->helpers); i++)
        relax();
    if (!atomic_load(&l->helpers))
        return;
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&l->helpers))
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

ltc_status lt_pool_run(lt_pool *p, size_t chunks, ltc_status (*fn)(void *arg, size_t chunk), void *arg)
{
    if (!p || chunks < 2 || p->processors < 2)
        return run_alone(chunks, fn, arg);
    loop l = { .fn = fn, .arg = arg, .chunks = chunks, .caller = pthread_self() };
    pthread_mutex_lock(&p->lock);
    const bool alone = !idle(p) || is_within(p);
    if (!alone) {
        make_helpers(p);
        begin(p, &l);
    }
    pthread_mutex_unlock(&p->lock);
    if (alone)
        return run_alone(chunks, fn, arg);
    run_chunks(p, &l);
    end(p, &l);
    return l.status;
}

void lt_pool_enter(lt_pool *p, unsigned threads)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->computing += threads;
    pthread_mutex_unlock(&p->lock);
}

void lt_pool_leave(lt_pool *p, unsigned threads)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->computing -= threads;
    pthread_mutex_unlock(&p->lock);
}

ltc_status lt_pool_create(unsigned processors, lt_pool **pool, ltc_error *err)
{
    const unsigned n = processors ? processors : 1;
    lt_pool *p = lt_array(1, sizeof *p + n * sizeof p->helper[0]);
    if (!p)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the threads of %u processors", n);
    p->processors = n;
    pthread_mutex_init(&p->lock, NULL);       /* none of the three can fail with default attributes on Linux */
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    *pool = p;
    return LTC_OK;
}

void lt_pool_destroy(lt_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    atomic_fetch_add(&p->begun, 1);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->threads; i++)
        pthread_join(p->helper[i], NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
