/* Reading of results.db into the model: statements and what they fill. Called by model.c. */
#ifndef LT_REPORT_MODEL_READ_H
#define LT_REPORT_MODEL_READ_H

#include "report/model.h"
#include "results/database.h"

ltc_status lt_seen_read_rows(sqlite3 *db, lt_seen_run *r, ltc_error *err);

/* Into the groups that are there. */
ltc_status lt_seen_read_comparisons(sqlite3 *db, lt_seen_run *r, ltc_error *err);

#endif
