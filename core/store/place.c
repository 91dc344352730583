/* Owns the names of a store's files, and the way of a damaged one into quarantine. Called by everything that
 * opens, lists or removes them. */
#include "store/place.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct { const char *name, *suffix; bool split; } folders[LT_FOLDERS] = {
    [LT_OBJECTS] = { "objects", ".safetensors", true }, [LT_RECORDS] = { "records", ".rec", true },
    [LT_CLAIMS] = { "claims", "", false }, [LT_ROOTS] = { "roots", "", false },
    [LT_QUARANTINE] = { "quarantine", "", false },
};
enum { HEX = 2 * sizeof(lt_digest), SPLIT = 2 };          /* of HEX digits, the first SPLIT name the folder */

static char *keep(lt_text *path, ltc_error *err)
{
    if (!path->failed)
        return path->s;
    lt_text_free(path);
    ltc_fail(err, LTC_ENOMEM, "no memory for a path of the store");
    return NULL;
}

char *lt_place_named(const lt_store *s, lt_folder folder, const char *name, ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/%s", s->path, folders[folder].name);
    if (name)
        lt_text_add(&path, "/%s", name);
    return keep(&path, err);
}

char *lt_place_of(const lt_store *s, lt_folder folder, const lt_digest *d, ltc_error *err)
{
    char hex[HEX + 1];
    lt_text path = { 0 };
    lt_digest_text(d, hex);
    if (folders[folder].split)
        lt_text_add(&path, "%s/%s/%.*s/%s%s", s->path, folders[folder].name, SPLIT, hex, hex + SPLIT,
                    folders[folder].suffix);
    else
        lt_text_add(&path, "%s/%s/%s", s->path, folders[folder].name, hex);
    return keep(&path, err);
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

bool lt_hex_parse(const char *hex, lt_digest *d)
{
    for (size_t i = 0; i < sizeof d->byte; i++) {
        const int high = digit_of(hex[2 * i]), low = high < 0 ? -1 : digit_of(hex[2 * i + 1]);
        if (low < 0)
            return false;
        d->byte[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Made again from its digest, a name has to come out as it was: so no second spelling is taken for ours. */
bool lt_place_parse(lt_folder folder, const char *path, lt_digest *d)
{
    char hex[HEX + 1], again[HEX + 1];
    const size_t n = strlen(path), suffix = strlen(folders[folder].suffix);
    const size_t tail = suffix + HEX + (folders[folder].split ? 1u : 0u);
    if (n < tail || strcmp(path + n - suffix, folders[folder].suffix) != 0)
        return false;
    const char *name = path + n - tail;
    if (folders[folder].split) {
        if (name[SPLIT] != '/')
            return false;
        memcpy(hex, name, SPLIT);
        memcpy(hex + SPLIT, name + SPLIT + 1, HEX - SPLIT);
    } else {
        memcpy(hex, name, HEX);
    }
    hex[HEX] = '\0';
    if (!lt_hex_parse(hex, d))
        return false;
    lt_digest_text(d, again);
    return (n == tail || name[-1] == '/') && strcmp(hex, again) == 0;
}

void lt_store_say(const lt_store *s, const char *fmt, ...)
{
    char sentence[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    if (s->report)
        s->report(s->arg, sentence);
}

/* "ab/cdef.rec" of the records becomes "quarantine/abcdef.rec"; what lay there under that name makes way. */
static char *quarantine_place(const lt_store *s, const char *path, ltc_error *err)
{
    const char *slash = strrchr(path, '/');
    assert(slash && slash - path >= SPLIT);
    lt_text to = { 0 };
    lt_text_add(&to, "%s/%s/%.*s%s", s->path, folders[LT_QUARANTINE].name, SPLIT, slash - SPLIT, slash + 1);
    return keep(&to, err);
}

/* The one whose rename succeeds reports it. It stays for a while from now on, so the time is set. A sound
 * file that somebody has put there since is lost by this; it counts as missing and is made again. */
static ltc_status quarantine(const lt_store *s, const char *path, ltc_error *err)
{
    const ltc_error why = *err;
    char *to = quarantine_place(s, path, err);
    if (!to)
        return LTC_ENOMEM;
    ltc_status st = LTC_OK;
    if (rename(path, to) == 0) {
        utimensat(AT_FDCWD, to, NULL, 0);     /* if it fails, it only goes earlier */
        lt_store_say(s, "%s; it is damaged, was moved to %s, and will be made again when it is needed",
                     why.message, to);
    } else if (errno != ENOENT) {
        st = ltc_fail(err, LTC_EIO, "%s: is damaged and cannot be moved to quarantine: %s", path,
                      strerror(errno));
    }
    free(to);
    return st;
}

ltc_status lt_place_settle(const lt_store *s, const char *path, lt_condition c, ltc_status st, bool *found,
                           ltc_error *err)
{
    *found = c == LT_SOUND;
    if (c == LT_UNREAD)
        return st;
    return c == LT_DAMAGED ? quarantine(s, path, err) : LTC_OK;
}
