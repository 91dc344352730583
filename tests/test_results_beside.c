/* Whoever reads results.db beside a run sees nothing yet, or all of what one moment had: at every statement
 * of a run that begins, and when a whole run comes and goes between two statements of the reader. And a run
 * whose directory was removed beside it writes nothing into the one that is there now. */
#include "results_rig.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/model.h"
#include "results/standing.h"
#include "suite.h"

/* What is done while a connection is at its statements: SQLite calls back without an argument when one is
 * opened. */
static struct {
    rig     *r;
    bool     of_readers;                      /* whose statements count */
    unsigned statements, at, looks;           /* at: the one at which a run comes and goes */
} now;

/* Of the rig's run, or of one line that has just begun. */
static bool is_whole(size_t lines, size_t levels)
{
    return (lines == 3 && levels == RIG_ROWS) || (lines == 1 && !levels);
}

static void look(void)
{
    char path[300];
    lt_standing s;
    lt_seen_run seen;
    ltc_error err = { .message = "" };
    snprintf(path, sizeof path, "%s/results.db", now.r->dir);
    if (access(path, F_OK))
        return;
    now.looks++;
    CU_ASSERT_EQUAL(lt_standing_read(now.r->dir, &s, &err), LTC_OK);
    CU_ASSERT(!s.begun || s.n_lines == 3);
    CU_ASSERT_EQUAL(lt_seen_read(now.r->dir, &seen, &err), LTC_OK);
    CU_ASSERT(seen.n_variants == 3 || (!seen.n_variants && !seen.n_settings && !*seen.version));
    CU_ASSERT_STRING_EQUAL(err.message, "");
    lt_standing_free(&s);
    lt_seen_free(&seen);
}

/* Another configuration's, in the same file, and gone again. */
static void come_and_go(void)
{
    lt_settings alone = now.r->settings;
    lt_run_facts facts = now.r->facts;
    lt_results *results = NULL;
    ltc_error err = { .message = "" };
    alone.n_variants = 0, alone.n_lines = 1;
    facts.settings = &alone;
    CU_ASSERT_EQUAL_FATAL(lt_results_open(now.r->dir, &facts, &results, &err), LTC_OK);
    lt_results_close(results);
}

static int at_statement(unsigned what, void *of_reader, void *stmt, void *sql)
{
    (void)what, (void)stmt, (void)sql;
    if (!now.r || (of_reader != NULL) != now.of_readers)
        return 0;
    now.statements++;
    if (!now.of_readers)
        look();
    else if (now.statements == now.at)
        come_and_go();
    return 0;
}

static int at_opening(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
    (void)message, (void)api;
    void *of_reader = sqlite3_db_readonly(db, "main") == 1 ? &now : NULL;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, at_statement, of_reader);
}

static void begin(rig *r, bool of_readers)
{
    now.r = r, now.of_readers = of_readers;
    now.statements = now.at = now.looks = 0;
    CU_ASSERT_EQUAL_FATAL(sqlite3_auto_extension((void (*)(void))at_opening), SQLITE_OK);
}

static void end(void)
{
    sqlite3_reset_auto_extension();
    now.r = NULL;
}

static void close_run(rig *r)
{
    lt_results_close(r->results);
    lt_store_close(r->store);
    r->results = NULL, r->store = NULL;
}

static void a_run_that_begins_is_seen_whole_or_not_at_all(void)
{
    rig *r = rig_create();
    begin(r, false);
    rig_start(r);
    CU_ASSERT(now.looks > 30);                /* tables, and what describes the run */
    close_run(r);
    now.looks = 0;
    rig_start(r);                             /* over what is there */
    CU_ASSERT(now.looks > 30);
    end();
    rig_close(r);
}

/* A run that ended, and another in its place before statement `at` of the reader. True: it got that far. */
static bool read_beside(unsigned at, bool report)
{
    rig *r = rig_create();
    lt_standing s = { 0 };
    lt_seen_run seen = { 0 };
    ltc_error err = { .message = "" };
    rig_start(r);
    rig_fill(r, rig_forward);
    close_run(r);
    begin(r, true);
    now.at = at;
    if (report) {
        CU_ASSERT_EQUAL(lt_seen_read(r->dir, &seen, &err), LTC_OK);
        CU_ASSERT(is_whole(seen.n_variants, seen.n_levels));
    } else {
        CU_ASSERT_EQUAL(lt_standing_read(r->dir, &s, &err), LTC_OK);
        CU_ASSERT(is_whole(s.n_lines, s.n_levels));
    }
    if (*err.message)
        fprintf(stderr, "\nat statement %u: %s\n", at, err.message);
    const bool came = now.statements >= at;
    end();
    lt_standing_free(&s);
    lt_seen_free(&seen);
    rig_close(r);
    return came;
}

static void a_reader_keeps_to_one_run(void)
{
    for (int report = 0; report < 2; report++) {
        unsigned at = 1;
        while (read_beside(at, report))
            at++;
        CU_ASSERT(at > 4);                    /* every statement had its turn */
    }
}

/* Of the child that dies: its calls so far, the one before which it does, and what SQLite
 * would have called. */
static struct {
    unsigned           calls, at;
    sqlite3_syscall_ptr write, remove;
} dying;

static void die_if_due(void)
{
    if (++dying.calls == dying.at)
        _exit(1);
}

static ssize_t write_or_die(int fd, const void *p, size_t n, off_t at)
{
    die_if_due();
    return ((ssize_t (*)(int, const void *, size_t, off_t))dying.write)(fd, p, n, at);
}

static int remove_or_die(const char *path)
{
    die_if_due();
    return ((int (*)(const char *))dying.remove)(path);
}

/* A process that begins a run and dies before the call of that number to write or remove.
 * True: it got that far. */
static bool begin_and_die(rig *r, unsigned at)
{
    const pid_t child = fork();
    if (!child) {
        sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
        dying.at = at;
        dying.write = vfs->xGetSystemCall(vfs, "pwrite64"), dying.remove = vfs->xGetSystemCall(vfs, "unlink");
        vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)write_or_die);
        vfs->xSetSystemCall(vfs, "unlink", (sqlite3_syscall_ptr)remove_or_die);
        rig_start(r);
        _exit(0);
    }
    int status = 0;
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    CU_ASSERT_FATAL(WIFEXITED(status));
    return WEXITSTATUS(status) == 1;
}

/* As another program does that reads the tables; one that may not write. */
static void look_from_outside(const rig *r)
{
    char uri[320];
    sqlite3 *db = NULL;
    char *message = NULL;
    snprintf(uri, sizeof uri, "file:%s/results.db?mode=ro", r->dir);
    CU_ASSERT_EQUAL(sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "SELECT COUNT(*) FROM sqlite_master", NULL, NULL, &message), SQLITE_OK);
    if (message)
        fprintf(stderr, "\nfrom outside: %s\n", message);
    sqlite3_free(message);
    sqlite3_close(db);
}

static void what_a_killed_run_began_can_be_read(void)
{
    unsigned at = 1;
    bool died = true;
    for (; died; at++) {
        rig *r = rig_create();
        char path[300];
        died = begin_and_die(r, at);
        snprintf(path, sizeof path, "%s/results.db", r->dir);
        now.r = r;
        look();
        now.r = NULL;
        if (!access(path, F_OK))
            look_from_outside(r);
        rig_start(r);
        CU_ASSERT_PTR_NOT_NULL(r->results);   /* and the run goes on */
        rig_close(r);
    }
    CU_ASSERT(at > 10);                       /* every call had its turn */
}

static void another_version_is_named_with_the_remedy(void)
{
    rig *r = rig_create();
    sqlite3 *db = NULL;
    char path[300];
    lt_standing s;
    ltc_error err = { .message = "" };
    snprintf(path, sizeof path, "%s/results.db", r->dir);
    CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "PRAGMA user_version = 1; CREATE TABLE level (id)", NULL, NULL, NULL),
                    SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_close(db), SQLITE_OK);
    CU_ASSERT_EQUAL(lt_standing_read(r->dir, &s, &err), LTC_EUNSUPPORTED);
    CU_ASSERT(!strncmp(err.message, path, strlen(path)));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "of version 1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "by the same command, and it is made anew from the store"));
    rig_start(r);                             /* as that command does */
    CU_ASSERT_EQUAL(lt_standing_read(r->dir, &s, &err), LTC_OK);
    CU_ASSERT_EQUAL(s.n_lines, 3);
    lt_standing_free(&s);
    rig_close(r);
}

/* As a user does who removes the directory and thinks that the run is gone. */
static void remove_database(const rig *r)
{
    static const char *const ending[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/results.db%s", r->dir, ending[i]);
        CU_ASSERT_EQUAL(unlink(path), 0);
    }
}

static bool there_is(const rig *r, const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    return !access(path, F_OK);
}

static void a_run_whose_database_was_removed_writes_no_results(void)
{
    for (int by_another = 0; by_another < 2; by_another++) {
        rig *r = rig_create();
        lt_results *another = NULL;
        ltc_error err = { .message = "" };
        rig_start(r);
        rig_fill(r, rig_forward);
        remove_database(r);
        if (by_another)
            CU_ASSERT_EQUAL(lt_results_open(r->dir, &r->facts, &another, &err), LTC_OK);
        CU_ASSERT_EQUAL(lt_results_finish(r->results, r->store, &err), LTC_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/results.db was removed or replaced while the run was at "
                                                   "work: the same command makes it anew from the store"));
        CU_ASSERT(!there_is(r, "levels.csv") && !there_is(r, "layers.csv") && !there_is(r, "tickets"));
        CU_ASSERT_EQUAL(there_is(r, "results.db"), by_another);
        lt_results_close(another);
        rig_close(r);
    }
}

/* Longer than a run waits before it begins. */
static void *let_go_later(void *db)
{
    sleep(6);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    return NULL;
}

static void a_run_at_work_waits_for_a_lock(void)
{
    char path[300];
    rig *r = rig_create();
    sqlite3 *db = NULL;
    pthread_t thread;
    rig_start(r);
    snprintf(path, sizeof path, "%s/results.db", r->dir);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, let_go_later, db), 0);
    rig_fill(r, rig_forward);
    pthread_join(thread, NULL);
    sqlite3_close(db);
    rig_close(r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a run that begins is seen whole or not at all", a_run_that_begins_is_seen_whole_or_not_at_all },
        { "a reader keeps to one run, while another takes its place", a_reader_keeps_to_one_run },
        { "what a killed run began can be read", what_a_killed_run_began_can_be_read },
        { "another version is named, with the remedy", another_version_is_named_with_the_remedy },
        { "a run whose database was removed writes no results",
          a_run_whose_database_was_removed_writes_no_results },
        { "a run at work waits for who locks results.db longer than one that begins",
          a_run_at_work_waits_for_a_lock },
    };
    return lt_suite_run("results beside a run", claims, sizeof claims / sizeof claims[0]);
}
