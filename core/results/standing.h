/* Standing: how far a run is, by its results.db, read while it goes on or long after. For `ltcore status`. */
#ifndef LT_RESULTS_STANDING_H
#define LT_RESULTS_STANDING_H

#include "results/results.h"

/* A level that was begun, and its last evaluation along the way. */
typedef struct lt_standing_level {
    uint32_t order, point, trial, draw, level, pad;   /* of a line; as in lt_level_row */
    bool     done, evaluated, bad;            /* bad: it ends at a loss that is not finite, always */
    uint64_t step;                            /* of the evaluation; what was not measured is NaN */
    double   epoch, validation_loss, validation_accuracy, test_loss, test_accuracy;
} lt_standing_level;

/* What a line's data are cut into. */
typedef struct lt_standing_line {
    uint32_t order, point;
    uint64_t samples[LT_M_SPLITS];
} lt_standing_line;

/* Owns what it points to. */
typedef struct lt_standing {
    lt_standing_line  *line;                  /* [n_lines] */
    lt_standing_level *level;                 /* [n_levels], by order, point, trial, draw, level */
    const char       **event;                 /* [n_events] sentences, oldest first */
    size_t   n_lines, n_levels, n_events;
    bool     begun;                           /* there are tables */
    size_t   n_errors, n_stops;               /* of the events: failures; lines that prune.collapse stopped */
    lt_arena arena;
} lt_standing;

/* One moment of it: nothing is locked and nothing written. LTC_EUNSUPPORTED: of another version of ltcore. *s
 * appears when whole. */
ltc_status lt_standing_read(const char *directory, lt_standing *s, ltc_error *err);
void lt_standing_free(lt_standing *s);        /* safe on a zeroed one */

#endif
