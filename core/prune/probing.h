/* Probing: the probe that a criterion is lent: passes over training samples, computed by libltsdk on the
 * host, so that a mask is the same whatever backend trains. For selection.c and criterion.c. */
#ifndef LT_PRUNE_PROBING_H
#define LT_PRUNE_PROBING_H

#include "prune/selection.h"

typedef struct lt_probing {
    ltc_probe       *sdk;                     /* libltsdk's, over this core's structs */
    ltc_graph       *graph;                   /* lent, like the next */
    ltc_probe       *lent;
} lt_probing;

/* At the request's final weights, under its selection so far, over its training samples. [serial] */
ltc_status lt_probing_open(const lt_selection_request *r, lt_probing *p, ltc_error *err);
void lt_probing_close(lt_probing *p);         /* safe on a zeroed one */

#endif
