/* The table of levels on standard output, and the sentences below it. */
#ifndef LT_RESULTS_TABLE_H
#define LT_RESULTS_TABLE_H

#include <stdio.h>

#include "results/comparison.h"

typedef struct lt_table {
    const lt_run_facts   *facts;
    const lt_samples     *samples;
    const lt_comparisons *comparisons;
    const char           *directory;
} lt_table;

/* False: no memory. What was written by then stays. */
bool lt_table_print(const lt_table *t, FILE *to);

#endif
