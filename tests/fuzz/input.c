/* Owns the directory that a target's files are in. */
#define _XOPEN_SOURCE 700                     /* nftw */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint8_t fuzz_byte(fuzz_input *in)
{
    if (!in->n)
        return 0;
    in->n--;
    return *in->byte++;
}

static fuzz_input take(fuzz_input *in, size_t n)
{
    const fuzz_input part = { in->byte, n < in->n ? n : in->n };
    in->byte += part.n, in->n -= part.n;
    return part;
}

fuzz_input fuzz_part(fuzz_input *in)
{
    const size_t low = fuzz_byte(in), high = fuzz_byte(in);
    return take(in, high << 8 | low);
}

fuzz_input fuzz_until(fuzz_input *in, uint8_t mark)
{
    const uint8_t *end = in->n ? memchr(in->byte, mark, in->n) : NULL;
    const fuzz_input part = take(in, end ? (size_t)(end - in->byte) : in->n);
    take(in, 1);
    return part;
}

char *fuzz_text(fuzz_input in)
{
    char *text = malloc(in.n + 1);
    fuzz_must(text, "there is memory for an input");
    if (in.n)
        memcpy(text, in.byte, in.n);
    text[in.n] = '\0';
    return text;
}

/* State, since neither the entry of a target nor atexit() has an argument for it. */
static char directory[FUZZ_PATH / 2];

static int remove_entry(const char *path, const struct stat *is, int type, struct FTW *at)
{
    (void)is, (void)type, (void)at;
    return remove(path);
}

static void remove_directory(void)
{
    nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_directory(void)
{
    const char *in = getenv("TMPDIR");
    if (*directory)
        return directory;
    const int n = snprintf(directory, sizeof directory, "%s/ltcore-fuzz-XXXXXX", in && *in ? in : "/tmp");
    fuzz_must(n > 0 && (size_t)n < sizeof directory && mkdtemp(directory), "a directory can be made");
    fuzz_must(!atexit(remove_directory), "a directory can be removed at the end");
    return directory;
}

static const char *path_of(const char *name, char path[FUZZ_PATH])
{
    const int n = snprintf(path, FUZZ_PATH, "%s/%s", fuzz_directory(), name);
    fuzz_must(n > 0 && n < FUZZ_PATH, "a name is short");
    return path;
}

const char *fuzz_write(const char *name, fuzz_input in, char path[FUZZ_PATH])
{
    const int fd = open(path_of(name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_must(fd >= 0 && write(fd, in.n ? in.byte : (const uint8_t *)"", in.n) == (ssize_t)in.n && !close(fd),
              "a file can be written");
    return path;
}

void fuzz_remove(const char *name)
{
    char path[FUZZ_PATH];
    fuzz_must(!unlink(path_of(name, path)) || errno == ENOENT, "a file can be removed");
}

void fuzz_folder(const char *name)
{
    char path[FUZZ_PATH];
    fuzz_must(!mkdir(path_of(name, path), 0700) || errno == EEXIST, "a folder can be made");
}

void fuzz_must(bool held, const char *promise)
{
    if (held)
        return;
    fprintf(stderr, "broken: %s\n", promise);
    abort();
}

ltc_status fuzz_said(ltc_status st, const ltc_error *err)
{
    fuzz_must(!st || *err->message, "a refusal says why");
    fuzz_must(!st || memchr(err->message, 0, sizeof err->message), "a sentence ends");
    return st;
}
