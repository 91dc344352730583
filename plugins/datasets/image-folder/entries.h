/* Entries: what a directory holds, in the order of the names, whatever order the file system has. Used by
 * tree.c. */
#ifndef DATASETS_IMAGE_FOLDER_ENTRIES_H
#define DATASETS_IMAGE_FOLDER_ENTRIES_H

#include <sys/stat.h>

#include <ltcore/plugin.h>

typedef struct entry {
    char       *name;
    struct stat is;                           /* of what a link leads to */
} entry;

typedef struct entries {
    entry *v;
    size_t n, room;
} entries;

/* All but hidden names, sorted by their bytes. A failure leaves nothing to free. */
ltc_status entries_list(const char *path, entries *e, ltc_error *err);
void entries_free(entries *e);                /* safe on a zeroed one */

const entry *entries_find(const entries *e, const char *name);        /* NULL: there is none */

#endif
