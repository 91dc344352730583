/* Files: read whole, written whole or not at all. */
#ifndef LT_UTIL_FILE_H
#define LT_UTIL_FILE_H

#include <ltcore/base.h>

#include "util/text.h"

/* The whole file, NUL-terminated, added to `to`. Sentences name the file. [any] */
ltc_status lt_file_read(const char *path, lt_text *to, ltc_error *err);

/* Written under another name in the same directory, synced, then renamed: readers see the old
 * file or the new one. */
ltc_status lt_file_write(const char *path, const void *p, size_t n, ltc_error *err);

/* The directory and those above it, as far as they are missing. */
ltc_status lt_file_make_directory(const char *path, ltc_error *err);

#endif
