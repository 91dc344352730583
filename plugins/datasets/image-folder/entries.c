/* Reads one directory and looks at each of its entries. The order in which a file system gives names is
 * nobody's business, so that they are sorted here, once for all. */
#include "entries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

/* Room for one more; false: no memory. */
static bool grow(entries *e)
{
    if (e->n < e->room)
        return true;
    const size_t room = e->room ? 2 * e->room : 64;
    entry *v = room < SIZE_MAX / 2 / sizeof *v ? realloc(e->v, room * sizeof *v) : NULL;
    if (v)
        e->v = v, e->room = room;
    return v;
}

static ltc_status add(DIR *d, const char *path, const char *name, entries *e, ltc_error *err)
{
    struct stat is;
    if (fstatat(dirfd(d), name, &is, 0))
        return ltc_fail(err, LTC_EIO, "%s/%.100s: %s; is it a link that leads nowhere? remove or mend it",
                        tree_shown(path), name, strerror(errno));
    char *copy = grow(e) ? strdup(name) : NULL;
    if (!copy)
        return ltc_fail(err, LTC_ENOMEM, "no memory to list %s", tree_shown(path));
    e->v[e->n++] = (entry){ copy, is };
    return LTC_OK;
}

static ltc_status add_all(DIR *d, const char *path, entries *e, ltc_error *err)
{
    const struct dirent *next;
    ltc_status st = LTC_OK;
    while (!st && (errno = 0, next = readdir(d)))
        if (next->d_name[0] != '.')
            st = add(d, path, next->d_name, e, err);
    if (!st && errno)
        st = ltc_fail(err, LTC_EIO, "%s: cannot be listed: %s", tree_shown(path), strerror(errno));
    return st;
}

ltc_status entries_list(const char *path, entries *e, ltc_error *err)
{
    entries all = { 0 };
    DIR *d = opendir(path);
    if (!d)
        return ltc_fail(err, LTC_EIO, "%s: cannot be listed: %s", tree_shown(path), strerror(errno));
    const ltc_status st = add_all(d, path, &all, err);
    closedir(d);
    if (st) {
        entries_free(&all);
        return st;
    }
    if (all.n)
        qsort(all.v, all.n, sizeof *all.v, by_name);
    *e = all;
    return LTC_OK;
}

void entries_free(entries *e)
{
    for (size_t i = 0; i < e->n; i++)
        free(e->v[i].name);
    free(e->v);
    *e = (entries){ 0 };
}

const entry *entries_find(const entries *e, const char *name)
{
    const entry wanted = { .name = (char *)(uintptr_t)name };
    return e->n ? bsearch(&wanted, e->v, e->n, sizeof *e->v, by_name) : NULL;
}
