/* Layers: bases, the file, --set and -o; the later one wins, and takes along what it makes meaningless. */
#include "suite.h"

#include <string.h>

#include "config_rig.h"

static void groups_merge_and_lists_replace(void)
{
    rig r = rig_open();
    rig_settle_over(&r, "run = { vary = [\"init\"]; }; train = { optimizer = { lr = 2; }; };");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(r.settings.run.vary_bits, LT_VARY_INIT);
    CU_ASSERT_EQUAL(r.settings.train.optimizer.lr, 2.0);
    CU_ASSERT_EQUAL(r.settings.train.optimizer.type, LT_OPTIMIZER_SGD);
    CU_ASSERT_EQUAL(r.settings.train.batch_size, 60);
    rig_close(&r);
}

static void steps_and_epochs_replace_one_another(void)
{
    static const char *const epochs[] = { "train.epochs=3" }, *const both[] = { "train.epochs=3",
                                                                                "train.steps=1" };
    rig r = rig_open();
    rig_settle_over(&r, "");
    rig_settle(&r, epochs, 1);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(r.settings.train.steps, -1);
    CU_ASSERT_EQUAL(r.settings.train.epochs, 3);
    rig_settle(&r, both, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.said, "--set: train: steps and epochs exclude one another"));
    rig_close(&r);
}

/* run.cfg over pruned.cfg (rate 0.2 in 5 rounds), and what comes of it. */
static const struct { const char *text; uint64_t rate, sparsity, density; int64_t rounds; } amounts[] = {
    { "", 1, 0, 0, 5 },
    { "prune = { rate = 0.5; };", 1, 0, 0, 5 },
    { "prune = { sparsity = 0.9; };", 0, 1, 0, 5 },
    { "prune = { density = [0.1]; rounds = 2; };", 0, 0, 1, 2 },
    { "prune = { rate = [0.1, 0.2]; };", 2, 0, 0, 0 },
    { "prune = { rate = [0.1, 0.2]; rounds = 2; };", 2, 0, 0, 2 },
    { "prune = { density = (1, 0.1, 0.01); };", 0, 0, 3, 0 },
    { "prune = { strategy = \"iterative\"; };", 1, 0, 0, 5 },
    { "prune = { strategy = \"one-shot\"; };", 1, 0, 0, 0 },
    { "prune = { strategy = \"one-shot\"; sparsity = [0.9, 0.5]; };", 0, 2, 0, 0 },
    { "prune = { strategy = \"none\"; };", 0, 0, 0, 0 },
};

static void amounts_replace_one_another_and_take_rounds_along(void)
{
    static const char *const density[] = { "prune.density=[0.5, 0.1]" };
    rig r = rig_open();
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        rig_settle_over_pruned(&r, amounts[i].text);
        CU_ASSERT_STRING_EQUAL(r.said, "");
        CU_ASSERT_EQUAL(r.settings.prune.rate.n, amounts[i].rate);
        CU_ASSERT_EQUAL(r.settings.prune.sparsity.n, amounts[i].sparsity);
        CU_ASSERT_EQUAL(r.settings.prune.density.n, amounts[i].density);
        CU_ASSERT_EQUAL(r.settings.prune.rounds, amounts[i].rounds);
    }
    rig_settle_over_pruned(&r, "");
    rig_settle(&r, density, 1);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT(r.settings.prune.density.n == 2 && r.settings.prune.density.v[1] == 0.1);
    rig_settle_over_pruned(&r, "prune = { rate = 0.5; density = 0.1; };");
    CU_ASSERT(rig_refused(&r, "", "run.cfg:2: prune: rate and density exclude one another"));
    rig_close(&r);
}

static void a_changed_criterion_drops_the_old_ones_options(void)
{
    static const char *const chance[] = { "prune.mask.plugin=chance" }, *const score[] = {
        "prune.mask.power=2"
    };
    rig r = rig_open();
    rig_settle_over_pruned(&r, "");
    rig_settle(&r, chance, 1);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_PTR_NULL(r.settings.prune.mask.options);
    rig_settle(&r, score, 1);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const rig_mask_options *o = r.settings.prune.mask.options;
    CU_ASSERT(o->alpha == 2.0 && o->power == 2);
    rig_close(&r);
}

static void the_store_is_the_users_unless_it_is_set(void)
{
    rig r = rig_open();
    r.request.store = "/home/x/share/store";
    rig_settle_over(&r, "");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_STRING_EQUAL(r.settings.run.store, "/home/x/share/store");
    rig_write(&r, "data/s.cfg", "base = \"../good.cfg\"; run = { store = \"./mine\"; };");
    rig_write(&r, "run.cfg", "base = \"data/s.cfg\";");
    rig_settle(&r, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_STRING_EQUAL(r.settings.run.store + strlen(r.dir), "/mine");
    rig_close(&r);
}

static void a_changed_plugin_drops_the_old_ones_options(void)
{
    rig r = rig_open();
    rig_write(&r, "first.cfg",
              "base = \"good.cfg\"; arch = { start_cost = 3.0; init = \"glorot-normal\"; };");
    rig_write(&r, "run.cfg", "base = \"first.cfg\"; arch = { plugin = \"plain\"; };");
    rig_settle(&r, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(r.settings.arch.init, LT_INIT_GLOROT_NORMAL);
    CU_ASSERT_PTR_NULL(r.settings.arch.plugin.options);

    rig_write(&r, "run.cfg", "base = \"first.cfg\"; arch = { plugin = \"mlp\"; };");
    rig_settle(&r, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(rig_options_of(&r)->start_cost, 3.0);
    rig_close(&r);
}

static void a_changed_type_drops_what_it_cannot_use(void)
{
    static const char *const set[] = { "train.optimizer.type=adam", "train.lr_schedule.type=cosine" };
    rig r = rig_open();
    rig_settle_over(&r, "train = { optimizer = { momentum = 0.9; weight_decay = 0.5; };\n"
                        "lr_schedule = { type = \"multistep\"; milestones = [5]; gamma = 0.2; }; };");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    rig_settle(&r, set, 2);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(r.settings.train.optimizer.momentum, 0.0);
    CU_ASSERT_EQUAL(r.settings.train.optimizer.weight_decay, 0.5);
    CU_ASSERT_EQUAL(r.settings.train.lr_schedule.milestones.n, 0);
    rig_close(&r);
}

static void bases_are_read_in_order_beside_their_file(void)
{
    static const char *const far[] = { "run.name=far" };
    rig r = rig_open();
    rig_write(&r, "data/a.cfg", "base = \"../good.cfg\"; run = { seed = 1; trials = 1; };");
    rig_write(&r, "data/b.cfg", "run = { seed = 2; trials = 2; };");
    rig_write(&r, "run.cfg", "base = [\"data/a.cfg\", \"data/b.cfg\"]; run = { trials = 3; };");
    rig_settle(&r, far, 1);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(r.settings.run.seed, 2);
    CU_ASSERT_EQUAL(r.settings.run.trials, 3);
    CU_ASSERT_STRING_EQUAL(r.settings.run.name, "far");
    CU_ASSERT_STRING_EQUAL(lt_config_place(r.config, "run.seed").file, "data/b.cfg");
    rig_close(&r);
}

/* Bases that cannot be; each text is run.cfg. */
static const struct { const char *text, *says; } bad_base[] = {
    { "base = \"run.cfg\";", "run.cfg:1: base: run.cfg would be its own base" },
    { "base = \"loop.cfg\";", "loop.cfg:1: base: run.cfg would be its own base" },
    { "base = \"gone.cfg\";", "run.cfg:1: 'gone.cfg' cannot be read" },
    { "base = 5;", "run.cfg:1: base: is not the name of a file" },
    { "base = [\"gone.cfg\", \"gone2.cfg\"];", "gone2.cfg" },
    { "base = \"data\";", "'data' is a directory" },
};

static void bad_bases_are_refused(void)
{
    rig r = rig_open();
    rig_write(&r, "loop.cfg", "base = \"run.cfg\";");
    for (size_t i = 0; i < sizeof bad_base / sizeof bad_base[0]; i++) {
        rig_write(&r, "run.cfg", bad_base[i].text);
        rig_settle(&r, NULL, 0);
        CU_ASSERT_NOT_EQUAL(r.st, LTC_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(r.said, bad_base[i].says));
    }
    rig_close(&r);
}

/* --set: what is wrong with it, NULL if nothing is. */
static const struct { const char *set, *says; } sets[] = {
    { "train.steps=200", NULL },
    { "train.optimizer.lr=0.5", NULL },
    { "train.optimizer.lr=1e-3", NULL },
    { "train.optimizer.type=adamw", NULL },
    { "train.lr_schedule.warmup=10ep", NULL },
    { "train.evaluate_every=5", NULL },
    { "run.vary=[\"init\"]", NULL },
    { "run.vary=( \"init\", \"mask\" )", NULL },
    { "run.name=\"x y\"", NULL },
    { "run.name=x y", NULL },
    { "run={ seed = 3; trials = 2; }", NULL },
    { "run.seed=5000000000L", NULL },
    { "arch.bias=false", NULL },
    { "arch.widths=[1, 2]", NULL },
    { "arch.weights=/a/b-1.0.st", NULL },
    { "run.seed=5000000000", "--set: 5000000000 does not fit 32 bits; write 5000000000L" },
    { "run.vary=[\"init\"", "'[' is never closed" },
    { "run.seed=abc", "--set: run.seed: \"abc\" is not an integer" },
    { "run.name=5", "--set: run.name: 5 is not a string" },
    { "run.name=\"x\"; b = 1", "value: is given more than one value" },
    { "run.seeed=5", "--set: run.seeed: there is no such key (did you mean 'seed'?)" },
    { "run.seed", "--set: \"run.seed\" is not KEY=VALUE (such as --set train.steps=200)" },
    { "=5", "is not KEY=VALUE" },
    { "run.=5", "is not KEY=VALUE" },
    { ".run=5", "is not KEY=VALUE" },
    { "run..seed=5", "is not KEY=VALUE" },
    { "variants[x].draws=1", "--set: variants[x]: there is no variant of that name" },
    { "variants[x.y=z].draws=1", "--set: variants[x.y=z]: there is no variant of that name" },
    { "variants[x]=1", "--set: variants[x]: is not a group (such as --set 'variants[x].draws=1')" },
    { "variants[x.draws=1", "is not KEY=VALUE" },
    { "variants[x]draws=1", "is not KEY=VALUE" },
    { "run[x].seed=1", "--set: run[x]: there is no such key" },
    { "run.store=there", NULL },
    { "prune.output=0.1", "prune.output: does nothing with strategy \"none\"" },
    { "run.name=", "--set: run.name: \"\" cannot name a directory" },
    { "base=x.cfg", "--set: base: can stand in a file only" },
};

static void set_takes_what_a_file_would(void)
{
    rig r = rig_open();
    rig_settle_over(&r, "");
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        rig_settle(&r, &sets[i].set, 1);
        const bool right = sets[i].says ? r.st && strstr(r.said, sets[i].says) : !r.st;
        if (!right)
            printf("\n  --set %s: want %s\n  said %s", sets[i].set, sets[i].says ? sets[i].says : "", r.said);
        CU_ASSERT(right);
    }
    rig_close(&r);
}

static void the_later_set_wins_and_output_over_all(void)
{
    static const char *const set[] = { "run.seed=3", "run.seed=4", "run.output=there" };
    rig r = rig_open();
    rig_settle_over(&r, "run = { output = \"elsewhere\"; };");
    rig_settle(&r, set, 3);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_EQUAL(r.settings.run.seed, 4);
    CU_ASSERT_STRING_EQUAL(strrchr(r.settings.run.output, '/'), "/there");
    r.request.output = "./here/";
    rig_settle(&r, set, 3);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_STRING_EQUAL(r.settings.run.output + strlen(r.dir), "/here");
    rig_close(&r);
}

static void plugin_directories_are_known_before_all_is_checked(void)
{
    rig r = rig_open();
    rig_write(&r, "data/p.cfg", "base = \"../good.cfg\"; plugins = { path = [\"mine\", \"/abs\"]; };");
    rig_write(&r, "run.cfg", "base = \"data/p.cfg\";");
    rig_settle(&r, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const ltc_strings path = lt_config_plugin_path(r.config);
    CU_ASSERT_EQUAL_FATAL(path.n, 2);
    CU_ASSERT_STRING_EQUAL(path.v[0] + strlen(r.dir), "/data/mine");
    CU_ASSERT_STRING_EQUAL(path.v[0], r.settings.plugins.path.v[0]);
    CU_ASSERT_STRING_EQUAL(path.v[1], "/abs");
    rig_close(&r);
}

/* A whole configuration that stands on no other. */
static const char preset[] =
    "dataset = { plugin = \"digits\"; };\narch = { plugin = \"mlp\"; };\n"
    "train = { batch_size = 60; steps = 100; optimizer = { type = \"sgd\"; lr = 0.1; }; };\n"
    "prune = { mask = { plugin = \"score\"; alpha = 2.0; }; rate = [0.2, 0.5]; };\n"
    "variants = ( { name = \"a\"; draws = 3; }, { name = \"b\"; } );\n";

/* Does it have that in the place of what was laid over it? NULL: nothing was. */
static bool has_before(const rig *r, const char *key, const char *value)
{
    lt_text before = { 0 };
    lt_text_put(&before, "", 0);
    const bool differs = lt_config_before(r->config, key, &before);
    const bool as_told = differs == (value != NULL) && !before.failed &&
                         !strcmp(before.s, value ? value : "");
    if (!as_told)
        fprintf(stderr, "\n%s was %s\n", key, differs ? before.s : "the same");
    lt_text_free(&before);
    return as_told;
}

static void what_the_preset_had_is_known(void)
{
    static const char *const set[] = {
        "run.seed=2", "run.seed=3", "variants[b].draws=2", "variants[a].draws=4", "prune.rounds=2",
    };
    static const struct { const char *key, *value; } of[] = {
        { "train.batch_size", "60" },                     /* 60, 9, 7: the first file's */
        { "train.optimizer.type", NULL },                 /* the same again */
        { "train.optimizer.lr", "0.1" }, { "train.steps", NULL }, { "run.vary", "" }, { "run.seed", "" },
        { "run.trials", NULL }, { "arch.plugin", NULL }, { "prune.rate", "[0.2, 0.5]" },
        { "prune.rounds", "" },
        { "prune.mask.alpha", NULL }, { "variants.0.name", NULL }, { "variants.0.draws", "3" },
        { "variants.1.draws", "" }, { "variants.2.name", NULL }, { "variants.x.name", NULL },
        { "variants.0", NULL },
    };
    rig r = rig_open();
    rig_write(&r, "preset.cfg", preset);
    rig_write(&r, "middle.cfg", "base = \"preset.cfg\"; run = { vary = [\"init\"]; };"
              "train = { batch_size = 9; optimizer = { type = \"sgd\"; lr = 0.2; }; };");
    rig_write(&r, "run.cfg",
              "base = \"middle.cfg\"; train = { batch_size = 7; }; prune = { rate = [0.3, 0.5]; };");
    rig_settle(&r, set, sizeof set / sizeof set[0]);
    CU_ASSERT_STRING_EQUAL_FATAL(r.said, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(lt_config_preset(r.config), "preset.cfg"));
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        CU_ASSERT(has_before(&r, of[i].key, of[i].value));
    rig_close(&r);
}

static void a_file_on_no_base_is_its_own_preset(void)
{
    static const char *const start[] = { "", "base = [];\n" };
    for (size_t i = 0; i < 2; i++) {
        rig r = rig_open();
        lt_text text = { 0 };
        lt_text_add(&text, "%s%s", start[i], preset);
        rig_write(&r, "run.cfg", text.s);
        rig_settle(&r, NULL, 0);
        CU_ASSERT_STRING_EQUAL(r.said, "");
        CU_ASSERT_PTR_NOT_NULL_FATAL(lt_config_preset(r.config));
        CU_ASSERT_PTR_NOT_NULL(strstr(lt_config_preset(r.config), "run.cfg"));
        lt_text_free(&text);
        rig_close(&r);
    }
}

static const lt_test claims[] = {
    { "a file on no base is its own preset", a_file_on_no_base_is_its_own_preset },
    { "groups merge key by key, scalars and lists replace", groups_merge_and_lists_replace },
    { "steps and epochs replace one another", steps_and_epochs_replace_one_another },
    { "rate, sparsity and density replace one another, and take rounds along",
      amounts_replace_one_another_and_take_rounds_along },
    { "a changed plug-in drops the old one's options", a_changed_plugin_drops_the_old_ones_options },
    { "so does a changed criterion", a_changed_criterion_drops_the_old_ones_options },
    { "the store is the user's unless it is set", the_store_is_the_users_unless_it_is_set },
    { "a changed type drops what it cannot use", a_changed_type_drops_what_it_cannot_use },
    { "bases are read in order, beside the file that names them", bases_are_read_in_order_beside_their_file },
    { "bad bases are refused", bad_bases_are_refused },
    { "--set takes what a file would, and bare words", set_takes_what_a_file_would },
    { "the later --set wins, and -o over all", the_later_set_wins_and_output_over_all },
    { "what the preset had is known", what_the_preset_had_is_known },
    { "plug-in directories are known before all is checked",
      plugin_directories_are_known_before_all_is_checked },
};

int main(void)
{
    return lt_suite_run("overlay", claims, sizeof claims / sizeof claims[0]);
}
