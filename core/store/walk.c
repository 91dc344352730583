/* Owns the descriptors of directories that are listed. Called by care.c, gc.c and the run's output.c. */
#include "store/walk.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/part.h"
#include "util/text.h"

static bool ends_in(const char *s, const char *suffix)
{
    const size_t n = strlen(s), m = strlen(suffix);
    return n >= m && strcmp(s + n - m, suffix) == 0;
}

static ltc_status visit(const char *path, int depth, lt_walk_fn *fn, void *arg, ltc_error *err)
{
    struct stat info;
    if (lstat(path, &info))
        return errno == ENOENT ? LTC_OK : ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return depth > 0 ? lt_walk(path, depth - 1, fn, arg, err) : LTC_OK;
    const lt_item item = {
        .path = path,
        .bytes = (uint64_t)info.st_size,
        .modified_s = (double)info.st_mtim.tv_sec + 1e-9 * (double)info.st_mtim.tv_nsec,
        .part = ends_in(path, LT_PART_SUFFIX),
    };
    return S_ISREG(info.st_mode) ? fn(arg, &item, err) : LTC_OK;
}

/* The next name into path, behind the folder; false at the end, or when errno or path.failed says why not. */
static bool next_name(DIR *d, const char *folder, lt_text *path)
{
    const struct dirent *e;
    do {
        errno = 0;
        e = readdir(d);
    } while (e && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
    path->n = 0;
    if (e)
        lt_text_add(path, "%s/%s", folder, e->d_name);
    return e && !path->failed;
}

ltc_status lt_walk(const char *folder, int depth, lt_walk_fn *fn, void *arg, ltc_error *err)
{
    lt_text path = { 0 };
    ltc_status st = LTC_OK;
    DIR *d = opendir(folder);
    if (!d)
        return errno == ENOENT ? LTC_OK : ltc_fail(err, LTC_EIO, "%s: %s", folder, strerror(errno));
    bool more = true;
    while (!st && (more = next_name(d, folder, &path)))
        st = visit(path.s, depth, fn, arg, err);
    if (!more && path.failed)
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory to list it", folder);
    else if (!more && errno)
        st = ltc_fail(err, LTC_EIO, "%s: cannot be listed: %s", folder, strerror(errno));
    lt_text_free(&path);
    closedir(d);
    return st;
}
