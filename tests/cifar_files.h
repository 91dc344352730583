/* Record files of CIFAR's in tests: of the right size, most of it a hole, with something to be seen in every
 * 397th record and in the last; and ways to damage them. */
#ifndef LT_TESTS_CIFAR_FILES_H
#define LT_TESTS_CIFAR_FILES_H

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

enum { PIXELS = 3 * 32 * 32, MARK_EVERY = 397 };

/* The two data sets as they are described by those who made them. */
typedef struct layout {
    const char *name, *file[6];
    int n_files;                              /* the last is the test set */
    long per_file, test;
    int n_labels, n_classes[2], which;        /* classes by byte; which byte is the label by default */
} layout;
static const layout cifar10 = {
    "cifar10",
    { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin",
      "test_batch.bin" },
    6, 10000, 10000, 1, { 10, 0 }, 0,
};
static const layout cifar100 = {
    "cifar100", { "train.bin", "test.bin" }, 2, 50000, 10000, 2, { 20, 100 }, 1,
};

static inline long records_of(const layout *l, int file)
{
    return file == l->n_files - 1 ? l->test : l->per_file;
}

static inline bool is_marked(const layout *l, int file, long record)
{
    return record % MARK_EVERY == 0 || record == records_of(l, file) - 1;
}

static inline size_t bytes_of_record(const layout *l)
{
    return (size_t)l->n_labels + PIXELS;
}

static inline void make_record(const layout *l, int file, long record, unsigned char b[2 + PIXELS])
{
    memset(b, 0, 2 + PIXELS);
    for (int i = 0; i < l->n_labels && is_marked(l, file, record); i++)
        b[i] = (unsigned char)((record / MARK_EVERY + file + 3 * i) % l->n_classes[i]);
    for (int i = 0; i < PIXELS && is_marked(l, file, record); i++)
        b[l->n_labels + i] = (unsigned char)(7 * i + record + 31 * file);
}

static inline void write_record(const layout *l, int fd, int file, long record)
{
    unsigned char b[2 + PIXELS];
    const size_t n = bytes_of_record(l);
    make_record(l, file, record, b);
    CU_ASSERT_EQUAL_FATAL(pwrite(fd, b, n, record * (off_t)n), (ssize_t)n);
}

static inline void write_records(const layout *l, const char *directory, int file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, l->file[file]);
    const int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(ftruncate(fd, records_of(l, file) * (off_t)bytes_of_record(l)), 0);
    for (long r = 0; r < records_of(l, file); r++)
        if (is_marked(l, file, r))
            write_record(l, fd, file, r);
    close(fd);
}

static inline void write_all(const layout *l, char directory[256])
{
    make_scratch(directory, "cifar");
    for (int f = 0; f < l->n_files; f++)
        write_records(l, directory, f);
}

/* Samples that differ from what was written. */
static inline long count_wrong(const layout *l, uint32_t split, uint64_t first, uint64_t n, int which,
                               const unsigned char *x, const int32_t *label)
{
    long wrong = 0;
    for (uint64_t i = 0; i < n; i++) {
        const int file = split ? l->n_files - 1 : (int)((first + i) / (uint64_t)l->per_file);
        const long record = split ? (long)(first + i) : (long)((first + i) % (uint64_t)l->per_file);
        unsigned char b[2 + PIXELS];
        make_record(l, file, record, b);
        wrong += label[i] != b[which] || memcmp(x + i * PIXELS, b + l->n_labels, PIXELS);
    }
    return wrong;
}

/* What is done to one file, and what the sentence says. */
enum { SIZE, SET, GONE, FOLDER, PIPE, LOCKED };
typedef struct damage {
    const layout *l;
    int file, how;
    long at;                                  /* SIZE: the new one; SET: the place */
    int value;
    const char *says;
} damage;

static inline void write_damage(const damage *d, const char *directory)
{
    char path[512];
    const unsigned char value = (unsigned char)d->value;
    snprintf(path, sizeof path, "%s/%s", directory, d->l->file[d->file]);
    if (d->how == SIZE)
        CU_ASSERT_EQUAL(truncate(path, d->at), 0);
    if (d->how == SET) {
        const int fd = open(path, O_WRONLY);
        CU_ASSERT_EQUAL(pwrite(fd, &value, 1, d->at), 1);
        close(fd);
    }
    if (d->how == LOCKED)
        chmod(path, 0);
    if (d->how == GONE || d->how == FOLDER || d->how == PIPE)
        remove(path);
    if (d->how == FOLDER)
        mkdir(path, 0700);
    if (d->how == PIPE)
        CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
}

#endif
