/* Archives of arrays in tests: one that is right, member by member, as NumPy would write it without
 * compression; and ways to say something else in a header or in the archive's index. */
#ifndef LT_TESTS_NPZ_FILES_H
#define LT_TESTS_NPZ_FILES_H

#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { NPZ_ROOM = 8192, NPZ_MEMBERS = 4 };
enum { X_TRAIN, Y_TRAIN, X_TEST, Y_TEST };

typedef struct npz_bytes { unsigned char b[NPZ_ROOM]; size_t n; } npz_bytes;

/* A member: its array's header as text, its elements, and what the index says in place of the truth, if not
 * 0. */
typedef struct npz_member {
    const char   *name, *header;
    unsigned char version, minor;
    size_t        bytes;                      /* of elements: plus + i mod modulus, in bytes of width */
    size_t        width, modulus;
    uint64_t      plus;
    uint32_t      size, packed, method, crc;
} npz_member;

/* 6 and 3 samples of 2 x 3 bytes, with labels of 4 bytes below 3. */
#define NPZ_HEADER(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }"
#define NPZ_SAMPLES(called, shape, n) \
    { .name = called, .header = NPZ_HEADER("|u1", shape), .version = 1, \
      .bytes = n, .width = 1, .modulus = 256 }
#define NPZ_LABELS(called, shape, n) \
    { .name = called, .header = NPZ_HEADER("<i4", shape), .version = 1, \
      .bytes = 4 * n, .width = 4, .modulus = 3 }
static const npz_member npz_good[NPZ_MEMBERS] = {
    [X_TRAIN] = NPZ_SAMPLES("x_train.npy", "(6, 2, 3)", 36), [Y_TRAIN] = NPZ_LABELS("y_train.npy", "(6,)", 6),
    [X_TEST] = NPZ_SAMPLES("x_test.npy", "(3, 2, 3)", 18), [Y_TEST] = NPZ_LABELS("y_test.npy", "(3,)", 3),
};

/* `n` bytes of v, the least first. */
static inline void npz_put(npz_bytes *to, uint64_t v, int n)
{
    CU_ASSERT_FATAL(to->n + (size_t)n <= NPZ_ROOM);
    for (int i = 0; i < n; i++)
        to->b[to->n++] = (unsigned char)(i < 8 ? v >> 8 * i : 0);
}

static inline void npz_put_text(npz_bytes *to, const void *text, size_t n)
{
    CU_ASSERT_FATAL(to->n + n <= NPZ_ROOM);
    memcpy(to->b + to->n, text, n);
    to->n += n;
}

/* One .npy file. */
static inline void npz_put_array(npz_bytes *to, const npz_member *m)
{
    const size_t text = strlen(m->header);
    npz_put_text(to, "\x93NUMPY", 6);
    npz_put(to, m->version, 1);
    npz_put(to, m->minor, 1);
    npz_put(to, text + 1, m->version == 1 ? 2 : 4);
    npz_put_text(to, m->header, text);
    npz_put(to, '\n', 1);
    for (size_t i = 0; i < m->bytes / m->width; i++)
        npz_put(to, m->plus + i % m->modulus, (int)m->width);
}

/* What a local header and the index have in common, from the method on. */
static inline void npz_put_entry(npz_bytes *to, const npz_member *m, const npz_bytes *array)
{
    const uint32_t n = (uint32_t)array->n;
    npz_put(to, m->method, 2);
    npz_put(to, 0x00210000, 4);               /* 1 January 1980 */
    npz_put(to, m->crc ? m->crc : (uint32_t)crc32(0, array->b, n), 4);
    npz_put(to, m->packed ? m->packed : n, 4);
    npz_put(to, m->size ? m->size : n, 4);
    npz_put(to, strlen(m->name), 2);
    npz_put(to, 0, 2);
}

/* The archive: members, the index, the end. */
static inline void npz_make(npz_bytes *to, const npz_member *members)
{
    npz_bytes index = { .n = 0 };
    to->n = 0;
    for (const npz_member *m = members; m < members + NPZ_MEMBERS; m++) {
        npz_bytes array = { .n = 0 };
        const size_t at = to->n;
        npz_put_array(&array, m);
        npz_put_text(to, "PK\3\4\24\0\0\0", 8);
        npz_put_entry(to, m, &array);
        npz_put_text(to, m->name, strlen(m->name));
        npz_put_text(to, array.b, array.n);
        npz_put_text(&index, "PK\1\2\24\0\24\0\0\0", 10);
        npz_put_entry(&index, m, &array);
        npz_put(&index, 0, 10);
        npz_put(&index, at, 4);
        npz_put_text(&index, m->name, strlen(m->name));
    }
    const size_t at = to->n;
    npz_put_text(to, index.b, index.n);
    npz_put_text(to, "PK\5\6\0\0\0\0", 8);
    npz_put(to, NPZ_MEMBERS, 2);
    npz_put(to, NPZ_MEMBERS, 2);
    npz_put(to, index.n, 4);
    npz_put(to, at, 4);
    npz_put(to, 0, 2);
}

#endif
