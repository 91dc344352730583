/* Owns records: texts under keys. A file is one line, "ltcore-record 1 KEY SHA-256-OF-THE-TEXT", then the
 * text as it is. Called by whoever asks whether an action was done before. */
#include "store/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/part.h"
#include "store/place.h"
#include "util/memory.h"

/* The line follows from key and text alone: reading compares the file's with this one, byte for byte. */
static ltc_status put_line(const lt_digest *key, const char *text, size_t n, lt_text *to, ltc_error *err)
{
    char key_hex[65], sum_hex[65];
    lt_digest sum;
    if (!lt_digest_of(text, n, &sum))
        return ltc_fail(err, LTC_EINTERNAL, "libcrypto cannot compute the SHA-256 of a record");
    lt_digest_text(key, key_hex);
    lt_digest_text(&sum, sum_hex);
    lt_text_add(to, "ltcore-record 1 %s %s\n", key_hex, sum_hex);
    return to->failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a record of %zu bytes", n) : LTC_OK;
}

static ltc_status write_record(const char *path, const lt_text *file, ltc_error *err)
{
    const ltc_status st = lt_part_make_folder(path, err);
    return st ? st : lt_part_write(path, file->s, file->n, err);
}

ltc_status lt_record_put(lt_store *s, const lt_digest *key, const char *text, size_t n, ltc_error *err)
{
    lt_text file = { 0 };
    char *path = lt_place_of(s, LT_RECORDS, key, err);
    ltc_status st = path ? put_line(key, text, n, &file, err) : LTC_ENOMEM;
    lt_text_put(&file, text, n);
    if (!st && file.failed)
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory for a record of %zu bytes", path, n);
    if (!st)
        st = write_record(path, &file, err);
    lt_text_free(&file);
    free(path);
    return st;
}

/* Of the file's n bytes, all that follow the line go into text; LTC_EIO: they do not agree. */
static ltc_status take_text(const lt_stored *s, const lt_digest *key, const char *file, lt_text *text,
                            ltc_error *err)
{
    lt_text line = { 0 };
    const size_t n = (size_t)s->bytes;
    const char *end = memchr(file, '\n', n);
    const size_t head = end ? (size_t)(end - file) + 1 : 0;
    ltc_status st = put_line(key, file + head, n - head, &line, err);
    if (!st && (line.n != head || memcmp(line.s, file, head) != 0))
        st = ltc_fail(err, LTC_EIO, "%s: its text does not agree with its first line", s->path);
    lt_text_free(&line);
    if (st)
        return st;
    lt_text_put(text, file + head, n - head);
    return text->failed ? ltc_fail(err, LTC_ENOMEM, "%s: no memory to read it", s->path) : LTC_OK;
}

static ltc_status read_text(lt_stored *s, const lt_digest *key, lt_text *text, ltc_error *err)
{
    char *file = s->bytes < SIZE_MAX ? lt_array((size_t)s->bytes, 1) : NULL;
    if (!file)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory to read it", s->path);
    ltc_status st = lt_stored_read(s, file, (size_t)s->bytes, 0, err);
    if (!st)
        st = take_text(s, key, file, text, err);
    free(file);
    return st;
}

static ltc_status get_at(const lt_store *s, const char *path, const lt_digest *key, lt_text *text,
                         bool *found, ltc_error *err)
{
    lt_stored source;
    ltc_status st = lt_stored_open(&source, path, err);
    if (!st)
        st = read_text(&source, key, text, err);
    return lt_place_settle(s, path, lt_stored_close(&source, st), st, found, err);
}

/* asked: it is young again, before it is read. A time that is not ours to set, as another user's, stays. */
static ltc_status fetch(const lt_store *s, const lt_digest *key, bool asked, lt_text *text, bool *found,
                        ltc_error *err)
{
    char *path = lt_place_of(s, LT_RECORDS, key, err);
    *found = false;
    if (path && asked)
        utimensat(AT_FDCWD, path, NULL, 0);
    const ltc_status st = path ? get_at(s, path, key, text, found, err) : LTC_ENOMEM;
    free(path);
    return st;
}

ltc_status lt_record_look(const lt_store *s, const lt_digest *key, lt_text *text, bool *found,
                          ltc_error *err)
{
    return fetch(s, key, false, text, found, err);
}

/* No root names what a run finds until the run is through with it, and gc keeps what is young with all that
 * it names. */
ltc_status lt_record_get(lt_store *s, const lt_digest *key, lt_text *text, bool *found, ltc_error *err)
{
    return fetch(s, key, true, text, found, err);
}
