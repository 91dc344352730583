/* The tables and views of results.db, as SQL. docs/results.md explains them column by column. */
#ifndef LT_RESULTS_SCHEMA_H
#define LT_RESULTS_SCHEMA_H

#include <stddef.h>

#include "util/text.h"

/* Of results.db and of the CSV files, in PRAGMA user_version and in table meta. Goes up when a column
 * changes its name or meaning, or goes away. */
enum { LT_RESULTS_VERSION = 2 };

/* Statements, in the order in which they are to be run. */
extern const char *const lt_results_schema[];
extern const size_t lt_n_results_schema;

/* Creates the view `levels`, which has a column for each swept key. */
void lt_results_levels_view(const char *const *swept, size_t n, lt_text *sql);

/* What each CSV file holds: a view, in the order of its rows. */
extern const char lt_select_levels[], lt_select_layers[], lt_select_history[];

/* Path, variant, point, trial, draw, level, density, key of the training, name of the
 * point, then objects: mask, start, best,
 * end. */
extern const char lt_select_tickets[];

#endif
