/* The registry: modules by kind and name, each loaded from its file when it is first asked for.
 *
 * A module called NAME of kind masks is looked for as DIR/masks/NAME.so, then DIR/NAME.so, in each directory
 * in order; the first found is the one. Files are never unloaded. A file that was refused stays refused for
 * as long as the registry lives: its constructors have run, and would not run again for a second look. */
#ifndef LT_PLUGIN_REGISTRY_H
#define LT_PLUGIN_REGISTRY_H

#include <ltcore/arch.h>
#include <ltcore/backend.h>
#include <ltcore/dataset.h>
#include <ltcore/mask.h>

#include "plugin/child.h"

/* One module, adopted: every struct has this core's size, missing slots are NULL, and nobody asks about sizes
 * again. Only the published sizes inside the tables (ops.backend.host_size, ...) are still those of the
 * plug-in's build: they say how much to lend (border.h). Owned by the registry. */
typedef struct lt_module {
    ltc_module  info;                         /* schema and ops are NULL: the next two stand for them */
    ltc_schema  schema;                       /* n_opts 0: takes no options; opt_size is this core's */
    union {
        ltc_arch_ops    arch;
        ltc_mask_ops    mask;
        ltc_dataset_ops dataset;
        ltc_backend_ops backend;
    } ops;
    const char *path, *vendor, *license, *build;      /* path: links resolved; the others may be NULL */
} lt_module;

typedef struct lt_registry lt_registry;

/* Called once per noteworthy fact: a plug-in file that others may write to (LTC_LOG_WARNING), the file that a
 * name turned out to be (LTC_LOG_DEBUG). */
typedef void lt_registry_note(void *arg, int level, const char *sentence);

/* dir[0..n): in order of preference, copied; they need not exist. note may be NULL. */
ltc_status lt_registry_open(const char *const *dir, size_t n, lt_registry_note *note, void *arg,
                            lt_registry **registry, ltc_error *err);
void lt_registry_close(lt_registry *r);

/* The module of that kind and name or alias; it lives until the registry is closed. On failure the sentence
 * says what was looked for, where, and what is near. [serial] */
ltc_status lt_registry_find(lt_registry *r, uint32_t kind, const char *name, const lt_module **module,
                            ltc_error *err);

/* Can a configuration name it? SHADOWED: its names lead to other files. UNNAMED: no file has its name. */
enum { LT_LISTED_FOUND = 0, LT_LISTED_SHADOWED, LT_LISTED_UNNAMED };

/* A module that a file offers; or a file that cannot: kind 0, empty texts, and the sentence why. */
typedef struct lt_listing {
    uint32_t    kind, found;                  /* found: LT_LISTED_* */
    const char *name, *alias, *version, *summary;             /* alias: comma-separated, or "" */
    const char *file;                         /* links resolved, where they lead somewhere */
    const char *error;                        /* begins with the file; NULL: it loads */
} lt_listing;
typedef bool lt_registry_row(void *arg, const lt_listing *row);           /* false: enough */

/* A row for each module of each file in all directories, in the order of the search; a file with several
 * names is listed once. Each file is loaded in a process of its own, for which `p` is the patience, so
 * that one that crashes or hangs is a row and not the end. Fails only for want of memory or processes, or
 * with LTC_ECANCELLED when a row was enough or somebody cancelled. [serial] */
enum { LT_LIST_LIMIT_S = 10 };
ltc_status lt_registry_list(const lt_registry *r, const lt_patience *p, lt_registry_row *row, void *arg,
                            ltc_error *err);

/* "arch", "masks", "datasets", "backends": the folder of a kind; and "architecture", ... in sentences. */
const char *lt_kind_folder(uint32_t kind);
const char *lt_kind_noun(uint32_t kind);

#endif
