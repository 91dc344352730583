/* Whole-file input and output for configurations and results. */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ltc_status lt_file_read(const char *path, lt_text *to, ltc_error *err)
{
    char block[8192];
    FILE *f = fopen(path, "re");
    if (!f)
        return ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(errno));
    size_t got;
    lt_text_put(to, "", 0);
    while ((got = fread(block, 1, sizeof block, f)) > 0)
        lt_text_put(to, block, got);
    const bool bad = ferror(f);
    const int why = errno;
    fclose(f);
    if (bad)
        return ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(why));
    return to->failed ? ltc_fail(err, LTC_ENOMEM, "%s: no memory to read it", path) : LTC_OK;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n) {
        const ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return fsync(fd) == 0;
}

/* So that the new name itself is on disk. */
static void sync_directory_of(const char *path)
{
    lt_text dir = { 0 };
    const char *slash = strrchr(path, '/');
    lt_text_put(&dir, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1);
    const int fd = dir.failed ? -1 : open(dir.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    lt_text_free(&dir);
}

ltc_status lt_file_write(const char *path, const void *p, size_t n, ltc_error *err)
{
    lt_text part = { 0 };
    lt_text_add(&part, "%s.%ld.part", path, (long)getpid());
    if (part.failed)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory to write it", path);
    const int fd = open(part.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && write_all(fd, p, n);
    int why = errno;
    if (fd >= 0 && close(fd) && ok)
        ok = false, why = errno;
    if (ok && rename(part.s, path))
        ok = false, why = errno;
    if (ok)
        sync_directory_of(path);
    else if (fd >= 0)
        unlink(part.s);
    lt_text_free(&part);
    return ok ? LTC_OK : ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(why));
}

ltc_status lt_file_make_directory(const char *path, ltc_error *err)
{
    lt_text p = { 0 };
    lt_text_add(&p, "%s", path);
    if (p.failed)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory to make it", path);
    bool ok = true;
    for (char *c = p.s + 1; ok; c++) {
        if (*c != '/' && *c)
            continue;
        const char end = *c;
        *c = '\0';
        ok = mkdir(p.s, 0777) == 0 || errno == EEXIST;
        *c = end;
        if (!end)
            break;
    }
    struct stat st;
    ok = ok && stat(path, &st) == 0;
    const int why = errno;
    lt_text_free(&p);
    if (!ok)
        return ltc_fail(err, LTC_EIO, "%s: cannot be made: %s", path, strerror(why));
    return S_ISDIR(st.st_mode) ? LTC_OK : ltc_fail(err, LTC_EIO, "%s: is not a directory", path);
}
