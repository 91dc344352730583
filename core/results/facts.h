/* Rows of results.db that stand when the run begins. */
#ifndef LT_RESULTS_FACTS_H
#define LT_RESULTS_FACTS_H

#include "results/database.h"
#include "results/results.h"

/* Tables meta, run, setting, plugin, dataset, variant, point, line, swept and trial, and the view `levels`,
 * whose columns depend on what is swept. facts: lt_run_facts. */
ltc_status lt_facts_write(sqlite3 *db, const void *facts, ltc_error *err);

#endif
