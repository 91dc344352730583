/* Owns the path and the bytes of one IDX file. zlib reads plain files too, so nothing here asks which kind it
 * is, but where the file's size is compared with what the header promises. Bytes behind a gzip stream are
 * ignored, as gzip ignores them. */
#include "idx.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
    DEFLATE_RATIO_MAX = 1032,                 /* zlib's technical notes: no stream expands by more */
    CHUNK_BYTES       = 1 << 20,              /* read between two looks at whether to stop */
    PATH_SHOWN        = 240                   /* of a path in a sentence, or the remedy would be cut off */
};

/* Looked for in this order; torchvision unpacks to names with the dot. */
typedef struct ending { const char *mark, *tail; } ending;
static const ending endings[] = { { "-", "" }, { "-", ".gz" }, { ".", "" }, { ".", ".gz" } };
enum { N_ENDINGS = sizeof endings / sizeof endings[0] };

#define FETCH_AGAIN "; fetch the file again"

/* The end of a path, which is what tells files apart. */
static const char *shown(const char *path)
{
    const size_t n = strlen(path);
    return n > PATH_SHOWN ? path + n - PATH_SHOWN : path;
}

static size_t header_bytes(const idx_file *f)
{
    return 4 + 4 * (size_t)f->rank;
}

/* "DIRECTORY/STEM-idx3-ubyte.gz", for free(); NULL: no memory. */
static char *print_path(const char *directory, const char *stem, uint32_t rank, ending e)
{
    const size_t room = strlen(directory) + strlen(stem) + sizeof "/-idx4294967295-ubyte.gz";
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s/%s%sidx%" PRIu32 "-ubyte%s", directory, stem, e.mark, rank, e.tail);
    return path;
}

/* Sets f->path to the first name that exists. */
static ltc_status find(const char *directory, const char *stem, idx_file *f, struct stat *is, ltc_error *err)
{
    for (size_t i = 0; i < N_ENDINGS; i++) {
        char *path = print_path(directory, stem, f->rank, endings[i]);
        if (!path)
            return ltc_fail(err, LTC_ENOMEM, "no memory for the name of a file");
        if (!stat(path, is)) {
            f->path = path;
            return LTC_OK;
        }
        free(path);
    }
    return ltc_fail(err, LTC_EIO,
                    "%s: there is no %s-idx%" PRIu32 "-ubyte, with or without .gz (%s); fetch it, or "
                    "set path to where it is", shown(directory), stem, f->rank, strerror(errno));
}

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* n bytes, or a sentence that says why there are fewer. */
static ltc_status get(gzFile gz, const idx_file *f, uint8_t *to, unsigned n, ltc_error *err)
{
    const int got = gzread(gz, to, n);
    int code = Z_OK;
    const char *why = gzerror(gz, &code);
    if (got == (int)n)
        return LTC_OK;
    if (code == Z_ERRNO)
        return ltc_fail(err, LTC_EIO, "%s: %s", shown(f->path), strerror(errno));
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return ltc_fail(err, LTC_EIO, "%s: the gzip stream is damaged (%s)" FETCH_AGAIN, shown(f->path), why);
    return ltc_fail(err, LTC_EIO,
                    "%s: the file is cut off: it ends before its %zu bytes" FETCH_AGAIN, shown(f->path),
                    header_bytes(f) + f->bytes);
}

/* Dimensions and bytes from the header. */
static ltc_status get_header(gzFile gz, idx_file *f, ltc_error *err)
{
    uint8_t b[4 + 4 * IDX_RANK_MAX];
    const uint32_t magic = 0x00000800u | f->rank;      /* 0x08: unsigned bytes */
    ltc_status st = get(gz, f, b, (unsigned)header_bytes(f), err);
    if (st)
        return st;
    if (big_endian(b) != magic)
        return ltc_fail(err, LTC_EIO,
                        "%s: begins with 0x%08" PRIx32 ", not with 0x%08" PRIx32 ", so it is no IDX file of "
                        "%" PRIu32 "-dimensional bytes" FETCH_AGAIN,
                        shown(f->path), big_endian(b), magic, f->rank);
    f->bytes = 1;
    for (uint32_t i = 0; i < IDX_RANK_MAX; i++) {
        f->dim[i] = i < f->rank ? big_endian(b + 4 + 4 * i) : 1;
        if (!f->dim[i] || f->dim[i] > PTRDIFF_MAX / f->bytes)
            return ltc_fail(err, LTC_EIO,
                            "%s: dimension %" PRIu32 " in the header is %" PRIu32 FETCH_AGAIN, shown(f->path),
                            i, f->dim[i]);
        f->bytes *= f->dim[i];
    }
    return LTC_OK;
}

/* A plain file has one right size; a compressed one cannot be smaller than the densest stream. */
static ltc_status check_size(gzFile gz, const idx_file *f, off_t size, ltc_error *err)
{
    const uint64_t is = size > 0 ? (uint64_t)size : 0, full = header_bytes(f) + f->bytes;
    if (gzdirect(gz) ? is == full : full / DEFLATE_RATIO_MAX <= is)
        return LTC_OK;
    return ltc_fail(err, LTC_EIO,
                    "%s: the file has %" PRIu64 " bytes, and its header (%" PRIu32 " x %" PRIu32 " x %" PRIu32
                    ") promises %" PRIu64 FETCH_AGAIN,
                    shown(f->path), is, f->dim[0], f->dim[1], f->dim[2], full);
}

static ltc_status open_stream(const idx_file *f, gzFile *gz, ltc_error *err)
{
    errno = 0;
    *gz = gzopen(f->path, "rb");
    if (*gz)
        return LTC_OK;
    return ltc_fail(err, LTC_EIO, "%s: cannot be read: %s", shown(f->path),
                    errno ? strerror(errno) : "no memory");
}

static ltc_status look(idx_file *f, const struct stat *is, ltc_error *err)
{
    gzFile gz;
    if (!S_ISREG(is->st_mode))
        return ltc_fail(err, LTC_EIO, "%s: is not a file", shown(f->path));
    ltc_status st = open_stream(f, &gz, err);
    if (st)
        return st;
    st = get_header(gz, f, err);
    if (!st)
        st = check_size(gz, f, is->st_size, err);
    gzclose_r(gz);
    return st;
}

ltc_status idx_open(const char *directory, const char *stem, uint32_t rank, idx_file *f, ltc_error *err)
{
    idx_file found = { .rank = rank };
    struct stat is;
    ltc_status st = find(directory, stem, &found, &is, err);
    if (!st)
        st = look(&found, &is, err);
    if (st)
        idx_close(&found);
    else
        *f = found;
    return st;
}

void idx_close(idx_file *f)
{
    free(f->path);
    free(f->data);
    *f = (idx_file){ 0 };
}

/* The last byte was read: is that the end of a stream whose checksum is right? */
static ltc_status get_end(gzFile gz, const idx_file *f, ltc_error *err)
{
    uint8_t extra;
    int code = Z_OK;
    const int got = gzread(gz, &extra, 1);
    const char *why = gzerror(gz, &code);
    if (got > 0)
        return ltc_fail(err, LTC_EIO, "%s: goes on behind the %zu bytes that its header promises" FETCH_AGAIN,
                        shown(f->path), header_bytes(f) + f->bytes);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        return ltc_fail(err, LTC_EIO, "%s: the gzip stream is damaged at its end (%s)" FETCH_AGAIN,
                        shown(f->path), why);
    return LTC_OK;
}

static ltc_status get_data(gzFile gz, const idx_file *f, const ltc_host *h, uint8_t *data, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (size_t done = 0, n; done < f->bytes && !st; done += n) {
        n = f->bytes - done < CHUNK_BYTES ? f->bytes - done : CHUNK_BYTES;
        if (LTC_HAS(h, cancelled) && h->cancelled(h))
            return ltc_fail(err, LTC_ECANCELLED, "stopped while reading %s", shown(f->path));
        st = get(gz, f, data + done, (unsigned)n, err);
    }
    return st ? st : get_end(gz, f, err);
}

/* The header once more: what idx_open saw may have been replaced since. */
static ltc_status get_same_header(gzFile gz, const idx_file *f, ltc_error *err)
{
    idx_file now = { .path = f->path, .rank = f->rank };
    ltc_status st = get_header(gz, &now, err);
    if (!st && memcmp(now.dim, f->dim, sizeof now.dim))
        st = ltc_fail(err, LTC_EIO, "%s: the file was replaced while it was read; start again",
                      shown(f->path));
    return st;
}

ltc_status idx_load(idx_file *f, const ltc_host *h, ltc_error *err)
{
    gzFile gz;
    ltc_status st = open_stream(f, &gz, err);
    if (st)
        return st;
    st = get_same_header(gz, f, err);
    uint8_t *data = st ? NULL : malloc(f->bytes);
    if (!st)
        st = data ? get_data(gz, f, h, data, err)
                  : ltc_fail(err, LTC_ENOMEM, "no memory for the %zu bytes of %s", f->bytes, shown(f->path));
    gzclose_r(gz);
    if (st)
        free(data);
    else
        f->data = data;
    return st;
}
