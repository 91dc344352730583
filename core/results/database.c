/* Owns the connection to results.db and the sentences about what SQLite cannot do. Called by whoever
 * writes or reads tables of it. */
#include "results/database.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "results/schema.h"
#include "util/text.h"

/* For a person who holds a lock in another program; for a run that begins anew with its tables. */
enum { WAIT_MS = 5000, LOOK_MS = 2000 };

ltc_status lt_database_fail(sqlite3 *db, ltc_error *err)
{
    const char *path = sqlite3_db_filename(db, "main");
    return ltc_fail(err, sqlite3_errcode(db) == SQLITE_NOMEM ? LTC_ENOMEM : LTC_EIO, "%s: %s",
                    path ? path : "results.db", sqlite3_errmsg(db));
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

/* In one transaction and in place: a reader sees the old tables or the new ones, and one that still had an
 * old file would, on leaving, take the new one's WAL with it. */
static ltc_status make_anew(sqlite3 *db, ltc_error *err)
{
    ltc_status st = lt_database_run(db, "BEGIN IMMEDIATE", err);
    if (st)
        return st;
    st = drop_all(db, err);
    if (!st)
        st = create_all(db, err);
    return lt_database_commit(db, st, err);
}

/* synchronous NORMAL: after a loss of power the last rows may be missing, and they are in the store. Foreign
 * keys are checked from then on: what is dropped may be in any order. */
static ltc_status open_empty(const char *path, sqlite3 **db, ltc_error *err)
{
    if (sqlite3_open(path, db) || sqlite3_busy_timeout(*db, WAIT_MS))
        return *db ? lt_database_fail(*db, err) : ltc_fail(err, LTC_ENOMEM, "%s: no memory to open it", path);
    ltc_status st = lt_database_run(*db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
    if (!st)
        st = make_anew(*db, err);
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

ltc_status lt_database_open(const char *path, sqlite3 **db, ltc_error *err)
{
    ltc_status st = open_empty(path, db, err);
    const int code = *db ? sqlite3_errcode(*db) : SQLITE_NOMEM;
    if (st && (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)) {
        lt_database_close(*db);
        remove_files(path);
        st = open_empty(path, db, err);
    }
    if (st) {
        lt_database_close(*db);
        *db = NULL;
    }
    return st;
}

/* A path as SQLite's URI has it. immutable, when no writer has it open: else a look would leave a -wal and
 * a -shm behind. */
static ltc_status address(const char *directory, lt_text *uri, ltc_error *err)
{
    lt_text wal = { 0 };
    lt_text_add(&wal, "%s/results.db-wal", directory);
    lt_text_add(uri, "file:");
    for (const char *c = directory; *c; c++)
        lt_text_add(uri, strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned)(unsigned char)*c);
    const bool closed = !wal.failed && access(wal.s, F_OK) != 0;
    lt_text_add(uri, "/results.db?mode=ro%s", closed ? "&immutable=1" : "");
    lt_text_free(&wal);
    return uri->failed ? ltc_fail(err, LTC_ENOMEM, "%s: no memory to read its results", directory) : LTC_OK;
}

static ltc_status open_to_look(const char *directory, sqlite3 **db, ltc_error *err)
{
    lt_text uri = { 0 };
    ltc_status st = address(directory, &uri, err);
    if (!st && (sqlite3_open_v2(uri.s, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) ||
                sqlite3_busy_timeout(*db, LOOK_MS)))
        st = *db ? ltc_fail(err, LTC_EIO, "%s/results.db: %s; is it the output directory of a run?", directory,
                            sqlite3_errmsg(*db))
                 : ltc_fail(err, LTC_ENOMEM, "%s: no memory to read its results", directory);
    lt_text_free(&uri);
    return st;
}

/* Version 0: the file has just been made, and has no tables. */
static ltc_status check_version(sqlite3 *db, bool *begun, ltc_error *err)
{
    sqlite3_stmt *stmt = NULL;
    ltc_status st = lt_database_prepare(db, "PRAGMA user_version", &stmt, err);
    if (!st && sqlite3_step(stmt) != SQLITE_ROW)
        st = lt_database_fail(db, err);
    const int version = st ? LT_RESULTS_VERSION : sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);                   /* says again what step said */
    *begun = version && !st;
    if (version == LT_RESULTS_VERSION || !version)
        return st;
    return ltc_fail(err, LTC_EUNSUPPORTED,
                    "results.db is of version %d, and this ltcore reads %d: use the one that wrote it",
                    version, LT_RESULTS_VERSION);
}

ltc_status lt_database_look(const char *directory, sqlite3 **db, bool *begun, ltc_error *err)
{
    *db = NULL;
    *begun = false;
    ltc_status st = open_to_look(directory, db, err);
    if (!st)
        st = lt_database_run(*db, "BEGIN", err);
    return st ? st : check_version(*db, begun, err);
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
