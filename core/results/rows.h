/* Rows of results.db that come while the run goes on. */
#ifndef LT_RESULTS_ROWS_H
#define LT_RESULTS_ROWS_H

#include "results/comparison.h"
#include "results/database.h"

enum { LT_ROW_OPEN, LT_ROW_FIND, LT_ROW_LEVEL, LT_ROW_MASK, LT_ROW_LAYER, LT_ROW_TRAINING, LT_ROW_EVALUATION,
       LT_ROW_EVENT, LT_ROW_COMPARISON, LT_ROW_FORGET, LT_ROW_FORGET_DISTANCES, LT_ROW_DISTANCE,
       LT_ROWS };

/* The statements, prepared once. db is the caller's. */
typedef struct lt_rows {
    sqlite3      *db;
    sqlite3_stmt *stmt[LT_ROWS];
} lt_rows;

ltc_status lt_rows_open(sqlite3 *db, lt_rows *rows, ltc_error *err);
void lt_rows_close(lt_rows *rows);            /* safe on a half-filled or zeroed one */

/* Each is a transaction: all of it or nothing. They replace what was there under the same key. */
ltc_status lt_rows_level(lt_rows *rows, const lt_level_row *row, ltc_error *err);
ltc_status lt_rows_history(lt_rows *rows, const lt_history_row *row, ltc_error *err);
ltc_status lt_rows_event(lt_rows *rows, const char *level, const char *sentence, ltc_error *err);
ltc_status lt_rows_comparisons(lt_rows *rows, const lt_line *line, const lt_comparisons *c, ltc_error *err);

#endif
