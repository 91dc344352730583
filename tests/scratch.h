/* Directories of a test's own, and files in them. Used by the tests of readers. */
#ifndef LT_TESTS_SCRATCH_H
#define LT_TESTS_SCRATCH_H

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A new one, whose name begins with `prefix`. */
static inline void make_scratch(char path[256], const char *prefix)
{
    snprintf(path, 256, "%s/%s-XXXXXX", TEST_BINARY_DIR, prefix);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
}

static inline void remove_directory(const char *path)
{
    DIR *d = opendir(path);
    char name[512];
    for (const struct dirent *e; d && (e = readdir(d));) {
        snprintf(name, sizeof name, "%s/%.200s", path, e->d_name);
        if (e->d_name[0] != '.')
            remove(name);
    }
    closedir(d);
    rmdir(path);
}

static inline void write_bytes(const char *directory, const char *name, const unsigned char *b, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(b, 1, n, f), n);
    fclose(f);
}

#endif
