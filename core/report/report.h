/* Report: figures, their data and report.html of a run, or of several compared, from results.db alone. Called
 * by a run at its end and by `ltcore report`. */
#ifndef LT_REPORT_REPORT_H
#define LT_REPORT_REPORT_H

#include <ltcore/base.h>
#include <stdio.h>

enum { LT_REPORT_HTML = 1, LT_REPORT_SVG = 2, LT_REPORT_PNG = 4, LT_REPORT_CSV = 8, LT_REPORT_MD = 16 };

typedef struct lt_report_request {
    const char *const *directory;             /* [n_directories] of runs */
    size_t             n_directories;
    const char        *to;                    /* where plots/ and report.html go */
    const char        *overlay;               /* a file of published values; NULL: what the
                                               * run's settings name */
    uint32_t           formats, pad;          /* LT_REPORT_* */
    FILE              *out;                   /* for Markdown */
} lt_report_request;

/* Files appear whole. Every figure that is made has its CSV. note: a sentence about what could not be made
 * for want of something on this machine, "" if nothing. LTC_EIO, LTC_EUNSUPPORTED: a run cannot be read, or
 * nothing be written. */
ltc_status lt_report_write(const lt_report_request *r, char note[256], ltc_error *err);

/* LT_REPORT_* of a word; 0: none is called so. */
uint32_t lt_report_format(const char *word);
#endif
