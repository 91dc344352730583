/* A folder of configuration files, a registry of pretended plug-ins, and what ltcore says of a configuration.
 * */
#ifndef LT_TESTS_CONFIG_RIG_H
#define LT_TESTS_CONFIG_RIG_H

#include "config/config.h"

/* Options of the architecture "mlp", one of each type. */
typedef struct rig_options {
    int64_t     depth, bias, mode;
    double      start_cost, rate;
    const char *label, *table, *data;
    ltc_ints    widths;
    ltc_reals   alpha;
    ltc_strings words;
} rig_options;
extern const ltc_schema rig_schema;

/* Options of the criterion "score". Others: "count" fixes its own count, of "perhaps" that depends. */
typedef struct rig_mask_options { double alpha; int64_t power; } rig_mask_options;

typedef struct rig {
    char              dir[256], data[300];
    lt_config_request request;                /* of run.cfg, in dir */
    lt_config        *config;
    lt_settings       settings;
    lt_diags          diags;
    char             *said;                   /* all diagnostics, as printed */
    ltc_status        st;
} rig;

/* What a whole configuration needs at least, and one that prunes; good.cfg and pruned.cfg in
 * every rig's folder. */
extern const char rig_good[], rig_pruned[];

rig rig_open(void);
void rig_write(const rig *r, const char *name, const char *text);

/* Reads and settles run.cfg, with --set set[0..n); what an earlier call left is released. */
void rig_settle(rig *r, const char *const *set, size_t n);

/* Writes `text` as run.cfg, laid over good.cfg or pruned.cfg, and settles it. */
void rig_settle_over(rig *r, const char *text);
void rig_settle_over_pruned(rig *r, const char *text);

/* A line of a table of refusals: was run.cfg refused, and was that said? If not, prints what was. */
bool rig_refused(const rig *r, const char *text, const char *says);

const rig_options *rig_options_of(const rig *r);

/* Removes the folder too. */
void rig_close(rig *r);

#endif
