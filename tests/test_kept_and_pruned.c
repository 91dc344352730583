/* Claims about the ways in which kept and pruned weights begin that Zhou et al. 2019 compared, on weights
 * written down by hand. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prune/treatment.h"
#include "prune_rig.h"

enum { N = 12, KEPT = 7 };
static const ltc_key key = { 5, 6 }, other = { 5, 7 };

/* Of fc1; fc2 has six alike, its biases are 0.5. */
static const float began[N] = { 1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12 };
static const float ended[N] = { 2, 1, -3, 3, 6, -5, -7, 9, 8, 11, -10, 13 };
static const uint8_t kept[N] = { 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1 };

typedef struct bench {
    lt_graph g;
    lt_masks selection;
    lt_state init, final, start;
} bench;

static void make(bench *b)
{
    lt_state *const all[] = { &b->init, &b->final, &b->start };
    ltc_error err;
    *b = (bench){ .g = rig_graph(rig_tiny) };
    b->selection = rig_all_weights(&b->g);
    memcpy(b->selection.mask[FC1], kept, N);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL_FATAL(lt_state_create(&b->g.view, all[i], &err), LTC_OK);
    memcpy(b->init.value[FC1], began, sizeof began);
    memcpy(b->final.value[FC1], ended, sizeof ended);
    memcpy(b->init.value[FC2], began, 6 * sizeof(float));
    memcpy(b->final.value[FC2], ended, 6 * sizeof(float));
    for (int i = 0; i < 3; i++)
        b->init.value[FC1_BIAS][i] = 0.5f, b->final.value[FC1_BIAS][i] = -7, b->final.slot1[FC1][i] = 3;
    b->final.clock = 9;
}

static void drop(bench *b)
{
    lt_state_free(&b->init), lt_state_free(&b->final), lt_state_free(&b->start);
    lt_masks_free(&b->selection);
    lt_graph_free(&b->g);
}

static void treat(bench *b, const lt_treatment *t)
{
    ltc_error err = { .message = "" };
    const ltc_status st = lt_treat(t, &b->selection, &b->init, &b->init, &b->final, &b->start, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
}

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The weights of fc1 at kept places, sorted; their sizes if `sizes`. How many. */
static size_t kept_of(const float *w, bool sizes, float *to)
{
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        if (kept[i])
            to[n++] = sizes ? fabsf(w[i]) : w[i];
    qsort(to, n, sizeof *to, by_size);
    return n;
}

static size_t signs_changed(const bench *b)
{
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        n += kept[i] && signbit(b->start.value[FC1][i]) != signbit(began[i]);
    return n;
}

static bool is_one_of_all(float x, bool sizes)
{
    bool any = false;
    for (size_t i = 0; i < N; i++)
        any = any || (sizes ? fabsf(x) : x) == (sizes ? fabsf(began[i]) : began[i]);
    return any;
}

static void reshuffle_and_permute_move_initial_values(void)
{
    static const struct { int64_t way; bool among_kept, keeps_signs; } ways[] = {
        { LT_KEPT_PERMUTE, false, false }, { LT_KEPT_SIGNED_PERMUTE, false, true },
        { LT_KEPT_RESHUFFLE, true, false }, { LT_KEPT_SIGNED_RESHUFFLE, true, true },
    };
    bench b;
    make(&b);
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        const lt_treatment t = { .kept = ways[k].way, .key = key };
        float before[N], after[N];
        treat(&b, &t);
        CU_ASSERT_EQUAL(kept_of(began, ways[k].keeps_signs, before), KEPT);
        kept_of(b.start.value[FC1], ways[k].keeps_signs, after);
        CU_ASSERT_EQUAL(!memcmp(before, after, KEPT * sizeof *after), ways[k].among_kept);
        CU_ASSERT_EQUAL(signs_changed(&b) == 0, ways[k].keeps_signs);
        for (size_t i = 0; i < KEPT; i++)
            CU_ASSERT(is_one_of_all(after[i], ways[k].keeps_signs) && (!i || after[i] != after[i - 1]));
        CU_ASSERT(memcmp(b.start.value[FC1], began, sizeof began));      /* and something did move */
    }
    drop(&b);
}

static void trap_27_biases_stay_where_they_began(void)
{
    bench b;
    make(&b);
    for (int64_t way = LT_KEPT_PERMUTE; way <= LT_KEPT_RANDOM_SIGN; way++) {
        treat(&b, &(lt_treatment){ .kept = way, .key = key });
        for (int i = 0; i < 3; i++)
            CU_ASSERT_EQUAL(b.start.value[FC1_BIAS][i], 0.5f);
        CU_ASSERT(b.start.clock == 0 && b.start.slot1[FC1][0] == 0);
    }
    drop(&b);
}

static void trap_26b_a_lot_is_drawn_by_key_and_layer(void)
{
    bench b, c;
    make(&b), make(&c);
    for (int64_t way = LT_KEPT_PERMUTE; way <= LT_KEPT_RANDOM_SIGN; way++) {
        if (way == LT_KEPT_SIGNED_CONSTANT)
            continue;                         /* nothing in it is by lot */
        treat(&b, &(lt_treatment){ .kept = way, .key = key });
        treat(&c, &(lt_treatment){ .kept = way, .key = key });
        CU_ASSERT(!memcmp(b.start.value[FC1], c.start.value[FC1], sizeof began));
        treat(&c, &(lt_treatment){ .kept = way, .key = other });
        CU_ASSERT(memcmp(b.start.value[FC1], c.start.value[FC1], sizeof began));
    }
    drop(&b), drop(&c);
}

/* Deviation of 1, -2, ... 11, -12: mean -0.5, mean square 650 / 12. */
static void constants_have_the_layers_deviation(void)
{
    const float size = (float)sqrt(650.0 / 12 - 0.25);
    bench b;
    make(&b);
    treat(&b, &(lt_treatment){ .kept = LT_KEPT_SIGNED_CONSTANT });
    CU_ASSERT_EQUAL(signs_changed(&b), 0);
    for (size_t i = 0; i < N; i++)
        CU_ASSERT_EQUAL(fabsf(b.start.value[FC1][i]), kept[i] ? size : 0);
    treat(&b, &(lt_treatment){ .kept = LT_KEPT_RANDOM_SIGN, .key = key });
    CU_ASSERT(signs_changed(&b) > 0 && signs_changed(&b) < KEPT);
    for (size_t i = 0; i < N; i++)
        CU_ASSERT_EQUAL(fabsf(b.start.value[FC1][i]), kept[i] ? size : 0);
    drop(&b);
}

static void rescaling_multiplies_by_size_over_kept(void)
{
    bench b;
    make(&b);
    treat(&b, &(lt_treatment){ .kept = LT_KEPT_REWIND, .rescale = 1 });
    for (size_t i = 0; i < N; i++)
        CU_ASSERT_EQUAL(b.start.value[FC1][i], kept[i] ? (float)(12.0 / 7 * (double)began[i]) : 0);
    CU_ASSERT(!memcmp(b.start.value[FC2], began, 6 * sizeof(float)));    /* all of it is kept: a factor of
                                                                          * 1 */
    memset(b.selection.mask[FC1], 0, N);
    treat(&b, &(lt_treatment){ .kept = LT_KEPT_REWIND, .rescale = 1 });
    for (size_t i = 0; i < N; i++)
        CU_ASSERT_EQUAL(b.start.value[FC1][i], 0);                       /* and no division by zero */
    drop(&b);
}

/* LeNet's first layer: mean and deviation of 235,200 draws, to five standard errors. */
static void noise_is_normal_with_so_many_deviations(void)
{
    bench b = { .g = rig_graph(rig_lenet) };
    const lt_treatment t = { .kept = LT_KEPT_REWIND, .noise = 3, .key = key };
    const size_t n = 235200;
    double sum = 0, squares = 0, size = 0;
    ltc_error err;
    b.selection = rig_all_weights(&b.g);
    CU_ASSERT_EQUAL_FATAL(lt_state_create(&b.g.view, &b.init, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(lt_state_create(&b.g.view, &b.start, &err), LTC_OK);
    for (size_t i = 0; i < n; i++)
        b.init.value[0][i] = i % 2 ? -0.5f : 0.5f;                       /* deviation 0.5 */
    b.init.slot1[0][7] = 4;
    CU_ASSERT_EQUAL_FATAL(lt_treat(&t, &b.selection, &b.init, &b.init, NULL, &b.start, &err), LTC_OK);
    for (size_t i = 0; i < n; i++) {
        const double d = ((double)b.start.value[0][i] - (double)b.init.value[0][i]) / 1.5;
        sum += d, squares += d * d, size += fabs(d);
    }
    CU_ASSERT(fabs(sum / (double)n) < 5 / sqrt((double)n));
    CU_ASSERT(fabs(squares / (double)n - 1) < 5 * sqrt(2.0 / (double)n));
    CU_ASSERT(fabs(size / (double)n - sqrt(2 / 3.14159265358979)) < 5 * 0.603 / sqrt((double)n));
    CU_ASSERT_EQUAL(b.start.slot1[0][7], 4);  /* a rewound optimizer comes with it */
    lt_state_free(&b.init), lt_state_free(&b.start);
    lt_masks_free(&b.selection);
    lt_graph_free(&b.g);
}

static void or_zero_follows_where_weights_moved(void)
{
    /* pruned: 1 (2 -> 1), 3 (4 -> 3), 4 (5 -> 6), 6 (7 -> 7), 9 (10 -> 11); D dead, F frozen */
    static const struct { int64_t way; const char *marks; } ways[] = {
        { LT_PRUNED_ZERO, "ADADDADAADAA" }, { LT_PRUNED_FREEZE_INIT, "AFAFFAFAAFAA" },
        { LT_PRUNED_OR_ZERO, "ADADFAFAAFAA" }, { LT_PRUNED_OR_ZERO_ALL, "ADADFAFAAFAA" },
        { LT_PRUNED_OR_ZERO_REVERSED, "AFAFDADAADAA" },
    };
    bench b;
    make(&b);
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        treat(&b, &(lt_treatment){ .kept = LT_KEPT_REWIND, .pruned = ways[k].way });
        for (size_t i = 0; i < N; i++) {
            const bool at_zero = ways[k].marks[i] == 'D' ||             /* kept 5 (6 -> 5), 8 (9 ->
                                                                         * 8), 10 (11 -> 10) */
                                 (ways[k].way == LT_PRUNED_OR_ZERO_ALL && (i == 5 || i == 8 || i == 10));
            CU_ASSERT_EQUAL(b.start.mask[FC1][i], ways[k].marks[i] == 'A'   ? LTC_ALIVE
                                                  : ways[k].marks[i] == 'D' ? LTC_DEAD
                                                                            : LTC_FROZEN);
            CU_ASSERT_EQUAL(b.start.value[FC1][i], at_zero ? 0 : began[i]);
        }
    }
    drop(&b);
}

static void shuffled_zeros_are_as_many_among_the_pruned(void)
{
    bool moved = false;
    bench b;
    make(&b);
    for (uint64_t k = 0; k < 20; k++) {
        size_t dead = 0;
        treat(&b, &(lt_treatment){
                      .kept = LT_KEPT_REWIND, .pruned = LT_PRUNED_OR_ZERO_SHUFFLED, .key = { k, 0 } });
        for (size_t i = 0; i < N; i++) {
            CU_ASSERT_EQUAL(b.start.mask[FC1][i] == LTC_ALIVE, kept[i]);
            dead += b.start.mask[FC1][i] == LTC_DEAD;
        }
        CU_ASSERT_EQUAL(dead, 2);
        moved = moved || b.start.mask[FC1][1] != LTC_DEAD;
    }
    CU_ASSERT(moved);
    drop(&b);
}

/* Another round of freeze-init-or-zero finds the same: what was frozen did not move, what was
 * zeroed is at zero. */
static void or_zero_is_stable_over_rounds(void)
{
    bench b;
    const lt_treatment t = { .kept = LT_KEPT_REWIND, .pruned = LT_PRUNED_OR_ZERO };
    uint8_t first[N];
    make(&b);
    treat(&b, &t);
    memcpy(first, b.start.mask[FC1], N);
    for (size_t i = 0; i < N; i++)
        b.final.value[FC1][i] = kept[i] ? ended[i] : b.start.value[FC1][i];
    treat(&b, &t);
    CU_ASSERT(!memcmp(first, b.start.mask[FC1], N));
    drop(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "reshuffle and permute move initial values, signed ones keep the signs",
          reshuffle_and_permute_move_initial_values },
        { "trap 27: biases stay where they began, and no optimizer comes along",
          trap_27_biases_stay_where_they_began },
        { "trap 26b: a lot is drawn by key and layer, and does something",
          trap_26b_a_lot_is_drawn_by_key_and_layer },
        { "constants have the layer's initial deviation", constants_have_the_layers_deviation },
        { "rescaling multiplies by a layer's size over what is kept",
          rescaling_multiplies_by_size_over_kept },
        { "noise is normal, of so many deviations", noise_is_normal_with_so_many_deviations },
        { "freeze-init-or-zero follows where weights moved", or_zero_follows_where_weights_moved },
        { "shuffled zeros are as many, among the pruned", shuffled_zeros_are_as_many_among_the_pruned },
        { "freeze-init-or-zero is stable over rounds", or_zero_is_stable_over_rounds },
    };
    return lt_suite_run("kept and pruned", claims, sizeof claims / sizeof claims[0]);
}
