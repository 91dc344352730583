/* Places: the directories in which plug-ins and data are looked for, in order of preference. */
#ifndef LT_CLI_PLACES_H
#define LT_CLI_PLACES_H

#include "cli/cli.h"
#include "util/memory.h"

typedef struct lt_places {
    const char **dir;
    size_t       n;
} lt_places;

/* first[0..n_first), those of LTCORE_PLUGIN_PATH, and lib/ltcore/plugins beside the program's own
 * directory. */
ltc_status lt_places_plugins(const lt_world *w, const char *const *first, size_t n_first, lt_arena *a,
                             lt_places *p, ltc_error *err);

/* Those of LTCORE_DATA, then where the system's packages put data. */
ltc_status lt_places_data(const lt_world *w, lt_arena *a, lt_places *p, ltc_error *err);

/* The store's place unless it is set: $XDG_DATA_HOME/ltcore/store, or that below the home
 * directory. NULL: no memory. */
const char *lt_places_store(const lt_world *w, lt_arena *a);

/* For files that can be made again: $XDG_CACHE_HOME/ltcore, or ~/.cache/ltcore. NULL: there is no place, or
 * no memory; one does without. */
const char *lt_places_cache(const lt_world *w, lt_arena *a);

#endif
