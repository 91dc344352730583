/* Samples: of every level that was reported, the few numbers that comparisons are made of. Kept in one
 * order, whatever the order in which they came. */
#ifndef LT_RESULTS_SAMPLES_H
#define LT_RESULTS_SAMPLES_H

#include "results/results.h"

typedef struct lt_sample {
    uint32_t line, level, trial, draw;        /* the key, and the order; line: of settings->line */
    double   accuracy, density, best_step;    /* of the test split at report_at; NaN: not measured */
    uint64_t steps, trained_steps, moved;
    const char *layer;                        /* the one tensor that the level prunes, or NULL */
    double   layer_density;                   /* its density; NaN */
    bool     failed;
} lt_sample;

/* Zero-initialise; lt_samples_free at the end. */
typedef struct lt_samples { lt_sample *v; size_t n, room; } lt_samples;

/* The evaluation that counts, by train.report_at: best, or end where there is no best. */
const lt_measure *lt_row_reported(const lt_level_row *row);
bool lt_measured(const lt_measure at[LT_M_SPLITS]);     /* any split */

/* Replaces the sample of the same key; line: the row's, by its number. False: no memory. */
bool lt_samples_put(lt_samples *s, const lt_level_row *row, uint32_t line);
void lt_samples_free(lt_samples *s);

#endif
