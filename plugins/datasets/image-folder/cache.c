/* Owns the file of one split's decoded samples. One process writes it at a time, under a lock on the
 * unfinished file that ends with the process; nothing is synced to the disk, since a file that a power cut
 * left damaged is noticed. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGEST_BYTES = 32, CHUNK_BYTES = 1 << 18 };

static const char magic[8] = "LTPIXEL1";

bool cache_create(cache *c, const ltc_host *h)
{
    *c = (cache){ .from = -1, .to = -1, .host = h };
    return !pthread_mutex_init(&c->lock, NULL);
}

/* Writes no more. */
static void stop(cache *c)
{
    if (c->to >= 0)
        close(c->to);
    EVP_MD_CTX_free(c->hash);
    c->hash = NULL;
    c->to = -1;
}

static void stop_and_remove(cache *c)
{
    if (c->to >= 0)
        unlink(c->part);
    stop(c);
}

void cache_destroy(cache *c)
{
    stop_and_remove(c);
    if (c->from >= 0)
        close(c->from);
    free(c->path);
    free(c->part);
    pthread_mutex_destroy(&c->lock);
}

/* Gives up, and says why once. */
static void give_up(cache *c, const char *what)
{
    TREE_SAY(c->host, LTC_LOG_WARNING, "%s: cannot be %s (%s), so that images are decoded each time",
             tree_shown(c->path), what, strerror(errno));
    stop_and_remove(c);
}

static bool write_all(int fd, const void *p, size_t n)
{
    for (const char *from = p; n;) {
        const ssize_t done = write(fd, from, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        from += done;
        n -= (size_t)done;
    }
    return true;
}

static bool read_all(int fd, void *p, size_t n, uint64_t at)
{
    for (char *to = p; n;) {
        const ssize_t got = pread(fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return true;
}

static uint64_t data_bytes(const cache *c)
{
    return c->header.count * c->header.sample_bytes;      /* fits: the core has memory for as much */
}

static bool is_cancelled(const cache *c)
{
    return LTC_HAS(c->host, cancelled) && c->host->cancelled(c->host);
}

/* [0, end) of the file goes into the hash. */
static bool hash_file(const cache *c, int fd, uint64_t end, EVP_MD_CTX *hash, uint8_t *chunk)
{
    for (uint64_t at = 0, n; at < end; at += n) {
        n = end - at < CHUNK_BYTES ? end - at : CHUNK_BYTES;
        if (is_cancelled(c) || !read_all(fd, chunk, (size_t)n, at) ||
            EVP_DigestUpdate(hash, chunk, (size_t)n) != 1)
            return false;
    }
    return true;
}

static bool has_digest(const cache *c, int fd)
{
    const uint64_t end = sizeof c->header + data_bytes(c);
    uint8_t is[EVP_MAX_MD_SIZE], said[DIGEST_BYTES], *chunk = malloc(CHUNK_BYTES);
    EVP_MD_CTX *hash = key_hash();
    const bool same = chunk && hash && hash_file(c, fd, end, hash, chunk) &&
                      EVP_DigestFinal_ex(hash, is, NULL) == 1 && read_all(fd, said, sizeof said, end) &&
                      !memcmp(is, said, sizeof said);
    EVP_MD_CTX_free(hash);
    free(chunk);
    return same;
}

/* Whether the open file is whole. One that was made of other images is none of them, and is replaced
 * without a word. */
static bool verify(const cache *c, int fd)
{
    struct stat is;
    cache_header found;
    if (!read_all(fd, &found, sizeof found, 0) || fstat(fd, &is))
        return false;
    if (memcmp(&found, &c->header, sizeof found))
        return false;
    if ((uint64_t)is.st_size == sizeof found + data_bytes(c) + DIGEST_BYTES && has_digest(c, fd))
        return true;
    if (!is_cancelled(c))
        TREE_SAY(c->host, LTC_LOG_WARNING, "%s: is damaged; the images are decoded again",
                 tree_shown(c->path));
    return false;
}

/* Serves from the file if there is one that can be used. */
static bool serve(cache *c)
{
    const int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (!verify(c, fd)) {
        close(fd);
        return false;
    }
    c->from = fd;
    return true;
}

/* The directory of c->path and those above it, as far as they are missing. */
static bool make_directories(cache *c)
{
    bool ok = true;
    for (char *slash = c->path; ok && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        ok = !mkdir(c->path, 0700) || errno == EEXIST;
        *slash = '/';
    }
    return ok;
}

/* Whether the file that was opened still has the name: else its writer finished between opening and
 * locking. */
static bool has_name(int fd, const char *path)
{
    struct stat a, b;
    return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The unfinished file, if nobody else is writing it; what a killed process left is written over. */
static void begin_writing(cache *c)
{
    if (!make_directories(c) || (c->to = open(c->part, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0) {
        give_up(c, "made");
        return;
    }
    if (flock(c->to, LOCK_EX | LOCK_NB) || !has_name(c->to, c->part)) {
        stop(c);                              /* somebody else's: left alone */
        return;
    }
    c->hash = key_hash();
    if (!c->hash || ftruncate(c->to, 0) || !write_all(c->to, &c->header, sizeof c->header) ||
        EVP_DigestUpdate(c->hash, &c->header, sizeof c->header) != 1)
        give_up(c, "written");
}

void cache_begin(cache *c, const cache_request *r)
{
    char name[KEY_TEXT_BYTES];
    const size_t room = strlen(r->directory) + sizeof name + sizeof "/.part";
    c->header = (cache_header){ .of = r->of, .count = r->count, .sample_bytes = r->sample_bytes };
    memcpy(c->header.magic, magic, sizeof magic);
    c->path = malloc(room);
    c->part = malloc(room);
    if (!c->path || !c->part)
        return;
    key_text(&r->name, name);
    snprintf(c->path, room, "%s/%s", r->directory, name);
    snprintf(c->part, room, "%s/%s.part", r->directory, name);
    if (!serve(c) && !is_cancelled(c))
        begin_writing(c);
}

bool cache_get(const cache *c, uint64_t first, uint64_t count, uint8_t *x)
{
    return c->from >= 0 && read_all(c->from, x, (size_t)(count * c->header.sample_bytes),
                                    sizeof c->header + first * c->header.sample_bytes);
}

static void finish(cache *c)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (EVP_DigestFinal_ex(c->hash, digest, NULL) != 1 || !write_all(c->to, digest, DIGEST_BYTES) ||
        rename(c->part, c->path)) {
        give_up(c, "written");
        return;
    }
    stop(c);
}

static void append(cache *c, uint64_t count, const uint8_t *x)
{
    const size_t bytes = (size_t)(count * c->header.sample_bytes);
    if (EVP_DigestUpdate(c->hash, x, bytes) != 1 || !write_all(c->to, x, bytes)) {
        give_up(c, "written");
        return;
    }
    c->next += count;
    if (c->next == c->header.count)
        finish(c);
}

void cache_put(cache *c, uint64_t first, uint64_t count, const uint8_t *x)
{
    pthread_mutex_lock(&c->lock);
    if (c->to >= 0 && first == c->next)
        append(c, count, x);
    pthread_mutex_unlock(&c->lock);
}
