/* Owns the descriptor of a file that is read, and the judgement on it. Called by safetensors.c and
 * record.c. */
#include "store/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ltc_status fail(lt_stored *s, lt_condition c, int why, ltc_error *err)
{
    s->condition = c;
    return ltc_fail(err, LTC_EIO, "%s: %s", s->path, strerror(why));
}

/* O_NONBLOCK: a pipe of that name is refused, not waited for. */
ltc_status lt_stored_open(lt_stored *s, const char *path, ltc_error *err)
{
    struct stat info;
    *s = (lt_stored){ .path = path, .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
    if (s->fd < 0)
        return fail(s, errno == ENOENT ? LT_MISSING : LT_UNREAD, errno, err);
    if (fstat(s->fd, &info))
        return fail(s, LT_UNREAD, errno, err);
    s->condition = LT_DAMAGED;                /* until all of it was seen */
    if (!S_ISREG(info.st_mode))
        return ltc_fail(err, LTC_EIO, "%s: is not a file", path);
    s->bytes = (uint64_t)info.st_size;
    return LTC_OK;
}

/* A short file is a damaged one, and so is a sector that the disk cannot read. */
ltc_status lt_stored_read(lt_stored *s, void *to, size_t n, uint64_t at, ltc_error *err)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = pread(s->fd, (char *)to + done, n - done, (off_t)(at + done));
        if (got > 0)
            done += (size_t)got;
        else if (got == 0)
            return ltc_fail(err, LTC_EIO, "%s: ends before its data do", s->path);
        else if (errno != EINTR)
            return fail(s, errno == EIO ? LT_DAMAGED : LT_UNREAD, errno, err);
    }
    return LTC_OK;
}

lt_condition lt_stored_close(lt_stored *s, ltc_status st)
{
    if (s->fd >= 0)
        close(s->fd);
    if (st == LTC_ENOMEM || st == LTC_EINTERNAL)
        return LT_UNREAD;
    return st ? s->condition : LT_SOUND;
}
