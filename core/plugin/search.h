/* The search path: the file of a module's name is DIR/KIND/NAME.so, else DIR/NAME.so, in the first DIR that
 * has one. The file system is the index, and nothing is loaded to find a name. Called by the registry and the
 * listing. */
#ifndef LT_PLUGIN_SEARCH_H
#define LT_PLUGIN_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "util/memory.h"

/* Directories in order of preference; they need not exist. */
typedef struct lt_search {
    const char *const *dir;
    size_t n;
} lt_search;

/* The first file for that kind and valid name; NULL: there is none, or no memory. */
const char *lt_search_find(const lt_search *s, uint32_t kind, const char *name, lt_arena *arena);

/* Each *.so of each directory, in the order in which they are found and by name within a folder; stops when
 * fn returns false, and returns that. The name is the file's without ".so". */
typedef bool lt_search_visit(void *arg, const char *path, const char *name);
bool lt_search_each(const lt_search *s, lt_arena *arena, lt_search_visit *fn, void *arg);

/* The same for the folder of one kind, and what lies directly in the directories. */
bool lt_search_each_of(const lt_search *s, uint32_t kind, lt_arena *arena, lt_search_visit *fn, void *arg);

#endif
