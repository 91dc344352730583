/* Walk: every file of a folder of the store, for those who count, check or clean. */
#ifndef LT_STORE_WALK_H
#define LT_STORE_WALK_H

#include <ltcore/base.h>

typedef struct lt_item {
    const char *path;
    uint64_t    bytes;
    double      modified_s;                   /* since 1970, as lt_store_gc's now_s */
    bool        part;                         /* unfinished: its writer is at it, or is gone */
} lt_item;

/* Other than LTC_OK ends the walk, which then returns it. */
typedef ltc_status lt_walk_fn(void *arg, const lt_item *item, ltc_error *err);

/* Files in folder, and in its folders down to depth (0: not in them), in no order. What vanishes meanwhile is
 * left out; a folder that is missing is empty. fn may remove the file that it is shown. [any] */
ltc_status lt_walk(const char *folder, int depth, lt_walk_fn *fn, void *arg, ltc_error *err);

#endif
