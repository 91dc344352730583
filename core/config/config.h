/* Configuration: from run.cfg, its bases and --set to checked settings, and back to text.
 *
 * Three calls, in this order: lt_config_read (files and overlays, no plug-in needed), lt_config_plugin_path
 * (where to open the registry), lt_config_settle (everything checked, plug-ins' options included). Each
 * reports all it finds. */
#ifndef LT_CONFIG_CONFIG_H
#define LT_CONFIG_CONFIG_H

#include "config/settings.h"
#include "util/text.h"

typedef struct lt_config lt_config;           /* the merged tree of settings, each with its place */

/* What the command line and the environment say. Nothing here is copied: it outlives the lt_config. */
typedef struct lt_config_request {
    const char        *path;                  /* of the configuration file */
    const char *const *set;                   /* "KEY=VALUE", in the order given */
    size_t             n_set;
    const char        *output;                /* -o DIR, or NULL */
    const char        *store;                 /* where run.store is unless it is set; NULL:
                                               * DIRECTORY/ltcore-store */
    const char        *directory;             /* the current one, absolute: output and --set start here */
    const char *const *data_dir;              /* where data lies, in order; the first is
                                               * LTCORE_DATA's if that is set */
    size_t             n_data_dirs;
    const char        *default_backend;
} lt_config_request;

/* LTC_OK, or a failure with at least one diagnostic. The request must outlive the config. */
ltc_status lt_config_read(const lt_config_request *r, lt_config **config, lt_diags *d);
void lt_config_free(lt_config *c);

/* plugins.path, absolute; the list belongs to the config. Wrongly typed entries are left to
 * lt_config_settle. */
ltc_strings lt_config_plugin_path(const lt_config *c);

/* Checks every key, finds the plug-ins, fills the settings with every default. On failure
 * *settings is empty. */
ltc_status lt_config_settle(const lt_config *c, lt_registry *registry, lt_settings *settings, lt_diags *d);

/* The place of a setting, for a sentence about it later: "train.optimizer.lr", "prune.mask.alpha",
 * "variants[random reinit].prune.kept". What a variant inherits has the run's place, and a default that of
 * the file as a whole. */
lt_place lt_config_place(const lt_config *c, const char *key);

/* The file that all others and --set are laid over: the first base of the first base of the
 * file, or the file. */
const char *lt_config_preset(const lt_config *c);

/* What the preset has in the place of a setting that was set above it: adds the value as it is written,
 * nothing if it has none. False: the setting is not set, or the preset says the same. key: as in
 * lt_config_place, or "variants.0.prune.kept". */
bool lt_config_before(const lt_config *c, const char *key, lt_text *value);

/* The resolved configuration: every default present, absolute paths, numbers that read back
 * to the same bits. */
void lt_config_write(const lt_settings *s, lt_text *to);

/* One group of it, without those within: "dataset". */
void lt_config_write_group(const lt_settings *s, const char *group, lt_text *to);

/* Every key with type, default, range and meaning; the options of one module the same way. */
void lt_config_print_keys(FILE *to);
void lt_config_print_options(const ltc_schema *schema, FILE *to);

/* A block with every option at its default, in the arena. False: one is required, or there is no memory. */
bool lt_config_default_options(const ltc_schema *schema, lt_arena *a, void **block);

#endif
