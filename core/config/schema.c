/* Owns the tables of the core's keys and of a variant's. They check (options.c), print `ltcore help config`
 * (print.c) and write the resolved run.cfg (write.c): a key that is not here does not exist.
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
#define REALS(f, d, lo, hi, n0, n1, ...)  LTC_REALS(lt_settings, f, d, lo, hi, n0, n1, __VA_ARGS__)
#define FACTOR(f, d, ...)         { .str = d, .r = { 0, 0, 1 }, KEY(f, LT_OPT_FACTOR, double, __VA_ARGS__) }
#define GROUPS(f, ctype, ...)     { KEY(f, LT_OPT_GROUPS, ctype, __VA_ARGS__) }
#define MOMENT(f, d, ...)         { .str = d, KEY(f, LT_OPT_MOMENT, lt_moment, __VA_ARGS__) }
#define MOMENTS(f, d, n0, n1, ...) \
    { .str = d, .n_min = n0, .n_max = n1, KEY(f, LT_OPT_MOMENTS, lt_moments, __VA_ARGS__) }

/* A key that is not called as its field is. */
#define NAMED(key, T, f, t, ctype, ...) \
    .name = key, .type = t, .offset = LTC_FIELD(T, f, ctype), .help = __VA_ARGS__

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
    PATH(run.store, NULL,
        "Where trained states are kept for every run to take, from the current directory; without it, "
        "the user's own place for data.",
        .flags = LT_OPT_HERE | LT_OPT_DERIVED | LTC_OPT_NEUTRAL),
    REAL(run.save_every, 60, 0, INF,
        "Seconds between saves of a training under way: what a kill costs at most.",
        .flags = LTC_OPT_ABOVE | LTC_OPT_NEUTRAL),
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
        "crop-flip: zero-pad by 4, crop at random, mirror at random, half the time."),
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
    PATH(arch.weights, NULL,
        "A safetensors file with the weights that every trial starts from, in the place of drawn ones: a "
        "ticket, or a state dict of PyTorch's. Without it, they are drawn.", .flags = LT_OPT_DERIVED),
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

static const char *const scope[] = { "layer", "global", "type", NULL };
static const char *const layers[] = { "conv", "linear", NULL };
static const char *const include[] = { "bias", "norm", NULL };
static const char *const allocation[] = { "uniform", "erk", "lamp", NULL };
static const char *const collapse[] = { "warn", "stop", "keep-one", NULL };
static const char *const strategy[] = {
    "iterative", "one-shot", "layerwise", "sensitivity", "early-bird", "none", NULL,
};
static const char *const kept[] = {
    "rewind",           "final",           "reinit",      "permute", "signed-permute", "reshuffle",
    "signed-reshuffle", "signed-constant", "random-sign", NULL,
};
static const char *const pruned[] = {
    "zero", "freeze-init", "freeze-init-or-zero", "freeze-init-or-zero-all", "freeze-init-or-zero-shuffled",
    "freeze-init-or-zero-reversed", NULL,
};
/* Those before `kept` choose what goes; from there on they say what becomes of it (variants.c). */
static const ltc_opt prune_keys[] = {
    ENUM(prune.scope, LT_SCOPE_LAYER, scope,
        "Among which weights the lowest scores are sought: each layer's own, all of them, or those of one "
        "type of layer."),
    STRINGS(prune.layers, "\"conv\", \"linear\"", 0, 2, "The layers whose weights can be pruned.",
        .choices = layers),
    STRINGS(prune.exclude, "", 0, MANY,
        "Tensors that are left out: \"output\", \"shortcut\", or names, in which * stands for anything."),
    STRINGS(prune.include, "", 0, 2, "What can be pruned beside weights.", .choices = include),
    FACTOR(prune.output, "half",
        "Factor on the rate, or on the sparsity, of the layer that gives the logits: none 0, half 0.5, "
        "full 1."),
    GROUPS(prune.layer_rate, lt_layer_rates,
        "Amounts of their own for some layers: a list of groups with the keys of prune.layer_rate below. "
        "Where several match, the last counts. With scope layer each parameter goes by itself; else what "
        "an entry names is ranked by itself."),
    ENUM(prune.allocation, LT_ALLOCATION_UNIFORM, allocation,
        "Only with scope layer: how the amount is shared among layers that have none of their own. "
        "uniform: the same for each; erk (Evci et al. 2020): a layer's density goes with its sum of "
        "dimensions by its size; lamp (Lee et al. 2021): by the layer-adaptive magnitudes of the weights "
        "that the mask is drawn from. With erk and lamp the number that is left is exact over all these "
        "layers together, and there is no factor for the output."),
    INT(prune.min_alive, 0, 0, INT64_MAX,
        "At least so many weights stay in each tensor, or all that it has. Of tensors that are ranked or "
        "allocated together the others give more; a layer that goes by itself is pruned less."),
    ENUM(prune.collapse, LT_COLLAPSE_WARN, collapse,
        "When a mask leaves nothing of a layer, or no path from the input to the logits: warn and train "
        "it all the same; stop the line there; keep-one: first leave every layer its highest weight, then "
        "warn if there is still no path."),
    ENUM(prune.strategy, LT_STRATEGY_ITERATIVE, strategy,
        "iterative: train, prune, go back, and again; one-shot: each level directly from the dense network; "
        "layerwise: as iterative, but each round prunes the next tensor alone, in the order of the network; "
        "sensitivity: each tensor alone by each amount, from the dense network, and nothing is trained "
        "again; early-bird: as one-shot, from the dense network as soon as its masks stay alike; none: the "
        "network is trained dense."),
    REALS(prune.rate, NULL, 0, 1, 1, MANY,
        "Share of the weights still alive that a round prunes; a list has one a round, with one-shot and "
        "early-bird one a level, with layerwise one a tensor, with sensitivity one a level of each tensor. "
        "Either rate, sparsity or density.", .flags = LTC_OPT_ABOVE | LTC_OPT_BELOW | LT_OPT_SCALAR),
    REALS(prune.sparsity, NULL, 0, 1, 1, MANY,
        "Share of all weights pruned in the end, reached in rounds; a list has one a level.",
        .flags = LTC_OPT_BELOW | LT_OPT_SCALAR),
    REALS(prune.density, NULL, 0, 1, 1, MANY, "The same, as the share that is left.",
        .flags = LTC_OPT_ABOVE | LT_OPT_SCALAR),
    INT(prune.rounds, 0, 1, INT32_MAX,
        "Only with iterative: how often is pruned; required with a single rate, sparsity or density."),
    MOMENT(prune.draw_at, "end",
        "The moment of a training whose weights the criterion sees: \"end\", \"init\", \"best\", steps or "
        "epochs."),
    ENUM(prune.kept, LT_KEPT_REWIND, kept,
        "Where weights that are kept start again: at their values at rewind_to, at those they had when the "
        "mask was drawn, or at fresh ones; or at their layer's initial values in another order, over the "
        "whole layer (permute) or among the kept (reshuffle), signed: the signs staying; or at the layer's "
        "initial deviation with the initial signs (signed-constant) or signs by lot (random-sign)."),
    MOMENT(prune.rewind_to, "init", "The moment that training goes back to: \"init\", steps or epochs."),
    BOOL(prune.rescale, 0,
        "Kept weights start multiplied by their layer's weights in all over those kept (Zhou et al. 2019)."),
    REAL(prune.noise, 0, 0, INF,
        "Kept weights start with normal noise added, of so many deviations of their layer's initial "
        "weights."),
    ENUM(prune.pruned, LT_PRUNED_ZERO, pruned,
        "What pruned weights are: 0; frozen at their initial values; or 0 where training had moved them "
        "towards 0 and frozen elsewhere (-or-zero), kept ones that had moved so starting at 0 too (-all), as "
        "many zeros but by lot (-shuffled), or the two changed about (-reversed)."),
};
static const ltc_opt mask_keys[] = {
    { NAMED("prune.mask.plugin", lt_settings, prune.mask, LT_OPT_PLUGIN, lt_plugin_setting,
        "The criterion that chooses what is pruned, by its plug-in's name; that plug-in's options stand in "
        "this group too. Required, unless strategy is none.") },
};
/* You et al. 2020, section 4: five masks, a distance of 0.1, once an epoch. */
static const ltc_opt early_bird_keys[] = {
    INT(prune.early_bird.window, 5, 2, INT32_MAX,
        "So many masks, the newest of them at most `distance` from each of the others: it is drawn."),
    REAL(prune.early_bird.distance, 0.1, 0, 1, "Share of the weights that two masks may tell apart."),
    MOMENT(prune.early_bird.check_every, "1ep",
        "How often a mask is tried, first when so long was trained; if none is drawn, the last one is.",
        .flags = LT_OPT_SPAN, .i.min = 1),
};
#define BIRD      (1u << LT_STRATEGY_EARLY_BIRD)
#define AT_ONCE   (1u << LT_STRATEGY_ITERATIVE | 1u << LT_STRATEGY_ONE_SHOT | BIRD)
#define RETRAINED (AT_ONCE | 1u << LT_STRATEGY_LAYERWISE)
#define PRUNING   (RETRAINED | 1u << LT_STRATEGY_SENSITIVITY)
static const lt_only prune_only[] = {
    { "mask", "strategy", PRUNING },
    { "scope", "strategy", AT_ONCE },
    { "layers", "strategy", PRUNING },
    { "exclude", "strategy", PRUNING },
    { "include", "strategy", PRUNING },
    { "output", "strategy", PRUNING },
    { "output", "allocation", 1u << LT_ALLOCATION_UNIFORM },
    { "layer_rate", "strategy", RETRAINED },
    { "allocation", "strategy", AT_ONCE },
    { "allocation", "scope", 1u << LT_SCOPE_LAYER },
    { "min_alive", "strategy", PRUNING },
    { "collapse", "strategy", PRUNING },
    { "rate", "strategy", PRUNING },
    { "sparsity", "strategy", PRUNING },
    { "density", "strategy", PRUNING },
    { "rounds", "strategy", 1u << LT_STRATEGY_ITERATIVE },
    { "draw_at", "strategy", PRUNING & ~BIRD },
    { "early_bird", "strategy", BIRD },
    { "kept", "strategy", RETRAINED },
    { "rewind_to", "strategy", RETRAINED },
    { "rescale", "strategy", RETRAINED },
    { "noise", "strategy", RETRAINED },
    { "pruned", "strategy", RETRAINED },
};

static const char *const from[] = { "start", "drawn", NULL };
static const char *const optimizer_state[] = { "rewound", "fresh", NULL };
static const ltc_opt retrain_keys[] = {
    ENUM(retrain.from, LT_FROM_START, from,
        "Where the step counter, the learning rate and the optimizer's state stand at first. start: as at "
        "rewind_to, or at 0 where weights are not rewound; drawn (only with kept = \"final\"): as when the "
        "mask was drawn, and steps or epochs are how many more."),
    ENUM(retrain.optimizer_state, LT_OPTIMIZER_STATE_REWOUND, optimizer_state,
        "rewound: as `from` says; fresh: without what the optimizer had gathered by then."),
};

static const char *const formats[] = { "html", "svg", "png", "csv", NULL };
static const ltc_opt report_keys[] = {
    STRINGS(report.formats, "\"html\", \"svg\", \"png\"", 0, 4,
        "What a run writes at its end beside its tables: report.html, and its figures in plots/, each with "
        "its numbers as CSV. An empty list: nothing. gnuplot draws svg and png.",
        .choices = formats, .flags = LTC_OPT_NEUTRAL),
    /* F&C 2019: what they draw as no visible loss. */
    REAL(report.matching, 0.002, 0, 1,
        "By how much the mean accuracy of a ticket may fall short of dense's to be called matching.",
        .flags = LTC_OPT_NEUTRAL),
    PATH(report.overlay, NULL,
        "A CSV file of published values, drawn and listed beside what was measured; its columns are "
        "quantity, density, value, tolerance, variant, source.", .flags = LT_OPT_DERIVED | LTC_OPT_NEUTRAL),
    STRINGS(report.hooks, "", 0, MANY,
        "Programs that are started with the run and get a line of JSON on standard input for each "
        "evaluation, level and event.", .flags = LT_OPT_PATHS | LTC_OPT_NEUTRAL),
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
    { GROUP("prune", prune_keys, "Pruning"), ONLY(prune_only) },
    { GROUP("prune.mask", mask_keys, "The criterion"), .kind = LTC_MASK },
    { GROUP("prune.early_bird", early_bird_keys, "When an early bird is drawn (You et al. 2020)") },
    { GROUP("retrain", retrain_keys, "Training after the first: any keys of train, where they differ"),
      .over = "train" },
    { .path = "retrain.optimizer", .over = "train.optimizer" },
    { .path = "retrain.lr_schedule", .over = "train.lr_schedule" },
    { GROUP("report", report_keys, "What people look at") },
    { GROUP("plugins", plugins_keys, "Plug-ins of your own") },
};
const size_t lt_n_groups = sizeof lt_groups / sizeof lt_groups[0];

static const ltc_opt layer_rate_keys[] = {
    { NAMED("prune.layer_rate.match", lt_layer_rate, match, LTC_OPT_STRING, const char *,
        "Whose amount it is: \"conv\", \"linear\", \"output\", \"shortcut\", or names of tensors, in "
        "which * stands for anything. prune.output acts on the output's amount too, unless match is "
        "\"output\" or its whole name.",
        .flags = LTC_OPT_REQUIRED) },
    { .r = { 0, 0, 1 }, .n_min = 1, .n_max = MANY,
      NAMED("prune.layer_rate.rate", lt_layer_rate, rate, LTC_OPT_REALS, ltc_reals,
        "Share of its alive weights that a round prunes; a list has one a level. Where prune has a rate.",
        .flags = LTC_OPT_BELOW | LT_OPT_SCALAR) },
    { .r = { 0, 0, 1 }, .n_min = 1, .n_max = MANY,
      NAMED("prune.layer_rate.sparsity", lt_layer_rate, sparsity, LTC_OPT_REALS, ltc_reals,
        "Share of its weights pruned in the end. Where prune has a sparsity or density.",
        .flags = LTC_OPT_BELOW | LT_OPT_SCALAR) },
    { .r = { 0, 0, 1 }, .n_min = 1, .n_max = MANY,
      NAMED("prune.layer_rate.density", lt_layer_rate, density, LTC_OPT_REALS, ltc_reals,
        "The same, as the share that is left.", .flags = LTC_OPT_ABOVE | LT_OPT_SCALAR) },
};
const lt_group lt_list_groups[] = {
    { .path = "prune.layer_rate", .help = "Each a layer's own amount: one of rate, sparsity and density",
      .schema = LTC_SCHEMA(lt_layer_rate, layer_rate_keys) },
};
const size_t lt_n_list_groups = sizeof lt_list_groups / sizeof lt_list_groups[0];

static const char *const masks[] = { "main", "own", NULL };
static const char *const match[] = { "none", "density", "layer-density", NULL };
static const ltc_opt variant_keys[] = {
    { NAMED("variants.name", lt_variant, name, LTC_OPT_STRING, const char *,
        "What it is called; --set 'variants[NAME].KEY=VALUE' addresses it.", .flags = LTC_OPT_REQUIRED) },
    { .i = { 1, 1, INT32_MAX }, NAMED("variants.draws", lt_variant, draws, LTC_OPT_INT, int64_t,
        "How many independent ones each trial has.") },
    { .str = "", .i = { 0, 1, INT32_MAX }, .n_max = MANY,
      NAMED("variants.levels", lt_variant, levels, LTC_OPT_INTS, ltc_ints,
        "At these levels only; an empty list is all of them.") },
};
static const ltc_opt variant_prune_keys[] = {
    { .i = { -1, 0, 0 }, .choices = masks,
      NAMED("variants.prune.masks", lt_variant, masks, LTC_OPT_ENUM, int64_t,
        "Takes the run's mask at each level, or draws its own; without it, own if a key that chooses the "
        "mask (mask, scope, ... draw_at) is set, else main.", .flags = LT_OPT_DERIVED) },
    { .i = { LT_MATCH_NONE, 0, 0 }, .choices = match,
      NAMED("variants.prune.match", lt_variant, match, LTC_OPT_ENUM, int64_t,
        "What its own masks have in common with the run's: nothing, how many weights are left, or how many "
        "in each layer.") },
};
#define VARIANT_GROUP(p, keys, doc) .path = p, .help = doc, .schema = LTC_SCHEMA(lt_variant, keys)
const lt_group lt_variant_groups[] = {
    { VARIANT_GROUP("variants", variant_keys,
        "A list of groups, each a configuration laid over the run's, with any of the keys above") },
    { VARIANT_GROUP("variants.prune", variant_prune_keys, "Beside the keys of prune") },
};
const size_t lt_n_variant_groups = sizeof lt_variant_groups / sizeof lt_variant_groups[0];

static const ltc_opt root_keys[] = { { .name = "variants" }, { .name = "sweep" } };
const ltc_schema lt_root_schema = LTC_SCHEMA(lt_settings, root_keys);

const lt_either lt_eithers[] = {
    { "train", { "steps", "epochs" } },
    { "retrain", { "steps", "epochs" } },
    { "prune", { "rate", "sparsity", "density" } },
};
const size_t lt_n_eithers = sizeof lt_eithers / sizeof lt_eithers[0];
