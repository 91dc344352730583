/* ltcore/dataset.h: a dataset plug-in decodes samples, and does nothing else to them.
 *
 * Shuffling, the validation split, normalisation and augmentation are the core's, so that no two readers
 * differ in them. A u8 sample x enters the network as ((float)x / 255.0f - mean) / std, each operation
 * rounded to float, as torchvision's ToTensor and Normalize have it; a float sample without the division. */
#ifndef LTCORE_DATASET_H
#define LTCORE_DATASET_H

#include <ltcore/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LTC_DATASET_ABI 1u

/* "train", "validation" or "test". Frozen. */
typedef struct ltc_split { const char *name; uint64_t count; } ltc_split;

/* What there is. Pointers live until close. */
typedef struct ltc_dataset_info {
    uint32_t size, sample_type;               /* LTC_U8 or LTC_F32 */
    uint32_t rank, n_classes, n_splits, reserved;
    const int64_t     *dim;                   /* [rank] of one sample: C, H, W */
    const ltc_split   *split;                 /* "train" and "test" at least */
    const char *const *class_name;            /* [n_classes] or NULL */
    const float       *mean, *std;            /* as published, per channel, in units of x/255; or NULL */
} ltc_dataset_info;

typedef struct ltc_dataset_ops {
    uint32_t   size, host_size, dataset_info_size, reserved;

    /* Cheap: looks at names, sizes and headers. A missing file's message says where it was
     * looked for. [serial] */
    ltc_status (*open)(const ltc_host *h, const void *opts, void **self, ltc_error *err);
    void       (*close)(void *self);
    ltc_status (*info)(const void *self, ltc_dataset_info *info, ltc_error *err); /* [serial] */

    /* Samples [first, first + count) of a split into x [count][dim...] and label [count], the
     * core's. [parallel] */
    ltc_status (*read)(const void *self, uint32_t split, uint64_t first, uint64_t count,
                       void *x, int32_t *label, ltc_error *err);
} ltc_dataset_ops;
#define LTC_DATASET_OPS .size = sizeof(ltc_dataset_ops), LTC_SIZE(host), LTC_SIZE(dataset_info)

#ifdef __cplusplus
}
#endif
#endif
