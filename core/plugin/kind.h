/* The kinds of modules: what each is called, which version this core speaks, and what its table must hold.
 * Read by module.c, which checks, and by search.c and the registry, which look and print. */
#ifndef LT_PLUGIN_KIND_H
#define LT_PLUGIN_KIND_H

#include <stddef.h>
#include <stdint.h>

enum { LT_KIND_FIRST = 1, LT_KIND_LAST = 4 };

/* A member of a table of operations. */
typedef struct lt_slot {
    const char *name;
    size_t      offset;
} lt_slot;

typedef struct lt_kind {
    uint32_t       abi, pad;
    const char    *folder, *noun, *group;     /* "masks", "mask", and in a configuration "prune.mask" */
    const char    *filler;                    /* macro that fills in a table's sizes */
    size_t         ops_size, ops_least;       /* of this core; of a table that has nothing but its sizes */
    const lt_slot *sizes, *slots;             /* published sizes; slots needed. Each ends with a NULL name */
    size_t         needed;                    /* how many of the slots: all of them, or one of them */
} lt_kind;

/* NULL: no such kind. */
const lt_kind *lt_kind_get(uint32_t kind);

#endif
