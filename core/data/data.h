/* Data: decoded samples in memory, split for good, and how they enter the network. Read once, then only read.
 *
 * Bytes stay bytes: 60,000 images of 28 x 28 are 47 MB, and normalising one is a table look-up. */
#ifndef LT_DATA_DATA_H
#define LT_DATA_DATA_H

#include <ltcore/backend.h>
#include <ltcore/rng.h>

#include "plugin/host.h"
#include "plugin/registry.h"
#include "util/digest.h"
#include "util/memory.h"

enum { LT_TRAIN, LT_VALIDATION, LT_TEST, LT_SPLITS };           /* also the split numbers given to backends */

typedef struct lt_split {
    uint64_t  n;                              /* 0: there is none; x and label are then NULL */
    void     *x;                              /* [n][dim...] of u8 or float */
    int32_t  *label;                          /* [n], each in [0, n_classes) */
} lt_split;

/* Owns everything it points to. */
typedef struct lt_data {
    uint32_t  sample_type, rank, n_classes, pad;
    int64_t   dim[4];                         /* C, H, W as far as rank goes; unused ones are 1 */
    char    **class_name;                     /* [n_classes], or NULL */
    float    *published_mean, *published_std; /* [dim[0]], or NULL */
    lt_split  split[LT_SPLITS];
    uint32_t *validation_index;               /* [split[LT_VALIDATION].n]: rows of the reader's training
                                                 split, rising; NULL if it has its own validation split */
    lt_digest digest;                         /* SHA-256 of samples and labels as decoded, before the split */
    lt_arena  arena;                          /* class names and constants */
} lt_data;

/* What to read. options: the reader's option block. */
typedef struct lt_data_request {
    const lt_module   *reader;
    const void        *options;
    const lt_services *services;
    uint64_t           validation;            /* samples to take from training; a reader's own split wins */
    ltc_key            key_split;             /* which ones */
} lt_data_request;

/* Reads and checks everything (labels in range, floats finite, splits not empty), then splits. Takes seconds,
 * and LTC_ECANCELLED ends it early; *data is written on success alone. A bad count blames the option
 * "dataset.validation". */
ltc_status lt_data_load(const lt_data_request *r, lt_data *data, ltc_error *err);

/* Everything but the samples: opens and describes, reads nothing. */
ltc_status lt_data_describe(const lt_data_request *r, lt_data *data, ltc_error *err);
void lt_data_free(lt_data *d);                /* safe on a half-filled or zeroed one */

/* A split as plug-ins and libltsdk are told of it; it points into d. [any] */
ltc_data_desc lt_data_desc(const lt_data *d, uint32_t split);

/* Bytes of one sample. [any] */
size_t lt_data_sample_bytes(const lt_data *d);

/* The most frequent class of a split, as a share of its samples: what guessing reaches. NaN: the split is
 * empty, or there is no memory to count. [any] */
double lt_data_majority(const lt_data *d, uint32_t split);

/* "train", "validation", "test". */
const char *lt_split_name(uint32_t split);

#endif
