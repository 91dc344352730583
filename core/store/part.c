/* Owns the only way in which the store makes a file. Called for objects, records, roots and the
 * format. */
#include "store/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_TRIED = 10000 };

static ltc_status fail(const char *path, const char *what, int why, ltc_error *err)
{
    return ltc_fail(err, LTC_EIO, "%s: %s: %s", path, what, strerror(why));
}

/* Process and number only keep the attempts few: O_EXCL is what makes the name ours. */
ltc_status lt_part_open(lt_part *p, const char *path, ltc_error *err)
{
    *p = (lt_part){ .path = path, .fd = -1 };
    errno = EEXIST;
    for (int i = 0; i < NAMES_TRIED && p->fd < 0 && errno == EEXIST; i++) {
        p->name.n = 0;
        lt_text_add(&p->name, "%s.%ld.%d" LT_PART_SUFFIX, path, (long)getpid(), i);
        if (p->name.failed) {
            lt_text_free(&p->name);
            return ltc_fail(err, LTC_ENOMEM, "%s: no memory to write it", path);
        }
        p->fd = open(p->name.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    if (p->fd >= 0)
        return LTC_OK;
    const int why = errno;
    lt_text_free(&p->name);
    return fail(path, "cannot be written", why, err);
}

ltc_status lt_part_put(lt_part *p, const void *bytes, size_t n, ltc_error *err)
{
    const char *from = bytes;
    while (n) {
        const ssize_t done = write(p->fd, from, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return fail(p->path, "cannot be written", done ? errno : ENOSPC, err);
        from += done;
        n -= (size_t)done;
    }
    return LTC_OK;
}

/* The directory of path, "." for a bare name; without the slash, so that it can be asked for its own
 * directory. */
static bool put_directory(lt_text *dir, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        lt_text_put(dir, ".", 1);
    else
        lt_text_put(dir, path, slash == path ? 1 : (size_t)(slash - path));
    return !dir->failed;
}

/* So that the name itself is on disk. EINVAL: a file system that syncs no directories. */
static bool sync_directory(const char *dir)
{
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool ok = fsync(fd) == 0 || errno == EINVAL;
    const int why = errno;
    close(fd);
    errno = why;
    return ok;
}

static ltc_status sync_directory_of(const char *path, ltc_error *err)
{
    lt_text dir = { 0 };
    ltc_status st = LTC_OK;
    if (!put_directory(&dir, path))
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory to sync its directory", path);
    else if (!sync_directory(dir.s))
        st = fail(path, "its directory cannot be synced", errno, err);
    lt_text_free(&dir);
    return st;
}

ltc_status lt_part_commit(lt_part *p, ltc_error *err)
{
    const bool synced = fsync(p->fd) == 0;
    const int why = errno, fd = p->fd;
    p->fd = -1;
    if (close(fd) && synced)
        return fail(p->path, "cannot be written", errno, err);
    if (!synced)
        return fail(p->path, "cannot be written", why, err);
    if (rename(p->name.s, p->path))
        return fail(p->path, "cannot be given its name", errno, err);
    lt_text_free(&p->name);                   /* nothing left to remove */
    return sync_directory_of(p->path, err);
}

void lt_part_drop(lt_part *p)
{
    if (p->fd >= 0)
        close(p->fd);
    if (p->name.s)
        unlink(p->name.s);
    lt_text_free(&p->name);
    p->fd = -1;
}

ltc_status lt_part_write(const char *path, const void *bytes, size_t n, ltc_error *err)
{
    lt_part p;
    ltc_status st = lt_part_open(&p, path, err);
    if (st)
        return st;
    st = lt_part_put(&p, bytes, n, err);
    if (!st)
        st = lt_part_commit(&p, err);
    lt_part_drop(&p);
    return st;
}

ltc_status lt_part_make_folder(const char *path, ltc_error *err)
{
    lt_text dir = { 0 };
    ltc_status st = LTC_OK;
    if (!put_directory(&dir, path))
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory to make its directory", path);
    else if (mkdir(dir.s, 0777) == 0)
        st = sync_directory_of(dir.s, err);
    else if (errno != EEXIST)
        st = fail(dir.s, "cannot be made", errno, err);
    lt_text_free(&dir);
    return st;
}
