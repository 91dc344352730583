/* Fashion-MNIST: articles of clothing, 60,000 to train and 10,000 to test, 28 x 28, grey. */
#include "get_data.h"
#include "quartet.h"

static const quartet_kind fashion_mnist_kind = {
    .title = "Fashion-MNIST",
    .remedy = "install the Debian package dataset-fashion-mnist; " GET_DATA("fashion-mnist") " too",
    .class_name = { "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                    "Bag", "Ankle boot" },
    .mean = 0.2860f, .std = 0.3530f,          /* of the training images, to four digits */
};

typedef struct fashion_mnist_options { const char *path; } fashion_mnist_options;
static const ltc_opt fashion_mnist_table[] = {
    LTC_PATH(fashion_mnist_options, path, "fashion-mnist",
             "directory of the four IDX files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
             "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or with .gz; "
             "the Debian package dataset-fashion-mnist brings them; " GET_DATA("fashion-mnist") " too",
             .flags = LTC_OPT_SEARCH | LTC_OPT_NEUTRAL),
};
static const ltc_schema fashion_mnist_schema = LTC_SCHEMA(fashion_mnist_options, fashion_mnist_table);

static ltc_status fashion_mnist_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const fashion_mnist_options *o = opts;
    return quartet_open(&fashion_mnist_kind, h, o->path, self, err);
}

static const ltc_dataset_ops fashion_mnist_ops = {
    LTC_DATASET_OPS,
    .open = fashion_mnist_open, .close = quartet_close, .info = quartet_info, .read = quartet_read,
};
static const ltc_module fashion_mnist = {
    LTC_MODULE(LTC_DATASET, fashion_mnist_ops), .name = "fashion-mnist", .version = "1.0",
    .summary = "articles of clothing, 28 x 28, grey; 60,000 to train, 10,000 to test",
    .source = "Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747",
    .schema = &fashion_mnist_schema,
};
LTC_PLUGIN(&fashion_mnist);
