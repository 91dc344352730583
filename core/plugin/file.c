/* Owns nothing: looks at plug-in files ahead of dlopen, whose own words for what is wrong with them are
 * poor. */
#include "plugin/file.h"

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/memory.h"

static ltc_status check_writers(const char *path, const char *noun, char note[LT_NOTE_BYTES], ltc_error *err)
{
    struct stat s;
    if (stat(path, &s))
        return ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(errno));
    if (s.st_mode & S_IWOTH)
        return ltc_fail(err, LTC_EINVAL, "%s: everybody may write to this %s, so nothing is loaded from it: "
                        "take that right away with chmod o-w", path, noun);
    if (s.st_uid != geteuid() && s.st_uid != 0)
        snprintf(note, LT_NOTE_BYTES, "%s: this %s belongs to another user (uid %lu)", path, noun,
                 (unsigned long)s.st_uid);
    else if (s.st_mode & S_IWGRP)
        snprintf(note, LT_NOTE_BYTES, "%s: its group may write to this %s (chmod g-w)", path, noun);
    return LTC_OK;
}

static ltc_status check_directory_of(const char *path, char note[LT_NOTE_BYTES], ltc_error *err)
{
    const char *slash = strrchr(path, '/');
    const size_t n = slash ? (size_t)(slash - path) : 0;
    char *dir = lt_array(n + 2, 1);
    if (!dir)
        return ltc_fail(err, LTC_ENOMEM, "no memory to look at %s", path);
    memcpy(dir, path, n);
    if (!n)
        dir[0] = slash ? '/' : '.';
    const ltc_status st = check_writers(dir, "directory", note, err);
    free(dir);
    return st;
}

/* Where the name stands and where a link leads to. */
static ltc_status check_place(const char *path, const char *real, char note[LT_NOTE_BYTES], ltc_error *err)
{
    struct stat s;
    note[0] = '\0';
    if (stat(real, &s))
        return ltc_fail(err, LTC_EIO, "%s: %s", real, strerror(errno));
    if (!S_ISREG(s.st_mode))
        return ltc_fail(err, LTC_EINVAL, "%s: %s, where the file of a plug-in was expected", real,
                        S_ISDIR(s.st_mode) ? "a directory" : "neither a file nor a link to one");
    ltc_status st = check_directory_of(path, note, err);
    if (!st)
        st = check_directory_of(real, note, err);
    return st ? st : check_writers(real, "file", note, err);
}

/* The first bytes of a file, as far as there are any; -1, with errno, if it cannot be read. */
static long read_head(const char *path, void *head, size_t n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return -1;
    const size_t got = fread(head, 1, n, f);
    const int failed = ferror(f) ? errno : 0;
    fclose(f);
    errno = failed;
    return failed ? -1 : (long)got;
}

/* Is it cut short? The table of sections stands at the end of what linkers write. */
static ltc_status check_whole(const char *path, const ElfW(Ehdr) *head, ltc_error *err)
{
    struct stat s;
    const uint64_t need = head->e_shoff + (uint64_t)head->e_shnum * head->e_shentsize;
    if (stat(path, &s) == 0 && (uint64_t)s.st_size < need)
        return ltc_fail(err, LTC_EIO, "%s: cut short, %llu bytes of at least %llu: copy or build it again",
                        path, (unsigned long long)s.st_size, (unsigned long long)need);
    return LTC_OK;
}

/* Type and machine stand at the same place in headers of 32 and of 64 bits. */
static ltc_status check_elf(const char *path, ltc_error *err)
{
    ElfW(Ehdr) head, own;
    memset(&head, 0, sizeof head);
    const long got = read_head(path, &head, sizeof head);
    if (got < 0)
        return ltc_fail(err, LTC_EIO, "%s: cannot be read: %s", path, strerror(errno));
    if (got < (long)sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
        return ltc_fail(err, LTC_EINVAL, "%s: not a shared library: build it with cc -shared -fPIC", path);
    if (read_head("/proc/self/exe", &own, sizeof own) == (long)sizeof own &&
        (head.e_ident[EI_CLASS] != own.e_ident[EI_CLASS] || head.e_machine != own.e_machine))
        return ltc_fail(err, LTC_EINVAL,
                        "%s: built for another machine (ELF class %d, machine %d; this program is "
                        "class %d, machine %d): build it here",
                        path, head.e_ident[EI_CLASS], head.e_machine, own.e_ident[EI_CLASS], own.e_machine);
    if (head.e_type != ET_DYN)
        return ltc_fail(err, LTC_EINVAL, "%s: compiled, but not a shared library: link it with cc -shared",
                        path);
    return check_whole(path, &head, err);
}

ltc_status lt_file_accept(const char *path, char **real, char note[LT_NOTE_BYTES], ltc_error *err)
{
    struct stat link;
    char *resolved = realpath(path, NULL);
    if (!resolved)
        return ltc_fail(err, LTC_EIO, "%s: %s%s", path, strerror(errno),
                        lstat(path, &link) == 0 && S_ISLNK(link.st_mode) ? ", where this link leads" : "");
    ltc_status st = check_place(path, resolved, note, err);
    if (!st)
        st = check_elf(resolved, err);
    if (st)
        free(resolved);
    else
        *real = resolved;
    return st;
}
