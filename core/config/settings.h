/* Settings: a configuration after it was read, overlaid, checked and completed. Everything
 * else takes it from here.
 *
 * The members stand in the order of run.cfg. Each group's table of keys, with type, default, range and help,
 * is in schema.c: it checks, it prints `ltcore help config`, and it writes the resolved run.cfg. */
#ifndef LT_CONFIG_SETTINGS_H
#define LT_CONFIG_SETTINGS_H

#include <stdbool.h>

#include "plugin/registry.h"
#include "util/diag.h"
#include "util/memory.h"

/* A point of a training: "500it", "10ep", "init", "end", "best", "best@10ep"; a bare integer counts steps. */
enum { LT_MOMENT_NONE, LT_MOMENT_STEPS, LT_MOMENT_EPOCHS, LT_MOMENT_INIT, LT_MOMENT_END, LT_MOMENT_BEST,
       LT_MOMENT_BEST_STEPS, LT_MOMENT_BEST_EPOCHS };
typedef struct lt_moment  { int64_t kind, n; } lt_moment;
typedef struct lt_moments { const lt_moment *v; uint64_t n; } lt_moments;

/* A plug-in that was named, and its option block, filled and checked. */
typedef struct lt_plugin_setting {
    const char      *name;                    /* as written; its module's name or an alias */
    const lt_module *module;
    void            *options;                 /* schema.data_size bytes; NULL: the module takes none */
    lt_place         at;
} lt_plugin_setting;

enum { LT_NORMALISE_PUBLISHED, LT_NORMALISE_TRAIN, LT_NORMALISE_UNIT, LT_NORMALISE_NONE };
enum { LT_AUGMENT_NONE, LT_AUGMENT_CROP_FLIP };
enum { LT_INIT_PYTORCH, LT_INIT_GLOROT_NORMAL, LT_INIT_GLOROT_UNIFORM, LT_INIT_KAIMING_NORMAL,
       LT_INIT_KAIMING_UNIFORM };
enum { LT_OPTIMIZER_SGD, LT_OPTIMIZER_ADAM, LT_OPTIMIZER_ADAMW };
enum { LT_SCHEDULE_CONSTANT, LT_SCHEDULE_MULTISTEP, LT_SCHEDULE_COSINE };
enum { LT_REPORT_BEST, LT_REPORT_END };
enum { LT_STRATEGY_ITERATIVE, LT_STRATEGY_ONE_SHOT, LT_STRATEGY_LAYERWISE, LT_STRATEGY_SENSITIVITY,
       LT_STRATEGY_EARLY_BIRD, LT_STRATEGY_NONE };
enum { LT_FROM_START, LT_FROM_DRAWN };
enum { LT_OPTIMIZER_STATE_REWOUND, LT_OPTIMIZER_STATE_FRESH };
enum { LT_SCOPE_LAYER, LT_SCOPE_GLOBAL, LT_SCOPE_TYPE };
enum { LT_ALLOCATION_UNIFORM, LT_ALLOCATION_ERK, LT_ALLOCATION_LAMP };
enum { LT_COLLAPSE_WARN, LT_COLLAPSE_STOP, LT_COLLAPSE_KEEP_ONE };
enum { LT_KEPT_REWIND, LT_KEPT_FINAL, LT_KEPT_REINIT, LT_KEPT_PERMUTE, LT_KEPT_SIGNED_PERMUTE,
       LT_KEPT_RESHUFFLE, LT_KEPT_SIGNED_RESHUFFLE, LT_KEPT_SIGNED_CONSTANT, LT_KEPT_RANDOM_SIGN };
enum { LT_PRUNED_ZERO, LT_PRUNED_FREEZE_INIT, LT_PRUNED_OR_ZERO, LT_PRUNED_OR_ZERO_ALL,
       LT_PRUNED_OR_ZERO_SHUFFLED, LT_PRUNED_OR_ZERO_REVERSED };
enum { LT_MASKS_MAIN, LT_MASKS_OWN };
enum { LT_MATCH_NONE, LT_MATCH_DENSITY, LT_MATCH_LAYER_DENSITY };
enum { LT_VARY_INIT = 1, LT_VARY_ORDER = 2, LT_VARY_AUGMENT = 4, LT_VARY_MASK = 8, LT_VARY_DROPOUT = 16 };

/* An entry of prune.layer_rate: whose amount it is, and the amount. One of the three lists is not empty. */
typedef struct lt_layer_rate {
    const char *match;                        /* a word, or a pattern of names */
    ltc_reals   rate, sparsity, density;
} lt_layer_rate;
typedef struct lt_layer_rates { const lt_layer_rate *v; uint64_t n; } lt_layer_rates;

/* A key that is swept, and its values as run.cfg has them: "( 0.5, 1.0 )". */
typedef struct lt_axis { const char *key, *values; } lt_axis;

/* How networks are trained: the group train; and, as an overlay on it, retrain. */
typedef struct lt_train_settings {
    int64_t   batch_size;
    int64_t   steps, epochs;                  /* one of them; the other is -1 */
    lt_moment evaluate_every;
    int64_t   report_at;
    struct {
        int64_t     type, nesterov;
        double      lr, momentum, beta1, beta2, eps, weight_decay, bn_l1;
        ltc_strings decay;                    /* "weight", "bias", "norm" */
    } optimizer;
    struct {
        int64_t    type;
        lt_moments milestones;
        double     gamma;
        lt_moment  warmup;
    } lr_schedule;
} lt_train_settings;

typedef struct lt_settings {
    struct {
        const char *name;                     /* default: the configuration file's name without its ending */
        int64_t     seed, trials;
        const char *output;                   /* default: runs/NAME, in the current directory; absolute */
        const char *store;                    /* of trained states; absolute */
        double      save_every;               /* seconds */
        ltc_strings vary;
        uint32_t    vary_bits, pad;           /* LT_VARY_*, from vary */
    } run;
    struct {
        lt_plugin_setting plugin;
        int64_t validation, validation_seed, normalise, augment;
    } dataset;
    struct {
        lt_plugin_setting plugin;
        int64_t     init;
        const char *weights;                  /* a file to start from; NULL: drawn */
    } arch;
    struct {
        lt_plugin_setting plugin;
    } backend;
    lt_train_settings train;
    struct {
        lt_plugin_setting mask;               /* no module: strategy "none" */
        int64_t     scope;
        ltc_strings layers, exclude, include;
        double      output;                   /* factor for the output layer: "half" 0.5,
                                               * "none" 0, "full" 1 */
        lt_layer_rates layer_rate;            /* of an element that several match, the last */
        int64_t     allocation, min_alive, collapse;
        int64_t     strategy;
        ltc_reals   rate, sparsity, density;  /* at most one is not empty; none: the criterion
                                               * counts for itself */
        int64_t     rounds;                   /* 0: as many as the list has */
        lt_moment   draw_at;
        int64_t     kept;
        lt_moment   rewind_to;
        int64_t     rescale;
        double      noise;                    /* in deviations of a layer's initial weights */
        int64_t     pruned;
        struct {
            int64_t   window;                 /* masks, the newest among them */
            double    distance;               /* share that differs */
            lt_moment check_every;
        } early_bird;
    } prune;
    struct {
        int64_t     given;                    /* 0: levels train as the dense network does; train is a copy */
        int64_t     from, optimizer_state;    /* LT_FROM_*, LT_OPTIMIZER_STATE_* */
        ltc_strings set;                      /* the keys that it sets: "retrain.optimizer.lr" */
        lt_train_settings train;              /* of every level below the dense network */
    } retrain;
    struct {
        ltc_strings formats;                  /* "html", "svg", "png", "csv" */
        double      matching;                 /* by how much a ticket may fall short of dense */
        const char *overlay;                  /* a file of published values; NULL: none */
        ltc_strings hooks;                    /* programs that get a line of JSON for each
                                               * thing that happens */
    } report;
    struct {
        ltc_strings path;                     /* absolute */
    } plugins;
    struct lt_variant *variant;               /* [n_variants], in the order written; the run itself,
                                               * "main", is not in it */
    struct lt_line    *line;                  /* [n_lines] main's by point, then each
                                               * variant's; of a run alone */
    uint32_t n_variants, n_lines, n_axes, pad;
    const lt_axis *axis;                      /* [n_axes] of the sweep, by which all that is above
                                               * stands as it is in none */
    ltc_strings swept, label;                 /* each key that main or a variant sweeps; as
                                               * people call it: "alpha" */
    ltc_strings point;                        /* names: "as configured", which is point 0;
                                               * "alpha 0.5, seed 2" */
    lt_arena arena;                           /* owns everything above but the modules, which
                                               * are the registry's */
} lt_settings;

/* A partial configuration laid over the run. settings: the whole that results; its own variants are none. */
typedef struct lt_variant {
    const char *name;
    int64_t     draws;                        /* independent controls a trial */
    ltc_ints    levels;                       /* at these levels of the main line; empty: all */
    int64_t     masks, match;                 /* LT_MASKS_*, LT_MATCH_* */
    ltc_strings set;                          /* the keys it sets itself: "prune.kept", "arch.depth" */
    const lt_axis *axis;                      /* [n_axes] of a sweep of its own */
    uint32_t    n_axes, pad;
    lt_settings settings;                     /* over the run as it is in no point, and with the first
                                               * value of each axis */
} lt_variant;

/* What is planned, trained and reported as one: main or a variant, at a point of a sweep, with the settings
 * that hold there. The same point is the same values, whatever line is at it; what a variant sets itself, it
 * is not swept over. */
typedef struct lt_line {
    const lt_variant  *variant;               /* NULL: main */
    lt_settings       *settings;              /* the whole that results */
    const char        *name;                  /* "main", or the variant's */
    uint32_t           order, point;          /* 0 main, then as configured; of settings->point */
    uint32_t           main;                  /* the line of main that a control follows */
    const char        *at;                    /* "alpha 0.5, seed 2"; at point 0 NULL */
    bool               owns;                  /* the settings are of this line alone */
    const char *const *swept;                 /* [settings->swept.n] value of each swept key here;
                                               * NULL: it has none */
} lt_line;

/* Does it take the masks of its line of main, or their amounts? Else it draws masks of its own. [any] */
bool lt_line_follows(const lt_line *l);

/* Says in whose settings it is that something is wrong; of the run itself nothing is added. */
void lt_line_blame(const lt_line *l, ltc_error *err);

void lt_settings_free(lt_settings *s);        /* safe on a half-filled or zeroed one */

#endif
