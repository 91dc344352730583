/* Provenance: which plug-ins a run was made with, kept with its results. */
#ifndef LT_RUN_PROVENANCE_H
#define LT_RUN_PROVENANCE_H

#include "results/results.h"

enum { LT_PROVENANCE_MOST = 32 };             /* plug-ins of which it is kept */

/* Zero-initialise. The facts point into it and into the modules. */
typedef struct lt_provenance {
    lt_plugin_fact plugin[LT_PROVENANCE_MOST];
    char           sha256[LT_PROVENANCE_MOST][65];
    uint32_t       n, pad;
} lt_provenance;

/* Each plug-in of each line, once. A file that is gone by now has no SHA-256. */
ltc_status lt_provenance_fill(lt_provenance *p, const lt_settings *s, ltc_error *err);

#endif
