/* IDX files in tests: four that are right, in a directory of their own, and ways to damage them. */
#ifndef LT_TESTS_IDX_FILES_H
#define LT_TESTS_IDX_FILES_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "scratch.h"

enum { ROWS = 4, COLUMNS = 3, N_TRAIN = 60, N_TEST = 16, ROOM = 4096 };

typedef struct file { const char *name; uint32_t rank, dim[3]; } file;
static const file files[4] = {
    { "train-images-idx3-ubyte", 3, { N_TRAIN, ROWS, COLUMNS } },
    { "train-labels-idx1-ubyte", 1, { N_TRAIN, 1, 1 } },
    { "t10k-images-idx3-ubyte", 3, { N_TEST, ROWS, COLUMNS } },
    { "t10k-labels-idx1-ubyte", 1, { N_TEST, 1, 1 } },
};
enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS };

typedef struct buffer { unsigned char b[ROOM]; size_t n; } buffer;

static inline void put_big_endian(buffer *to, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        to->b[to->n++] = (unsigned char)(v >> shift);
}

/* The file as it should be: labels are i mod 10, pixels 7 i plus the file's first letter. */
static inline buffer content(const file *f)
{
    buffer to = { .n = 0 };
    put_big_endian(&to, 0x800 | f->rank);
    for (uint32_t i = 0; i < f->rank; i++)
        put_big_endian(&to, f->dim[i]);
    for (uint32_t i = 0; i < f->dim[0] * f->dim[1] * f->dim[2]; i++)
        to.b[to.n++] = (unsigned char)(f->rank == 1 ? i % 10 : 7 * i + (unsigned char)f->name[0]);
    return to;
}

static inline void compress_buffer(buffer *x)
{
    buffer from = *x;
    z_stream z = { .next_in = from.b, .avail_in = (unsigned)from.n, .next_out = x->b, .avail_out = ROOM };
    CU_ASSERT_EQUAL_FATAL(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    CU_ASSERT_EQUAL_FATAL(deflate(&z, Z_FINISH), Z_STREAM_END);
    x->n = z.total_out;
    deflateEnd(&z);
}

static inline void write_file(const char *directory, const char *name, const buffer *x)
{
    write_bytes(directory, name, x->b, x->n);
}

/* "train-images-idx3-ubyte" with gz behind it or a dot in it. */
static inline const char *name_of(const file *f, bool gz, bool dot, char name[64])
{
    snprintf(name, 64, "%s%s", f->name, gz ? ".gz" : "");
    if (dot)
        *strstr(name, "-idx") = '.';
    return name;
}

static inline void write_quartet(const char *directory, bool gz, bool dot)
{
    char name[64];
    for (const file *f = files; f < files + 4; f++) {
        buffer x = content(f);
        if (gz)
            compress_buffer(&x);
        write_file(directory, name_of(f, gz, dot, name), &x);
    }
}

static inline void make_directory(char path[256])
{
    make_scratch(path, "idx");
}

/* What is done to one of the four files, before it is compressed or after. */
enum { CUT, ADD, SET, FLIP, GONE, FOLDER, LOCKED };
typedef struct damage {
    int which, gz, after, how;
    long at;                                  /* place, from the end if negative; ADD: how many */
    int value;
    const char *says;
} damage;

static inline void damage_buffer(const damage *d, buffer *x)
{
    const size_t at = d->at < 0 ? x->n - (size_t)-d->at : (size_t)d->at;
    if (d->how == CUT)
        x->n = at;
    if (d->how == ADD)
        memset(x->b + x->n, 0, at), x->n += at;
    if (d->how == SET)
        x->b[at] = (unsigned char)d->value;
    if (d->how == FLIP)
        x->b[at] ^= 0x10;
}

static inline void write_damaged(const char *directory, const damage *d)
{
    char name[64], path[512];
    buffer x = content(&files[d->which]);
    if (!d->after)
        damage_buffer(d, &x);
    if (d->gz)
        compress_buffer(&x);
    if (d->after)
        damage_buffer(d, &x);
    snprintf(path, sizeof path, "%s/%s", directory, name_of(&files[d->which], d->gz, false, name));
    remove(path);
    if (d->how == FOLDER)
        mkdir(path, 0700);
    else if (d->how != GONE)
        write_file(directory, name, &x);
    if (d->how == LOCKED)
        chmod(path, 0);
}

#endif
