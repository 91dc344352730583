/* CSV, as RFC 4180 has it but for the ends of lines, which are "\n": rows of a statement as text. */
#ifndef LT_RESULTS_CSV_H
#define LT_RESULTS_CSV_H

#include <sqlite3.h>

#include "util/text.h"

/* Names of the columns; the row that the statement stands on. NULL is empty; reals by the fewest digits
 * that read back. */
void lt_csv_header(sqlite3_stmt *stmt, lt_text *to);
void lt_csv_row(sqlite3_stmt *stmt, lt_text *to);

#endif
