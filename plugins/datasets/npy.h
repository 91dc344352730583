/* Npy: NumPy's format of one array: a header that says what the elements are and how many, then the elements.
 * Used by archive.c, which has the bytes, and by npz.c, which turns elements into samples and labels. */
#ifndef DATASETS_NPY_H
#define DATASETS_NPY_H

#include <ltcore/base.h>

enum {
    NPY_RANK_MAX  = 4,
    NPY_PREAMBLE  = 12,                       /* bytes that tell how long the header is */
    NPY_HEADER_MAX = 1 << 16                  /* a longer one is refused: NumPy writes 128 bytes */
};

typedef struct npy_header {
    char     kind;                            /* 'u', 'i': unsigned, signed integers; 'f': floating-point */
    uint32_t width;                           /* bytes of an element: 1 (integers), 2, 4, 8 */
    bool     big_endian, fortran;             /* fortran: the first dimension changes fastest */
    uint32_t rank;
    uint64_t dim[NPY_RANK_MAX];               /* none is 0; 1 beyond the rank */
    size_t   header_bytes, bytes;             /* from the beginning to the elements; of all elements */
} npy_header;

/* The header's length, from the file's first NPY_PREAMBLE bytes. In these two, `place` names the array in
 * sentences, "FILE: array 'x'". */
ltc_status npy_measure(const uint8_t *first, const char *place, size_t *header_bytes, ltc_error *err);

/* What the header says; n is its length. */
ltc_status npy_parse(const uint8_t *header, size_t n, const char *place, npy_header *h, ltc_error *err);

/* The element at p: as a float, a wider one rounded (kind 'f'); as a label (kinds 'u' and 'i'), -1 if it is
 * negative and INT32_MAX if it is that or more. */
float npy_float(const npy_header *h, const uint8_t *p);
int32_t npy_label(const npy_header *h, const uint8_t *p);

#endif
