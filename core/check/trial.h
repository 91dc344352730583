/* What a test of the suite is made of: its subject, its claim, and how it comes to a verdict. Read by every
 * file of tests here, and by check.c, which runs them. */
#ifndef LT_CHECK_TRIAL_H
#define LT_CHECK_TRIAL_H

#include "check/check.h"
#include "plugin/registry.h"

/* What is tested. */
typedef struct lt_subject {
    const char      *path;
    const lt_module *module;                  /* NULL: the file as such */
    const void      *options;                 /* its block, every option at its default */
    uint64_t         seed;
    unsigned         pause_ms, pad;           /* as the request says */
} lt_subject;

typedef struct lt_trial lt_trial;
struct lt_trial {
    const char *name, *claim;                 /* a word; a sentence without its full stop */
    void      (*run)(const lt_trial *t, const lt_subject *s, lt_verdict *v);
    uint32_t    number, pad;                  /* of an operation or a row of a table: for run alone */
};

/* Lists end with a NULL name; that of files begins with the one that loads it. The suite of a kind; NULL: not
 * written yet. */
extern const lt_trial lt_file_trials[], lt_schema_trials[], lt_arch_trials[], lt_backend_trials[];
const lt_trial *lt_suite_of(uint32_t kind);

/* A verdict holds until something speaks against it; the first failure stays. */
LTC_PRINTF(3, 4) void lt_verdict_fail(lt_verdict *v, const char *expected, const char *fmt, ...);
LTC_PRINTF(2, 3) void lt_verdict_skip(lt_verdict *v, const char *fmt, ...);
LTC_PRINTF(2, 3) void lt_verdict_remark(lt_verdict *v, const char *fmt, ...);

/* One measured error of `what`; it fails unless error <= bound. */
LTC_PRINTF(4, 5) void lt_verdict_measure(lt_verdict *v, double error, double bound, const char *what, ...);

#endif
