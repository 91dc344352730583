/* Owns the connection to results.db and the sentences about what SQLite cannot do. Called by whoever
 * writes or reads tables of it. */
#include "results/database.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/schema.h"
#include "util/text.h"

/* For a person who holds a lock in another program; for a run that begins anew with its tables; for that
 * person again, of a run at work, which has more to lose than one that begins. */
enum { WAIT_MS = 5000, LOOK_MS = 2000, WORK_MS = 60000 };
enum { MORE_TRIES = 5, TRY_MS = 20 };         /* while a run opens or closes the file that is looked at */

ltc_status lt_database_fail(sqlite3 *db, ltc_error *err)
{
    const char *path = sqlite3_db_filename(db, "main");
    const int code = sqlite3_errcode(db), why = code == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;
    return ltc_fail(err, code == SQLITE_NOMEM ? LTC_ENOMEM : LTC_EIO, "%s: %s%s%s",
                    path ? path : "results.db", sqlite3_errmsg(db), why ? ": " : "",
                    why ? strerror(why) : "");
}

ltc_status lt_database_run(sqlite3 *db, const char *sql, ltc_error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) ? lt_database_fail(db, err) : LTC_OK;
}

ltc_status lt_database_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, ltc_error *err)
{
    const int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
    return rc ? lt_database_fail(db, err) : LTC_OK;
}

ltc_status lt_database_commit(sqlite3 *db, ltc_status st, ltc_error *err)
{
    if (!st)
        st = lt_database_run(db, "COMMIT", err);
    if (st)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);   /* the first failure is the one to tell */
    return st;
}

ltc_status lt_database_check_place(sqlite3 *db, ltc_error *err)
{
    int moved = 0;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved))
        return lt_database_fail(db, err);
    return !moved ? LTC_OK
                  : ltc_fail(err, LTC_EIO, "%s was removed or replaced while the run was at work: the same "
                                           "command makes it anew from the store",
                             sqlite3_db_filename(db, "main"));
}

/* Statements that drop all there is; views first, which look into tables. */
static ltc_status list_drops(sqlite3 *db, lt_text *to, ltc_error *err)
{
    static const char sql[] = "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'table') AND "
                              "name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY type DESC";
    sqlite3_stmt *stmt = NULL;
    int rc;
    ltc_status st = lt_database_prepare(db, sql, &stmt, err);
    if (st)
        return st;
    lt_text_put(to, "", 0);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        lt_text_add(to, "DROP %s \"%s\";", (const char *)sqlite3_column_text(stmt, 0),
                    (const char *)sqlite3_column_text(stmt, 1));
    if (rc != SQLITE_DONE)
        st = lt_database_fail(db, err);
    else if (to->failed)
        st = ltc_fail(err, LTC_ENOMEM, "results.db: no memory to empty it");
    sqlite3_finalize(stmt);                   /* says again what step said */
    return st;
}

static ltc_status drop_all(sqlite3 *db, ltc_error *err)
{
    lt_text drops = { 0 };
    ltc_status st = list_drops(db, &drops, err);
    if (!st)
        st = lt_database_run(db, drops.s, err);
    lt_text_free(&drops);
    return st;
}

static ltc_status create_all(sqlite3 *db, ltc_error *err)
{
    char version[64];
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < lt_n_results_schema && !st; i++)
        st = lt_database_run(db, lt_results_schema[i], err);
    snprintf(version, sizeof version, "PRAGMA user_version = %d", LT_RESULTS_VERSION);
    return st ? st : lt_database_run(db, version, err);
}

/* Keys were not checked while tables came and went. */
static ltc_status check_keys(sqlite3 *db, ltc_error *err)
{
    sqlite3_stmt *stmt = NULL;
    ltc_status st = lt_database_prepare(db, "PRAGMA foreign_key_check", &stmt, err);
    const int rc = st ? SQLITE_ERROR : sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        st = ltc_fail(err, LTC_EINTERNAL, "results.db: a row of %s refers to none",
                      (const char *)sqlite3_column_text(stmt, 0));
    else if (!st && rc != SQLITE_DONE)
        st = lt_database_fail(db, err);
    sqlite3_finalize(stmt);                   /* says again what step said */
    return st;
}

/* In one transaction and in place: a reader sees what was there or all that is new, and one that still had an
 * old file would, on leaving, take the new one's WAL with it. */
static ltc_status make_anew(sqlite3 *db, lt_database_fill *fill, const void *arg, ltc_error *err)
{
    ltc_status st = lt_database_run(db, "BEGIN IMMEDIATE", err);
    if (st)
        return st;
    st = drop_all(db, err);
    if (!st)
        st = create_all(db, err);
    if (!st)
        st = fill(db, arg, err);
    if (!st)
        st = check_keys(db, err);
    return lt_database_commit(db, st, err);
}

/* The first page of a new file, which says WAL, without a journal: one that a killed run left behind would
 * keep out all who may only read, and a page that is torn is made anew. */
static ltc_status use_wal(const char *path, sqlite3 *db, ltc_error *err)
{
    struct stat file;
    const bool is_new = stat(path, &file) || !file.st_size;
    ltc_status st = is_new ? lt_database_run(db, "PRAGMA journal_mode = OFF", err) : LTC_OK;
    return st ? st : lt_database_run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
}

/* synchronous NORMAL: after a loss of power the last rows may be missing, and they are in the store. Foreign
 * keys are checked from then on: what is dropped may be in any order. */
static ltc_status open_anew(const char *path, lt_database_fill *fill, const void *arg, sqlite3 **db,
                            ltc_error *err)
{
    if (sqlite3_open(path, db) || sqlite3_busy_timeout(*db, WAIT_MS))
        return *db ? lt_database_fail(*db, err) : ltc_fail(err, LTC_ENOMEM, "%s: no memory to open it", path);
    ltc_status st = use_wal(path, *db, err);
    if (!st)
        st = make_anew(*db, fill, arg, err);
    if (!st && sqlite3_busy_timeout(*db, WORK_MS))
        st = lt_database_fail(*db, err);
    return st ? st : lt_database_run(*db, "PRAGMA foreign_keys = ON", err);
}

static void remove_files(const char *path)
{
    static const char *const ending[] = { "", "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        lt_text name = { 0 };
        lt_text_add(&name, "%s%s", path, ending[i]);
        if (!name.failed)
            unlink(name.s);                   /* one that stays shows when the new one is opened */
        lt_text_free(&name);
    }
}

ltc_status lt_database_open(const char *path, lt_database_fill *fill, const void *arg, sqlite3 **db,
                            ltc_error *err)
{
    ltc_status st = open_anew(path, fill, arg, db, err);
    const int code = *db ? sqlite3_errcode(*db) : SQLITE_NOMEM;
    if (st && (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)) {
        lt_database_close(*db);
        remove_files(path);
        st = open_anew(path, fill, arg, db, err);
    }
    if (st) {
        lt_database_close(*db);
        *db = NULL;
    }
    return st;
}

/* What is looked at, by its names. alone, shared: as a URI, without a run at it and beside one. */
typedef struct place { lt_text path, wal, shared, alone; } place;

static ltc_status name_all(const char *directory, place *p, ltc_error *err)
{
    lt_text_add(&p->path, "%s/results.db", directory);
    lt_text_add(&p->wal, "%s/results.db-wal", directory);
    lt_text_add(&p->shared, "file:");
    for (const char *c = directory; *c; c++)
        lt_text_add(&p->shared, strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned)(unsigned char)*c);
    lt_text_add(&p->shared, "/results.db?mode=ro");
    if (!p->shared.failed)
        lt_text_add(&p->alone, "%s&immutable=1", p->shared.s);
    return p->path.failed || p->wal.failed || p->shared.failed || p->alone.failed
               ? ltc_fail(err, LTC_ENOMEM, "%s: no memory to read its results", directory) : LTC_OK;
}

/* What tells one content of the file from another. A run makes its tables anew, which counts in SQLite's
 * header; a file's time is too coarse to tell a short run from the one before. */
typedef struct stamp { ino_t file; char header[100]; } stamp;

static bool take_stamp(const char *path, stamp *s)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    memset(s, 0, sizeof *s);
    const bool taken = fd >= 0 && !fstat(fd, &st) && read(fd, s->header, sizeof s->header) >= 0;
    s->file = taken ? st.st_ino : 0;
    if (fd >= 0)
        close(fd);
    return taken;
}

/* Has no run the file open? Then it is read as one that nobody changes: else SQLite would leave a -wal and a
 * -shm behind. */
static bool is_alone(const place *p, stamp *s)
{
    return access(p->wal.s, F_OK) && take_stamp(p->path.s, s);
}

/* A run that came changed it, even if it is gone again. */
static bool is_still(const place *p, const stamp *before)
{
    stamp now;
    return is_alone(p, &now) && now.file == before->file &&
           !memcmp(now.header, before->header, sizeof now.header);
}

static ltc_status open_to_look(const place *p, bool alone, sqlite3 **db, ltc_error *err)
{
    const char *uri = alone ? p->alone.s : p->shared.s;
    if (!sqlite3_open_v2(uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) &&
        !sqlite3_busy_timeout(*db, LOOK_MS))
        return lt_database_run(*db, "BEGIN", err);
    return *db ? ltc_fail(err, LTC_EIO, "%s: %s; is it the output directory of a run?", p->path.s,
                          sqlite3_errmsg(*db))
               : ltc_fail(err, LTC_ENOMEM, "%s: no memory to read it", p->path.s);
}

/* Version 0: the file has just been made, and has no tables. */
static ltc_status check_version(const place *p, sqlite3 *db, bool *begun, ltc_error *err)
{
    sqlite3_stmt *stmt = NULL;
    ltc_status st = lt_database_prepare(db, "PRAGMA user_version", &stmt, err);
    if (!st && sqlite3_step(stmt) != SQLITE_ROW)
        st = lt_database_fail(db, err);
    const int version = st ? 0 : sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);                   /* says again what step said */
    *begun = version;
    if (version == LT_RESULTS_VERSION || !version)
        return st;
    return ltc_fail(err, LTC_EUNSUPPORTED,
                    "%s is of version %d, and this ltcore reads %d: run it again, by the same command, and "
                    "it is made anew from the store; or use the ltcore that wrote it",
                    p->path.s, version, LT_RESULTS_VERSION);
}

/* *again: a run was at the file, which may be why it could not be read. */
static ltc_status look_once(const place *p, lt_database_read *read, void *arg, bool *again, ltc_error *err)
{
    sqlite3 *db = NULL;
    stamp before;
    bool begun = false;
    const bool alone = is_alone(p, &before);
    ltc_status st = open_to_look(p, alone, &db, err);
    if (!st)
        st = check_version(p, db, &begun, err);
    if (!st)
        st = read(begun ? db : NULL, arg, err);
    lt_database_close(db);
    if (alone && !is_still(p, &before))
        st = ltc_fail(err, LTC_EIO, "%s: changes faster than it can be read; try again", p->path.s);
    else if (alone)
        *again = false;
    return st;
}

/* A run that opens or closes the file at this moment changes how it is to be read: then once more. */
ltc_status lt_database_look(const char *directory, lt_database_read *read, void *arg, ltc_error *err)
{
    place p = { 0 };
    bool again = true;
    ltc_status st = name_all(directory, &p, err);
    if (!st)
        st = look_once(&p, read, arg, &again, err);
    for (int i = 0; i < MORE_TRIES && st == LTC_EIO && again; i++) {
        sqlite3_sleep(TRY_MS);
        err->message[0] = '\0';
        st = look_once(&p, read, arg, &again, err);
    }
    lt_text_free(&p.path), lt_text_free(&p.wal), lt_text_free(&p.shared), lt_text_free(&p.alone);
    return st;
}

void lt_database_close(sqlite3 *db)
{
    const int rc = sqlite3_close(db);
    assert(rc == SQLITE_OK);                  /* else a statement was not finalized */
    (void)rc;
}

lt_binding lt_bind(sqlite3_stmt *stmt)
{
    return (lt_binding){ .stmt = stmt };
}

void lt_bind_count(lt_binding *b, uint64_t v)
{
    b->failed |= v > INT64_MAX ? SQLITE_RANGE : sqlite3_bind_int64(b->stmt, ++b->at, (sqlite3_int64)v);
}

void lt_bind_real(lt_binding *b, double v)
{
    b->failed |= sqlite3_bind_double(b->stmt, ++b->at, v);
}

void lt_bind_text(lt_binding *b, const char *v)
{
    b->failed |= sqlite3_bind_text(b->stmt, ++b->at, v, -1, SQLITE_TRANSIENT);
}

void lt_bind_digest(lt_binding *b, const lt_digest *v)
{
    static const lt_digest none;
    char hex[65];
    lt_digest_text(v, hex);
    lt_bind_text(b, memcmp(v, &none, sizeof none) ? hex : NULL);
}

void lt_bind_null(lt_binding *b)
{
    b->failed |= sqlite3_bind_null(b->stmt, ++b->at);
}

ltc_status lt_bind_done(lt_binding *b, ltc_error *err)
{
    sqlite3 *db = sqlite3_db_handle(b->stmt);
    assert(b->at == sqlite3_bind_parameter_count(b->stmt));
    ltc_status st = LTC_OK;
    if (b->failed)
        st = ltc_fail(err, LTC_EINTERNAL, "results.db cannot hold a value: %s", sqlite3_errmsg(db));
    else if (sqlite3_step(b->stmt) != SQLITE_DONE)
        st = lt_database_fail(db, err);
    sqlite3_reset(b->stmt);                   /* says again what step said */
    return st;
}
