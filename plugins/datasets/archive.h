/* Archive: a .npz file, which is a zip archive of arrays, a member NAME.npy each. Opening an array reads its
 * header; its elements come in pieces. Used by npz.c; libzip is known to archive.c alone. */
#ifndef DATASETS_ARCHIVE_H
#define DATASETS_ARCHIVE_H

#include <ltcore/plugin.h>

#include "npy.h"

typedef struct archive archive;

typedef struct archive_array {
    char       place[256];                    /* "FILE: array 'x'", for sentences */
    uint64_t   member;
    npy_header header;                        /* the member is as long as this promises */
} archive_array;

ltc_status archive_open(const char *path, archive **a, ltc_error *err);
void archive_close(archive *a);               /* safe on NULL */

/* The array called `name`, as the option called `option` says. [serial] */
ltc_status archive_find(archive *a, const char *name, const char *option, archive_array *array,
                        ltc_error *err);

/* Gives the elements' bytes to `take`, in pieces of whole elements, and checks that they end where they
 * should and that their checksum is right. Asks h now and then whether to stop. [serial] */
typedef ltc_status archive_take(void *arg, const uint8_t *bytes, size_t n, ltc_error *err);
ltc_status archive_stream(archive *a, const archive_array *array, const ltc_host *h, archive_take *take,
                          void *arg, ltc_error *err);

#endif
