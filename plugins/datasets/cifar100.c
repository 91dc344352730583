/* CIFAR-100: small photographs of a hundred kinds of things in twenty groups, 50,000 to train and 10,000 to
 * test, 3 x 32 x 32. A record has two labels: first the group, then the kind. */
#include "get_data.h"
#include "records.h"

enum { COARSE, FINE, N_LABELS };              /* the option labels, and the place of the byte */

static const char *const groups[] = {
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
    "household_electrical_devices", "household_furniture", "insects", "large_carnivores",
    "large_man-made_outdoor_things", "large_natural_outdoor_scenes", "large_omnivores_and_herbivores",
    "medium_mammals", "non-insect_invertebrates", "people", "reptiles", "small_mammals", "trees",
    "vehicles_1", "vehicles_2",
};
static const char *const kinds[] = {
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl",
    "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair",
    "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin",
    "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp",
    "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck",
    "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
    "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
    "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger",
    "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman",
    "worm",
};
_Static_assert(sizeof groups / sizeof groups[0] == 20 && sizeof kinds / sizeof kinds[0] == 100,
               "a name for each label");

static const records_kind cifar100_kind = {
    .title = "CIFAR-100",
    .remedy = GET_DATA("cifar100") ", or set path to where the two files are",
    .split = {
        { .name = "train", .n_files = 1, .per_file = 50000, .file = { "train.bin" } },
        { .name = "test", .n_files = 1, .per_file = 10000, .file = { "test.bin" } },
    },
    .n_labels = N_LABELS,
    .label = { [COARSE] = { 20, groups }, [FINE] = { 100, kinds } },
    .mean = { 0.5071f, 0.4865f, 0.4409f }, .std = { 0.2673f, 0.2564f, 0.2762f }, /* of all training pixels */
};

typedef struct cifar100_options { const char *path; int64_t labels; } cifar100_options;
static const char *const label_choices[] = { [COARSE] = "coarse", [FINE] = "fine", [N_LABELS] = NULL };
static const ltc_opt cifar100_table[] = {
    LTC_PATH(cifar100_options, path, "cifar-100-binary",
             "directory of the binary version's two files train.bin and test.bin; " GET_DATA("cifar100"),
             .flags = LTC_OPT_SEARCH | LTC_OPT_NEUTRAL),
    LTC_ENUM(cifar100_options, labels, FINE, label_choices,
             "the 100 classes, or the 20 groups that they form"),
};
static const ltc_schema cifar100_schema = LTC_SCHEMA(cifar100_options, cifar100_table);

static ltc_status cifar100_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const cifar100_options *o = opts;
    return records_open(&cifar100_kind, (uint32_t)o->labels, h, o->path, self, err);
}

static const ltc_dataset_ops cifar100_ops = {
    LTC_DATASET_OPS,
    .open = cifar100_open, .close = records_close, .info = records_info, .read = records_read,
};
static const ltc_module cifar100 = {
    LTC_MODULE(LTC_DATASET, cifar100_ops), .name = "cifar100", .version = "1.0",
    .summary = "photographs of 100 classes or 20 groups, 3 x 32 x 32; 50,000 to train, 10,000 to test",
    .source = "Krizhevsky 2009, Learning multiple layers of features from tiny images",
    .schema = &cifar100_schema,
};
LTC_PLUGIN(&cifar100);
