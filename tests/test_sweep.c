/* Sweeps: which lines there are, at which points, and with which settings. */
#include "suite.h"

#include <string.h>

#include "config_rig.h"

/* "main: alpha 1 | main: alpha 2 | x": each line and the name of its point. */
static void describe(const rig *r, lt_text *to)
{
    for (uint32_t i = 0; i < r->settings.n_lines; i++) {
        const lt_line *l = &r->settings.line[i];
        lt_text_add(to, "%s%s", i ? " | " : "", l->name);
        if (l->point)
            lt_text_add(to, ": %s", r->settings.point.v[l->point]);
    }
}

static void check_lines(const rig *r, const char *expected)
{
    lt_text text = { 0 };
    if (*r->said)
        printf("\n  for %s: %s", expected, r->said);
    CU_ASSERT_STRING_EQUAL(r->said, "");
    describe(r, &text);
    if (text.s && strcmp(text.s, expected))
        printf("\n  want: %s\n  is:   %s\n", expected, text.s);
    CU_ASSERT_STRING_EQUAL(text.s ? text.s : "", expected);
    lt_text_free(&text);
}

#define SWEEP(key, values) "sweep = ( { key = \"" key "\"; values = " values "; } );\n"
static const struct { const char *text, *lines; } cases[] = {
    { "", "main" },
    { SWEEP("train.optimizer.lr", "[0.1, 0.2]"), "main: lr 0.1 | main: lr 0.2" },
    { SWEEP("train.optimizer.lr", "{ from = 0.1; to = 0.3; count = 3; }"),
      "main: lr 0.1 | main: lr 0.2 | main: lr 0.3" },
    { SWEEP("train.optimizer.lr", "{ from = 1e-4; to = 0.1; count = 4; spacing = \"log\"; }"),
      "main: lr 0.0001 | main: lr 0.001 | main: lr 0.01 | main: lr 0.1" },
    { SWEEP("train.batch_size", "{ from = 32; to = 256; count = 4; spacing = \"log\"; }"),
      "main: batch_size 32 | main: batch_size 64 | main: batch_size 128 | main: batch_size 256" },
    { SWEEP("run.seed", "[1, 2]"), "main: seed 1 | main: seed 2" },
    { SWEEP("prune.mask.plugin", "[\"score\", \"chance\"]"), "main: mask score | main: mask chance" },
    { SWEEP("prune.mask", "( { plugin = \"score\"; }, { plugin = \"score\"; alpha = 3.5; }, { plugin = \"count\"; } )"),
      "main: mask score | main: mask score, alpha 3.5 | main: mask count" },
    { SWEEP("arch.widths", "( [10], [10, 20] )"), "main: widths [10] | main: widths [10, 20]" },
    { SWEEP("prune.density", "( 0.5, [0.5, 0.25] )"), "main: density 0.5 | main: density [0.5, 0.25]" },

    /* Written shorter; Cartesian with the others. */
    { "prune = { mask = { alpha = [1.0, 2.0]; }; };", "main: alpha 1 | main: alpha 2" },
    { "prune = { mask = { alpha = { from = 0.0; to = 4.0; count = 3; }; }; };",
      "main: alpha 0 | main: alpha 2 | main: alpha 4" },
    { "prune = { kept = [\"rewind\", \"reinit\"]; };" SWEEP("run.seed", "[1, 2]"),
      "main: seed 1, kept rewind | main: seed 1, kept reinit | main: seed 2, kept rewind | main: seed 2, kept reinit" },
    { "train = { optimizer = { lr = [0.1, 0.2]; }; }; retrain = { optimizer = { lr = [0.3, 0.4]; }; };",
      "main: train.optimizer.lr 0.1, retrain.optimizer.lr 0.3 | main: train.optimizer.lr 0.1, "
      "retrain.optimizer.lr 0.4 | main: train.optimizer.lr 0.2, retrain.optimizer.lr 0.3 | main: "
      "train.optimizer.lr 0.2, retrain.optimizer.lr 0.4" },

    /* A control follows main's points; a variant with masks of its own has those of its own settings. */
    { "prune = { mask = { alpha = [1.0, 2.0]; }; }; variants = ( { name = \"x\"; prune = { kept = \"reinit\"; }; } );",
      "main: alpha 1 | main: alpha 2 | x: alpha 1 | x: alpha 2" },
    { "prune = { mask = { alpha = [1.0, 2.0]; }; }; variants = ( { name = \"x\"; prune = { mask = { plugin = \"chance\"; }; }; },"
      "{ name = \"y\"; prune = { mask = { power = 2; }; }; }, { name = \"z\"; prune = { mask = { alpha = "
      "7.0; }; }; } );",
      "main: alpha 1 | main: alpha 2 | x | y: alpha 1 | y: alpha 2 | z" },
    { "variants = ( { name = \"x\"; prune = { masks = \"main\"; noise = [0.5, 1.0]; }; } );",
      "main | x: noise 0.5 | x: noise 1" },
    { SWEEP("run.seed", "[1, 2]") "variants = ( { name = \"x\"; prune = { masks = \"main\"; noise = [0.5, 1.0]; }; } );",
      "main: seed 1 | main: seed 2 | x: seed 1, noise 0.5 | x: seed 1, noise 1 | x: seed 2, noise 0.5 | x: seed 2, noise 1" },
    { SWEEP("train.optimizer.lr", "[0.1, 0.2]")
      "variants = ( { name = \"x\"; train = { optimizer = { lr = 0.5; }; }; prune = { scope = \"global\"; }; "
      "},{ name = \"y\"; train = { optimizer = { lr = 0.5; }; }; } );",
      "main: lr 0.1 | main: lr 0.2 | x | y: lr 0.1 | y: lr 0.2" },
};

static void lines_are_the_combinations_that_matter(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig r = rig_open();
        rig_settle_over_pruned(&r, cases[i].text);
        check_lines(&r, cases[i].lines);
        rig_close(&r);
    }
}

static void a_point_has_its_settings_and_a_variants_own_win(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(
        &r, SWEEP("train.optimizer.lr", "[0.25, 0.75]") "variants = ( { name = \"y\"; train = { optimizer = "
                                                        "{ lr = 0.5; }; steps = 7; }; } );");
    CU_ASSERT_EQUAL_FATAL(r.settings.n_lines, 4);
    const lt_line *l = r.settings.line;
    CU_ASSERT(l[0].settings->train.optimizer.lr == 0.25 && l[1].settings->train.optimizer.lr == 0.75);
    CU_ASSERT(l[2].settings->train.optimizer.lr == 0.5 && l[3].settings->train.steps == 7);
    CU_ASSERT(l[2].main == 0 && l[3].main == 1 && l[3].order == 1 && l[3].point == 2);
    CU_ASSERT_STRING_EQUAL(l[1].swept[0], "0.75");
    CU_ASSERT_STRING_EQUAL(l[3].swept[0], "0.5");
    rig_close(&r);
}

/* What belonged to another plug-in or type, and what a criterion that counts for itself has no use for. */
static void a_value_drops_what_it_leaves_without_use(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(&r, "sweep = ( { key = \"prune.mask.plugin\"; values = [\"score\", \"count\"]; }, "
                               "{ key = \"train.optimizer\"; values = ( { type = \"adam\"; lr = 0.5; beta1 = "
                               "0.5; }, { type = \"sgd\"; lr = 0.25; } ); } );");
    CU_ASSERT_STRING_EQUAL_FATAL(r.said, "");
    const lt_line *l = r.settings.line;
    CU_ASSERT_EQUAL(((const rig_mask_options *)l[0].settings->prune.mask.options)->alpha, 2.0);
    CU_ASSERT(l[0].settings->prune.rate.n == 1 && l[2].settings->prune.rate.n == 0);
    CU_ASSERT(l[0].settings->train.optimizer.type == LT_OPTIMIZER_ADAM &&
              l[1].settings->train.optimizer.lr == 0.25);
    CU_ASSERT_STRING_EQUAL(r.settings.point.v[4], "mask count, optimizer sgd, lr 0.25");
    rig_close(&r);
}

/* The first line written is 2: that of `base` comes before it. */
static const struct { const char *text, *says; } bad[] = {
    { SWEEP("train.optimizer.lr", "[0.1, 0.2,\n-1.0]"),
      "run.cfg:3: train.optimizer.lr: -1 is not in (0, inf)" },
    { "prune = { mask = { alpha = [1.0,\n\"x\"]; }; };", "is not of the type" },
    { "prune = { mask = { alpha = ( 1.0,\n\"x\" ); }; };",
      "run.cfg:3: prune.mask.alpha: \"x\" is not a number" },
    { "variants = ( { name = \"x\"; prune = { masks = \"main\"; noise = [1.0, -2.0]; }; } );",
      "variants[x].prune.noise: -2 is not in [0, inf)" },
    { SWEEP("prune.mask.plugin", "[\"score\", \"nothing\"]"), "prune.mask.plugin: no plug-in 'nothing'" },
    { SWEEP("prune.mask.beta", "[1.0]"), "neither ltcore nor score has such a key" },
    { SWEEP("trian.lr", "[1.0]"), "trian.lr: there is no such key" },
    { SWEEP("run.trials", "[1, 2]"), "run.trials: is the same for all points of a sweep" },
    { SWEEP("report.matching", "[0.1, 0.2]"), "report.matching: is the same for all points of a sweep" },
    { SWEEP("report", "( { matching = 0.1; } )"), "report: is the same for all points of a sweep" },
    { "report = { matching = [0.1, 0.2]; };", "report.matching: a list is not a number" },
    { SWEEP("variants.draws", "[1, 2]"), "write the list of values in the variant itself" },
    { SWEEP("run.seed", "[]"), "run.seed: is swept over no values" },
    { SWEEP("run.seed", "[3, 4, 3]"), "run.seed: has value 1 of its sweep twice" },
    { SWEEP("run.seed", "3"), "sweep[1]: has no values: a list, or a range" },
    { SWEEP("run.seed", "{ from = 1; to = 4; count = 3; }"), "run.seed: 2.5 is not an integer" },
    { SWEEP("run.seed", "{ from = 1; to = 4; }"), "run.seed.count: is required" },
    { SWEEP("train.optimizer.lr", "{ from = 0.0; to = 4.0; count = 3; spacing = \"log\"; }"),
      "between two numbers above 0" },
    { "sweep = ( { keys = 3; } );", "sweep[1].keys: there is no such key" },
    { "sweep = { key = 3; };", "sweep: is not a list" },
    { "prune = { mask = { alpha = [1.0, 2.0]; }; };" SWEEP("prune.mask.alpha", "[3.0]"),
      "prune.mask.alpha: is swept twice" },
    { SWEEP("prune.mask", "( { plugin = \"score\"; } )") "prune = { mask = { alpha = [1.0, 2.0]; }; };",
      "is swept, and so is prune.mask" },
    { "prune = { noise = [1.0, 2.0]; }; variants = ( { name = \"x\"; prune = { masks = \"main\"; noise = [3.0, 4.0]; }; } );",
      "variants[x].prune.noise: is swept by the run" },
    { "sweep = ( { key = \"run.seed\"; values = { from = 1; to = 1000; count = 1000; }; }, { key = \"arch.start_cost\"; values = { from "
      "= 0; to = 10; count = 11; }; } );", "makes more than 10000 lines" },
};

static void what_cannot_be_swept_is_refused_at_its_place(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig r = rig_open();
        rig_settle_over_pruned(&r, bad[i].text);
        CU_ASSERT(rig_refused(&r, bad[i].text, bad[i].says));
        CU_ASSERT(r.diags.n <= 2);
        rig_close(&r);
    }
}

static void a_wrong_value_is_said_once(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(&r, "prune = { mask = { alpha = [-1.0, -2.0]; }; };" SWEEP("run.seed", "[1, 2, 3]")
                               "variants = ( { name = \"x\"; prune = { kept = \"reinit\"; }; } );");
    if (r.diags.n != 2)
        printf("\n%s", r.said);
    CU_ASSERT_EQUAL(r.diags.n, 2);
    rig_close(&r);
}

static void the_resolved_configuration_has_the_same_lines(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig a = rig_open(), b = rig_open();
        lt_text first = { 0 }, second = { 0 };
        rig_settle_over_pruned(&a, cases[i].text);
        lt_config_write(&a.settings, &first);
        rig_write(&b, "run.cfg", first.s);
        rig_settle(&b, NULL, 0);
        if (b.st)
            printf("\n%s%s", first.s, b.said);
        check_lines(&b, cases[i].lines);
        lt_config_write(&b.settings, &second);
        CU_ASSERT_STRING_EQUAL(first.s, second.s);
        for (uint32_t l = 0; l < a.settings.n_lines && l < b.settings.n_lines; l++) {
            lt_text one = { 0 }, other = { 0 };
            lt_config_write(a.settings.line[l].settings, &one);
            lt_config_write(b.settings.line[l].settings, &other);
            if (!a.settings.line[l].variant && a.settings.line[l].owns)
                CU_ASSERT_STRING_EQUAL(one.s, other.s);
            lt_text_free(&one);
            lt_text_free(&other);
        }
        lt_text_free(&first);
        lt_text_free(&second);
        rig_close(&a);
        rig_close(&b);
    }
}

static void a_range_stands_for_a_list_of_amounts(void)
{
    rig r = rig_open();
    rig_settle_over_pruned(
        &r, "prune = { strategy = \"one-shot\"; density = { from = 0.1; to = 1.0; count = 10; }; };");
    CU_ASSERT_STRING_EQUAL_FATAL(r.said, "");
    CU_ASSERT(r.settings.n_lines == 1 && r.settings.prune.density.n == 10);
    CU_ASSERT(r.settings.prune.density.v[2] == 0.3 && r.settings.prune.density.v[9] == 1.0);
    rig_close(&r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "lines are the combinations that matter", lines_are_the_combinations_that_matter },
        { "a point has its settings, and a variant's own win",
          a_point_has_its_settings_and_a_variants_own_win },
        { "a value drops what it leaves without use", a_value_drops_what_it_leaves_without_use },
        { "what cannot be swept is refused, at its place", what_cannot_be_swept_is_refused_at_its_place },
        { "a wrong value is said once", a_wrong_value_is_said_once },
        { "the resolved configuration has the same lines", the_resolved_configuration_has_the_same_lines },
        { "a range stands for a list of amounts", a_range_stands_for_a_list_of_amounts },
    };
    return lt_suite_run("sweep", claims, sizeof claims / sizeof claims[0]);
}
