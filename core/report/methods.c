/* Owns the paragraph on methods and the references: the configuration said in words. Called by html.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/words.h"
#include "util/figures.h"

static const char *value(const lt_seen_run *r, const char *key)
{
    const char *v = lt_seen_value(r, key);
    return v ? v : "";
}

static bool is(const lt_seen_run *r, const char *key, const char *what)
{
    return !strcmp(value(r, key), what);
}

/* "1,234"; "" where it is not known. */
static const char *count(double v, lt_figure *f)
{
    f->s[0] = '\0';
    return v >= 0 ? lt_figure_count((uint64_t)llround(v), f) : f->s;
}

static void say_training(const lt_seen_run *r, lt_lines *to)
{
    lt_figure p, t, v, e;
    const char *momentum = value(r, "train.optimizer.momentum");
    const bool steps = *value(r, "train.steps");
    lt_lines_add(to,
                 "Networks (%s, %s parameters, initialised by %s) were trained on %s: %s examples to train "
                 "on, %s to validate, %s to test; inputs scaled by \"%s\", augmentation \"%s\". Training: "
                 "%s, learning rate %s%s%s, rate schedule \"%s\", weight decay %s, batches of %s, for %s %s; "
                 "loss and accuracy were measured every %s. Reported is the test accuracy at %s; no test "
                 "sample had a part in any choice.",
                 value(r, "arch.plugin"), count(r->params, &p), value(r, "arch.init"), r->dataset,
                 count(r->samples[0], &t), count(r->samples[1], &v), count(r->samples[2], &e),
                 value(r, "dataset.normalise"), value(r, "dataset.augment"), value(r, "train.optimizer.type"),
                 value(r, "train.optimizer.lr"), *momentum ? ", momentum " : "", momentum,
                 value(r, "train.lr_schedule.type"), value(r, "train.optimizer.weight_decay"),
                 value(r, "train.batch_size"), steps ? value(r, "train.steps") : value(r, "train.epochs"),
                 steps ? "steps" : "epochs", value(r, "train.evaluate_every"),
                 is(r, "train.report_at", "best") ? "the step of least validation loss" : "the last step");
}

static void say_amount(const lt_seen_run *r, char text[160])
{
    static const char *const key[] = { "rate", "sparsity", "density" };
    text[0] = '\0';
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "prune.%s", key[i]);
        const char *v = value(r, name);
        if (*v && strcmp(v, "[]"))
            snprintf(text, 160, "%s %.120s", key[i], v);
    }
}

/* Of whose weights. */
static void say_moment(const lt_seen_run *r, char text[200])
{
    if (is(r, "prune.strategy", "early-bird"))
        snprintf(text, 200,
                 "as soon as of %.20s masks, drawn every %.20s, the last differed from each of the others in "
                 "at most %.20s of the weights,", value(r, "prune.early_bird.window"),
                 value(r, "prune.early_bird.check_every"), value(r, "prune.early_bird.distance"));
    else
        snprintf(text, 200, "at \"%.40s\"", value(r, "prune.draw_at"));
}

static void say_pruning(const lt_seen_run *r, lt_lines *to)
{
    char amount[160], moment[200];
    say_amount(r, amount);
    say_moment(r, moment);
    lt_lines_add(to,
                 "Weights were scored by %s %s and pruned with strategy %s, scope \"%s\"%s%s%s%s, the layer "
                 "that feeds the logits at factor \"%s\". Kept weights: \"%s\", as at \"%s\"; pruned "
                 "weights: \"%s\".",
                 value(r, "prune.mask.plugin"), moment, value(r, "prune.strategy"), value(r, "prune.scope"),
                 *amount ? ", " : "", amount, *value(r, "prune.rounds") ? ", rounds " : "",
                 value(r, "prune.rounds"), value(r, "prune.output"), value(r, "prune.kept"),
                 value(r, "prune.rewind_to"), value(r, "prune.pruned"));
}

static void say_variants(const lt_seen_run *r, lt_lines *to)
{
    for (size_t i = 1; i < r->n_variants; i++) {
        const lt_seen_variant *v = &r->variant[i];
        lt_lines_add(to, "Control \"%s\": %s, kept weights \"%s\"%s%s, draws a trial: %lld.", v->name,
                     strcmp(v->masks, "main") ? "masks of its own" : "the same masks", v->kept,
                     strcmp(v->matches, "none") && *v->matches ? ", matched in " : "",
                     strcmp(v->matches, "none") ? v->matches : "", (long long)v->draws);
    }
}

void lt_words_methods(const lt_seen_run *r, lt_lines *to)
{
    if (!r->n_settings)
        return;
    say_training(r, to);
    if (!is(r, "prune.strategy", "none"))
        say_pruning(r, to);
    say_variants(r, to);
    lt_lines_add(to,
                 "Each of %lld trial%s draws anew what run.vary lists (%s); the seed is %lld. Means are over "
                 "trials, draws of a control averaged within theirs; intervals are 95 %% of Student's t; "
                 "differences are paired with the dense network of the same trial. Computed by ltcore %s on "
                 "%s.",
                 (long long)r->trials,
                 r->trials == 1 ? "" : "s", value(r, "run.vary"), (long long)r->seed, r->version, r->backend);
}

typedef bool asks(const lt_seen_run *r);

static bool prunes(const lt_seen_run *r)
{
    return *value(r, "prune.strategy") && !is(r, "prune.strategy", "none");
}
static bool tunes(const lt_seen_run *r) { return is(r, "prune.kept", "final"); }
static bool rewinds(const lt_seen_run *r) { return prunes(r) && is(r, "prune.kept", "rewind"); }
static bool watches(const lt_seen_run *r) { return is(r, "prune.strategy", "early-bird"); }
static bool rewinds_late(const lt_seen_run *r) { return rewinds(r) && !is(r, "prune.rewind_to", "init"); }
static bool treats(const lt_seen_run *r)
{
    return prunes(r) &&
           ((!rewinds(r) && !tunes(r) && !is(r, "prune.kept", "reinit")) || !is(r, "prune.pruned", "zero"));
}

static const struct { asks *asks; const char *entry;
} references[] = {
    { rewinds,
      "@inproceedings{frankle2019lottery,\n  title = {The Lottery Ticket Hypothesis: Finding Sparse, "
      "Trainable Neural Networks},\n  author = {Frankle, Jonathan and Carbin, Michael},\n  booktitle = "
      "{International Conference on Learning Representations},\n  year = {2019}\n}\n" },
    { rewinds_late,
      "@inproceedings{frankle2020linear,\n  title = {Linear Mode Connectivity and the Lottery Ticket Hypothesis},\n"
      "  author = {Frankle, Jonathan and Dziugaite, Gintare Karolina and Roy, Daniel M. and Carbin, Michael},\n"
      "  booktitle = {International Conference on Machine Learning},\n  year = {2020}\n}\n" },
    { watches,
      "@inproceedings{you2020drawing,\n  title = {Drawing Early-Bird Tickets: Towards More Efficient "
      "Training of Deep Networks},\n  author = {You, Haoran and Li, Chaojian and Xu, Pengfei and Fu, Yonggan "
      "and Wang, Yue and Chen, Xiaohan and Baraniuk, Richard G. and Wang, Zhangyang and Lin, Yingyan},\n  "
      "booktitle = {International Conference on Learning Representations},\n  year = {2020}\n}\n" },
    { tunes,
      "@inproceedings{han2015learning,\n  title = {Learning both Weights and Connections for Efficient "
      "Neural Networks},\n  author = {Han, Song and Pool, Jeff and Tran, John and Dally, William J.},\n  "
      "booktitle = {Advances in Neural Information Processing Systems},\n  year = {2015}\n}\n" },
    { treats,
      "@inproceedings{zhou2019deconstructing,\n  title = {Deconstructing Lottery Tickets: Zeros, Signs, and "
      "the Supermask},\n  author = {Zhou, Hattie and Lan, Janice and Liu, Rosanne and Yosinski, Jason},\n  "
      "booktitle = {Advances in Neural Information Processing Systems},\n  year = {2019}\n}\n" },
};

void lt_words_references(const lt_seen_run *r, lt_text *to)
{
    lt_text_add(to,
                "@software{ltcore,\n  title = {ltcore: finding, training and studying lottery tickets},\n  "
                "version = {%s}\n}\n", r->version);
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
        if (references[i].asks(r))
            lt_text_add(to, "%s", references[i].entry);
}
