/* Owns roots: for each run a file with the keys of the records that it needs, in hex, one a line. Put by a
 * run before it makes anything; read by gc.c. */
#include "store/root.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/part.h"
#include "store/place.h"
#include "store/walk.h"
#include "util/file.h"

enum { HEX = 2 * sizeof(lt_digest), NAME_MAX_BYTES = 200 };

/* The number of the first line that is neither empty nor a key, from 1; 0: there is none. */
static size_t read_keys(const char *text, lt_marks *keys)
{
    size_t line = 0;
    for (const char *at = text; *at; at += *at == '\n') {
        lt_digest d;
        const size_t n = strcspn(at, "\n");
        line++;
        if (n && (n != HEX || !lt_hex_parse(at, &d)))
            return line;
        if (n && keys)
            lt_marks_add(keys, &d);
        at += n;
    }
    return 0;
}

static bool is_name(const char *run)
{
    const size_t n = strlen(run), suffix = sizeof LT_PART_SUFFIX - 1;
    bool ok = n && n <= NAME_MAX_BYTES && run[0] != '.';
    for (const char *c = run; ok && *c; c++)
        ok = isalnum((unsigned char)*c) || strchr("._-", *c);
    return ok && (n < suffix || strcmp(run + n - suffix, LT_PART_SUFFIX) != 0);
}

ltc_status lt_root_put(lt_store *s, const char *run, const char *text, ltc_error *err)
{
    if (!is_name(run))
        return ltc_fail(err, LTC_EINVAL,
                        "'%.80s' cannot name a run in the store: letters, digits, '.', '-' and '_', no "
                        "'.' in front and no \"" LT_PART_SUFFIX "\" behind",
                        run);
    const size_t bad = read_keys(text, NULL);
    if (bad)
        return ltc_fail(err, LTC_EINVAL, "line %zu of the root of run '%s' is not a key", bad, run);
    char *path = lt_place_named(s, LT_ROOTS, run, err);
    const ltc_status st = path ? lt_part_write(path, text, strlen(text), err) : LTC_ENOMEM;
    free(path);
    return st;
}

/* Of what a root's file says, the keys. A line that is none must not keep its run from going on: the run
 * names again what it needs. */
static void take_keys(const lt_store *s, const char *path, const char *file, lt_text *text)
{
    size_t line = 0;
    for (const char *at = file; *at; at += *at == '\n') {
        lt_digest d;
        const size_t n = strcspn(at, "\n");
        line++;
        if (n == HEX && lt_hex_parse(at, &d))
            lt_text_add(text, "%.*s\n", (int)n, at);
        else if (n)
            lt_store_say(s, "%s: line %zu is damaged and left out", path, line);
        at += n;
    }
}

static ltc_status read_own(const lt_store *s, const char *path, lt_text *text, ltc_error *err)
{
    lt_text file = { 0 };
    if (access(path, F_OK) && errno == ENOENT)
        return LTC_OK;
    const ltc_status st = lt_file_read(path, &file, err);
    if (!st)
        take_keys(s, path, file.s, text);
    lt_text_free(&file);
    return st || !text->failed ? st : ltc_fail(err, LTC_ENOMEM, "%s: no memory for its keys", path);
}

ltc_status lt_root_get(lt_store *s, const char *run, lt_text *text, ltc_error *err)
{
    char *path = lt_place_named(s, LT_ROOTS, run, err);
    const ltc_status st = path ? read_own(s, path, text, err) : LTC_ENOMEM;
    free(path);
    return st;
}

static ltc_status read_root(void *arg, const lt_item *item, ltc_error *err)
{
    lt_marks *keys = arg;
    lt_text text = { 0 };
    if (item->part)
        return LTC_OK;
    ltc_status st = lt_file_read(item->path, &text, err);
    const size_t bad = st ? 0 : strlen(text.s) == text.n ? read_keys(text.s, keys) : 1;
    if (bad)
        st = ltc_fail(err, LTC_EIO,
                      "%s: line %zu is not a key, so what the run needs is not known; mend or remove it",
                      item->path, bad);
    else if (!st && keys->failed)
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory for its keys", item->path);
    lt_text_free(&text);
    return st;
}

ltc_status lt_roots_read(const lt_store *s, lt_marks *keys, ltc_error *err)
{
    char *path = lt_place_named(s, LT_ROOTS, NULL, err);
    const ltc_status st = path ? lt_walk(path, 0, read_root, keys, err) : LTC_ENOMEM;
    free(path);
    return st;
}
