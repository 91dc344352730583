/* Model: what results.db of a run holds, in memory, for figures, tables and words. It can be read while the
 * run goes on, and of a run that failed or never began: then there is less in it.
 *
 * Levels are sorted by variant, point, level, trial, draw; a group is all of one variant, point and level. */
#ifndef LT_REPORT_MODEL_H
#define LT_REPORT_MODEL_H

#include <ltcore/base.h>
#include <stdio.h>

#include "results/statistics.h"
#include "util/memory.h"

/* A level's numbers, NaN where they were not measured. SQL is in model_read.c. */
typedef enum lt_quantity {
    LT_Q_DENSITY, LT_Q_DENSITY_PARAMS, LT_Q_PARAMS, LT_Q_MACS, LT_Q_MACS_DENSE, LT_Q_SCORE, LT_Q_COLLAPSED,
    LT_Q_STEPS, LT_Q_BEST_STEP, LT_Q_DRAWN_AT, LT_Q_DRAWN, LT_Q_DENSE, LT_Q_START, LT_Q_VALIDATION, LT_Q_TEST,
    LT_Q_THIRD, LT_Q_TWO_THIRDS, LT_Q_END_TEST, LT_Q_END_TRAIN,
    LT_Q_SECONDS, LT_Q_MS, LT_Q_MOVED, LT_Q_TRAINED, LT_QUANTITIES
} lt_quantity;

typedef struct lt_seen_level {
    uint32_t    variant, point, level, trial, draw, pad;
    double      q[LT_QUANTITIES];
    const char *ticket;                       /* below the run's directory; "": there is none */
} lt_seen_level;

typedef struct lt_seen_step {
    uint32_t variant, point, level, trial, draw, pad;
    double   step, val_loss, val_acc, test_loss, test_acc;
} lt_seen_step;

/* What table `comparison` says of a group; compared: it is there. */
typedef struct lt_seen_group {
    uint32_t    variant, point, level;
    bool        compared;
    size_t      first, n;                     /* its levels */
    double      density;                      /* mean */
    double      pairs, difference, difference_low, difference_high, ratio;
    const char *verdict;
} lt_seen_group;

typedef struct lt_seen_variant { const char *name, *mask, *strategy, *kept, *masks, *matches; int64_t draws; }
    lt_seen_variant;
typedef struct lt_seen_layer { uint32_t level, pad; const char *name; double density, total; } lt_seen_layer;
/* Of two masks of one training, drawn after `step` and, earlier, `other` steps: over n trials. */
typedef struct lt_seen_distance {
    uint32_t level, n;
    double   step, other, mean, least, most;
} lt_seen_distance;
/* before: what the preset has in its place, "" where it has nothing; NULL: the preset's own, or a default. */
typedef struct lt_seen_setting { const char *key, *value, *place, *before; } lt_seen_setting;
typedef struct lt_seen_plugin { const char *kind, *name, *version, *sha256; } lt_seen_plugin;
typedef struct lt_seen_event { const char *level, *sentence; } lt_seen_event;

typedef struct lt_seen_run {
    lt_arena    arena;                        /* owns what it points to */
    const char *directory, *name, *version, *backend, *machine, *dataset;     /* directory: the caller's */
    const char *preset;                       /* the file that the configuration stands on */
    int64_t     seed, trials;
    uint32_t    home, pad;                    /* main's first point: 0, unless a sweep took it elsewhere */
    double      params, macs, samples[3], majority;
    lt_seen_level   *level;    size_t n_levels;
    lt_seen_group   *group;    size_t n_groups;
    lt_seen_step    *step;     size_t n_steps;        /* in the order of levels, then steps */
    lt_seen_variant *variant;  size_t n_variants;     /* 0: main */
    const char     **point;    size_t n_points;
    lt_seen_layer   *layer;    size_t n_layers;       /* of main's home, means over trials */
    lt_seen_distance *distance; size_t n_distances;   /* likewise; by level, step, other */
    lt_seen_setting *setting;  size_t n_settings;
    lt_seen_plugin  *plugin;   size_t n_plugins;
    lt_seen_event   *event;    size_t n_events;
    size_t      n_begun, n_planned;           /* levels that were begun, and are not done;
                                               * all. 0: not known */
    bool        finished;                     /* comparisons are there: the run came to its end */
} lt_seen_run;

/* Texts are never NULL unless it says so: what is not there is "". A directory without a results.db is
 * LTC_EIO. *r is to be freed in any case. */
ltc_status lt_seen_read(const char *directory, lt_seen_run *r, ltc_error *err);
void lt_seen_free(lt_seen_run *r);

/* Over trials; draws of a trial are averaged first. */
lt_spread lt_seen_spread(const lt_seen_run *r, const lt_seen_group *g, lt_quantity q);

const lt_seen_group *lt_seen_group_at(const lt_seen_run *r, uint32_t variant, uint32_t point, uint32_t level);

/* The value as it is written in run.cfg, quotes of a string taken off; NULL: not there. */
const char *lt_seen_value(const lt_seen_run *r, const char *key);

#endif
