/* Claims about many at work on one store at once, threads and processes, and about those that are killed:
 * what is found is whole, and nobody fails because of the others. */
#include "suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_rig.h"

enum { WORKERS = 4, ROUNDS = 25, OBJECTS = 5, ELEMENTS = 3000 };

static const char *text_of(int i)
{
    static const char *const text[] = { "a short record\n", "a record that is a good deal longer\n" };
    return text[i % 2];
}

/* Puts and gets what all others put and get too; how often something was not as it should be. */
static int work(store_rig *r, int rounds)
{
    int wrong = 0;
    const lt_digest key = digest_of("shared");
    for (int i = 0; i < rounds; i++) {
        lt_tensors t = make_tensors(ELEMENTS, (float)(i % OBJECTS)), back;
        lt_text text = { 0 };
        lt_digest name;
        ltc_error err = { 0 };
        bool object = false, record = false;
        wrong += lt_store_put(r->store, &t, &name, &err) != LTC_OK;
        wrong += lt_store_get(r->store, &name, &back, &object, &err) != LTC_OK || !object;
        wrong += lt_record_put(r->store, &key, text_of(i), strlen(text_of(i)), &err) != LTC_OK;
        wrong += lt_record_get(r->store, &key, &text, &record, &err) != LTC_OK || !record;
        wrong += !record || (strcmp(text.s, text_of(0)) != 0 && strcmp(text.s, text_of(1)) != 0);
        if (err.message[0])
            fprintf(stderr, "%s\n", err.message);
        lt_text_free(&text);
        lt_tensors_free(&t);
        lt_tensors_free(&back);
    }
    return wrong;
}

static void *work_in_thread(void *r)
{
    return (void *)(intptr_t)work(r, ROUNDS);
}

static void check_store(store_rig *r, uint64_t objects)
{
    lt_store_stats stats;
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL(lt_store_verify(r->store, &stats, &err), LTC_OK);
    CU_ASSERT_EQUAL(stats.objects, objects);
    CU_ASSERT_EQUAL(stats.records, 1);
    CU_ASSERT_EQUAL(stats.damaged, 0);
    CU_ASSERT_EQUAL(r->reports, 0);
    CU_ASSERT_EQUAL(count_files(r, "quarantine"), 0);
}

static void threads_do_not_disturb_each_other(void)
{
    store_rig r;
    pthread_t thread[WORKERS];
    rig_open(&r);
    for (int i = 0; i < WORKERS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, work_in_thread, &r), 0);
    for (int i = 0; i < WORKERS; i++) {
        void *wrong;
        CU_ASSERT_EQUAL_FATAL(pthread_join(thread[i], &wrong), 0);
        CU_ASSERT_PTR_NULL(wrong);
    }
    check_store(&r, OBJECTS);
    rig_close(&r);
}

static pid_t start(int (*fn)(store_rig *r), store_rig *r)
{
    fflush(NULL);
    const pid_t pid = fork();
    CU_ASSERT_FATAL(pid >= 0);
    if (pid == 0)
        _exit(fn(r));
    return pid;
}

static int work_in_process(store_rig *r)
{
    return work(r, ROUNDS) ? 1 : 0;
}

static void processes_do_not_disturb_each_other(void)
{
    store_rig r;
    pid_t pid[WORKERS];
    rig_open(&r);
    for (int i = 0; i < WORKERS; i++)
        pid[i] = start(work_in_process, &r);
    for (int i = 0; i < WORKERS; i++) {
        int status = -1;
        CU_ASSERT_EQUAL(waitpid(pid[i], &status, 0), pid[i]);
        CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    check_store(&r, OBJECTS);
    rig_close(&r);
}

/* Ever new objects, until it is killed. A byte goes down the pipe before each. */
typedef struct writer {
    store_rig r;
    int       to;
} writer;

static void put_for_ever(writer *w)
{
    const lt_digest key = digest_of("shared");
    for (float seed = 0;; seed += 0.25f) {
        ltc_error err;
        const bool told = write(w->to, "", 1) == 1;
        if (!told || lt_record_put(w->r.store, &key, text_of((int)seed), strlen(text_of((int)seed)), &err))
            _exit(1);
        put_tensors(&w->r, ELEMENTS, seed);
    }
}

/* Kills it some way into its n-th round: how far differs from time to time, and no claim depends on it. */
static void kill_in_round(writer *w, int n)
{
    int ends[2], status = 0;
    char byte;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    w->to = ends[1];
    fflush(NULL);
    const pid_t pid = fork();
    CU_ASSERT_FATAL(pid >= 0);
    if (pid == 0)
        put_for_ever(w);
    close(ends[1]);
    for (int i = 0; i < n; i++)
        CU_ASSERT_EQUAL(read(ends[0], &byte, 1), 1);
    for (volatile int spin = 0; spin < n % 7 * 100000; spin = spin + 1)
        ;
    kill(pid, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(ends[0]);
}

static void a_killed_writer_leaves_nothing_damaged(void)
{
    writer w;
    lt_store_stats stats;
    ltc_error err = { 0 };
    rig_open(&w.r);
    for (int n = 2; n < 24; n++) {
        kill_in_round(&w, n);
        CU_ASSERT_EQUAL(lt_store_verify(w.r.store, &stats, &err), LTC_OK);
        CU_ASSERT(stats.damaged == 0 && stats.objects > 0 && stats.records == 1);
    }
    CU_ASSERT_EQUAL(w.r.reports, 0);
    rig_close(&w.r);
}

/* The reports of threads that meet on one damaged object. */
static void *get_in_thread(void *arg)
{
    store_rig *r = arg;
    lt_tensors t;
    bool found = true;
    ltc_error err = { 0 };
    lt_tensors like = make_tensors(ELEMENTS, 1);
    lt_digest name;
    const bool ok =
        !lt_tensors_digest(&like, &name, &err) && !lt_store_get(r->store, &name, &t, &found, &err);
    lt_tensors_free(&like);
    return ok && !found ? NULL : arg;
}

static void damage_that_many_find_is_reported_once(void)
{
    store_rig r;
    pthread_t thread[WORKERS];
    rig_open(&r);
    for (int round = 1; round <= ROUNDS; round++) {
        const lt_digest name = put_tensors(&r, ELEMENTS, 1);
        char *path = rig_object(&r, &name);
        CU_ASSERT_EQUAL(truncate(path, 4000), 0);
        for (int i = 0; i < WORKERS; i++)
            CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, get_in_thread, &r), 0);
        for (int i = 0; i < WORKERS; i++) {
            void *wrong;
            CU_ASSERT_EQUAL_FATAL(pthread_join(thread[i], &wrong), 0);
            CU_ASSERT_PTR_NULL(wrong);
        }
        CU_ASSERT_EQUAL(r.reports, round);
        free(path);
    }
    rig_close(&r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "threads do not disturb each other", threads_do_not_disturb_each_other },
        { "processes do not disturb each other", processes_do_not_disturb_each_other },
        { "a killed writer leaves nothing damaged", a_killed_writer_leaves_nothing_damaged },
        { "damage that many find is reported once", damage_that_many_find_is_reported_once },
    };
    return lt_suite_run("store_race", claims, sizeof claims / sizeof claims[0]);
}
