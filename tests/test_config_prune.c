/* The keys of prune: what they default to, which of them go together, and what is said when they do not. */
#include "suite.h"

#include <string.h>

#include "config_rig.h"

/* All of prune but its strategy and its criterion, laid over a configuration that has neither. */
static const struct { const char *prune, *says; } bad[] = {
    /* the criterion */
    { "rate = 0.2; rounds = 1;", "run.cfg:2: prune.mask.plugin: is required with strategy \"iterative\"" },
    { "mask = { alpha = 1; };", "prune.mask.plugin: is required" },
    { "mask = \"score\";", "run.cfg:2: prune.mask: is not a group (write mask = { ... };)" },
    { "mask = { plugin = \"scroe\"; };", "prune.mask.plugin: no plug-in 'scroe'" },
    { "mask = { plugin = \"score\"; alpah = 1; };",
      "prune.mask.alpah: neither ltcore nor score has such a key (did you mean 'alpha'?)" },
    { "mask = { plugin = \"score\"; power = 9; };", "prune.mask.power: 9 is not in [1, 4]" },
    /* how much */
    { "mask = { plugin = \"score\"; };",
      "run.cfg:2: prune: rate, sparsity or density is required (rate = 0.2;)" },
    { "mask = { plugin = \"score\"; }; rounds = 5;", "prune: rate, sparsity or density is required" },
    { "strategy = \"one-shot\"; mask = { plugin = \"score\"; };",
      "prune: rate, sparsity or density is required" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; sparsity = 0.5;",
      "prune: rate and sparsity exclude one another" },
    { "rate = 0.0;", "prune.rate: 0 is not in (0, 1)" },
    { "rate = 1.7;", "prune.rate: 1.7 is not in (0, 1)" },
    { "rate = [0.2,\n1.0];", "run.cfg:3: prune.rate: 1 is not in (0, 1)" },
    { "rate = [];", "prune.rate: has 0 elements; at least 1" },
    { "rate = \"0.2\";", "prune.rate: \"0.2\" is not a number (write it without quotes)" },
    { "sparsity = 1;", "prune.sparsity: 1 is not in [0, 1)" },
    { "density = 0;", "prune.density: 0 is not in (0, 1]" },
    { "density = { from = 1; };", "prune.density.count: is required" },
    /* rounds */
    { "mask = { plugin = \"score\"; }; rate = 0.2;",
      "run.cfg:2: prune.rounds: is required with a single rate (rounds = 10;)" },
    { "mask = { plugin = \"score\"; }; rate = [0.2];", "prune.rounds: is required with a single rate" },
    { "mask = { plugin = \"score\"; }; sparsity = 0.9;", "prune.rounds: is required with a single sparsity" },
    { "mask = { plugin = \"score\"; }; rate = [0.2, 0.3];\nrounds = 3;",
      "run.cfg:3: prune.rounds: 3 is not the number of rates, 2 (remove it: each rate is a round)" },
    { "mask = { plugin = \"score\"; }; sparsity = [0.2, 0.3]; rounds = 2;",
      "prune.rounds: does nothing with a list: each sparsity is a level (remove it)" },
    { "mask = { plugin = \"score\"; }; sparsity = [0.3, 0.3];",
      "prune.sparsity: each must be above the one before it" },
    { "mask = { plugin = \"score\"; }; density = [0.3, 0.5];",
      "prune.density: each must be below the one before it" },
    { "rounds = 0;", "prune.rounds: 0 is not in [1, 2147483647]" },
    { "strategy = \"one-shot\"; mask = { plugin = \"score\"; }; rate = 0.2; rounds = 5;",
      "prune.rounds: does nothing with strategy \"one-shot\" (remove it, or choose another strategy)" },
    /* criteria that count for themselves */
    { "mask = { plugin = \"count\"; }; rate = 0.2; rounds = 5;",
      "prune.rate: does nothing with count, which fixes its own count (remove it)" },
    { "strategy = \"one-shot\"; mask = { plugin = \"count\"; }; density = 0.2;",
      "prune.density: does nothing with count" },
    { "mask = { plugin = \"count\"; };", "prune.rounds: is required with the criterion count" },
    { "mask = { plugin = \"perhaps\"; };", "prune.rounds: is required with the criterion perhaps" },
    /* amounts of layers' own */
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; layer_rate = { match = \"conv\"; };",
      "prune.layer_rate: a group is not a list of groups (write ( { ... } ))" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2;\nlayer_rate = [0.1, 0.2];",
      "run.cfg:3: prune.layer_rate[1]: is not a group (write ( { ... }, { ... } ))" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; layer_rate = ( { rate = 0.1; } );",
      "prune.layer_rate[1].match: is required" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2;\nlayer_rate = ( { match = \"a\"; rate = 0.1; },\n"
      "{ match = \"b\"; } );", "run.cfg:4: prune.layer_rate[2]: rate, sparsity or density is required (rate = 0.1;)" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; layer_rate = ( { match = \"b\"; rate = 0.1; density = 0.1; } );",
      "prune.layer_rate[1]: rate, sparsity and density exclude one another" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; "
      "layer_rate = ( { match = \"b\"; rate = 1; } );",
      "prune.layer_rate[1].rate: 1 is not in [0, 1)" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; layer_rate = ( { match = \"b\"; rtae = 0.1; } );",
      "prune.layer_rate[1].rtae: there is no such key (did you mean 'rate'?)" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; layer_rate = ( { match = \"b\"; sparsity = 0.1; } );",
      "prune.layer_rate[1].sparsity: the run has a rate: amounts are either all rates or all "
      "targets\n        write its rate, or layer_rate = (); to have none" },
    { "mask = { plugin = \"score\"; }; density = 0.2; rounds = 2; layer_rate = ( { match = \"b\"; rate = 0.1; } );",
      "prune.layer_rate[1].rate: the run has a density" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; layer_rate = ( { match = \"b\"; rate = [0.1, 0.2, 0.3]; } );",
      "prune.layer_rate[1].rate: has 3 elements, and there are 2 levels" },
    { "mask = { plugin = \"score\"; }; density = 0.2; rounds = 2; layer_rate = ( { match = \"b\"; density = [0.5, 0.2]; } );",
      "prune.layer_rate[1].density: is a list, and the run's density is one target that is reached in "
      "rounds" },
    { "mask = { plugin = \"score\"; }; density = [0.5, 0.2]; layer_rate = ( { match = \"b\"; density = [0.5, 0.6]; } );",
      "prune.layer_rate[1].density: each must be below the one before it" },
    { "mask = { plugin = \"count\"; }; rounds = 2; layer_rate = ( { match = \"b\"; rate = 0.1; } );",
      "prune.layer_rate: does nothing with count, which fixes its own count (remove it)" },
    { "mask = { plugin = \"count\"; }; rounds = 2; allocation = \"erk\";",
      "prune.allocation: does nothing with count" },
    { "mask = { plugin = \"count\"; }; rounds = 2; min_alive = 1;",
      "prune.min_alive: does nothing with count" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; allocation = \"erk\"; scope = \"global\";",
      "prune.allocation: does nothing with scope \"global\"" },
    { "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; allocation = \"lamp\"; output = 0.5;",
      "prune.output: does nothing with allocation \"lamp\"" },
    { "allocation = \"erc\";", "\"erc\" is not one of: uniform, erk, lamp (did you mean 'erk'?)" },
    { "min_alive = -1;", "prune.min_alive: -1 is not in [0, inf)" },
    { "collapse = \"ignore\";", "prune.collapse: \"ignore\" is not one of: warn, stop, keep-one" },
    /* strategy none */
    { "strategy = \"none\"; collapse = \"warn\";", "prune.collapse: does nothing with strategy \"none\"" },
    { "strategy = \"none\"; layer_rate = ();", "prune.layer_rate: does nothing with strategy \"none\"" },
    { "strategy = \"none\"; rate = 0.2;", "prune.rate: does nothing with strategy \"none\"" },
    { "strategy = \"none\"; mask = { plugin = \"score\"; };",
      "run.cfg:2: prune.mask: does nothing with strategy \"none\"" },
    { "strategy = \"none\"; kept = \"rewind\";", "prune.kept: does nothing with strategy \"none\"" },
    { "strategy = \"none\"; layers = [\"conv\"];", "prune.layers: does nothing with strategy \"none\"" },
    { "strategy = \"none\"; pruned = \"zero\"; scope = \"layer\"; exclude = [ ]; include = [ ]; draw_at = 5;",
      "prune.draw_at: does nothing with strategy \"none\"" },
    /* the rest, each by itself */
    { "scope = \"layers\";", "\"layers\" is not one of: layer, global, type (did you mean 'layer'?)" },
    { "layers = [\"lstm\"];", "prune.layers: \"lstm\" is not one of: conv, linear" },
    { "include = [\"weight\"];", "prune.include: \"weight\" is not one of: bias, norm" },
    { "exclude = \"output\";", "prune.exclude: \"output\" is not a list (write [\"output\"])" },
    { "output = \"hlaf\";", "prune.output: \"hlaf\" is not one of: none, half, full (did you mean 'half'?)" },
    { "output = 1.5;", "prune.output: 1.5 is not in [0, 1]" },
    { "output = true;", "prune.output: true is not a number" },
    { "kept = \"rewnid\";", "did you mean 'rewind'?" },
    { "pruned = \"freeze\";", "prune.pruned: \"freeze\" is not one of: zero, freeze-init" },
    { "masks = \"own\";", "prune.masks: there is no such key (did you mean 'variants.prune.masks'?)" },
    { "granularity = \"filter\";", "prune.granularity: there is no such key" },
    /* moments */
    { "mask = { plugin = \"score\"; }; rate = [0.1, 0.2]; draw_at = \"best@5ep\";",
      "prune.draw_at: \"best@5ep\" is not possible here\n        write \"end\", \"best\", \"init\", "
      "\"500it\" or \"10ep\"" },
    { "mask = { plugin = \"score\"; }; rate = [0.1, 0.2]; rewind_to = \"end\";",
      "prune.rewind_to: \"end\" is not possible here (write \"init\", \"500it\" or \"10ep\")" },
    { "mask = { plugin = \"score\"; }; rate = [0.1, 0.2]; rewind_to = \"best\";",
      "prune.rewind_to: \"best\" is not possible" },
    { "mask = { plugin = \"score\"; }; rate = [0.1, 0.2]; rewind_to = 101;",
      "prune.rewind_to: \"101it\" is behind the end of a training, 100it" },
    { "mask = { plugin = \"score\"; }; rate = [0.1, 0.2]; draw_at = 101;",
      "prune.draw_at: \"101it\" is behind the end of a training, 100it" },
    { "draw_at = \"soon\";", "prune.draw_at: \"soon\" is not a moment" },
};

/* dense.cfg: good.cfg without its strategy. */
static const char dense[] =
    "dataset = { plugin = \"digits\"; }; arch = { plugin = \"mlp\"; };\n"
    "train = { batch_size = 60; steps = 100; optimizer = { type = \"sgd\"; lr = 0.1; }; };\n";

static void settle(rig *r, const char *prune)
{
    lt_text text = { 0 };
    rig_write(r, "dense.cfg", dense);
    lt_text_add(&text, "base = \"dense.cfg\";\nprune = { %s };\n", prune);
    CU_ASSERT_FALSE_FATAL(text.failed);
    rig_write(r, "run.cfg", text.s);
    lt_text_free(&text);
    rig_settle(r, NULL, 0);
}

static void what_cannot_go_together_is_refused(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        settle(&r, bad[i].prune);
        CU_ASSERT(rig_refused(&r, bad[i].prune, bad[i].says));
    }
    rig_close(&r);
}

static const char *const good[] = {
    "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 24;",
    "mask = { plugin = \"score\"; }; rate = [0.5];\nrounds = 3;",
    "mask = { plugin = \"score\"; }; rate = [0.5, 0.2, 0.2];",
    "mask = { plugin = \"score\"; }; rate = [0.5, 0.2, 0.2]; rounds = 3;",
    "mask = { plugin = \"score\"; }; sparsity = [0.0, 0.5, 0.9];",
    "mask = { plugin = \"score\"; }; density = (1, 0.5, 0.1);",
    "mask = { plugin = \"score\"; }; density = 0.1; rounds = 5; draw_at = \"best\"; rewind_to = \"3ep\";",
    "strategy = \"one-shot\"; mask = { plugin = \"score\"; }; rate = 0.9;",
    "strategy = \"one-shot\"; mask = { plugin = \"score\"; }; sparsity = [0.9, 0.5]; draw_at = \"init\";",
    "mask = { plugin = \"count\"; }; rounds = 5; rewind_to = 100;",
    "strategy = \"one-shot\"; mask = { plugin = \"count\"; };",
    "mask = { plugin = \"perhaps\"; }; rounds = 2;",
    "mask = { plugin = \"perhaps\"; }; rate = 0.2; rounds = 2;",
    "strategy = \"one-shot\"; mask = { plugin = \"perhaps\"; };",
    "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; layer_rate = ( { match = \"b\"; rate = [0.0, "
    "0.5]; } );",
    "mask = { plugin = \"score\"; }; rate = [0.2, 0.1]; layer_rate = ( { match = \"b\"; rate = 0.3; } ); "
    "allocation = \"lamp\";",
    "mask = { plugin = \"score\"; }; density = 0.2; rounds = 9; layer_rate = ( { match = \"b\"; sparsity = "
    "0.1; } );",
    "mask = { plugin = \"score\"; }; density = [0.5, 0.2]; layer_rate = ( { match = \"b\"; sparsity = [0.0, "
    "0.6]; } );",
    "mask = { plugin = \"count\"; }; rounds = 2; layer_rate = (); allocation = \"uniform\"; min_alive = 0;",
    "mask = { plugin = \"count\"; }; rounds = 2; collapse = \"stop\";",
    "strategy = \"none\";",
};

static void what_goes_together_is_taken(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        settle(&r, good[i]);
        if (r.st)
            printf("\n  text: %s\n  said: %s", good[i], r.said);
        CU_ASSERT_EQUAL(r.st, LTC_OK);
    }
    rig_close(&r);
}

static void defaults_are_those_of_the_documentation(void)
{
    rig r = rig_open();
    settle(&r, "mask = { plugin = \"score\"; }; rate = 0.2; rounds = 3;");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const lt_settings *s = &r.settings;
    const rig_mask_options *o = s->prune.mask.options;
    CU_ASSERT_STRING_EQUAL(s->prune.mask.module->info.name, "score");
    CU_ASSERT(o->alpha == 1.0 && o->power == 1);
    CU_ASSERT_EQUAL(s->prune.scope, LT_SCOPE_LAYER);
    CU_ASSERT(s->prune.layers.n == 2 && s->prune.exclude.n == 0 && s->prune.include.n == 0);
    CU_ASSERT_STRING_EQUAL(s->prune.layers.v[0], "conv");
    CU_ASSERT_EQUAL(s->prune.output, 0.5);
    CU_ASSERT_EQUAL(s->prune.strategy, LT_STRATEGY_ITERATIVE);
    CU_ASSERT(s->prune.rate.n == 1 && s->prune.rate.v[0] == 0.2 && s->prune.rounds == 3);
    CU_ASSERT(s->prune.sparsity.n == 0 && s->prune.density.n == 0);
    CU_ASSERT_EQUAL(s->prune.draw_at.kind, LT_MOMENT_END);
    CU_ASSERT(s->prune.layer_rate.n == 0 && s->prune.min_alive == 0);
    CU_ASSERT(s->prune.allocation == LT_ALLOCATION_UNIFORM && s->prune.collapse == LT_COLLAPSE_WARN);
    CU_ASSERT_EQUAL(s->prune.kept, LT_KEPT_REWIND);
    CU_ASSERT_EQUAL(s->prune.rewind_to.kind, LT_MOMENT_INIT);
    CU_ASSERT_EQUAL(s->prune.pruned, LT_PRUNED_ZERO);
    rig_close(&r);
}

static void a_factor_is_a_word_or_a_number(void)
{
    static const struct { const char *text; double is;
    } factors[] = {
        { "\"none\"", 0.0 }, { "\"half\"", 0.5 }, { "\"full\"", 1.0 },
        { "0", 0.0 },        { "1", 1.0 },        { "0.1", 0.1 },
    };
    rig r = rig_open();
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "prune = { output = %s; };", factors[i].text);
        rig_settle_over_pruned(&r, text);
        CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
        CU_ASSERT_EQUAL(r.settings.prune.output, factors[i].is);
    }
    rig_close(&r);
}

/* A list replaces the one below it; what an overlay's scope or allocation makes idle goes. */
static void an_overlay_replaces_what_layers_have_of_their_own(void)
{
    static const char *const set[] = { "prune.layer_rate=({match=\"*\"; rate=0.25;})", "prune.min_alive=3" };
    rig r = rig_open();
    rig_write(&r, "layers.cfg",
              "base = \"pruned.cfg\"; prune = { output = \"none\";\n"
              "layer_rate = ( { match = \"conv\"; rate = 0.1; }, { match = \"fc1.*\"; rate = 0.3; } ); };");
    rig_write(&r, "run.cfg",
              "base = \"layers.cfg\"; variants = ( { name = \"e\"; prune = { allocation = \"erk\"; }; } );");
    rig_settle(&r, NULL, 0);
    CU_ASSERT_STRING_EQUAL_FATAL(r.said, "");
    const lt_layer_rates *own = &r.settings.prune.layer_rate;
    CU_ASSERT(own->n == 2 && !strcmp(own->v[1].match, "fc1.*") && own->v[1].rate.v[0] == 0.3 &&
              r.settings.prune.output == 0);
    CU_ASSERT(r.settings.variant[0].settings.prune.layer_rate.n == 2 &&
              r.settings.variant[0].masks == LT_MASKS_OWN);
    CU_ASSERT(r.settings.variant[0].settings.prune.output == 1);
    rig_settle(&r, set, 2);
    CU_ASSERT_STRING_EQUAL_FATAL(r.said, "");
    CU_ASSERT(own->n == 1 && !strcmp(own->v[0].match, "*") && own->v[0].rate.v[0] == 0.25 &&
              r.settings.prune.min_alive == 3);
    rig_close(&r);
}

static void places_reach_into_the_criterion(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(&r, "\nprune = { mask = { power = 2; }; };");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const lt_place power = lt_config_place(r.config, "prune.mask.power");
    const lt_place alpha = lt_config_place(r.config, "prune.mask.alpha");
    CU_ASSERT(!strcmp(power.file, "run.cfg") && power.line == 3);
    CU_ASSERT(!strcmp(alpha.file, "pruned.cfg") && alpha.line == 2);
    rig_close(&r);
}

static const lt_test claims[] = {
    { "what cannot go together is refused with a remedy", what_cannot_go_together_is_refused },
    { "what goes together is taken", what_goes_together_is_taken },
    { "defaults are those of the documentation", defaults_are_those_of_the_documentation },
    { "a factor is a word or a number", a_factor_is_a_word_or_a_number },
    { "an overlay replaces what layers have of their own",
      an_overlay_replaces_what_layers_have_of_their_own },
    { "places reach into the criterion's options", places_reach_into_the_criterion },
};

int main(void)
{
    return lt_suite_run("config_prune", claims, sizeof claims / sizeof claims[0]);
}
