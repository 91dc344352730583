/* Variants: each is a whole configuration, laid over the run; what it may say, and what it takes along. */
#include "suite.h"

#include <string.h>

#include "config_rig.h"

static const char controls[] =
    "variants = ( { name = \"random reinit\"; draws = 3; levels = [2, 5]; prune = { kept = \"reinit\"; }; },\n"
    "{ name = \"random sparse\"; prune = { mask = { plugin = \"chance\"; }; match = \"layer-density\"; }; },\n"
    "{ name = \"at once\"; prune = { strategy = \"one-shot\"; sparsity = [0.5, 0.9]; }; },\n"
    "{ name = \"counted\"; prune = { mask = { plugin = \"count\"; }; }; },\n"
    "{ name = \"adam\"; train = { epochs = 3; optimizer = { type = \"adam\"; beta1 = 0.5; }; }; },\n"
    "{ name = \"dense\"; prune = { strategy = \"none\"; }; arch = { plugin = \"plain\"; }; } );\n";

static void a_variant_is_a_whole_configuration(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(&r, controls);
    CU_ASSERT_STRING_EQUAL_FATAL(r.said, "");
    CU_ASSERT_EQUAL_FATAL(r.settings.n_variants, 6);
    const lt_variant *v = r.settings.variant;
    CU_ASSERT_STRING_EQUAL(v[0].name, "random reinit");
    CU_ASSERT(v[0].draws == 3 && v[0].levels.n == 2 && v[0].levels.v[1] == 5);
    CU_ASSERT(v[1].draws == 1 && v[1].levels.n == 0);
    CU_ASSERT_EQUAL(v[0].settings.prune.kept, LT_KEPT_REINIT);
    CU_ASSERT_EQUAL(r.settings.prune.kept, LT_KEPT_REWIND);
    CU_ASSERT_EQUAL(v[0].settings.prune.rounds, 5);
    CU_ASSERT_EQUAL(v[0].settings.train.batch_size, 60);
    CU_ASSERT_STRING_EQUAL(v[0].settings.run.output, r.settings.run.output);
    for (size_t i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(v[i].settings.n_variants, 0);
    CU_ASSERT_PTR_EQUAL(v[0].settings.prune.mask.module, r.settings.prune.mask.module);
    CU_ASSERT_PTR_NOT_EQUAL(v[0].settings.prune.mask.options, r.settings.prune.mask.options);
    rig_close(&r);
}

static void a_variant_takes_along_what_it_changes(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(&r, controls);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const lt_variant *v = r.settings.variant;
    CU_ASSERT_PTR_NULL(v[1].settings.prune.mask.options);
    CU_ASSERT(v[1].settings.prune.rate.n == 1 && v[1].match == LT_MATCH_LAYER_DENSITY);
    CU_ASSERT(v[2].settings.prune.rate.n == 0 && v[2].settings.prune.sparsity.n == 2);
    CU_ASSERT_EQUAL(v[2].settings.prune.rounds, 0);
    CU_ASSERT(v[3].settings.prune.rate.n == 0 && v[3].settings.prune.rounds == 5);
    CU_ASSERT(v[4].settings.train.steps == -1 && v[4].settings.train.epochs == 3);
    CU_ASSERT(v[4].settings.train.optimizer.type == LT_OPTIMIZER_ADAM);
    CU_ASSERT_EQUAL(v[4].settings.train.optimizer.lr, 0.1);
    CU_ASSERT(v[5].settings.prune.strategy == LT_STRATEGY_NONE && !v[5].settings.prune.mask.module);
    CU_ASSERT_PTR_NULL(v[5].settings.arch.plugin.options);
    CU_ASSERT(r.settings.train.steps == 100 && r.settings.prune.rate.n == 1);
    rig_close(&r);
}

/* prune of a variant, and whose masks it then has. */
static const struct { const char *prune; int64_t masks; } owners[] = {
    { "", LT_MASKS_MAIN },
    { "kept = \"reinit\";", LT_MASKS_MAIN },
    { "rewind_to = 5;", LT_MASKS_MAIN },
    { "pruned = \"freeze-init\"; kept = \"final\";", LT_MASKS_MAIN },
    { "masks = \"main\";", LT_MASKS_MAIN },
    { "masks = \"own\";", LT_MASKS_OWN },
    { "masks = \"own\"; match = \"density\";", LT_MASKS_OWN },
    { "mask = { alpha = 3; };", LT_MASKS_OWN },
    { "scope = \"global\";", LT_MASKS_OWN },
    { "layers = [\"conv\"];", LT_MASKS_OWN },
    { "exclude = [\"output\"];", LT_MASKS_OWN },
    { "include = [\"bias\"];", LT_MASKS_OWN },
    { "output = 0.5;", LT_MASKS_OWN },
    { "layer_rate = ( { match = \"*\"; rate = 0.1; } );", LT_MASKS_OWN },
    { "allocation = \"erk\";", LT_MASKS_OWN },
    { "min_alive = 1;", LT_MASKS_OWN },
    { "collapse = \"keep-one\";", LT_MASKS_OWN },
    { "strategy = \"iterative\";", LT_MASKS_OWN },
    { "rate = 0.2;", LT_MASKS_OWN },
    { "sparsity = 0.2;", LT_MASKS_OWN },
    { "density = 0.2;", LT_MASKS_OWN },
    { "rounds = 5;", LT_MASKS_OWN },
    { "draw_at = \"init\";", LT_MASKS_OWN },
};

/* What the run shares out among its layers is inherited, or cleared, without a word. */
static void matched_masks_inherit_what_they_do_not_look_at(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(
        &r,
        "prune = { layer_rate = ( { match = \"*\"; rate = 0.1; } ); allocation = \"erk\"; };\n"
        "variants = ( { name = \"x\"; prune = { masks = \"own\"; match = \"density\"; }; },\n"
        "{ name = \"y\"; prune = { match = \"density\"; layer_rate = (); allocation = \"uniform\"; }; } );");
    CU_ASSERT_STRING_EQUAL(r.said, "");
    CU_ASSERT(r.settings.n_variants == 2 && r.settings.variant[0].settings.prune.layer_rate.n == 1);
    rig_close(&r);
}

static void masks_are_its_own_once_it_chooses_them(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "variants = ( { name = \"x\"; prune = { %s }; } );", owners[i].prune);
        rig_settle_over_pruned(&r, text);
        CU_ASSERT_STRING_EQUAL(r.said, "");
        CU_ASSERT_FATAL(r.settings.n_variants == 1);
        CU_ASSERT_EQUAL(r.settings.variant[0].masks, owners[i].masks);
    }
    rig_close(&r);
}

static void matched_masks_need_no_amount(void)
{
    rig r = rig_open();
    rig_settle_over(&r, "prune = { strategy = \"iterative\"; mask = { plugin = \"count\"; }; rounds = 2; };\n"
                        "variants = ( { name = \"x\"; prune = { mask = { plugin = \"chance\"; }; match = "
                        "\"density\"; }; } );");
    CU_ASSERT_STRING_EQUAL(r.said, "");
    rig_settle_over(&r, "prune = { strategy = \"iterative\"; mask = { plugin = \"count\"; }; rounds = 2; };\n"
                        "variants = ( { name = \"x\"; prune = { mask = { plugin = \"chance\"; }; }; } );");
    CU_ASSERT(rig_refused(&r, "", "run.cfg:3: variants[x].prune: rate, sparsity or density is required"));
    rig_close(&r);
}

/* Lists laid over pruned.cfg: 5 rounds, 100 steps. */
static const struct { const char *text, *says;
} bad[] = {
    { "variants = { name = \"x\"; };", "run.cfg:2: variants: is not a list (write variants = (" },
    { "variants = ( 5 );", "run.cfg:2: variants[1]: is not a group" },
    { "varaints = ( );", "varaints: there is no such key (did you mean 'variants'?)" },
    { "variants = ( { },\n{ name = \"y\"; draws = 0; } );", "run.cfg:2: variants[1].name: is required" },
    { "variants = ( { },\n{ name = \"y\"; draws = 0; } );",
      "run.cfg:3: variants[y].draws: 0 is not in [1, 2147483647]" },
    { "variants = ( { name = 5; } );", "variants[1].name: 5 is not a string" },
    { "variants = ( { name = \"\"; } );", "variants[].name: \"\" cannot name a directory" },
    { "variants = ( { name = \"a/b\"; } );", "variants[a/b].name: \"a/b\" cannot name a directory" },
    { "variants = ( { name = \"..\"; } );", "variants[..].name: \"..\" cannot name a directory" },
    { "variants = ( { name = \"a]\"; } );", "\"a]\" cannot name a directory and be written in brackets" },
    { "variants = ( { name = \"main\"; } );", "variants[main].name: \"main\" is the run itself" },
    { "variants = ( { name = \"x\"; }, {\nname = \"x\"; } );",
      "run.cfg:3: variants[x].name: two variants have that name" },
    { "variants = ( { name = \"x\"; levels = [0]; } );", "variants[x].levels: 0 is not in [1, 2147483647]" },
    { "variants = ( { name = \"x\"; levels = [2, 2]; } );",
      "variants[x].levels: each must be above the one before it" },
    { "variants = ( { name = \"x\"; levels = [2, 6]; } );",
      "variants[x].levels: there is no level 6: the last one is 5" },
    { "variants = ( { name = \"x\"; levels = [3]; prune = { rate = [0.1, 0.2]; }; } );",
      "there is no level 3: the last one is 2" },
    { "variants = ( { name = \"x\"; draw = 2; } );",
      "variants[x].draw: there is no such key (did you mean 'draws'?)" },
    { "variants = ( { name = \"x\"; base = \"y\"; } );", "variants[x].base: there is no such key" },
    { "variants = ( { name = \"x\"; variants = ( ); } );", "variants[x].variants: there is no such key" },
    { "variants = ( { name = \"x\"; run = { seed = 2; }; } );",
      "variants[x].run: is the same for the run and all its variants" },
    { "variants = ( { name = \"x\"; plugins = { }; } );",
      "variants[x].plugins: is the same for the run and all" },
    { "variants = ( { name = \"x\"; prune = 5; } );", "variants[x].prune: is not a group" },
    { "variants = ( { name = \"x\"; prune = { maks = \"own\"; }; } );",
      "variants[x].prune.maks: there is no such key (did you mean 'mask" },
    { "variants = ( { name = \"x\"; prune = { macth = \"none\"; }; } );",
      "variants[x].prune.macth: there is no such key (did you mean 'match'?)" },
    { "variants = ( { name = \"x\"; prune = { masks = \"mine\"; }; } );",
      "variants[x].prune.masks: \"mine\" is not one of: main, own" },
    { "variants = ( { name = \"x\"; prune = { match = \"rate\"; }; } );",
      "\"rate\" is not one of: none, density, layer-density" },
    { "variants = ( { name = \"x\"; prune = { kept = \"reint\"; }; } );",
      "variants[x].prune.kept: \"reint\" is not one of: rewind, final, reinit, permute, signed-permute, "
      "reshuffle, signed-reshuffle, signed-constant, random-sign\n        did you mean 'reinit'?" },
    { "variants = ( { name = \"x\"; train = { optimizer = { lr = 0; }; }; } );",
      "variants[x].train.optimizer.lr: 0 is not in (0, inf)" },
    { "variants = ( { name = \"x\"; arch = { plugin = \"gone\"; }; } );",
      "variants[x].arch.plugin: no plug-in 'gone'" },
    { "variants = ( { name = \"x\"; arch = { start_kost = 1; }; } );",
      "variants[x].arch.start_kost: neither ltcore nor mlp has such a key" },
    { "variants = ( { name = \"x\"; train = { steps = 1; epochs = 1; }; } );",
      "run.cfg:2: variants[x].train: steps and epochs exclude one another" },
    { "variants = ( { name = \"x\"; prune = { rate = 0.1; density = 0.1; }; } );",
      "variants[x].prune: rate and density exclude one another" },
    { "variants = ( { name = \"x\"; train = { steps = 9; };\nprune = { rewind_to = 10; }; } );",
      "run.cfg:3: variants[x].prune.rewind_to: \"10it\" is behind the end of a training, 9it" },
    { "variants = ( { name = \"x\"; prune = { strategy = \"none\"; rate = 0.1; }; } );",
      "variants[x].prune.rate: does nothing with strategy \"none\"" },
    { "variants = ( { name = \"x\"; prune = { mask = { plugin = \"count\"; }; rate = 0.1; }; } );",
      "variants[x].prune.rate: does nothing with count" },
    { "variants = ( { name = \"x\"; prune = { masks = \"main\"; scope = \"global\"; }; } );",
      "variants[x].prune.scope: does nothing with masks \"main\"\n        remove it, or choose masks = \"own\"" },
    { "variants = ( { name = \"x\"; prune = { masks = \"main\"; mask = { alpha = 2; }; }; } );",
      "variants[x].prune.mask: does nothing with masks" },
    { "variants = ( { name = \"x\"; prune = { match = \"density\"; kept = \"final\"; }; } );",
      "variants[x].prune.match: needs masks of the variant's own (masks = \"own\";)" },
    { "variants = ( { name = \"x\"; prune = { strategy = \"none\"; match = \"density\"; }; } );",
      "match: needs masks, and strategy \"none\" draws none" },
    { "variants = ( { name = \"x\"; prune = { mask = { plugin = \"count\"; }; match = \"density\"; }; } );",
      "variants[x].prune.match: cannot be reached by count, which fixes its own count" },
    { "variants = ( { name = \"x\"; prune = { match = \"density\"; mask = { plugin = \"chance\"; };\n"
      "layer_rate = ( { match = \"*\"; rate = 0.1; } ); }; } );",
      "run.cfg:3: variants[x].prune.layer_rate: does nothing with match, which takes the amounts of the run's masks\n"
      "        remove it" },
    { "variants = ( { name = \"x\"; prune = { match = \"layer-density\"; allocation = \"erk\"; }; } );",
      "variants[x].prune.allocation: does nothing with match" },
    { "prune = { strategy = \"none\"; }; variants = ( { name = \"x\"; levels = [1]; } );",
      "variants[x].levels: there is no level 1: the last one is 0" },
};

static void bad_ones_are_refused(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig_settle_over_pruned(&r, bad[i].text);
        CU_ASSERT(rig_refused(&r, bad[i].text, bad[i].says));
    }
    rig_close(&r);
}

/* How many faults there are in all: what a variant inherits is the run's, and what it repeats is its own. */
static const struct { const char *text; size_t n; } counted[] = {
    { "foo = 1; variants = ( { name = \"x\"; }, { name = \"y\"; } );", 1 },
    { "prune = { rate = 2; }; train = { batch_size = 0; };\nvariants = ( { name = \"x\"; }, { name = \"y\"; } );", 2 },
    { "prune = { rounds = 5; rate = [0.1, 0.2]; };\nvariants = ( { name = \"x\"; prune = { kept = \"final\"; }; } );", 1 },
    { "prune = { kept = \"reint\"; };\nvariants = ( { name = \"x\"; prune = { kept = \"reint\"; }; } );", 2 },
    { "run = { seed = -1; };\nvariants = ( { name = \"x\"; draws = 0; foo = 1; prune = { rate = 7; }; } );",
      4 },
    { "arch = { plugin = \"gone\"; };\nvariants = ( { name = \"x\"; arch = { plugin = \"plain\"; }; } );",
      1 },
};

static void all_faults_are_reported_once(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        rig_settle_over_pruned(&r, counted[i].text);
        if (r.diags.n != counted[i].n)
            printf("\n  text: %s\n  said: %s", counted[i].text, r.said);
        CU_ASSERT_EQUAL(r.diags.n, counted[i].n);
    }
    rig_close(&r);
}

static void set_addresses_a_variant_by_its_name(void)
{
    static const char *const set[] = {
        "variants[random reinit].draws=7",        "variants[at once].prune.sparsity=0.3",
        "variants[adam].train.steps=9",           "variants[random reinit].prune.kept=final",
        "variants[random sparse]={ draws = 2; }",
    };
    static const struct { const char *set, *says; } wrong[] = {
        { "variants[random reint].draws=7",
          "there is no variant of that name (did you mean 'random reinit'?)" },
        { "variants[adam].draws=x", "--set: variants[adam].draws: \"x\" is not an integer" },
        { "variants[adam].prune.knept=x",
          "--set: variants[adam].prune.knept: there is no such key (did you mean 'kept'?)" },
        { "variants[adam].train={ steps = 1; epochs = 2; }",
          "--set: variants[adam].train: steps and epochs exclude" },
    };
    rig r = rig_open();
    rig_settle_over_pruned(&r, controls);
    rig_settle(&r, set, sizeof set / sizeof set[0]);
    CU_ASSERT_STRING_EQUAL_FATAL(r.said, "");
    const lt_variant *v = r.settings.variant;
    CU_ASSERT(v[0].draws == 7 && v[0].settings.prune.kept == LT_KEPT_FINAL && v[1].draws == 2);
    CU_ASSERT(v[2].settings.prune.sparsity.n == 1 && v[2].settings.prune.sparsity.v[0] == 0.3);
    CU_ASSERT(v[4].settings.train.steps == 9 && v[4].settings.train.epochs == -1);
    CU_ASSERT(v[4].settings.train.optimizer.beta1 == 0.5);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rig_settle(&r, &wrong[i].set, 1);
        CU_ASSERT(rig_refused(&r, wrong[i].set, wrong[i].says));
    }
    rig_close(&r);
}

static void places_are_the_variants_or_those_it_inherits(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(&r, controls);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const lt_place own = lt_config_place(r.config, "variants[random sparse].prune.match");
    const lt_place kept = lt_config_place(r.config, "variants[random reinit].prune.kept");
    const lt_place rate = lt_config_place(r.config, "variants[random reinit].prune.rate");
    const lt_place whole = lt_config_place(r.config, "variants[adam]");
    const lt_place none = lt_config_place(r.config, "variants[adam].arch.init");
    CU_ASSERT(!strcmp(own.file, "run.cfg") && own.line == 3);
    CU_ASSERT(!strcmp(kept.file, "run.cfg") && kept.line == 2);
    CU_ASSERT(!strcmp(rate.file, "pruned.cfg") && rate.line == 2);
    CU_ASSERT(!strcmp(whole.file, "run.cfg") && whole.line == 6);
    CU_ASSERT(!strcmp(none.file, "run.cfg") && none.line == 0);
    CU_ASSERT_EQUAL(lt_config_place(r.config, "variants[").line, 0);
    CU_ASSERT_EQUAL(lt_config_place(r.config, ".x").line, 0);
    rig_close(&r);
}

static const lt_test claims[] = {
    { "a variant is a whole configuration", a_variant_is_a_whole_configuration },
    { "a variant takes along what it changes", a_variant_takes_along_what_it_changes },
    { "masks are its own once it chooses them", masks_are_its_own_once_it_chooses_them },
    { "matched masks need no amount", matched_masks_need_no_amount },
    { "matched masks inherit what they do not look at", matched_masks_inherit_what_they_do_not_look_at },
    { "bad variants are refused with a remedy", bad_ones_are_refused },
    { "all faults are reported, and each once", all_faults_are_reported_once },
    { "--set addresses a variant by its name", set_addresses_a_variant_by_its_name },
    { "places are the variant's, or those it inherits", places_are_the_variants_or_those_it_inherits },
};

int main(void)
{
    return lt_suite_run("variants", claims, sizeof claims / sizeof claims[0]);
}
