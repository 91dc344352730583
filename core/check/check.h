/* Check: the conformance suite over one plug-in file, one test after another. Called by `ltcore check`.
 *
 * Each test runs in a child process with a time limit, which loads the file for itself: a plug-in that
 * crashes, aborts or hangs fails that test, and the next one begins anew. All numbers are drawn from one
 * seed, so that what failed once fails again. */
#ifndef LT_CHECK_CHECK_H
#define LT_CHECK_CHECK_H

#include <ltcore/base.h>

#include "plugin/child.h"

enum { LT_CHECK_SEED = 1, LT_CHECK_LIMIT_S = 60, LT_CHECK_PAUSE_MS = 1050 };

/* What came of a test. */
enum { LT_HELD = 0, LT_FAILED, LT_SKIPPED };
typedef struct lt_verdict {
    uint32_t outcome, measured;
    double   error, bound;                    /* where measured: of all errors, that nearest to its bound */
    char     found[512];                      /* failed: what was seen; skipped: why; held: a remark, or "" */
    char     expected[256];                   /* failed: what should have been */
} lt_verdict;

/* A test of a module, or of the file (module ""), and its verdict. */
typedef struct lt_check_row {
    const char *module, *name, *claim;
    const lt_verdict *verdict;
} lt_check_row;
typedef bool lt_check_visit(void *arg, const lt_check_row *row);      /* false: enough */

/* path: contains a slash. only: the one test to run, or NULL. */
typedef struct lt_check_request {
    const char     *path, *only;
    lt_patience     patience;                 /* for each test */
    unsigned pause_ms; /* between two openings of a backend, so that a time in its identity shows */
    lt_check_visit *visit;
    void           *arg;
} lt_check_request;

/* A row for each test. Fails only for want of memory or processes, with LTC_ECANCELLED when a row was enough
 * or somebody cancelled, or with LTC_EINVAL when no test is called `only`. [serial] */
ltc_status lt_check_run(const lt_check_request *r, ltc_error *err);

#endif
