/* The lines of a run: main at each point of the sweep, then each variant at its points. */
#ifndef LT_CONFIG_LINES_H
#define LT_CONFIG_LINES_H

#include "config/variants.h"

/* What lines are made of. All of it has been read, perhaps with faults. */
typedef struct lt_lines_request {
    const lt_node  *run;                      /* the tree, as it is in no point */
    const lt_sweep *sweep;
    const lt_laid  *laid;                     /* [settings->n_variants] */
    lt_registry    *registry;
    lt_arena       *arena;
} lt_lines_request;

/* Fills the settings' lines, points and axes. */
void lt_lines_settle(lt_fill *f, const lt_lines_request *r, lt_settings *settings);

#endif
