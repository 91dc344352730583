/* Claims about identity: keys that changed would orphan every store, so they are written down here. */
#include "plan/identity.h"

#include <string.h>

#include "plan/option_identity.h"
#include "suite.h"

#define GOLDEN_INIT       "391bee8107dae3a82c78cf86040bd189818c392485974050319afbc7d08c4dda"
#define GOLDEN_TRAJECTORY "38475072f512165ff3968c05a3a1768adb677f14108b9cc72ee9748bd8afc9b0"
#define GOLDEN_TREAT      "f711715e2dac318f3613a258a1c512775c07ad0babab54335d669df5436823a6"
#define GOLDEN_MEASURE    "8bba08ea1023858101fb303b33d1c6321c8c968ac42b561c1323121ae689d40a"

#define GOLDEN_SELECT     "f46727044d5d74c116c0f70c757727fb15e849ce7910a8128cdadaaca4897692"
#define GOLDEN_MATCHED    "3c7da28a1345b76ebc1f50d1d7fcdf1a55c273637c1f6aa64436643ea2eb7432"

static lt_settings settings;
static lt_experiment experiment = { .settings = &settings };
static lt_regime regime = {
    .experiment = &experiment, .settings = &settings, .batch = 60,
    .optimizer = { .size = sizeof(ltc_optimizer), .kind = LTC_ADAM, .decay_roles = 15, .beta1 = 0.9,
                   .beta2 = 0.999, .eps = 1e-8 },
    .schedule = { .type = LT_SCHEDULE_CONSTANT, .lr = 1.2e-3, .gamma = 0.1, .total = 3000 },
};
static const lt_identity id = {
    .graph = { { 1 } }, .data = { { 2 } }, .input = { { 3 } }, .backend = "ref/1"
};
static const lt_training training = {
    .batch = 60, .steps = 3000, .key_order = { 1, 2 }, .key_augment = { 3, 4 }, .key_dropout = { 5, 6 }
};
static const lt_digest start = { { 9 } }, mask = { { 8 } };

static void hex_of(const lt_digest *d, char hex[65])
{
    lt_digest_text(d, hex);
}

static lt_digest trajectory_key(void)
{
    lt_digest key;
    ltc_error err;
    CU_ASSERT_FATAL(lt_identity_trajectory(&id, &regime, &training, &start, &mask, 0, &key, &err) == LTC_OK);
    return key;
}

/* identity.md (g): raised revisions and renamed fields show up here, by intent or not at all. */
static void keys_are_what_they_were(void)
{
    const lt_treatment t = { .kept = LT_KEPT_REINIT, .key = { 7, 8 } };
    const lt_digest *states[3] = { &start, NULL, NULL };
    lt_digest key;
    ltc_error err;
    char hex[65];
    CU_ASSERT(lt_identity_init(&id, &regime, (ltc_key){ 1, 2 }, &key, &err) == LTC_OK);
    hex_of(&key, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_INIT);
    key = trajectory_key();
    hex_of(&key, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_TRAJECTORY);
    CU_ASSERT(lt_identity_treat(&id, &t, &mask, states, &key, &err) == LTC_OK);
    hex_of(&key, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_TREAT);
    CU_ASSERT(lt_identity_measure(&id, &start, &mask, LT_TEST, &key, &err) == LTC_OK);
    hex_of(&key, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_MEASURE);
}

/* Two parameters, of which the first is eligible; half of the alive, the output at half the rate. */
static lt_digest selection_key(const lt_selection_request *r)
{
    static const lt_digest criterion = { { 4 } }, before = { { 5 } };
    const lt_digest *states[4] = { NULL, NULL, &start, NULL };
    lt_digest key;
    ltc_error err;
    CU_ASSERT_FATAL(lt_identity_select(&id, r, &criterion, states, &before, &key, &err) == LTC_OK);
    return key;
}

static const ltc_param params[] = { { .name = "fc1.weight", .n = 12 }, { .name = "fc1.bias", .n = 3 } };
static const ltc_graph graph = {
    .size = sizeof graph, .param_size = sizeof params[0], .n_params = 2, .param = params
};
static uint8_t kept[12];
static uint8_t *masks[2] = { kept, NULL };
static const lt_masks all_kept = { 2, masks };
static const lt_module magnitude = { .info.name = "magnitude" };

static lt_selection_request selection(void)
{
    return (lt_selection_request){
        .graph = &graph, .criterion = &magnitude, .scope = LT_SCOPE_GLOBAL, .round = 3, .key = { 1, 2 },
        .budget = { LT_BUDGET_RATE, 0, 0.2, 0.5 }, .before = &all_kept,
    };
}

static void a_selections_key_is_what_it_was(void)
{
    static const uint64_t exact[2] = { 7, 0 };
    lt_selection_request r = selection();
    char hex[65];
    lt_digest key = selection_key(&r);
    hex_of(&key, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_SELECT);
    r.exact = exact;
    key = selection_key(&r);
    hex_of(&key, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_MATCHED);
}

/* What selections learnt later enters a key once it is asked for, and never where another mask is matched. */
static void what_layers_have_of_their_own_changes_a_selections_key(void)
{
    static const uint64_t exact[2] = { 7, 0 };
    const lt_layer_budget none[2] = { { 0 } }, one[2] = { { 1, 0, 0.1 } }, two[2] = { { 2, 0, 0.1 } },
                          whole[2] = { { 1, 1, 0.1 } }, other[2] = { { 1, 0, 0.3 } },
                          idle[2] = { { 0 }, { 1, 0, 0.1 } };
    lt_selection_request r[9];
    lt_digest key[9];
    for (size_t i = 0; i < 9; i++)
        r[i] = selection();
    r[1].layer = one, r[2].layer = two, r[3].layer = whole, r[4].layer = other,
    r[5].allocation = LT_ALLOCATION_ERK;
    r[6].allocation = LT_ALLOCATION_LAMP, r[7].min_alive = 1, r[8].keep_one = 1;
    for (size_t i = 0; i < 9; i++) {
        key[i] = selection_key(&r[i]);
        for (size_t k = 0; k < i; k++)
            CU_ASSERT(memcmp(&key[i], &key[k], sizeof key[i]));
    }
    r[0].layer = none;
    lt_digest same = selection_key(&r[0]);
    CU_ASSERT(!memcmp(&same, &key[0], sizeof same));
    r[0].layer = idle;                        /* of what is not eligible */
    same = selection_key(&r[0]);
    CU_ASSERT(!memcmp(&same, &key[0], sizeof same));
    r[1].allocation = LT_ALLOCATION_ERK, r[1].exact = r[0].exact = exact;
    same = selection_key(&r[1]), key[0] = selection_key(&r[0]);
    CU_ASSERT(!memcmp(&same, &key[0], sizeof same));
}

static void a_treatment_is_its_ways_noise_and_scale(void)
{
    static const lt_treatment ways[] = {
        { .kept = LT_KEPT_REWIND }, { .kept = LT_KEPT_PERMUTE }, { .pruned = LT_PRUNED_OR_ZERO },
        { .rescale = 1 },
        { .noise = 0.5 }, { .noise = 1 }, { .kept = LT_KEPT_REWIND, .slots = LT_SLOTS_NONE },
        { .kept = LT_KEPT_FINAL }, { .kept = LT_KEPT_FINAL, .slots = LT_SLOTS_DRAWN },
    };
    enum { WAYS = sizeof ways / sizeof ways[0] };
    const lt_digest *states[3] = { &start, NULL, NULL };
    lt_digest got[WAYS];
    ltc_error err;
    for (size_t i = 0; i < WAYS; i++) {
        CU_ASSERT(lt_identity_treat(&id, &ways[i], &mask, states, &got[i], &err) == LTC_OK);
        for (size_t j = 0; j < i; j++)
            CU_ASSERT(memcmp(&got[i], &got[j], sizeof got[i]));
    }
}

/* A trajectory has no end: only a schedule that reads the total takes it in. */
static void the_total_enters_only_with_a_schedule_that_reads_it(void)
{
    const lt_digest before = trajectory_key();
    regime.schedule.total = 9000;
    const lt_digest longer = trajectory_key();
    CU_ASSERT(!memcmp(&before, &longer, sizeof before));
    regime.schedule.type = LT_SCHEDULE_COSINE;
    const lt_digest cosine = trajectory_key();
    regime.schedule.total = 3000;
    const lt_digest shorter = trajectory_key();
    CU_ASSERT(memcmp(&cosine, &shorter, sizeof cosine));
    regime.schedule.type = LT_SCHEDULE_CONSTANT;
}

static void whatever_changes_a_bit_changes_the_key(void)
{
    const lt_digest before = trajectory_key();
    const struct { double *real; uint64_t *whole; } change[] = {
        { &regime.schedule.lr, NULL }, { &regime.optimizer.beta1, NULL },
        { &regime.optimizer.weight_decay, NULL },
        { NULL, &regime.batch }, { NULL, &regime.schedule.warmup },
    };
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        const double real = change[i].real ? *change[i].real : 0;
        const uint64_t whole = change[i].whole ? *change[i].whole : 0;
        if (change[i].real)
            *change[i].real = real + 0.01;
        else
            *change[i].whole = whole + 1;
        const lt_digest now = trajectory_key();
        CU_ASSERT(memcmp(&before, &now, sizeof now));
        if (change[i].real)
            *change[i].real = real;
        else
            *change[i].whole = whole;
    }
}

typedef struct opts { int64_t depth, later, threads; double width; } opts;

/* identity.md (g): an option that came later, and one that cannot change a result. */
static void a_later_option_at_its_default_and_a_neutral_one_are_not_hashed(void)
{
    static const ltc_opt with[] = {
        LTC_INT(opts, depth, 3, 1, 9, "depth"), LTC_REAL(opts, width, 1, 0, 9, "width"),
        LTC_INT(opts, later, 5, 0, 9, "came later", .flags = LTC_OPT_LATER),
        LTC_INT(opts, threads, 1, 1, 9, "neutral", .flags = LTC_OPT_NEUTRAL),
    };
    const ltc_schema old = { sizeof old, sizeof with[0], 2, sizeof(opts), with },
                     new = { sizeof new, sizeof with[0], 4, sizeof(opts), with };
    opts o = { .depth = 3, .later = 5, .threads = 7, .width = 0.5 };
    lt_text a = { 0 }, b = { 0 }, c = { 0 };
    ltc_error err;
    CU_ASSERT(lt_option_identity(&old, &o, &a, &err) == LTC_OK &&
              lt_option_identity(&new, &o, &b, &err) == LTC_OK);
    CU_ASSERT_STRING_EQUAL(a.s, b.s);
    CU_ASSERT_STRING_EQUAL(a.s, "5:depth i 1:3\n5:width r 16:3fe0000000000000\n");
    o.later = 6;
    CU_ASSERT(lt_option_identity(&new, &o, &c, &err) == LTC_OK);
    CU_ASSERT_STRING_NOT_EQUAL(a.s, c.s);
    lt_text_free(&a), lt_text_free(&b), lt_text_free(&c);
}

int main(void)
{
    static const lt_test claims[] = {
        { "keys are what they were", keys_are_what_they_were },
        { "a selection's key is what it was", a_selections_key_is_what_it_was },
        { "what layers have of their own changes a selection's key",
          what_layers_have_of_their_own_changes_a_selections_key },
        { "the total enters only with a schedule that reads it",
          the_total_enters_only_with_a_schedule_that_reads_it },
        { "whatever changes a bit changes the key", whatever_changes_a_bit_changes_the_key },
        { "a later option at its default and a neutral one are not hashed",
          a_later_option_at_its_default_and_a_neutral_one_are_not_hashed },
        { "a treatment is its ways, noise and scale", a_treatment_is_its_ways_noise_and_scale },
    };
    return lt_suite_run("identity", claims, sizeof claims / sizeof claims[0]);
}
