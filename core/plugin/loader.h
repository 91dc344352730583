/* The loader: from the path of a file to the modules that it offers. Called by the registry, and by the
 * listing in a process of its own.
 *
 * A library is never unloaded: threads, thread-local destructors and device runtimes of third parties do not
 * survive it. What a library's constructors do happens once per process; a refused file is therefore not to
 * be tried again. */
#ifndef LT_PLUGIN_LOADER_H
#define LT_PLUGIN_LOADER_H

#include "plugin/file.h"
#include "plugin/registry.h"
#include "util/memory.h"

/* What one file offers. Lies in the arena that it was loaded into. */
typedef struct lt_offer {
    const char *path;                         /* symbolic links resolved */
    lt_module  *module;
    size_t      n;
    char        note[LT_NOTE_BYTES];          /* a sentence worth a warning, or "" */
} lt_offer;

/* Loads `path`, which must contain a slash, and checks everything in it. The sentence in err begins with the
 * path. */
ltc_status lt_loader_load(const char *path, lt_arena *arena, lt_offer *offer, ltc_error *err);

#endif
