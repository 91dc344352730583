/* Cache: the decoded samples of one split, in a file of their own. A file that is whole and belongs to the
 * images as they are is served from; else one is written by whoever reads the split from its beginning to
 * its end. Nothing that goes wrong here is an error: the samples are decoded then. Used by image-folder.c.
 *
 * The file: a header (magic, key, number and bytes of samples), the samples, and SHA-256 of both. It has
 * its name only once it is whole, and is verified before use. */
#ifndef DATASETS_IMAGE_FOLDER_CACHE_H
#define DATASETS_IMAGE_FOLDER_CACHE_H

#include <pthread.h>

#include "key.h"

typedef struct cache_header {
    char     magic[8];
    key      of;
    uint64_t count, sample_bytes;
} cache_header;

typedef struct cache {
    pthread_mutex_t lock;                     /* over `to`, `next` and `hash`; cache_begin sets the others */
    int             from, to;                 /* the file that serves, the one that is written; -1: none */
    const ltc_host *host;
    char           *path, *part;              /* of the file, and while it is being written */
    cache_header    header;
    uint64_t        next;                     /* the sample that is written next */
    void           *hash;                     /* of what has been written */
} cache;

/* Where, and what it must hold. */
typedef struct cache_request {
    const char *directory;                    /* made on demand, with those above it */
    key         name, of;
    uint64_t    count, sample_bytes;
} cache_request;

/* Off: serves and writes nothing. False: no memory. */
bool cache_create(cache *c, const ltc_host *h);
void cache_destroy(cache *c);                 /* what was not written whole goes */

/* Looks for the file and verifies it, or begins to write one. [serial] */
void cache_begin(cache *c, const cache_request *r);

/* Samples [first, first + count) into x; false: they have to be decoded. [parallel], after cache_begin */
bool cache_get(const cache *c, uint64_t first, uint64_t count, uint8_t *x);

/* What was decoded instead. It is kept if it continues what was put before. [parallel], after cache_begin */
void cache_put(cache *c, uint64_t first, uint64_t count, const uint8_t *x);

#endif
