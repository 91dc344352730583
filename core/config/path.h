/* Paths as text: joined, split, looked up. Nothing is resolved: a symbolic link stays what the user wrote. */
#ifndef LT_CONFIG_PATH_H
#define LT_CONFIG_PATH_H

#include <stdbool.h>

#include "util/memory.h"

/* path if it is absolute, else dir/path; "." components and double slashes are gone. NULL: no memory. */
char *lt_path_join(lt_arena *a, const char *dir, const char *path);

/* The directory part of a file's path, "." if it has none. NULL: no memory. */
char *lt_path_directory(lt_arena *a, const char *file);

/* What `file` means by `path`, as a user would write it: beside "dir/run.cfg", "x.cfg" is "dir/x.cfg". NULL:
 * no memory. */
char *lt_path_beside(lt_arena *a, const char *file, const char *path);

/* The last component without its ending: "dir/run.cfg" gives "run". NULL: no memory. */
char *lt_path_stem(lt_arena *a, const char *file);

bool lt_path_exists(const char *path);

#endif
