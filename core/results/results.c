/* Owns the results of one run: results.db, the CSV files and tickets/ of its directory. Called by the run
 * for every level and evaluation, and at the end by the command line for the table. */
#include "results/results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"
#include "results/facts.h"
#include "results/rows.h"
#include "results/schema.h"
#include "results/table.h"
#include "results/ticket.h"
#include "util/file.h"

struct lt_results {
    char         *directory;
    lt_run_facts  facts;                      /* what it points to is the caller's */
    sqlite3      *db;
    lt_rows       rows;
    sqlite3_stmt *evaluation;                 /* one row of history.csv */
    FILE         *history;
    lt_samples    samples;
};

static ltc_status path_of(const lt_results *r, const char *name, lt_text *path, ltc_error *err)
{
    lt_text_add(path, "%s/%s", r->directory, name);
    return path->failed ? ltc_fail(err, LTC_ENOMEM, "no memory for the path of %s", name) : LTC_OK;
}

static ltc_status fail_history(const lt_results *r, ltc_error *err)
{
    return ltc_fail(err, LTC_EIO, "%s/history.csv: %s", r->directory, strerror(errno));
}

/* Text to history.csv, and at once to disk's care. */
static ltc_status put_history(lt_results *r, lt_text *text, ltc_error *err)
{
    if (text->failed)
        return ltc_fail(err, LTC_ENOMEM, "%s/history.csv: no memory for a row", r->directory);
    if (!r->history || fwrite(text->s, 1, text->n, r->history) != text->n || fflush(r->history))
        return fail_history(r, err);
    return LTC_OK;
}

static ltc_status open_history(lt_results *r, ltc_error *err)
{
    static const char sql[] =
        "SELECT * FROM history WHERE variant = (SELECT name FROM variant WHERE id = ?) AND "
        "point = ? AND trial = ? AND draw = ? AND level = ? AND step = ?";
    lt_text path = { 0 }, header = { 0 };
    ltc_status st = path_of(r, "history.csv", &path, err);
    if (!st)
        st = lt_database_prepare(r->db, sql, &r->evaluation, err);
    if (!st && !(r->history = fopen(path.s, "we")))
        st = fail_history(r, err);
    if (!st) {
        lt_csv_header(r->evaluation, &header);
        st = put_history(r, &header, err);
    }
    lt_text_free(&header);
    lt_text_free(&path);
    return st;
}

static ltc_status open_all(lt_results *r, ltc_error *err)
{
    lt_text path = { 0 };
    ltc_status st = path_of(r, "results.db", &path, err);
    if (!st)
        st = lt_database_open(path.s, lt_facts_write, &r->facts, &r->db, err);
    if (!st)
        st = lt_rows_open(r->db, &r->rows, err);
    if (!st)
        st = open_history(r, err);
    lt_text_free(&path);
    return st;
}

ltc_status lt_results_open(const char *directory, const lt_run_facts *facts, lt_results **results,
                           ltc_error *err)
{
    lt_results *r = lt_array(1, sizeof *r);
    char *copy = lt_array(strlen(directory) + 1, 1);
    if (!r || !copy) {
        free(r);
        free(copy);
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory for its results", directory);
    }
    r->directory = memcpy(copy, directory, strlen(directory));
    r->facts = *facts;
    const ltc_status st = open_all(r, err);
    if (st)
        lt_results_close(r);
    else
        *results = r;
    return st;
}

void lt_results_close(lt_results *r)
{
    if (!r)
        return;
    if (r->history)
        fclose(r->history);                   /* every row was flushed and checked */
    sqlite3_finalize(r->evaluation);
    lt_rows_close(&r->rows);
    lt_database_close(r->db);
    lt_samples_free(&r->samples);
    free(r->directory);
    free(r);
}

/* The row as the view `history` has it, so that the file is the same when it is written anew;
 * nothing: there is none. */
static ltc_status read_evaluation(lt_results *r, const lt_history_row *row, lt_text *to, ltc_error *err)
{
    lt_binding b = lt_bind(r->evaluation);
    lt_bind_count(&b, row->line->order);
    lt_bind_count(&b, row->line->point);
    lt_bind_count(&b, row->trial);
    lt_bind_count(&b, row->draw);
    lt_bind_count(&b, row->level);
    lt_bind_count(&b, row->step);
    const int rc = b.failed ? SQLITE_ERROR : sqlite3_step(b.stmt);
    const ltc_status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? LTC_OK : lt_database_fail(r->db, err);
    lt_text_put(to, "", 0);
    if (rc == SQLITE_ROW)
        lt_csv_row(b.stmt, to);
    sqlite3_reset(b.stmt);                    /* says again what step said */
    return st;
}

/* A row that is there already, as when its training is done, is not written a second time. */
ltc_status lt_results_history(lt_results *r, const lt_history_row *row, ltc_error *err)
{
    lt_text before = { 0 }, line = { 0 };
    ltc_status st = read_evaluation(r, row, &before, err);
    if (!st)
        st = lt_rows_history(&r->rows, row, err);
    if (!st)
        st = read_evaluation(r, row, &line, err);
    if (!st && (before.failed || line.failed || strcmp(before.s, line.s)))
        st = put_history(r, &line, err);
    lt_text_free(&before);
    lt_text_free(&line);
    return st;
}

ltc_status lt_results_level(lt_results *r, const lt_level_row *row, ltc_error *err)
{
    const ltc_status st = lt_rows_level(&r->rows, row, err);
    if (st)
        return st;
    if (!lt_samples_put(&r->samples, row, (uint32_t)(row->line - r->facts.settings->line)))
        return ltc_fail(err, LTC_ENOMEM, "no memory for a level's results");
    return LTC_OK;
}

ltc_status lt_results_event(lt_results *r, const char *level, const char *sentence, ltc_error *err)
{
    return lt_rows_event(&r->rows, level, sentence, err);
}

static ltc_status write_comparisons(lt_results *r, ltc_error *err)
{
    lt_comparisons c;
    if (!lt_compare(&r->samples, &r->facts, &c))
        return ltc_fail(err, LTC_ENOMEM, "no memory to compare levels");
    const ltc_status st = lt_rows_comparisons(&r->rows, r->facts.settings->line, &c, err);
    free(c.v);
    return st;
}

static ltc_status print_rows(lt_results *r, sqlite3_stmt *stmt, lt_text *to, ltc_error *err)
{
    int rc;
    lt_csv_header(stmt, to);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        lt_csv_row(stmt, to);
    if (rc != SQLITE_DONE)
        return lt_database_fail(r->db, err);
    return to->failed ? ltc_fail(err, LTC_ENOMEM, "%s: no memory for its tables", r->directory) : LTC_OK;
}

static ltc_status write_csv(lt_results *r, const char *name, const char *select, ltc_error *err)
{
    sqlite3_stmt *stmt = NULL;
    lt_text path = { 0 }, text = { 0 };
    ltc_status st = path_of(r, name, &path, err);
    if (!st)
        st = lt_database_prepare(r->db, select, &stmt, err);
    if (!st)
        st = print_rows(r, stmt, &text, err);
    sqlite3_finalize(stmt);                   /* says again what step said */
    if (!st)
        st = lt_file_write(path.s, text.s, text.n, err);
    lt_text_free(&text);
    lt_text_free(&path);
    return st;
}

/* history.csv is another file from then on: rows that come later go behind what is there. */
static ltc_status rewrite_history(lt_results *r, ltc_error *err)
{
    lt_text path = { 0 };
    ltc_status st = write_csv(r, "history.csv", lt_select_history, err);
    if (!st)
        st = path_of(r, "history.csv", &path, err);
    if (!st && !(r->history = freopen(path.s, "ae", r->history)))
        st = fail_history(r, err);
    lt_text_free(&path);
    return st;
}

ltc_status lt_results_finish(lt_results *r, lt_store *store, ltc_error *err)
{
    ltc_status st = lt_database_check_place(r->db, err);
    if (!st)
        st = write_comparisons(r, err);
    if (!st)
        st = write_csv(r, "levels.csv", lt_select_levels, err);
    if (!st)
        st = write_csv(r, "layers.csv", lt_select_layers, err);
    if (!st)
        st = rewrite_history(r, err);
    if (!st)
        st = lt_tickets_write(r->db, r->directory, r->facts.version, store, err);
    return st;
}

ltc_status lt_results_table(const lt_results *r, FILE *to, ltc_error *err)
{
    lt_comparisons c;
    if (!lt_compare(&r->samples, &r->facts, &c))
        return ltc_fail(err, LTC_ENOMEM, "no memory to compare levels");
    const lt_table t = { &r->facts, &r->samples, &c, r->directory };
    const bool printed = lt_table_print(&t, to);
    free(c.v);
    if (!printed)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the table of levels");
    if (fflush(to) || ferror(to))
        return ltc_fail(err, LTC_EIO, "the table of levels cannot be written: %s", strerror(errno));
    return LTC_OK;
}
