/* Configurations are read, overlaid and refused as the documentation of run.cfg says. */
#include "suite.h"

#include <string.h>

#include "config_rig.h"

/* Text laid over a good configuration from line 2 on, and part of what is then said. */
static const struct { const char *text, *says; } bad[] = {
    /* what libconfig would misread */
    { "run = { seed = 5000000000; };", "run.cfg:2: 5000000000 does not fit 32 bits; write 5000000000L" },
    { "run = {\n seed = 0xFFFFFFFF; };", "run.cfg:3: 0xFFFFFFFF does not fit 32 bits; write 0xFFFFFFFFL" },
    { "run = { seed = -3000000000; };", "-3000000000 does not fit 32 bits; write -3000000000L" },
    { "run = { seed = 99999999999999999999L; };", "99999999999999999999L does not fit 64 bits" },
    { "run = { seed = 0xFFFFFFFFFFFFFFFFL; };", "does not fit 64 bits" },
    { "run = { name = \"a\\x00b\"; };", "holds the character \\x00" },
    /* grammar */
    { "arch = { alpha = [0, 0.5]; };", "run.cfg:2: '0.5' is not of the type of the elements before it" },
    { "x = [0, 0.5];", "write 1.0 beside 0.5" },
    { "arch = { widths = [1, 5000000000L]; };",
      "'5000000000L' is not of the type of the elements before it" },
    { "arch = { words = [\"a\", 1]; };", "'1' is not of the type of the elements before it (use ( ))" },
    { "arch = { alpha = [1.0, 2.0,]; };",
      "run.cfg:2: ']' stands behind a comma (no comma after the last element)" },
    { "arch = { alpha = (1.0, 2.0,); };", "')' stands behind a comma" },
    { "run = { seed = 1;\n seed = 2; };", "run.cfg:3: seed is set twice in one group" },
    { "run = { seed = 1; seed = 2; };", "run.cfg:2: a key is set twice in one group" },
    { "arch = { mode = fast; };", "'fast' is not a value (text stands in quotes)" },
    { "arch = { words = [a, b]; };", "'a' is not a value (text stands in quotes)" },
    { "arch = { words = [\"a\", b]; };", "'b' is not a value" },
    { "train = { lr_schedule = { warmup = 10ep; }; };", "'10ep' is not a number (text stands in quotes)" },
    { "run = { seed = ; };", "';' stands where a value should" },
    { "run = { seed = };", "'}' stands where a value should" },
    { "run = { seed 1; };", "'seed' has no '=' behind it" },
    { "run = { = 1; };", "'=' stands where a key should" },
    { "run = { seed = 1;; };", "';' stands where a key should (one is enough)" },
    { "run = { seed = 1 2; };", "'2' stands behind a value that is complete" },
    { "run = { 5; };", "'5' stands where a key should" },
    { "arch = { widths = [1 2]; };", "'2' has no comma before it" },
    { "arch = { widths = [1; 2]; };", "';' stands within a list" },
    { "arch = { widths = (a = 1); };", "'a' is not a value" },
    { "arch = { widths = (1, {a = 1}, =); };", "'=' stands within a list" },
    { "arch = { widths = [,1]; };", "',' stands where a value should" },
    { "arch = { widths = [(1)]; };", "'(' stands within [ ]" },
    { "run = {\n seed = 1;", "run.cfg:2: '{' is never closed" },
    { "run = { seed = 1; ];", "']' closes nothing that is open" },
    { "};", "'}' closes nothing that is open" },
    { "run = { name = \"x; };\n\n", "run.cfg:2: '\"x; };' begins a string that never ends" },
    { "\n/* x", "run.cfg:3: '/* x' begins a comment that never ends" },
    { "run = { name = @; };", "'@' means nothing here" },
    { "@include \"gone.cfg\"", "run.cfg:2: 'gone.cfg' cannot be read: No such file" },
    { "@include \"run.cfg\"", "@include stands more than 10 files deep" },
    { "@include \"data\"", "'data' is a directory" },
    /* layers */
    { "train = { steps = 5; epochs = 1; };", "run.cfg:2: train: steps and epochs exclude one another" },
    /* unknown keys */
    { "sede = 1;", "run.cfg:2: sede: there is no such key" },
    { "tarin = { };", "did you mean 'train'?" },
    { "run = { sede = 1; };", "run.cfg:2: run.sede: there is no such key (did you mean 'seed'?)" },
    { "train = { momentum = 0.9; };",
      "train.momentum: there is no such key (did you mean 'train.optimizer.momentum'?)" },
    { "arch = { start_kost = 1; };",
      "arch.start_kost: neither ltcore nor mlp has such a key (did you mean 'start_cost'?)" },
    { "arch = { plugin = \"plain\"; start_cost = 1; };", "neither ltcore nor plain has such a key" },
    /* types */
    { "run = { seed = 1.5; };", "run.seed: 1.5 is not an integer" },
    { "train = { steps = 1e4; };", "train.steps: 10000 is a real, not an integer (write 10000)" },
    { "run = { seed = \"5\"; };", "run.seed: \"5\" is not an integer (write it without quotes)" },
    { "run = { name = 5; };", "run.name: 5 is not a string (write \"5\")" },
    { "run = { vary = \"init\"; };", "run.vary: \"init\" is not a list (write [\"init\"])" },
    { "run = 5;", "run.cfg:2: run: is not a group (write run = { ... };)" },
    { "train = { optimizer = \"sgd\"; };", "train.optimizer: is not a group" },
    { "train = { optimizer = { nesterov = 1; }; };", "nesterov: 1 is not true or false" },
    { "train = { optimizer = { lr = \"0.1\"; }; };",
      "lr: \"0.1\" is not a number (write it without quotes)" },
    { "train = { optimizer = { type = 3; }; };", "type: 3 is not one of: sgd, adam, adamw" },
    { "train = { optimizer = { type = \"adma\"; }; };",
      "\"adma\" is not one of: sgd, adam, adamw (did you mean 'adam'?)" },
    { "train = { optimizer = { decay = [\"bais\"]; }; };", "did you mean 'bias'?" },
    { "prune = { strategy = \"filterwise\"; };",
      "prune.strategy: \"filterwise\" is not one of: iterative, one-shot, layerwise, sensitivity, "
      "early-bird, none" },
    { "dataset = { plugin = 7; };", "dataset.plugin: 7 is not a string" },
    { "dataset = { plugin = \"mnits\"; };", "run.cfg:2: dataset.plugin: no plug-in 'mnits'" },
    { "arch = { plugin = \"clash\"; };",
      "clash cannot be used here: its option 'init' is a key of ltcore's own" },
    /* bounds */
    { "run = { seed = -1; };", "run.seed: -1 is not in [0, inf)" },
    { "run = { trials = 0; };", "run.trials: 0 is not in [1, 2147483647]" },
    { "train = { batch_size = 0; };", "train.batch_size: 0 is not in [1, 2147483647]" },
    { "train = { optimizer = { lr = 0; }; };", "lr: 0 is not in (0, inf)" },
    { "train = { optimizer = { lr = 1e999; }; };", "lr: inf is not finite" },
    { "train = { optimizer = { momentum = 1.7; }; };", "momentum: 1.7 is not in [0, 1)" },
    { "train = { optimizer = { weight_decay = -1e-4; }; };", "weight_decay: -0.0001 is not in [0, inf)" },
    { "run = { name = \"a/b\"; };", "run.name: \"a/b\" cannot name a directory" },
    { "run = { output = \"\"; };", "run.output: the path is empty" },
    { "run = { store = \"\"; };", "run.store: the path is empty" },
    /* moments */
    { "train = { evaluate_every = \"best\"; };", "\"best\" is not a number of steps or epochs" },
    { "train = { evaluate_every = \"0.5ep\"; };", "\"0.5ep\" is not a number of steps or epochs" },
    { "train = { evaluate_every = 0; };", "evaluate_every: 0 is less than 1it" },
    { "train = { evaluate_every = \"0ep\"; };", "\"0ep\" is less than 1ep" },
    { "train = { lr_schedule = { warmup = -1; }; };", "warmup: -1 is not a number of steps or epochs" },
    { "train = { lr_schedule = { warmup = \"99999999999999999999it\"; }; };",
      "is not a number of steps or epochs" },
    { "train = { lr_schedule = { type = \"multistep\"; milestones = [\"end\"]; }; };",
      "\"end\" is not a number of" },
    /* keys that depend on others */
    { "train = { lr_schedule = { type = \"multistep\"; }; };",
      "milestones: is required with type \"multistep\"" },
    { "train = { lr_schedule = { type = \"multistep\"; milestones = [\"80ep\", \"80ep\"]; }; };",
      "milestones: each must be later than the one before it" },
    { "train = { lr_schedule = { type = \"multistep\"; milestones = [\"80ep\", \"900it\"]; }; };",
      "milestones: either all in steps or all in epochs" },
    { "train = { lr_schedule = { milestones = [\"80ep\"]; }; };",
      "milestones: does nothing with type \"constant\"" },
    { "train = { lr_schedule = { type = \"cosine\"; gamma = 0.5; }; };",
      "gamma: does nothing with type \"cosine\"" },
    { "train = { optimizer = { nesterov = true; }; };",
      "run.cfg:2: train.optimizer.nesterov: needs a momentum above 0" },
    { "train = { optimizer = { beta1 = 0.9; }; };", "beta1: does nothing with type \"sgd\"" },
    { "train = { optimizer = { type = \"adam\"; momentum = 0.9; }; };",
      "momentum: does nothing with type \"adam\"" },
    { "train = { optimizer = { type = \"adamw\"; nesterov = false; }; };",
      "nesterov: does nothing with type \"adamw\"" },
};

static void bad_ones_are_refused(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig_settle_over(&r, bad[i].text);
        CU_ASSERT(rig_refused(&r, bad[i].text, bad[i].says));
    }
    rig_close(&r);
}

/* Each, left out of a good configuration, is missed. */
static const struct { const char *text, *says;
} incomplete[] = {
    { "", "dataset.plugin: is required" },
    { "", "arch.plugin: is required" },
    { "train = { };", "run.cfg:1: train.batch_size: is required (Examples a step.)" },
    { "train = { optimizer = { lr = 1; }; };", "train.optimizer.type: is required" },
    { "", "run.cfg: train.optimizer.lr: is required" },
    { "dataset = { plugin = \"digits\"; }; arch = { plugin = \"plain\"; }; prune = { strategy = \"none\"; };\n"
      "train = { batch_size = 1; optimizer = { type = \"sgd\"; lr = 1; }; };",
      "run.cfg:2: train: steps or epochs is required" },
    { "dataset = { plugin = \"digits\"; }; arch = { plugin = \"plain\"; };\n"
      "train = { batch_size = 1; steps = 1; optimizer = { type = \"sgd\"; lr = 1; }; };",
      "run.cfg: prune.mask.plugin: is required with strategy \"iterative\"" },
};

static void what_is_missing_is_named(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof incomplete / sizeof incomplete[0]; i++) {
        rig_write(&r, "run.cfg", incomplete[i].text);
        rig_settle(&r, NULL, 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(r.said, incomplete[i].says));
    }
    rig_close(&r);
}

static void all_faults_are_reported_in_their_order(void)
{
    rig r = rig_open();
    rig_settle_over(
        &r, "train = { batch_size = 0;\n optimizer = { lr = 0; }; };\nrun = { seed = -1; };\nfoo = 1;");
    CU_ASSERT_EQUAL(r.diags.n, 4);
    const char *size = strstr(r.said, "run.cfg:2: train.batch_size"),
               *lr = strstr(r.said, "run.cfg:3: train.optimizer.lr");
    const char *seed = strstr(r.said, "run.cfg:4: run.seed"), *foo = strstr(r.said, "run.cfg:5: foo");
    CU_ASSERT_FATAL(size && lr && seed && foo);
    CU_ASSERT(size < lr && lr < seed && seed < foo);

    rig_settle_over(&r, "a = 5000000000;\nb = 6000000000;\nc = [1,];");
    CU_ASSERT_EQUAL(r.diags.n, 3);
    rig_close(&r);
}

static void defaults_are_those_of_the_documentation(void)
{
    rig r = rig_open();
    rig_settle_over(&r, "");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const lt_settings *s = &r.settings;
    CU_ASSERT_STRING_EQUAL(s->run.name, "run");
    CU_ASSERT_EQUAL(s->run.seed, 1);
    CU_ASSERT_EQUAL(s->run.trials, 1);
    CU_ASSERT_EQUAL(s->run.vary.n, 5);
    CU_ASSERT_EQUAL(s->run.vary_bits, 31);
    CU_ASSERT(!strncmp(s->run.output, r.dir, strlen(r.dir)) &&
              !strcmp(s->run.output + strlen(r.dir), "/runs/run"));
    CU_ASSERT_STRING_EQUAL(s->run.store + strlen(r.dir), "/ltcore-store");
    CU_ASSERT_EQUAL(s->prune.strategy, LT_STRATEGY_NONE);
    CU_ASSERT_PTR_NULL(s->prune.mask.module);
    CU_ASSERT_EQUAL(s->n_variants, 0);
    CU_ASSERT_EQUAL(s->dataset.validation, 5000);
    CU_ASSERT_EQUAL(s->dataset.normalise, LT_NORMALISE_PUBLISHED);
    CU_ASSERT_EQUAL(s->arch.init, LT_INIT_PYTORCH);
    CU_ASSERT_STRING_EQUAL(s->backend.plugin.name, "cpu");
    CU_ASSERT_PTR_NOT_NULL(s->backend.plugin.module);
    CU_ASSERT_EQUAL(s->train.batch_size, 60);
    CU_ASSERT_EQUAL(s->train.steps, 100);
    CU_ASSERT_EQUAL(s->train.epochs, -1);
    CU_ASSERT(s->train.evaluate_every.kind == LT_MOMENT_EPOCHS && s->train.evaluate_every.n == 1);
    CU_ASSERT_EQUAL(s->train.report_at, LT_REPORT_BEST);
    CU_ASSERT_EQUAL(s->train.optimizer.beta2, 0.999);
    CU_ASSERT_EQUAL(s->train.optimizer.eps, 1e-8);
    CU_ASSERT_EQUAL(s->train.optimizer.decay.n, 3);
    CU_ASSERT_STRING_EQUAL(s->train.optimizer.decay.v[2], "norm");
    CU_ASSERT_EQUAL(s->train.lr_schedule.gamma, 0.1);
    CU_ASSERT_EQUAL(s->train.lr_schedule.milestones.n, 0);
    CU_ASSERT(s->train.lr_schedule.warmup.kind == LT_MOMENT_STEPS && s->train.lr_schedule.warmup.n == 0);
    CU_ASSERT_EQUAL(s->plugins.path.n, 0);
    rig_close(&r);
}

static void places_are_those_of_the_files_that_wrote(void)
{
    rig r = rig_open();
    rig_write(&r, "part.cfg", "\n seed = 7;\n");
    rig_settle_over(&r, "run = {\n@include \"part.cfg\"\n trials = 2; };");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(r.settings.run.seed, 7);
    const lt_place seed = lt_config_place(r.config, "run.seed"),
                   trials = lt_config_place(r.config, "run.trials");
    const lt_place lr = lt_config_place(r.config, "train.optimizer.lr"),
                   none = lt_config_place(r.config, "arch.init");
    CU_ASSERT(!strcmp(seed.file, "part.cfg") && seed.line == 2);
    CU_ASSERT(!strcmp(trials.file, "run.cfg") && trials.line == 4);
    CU_ASSERT(!strcmp(lr.file, "good.cfg") && lr.line == 3);
    CU_ASSERT(!strcmp(none.file, "run.cfg") && none.line == 0);
    rig_close(&r);
}

static const lt_test claims[] = {
    { "bad configurations are refused with a remedy", bad_ones_are_refused },
    { "what is missing is named", what_is_missing_is_named },
    { "all faults are reported together, in the order of the file", all_faults_are_reported_in_their_order },
    { "defaults are those of the documentation", defaults_are_those_of_the_documentation },
    { "places are those of the files that wrote the settings", places_are_those_of_the_files_that_wrote },
};

int main(void)
{
    return lt_suite_run("config", claims, sizeof claims / sizeof claims[0]);
}
