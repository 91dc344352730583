/* Owns claims: a file a key, made by O_EXCL, with host, process and time in it and the heartbeat as its time.
 * Taken by a worker before it trains, so that nobody else does the same meanwhile.
 *
 * A holder knows its claim by the open file, not by the name, which may be another's by now. Should two hold
 * one all the same, since one slept past its heartbeat, they do the same work and put the same objects. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/place.h"

enum { ATTEMPTS = 8, HOLDER_BYTES = 160, HOST_BYTES = 65, TEXT_BYTES = 160 };

struct lt_claim {
    char *path;
    int   fd;
};

/* What another's claim says. host "": nothing, since it is being written, or its writer is gone. */
typedef struct owner {
    char        host[HOST_BYTES];
    long        pid;
    double      silent_s;                     /* since the last heartbeat */
} owner;

static void this_host(char host[HOST_BYTES])
{
    if (gethostname(host, HOST_BYTES) || !host[0])
        snprintf(host, HOST_BYTES, "localhost");
    host[HOST_BYTES - 1] = '\0';
}

static double seconds_since(struct timespec then)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)(now.tv_sec - then.tv_sec) + 1e-9 * (double)(now.tv_nsec - then.tv_nsec);
}

static ltc_status fail(const char *path, const char *what, int why, ltc_error *err)
{
    return ltc_fail(err, LTC_EIO, "%s: %s: %s", path, what, strerror(why));
}

/* LTC_OK with *fd -1: somebody has it. */
static ltc_status create(const char *path, int *fd, ltc_error *err)
{
    char host[HOST_BYTES], text[TEXT_BYTES];
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (*fd < 0)
        return errno == EEXIST ? LTC_OK : fail(path, "cannot be claimed", errno, err);
    this_host(host);
    const int n = snprintf(text, sizeof text, "host %s\npid %ld\nstart %" PRId64 "\n", host, (long)getpid(),
                           (int64_t)time(NULL));
    const ssize_t done = write(*fd, text, (size_t)n);
    if (done == n)
        return LTC_OK;
    const int why = done < 0 ? errno : ENOSPC;
    unlink(path);
    close(*fd);
    *fd = -1;
    return fail(path, "cannot be claimed", why, err);
}

/* What the open claim says. */
static ltc_status look(const char *path, int fd, owner *h, ltc_error *err)
{
    char text[TEXT_BYTES + 1];
    struct stat file;
    *h = (owner){ 0 };
    const ssize_t n = fstat(fd, &file) ? -1 : read(fd, text, TEXT_BYTES);
    if (n < 0)
        return fail(path, "cannot be read", errno, err);
    text[n] = '\0';
    if (sscanf(text, "host %64s\npid %ld\n", h->host, &h->pid) != 2 || h->pid < 1)
        h->host[0] = '\0';
    h->silent_s = seconds_since(file.st_mtim);
    return LTC_OK;
}

/* Who made a claim signs it at once: one without a name is a dead one's soon, whichever way
 * the clock has gone. */
static bool is_stale(const owner *h)
{
    char host[HOST_BYTES];
    if (!h->host[0])
        return h->silent_s > LT_CLAIM_SIGN_S || h->silent_s < -LT_CLAIM_SIGN_S;
    if (h->silent_s > LT_CLAIM_STALE_S)
        return true;
    this_host(host);
    return strcmp(host, h->host) == 0 && kill((pid_t)h->pid, 0) && errno == ESRCH;
}

/* The claim of that descriptor, if the name is still its own. Whoever removes a claim holds the lock of its
 * file: so nobody removes one that has just been made under the same name. Without the lock, somebody else is
 * removing it. */
static ltc_status remove_claim(const char *path, int fd, ltc_error *err)
{
    struct stat ours, there;
    if (flock(fd, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? LTC_OK : fail(path, "cannot be locked", errno, err);
    if (fstat(fd, &ours) || lstat(path, &there))
        return errno == ENOENT ? LTC_OK : fail(path, "cannot be read", errno, err);
    if (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino || unlink(path) == 0)
        return LTC_OK;
    return fail(path, "cannot be removed", errno, err);
}

/* *held: a living process has it. Not held: it is gone, or somebody is taking it over. */
static ltc_status judge(const char *path, owner *h, bool *held, ltc_error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *held = false;
    if (fd < 0)
        return errno == ENOENT ? LTC_OK : fail(path, "cannot be read", errno, err);
    ltc_status st = look(path, fd, h, err);
    *held = !st && !is_stale(h);
    if (!st && !*held)
        st = remove_claim(path, fd, err);
    close(fd);                                /* and unlocks */
    return st;
}

static void describe(const owner *h, char holder[HOLDER_BYTES])
{
    if (h->host[0])
        snprintf(holder, HOLDER_BYTES, "process %ld on %s, last heard of %.0f s ago", h->pid, h->host,
                 h->silent_s > 0 ? h->silent_s : 0);
    else
        snprintf(holder, HOLDER_BYTES, "somebody who has not signed yet");
}

/* Until we have it or a living process does. Attempts end only while others take it over, or come and go. */
static ltc_status take(const char *path, int *fd, char holder[HOLDER_BYTES], ltc_error *err)
{
    owner h = { 0 };
    bool held = false;
    ltc_status st = LTC_OK;
    for (int i = 0; i < ATTEMPTS && !st && !held; i++) {
        st = create(path, fd, err);
        if (*fd >= 0)
            return LTC_OK;
        if (!st)
            st = judge(path, &h, &held, err);
    }
    describe(&h, holder);
    return st;
}

ltc_status lt_claim_take(lt_store *s, const lt_digest *key, lt_claim **claim, char holder[160],
                         ltc_error *err)
{
    *claim = NULL;
    holder[0] = '\0';
    char *path = lt_place_of(s, LT_CLAIMS, key, err);
    if (!path)
        return LTC_ENOMEM;
    lt_claim *c = lt_array(1, sizeof *c);
    if (!c) {
        free(path);
        return ltc_fail(err, LTC_ENOMEM, "no memory for a claim");
    }
    *c = (lt_claim){ .path = path, .fd = -1 };
    const ltc_status st = take(path, &c->fd, holder, err);
    if (c->fd >= 0) {
        *claim = c;
        return LTC_OK;
    }
    free(path);
    free(c);
    return st;
}

/* One that was taken over beats on a file without a name, which harms nobody. */
bool lt_claim_beat(lt_claim *c)
{
    struct stat file;
    futimens(c->fd, NULL);
    return fstat(c->fd, &file) || file.st_nlink;
}

void lt_claim_release(lt_claim *c)
{
    ltc_error ignored;                        /* what stays behind is stale soon */
    if (!c)
        return;
    remove_claim(c->path, c->fd, &ignored);
    close(c->fd);
    free(c->path);
    free(c);
}
