/* Claims about the criteria, held against golden/masks.txt, which golden/make_masks.py finds by brute
 * force. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "masks_rig.h"

/* A case of the file is MODULE/SIGNS/SCOPE; these are the options of each module at each of the three
 * words. */
typedef union options { int64_t signs; double q; } options;

static options options_of(const char *module, const char *signs)
{
    const int64_t word = !strcmp(signs, "any") ? 0 : !strcmp(signs, "same") ? 1 : 2;
    if (!strcmp(module, "std-threshold"))
        return (options){ .q = 0.75 };
    return (options){ .signs = strcmp(module, "sign") ? word : word - 1 };
}

static void read_weights(const char *text, float *w)
{
    char *end = (char *)(uintptr_t)text;
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        w[i] = strtof(end, &end);
}

static bool check(const rig_net *n, const char *name, const char *expected)
{
    char module[64], signs[16], scope[16], found[RIG_WEIGHTS + 1];
    CU_ASSERT_EQUAL_FATAL(sscanf(name, "%63[^/]/%15[^/]/%15s", module, signs, scope), 3);
    const options o = options_of(module, signs);
    lt_selection_request r = rig_net_request(n, module, &o);
    r.scope = !strcmp(scope, "layer") ? LT_SCOPE_LAYER : LT_SCOPE_GLOBAL;
    lt_masks m = rig_select(&r);
    rig_net_bits(&m, found);
    lt_masks_free(&m);
    if (strcmp(found, expected))
        fprintf(stderr, "\n%s: kept %s, should be %s\n", name, found, expected);
    return !strcmp(found, expected);
}

static void criteria_keep_what_brute_force_keeps(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/golden/masks.txt", "r");
    char line[1024], name[128], bits[64];
    unsigned cases = 0, wrong = 0;
    rig_net n;
    rig_net_make(&n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "alive %63s", bits) == 1)
            rig_net_alive(&n, bits);
        else if (!strncmp(line, "init ", 5))
            read_weights(line + 5, n.init);
        else if (!strncmp(line, "final ", 6))
            read_weights(line + 6, n.final);
        else if (sscanf(line, "mask %127s %63s", name, bits) == 2)
            cases++, wrong += !check(&n, name, bits);
    }
    fclose(f);
    CU_ASSERT(cases >= 800);
    CU_ASSERT_EQUAL(wrong, 0);
    rig_net_drop(&n);
}

static void aliases_lead_to_the_same_criterion(void)
{
    static const char *const same[][2] = { { "large-final", "magnitude" }, { "movement", "distance-moved" } };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        CU_ASSERT_PTR_EQUAL(rig_module(same[i][0]), rig_module(same[i][1]));
}

/* A criterion reads what its formula says, and both ends once it looks at signs. */
static void conditions_on_signs_read_both_ends(void)
{
    static const struct { const char *module; int64_t signs; uint32_t flags; } each[] = {
        { "magnitude", 0, LTC_NEED_FINAL }, { "small-final", 0, LTC_NEED_FINAL },
        { "large-init", 0, LTC_NEED_INIT },
        { "small-init", 0, LTC_NEED_INIT }, { "magnitude-increase", 0, LTC_NEED_INIT | LTC_NEED_FINAL },
        { "magnitude", 1, LTC_NEED_INIT | LTC_NEED_FINAL }, { "small-init", 2,
                                                              LTC_NEED_INIT | LTC_NEED_FINAL },
        { "sign", 0, LTC_NEED_INIT | LTC_NEED_FINAL | LTC_MASK_OWN_COUNT },
    };
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        uint32_t flags = 0;
        ltc_error err;
        CU_ASSERT_EQUAL(lt_criterion_flags(rig_module(each[i].module), &each[i].signs, &rig_services, &flags,
                                           &err), 0);
        CU_ASSERT_EQUAL(flags, each[i].flags);
    }
}

/* Zhou et al. set scores that fail to 0, which is above every score of small_final. */
static void failing_weights_rank_below_negative_scores_too(void)
{
    static const int64_t same = 1;
    rig_net n;
    char bits[RIG_WEIGHTS + 1];
    rig_net_make(&n);
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        n.init[i] = i < 6 || i > 14 ? -1 : 1, n.final[i] = 1 + (float)(i % 12) / 16;
    n.final[11] = 1e30f,
        n.final[10] = 1e-30f;        /* beyond the sizes that are told apart, and still in order */
    lt_selection_request r = rig_net_request(&n, "small-final", &same);
    r.budget.value = 0.5;
    lt_masks m = rig_select(&r);
    rig_net_bits(&m, bits);
    CU_ASSERT_STRING_EQUAL(bits, "000000111111" "111000");
    lt_masks_free(&m);
    r.budget.value = 7 / 12.0;                        /* the largest of those that meet it goes next */
    m = rig_select(&r);
    rig_net_bits(&m, bits);
    CU_ASSERT(!strncmp(bits, "000000111110", 12));
    lt_masks_free(&m);
    r.budget.value = 4 / 12.0;                        /* and of those that fail, the largest first */
    m = rig_select(&r);
    rig_net_bits(&m, bits);
    CU_ASSERT(!strncmp(bits, "110000111111", 12));
    lt_masks_free(&m);
    rig_net_drop(&n);
}

static void weights_that_are_not_finite_are_refused(void)
{
    static const struct { const char *module, *says; } each[] = {
        { "magnitude", "scores element 7 of fc1.weight as NaN" },
        { "distance-moved", "element 7 of fc1.weight as NaN" },
        { "lamp", "element 7 of fc1.weight is not finite" },
        { "std-threshold", "a weight of fc1.weight is not finite" },
        { "large-init-large-final", "element 7 of fc1.weight is not finite" },
    };
    rig_net n;
    rig_net_make(&n);
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++)
        for (int64_t signs = 0; signs < 3; signs++) {
            const lt_selection_request r = rig_net_request(&n, each[i].module, &signs);
            n.final[7] = NAN;
            rig_refused(&r, LTC_ENUMERIC, each[i].says);
        }
    rig_net_drop(&n);
}

int main(void)
{
    static const lt_test claims[] = {
        { "criteria keep what brute force keeps", criteria_keep_what_brute_force_keeps },
        { "aliases lead to the same criterion", aliases_lead_to_the_same_criterion },
        { "conditions on signs read both ends", conditions_on_signs_read_both_ends },
        { "failing weights rank below negative scores too", failing_weights_rank_below_negative_scores_too },
        { "weights that are not finite are refused", weights_that_are_not_finite_are_refused },
    };
    const int code = lt_suite_run("masks golden", claims, sizeof claims / sizeof claims[0]);
    rig_modules_close();
    return code;
}
