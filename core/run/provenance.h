/* Provenance: which plug-ins a run was made with, kept with its results. */
#ifndef LT_RUN_PROVENANCE_H
#define LT_RUN_PROVENANCE_H

#include "results/results.h"

/* Zero-initialise. The facts point into its arena and into the modules. */
typedef struct lt_provenance {
    lt_arena        arena;
    lt_plugin_fact *plugin;                   /* [n] */
    uint32_t        n, pad;
} lt_provenance;

/* Each plug-in of each line, once. A file that is gone by now has no SHA-256. */
ltc_status lt_provenance_fill(lt_provenance *p, const lt_settings *s, ltc_error *err);
void lt_provenance_free(lt_provenance *p);

#endif
