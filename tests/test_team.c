/* The team: every chunk once, on as many threads as there are processors to spare, and the same result on
 * any. */
#include "suite.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "util/team.h"

static lt_team *make_team(unsigned processors)
{
    lt_team *team = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_team_create(processors, &team, &err), LTC_OK);
    return team;
}

enum { MOST = 1000 };

typedef struct tally {
    atomic_uint times[MOST];
    atomic_uint elsewhere;                    /* chunks on another thread than the caller's */
    pthread_t   caller;
} tally;

static ltc_status count(void *arg, size_t chunk)
{
    tally *t = arg;
    atomic_fetch_add(&t->times[chunk], 1);
    atomic_fetch_add(&t->elsewhere, !pthread_equal(pthread_self(), t->caller));
    return LTC_OK;
}

static void clear(tally *t)
{
    memset(t, 0, sizeof *t);
    t->caller = pthread_self();
}

static void every_chunk_runs_once(void)
{
    static const unsigned processors[] = { 0, 1, 2, 3, 7 };
    static const size_t chunks[] = { 0, 1, 2, 5, MOST };
    tally t;
    for (size_t i = 0; i < 25; i++) {
        lt_team *team = make_team(processors[i / 5]);
        for (int again = 0; again < 20; again++) {
            clear(&t);
            CU_ASSERT_EQUAL(lt_team_run(team, chunks[i % 5], count, &t), LTC_OK);
            for (size_t c = 0; c < MOST; c++)
                CU_ASSERT_EQUAL(t.times[c], c < chunks[i % 5]);
        }
        lt_team_destroy(team);
    }
    clear(&t);
    CU_ASSERT_EQUAL(lt_team_run(NULL, 3, count, &t), LTC_OK);
    CU_ASSERT_EQUAL(t.times[2], 1);
}

/* A chunk that ends only when as many chunks are under way as are to meet. */
static ltc_status meet(void *arg, size_t chunk)
{
    (void)chunk;
    pthread_barrier_wait(arg);
    return LTC_OK;
}

static void chunks_run_at_once(void)
{
    lt_team *team = make_team(3);
    pthread_barrier_t all;
    pthread_barrier_init(&all, NULL, 3);
    for (int again = 0; again < 20; again++)
        CU_ASSERT_EQUAL(lt_team_run(team, 3, meet, &all), LTC_OK);
    pthread_barrier_destroy(&all);
    lt_team_destroy(team);
}

static void no_more_threads_than_processors(void)
{
    tally t;
    pthread_barrier_t two;
    lt_team *team = make_team(2);
    pthread_barrier_init(&two, NULL, 2);
    CU_ASSERT_EQUAL(lt_team_run(team, 2, meet, &two), LTC_OK);       /* the helper is there and awake */
    lt_team_enter(team, 2);
    for (int again = 0; again < 20; again++) {
        clear(&t);
        lt_team_run(team, MOST, count, &t);
        CU_ASSERT_EQUAL(t.elsewhere, 0);
    }
    lt_team_leave(team, 1);
    CU_ASSERT_EQUAL(lt_team_run(team, 2, meet, &two), LTC_OK);
    lt_team_leave(team, 1);
    lt_team_enter(NULL, 1);
    lt_team_leave(NULL, 1);
    pthread_barrier_destroy(&two);
    lt_team_destroy(team);
}

static unsigned threads_of_this_process(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/task");
    for (const struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void one_processor_needs_no_thread(void)
{
    tally t;
    const unsigned before = threads_of_this_process();
    lt_team *one = make_team(1), *unused = make_team(9);
    clear(&t);
    CU_ASSERT_EQUAL(lt_team_run(one, MOST, count, &t), LTC_OK);
    CU_ASSERT_EQUAL(t.elsewhere, 0);
    CU_ASSERT_EQUAL(threads_of_this_process(), before);
    lt_team_destroy(unused);
    lt_team_destroy(one);
    lt_team_destroy(NULL);
}

typedef struct trap {
    size_t at[3];
    ltc_status with[3];
    atomic_uint times[MOST];
} trap;

static ltc_status fall(void *arg, size_t chunk)
{
    trap *t = arg;
    atomic_fetch_add(&t->times[chunk], 1);
    for (int i = 0; i < 3; i++)
        if (t->at[i] == chunk)
            return t->with[i];
    return LTC_OK;
}

static void the_lowest_failure_wins(void)
{
    static const unsigned processors[] = { 1, 2, 3, 7 };
    for (int i = 0; i < 4; i++) {
        lt_team *team = make_team(processors[i]);
        for (size_t again = 0; again < 200; again++) {
            trap t = { .at = { 40 + again, 38 + again, 39 + again },
                       .with = { LTC_EIO, LTC_ENUMERIC, LTC_EDEVICE } };
            CU_ASSERT_EQUAL(lt_team_run(team, MOST, fall, &t), LTC_ENUMERIC);
            for (size_t c = 0; c < 38 + again; c++)
                CU_ASSERT_EQUAL(t.times[c], 1);
        }
        lt_team_destroy(team);
    }
}

/* The second of two chunks that are under way fails while the first is still at it. */
static ltc_status fall_later(void *arg, size_t chunk)
{
    pthread_barrier_wait(arg);
    for (int i = 0; chunk == 0 && i < 1000; i++)
        sched_yield();
    return chunk ? LTC_EIO : LTC_ENUMERIC;
}

static void the_lowest_failure_wins_when_it_comes_later(void)
{
    lt_team *team = make_team(2);
    pthread_barrier_t both;
    pthread_barrier_init(&both, NULL, 2);
    for (int again = 0; again < 20; again++)
        CU_ASSERT_EQUAL(lt_team_run(team, 2, fall_later, &both), LTC_ENUMERIC);
    pthread_barrier_destroy(&both);
    lt_team_destroy(team);
}

typedef struct nest {
    lt_team *team;
    atomic_uint strays, inner;
    pthread_barrier_t both;
} nest;

/* Time enough for helpers to come, if any were called. */
static ltc_status count_slowly(void *arg, size_t chunk)
{
    for (int i = 0; chunk == 0 && i < 1000; i++)
        sched_yield();
    return count(arg, chunk);
}

static ltc_status lay(void *arg, size_t chunk)
{
    nest *n = arg;
    tally t;
    (void)chunk;
    pthread_barrier_wait(&n->both);           /* one on the caller's thread, one on the helper's */
    clear(&t);
    lt_team_run(n->team, 100, count_slowly, &t);
    atomic_fetch_add(&n->strays, t.elsewhere);
    for (size_t c = 0; c < 100; c++)
        atomic_fetch_add(&n->inner, t.times[c]);
    return LTC_OK;
}

/* On a team of four there would be helpers to spare. */
static void a_loop_within_a_chunk_stays_on_its_thread(void)
{
    nest n = { .team = make_team(4) };
    pthread_barrier_init(&n.both, NULL, 2);
    CU_ASSERT_EQUAL(lt_team_run(n.team, 2, lay, &n), LTC_OK);
    CU_ASSERT_EQUAL(n.strays, 0);
    CU_ASSERT_EQUAL(n.inner, 200);
    pthread_barrier_destroy(&n.both);
    lt_team_destroy(n.team);
}

static void *call_often(void *arg)
{
    tally t;
    uintptr_t wrong = 0;
    lt_team *team = arg;
    lt_team_enter(team, 1);
    for (int again = 0; again < 300; again++) {
        clear(&t);
        wrong += lt_team_run(team, 17, count, &t) != LTC_OK;
        for (size_t c = 0; c < MOST; c++)
            wrong += t.times[c] != (c < 17);
    }
    lt_team_leave(team, 1);
    return (void *)wrong;
}

static void several_callers_share_the_helpers(void)
{
    static const unsigned processors[] = { 2, 3, 8 };
    for (int i = 0; i < 3; i++) {
        lt_team *team = make_team(processors[i]);
        pthread_t other[2];
        void *wrong[3] = { NULL };
        for (int k = 0; k < 2; k++)
            CU_ASSERT_EQUAL_FATAL(pthread_create(&other[k], NULL, call_often, team), 0);
        wrong[2] = call_often(team);
        for (int k = 0; k < 2; k++)
            pthread_join(other[k], &wrong[k]);
        for (int k = 0; k < 3; k++)
            CU_ASSERT_PTR_NULL(wrong[k]);
        lt_team_destroy(team);
    }
}

static void it_ends_at_any_moment(void)
{
    tally t;
    for (int again = 0; again < 100; again++) {
        lt_team *team = make_team(3);
        clear(&t);
        lt_team_run(team, (size_t)again, count, &t);
        lt_team_destroy(team);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "every chunk runs once, whatever the number of threads", every_chunk_runs_once },
        { "chunks run at once where there are processors to spare", chunks_run_at_once },
        { "threads that compute and helpers are no more than the processors",
          no_more_threads_than_processors },
        { "no thread is made for one processor, or before it is needed", one_processor_needs_no_thread },
        { "the lowest failing chunk gives the status", the_lowest_failure_wins },
        { "it does when a higher one has failed before", the_lowest_failure_wins_when_it_comes_later },
        { "a loop within a chunk stays on its thread", a_loop_within_a_chunk_stays_on_its_thread },
        { "several callers share the helpers", several_callers_share_the_helpers },
        { "it ends at any moment", it_ends_at_any_moment },
    };
    return lt_suite_run("team", claims, sizeof claims / sizeof claims[0]);
}
