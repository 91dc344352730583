/* CIFAR's records, with as few of them as make a data set: two files of two for training and one of two for
 * testing, two bytes of labels each.
 *
 * A byte: which of the labels is read. Then the three files, a part each, made as long as they have to be
 * unless the byte's high bit is set. */
#include <string.h>

#include "datasets/records.h"
#include "dataset.h"

enum { PER_FILE = 2, LABELS = 2, RECORD = LABELS + RECORDS_CHANNELS * RECORDS_SIDE * RECORDS_SIDE };

static const char *const files[] = { "a.bin", "b.bin", "test.bin" };
static const records_kind kind = {
    .title = "records", .remedy = "fetch them", .n_labels = LABELS,
    .split = { { .name = "train", .n_files = 2, .per_file = PER_FILE, .file = { "a.bin", "b.bin" } },
               { .name = "test", .n_files = 1, .per_file = PER_FILE, .file = { "test.bin" } } },
    .label = { { .n_classes = 2 }, { .n_classes = 5 } },
    .mean = { 0.5f, 0.5f, 0.5f }, .std = { 0.25f, 0.25f, 0.25f },
};

typedef struct options { const char *path; uint32_t which; } options;

static ltc_status open_records(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const options *o = opts;
    return records_open(&kind, o->which, h, o->path, self, err);
}

static const ltc_dataset_ops ops = {
    LTC_DATASET_OPS, .open = open_records, .close = records_close, .info = records_info, .read = records_read,
};
static const ltc_module module = {
    LTC_MODULE(LTC_DATASET, ops), .name = "records", .version = "1.0", .summary = "a few records",
};
LTC_PLUGIN(&module);

static void put(const char *name, fuzz_input in, bool as_it_is)
{
    uint8_t whole[PER_FILE * RECORD] = { 0 };
    char path[FUZZ_PATH];
    if (in.n)
        memcpy(whole, in.byte, in.n < sizeof whole ? in.n : sizeof whole);
    fuzz_write(name, as_it_is ? in : (fuzz_input){ whole, sizeof whole }, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    fuzz_input in = { byte, n };
    const unsigned flags = fuzz_byte(&in);
    const options o = { fuzz_directory(), flags & 1 };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        put(files[i], fuzz_part(&in), flags & 0x80);
    fuzz_dataset(fuzz_linked(), &o);
    return 0;
}
