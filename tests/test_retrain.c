/* Claims about retrain: an overlay on train for every training after the first, and what goes with what. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "config/schema.h"
#include "config_rig.h"

static void settle(rig *r, const char *text)
{
    rig_settle_over_pruned(r, text);
    if (r->st)
        printf("\n%s\n%s", text, r->said);
    CU_ASSERT_EQUAL_FATAL(r->st, LTC_OK);
}

static void without_it_levels_train_as_the_dense_network_does(void)
{
    rig r = rig_open();
    lt_text text = { 0 };
    settle(&r, "train = { optimizer = { weight_decay = 0.25; }; };");
    CU_ASSERT(!r.settings.retrain.given);
    CU_ASSERT(!memcmp(&r.settings.retrain.train, &r.settings.train, sizeof r.settings.train));
    lt_config_write(&r.settings, &text);
    CU_ASSERT_PTR_NULL(strstr(text.s, "retrain"));
    lt_text_free(&text);
    rig_close(&r);
}

static void it_is_laid_over_train_key_by_key(void)
{
    rig r = rig_open();
    settle(&r, "train = { optimizer = { momentum = 0.5; }; lr_schedule = { type = \"multistep\"; milestones = [5]; }; };\n"
               "retrain = { epochs = 3; optimizer = { lr = 0.02; }; lr_schedule = { type = \"constant\"; }; "
               "};");
    const lt_settings *s = &r.settings;
    CU_ASSERT(s->retrain.given && s->retrain.from == LT_FROM_START);
    CU_ASSERT(s->retrain.train.epochs == 3 && s->retrain.train.steps == -1);
    CU_ASSERT(s->train.epochs == -1 && s->train.steps == 100);
    CU_ASSERT(s->retrain.train.optimizer.lr == 0.02 && s->train.optimizer.lr == 0.1);
    CU_ASSERT(s->retrain.train.optimizer.momentum == 0.5 && s->retrain.train.batch_size == 60);
    CU_ASSERT(s->retrain.train.lr_schedule.milestones.n == 0 && s->train.lr_schedule.milestones.n == 1);
    rig_close(&r);
}

static void another_optimizer_leaves_behind_what_was_the_first_ones(void)
{
    rig r = rig_open();
    settle(&r, "train = { optimizer = { momentum = 0.5; weight_decay = 0.25; }; };\n"
               "retrain = { optimizer = { type = \"adam\"; }; };");
    CU_ASSERT(r.settings.retrain.train.optimizer.momentum == 0 && r.settings.train.optimizer.momentum == 0.5);
    CU_ASSERT(r.settings.retrain.train.optimizer.beta1 == 0.9);
    CU_ASSERT(r.settings.retrain.train.optimizer.weight_decay == 0.25);
    rig_close(&r);
}

static void a_variant_inherits_it_and_may_lay_more_over_it(void)
{
    rig r = rig_open();
    settle(&r, "retrain = { steps = 20; optimizer = { lr = 0.5; }; };\n"
               "variants = ( { name = \"a\"; prune = { kept = \"reinit\"; }; },\n"
               "{ name = \"b\"; retrain = { epochs = 7; }; train = { batch_size = 10; }; },\n"
               "{ name = \"c\"; prune = { strategy = \"none\"; }; },\n"
               "{ name = \"d\"; prune = { strategy = \"sensitivity\"; draw_at = \"best\"; }; } );");
    const lt_variant *v = r.settings.variant;
    CU_ASSERT(v[0].settings.retrain.train.steps == 20 && v[0].settings.retrain.train.optimizer.lr == 0.5);
    CU_ASSERT(v[1].settings.retrain.train.epochs == 7 && v[1].settings.retrain.train.steps == -1);
    CU_ASSERT(v[1].settings.retrain.train.optimizer.lr == 0.5 &&
              v[1].settings.retrain.train.batch_size == 10);
    CU_ASSERT(!v[2].settings.retrain.given);
    CU_ASSERT(v[3].settings.retrain.given && v[3].settings.retrain.train.steps == 0);
    CU_ASSERT(v[3].settings.retrain.train.epochs == -1 && v[3].settings.prune.kept == LT_KEPT_FINAL);
    rig_close(&r);
}

/* What retrain may be over pruned.cfg (rate 0.2 in 5 rounds, rewound to the beginning),
 * and why it may not. */
static const struct { const char *text, *says; } refused[] = {
    { "retrain = 5;", "run.cfg:2: retrain: is not a group (write retrain = { ... };)" },
    { "retrain = { steps = 5; epochs = 1; };", "run.cfg:2: retrain: steps and epochs exclude one another" },
    { "retrain = { stepps = 5; };", "retrain.stepps: there is no such key (did you mean 'steps'?)" },
    { "retrain = { steps = -1; };", "retrain.steps: -1 is not in [0, inf)" },
    { "retrain = { optimiser = { }; };",
      "retrain.optimiser: there is no such key (did you mean 'optimizer'?)" },
    { "retrain = { optimizer = { lr = 0; }; };", "retrain.optimizer.lr: 0 is not in (0, inf)" },
    { "retrain = { optimizer = { beta1 = 0.5; }; };",
      "retrain.optimizer.beta1: does nothing with type \"sgd\"" },
    { "retrain = { optimizer = { nesterov = true; }; };",
      "retrain.optimizer.nesterov: needs a momentum above 0" },
    { "retrain = { lr_schedule = { type = \"multistep\"; }; };",
      "retrain.lr_schedule.milestones: is required with type \"multistep\"" },
    { "retrain = { from = \"end\"; };", "retrain.from: \"end\" is not one of: start, drawn" },
    { "retrain = { report_at = \"end\"; };",
      "retrain.report_at: all levels are compared at the same evaluation, that of train.report_at" },
    { "retrain = { from = \"drawn\"; };",
      "retrain.from: \"drawn\" goes on with the weights that the mask was drawn from, "
                                           "and kept is \"rewind\"\n        prune.kept = \"final\", or from = \"start\"" },
    { "retrain = { from = \"drawn\"; };\nprune = { kept = \"final\"; draw_at = 50; };",
      "run.cfg:2: retrain.from: \"drawn\" goes on from level to level, and prune.draw_at is one "
      "step for all" },
    { "retrain = { from = \"drawn\"; lr_schedule = { type = \"cosine\"; }; };\n"
      "prune = { kept = \"final\"; };",
      "retrain.from: \"drawn\" goes on with the last learning rate, and a cosine ends at 0" },
    { "retrain = { from = \"drawn\"; batch_size = 30; };\nprune = { kept = \"final\"; };",
      "retrain.batch_size: another batch size can only begin at step 0" },
    { "retrain = { batch_size = 30; };\nprune = { rewind_to = 50; };",
      "retrain.batch_size: another batch size can only begin at step 0" },
    { "retrain = { optimizer_state = \"fresh\"; };", "retrain.optimizer_state: \"fresh\" does nothing" },
    { "retrain = { optimizer_state = \"fresh\"; };\nprune = { kept = \"final\"; };",
      "retrain.optimizer_state: \"fresh\" does nothing" },
    { "retrain = { from = \"drawn\"; };\nprune = { kept = \"final\"; draw_at = \"best\"; };",
      "retrain.optimizer_state: of the best step weights alone are stored" },
    { "retrain = { optimizer = { type = \"adam\"; }; };\nprune = { rewind_to = 50; };",
      "retrain.optimizer_state: the state of one optimizer is nothing to another" },
    { "retrain = { steps = 5; };\nprune = { strategy = \"none\"; };",
      "run.cfg:2: retrain: does nothing with strategy \"none\"" },
    { "retrain = { steps = 5; };\nprune = { strategy = \"sensitivity\"; draw_at = \"best\"; };",
      "retrain: does nothing with strategy \"sensitivity\", which trains the dense network alone" },
    { "prune = { strategy = \"sensitivity\"; };",
      "train.report_at: \"best\" compares networks that are pruned at the end, and not trained again, with the dense one" },
    { "retrain = { epochs = 0; };\nprune = { kept = \"final\"; draw_at = \"best\"; };\ntrain = { report_at = \"end\"; };",
      "run.cfg:4: train.report_at: \"end\" compares networks that are pruned at the best step" },
    { "retrain = { from = \"drawn\"; };\nprune = { kept = \"final\"; };\n"
      "variants = ( { name = \"x\"; prune = { kept = \"reinit\"; }; } );",
      "variants[x].retrain.from: \"drawn\" goes on with the weights that the mask was drawn from, and kept is \"reinit\"" },
    { "variants = ( { name = \"x\"; retrain = { stepps = 5; }; } );",
      "variants[x].retrain.stepps: there is no such key" },
    { "prune = { strategy = \"sensitivity\"; kept = \"final\"; };",
      "prune.kept: does nothing with strategy \"sensitivity\"" },
    { "prune = { strategy = \"sensitivity\"; rate = [0.5, 0.9]; scope = \"global\"; };",
      "prune.scope: does nothing with strategy \"sensitivity\"" },
    { "prune = { strategy = \"sensitivity\"; sparsity = [0.9, 0.5]; };",
      "prune.sparsity: each must be above the one before it" },
    { "prune = { strategy = \"layerwise\"; rounds = 5; };",
      "prune.rounds: does nothing with strategy \"layerwise\"" },
    { "prune = { strategy = \"layerwise\"; mask = { plugin = \"count\"; }; };",
      "prune.mask.plugin: count fixes its own count over all tensors, and strategy \"layerwise\" prunes one at a time" },
    { "prune = { strategy = \"layerwise\"; layer_rate = ( { match = \"x\"; rate = [0.1, 0.2]; } ); };",
      "prune.layer_rate[1].rate: is a list, and each tensor is pruned at one level" },
};

static void what_says_nothing_is_refused_in_words(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        rig_settle_over_pruned(&r, refused[i].text);
        CU_ASSERT(rig_refused(&r, refused[i].text, refused[i].says));
    }
    rig_close(&r);
}

static const char *const allowed[] = {
    "retrain = { };",
    "retrain = { from = \"start\"; };",
    "retrain = { steps = 0; };",
    "retrain = { batch_size = 30; steps = 7; };",
    "retrain = { from = \"drawn\"; optimizer_state = \"fresh\"; };\nprune = { kept = \"final\"; };",
    "retrain = { from = \"drawn\"; optimizer_state = \"fresh\"; };\nprune = { kept = \"final\"; draw_at = "
    "\"best\"; };",
    "retrain = { from = \"drawn\"; steps = 5; };\nprune = { kept = \"final\"; strategy = \"one-shot\"; "
    "draw_at = 50; };",
    "retrain = { optimizer_state = \"fresh\"; };\nprune = { rewind_to = 50; };\n"
    "variants = ( { name = \"x\"; prune = { kept = \"reinit\"; }; } );",
    "retrain = { epochs = 0; };\nprune = { kept = \"final\"; };\ntrain = { report_at = \"end\"; };",
    "retrain = { epochs = 0; };\nprune = { kept = \"signed-constant\"; };",
    "prune = { strategy = \"sensitivity\"; sparsity = [0.5, 0.9]; };\ntrain = { report_at = \"end\"; };",
    "prune = { strategy = \"layerwise\"; rate = [0.5, 0.5]; kept = \"final\"; };\n"
    "retrain = { steps = 5; optimizer = { lr = 0.30000000000000004; decay = [\"bias\"]; }; from = \"drawn\"; };\n"
    "variants = ( { name = \"x\"; levels = [9]; retrain = { optimizer = { momentum = 0.5; }; }; } );",
};

/* The copy lies in another folder, and says the same. */
static void what_is_written_reads_back_the_same(void)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        rig a = rig_open(), b = rig_open();
        lt_text first = { 0 }, second = { 0 };
        settle(&a, allowed[i]);
        lt_config_write(&a.settings, &first);
        rig_write(&b, "run.cfg", first.s);
        rig_settle(&b, NULL, 0);
        if (b.st)
            printf("\n%s%s", first.s, b.said);
        CU_ASSERT_EQUAL_FATAL(b.st, LTC_OK);
        lt_config_write(&b.settings, &second);
        CU_ASSERT_STRING_EQUAL(first.s, second.s);
        const lt_train_settings *s = &a.settings.retrain.train, *t = &b.settings.retrain.train;
        CU_ASSERT(a.settings.retrain.given == b.settings.retrain.given &&
                  a.settings.retrain.from == b.settings.retrain.from);
        CU_ASSERT(a.settings.retrain.optimizer_state == b.settings.retrain.optimizer_state);
        CU_ASSERT(s->steps == t->steps && s->epochs == t->epochs && s->batch_size == t->batch_size);
        CU_ASSERT(!memcmp(&s->optimizer, &t->optimizer, offsetof(lt_train_settings, optimizer.decay) -
                                                            offsetof(lt_train_settings, optimizer)));
        lt_text_free(&first);
        lt_text_free(&second);
        rig_close(&a);
        rig_close(&b);
    }
}

static void what_it_sets_is_written_and_no_more(void)
{
    static const char wanted[] =
        "retrain = {\n    steps = 5;\n    from = \"start\";\n    optimizer_state = \"rewound\";\n"
        "    optimizer = {\n        lr = 0.02;\n    };\n};\n",
        own[] = "        retrain = {\n            optimizer = {\n                momentum = 0.5;\n            };\n        };\n";
    rig r = rig_open();
    lt_text text = { 0 };
    settle(&r, "retrain = { optimizer = { lr = 0.02; }; steps = 5; };\n"
               "variants = ( { name = \"x\"; retrain = { optimizer = { momentum = 0.5; }; }; } );");
    lt_config_write(&r.settings, &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.s, wanted));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.s, own));
    lt_text_free(&text);
    rig_close(&r);
}

static void the_command_line_sets_it_too(void)
{
    static const char *const set[] = { "retrain.epochs=2", "retrain.optimizer.lr=0.03",
                                       "variants[x].retrain.steps=9" };
    rig r = rig_open();
    rig_settle_over_pruned(&r, "retrain = { steps = 5; }; variants = ( { name = \"x\"; } );");
    rig_settle(&r, set, 3);
    CU_ASSERT_STRING_EQUAL(r.said, "");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT(r.settings.retrain.train.epochs == 2 && r.settings.retrain.train.steps == -1);
    CU_ASSERT(r.settings.retrain.train.optimizer.lr == 0.03);
    CU_ASSERT(r.settings.variant[0].settings.retrain.train.steps == 9);
    rig_close(&r);
}

static const lt_test claims[] = {
    { "trap 29: without it levels train as the dense network does",
      without_it_levels_train_as_the_dense_network_does },
    { "it is laid over train key by key", it_is_laid_over_train_key_by_key },
    { "another optimizer leaves behind what was the first one's",
      another_optimizer_leaves_behind_what_was_the_first_ones },
    { "a variant inherits it and may lay more over it", a_variant_inherits_it_and_may_lay_more_over_it },
    { "what says nothing is refused in words", what_says_nothing_is_refused_in_words },
    { "what is written reads back the same", what_is_written_reads_back_the_same },
    { "what it sets is written, and no more", what_it_sets_is_written_and_no_more },
    { "the command line sets it too", the_command_line_sets_it_too },
};

int main(void)
{
    return lt_suite_run("retrain", claims, sizeof claims / sizeof claims[0]);
}
