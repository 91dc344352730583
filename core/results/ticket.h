/* tickets/: masks and weights as files for other programs. Their names are part of what users rely on. */
#ifndef LT_RESULTS_TICKET_H
#define LT_RESULTS_TICKET_H

#include <sqlite3.h>

#include "results/results.h"

/* Below `directory`, from the store's objects, for every level that the database has whole. LTC_EIO if the
 * store lost one; the others are written all the same. */
ltc_status lt_tickets_write(sqlite3 *db, const char *directory, const char *version, lt_store *store,
                            ltc_error *err);

#endif
