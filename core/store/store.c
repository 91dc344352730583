/* Owns the opening of a store: its folders and the number of its format. Called once a run, and by the
 * commands that look after a store. */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/part.h"
#include "store/place.h"
#include "util/file.h"

enum { FORMAT = 1 };
static const char format_prefix[] = "ltcore store ";

static ltc_status check_format(const char *path, const char *text, ltc_error *err)
{
    char *end = NULL;
    const bool ours = strncmp(text, format_prefix, sizeof format_prefix - 1) == 0;
    const long format = ours ? strtol(text + sizeof format_prefix - 1, &end, 10) : 0;
    if (format < 1 || strcmp(end, "\n") != 0)
        return ltc_fail(err, LTC_EIO,
                        "%s: is not the format of an ltcore store; remove it if the store is one", path);
    if (format > FORMAT)
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "%s: format %ld is newer than this ltcore, which knows up to %d: use a "
                        "newer ltcore or another store",
                        path, format, FORMAT);
    return LTC_OK;
}

static ltc_status read_format(const char *path, ltc_error *err)
{
    lt_text text = { 0 };
    ltc_status st = lt_file_read(path, &text, err);
    if (!st)
        st = check_format(path, text.s, err);
    lt_text_free(&text);
    return st;
}

static ltc_status write_format(const char *path, ltc_error *err)
{
    char text[64];
    const int n = snprintf(text, sizeof text, "%s%d\n", format_prefix, FORMAT);
    return lt_part_write(path, text, (size_t)n, err);
}

static ltc_status settle_format(const lt_store *s, ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/format", s->path);
    ltc_status st;
    if (path.failed)
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory to open the store", s->path);
    else if (access(path.s, F_OK) && errno == ENOENT)
        st = write_format(path.s, err);
    else
        st = read_format(path.s, err);
    lt_text_free(&path);
    return st;
}

static ltc_status make_folders(const lt_store *s, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (unsigned f = 0; f < LT_FOLDERS && !st; f++) {
        char *path = lt_place_named(s, (lt_folder)f, NULL, err);
        st = path ? lt_file_make_directory(path, err) : LTC_ENOMEM;
        free(path);
    }
    return st;
}

ltc_status lt_store_check_writable(const lt_store *s, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (unsigned f = 0; f < LT_FOLDERS && !st; f++) {
        char *path = lt_place_named(s, (lt_folder)f, NULL, err);
        st = path ? LTC_OK : LTC_ENOMEM;
        if (path && access(path, W_OK | X_OK))
            st = ltc_fail(err, LTC_EIO,
                          "%s: cannot be written to: %s; a run puts there what it makes: choose "
                          "another run.store",
                          path, strerror(errno));
        free(path);
    }
    return st;
}

static char *copy_text(const char *s)
{
    const size_t n = strlen(s) + 1;
    char *copy = lt_array(n, 1);
    return copy ? memcpy(copy, s, n) : NULL;
}

ltc_status lt_store_open(const char *path, lt_store_report *report, void *arg, lt_store **store,
                         ltc_error *err)
{
    lt_store *s = lt_array(1, sizeof *s);
    if (!s || !(s->path = copy_text(path))) {
        lt_store_close(s);
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory to open the store", path);
    }
    s->report = report;
    s->arg = arg;
    ltc_status st = lt_file_make_directory(path, err);
    if (!st)
        st = settle_format(s, err);           /* before anything is put into a store that is not for us */
    if (!st)
        st = make_folders(s, err);
    if (st)
        lt_store_close(s);
    else
        *store = s;
    return st;
}

void lt_store_close(lt_store *s)
{
    if (s)
        free(s->path);
    free(s);
}
