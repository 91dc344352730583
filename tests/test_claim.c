/* Claims about claims: one holder at a time, the dead and the silent lose theirs, and nobody releases
 * another's. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_rig.h"

static lt_claim *take(store_rig *r, const char *key, char holder[160])
{
    lt_claim *c = NULL;
    ltc_error err = { 0 };
    const lt_digest d = digest_of(key);
    const ltc_status st = lt_claim_take(r->store, &d, &c, holder, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL(st, LTC_OK);
    return c;
}

static char *path_of(const store_rig *r, const char *key)
{
    char hex[65];
    const lt_digest d = digest_of(key);
    lt_digest_text(&d, hex);
    return rig_path(r, "claims/%s", hex);
}

static void one_has_it_and_the_others_hear_who(void)
{
    store_rig r;
    char holder[160], says[64];
    rig_open(&r);
    lt_claim *c = take(&r, "a", holder), *other = take(&r, "b", holder);
    CU_ASSERT(c && other && !holder[0]);
    CU_ASSERT_PTR_NULL(take(&r, "a", holder));
    snprintf(says, sizeof says, "process %ld on ", (long)getpid());
    CU_ASSERT_PTR_NOT_NULL(strstr(holder, says));
    CU_ASSERT_PTR_NOT_NULL(strstr(holder, "last heard of 0 s ago"));
    lt_claim_release(c);
    lt_claim_release(NULL);
    c = take(&r, "a", holder);
    CU_ASSERT_PTR_NOT_NULL(c);
    lt_claim_release(c);
    lt_claim_release(other);
    CU_ASSERT_EQUAL(count_files(&r, "claims"), 0);
    rig_close(&r);
}

static long ended_child(void)
{
    const pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, NULL, 0), pid);
    return pid;                               /* nobody's, until the numbers come round */
}

static void a_claim_is_held_by_the_living_who_are_heard_of(void)
{
    char here[65] = { 0 };
    CU_ASSERT_EQUAL_FATAL(gethostname(here, sizeof here - 1), 0);
    const long us = getpid(), gone = ended_child();
    const struct { const char *host; long pid; double age_s; bool held; } table[] = {
        { here, us, 0, true },
        { here, us, LT_CLAIM_STALE_S - 5, true },
        { here, us, LT_CLAIM_STALE_S + 1, false },
        { here, gone, 0, false },
        { "elsewhere.example", gone, 0, true },
        { "elsewhere.example", gone, LT_CLAIM_STALE_S - 5, true },
        { "elsewhere.example", us, LT_CLAIM_STALE_S + 1, false },
        { here, 1, 0, true },                 /* not ours to signal, but there */
        { here, us, -3600, true },            /* a clock that went back */
        { NULL, 0, 0, true },                 /* just made, not yet signed */
        { NULL, 0, LT_CLAIM_SIGN_S - 1, true },
        { NULL, 0, LT_CLAIM_SIGN_S + 1, false },                  /* its maker died in that moment */
        { NULL, 0, -LT_CLAIM_SIGN_S - 1, false },                 /* and then the clock went back */
        { here, -1, 0, true },                /* nonsense, until it is silent */
    };
    store_rig r;
    rig_open(&r);
    char *path = path_of(&r, "key");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[160] = "", holder[160];
        if (table[i].host)
            snprintf(text, sizeof text, "host %s\npid %ld\nstart 0\n", table[i].host, table[i].pid);
        write_bytes(path, text, strlen(text));
        set_age(path, table[i].age_s);
        lt_claim *c = take(&r, "key", holder);
        CU_ASSERT_EQUAL(!c, table[i].held);
        CU_ASSERT_EQUAL(count_files(&r, "claims"), 1);
        CU_ASSERT_EQUAL(!holder[0], !table[i].held);
        lt_claim_release(c);
    }
    free(path);
    rig_close(&r);
}

static void a_heartbeat_keeps_a_claim(void)
{
    store_rig r;
    char holder[160];
    rig_open(&r);
    char *path = path_of(&r, "key");
    lt_claim *c = take(&r, "key", holder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    set_age(path, LT_CLAIM_STALE_S + 1);
    CU_ASSERT(lt_claim_beat(c));
    CU_ASSERT_PTR_NULL(take(&r, "key", holder));
    lt_claim_release(c);
    free(path);
    rig_close(&r);
}

static void one_that_was_taken_over_does_not_release_the_new(void)
{
    store_rig r;
    char holder[160];
    rig_open(&r);
    char *path = path_of(&r, "key");
    lt_claim *slow = take(&r, "key", holder);
    set_age(path, LT_CLAIM_STALE_S + 1);
    lt_claim *quick = take(&r, "key", holder);
    CU_ASSERT_FATAL(slow && quick);
    CU_ASSERT(!lt_claim_beat(slow));           /* and hears of it */
    lt_claim_release(slow);
    CU_ASSERT(is_file(path));
    CU_ASSERT_PTR_NULL(take(&r, "key", holder));
    lt_claim_release(quick);
    CU_ASSERT_EQUAL(count_files(&r, "claims"), 0);
    free(path);
    rig_close(&r);
}

enum { RACERS = 6 };

typedef struct race {
    store_rig r;
    int       gate[2], verdict[2], hold[2];   /* pipes: open at the start, who got it, closed at the end */
} race;

/* Tells whether it got the claim, and lives until all have told. */
static int run_race(race *q)
{
    char byte, holder[160];
    close(q->gate[1]), close(q->hold[1]);
    bool ok = read(q->gate[0], &byte, 1) == 0;
    byte = take(&q->r, "key", holder) != NULL;
    ok = ok && write(q->verdict[1], &byte, 1) == 1;
    ok = ok && read(q->hold[0], &byte, 1) == 0;
    return ok ? 0 : 1;
}

/* The number of those who got it. */
static int race_for_claim(race *q)
{
    int got = 0;
    pid_t pid[RACERS];
    CU_ASSERT_FATAL(!pipe(q->gate) && !pipe(q->verdict) && !pipe(q->hold));
    fflush(NULL);
    for (int i = 0; i < RACERS; i++)
        if ((pid[i] = fork()) == 0)
            _exit(run_race(q));
    close(q->gate[0]), close(q->gate[1]);     /* and they are off */
    for (int i = 0; i < RACERS; i++) {
        char byte = 0;
        CU_ASSERT_EQUAL(read(q->verdict[0], &byte, 1), 1);
        got += byte;
    }
    close(q->hold[0]), close(q->hold[1]);
    close(q->verdict[0]), close(q->verdict[1]);
    for (int i = 0; i < RACERS; i++) {
        int status = -1;
        CU_ASSERT_EQUAL(waitpid(pid[i], &status, 0), pid[i]);
        CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    return got;
}

static void of_many_who_take_over_one_gets_it(void)
{
    static const char *const before[] = { NULL, "", "host elsewhere\npid 7\nstart 0\n" };
    race q;
    rig_open(&q.r);
    char *path = path_of(&q.r, "key");
    for (int round = 0; round < 60; round++) {
        const char *text = before[round % 3];
        unlink(path);
        if (text)
            write_bytes(path, text, strlen(text)), set_age(path, LT_CLAIM_STALE_S + 1);
        CU_ASSERT_EQUAL(race_for_claim(&q), 1);
        CU_ASSERT_EQUAL(count_files(&q.r, "claims"), 1);
    }
    free(path);
    rig_close(&q.r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "one has it and the others hear who", one_has_it_and_the_others_hear_who },
        { "a claim is held by the living who are heard of", a_claim_is_held_by_the_living_who_are_heard_of },
        { "a heartbeat keeps a claim", a_heartbeat_keeps_a_claim },
        { "one that was taken over does not release the new",
          one_that_was_taken_over_does_not_release_the_new },
        { "of many who take over one gets it", of_many_who_take_over_one_gets_it },
    };
    return lt_suite_run("claim", claims, sizeof claims / sizeof claims[0]);
}
