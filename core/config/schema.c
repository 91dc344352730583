/* Owns the tables of the core's keys. They check (options.c), print `ltcore help config` (print.c) and write
 * the resolved run.cfg (write.c): a key that is not here does not exist.
 *
 * A default outside the bounds means "not set": such a key is written only if it was given. */
#include "config/schema.h"

#include <string.h>

#define KEY(f, t, ctype, ...)     LTC_OPT_LINE(lt_settings, f, t, ctype, __VA_ARGS__)
#define INT(f, d, lo, hi, ...)    LTC_INT(lt_settings, f, d, lo, hi, __VA_ARGS__)
#define REAL(f, d, lo, hi, ...)   LTC_REAL(lt_settings, f, d, lo, hi, __VA_ARGS__)
#define BOOL(f, d, ...)           LTC_BOOL(lt_settings, f, d, __VA_ARGS__)
#define ENUM(f, d, names, ...)    LTC_ENUM(lt_settings, f, d, names, __VA_ARGS__)
#define STRING(f, d, ...)         LTC_STRING(lt_settings, f, d, __VA_ARGS__)
#define PATH(f, d, ...)           LTC_PATH(lt_settings, f, d, __VA_ARGS__)
#define STRINGS(f, d, n0, n1, ...)    LTC_STRINGS(lt_settings, f, d, n0, n1, __VA_ARGS__)
#define PLUGIN(f, ...)            { KEY(f, LT_OPT_PLUGIN, lt_plugin_setting, __VA_ARGS__) }
#define MOMENT(f, d, ...)         { .str = d, KEY(f, LT_OPT_MOMENT, lt_moment, __VA_ARGS__) }
#define MOMENTS(f, d, n0, n1, ...) \
    { .str = d, .n_min = n0, .n_max = n1, KEY(f, LT_OPT_MOMENTS, lt_moments, __VA_ARGS__) }

#define INF  __builtin_inf()
#define MANY UINT32_MAX

static const char *const vary[] = { "init", "order", "augment", "mask", "dropout", NULL };
static const ltc_opt run_keys[] = {
    STRING(run.name, NULL,
        "The run's name, in reports and tables; without it, the configuration file's, without its ending.",
        .flags = LT_OPT_DERIVED),
    INT(run.seed, 1, 0, INT64_MAX,
        "The seed of every random number. Above 2147483647 it needs an L: 5000000000L."),
    INT(run.trials, 1, 1, INT32_MAX,
        "How often the whole experiment is repeated, each time with other random numbers."),
    PATH(run.output, NULL,
        "Where results go, from the current directory; without it, runs/NAME. -o replaces it.",
        .flags = LT_OPT_HERE | LT_OPT_DERIVED | LTC_OPT_NEUTRAL),
    STRINGS(run.vary, "\"init\", \"order\", \"augment\", \"mask\", \"dropout\"", 0, 5,
        "Which random numbers differ from trial to trial; the others are those of the first.",
        .choices = vary),
};

static const char *const normalise[] = { "published", "train", "unit", "none", NULL };
static const char *const augment[] = { "none", "crop-flip", NULL };
static const ltc_opt dataset_keys[] = {
    PLUGIN(dataset.plugin,
        "The data set, by its plug-in's name; that plug-in's options stand in this group too.",
        .flags = LTC_OPT_REQUIRED),
    INT(dataset.validation, 5000, 0, INT64_MAX,
        "How many training examples are set apart to choose the best step by."),
    INT(dataset.validation_seed, 0, 0, INT64_MAX,
        "Which ones: the seed of their choice, the same in all trials."),
    ENUM(dataset.normalise, LT_NORMALISE_PUBLISHED, normalise,
        "How inputs are scaled: by the data set's published mean and deviation, by those of the training "
        "examples, to [0, 1], or not at all."),
    ENUM(dataset.augment, LT_AUGMENT_NONE, augment,
        "crop-flip: zero-pad by 4, crop at random, flip every other image."),
};

static const char *const init[] = {
    "pytorch", "glorot-normal", "glorot-uniform", "kaiming-normal", "kaiming-uniform", NULL,
};
static const ltc_opt arch_keys[] = {
    PLUGIN(arch.plugin, "The network, by its plug-in's name; that plug-in's options stand in this group too.",
           .flags = LTC_OPT_REQUIRED),
    ENUM(arch.init, LT_INIT_PYTORCH, init,
        "What weights are drawn from, where the network does not say. pytorch: uniform within "
        "1/sqrt(fan-in), biases too."),
};

static const ltc_opt backend_keys[] = {
    PLUGIN(backend.plugin,
        "What computes, by its plug-in's name; that plug-in's options stand in this group too. Without "
        "it, the backend this ltcore was built to prefer.", .flags = LT_OPT_DERIVED),
};

static const char *const report_at[] = { "best", "end", NULL };
static const ltc_opt train_keys[] = {
    INT(train.batch_size, 0, 1, INT32_MAX, "Examples a step.", .flags = LTC_OPT_REQUIRED),
    INT(train.steps, -1, 0, INT64_MAX,
        "Length of a training; 0 is the network as drawn. Either steps or epochs."),
    INT(train.epochs, -1, 0, INT64_MAX,
        "The same in epochs: floor(examples / batch_size) steps over a fresh order."),
    MOMENT(train.evaluate_every, "1ep",
        "How often validation and test loss are measured, beside step 0 and the last.",
        .flags = LT_OPT_SPAN, .i.min = 1),
    ENUM(train.report_at, LT_REPORT_BEST, report_at,
        "Which evaluation counts: that of least validation loss, or the last."),
};

static const char *const optimizer[] = { "sgd", "adam", "adamw", NULL };
static const char *const decay[] = { "weight", "bias", "norm", NULL };
static const ltc_opt optimizer_keys[] = {
    ENUM(train.optimizer.type, 0, optimizer, "The rule of the step.", .flags = LTC_OPT_REQUIRED),
    REAL(train.optimizer.lr, 0, 0, INF, "Learning rate.", .flags = LTC_OPT_REQUIRED | LTC_OPT_ABOVE),
    REAL(train.optimizer.momentum, 0, 0, 1, "Only with sgd: share of the last step that the next one keeps.",
         .flags = LTC_OPT_BELOW),
    BOOL(train.optimizer.nesterov, 0, "Only with sgd and momentum: the gradient of the point ahead."),
    /* Kingma & Ba 2015, algorithm 1: beta1, beta2, eps. */
    REAL(train.optimizer.beta1, 0.9, 0, 1,
        "Only with adam and adamw: decay of the mean of gradients.", .flags = LTC_OPT_BELOW),
    REAL(train.optimizer.beta2, 0.999, 0, 1, "Only with adam and adamw: decay of the mean of their squares.",
         .flags = LTC_OPT_BELOW),
    REAL(train.optimizer.eps, 1e-8, 0, INF, "Only with adam and adamw: added to the root of that mean.",
         .flags = LTC_OPT_ABOVE),
    REAL(train.optimizer.weight_decay, 0, 0, INF,
        "With sgd and adam added to the gradient, times the weight; with adamw taken off the weight."),
    STRINGS(train.optimizer.decay, "\"weight\", \"bias\", \"norm\"", 0, 3,
        "Which parameters weight_decay acts on.", .choices = decay),
    REAL(train.optimizer.bn_l1, 0, 0, INF, "L1 penalty on the scales of batch normalisation."),
};
static const lt_only optimizer_only[] = {
    { "momentum", "type", 1u << LT_OPTIMIZER_SGD },
    { "nesterov", "type", 1u << LT_OPTIMIZER_SGD },
    { "beta1", "type", 1u << LT_OPTIMIZER_ADAM | 1u << LT_OPTIMIZER_ADAMW },
    { "beta2", "type", 1u << LT_OPTIMIZER_ADAM | 1u << LT_OPTIMIZER_ADAMW },
    { "eps", "type", 1u << LT_OPTIMIZER_ADAM | 1u << LT_OPTIMIZER_ADAMW },
};

static const char *const schedule[] = { "constant", "multistep", "cosine", NULL };
static const ltc_opt schedule_keys[] = {
    ENUM(train.lr_schedule.type, LT_SCHEDULE_CONSTANT, schedule,
        "How the learning rate goes on: as it is, times gamma at each milestone, or down to 0 along half "
        "a cosine."),
    MOMENTS(train.lr_schedule.milestones, "", 0, MANY,
        "Only with multistep, and then required: when the rate falls, such as [\"80ep\", \"120ep\"].",
        .flags = LT_OPT_SPAN, .i.min = 1),
    REAL(train.lr_schedule.gamma, 0.1, 0, INF, "Only with multistep: what the rate is multiplied by.",
         .flags = LTC_OPT_ABOVE),
    MOMENT(train.lr_schedule.warmup, "0it", "How long the rate rises from 0 at first.", .flags = LT_OPT_SPAN),
};
static const lt_only schedule_only[] = {
    { "milestones", "type", 1u << LT_SCHEDULE_MULTISTEP },
    { "gamma", "type", 1u << LT_SCHEDULE_MULTISTEP },
};

static const char *const strategy[] = { "none", NULL };
static const ltc_opt prune_keys[] = {
    ENUM(prune.strategy, LT_STRATEGY_NONE, strategy, "How the network is pruned. none: it is trained dense.",
         .flags = LTC_OPT_REQUIRED),
};

static const ltc_opt plugins_keys[] = {
    STRINGS(plugins.path, "", 0, MANY, "Directories to look for plug-ins in, before the usual ones.",
            .flags = LT_OPT_PATHS | LTC_OPT_NEUTRAL),
};

#define GROUP(p, keys, doc) .path = p, .help = doc, .schema = LTC_SCHEMA(lt_settings, keys)
#define ONLY(rules) .only = rules, .n_only = sizeof(rules) / sizeof(rules)[0]
const lt_group lt_groups[] = {
    { GROUP("run", run_keys, "The experiment as a whole") },
    { GROUP("dataset", dataset_keys, "What is learnt"), .kind = LTC_DATASET },
    { GROUP("arch", arch_keys, "What learns it"), .kind = LTC_ARCH },
    { GROUP("backend", backend_keys, "What computes"), .kind = LTC_BACKEND },
    { GROUP("train", train_keys, "Training") },
    { GROUP("train.optimizer", optimizer_keys, "The step"), ONLY(optimizer_only) },
    { GROUP("train.lr_schedule", schedule_keys, "The learning rate over time"), ONLY(schedule_only) },
    { GROUP("prune", prune_keys, "Pruning") },
    { GROUP("plugins", plugins_keys, "Plug-ins of your own") },
};
const size_t lt_n_groups = sizeof lt_groups / sizeof lt_groups[0];

const lt_either lt_eithers[] = {
    { "train", { "steps", "epochs" } },
};
const size_t lt_n_eithers = sizeof lt_eithers / sizeof lt_eithers[0];
