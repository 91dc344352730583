/* report.html: one file, for which nothing is fetched. */
#ifndef LT_REPORT_HTML_H
#define LT_REPORT_HTML_H

#include "report/overlay.h"
#include "report/plot.h"

typedef struct lt_page {
    const lt_seen_run *run;                   /* [n_runs]; with several, the page compares them */
    size_t             n_runs;
    const lt_plots    *plots;
    const lt_overlay  *overlay;               /* NULL: none */
    const char        *drawn;                 /* where ID.svg of each plot lies; NULL: nowhere */
    const char        *note;                  /* a sentence about what is missing; NULL: nothing is */
} lt_page;

ltc_status lt_html_page(const lt_page *p, lt_text *to, ltc_error *err);
#endif
