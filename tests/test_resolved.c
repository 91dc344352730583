/* The resolved configuration alone gives the same settings, bit for bit; the help shows every key; no text
 * crashes. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "config/schema.h"
#include "config_rig.h"

static const char *const rich[] = {
    "",
    "run = { seed = 9007199254740993L; trials = 3; name = \"a \\\"b\\\" \\\\ \\n\\t\\x01\xc3\xa4\"; vary = "
    "[]; };",
    "run = { seed = 9223372036854775807L; };\ntrain = { epochs = 5000000000L; };",
    "train = { steps = 0; evaluate_every = 7; report_at = \"end\"; optimizer = { lr = 1.2345678901234567e-7;\n"
    "momentum = 0.1; nesterov = true; weight_decay = 5e-324; bn_l1 = 1e308; decay = [\"weight\"]; }; };",
    "train = { optimizer = { type = \"adam\"; lr = 2.2250738585072014e-308; beta1 = 0.30000000000000004;\n"
    "eps = 1.7976931348623157e308; weight_decay = -0.0; }; };",
    "train = { lr_schedule = { type = \"multistep\"; milestones = [\"80ep\", \"120ep\"]; warmup = \"5ep\"; "
    "}; };",
    "arch = { depth = 3; bias = false; mode = \"exact\"; start_cost = 0.1; rate = 1e-9; label = \"\";\n"
    "table = \"../w.st\"; widths = [1L, 5000000000L]; alpha = (1, 0.1, 1e22, 123456789012345680.0, -1e-5);\n"
    "words = [\"\\\\\", \"#x\"]; };\nplugins = { path = [\"p\"]; };",
    "prune = { strategy = \"iterative\"; mask = { plugin = \"score\"; power = 3; }; rate = 0.2; rounds = 24;\n"
    "scope = \"global\"; layers = [\"linear\"]; exclude = [\"output\", \"*.x\"]; include = [\"norm\"]; output = 0.1;\n"
    "draw_at = \"best\"; kept = \"final\"; rewind_to = 50; pruned = \"freeze-init\"; };",
    "prune = { strategy = \"one-shot\"; mask = { plugin = \"score\"; }; sparsity = 0.30000000000000004; "
    "output = 1; };",
    "prune = { strategy = \"iterative\"; mask = { plugin = \"score\"; }; rate = 0.2; rounds = 2; min_alive = 7; collapse = \"stop\";\n"
    "layer_rate = ( { match = \"conv\"; rate = 0.1; },\n{ match = \"fc\\\"[12].*\"; rate = [0.30000000000000004, 0.0]; } ); };\n"
    "variants = ( { name = \"a\"; prune = { layer_rate = ( { rate = 1e-3; match = \"x\"; } ); }; },\n"
    "{ name = \"b\"; prune = { layer_rate = (); allocation = \"erk\"; }; },\n"
    "{ name = \"c\"; prune = { mask = { plugin = \"count\"; }; }; } );",
    "prune = { strategy = \"iterative\"; mask = { plugin = \"score\"; }; density = 0.1; rounds = 4; allocation = \"lamp\";\n"
    "layer_rate = ( { match = \"conv\"; sparsity = 0.5; }, { match = \"output\"; density = 1; } ); };\n"
    "variants = ( { name = \"a\"; prune = { scope = \"global\"; collapse = \"keep-one\"; }; } );",
    "prune = { strategy = \"iterative\"; mask = { plugin = \"count\"; }; rounds = 1; };\nvariants = ( { name "
    "= \"x y\"; } );",
    "prune = { strategy = \"iterative\"; mask = { plugin = \"score\"; alpha = 2; }; density = (1, 0.1, 1e-3); };\n"
    "variants = ( { name = \"a \\\"b\\\"\"; draws = 3; levels = [1, 3]; prune = { kept = \"reinit\"; }; },\n"
    "{ name = \"b\"; prune = { rate = [0.5, 0.2]; rounds = 2; match = \"density\"; }; },\n"
    "{ name = \"c\"; prune = { mask = { plugin = \"count\"; }; rounds = 2; }; },\n"
    "{ name = \"d\"; prune = { mask = { power = 2; }; rate = 0.1; rounds = 3; masks = \"own\"; }; },\n"
    "{ name = \"e\"; prune = { strategy = \"none\"; }; train = { epochs = 2; optimizer = { type = \"adam\"; eps = 0.1; };\n"
    "lr_schedule = { type = \"multistep\"; milestones = [5]; }; }; },\n"
    "{ name = \"f\"; arch = { plugin = \"mlp\"; table = \"w\"; words = [\"x\", \"y\"]; }; dataset = { validation = 3; }; },\n"
    "{ name = \"g\"; prune = { strategy = \"one-shot\"; }; } );",
};

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_reals(ltc_reals a, ltc_reals b)
{
    bool same = a.n == b.n;
    for (uint64_t i = 0; same && i < a.n; i++)
        same = same_bits(a.v[i], b.v[i]);
    return same;
}

static bool same_criterion(const lt_plugin_setting *a, const lt_plugin_setting *b)
{
    return a->module == b->module && !a->options == !b->options &&
           (!a->options || !memcmp(a->options, b->options, sizeof(rig_mask_options)));
}

static bool same_layers(const lt_layer_rates *a, const lt_layer_rates *b)
{
    bool same = a->n == b->n;
    for (uint64_t i = 0; same && i < a->n; i++)
        same = !strcmp(a->v[i].match, b->v[i].match) && same_reals(a->v[i].rate, b->v[i].rate) &&
               same_reals(a->v[i].sparsity, b->v[i].sparsity) && same_reals(a->v[i].density, b->v[i].density);
    return same;
}

static bool same_pruning(const lt_settings *s, const lt_settings *t)
{
    return s->prune.strategy == t->prune.strategy && s->prune.scope == t->prune.scope &&
           same_layers(&s->prune.layer_rate, &t->prune.layer_rate) &&
           s->prune.allocation == t->prune.allocation &&
           s->prune.min_alive == t->prune.min_alive && s->prune.collapse == t->prune.collapse &&
           s->prune.kept == t->prune.kept && s->prune.pruned == t->prune.pruned &&
           s->prune.rescale == t->prune.rescale && !(s->prune.noise < t->prune.noise) &&
           !(s->prune.noise > t->prune.noise) &&
           s->prune.rounds == t->prune.rounds && s->prune.exclude.n == t->prune.exclude.n &&
           s->prune.include.n == t->prune.include.n && s->prune.layers.n == t->prune.layers.n &&
           same_bits(s->prune.output, t->prune.output) && same_reals(s->prune.rate, t->prune.rate) &&
           same_reals(s->prune.sparsity, t->prune.sparsity) &&
           same_reals(s->prune.density, t->prune.density) &&
           !memcmp(&s->prune.draw_at, &t->prune.draw_at, sizeof(lt_moment)) &&
           !memcmp(&s->prune.rewind_to, &t->prune.rewind_to, sizeof(lt_moment)) &&
           same_criterion(&s->prune.mask, &t->prune.mask);
}

static bool same_settings(const lt_settings *s, const lt_settings *t);

static bool same_variant(const lt_variant *v, const lt_variant *w)
{
    return !strcmp(v->name, w->name) && v->draws == w->draws && v->levels.n == w->levels.n &&
           v->masks == w->masks && v->match == w->match && same_settings(&v->settings, &w->settings);
}

/* What a slip in a type's writer would change first. */
static bool same_settings(const lt_settings *s, const lt_settings *t)
{
    const rig_options *o = s->arch.plugin.options, *p = t->arch.plugin.options;
    bool same = s->run.seed == t->run.seed && !strcmp(s->run.name, t->run.name) &&
                s->run.vary_bits == t->run.vary_bits &&
                s->train.steps == t->train.steps && s->train.epochs == t->train.epochs &&
                !strcmp(s->run.output, t->run.output) &&
                same_bits(s->run.save_every, t->run.save_every) && !strcmp(s->run.store, t->run.store) &&
                s->dataset.validation == t->dataset.validation && same_pruning(s, t) &&
                s->n_variants == t->n_variants && s->train.optimizer.type == t->train.optimizer.type &&
                o->alpha.n == p->alpha.n && o->widths.n == p->widths.n &&
                !memcmp(&s->train.lr_schedule.warmup, &t->train.lr_schedule.warmup, sizeof(lt_moment)) &&
                s->train.lr_schedule.milestones.n == t->train.lr_schedule.milestones.n &&
                same_bits(s->train.optimizer.lr, t->train.optimizer.lr) &&
                same_bits(s->train.optimizer.beta1, t->train.optimizer.beta1) &&
                same_bits(s->train.optimizer.eps, t->train.optimizer.eps) &&
                same_bits(s->train.optimizer.bn_l1, t->train.optimizer.bn_l1) &&
                same_bits(s->train.optimizer.weight_decay, t->train.optimizer.weight_decay) &&
                o->depth == p->depth && o->bias == p->bias && o->mode == p->mode &&
                same_bits(o->rate, p->rate) &&
                !strcmp(o->words.v[0], p->words.v[0]) && !o->table == !p->table && !o->label == !p->label;
    same = same && same_reals(o->alpha, p->alpha);
    for (uint64_t i = 0; same && i < s->n_variants; i++)
        same = same_variant(&s->variant[i], &t->variant[i]);
    for (uint64_t i = 0; same && i < o->widths.n; i++)
        same = o->widths.v[i] == p->widths.v[i];
    return same && (!o->table || !strcmp(o->table, p->table));
}

/* The copy lies in another folder: what it says must not depend on where it lies. */
static void what_is_written_reads_back_the_same(void)
{
    for (size_t i = 0; i < sizeof rich / sizeof rich[0]; i++) {
        rig a = rig_open(), b = rig_open();
        lt_text first = { 0 }, second = { 0 };
        rig_settle_over(&a, rich[i]);
        CU_ASSERT_STRING_EQUAL_FATAL(a.said, "");
        lt_config_write(&a.settings, &first);
        CU_ASSERT_FALSE_FATAL(first.failed);
        rig_write(&b, "run.cfg", first.s);
        rig_settle(&b, NULL, 0);
        if (b.st)
            printf("\n%s%s", first.s, b.said);
        CU_ASSERT_EQUAL_FATAL(b.st, LTC_OK);
        lt_config_write(&b.settings, &second);
        CU_ASSERT_STRING_EQUAL(first.s, second.s);
        CU_ASSERT(same_settings(&a.settings, &b.settings));
        lt_text_free(&first);
        lt_text_free(&second);
        rig_close(&a);
        rig_close(&b);
    }
}

static void every_default_is_written(void)
{
    static const char *const lines[] = {
        "    seed = 1;\n", "    validation = 5000;\n", "    init = \"pytorch\";\n", "    plugin = \"cpu\";\n",
        "    evaluate_every = \"1ep\";\n", "        momentum = 0.0;\n        nesterov = false;\n", "        weight_decay = 0.0;\n",
        "        decay = [\"weight\", \"bias\", \"norm\"];\n", "        lr = 0.1;\n", "    strategy = \"none\";\n",
        "        warmup = \"0it\";\n", "    widths = [300, 100];\n", "    start_cost = 0.5;\n", "    alpha = [];\n",
        "    vary = [\"init\", \"order\", \"augment\", \"mask\", \"dropout\"];\n", "    path = [];\n", "    bias = true;\n",
    };
    static const char *const idle[] = { "epochs", "beta1", "milestones", "gamma", "label", "base" };
    rig r = rig_open();
    lt_text text = { 0 };
    rig_settle_over(&r, "");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    lt_config_write(&r.settings, &text);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text.s, lines[i]));
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++)
        CU_ASSERT_PTR_NULL(strstr(text.s, idle[i]));
    lt_text_free(&text);
    rig_close(&r);
}

/* What of a pruning run is written, in its order. */
static void what_was_taken_is_written(void)
{
    static const char prune[] =
        "prune = {\n    scope = \"layer\";\n    layers = [\"conv\", \"linear\"];\n    exclude = [];\n    include = [];\n"
        "    output = \"half\";\n    layer_rate = ();\n"
        "    allocation = \"uniform\";\n    min_alive = 0;\n    collapse = \"warn\";\n    strategy = \"iterative\";\n"
        "    rate = 0.2;\n    rounds = 5;\n"
        "    draw_at = \"end\";\n    kept = \"rewind\";\n    rewind_to = \"init\";\n    rescale = false;\n    noise = 0.0;\n"
        "    pruned = \"zero\";\n"
        "    mask = {\n        plugin = \"score\";\n        alpha = 2.0;\n        power = 1;\n    };\n};\n";
    static const char variants[] =
        "variants = (\n    {\n        name = \"x\";\n        draws = 1;\n        levels = [];\n"
        "        train = {\n            optimizer = {\n                lr = 0.5;\n            };\n        };\n"
        "        prune = {\n            kept = \"reinit\";\n            masks = \"main\";\n"
        "            match = \"none\";\n        };\n    },\n    {\n        name = \"y\";\n        draws = 2;\n"
        "        levels = [5];\n        prune = {\n            masks = \"own\";\n            match = \"none\";\n"
        "            mask = {\n                power = 2;\n            };\n        };\n    }\n);\n";
    rig r = rig_open();
    lt_text text = { 0 };
    rig_settle_over_pruned(&r, "variants = ( { name = \"x\"; prune = { kept = \"reinit\"; }; train = { optimizer = { lr = 0.5; }; }; },\n"
                               "{ name = \"y\"; levels = [5]; draws = 2; prune = { mask = { power = 2; }; }; "
                               "} );");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    lt_config_write(&r.settings, &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.s, prune));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.s, variants));
    lt_text_free(&text);
    rig_close(&r);
}

static char *printed(void (*print)(const ltc_schema *s, FILE *to), const ltc_schema *s)
{
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    print(s, to);
    fclose(to);
    return text;
}

static void print_keys(const ltc_schema *s, FILE *to)
{
    (void)s;
    lt_config_print_keys(to);
}

static bool fits(const char *text, size_t columns)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        if (n > columns || (n && text[n - 1] == ' '))
            return false;
        text += n + (text[n] == '\n');
    }
    return true;
}

static void the_help_shows_every_key(void)
{
    char *keys = printed(print_keys, NULL), *options = printed(lt_config_print_options, &rig_schema);
    for (size_t g = 0; g < lt_n_groups; g++)
        for (uint32_t i = 0; i < lt_groups[g].schema.n_opts; i++)
            CU_ASSERT_PTR_NOT_NULL(strstr(keys, lt_schema_at(&lt_groups[g].schema, i)->name));
    for (size_t g = 0; g < lt_n_list_groups; g++)
        for (uint32_t i = 0; i < lt_list_groups[g].schema.n_opts; i++)
            CU_ASSERT_PTR_NOT_NULL(strstr(keys, lt_schema_at(&lt_list_groups[g].schema, i)->name));
    for (size_t g = 0; g < lt_n_variant_groups; g++)
        for (uint32_t i = 0; i < lt_variant_groups[g].schema.n_opts; i++)
            CU_ASSERT_PTR_NOT_NULL(strstr(keys, lt_schema_at(&lt_variant_groups[g].schema, i)->name));
    for (uint32_t i = 0; i < rig_schema.n_opts; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(options, lt_schema_at(&rig_schema, i)->name));
    CU_ASSERT(fits(keys, 100));
    CU_ASSERT(fits(options, 100));
    free(keys);
    free(options);
}

/* A good text with bytes exchanged, dropped and doubled by a fixed sequence: whatever comes out is taken or
 * refused. */
static void garbage_is_refused_and_never_crashes(void)
{
    static const char spice[] = "{}[]();=,\"\\/*#@.:x0-+eLE \n\t\x80";
    rig r = rig_open();
    uint32_t state = 12345;
    for (int round = 0; round < 1200; round++) {
        char text[1200];
        const char *from = round % 2 ? rich[3 + (size_t)round % (sizeof rich / sizeof rich[0] - 3)]
                                     : rig_good;
        snprintf(text, sizeof text, "%s", from);
        for (int change = 0; change < 1 + round % 5; change++) {
            state = state * 1664525u + 1013904223u;
            const size_t n = strlen(text), at = n ? (state >> 8) % n : 0;
            if (n && state >> 30)
                text[at] = spice[(state >> 4) % (sizeof spice - 1)];
            else if (n)
                memmove(text + at, text + at + 1, n - at);
        }
        rig_settle_over(&r, text);
        const char *set[] = { text };
        rig_write(&r, "run.cfg", text);
        rig_settle(&r, set, 1);
    }
    rig_close(&r);
}

static const lt_test claims[] = {
    { "what is written reads back the same, bit for bit", what_is_written_reads_back_the_same },
    { "trap 32: every default is written, and nothing that cannot act", every_default_is_written },
    { "what was taken is written: pruning whole, a variant's own keys", what_was_taken_is_written },
    { "the help shows every key, in 100 columns", the_help_shows_every_key },
    { "garbage is refused and never crashes", garbage_is_refused_and_never_crashes },
};

int main(void)
{
    return lt_suite_run("resolved", claims, sizeof claims / sizeof claims[0]);
}
