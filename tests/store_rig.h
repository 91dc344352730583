/* A store in a folder of its own, what it reported, and the damage that tests do to files. */
#ifndef LT_TESTS_STORE_RIG_H
#define LT_TESTS_STORE_RIG_H

#include "store/store.h"

typedef struct store_rig {
    char      dir[64];                        /* of the store */
    lt_store *store;
    int       reports;
    char      said[1024];                     /* the last report */
} store_rig;

/* Fatal for the test when it fails. r stays where it is until rig_close. */
void rig_open(store_rig *r);
void rig_close(store_rig *r);                 /* and removes the folder with all that is in it */

/* In the rig's folder; for free(). */
char *rig_path(const store_rig *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *rig_object(const store_rig *r, const lt_digest *name);
char *rig_record(const store_rig *r, const lt_digest *key);

/* A weight of n elements, which seed tells from others, a mask and a count; the caller frees it. */
lt_tensors make_tensors(size_t n, float seed);
lt_digest put_tensors(store_rig *r, size_t n, float seed);
lt_digest digest_of(const char *text);

lt_text read_bytes(const char *path);
void write_bytes(const char *path, const void *p, size_t n);
bool is_file(const char *path);
size_t count_files(const store_rig *r, const char *folder);   /* files and folders directly in it */
void set_age(const char *path, double age_s);                 /* before now */

/* Inside lt_in_child: no file may become longer than that, as on a disk that is full. */
void fill_disk(size_t bytes);

#endif
