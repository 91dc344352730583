/* Owns one open zip archive. Whatever it says about sizes is checked against itself and against the file's
 * size before memory is asked for: the file may be damaged, or made to harm. */
#include "archive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

enum {
    DEFLATE_RATIO_MAX = 1032,                 /* zlib's technical notes: no stream expands by more */
    PIECE_BYTES       = 1 << 20,              /* read between two looks at whether to stop; whole elements */
    PATH_SHOWN        = 160,                  /* of a path in a sentence, or the remedy would be cut off */
    NAMES_SHOWN       = 120                   /* characters of the list of what is there */
};

#define SAVE_AGAIN "; fetch the file again, or save it again with numpy.savez"

struct archive {
    zip_t   *zip;
    char    *path;                            /* with `shown` its end, which is what tells files apart */
    const char *shown;
    uint64_t bytes;
};

static ltc_status fail_code(const archive *a, int code, ltc_error *err)
{
    zip_error_t why;
    zip_error_init_with_code(&why, code);
    const ltc_status st = ltc_fail(err, LTC_EIO, "%s: cannot be read as a zip archive (%s)" SAVE_AGAIN,
                                   a->shown, zip_error_strerror(&why));
    zip_error_fini(&why);
    return st;
}

static ltc_status look(archive *a, ltc_error *err)
{
    struct stat is;
    int code = ZIP_ER_OK;
    if (stat(a->path, &is))
        return ltc_fail_opt(err, "path", "no file %s (%s); set path to the .npz file", a->shown,
                            strerror(errno));
    if (!S_ISREG(is.st_mode))
        return ltc_fail_opt(err, "path", "%s is not a file; set path to the .npz file", a->shown);
    a->bytes = is.st_size > 0 ? (uint64_t)is.st_size : 0;
    if (!a->bytes)                            /* to libzip that is an archive of nothing */
        return ltc_fail(err, LTC_EIO, "%s: the file is empty" SAVE_AGAIN, a->shown);
    a->zip = zip_open(a->path, ZIP_RDONLY, &code);
    return a->zip ? LTC_OK : fail_code(a, code, err);
}

ltc_status archive_open(const char *path, archive **opened, ltc_error *err)
{
    const size_t n = strlen(path);
    archive *a = calloc(1, sizeof *a);
    if (a)
        a->path = strdup(path);
    if (!a || !a->path) {
        archive_close(a);
        return ltc_fail(err, LTC_ENOMEM, "no memory to open an archive");
    }
    a->shown = a->path + (n > PATH_SHOWN ? n - PATH_SHOWN : 0);
    const ltc_status st = look(a, err);
    if (st)
        archive_close(a);
    else
        *opened = a;
    return st;
}

void archive_close(archive *a)
{
    if (!a)
        return;
    if (a->zip)
        zip_discard(a->zip);
    free(a->path);
    free(a);
}

/* What arrays there are, "x, y, z", as far as there is room. */
static void list_names(const archive *a, char list[NAMES_SHOWN])
{
    const zip_int64_t n = zip_get_num_entries(a->zip, 0);
    size_t used = 0;
    list[0] = '\0';
    for (zip_int64_t i = 0; i < n && used < NAMES_SHOWN; i++) {
        const char *name = zip_get_name(a->zip, (zip_uint64_t)i, 0);
        const size_t length = name ? strlen(name) : 0;
        if (length <= 4 || strcmp(name + length - 4, ".npy"))
            continue;
        const int printed = snprintf(list + used, NAMES_SHOWN - used, "%s%.*s", used ? ", " : "",
                                     (int)(length - 4 < NAMES_SHOWN ? length - 4 : NAMES_SHOWN), name);
        used += printed > 0 ? (size_t)printed : 0;
    }
}

static ltc_status locate(const archive *a, const char *name, const char *option, archive_array *array,
                         ltc_error *err)
{
    const size_t room = strlen(name) + sizeof ".npy";
    char *member = malloc(room), there[NAMES_SHOWN];
    if (!member)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the name of an array");
    snprintf(member, room, "%s.npy", name);
    const zip_int64_t at = zip_name_locate(a->zip, member, 0);
    free(member);
    if (at >= 0) {
        array->member = (uint64_t)at;
        return LTC_OK;
    }
    list_names(a, there);
    return ltc_fail_opt(err, option, "%s: there is no array '%.60s'; it has: %s", a->shown, name,
                        there[0] ? there : "no arrays at all");
}

static ltc_status fail_read(const archive *a, const archive_array *array, zip_file_t *f, ltc_error *err)
{
    zip_error_t *why = f ? zip_file_get_error(f) : zip_get_error(a->zip);
    return ltc_fail(err, LTC_EIO, "%s: cannot be read (%s)" SAVE_AGAIN, array->place,
                    zip_error_strerror(why));
}

/* n bytes, or a sentence that says why there are fewer. */
static ltc_status get(const archive *a, const archive_array *array, zip_file_t *f, uint8_t *to, size_t n,
                      ltc_error *err)
{
    for (size_t done = 0; done < n;) {
        const zip_int64_t got = zip_fread(f, to + done, n - done);
        if (got < 0)
            return fail_read(a, array, f, err);
        if (!got)
            return ltc_fail(err, LTC_EIO, "%s: it is cut off" SAVE_AGAIN, array->place);
        done += (size_t)got;
    }
    return LTC_OK;
}

/* The checksum is compared when the end is reached. */
static ltc_status get_end(const archive *a, const archive_array *array, zip_file_t *f, ltc_error *err)
{
    uint8_t extra;
    const zip_int64_t got = zip_fread(f, &extra, 1);
    if (got < 0)
        return fail_read(a, array, f, err);
    if (got)
        return ltc_fail(err, LTC_EIO, "%s: goes on behind what its header promises" SAVE_AGAIN, array->place);
    return LTC_OK;
}

static ltc_status get_header(const archive *a, archive_array *array, zip_file_t *f, ltc_error *err)
{
    uint8_t first[NPY_PREAMBLE];
    size_t n = 0;
    ltc_status st = get(a, array, f, first, sizeof first, err);
    if (!st)
        st = npy_measure(first, array->place, &n, err);
    if (st)
        return st;
    uint8_t *header = malloc(n);
    if (!header)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a header");
    memcpy(header, first, sizeof first);
    st = get(a, array, f, header + sizeof first, n - sizeof first, err);
    if (!st)
        st = npy_parse(header, n, array->place, &array->header, err);
    free(header);
    return st;
}

/* Can the member hold what its header promises? Stored bytes are there as they are, and deflated ones are not
 * fewer than the densest stream's. */
static ltc_status check_size(const archive *a, const archive_array *array, ltc_error *err)
{
    const uint64_t wanted = (uint64_t)array->header.header_bytes + array->header.bytes;
    const uint64_t asked =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    zip_stat_t is;
    if (zip_stat_index(a->zip, array->member, 0, &is) || (is.valid & asked) != asked)
        return fail_read(a, array, NULL, err);
    const bool known = is.comp_method == ZIP_CM_STORE || is.comp_method == ZIP_CM_DEFLATE;
    if (is.encryption_method != ZIP_EM_NONE || !known)
        return ltc_fail(err, LTC_EIO,
                        "%s: is encrypted, or compressed in a way that NumPy does not know" SAVE_AGAIN,
                        array->place);
    if (is.size != wanted)
        return ltc_fail(err, LTC_EIO,
                        "%s: has %" PRIu64 " bytes, and its header promises %" PRIu64 SAVE_AGAIN,
                        array->place, (uint64_t)is.size, wanted);
    const uint64_t densest = is.comp_method == ZIP_CM_STORE ? is.size : is.size / DEFLATE_RATIO_MAX;
    if (is.comp_size > a->bytes || is.comp_size < densest)
        return ltc_fail(err, LTC_EIO,
                        "%s: %" PRIu64 " bytes are said to lie in %" PRIu64 " bytes of a file of %" PRIu64
                        SAVE_AGAIN, array->place, (uint64_t)is.size, (uint64_t)is.comp_size, a->bytes);
    return LTC_OK;
}

ltc_status archive_find(archive *a, const char *name, const char *option, archive_array *array,
                        ltc_error *err)
{
    archive_array found = { .member = 0 };
    snprintf(found.place, sizeof found.place, "%s: array '%.60s'", a->shown, name);
    ltc_status st = locate(a, name, option, &found, err);
    if (st)
        return st;
    zip_file_t *f = zip_fopen_index(a->zip, found.member, 0);
    if (!f)
        return fail_read(a, &found, NULL, err);
    st = get_header(a, &found, f, err);
    zip_fclose(f);                            /* early: what it says of the rest does not matter yet */
    if (!st)
        st = check_size(a, &found, err);
    if (!st)
        *array = found;
    return st;
}

/* The elements, the header having been read. */
static ltc_status stream(const archive *a, const archive_array *array, zip_file_t *f, const ltc_host *h,
                         uint8_t *piece, archive_take *take, void *arg, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (size_t done = 0, n; done < array->header.bytes && !st; done += n) {
        n = array->header.bytes - done < PIECE_BYTES ? array->header.bytes - done : PIECE_BYTES;
        if (LTC_HAS(h, cancelled) && h->cancelled(h))
            return ltc_fail(err, LTC_ECANCELLED, "stopped while reading %s", array->place);
        st = get(a, array, f, piece, n, err);
        if (!st)
            st = take(arg, piece, n, err);
    }
    return st ? st : get_end(a, array, f, err);
}

ltc_status archive_stream(archive *a, const archive_array *array, const ltc_host *h, archive_take *take,
                          void *arg, ltc_error *err)
{
    _Static_assert((int)PIECE_BYTES >= (int)NPY_HEADER_MAX, "a header fits into a piece");
    uint8_t *piece = malloc(PIECE_BYTES);
    if (!piece)
        return ltc_fail(err, LTC_ENOMEM, "no memory to read %s", array->place);
    zip_file_t *f = zip_fopen_index(a->zip, array->member, 0);
    ltc_status st = f ? get(a, array, f, piece, array->header.header_bytes, err)
                      : fail_read(a, array, NULL, err);
    if (!st)
        st = stream(a, array, f, h, piece, take, arg, err);
    if (f)
        zip_fclose(f);
    free(piece);
    return st;
}
