/* Records: a data set whose files are nothing but records of one length: a byte for each label, then the
 * pixels of an image of 3 x 32 x 32, channel by channel. CIFAR's binary version began it. Used by cifar10.c
 * and cifar100.c. */
#ifndef DATASETS_RECORDS_H
#define DATASETS_RECORDS_H

#include <ltcore/dataset.h>

enum { RECORDS_CHANNELS = 3, RECORDS_SIDE = 32, RECORDS_LABELS_MAX = 2, RECORDS_FILES_MAX = 5 };

/* What one byte of labels says. */
typedef struct records_label {
    uint32_t           n_classes;
    const char *const *class_name;            /* [n_classes] */
} records_label;

/* A split: files of equally many records. */
typedef struct records_split {
    const char *name, *file[RECORDS_FILES_MAX];
    uint32_t    n_files;
    uint64_t    per_file;
} records_split;

/* What differs between two such data sets. Constant data of the module. */
typedef struct records_kind {
    const char   *title;                      /* "CIFAR-10" */
    const char   *remedy;                     /* what to do when the files are not there; follows "; " */
    records_split split[2];
    uint32_t      n_labels;                   /* bytes before the pixels */
    records_label label[RECORDS_LABELS_MAX];
    float         mean[RECORDS_CHANNELS], std[RECORDS_CHANNELS];      /* in units of x/255 */
} records_kind;

/* The four operations of ltc_dataset_ops; open's directory is the option `path`, and `which` the byte that is
 * the label. Opening looks at the files' sizes and keeps them open; reading takes what is asked for from
 * there and checks the labels of what it read, all bytes of them, as nothing else in a record can be checked.
 * Nothing is kept in memory and nothing changes between open and close, which is what makes reading
 * [parallel]. */
ltc_status records_open(const records_kind *kind, uint32_t which, const ltc_host *h, const char *directory,
                        void **self, ltc_error *err);
void records_close(void *self);
ltc_status records_info(const void *self, ltc_dataset_info *info, ltc_error *err);
ltc_status records_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                        int32_t *label, ltc_error *err);

#endif
