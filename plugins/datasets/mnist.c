/* MNIST: handwritten digits, 60,000 to train and 10,000 to test, 28 x 28, grey. */
#include "get_data.h"
#include "quartet.h"

static const quartet_kind mnist_kind = {
    .title = "MNIST",
    .remedy = GET_DATA("mnist") ", or set path to where the four files are",
    .class_name = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" },
    .mean = 0.1307f, .std = 0.3081f,          /* of the training images, as in PyTorch's examples/mnist */
};

typedef struct mnist_options { const char *path; } mnist_options;
static const ltc_opt mnist_table[] = {
    LTC_PATH(mnist_options, path, "mnist",
             "directory of the four IDX files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
             "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or with .gz; "
             GET_DATA("mnist"),
             .flags = LTC_OPT_SEARCH | LTC_OPT_NEUTRAL),
};
static const ltc_schema mnist_schema = LTC_SCHEMA(mnist_options, mnist_table);

static ltc_status mnist_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const mnist_options *o = opts;
    return quartet_open(&mnist_kind, h, o->path, self, err);
}

static const ltc_dataset_ops mnist_ops = {
    LTC_DATASET_OPS,
    .open = mnist_open, .close = quartet_close, .info = quartet_info, .read = quartet_read,
};
static const ltc_module mnist = {
    LTC_MODULE(LTC_DATASET, mnist_ops), .name = "mnist", .version = "1.0",
    .summary = "handwritten digits, 28 x 28, grey; 60,000 to train, 10,000 to test",
    .source = "LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
    .schema = &mnist_schema,
};
LTC_PLUGIN(&mnist);
