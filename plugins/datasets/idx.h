/* IDX: one file of the format that MNIST came in: big-endian magic and dimensions, then bytes. Plain or
 * gzipped.
 *
 * Opening reads the header; loading brings the whole file into memory, decompressed. Used by quartet.c. */
#ifndef DATASETS_IDX_H
#define DATASETS_IDX_H

#include <ltcore/plugin.h>

enum { IDX_RANK_MAX = 3 };

typedef struct idx_file {
    char    *path;
    uint32_t rank, dim[IDX_RANK_MAX];         /* dim[0]: how many; the others of one, 1 beyond the rank */
    size_t   bytes;                           /* behind the header: the product of dim */
    uint8_t *data;                            /* [bytes]; NULL until it is loaded */
} idx_file;

/* Finds DIRECTORY/STEM-idxR-ubyte, also with a dot for the first dash of the ending and with .gz behind, R
 * being the rank, and checks the header: magic number, dimensions, and the file's size as far as it says
 * something. */
ltc_status idx_open(const char *directory, const char *stem, uint32_t rank, idx_file *f, ltc_error *err);
void idx_close(idx_file *f);                  /* safe on a zeroed one */

/* Reads what the header promised, no more and no less. Asks h now and then whether to stop. Not for two
 * threads at once on one file. */
ltc_status idx_load(idx_file *f, const ltc_host *h, ltc_error *err);

#endif
