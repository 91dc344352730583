/* CIFAR-10: small photographs of ten kinds of things, 50,000 to train and 10,000 to test, 3 x 32 x 32. */
#include "get_data.h"
#include "records.h"

static const char *const classes[] = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
};

static const records_kind cifar10_kind = {
    .title = "CIFAR-10",
    .remedy = GET_DATA("cifar10") ", or set path to where the six files are",
    .split = {
        { .name = "train", .n_files = 5, .per_file = 10000,
          .file = { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                    "data_batch_5.bin" } },
        { .name = "test", .n_files = 1, .per_file = 10000, .file = { "test_batch.bin" } },
    },
    .n_labels = 1,
    .label = { { sizeof classes / sizeof classes[0], classes } },
    /* Of all training pixels. The deviations 0.2023, 0.1994, 0.2010 that are also in use are something else:
     * the mean, over the images, of the deviation within one. normalise = "train" gives the data's own. */
    .mean = { 0.4914f, 0.4822f, 0.4465f }, .std = { 0.2470f, 0.2435f, 0.2616f },
};

typedef struct cifar10_options { const char *path; } cifar10_options;
static const ltc_opt cifar10_table[] = {
    LTC_PATH(cifar10_options, path, "cifar-10-batches-bin",
             "directory of the binary version's six files data_batch_1.bin to data_batch_5.bin and "
             "test_batch.bin; " GET_DATA("cifar10"),
             .flags = LTC_OPT_SEARCH | LTC_OPT_NEUTRAL),
};
static const ltc_schema cifar10_schema = LTC_SCHEMA(cifar10_options, cifar10_table);

static ltc_status cifar10_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const cifar10_options *o = opts;
    return records_open(&cifar10_kind, 0, h, o->path, self, err);
}

static const ltc_dataset_ops cifar10_ops = {
    LTC_DATASET_OPS,
    .open = cifar10_open, .close = records_close, .info = records_info, .read = records_read,
};
static const ltc_module cifar10 = {
    LTC_MODULE(LTC_DATASET, cifar10_ops), .name = "cifar10", .version = "1.0",
    .summary = "photographs of ten classes, 3 x 32 x 32; 50,000 to train, 10,000 to test",
    .source = "Krizhevsky 2009, Learning multiple layers of features from tiny images",
    .schema = &cifar10_schema,
};
LTC_PLUGIN(&cifar10);
