/* A run that was never made (results_rig.h) and its report. Called by the tests of reports. */
#ifndef LT_TESTS_REPORT_RIG_H
#define LT_TESTS_REPORT_RIG_H

#include "report/report.h"
#include "results_rig.h"

/* With all its rows, and ended; or with its first rows of all alone, as while it goes on. */
rig *rig_finished(void);
rig *rig_begun(size_t rows);

/* DIR/report.html and DIR/plots of the rig's own run; the note that is made with them. */
const char *rig_report(const rig *r, uint32_t formats);

/* What a request about the rig's own run says beside its formats. */
lt_report_request rig_request(const rig *r, const char *const directory[1], uint32_t formats);

bool rig_has(const rig *r, const char *file, const char *what);
bool rig_lacks(const rig *r, const char *file, const char *what);
bool rig_is_there(const rig *r, const char *file);

#endif
