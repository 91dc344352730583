/* Runs a target over files: the seeds, and what once broke it. Stands in for libFuzzer wherever the target is
 * built without it.
 *
 * fuzz_NAME PATH...      a file, or a directory of files */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

/* A target's mutator calls this one of libFuzzer's, and nobody calls the mutator here. */
size_t LLVMFuzzerMutate(uint8_t *byte, size_t n, size_t room);
size_t LLVMFuzzerMutate(uint8_t *byte, size_t n, size_t room)
{
    (void)byte, (void)room;
    return n;
}

static bool is_hidden(const char *name)
{
    return *name == '.';
}

static bool run_file(const char *path, size_t *n_run)
{
    FILE *f = fopen(path, "rb");
    uint8_t *byte = NULL;
    long n = f && !fseek(f, 0, SEEK_END) ? ftell(f) : -1;
    bool ok = n >= 0 && !fseek(f, 0, SEEK_SET) && (byte = malloc((size_t)n + !n)) &&
              fread(byte, 1, (size_t)n, f) == (size_t)n;
    if (f)
        fclose(f);
    if (!ok)
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
    if (ok) {
        fprintf(stderr, "%s\n", path);        /* if it crashes, the last line says by what */
        LLVMFuzzerTestOneInput(byte, (size_t)n);
        ++*n_run;
    }
    free(byte);
    return ok;
}

/* Directories within directories too. */
static bool run_path(const char *path, size_t *n_run)
{
    char name[4096];
    DIR *d = opendir(path);
    bool ok = true;
    if (!d)
        return run_file(path, n_run);
    for (const struct dirent *e; ok && (e = readdir(d));) {
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        ok = is_hidden(e->d_name) || run_path(name, n_run);
    }
    closedir(d);
    return ok;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    bool ok = LLVMFuzzerTestOneInput((const uint8_t *)"", 0) == 0;
    for (int i = 1; i < argc; i++)
        ok = run_path(argv[i], &n) && ok;
    printf("%zu inputs\n", n);
    return ok && n ? EXIT_SUCCESS : EXIT_FAILURE;
}
