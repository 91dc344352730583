/* Reader: an opened instance of a dataset plug-in whose description has been checked. For data.c alone. */
#ifndef LT_DATA_READER_H
#define LT_DATA_READER_H

#include "data/data.h"

typedef struct lt_reader {
    const lt_module *module;
    ltc_host        *host;
    void            *self;
    ltc_dataset_info info;                    /* adopted, checked; what it points to is the plug-in's */
    size_t           sample_bytes;
    uint64_t         count[LT_SPLITS];        /* samples; 0: there is no such split */
    uint32_t         number[LT_SPLITS];       /* the plug-in's number of each split */
    uint64_t         memory;                  /* of the services */
} lt_reader;

/* Opens the data set and refuses a description that cannot be right, naming the plug-in and what is wrong. */
ltc_status lt_reader_open(const lt_module *m, const void *options, const lt_services *services, lt_reader *r,
                          ltc_error *err);
void lt_reader_close(lt_reader *r);

/* The whole split into x [count][dim...] and label [count]. Every label is in range and every float finite,
 * or the sentence says which is not. Asks between blocks whether to stop. */
ltc_status lt_reader_read(const lt_reader *r, uint32_t split, void *x, int32_t *label, ltc_error *err);

#endif
