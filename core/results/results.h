/* Results: what a run found, level by level, and the files it is written to. Knows nothing of how it was
 * found. docs/results.md says what is in them.
 *
 * Rows come in any order, as trainings finish; files that are read afterwards have them in one order:
 * variant (main first, then as configured), point, trial, draw, level. All [serial]. */
#ifndef LT_RESULTS_RESULTS_H
#define LT_RESULTS_RESULTS_H

#include <stdio.h>

#include "config/config.h"
#include "store/store.h"

/* Of one split at one state; n = 0: not measured. Counts, never ratios. */
typedef struct lt_measure {
    double   loss;                            /* sum over the n samples */
    uint64_t correct, n;
} lt_measure;
enum { LT_M_TRAIN, LT_M_VALIDATION, LT_M_TEST, LT_M_SPLITS };     /* as LT_TRAIN .. of data.h */

/* One parameter of a level. */
typedef struct lt_layer_row {
    const char *name;                         /* lives as long as the run */
    uint64_t    alive, frozen, total;         /* eligible weights; total 0: not eligible */
} lt_layer_row;

/* Masks along a training, of which one was drawn; every = 0: none were watched. n = 0: another line's. */
typedef struct lt_watch {
    uint64_t  every, total;                   /* steps to a mask from the one before, or the
                                               * start; its weights */
    uint64_t  drawn_step;
    uint64_t *differ;                         /* [n (n - 1) / 2] weights of a mask and an
                                               * earlier one: lt_pair */
    uint32_t  n;
    bool      early;                          /* drawn because it had come to rest; else the last */
} lt_watch;
static inline size_t lt_pair(size_t i, size_t before) { return i * (i - 1) / 2 + before; }

/* One level of one line. Strings live as long as the run. NaN: empty in levels.csv. */
typedef struct lt_level_row {
    const lt_line *line;                      /* of the run's settings */
    uint32_t    trial, draw, level, round;    /* trial, draw from 1; draw 0: the line has none */
    double      rate, target_sparsity, output_factor;
    uint64_t    weights_alive, weights_frozen, weights_total;       /* prunable weights */
    uint64_t    params_alive, params_total;   /* all trained parameters */
    uint64_t    macs_dense, macs_alive;       /* a sample; alive: only those of kept or frozen weights */
    uint64_t    dead_units, steps;
    double      epochs;
    lt_measure  drawn[LT_M_SPLITS], dense[LT_M_SPLITS], start[LT_M_SPLITS];
    lt_measure  best[LT_M_SPLITS], end[LT_M_SPLITS];
    uint64_t    best_step;                    /* UINT64_MAX: none */
    double      best_epoch, train_s, ms_per_step;        /* of this process; 0 when it came from the store */
    uint64_t    trained_steps, moved;         /* trained here; dead or frozen weights that moved: must be 0 */
    const char *pruned_layer;                 /* the one tensor that this level prunes; NULL: all */
    const char *status;                       /* "done", "failed", "collapsed" */
    lt_digest   mask, training;               /* of the mask object; key of the trajectory */
    lt_digest   state_start, state_best, state_end;      /* objects; all zero: none */
    bool        has_mask;                     /* level 0 has none */
    lt_watch    watch;                        /* how its mask was found; its maker's */
    lt_layer_row *layer;                      /* [n_layers], every trained parameter; its maker's */
    uint32_t    n_layers, pad;
} lt_level_row;

typedef struct lt_history_row {
    const lt_line *line;
    uint32_t    trial, draw, level, pad;
    uint64_t    step;
    double      epoch, lr;
    lt_measure  at[LT_M_SPLITS];
} lt_history_row;

/* A plug-in of the run. What is not known is NULL. */
typedef struct lt_plugin_fact {
    const char *kind, *name, *version, *path, *build, *sha256;
} lt_plugin_fact;

/* A data set of the run. */
typedef struct lt_data_fact {
    const char *name;
    lt_digest   digest;
    uint64_t    samples[LT_M_SPLITS];
    double      majority;                     /* share of the commonest class in the test split */
} lt_data_fact;

/* What a line of the run has beside its settings. */
typedef struct lt_line_fact {
    uint32_t    data, dense;                  /* of lt_run_facts.data; the line whose
                                               * level 0 it starts from */
    uint32_t    reads, pad;                   /* LTC_NEED_* of its criterion */
    const char *backend;                      /* identity */
    uint64_t    params, macs;
} lt_line_fact;

/* What is known before anything is trained. Strings and settings live as long as the run. */
typedef struct lt_run_facts {
    const char *version, *machine, *resolved; /* resolved: text of run.cfg */
    const lt_settings    *settings;
    const lt_config      *config;             /* that they come from, for who set what; NULL: not known */
    const lt_plugin_fact *plugin;             /* [n_plugins] */
    const lt_data_fact   *data;               /* [n_data] */
    const lt_line_fact   *line;               /* [settings->n_lines] */
    uint32_t    n_plugins, n_data;
    uint32_t    n_levels, pad;                /* as many as will have a row if none fails; 0: not known */
} lt_run_facts;

typedef struct lt_results lt_results;

/* In an output directory that is there and locked by the caller. results.db and history.csv are made anew
 * (results are in the store); the other files stay as an earlier run left them until lt_results_finish. */
ltc_status lt_results_open(const char *directory, const lt_run_facts *facts, lt_results **r, ltc_error *err);

/* Copied. To results.db at once, each row in a transaction, and, for history, to history.csv, flushed. A
 * row that was there (the same variant, trial, draw and level; for history the same step) is replaced. */
ltc_status lt_results_history(lt_results *r, const lt_history_row *row, ltc_error *err);
ltc_status lt_results_level(lt_results *r, const lt_level_row *row, ltc_error *err);
ltc_status lt_results_event(lt_results *r, const char *level, const char *sentence, ltc_error *err);

/* levels.csv, layers.csv, history.csv in their order, whole files; tickets/ from the store, each file
 * unless the same is there. LTC_EIO if the store lost an object: the CSV files are then written, and
 * running again makes it again. */
ltc_status lt_results_finish(lt_results *r, lt_store *store, ltc_error *err);

/* The table of levels and what follows it, for standard output. Before or after lt_results_finish. */
ltc_status lt_results_table(const lt_results *r, FILE *to, ltc_error *err);
void lt_results_close(lt_results *r);         /* NULL: nothing */

#endif
