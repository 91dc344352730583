/* results.db as a file: made anew, opened, and its rows written. Nothing here knows what the tables mean. */
#ifndef LT_RESULTS_DATABASE_H
#define LT_RESULTS_DATABASE_H

#include <ltcore/base.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "util/digest.h"

/* Fills the tables of schema.h, which are empty, in the transaction in which they are made. */
typedef ltc_status lt_database_fill(sqlite3 *db, const void *arg, ltc_error *err);

/* The tables anew, as `fill` leaves them, whatever was in the file before. A reader sees what was there, or
 * all of this; a file that is no database is replaced. */
ltc_status lt_database_open(const char *path, lt_database_fill *fill, const void *arg, sqlite3 **db,
                            ltc_error *err);
void lt_database_close(sqlite3 *db);          /* NULL: nothing */

/* Takes what it wants, and first forgets what it took before: another try may follow. db NULL: there are no
 * tables yet. */
typedef ltc_status lt_database_read(sqlite3 *db, void *arg, ltc_error *err);

/* results.db of a directory as it is at one moment, whether a run is at it or not: nothing is locked and
 * nothing written. LTC_EUNSUPPORTED: of another version of ltcore. */
ltc_status lt_database_look(const char *directory, lt_database_read *read, void *arg, ltc_error *err);

/* Fails where the file was removed, or another is in its place: then the directory is not the writer's. */
ltc_status lt_database_check_place(sqlite3 *db, ltc_error *err);

/* One statement without values; many, separated by semicolons, too. */
ltc_status lt_database_run(sqlite3 *db, const char *sql, ltc_error *err);
ltc_status lt_database_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, ltc_error *err);

/* What went wrong last, as a sentence with the file's name; returns LTC_EIO, or LTC_ENOMEM. */
ltc_status lt_database_fail(sqlite3 *db, ltc_error *err);

/* The end of a transaction: commits if st is LTC_OK, else takes all of it back and returns st. */
ltc_status lt_database_commit(sqlite3 *db, ltc_status st, ltc_error *err);

/* Values of a statement, bound from left to right. A failure shows when the statement is done. */
typedef struct lt_binding { sqlite3_stmt *stmt; int at, failed; } lt_binding;
lt_binding lt_bind(sqlite3_stmt *stmt);
void lt_bind_count(lt_binding *b, uint64_t v);
void lt_bind_real(lt_binding *b, double v);             /* NaN: NULL */
void lt_bind_text(lt_binding *b, const char *v);        /* NULL: NULL; copied */
void lt_bind_digest(lt_binding *b, const lt_digest *v); /* in hex; all zero: NULL */
void lt_bind_null(lt_binding *b);

/* Runs the statement, which gives no rows, and makes it ready for the next. */
ltc_status lt_bind_done(lt_binding *b, ltc_error *err);

#endif
