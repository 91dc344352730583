/* Owns a run's directory while it is being written. */
#include "run/output.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/difference.h"
#include "store/walk.h"
#include "util/file.h"
#include "util/memory.h"

static ltc_status lock_directory(lt_output *o, ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/.lock", o->directory);
    o->lock = path.failed ? -1 : open(path.s, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    lt_text_free(&path);
    if (o->lock < 0)
        return ltc_fail(err, LTC_EIO, "%s: cannot be written to: %s", o->directory, strerror(errno));
    if (flock(o->lock, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK
                   ? ltc_fail(err, LTC_EIO, "%s: another ltcore is at work there", o->directory)
                   : ltc_fail(err, LTC_EIO, "%s/.lock: %s", o->directory, strerror(errno));
    return LTC_OK;
}

/* "NAME.123.part" (lt_file_write), which a killed process leaves: whoever holds the lock knows that no ltcore
 * writes it. */
static bool is_left_over(const char *entry)
{
    static const char ending[] = ".part";
    const size_t n = strlen(entry), tail = sizeof ending - 1;
    size_t digits = 0;
    if (n < tail || strcmp(entry + n - tail, ending))
        return false;
    while (digits < n - tail && isdigit((unsigned char)entry[n - tail - 1 - digits]))
        digits++;
    return digits && digits + 1 < n - tail && entry[n - tail - 1 - digits] == '.';
}

static bool belongs_to_run(const char *entry)
{
    return !strcmp(entry, ".") || !strcmp(entry, "..") || !strcmp(entry, ".lock") ||
           (!strncmp(entry, "run.cfg.", 8) && is_left_over(entry));
}

static ltc_status remove_left_over(void *arg, const lt_item *item, ltc_error *err)
{
    (void)arg, (void)err;
    if (item->part && is_left_over(strrchr(item->path, '/') + 1))
        unlink(item->path);                   /* one that stays harms nobody */
    return LTC_OK;
}

/* In a directory that is known to be a run's. */
static void remove_left_overs(const lt_output *o)
{
    static const struct { const char *folder; int depth; } places[] = {
        { "", 0 }, { "/plots", 0 }, { "/tickets", 5 },      /* tickets/VARIANT/pNN/tN/dN/lNN */
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        lt_text folder = { 0 };
        ltc_error ignored;
        lt_text_add(&folder, "%s%s", o->directory, places[i].folder);
        if (!folder.failed)
            lt_walk(folder.s, places[i].depth, remove_left_over, NULL, &ignored);
        lt_text_free(&folder);
    }
}

/* A directory that holds something, but no run, is somebody else's. */
static ltc_status check_empty(const lt_output *o, ltc_error *err)
{
    DIR *d = opendir(o->directory);
    bool empty = d != NULL;
    for (const struct dirent *e; d && (e = readdir(d));)
        empty = empty && belongs_to_run(e->d_name);
    if (d)
        closedir(d);
    return empty ? LTC_OK
                 : ltc_fail(err, LTC_EINVAL, "%s holds files that are not a run's; choose another run.output",
                            o->directory);
}

/* The run.cfg that is there must ask for the same results. */
static ltc_status check_same(const lt_output *o, const char *path, const char *resolved, ltc_error *err)
{
    lt_text there = { 0 }, what = { 0 };
    ltc_error why = { .message = "" };
    ltc_status st = lt_file_read(path, &there, err);
    if (!st && lt_difference(there.s, resolved, &what, &why))
        st = ltc_fail(err, LTC_EINVAL,
                      "%s: is not as ltcore wrote it; choose another run.output, or remove it", path);
    else if (!st && what.n)
        st = ltc_fail(err, LTC_EINVAL,
                      "%s holds the results of another configuration: %.250s; choose another run.output, "
                      "or remove it",
                      o->directory, what.s);
    lt_text_free(&there);
    lt_text_free(&what);
    return st;
}

static ltc_status write_configuration(lt_output *o, const char *resolved, ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/run.cfg", o->directory);
    ltc_status st = path.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a path") : LTC_OK;
    if (!st)
        st = access(path.s, F_OK) == 0 ? check_same(o, path.s, resolved, err) : check_empty(o, err);
    if (!st)
        st = lt_file_write(path.s, resolved, strlen(resolved), err);
    if (!st)
        remove_left_overs(o);
    lt_text_free(&path);
    return st;
}

ltc_status lt_output_open(const char *directory, const char *resolved, lt_output *o, ltc_error *err)
{
    *o = (lt_output){ .directory = lt_array(strlen(directory) + 1, 1), .lock = -1 };
    if (!o->directory)
        return ltc_fail(err, LTC_ENOMEM, "no memory");
    memcpy(o->directory, directory, strlen(directory));
    ltc_status st = lt_file_make_directory(directory, err);
    if (!st)
        st = lock_directory(o, err);
    if (!st)
        st = write_configuration(o, resolved, err);
    if (st)
        lt_output_close(o);
    return st;
}

void lt_output_close(lt_output *o)
{
    if (!o->directory)
        return;
    if (o->lock >= 0)
        close(o->lock);
    free(o->directory);
    *o = (lt_output){ .lock = -1 };
}
