/* Settings: a configuration after it was read, overlaid, checked and completed. Everything else takes it from here.
 *
 * The members stand in the order of run.cfg. Each group's table of keys, with type, default, range and help, is in
 * schema.c: it checks, it prints `ltcore help config`, and it writes the resolved run.cfg. */
#ifndef LT_CONFIG_SETTINGS_H
#define LT_CONFIG_SETTINGS_H

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
enum { LT_INIT_PYTORCH, LT_INIT_GLOROT_NORMAL, LT_INIT_GLOROT_UNIFORM, LT_INIT_KAIMING_NORMAL, LT_INIT_KAIMING_UNIFORM };
enum { LT_OPTIMIZER_SGD, LT_OPTIMIZER_ADAM, LT_OPTIMIZER_ADAMW };
enum { LT_SCHEDULE_CONSTANT, LT_SCHEDULE_MULTISTEP, LT_SCHEDULE_COSINE };
enum { LT_REPORT_BEST, LT_REPORT_END };
enum { LT_STRATEGY_NONE };
enum { LT_VARY_INIT = 1, LT_VARY_ORDER = 2, LT_VARY_AUGMENT = 4, LT_VARY_MASK = 8, LT_VARY_DROPOUT = 16 };

typedef struct lt_settings {
    struct {
        const char *name;                     /* default: the configuration file's name without its ending */
        int64_t     seed, trials;
        const char *output;                   /* default: runs/NAME, in the current directory; absolute */
        ltc_strings vary;
        uint32_t    vary_bits, pad;           /* LT_VARY_*, from vary */
    } run;
    struct {
        lt_plugin_setting plugin;
        int64_t validation, validation_seed, normalise, augment;
    } dataset;
    struct {
        lt_plugin_setting plugin;
        int64_t init;
    } arch;
    struct {
        lt_plugin_setting plugin;
    } backend;
    struct {
        int64_t   batch_size;
        int64_t   steps, epochs;              /* one of them; the other is -1 */
        lt_moment evaluate_every;
        int64_t   report_at;
        struct {
            int64_t     type, nesterov;
            double      lr, momentum, beta1, beta2, eps, weight_decay, bn_l1;
            ltc_strings decay;                /* "weight", "bias", "norm" */
        } optimizer;
        struct {
            int64_t    type;
            lt_moments milestones;
            double     gamma;
            lt_moment  warmup;
        } lr_schedule;
    } train;
    struct {
        int64_t strategy;
    } prune;
    struct {
        ltc_strings path;                     /* absolute */
    } plugins;
    lt_arena arena;                           /* owns everything above but the modules, which are the registry's */
} lt_settings;

void lt_settings_free(lt_settings *s);        /* safe on a half-filled or zeroed one */

#endif
