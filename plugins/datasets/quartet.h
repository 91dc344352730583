/* Quartet: a data set that is four IDX files in a directory: images and labels, to train and to test with.
 * MNIST began it and others took it over, so a module is a description and one option. Used by mnist.c and
 * fashion-mnist.c. */
#ifndef DATASETS_QUARTET_H
#define DATASETS_QUARTET_H

#include <ltcore/dataset.h>

enum { QUARTET_CLASSES = 10 };

/* What differs between two such data sets. Constant data of the module. */
typedef struct quartet_kind {
    const char *title;                        /* "Fashion-MNIST" */
    const char *remedy;                       /* what to do when the files are not there; follows "; " */
    const char *class_name[QUARTET_CLASSES];
    float       mean, std;                    /* of the one channel, in units of x/255 */
} quartet_kind;

/* The four operations of ltc_dataset_ops; open's directory is the option `path`. Opening reads four headers.
 * The first read of a split brings its two files into memory, decompressed, and later ones copy from
 * there. */
ltc_status quartet_open(const quartet_kind *kind, const ltc_host *h, const char *directory, void **self,
                        ltc_error *err);
void quartet_close(void *self);
ltc_status quartet_info(const void *self, ltc_dataset_info *info, ltc_error *err);
ltc_status quartet_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                        int32_t *label, ltc_error *err);

#endif
