/* Part: a file on its way into the store, under a name of its own until it is whole and on disk.
 *
 * A reader sees the old file, the new one or none. What a crash leaves behind ends in ".part"; lt_store_gc
 * removes it. Unlike lt_file_write, any number of threads and processes may write to one path at once: the
 * last wins. */
#ifndef LT_STORE_PART_H
#define LT_STORE_PART_H

#include <ltcore/base.h>

#include "util/text.h"

#define LT_PART_SUFFIX ".part"

typedef struct lt_part {
    const char *path;                         /* the caller's, which has to outlive this */
    lt_text     name;                         /* what it is called until then */
    int         fd;
} lt_part;

/* Opens a file beside path. After LTC_OK, lt_part_drop is due. [any]; sentences name path. */
ltc_status lt_part_open(lt_part *p, const char *path, ltc_error *err);
ltc_status lt_part_put(lt_part *p, const void *bytes, size_t n, ltc_error *err);

/* Syncs, renames, syncs the directory. At most once, and nothing is put behind it. */
ltc_status lt_part_commit(lt_part *p, ltc_error *err);

/* Closes, and removes what was not committed. */
void lt_part_drop(lt_part *p);

/* The four in one. */
ltc_status lt_part_write(const char *path, const void *bytes, size_t n, ltc_error *err);

/* The directory that path lies in, if it is missing; its own directory is there. Durable like the file. */
ltc_status lt_part_make_folder(const char *path, ltc_error *err);

#endif
