/* Owns objects: files of tensors that are named by the digest of what is in them. Called by whoever makes or
 * needs a state, a mask or a history. */
#include "store/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/part.h"
#include "store/place.h"
#include "store/safetensors.h"

/* After a reading that succeeded so far: does it give the name it has? */
static ltc_status check_name(const char *path, const lt_digest *name, const lt_digest *d, lt_condition *c,
                             ltc_error *err)
{
    if (memcmp(name, d, sizeof *d) == 0)
        return LTC_OK;
    *c = LT_DAMAGED;
    return ltc_fail(err, LTC_EIO, "%s: its contents do not give its name", path);
}

/* Reads the file, and keeps none of it. */
static ltc_status check_file(const lt_store *s, const char *path, const lt_digest *name, bool *sound,
                             ltc_error *err)
{
    lt_condition c;
    lt_digest d;
    ltc_status st = lt_safetensors_digest(path, &d, &c, err);
    if (!st)
        st = check_name(path, name, &d, &c, err);
    return lt_place_settle(s, path, c, st, sound, err);
}

ltc_status lt_object_check(const lt_store *s, const lt_digest *name, bool *sound, ltc_error *err)
{
    char *path = lt_place_of(s, LT_OBJECTS, name, err);
    const ltc_status st = path ? check_file(s, path, name, sound, err) : LTC_ENOMEM;
    free(path);
    return st;
}

/* What is put is new to lt_store_gc, even if it was there: *fresh false when it is not. */
static ltc_status refresh(const lt_store *s, const char *path, const lt_digest *name, bool *fresh,
                          ltc_error *err)
{
    *fresh = false;
    if (utimensat(AT_FDCWD, path, NULL, 0) && errno == ENOENT)
        return LTC_OK;                        /* another user's, whose time is not ours to
                                               * set, serves as well */
    return check_file(s, path, name, fresh, err);
}

/* Of the file as it is now; 0: there is none. */
static int64_t stamp_of(const char *path)
{
    struct stat info;
    return stat(path, &info) ? 0 : (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
}

static ltc_status put_at(const lt_store *s, const char *path, lt_tensors *t, const lt_digest *name,
                         int64_t *stamp, ltc_error *err)
{
    bool there;
    ltc_status st = refresh(s, path, name, &there, err);
    if (st || there)
        return st;
    st = lt_part_make_folder(path, err);
    if (!st)
        st = lt_safetensors_write(path, t, err);
    *stamp = st ? 0 : stamp_of(path);
    return st;
}

ltc_status lt_store_put_for_now(lt_store *s, lt_tensors *t, lt_digest *name, int64_t *stamp, ltc_error *err)
{
    *stamp = 0;
    ltc_status st = lt_tensors_digest(t, name, err);
    if (st)
        return st;
    char *path = lt_place_of(s, LT_OBJECTS, name, err);
    st = path ? put_at(s, path, t, name, stamp, err) : LTC_ENOMEM;
    free(path);
    return st;
}

ltc_status lt_store_put(lt_store *s, lt_tensors *t, lt_digest *name, ltc_error *err)
{
    int64_t stamp;
    return lt_store_put_for_now(s, t, name, &stamp, err);
}

/* Whoever else put it has set its time. */
void lt_store_take_back(lt_store *s, const lt_digest *name, int64_t stamp)
{
    ltc_error ignored;
    char *path = lt_place_of(s, LT_OBJECTS, name, &ignored);
    if (path && stamp && stamp_of(path) == stamp)
        unlink(path);                         /* one that stays is for gc */
    free(path);
}

/* *t is filled, or empty. */
static ltc_status get_at(const lt_store *s, const char *path, const lt_digest *name, lt_tensors *t,
                         bool *found, ltc_error *err)
{
    lt_condition c;
    lt_digest d;
    ltc_status st = lt_safetensors_load(path, t, &c, err);
    if (!st) {
        st = lt_tensors_digest(t, &d, err);
        c = st ? LT_UNREAD : LT_SOUND;
    }
    if (!st)
        st = check_name(path, name, &d, &c, err);
    if (st)
        lt_tensors_free(t);
    return lt_place_settle(s, path, c, st, found, err);
}

ltc_status lt_store_get(lt_store *s, const lt_digest *name, lt_tensors *t, bool *found, ltc_error *err)
{
    char *path = lt_place_of(s, LT_OBJECTS, name, err);
    *found = false;
    *t = (lt_tensors){ 0 };
    const ltc_status st = path ? get_at(s, path, name, t, found, err) : LTC_ENOMEM;
    free(path);
    return st;
}

ltc_status lt_store_lost(const lt_store *s, const lt_digest *name, const char *what, ltc_error *err)
{
    char hex[65];
    lt_digest_text(name, hex);
    ltc_fail(err, LTC_EIO,
             "%s is gone from the store (%.12s...); start the run again, and it is made anew", what, hex);
    lt_store_say(s, "%s is gone from the store (%.12s...)", what, hex);
    return LTC_EIO;
}

ltc_status lt_store_has(lt_store *s, const lt_digest *name, bool *found, ltc_error *err)
{
    struct stat info;
    char *path = lt_place_of(s, LT_OBJECTS, name, err);
    *found = path && stat(path, &info) == 0;
    const int why = errno;
    const ltc_status st = !path                     ? LTC_ENOMEM
                          : *found || why == ENOENT ? LTC_OK
                                                    : ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(why));
    free(path);
    return st;
}
