/* Comparisons: each level of each variant over all trials, and against the dense network of the same
 * trials. */
#ifndef LT_RESULTS_COMPARISON_H
#define LT_RESULTS_COMPARISON_H

#include "results/samples.h"
#include "results/statistics.h"

/* SINGLE: n = 1, of which nothing can be said. WINNING, MATCHING: lt_verdict_rule. NONE: neither, or no
 * pairs. */
typedef enum lt_verdict {
    LT_VERDICT_NONE, LT_VERDICT_SINGLE, LT_VERDICT_MATCHING, LT_VERDICT_WINNING
} lt_verdict;
const char *lt_verdict_word(lt_verdict v);    /* "-", "n = 1", "matching", "winning" */
void lt_verdict_rule(double matching, char text[320]);       /* matching: by how much it may fall short */

typedef struct lt_comparison {
    uint32_t   line, level;                   /* line: of settings->line */
    double     density;                       /* mean over all samples */
    lt_spread  accuracy;                      /* over trials; draws are averaged within a trial */
    lt_spread  difference;                    /* to the dense network, over the trials that have both */
    double     early_stop;                    /* mean best step; */
    double     early_ratio;                   /* its ratio to dense's, over the trials that have both */
    const char *layer;                        /* the one tensor that the level prunes, or NULL */
    double      layer_density;                /* its density, as `density`; NaN */
    lt_verdict verdict;
} lt_comparison;

typedef struct lt_comparisons { lt_comparison *v; size_t n; } lt_comparisons;

/* Do levels stand for tickets, of which a verdict may be given? And: are they F&C's control, the masks of
 * main under fresh weights? */
bool lt_seeks_tickets(const lt_settings *s);
bool lt_is_reinit(const lt_line *l);

/* In the order of samples. The caller frees c->v. False: no memory. */
bool lt_compare(const lt_samples *s, const lt_run_facts *facts, lt_comparisons *c);

/* NULL: none. */
const lt_comparison *lt_comparisons_find(const lt_comparisons *c, uint32_t line, uint32_t level);

#endif
