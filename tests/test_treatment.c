/* Claims about what becomes of weights when a mask was drawn. Numbers of traps are those of the list of what
 * implementations of lottery tickets got wrong. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prune/treatment.h"
#include "prune_rig.h"
#include "train/init.h"

static const ltc_key other = { 5, 6 };

/* The network with batch norm and shortcut at four moments; every second weight is kept. */
typedef struct bench {
    lt_graph g;
    lt_masks kept;
    lt_state init, rewind, final, start;
} bench;

/* As after some training: nothing is what it was, statistics and slots included. */
static void disturb(lt_state *s, float by, uint64_t clock)
{
    for (uint32_t p = 0; p < s->graph->n_params; p++)
        for (size_t i = 0; i < ltc_graph_param(s->graph, p)->n; i++) {
            s->value[p][i] += by * (float)(i + 1);
            s->slot1[p][i] = -by;
            s->slot2[p][i] = by * by;
        }
    s->clock = clock;
}

static void make(bench *b)
{
    lt_state *const all[] = { &b->init, &b->rewind, &b->final, &b->start };
    ltc_error err;
    *b = (bench){ .g = rig_graph(rig_residual) };
    b->kept = rig_all_weights(&b->g);
    for (uint32_t p = 0; p < b->kept.n_params; p++)
        for (size_t i = 0; b->kept.mask[p] && i < b->g.view.param[p].n; i += 2)
            b->kept.mask[p][i] = 0;
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL_FATAL(lt_state_create(&b->g.view, all[i], &err), LTC_OK);
        lt_init_state(&b->g.view, LT_INIT_PYTORCH, (ltc_key){ 1, 2 }, all[i]);
    }
    disturb(&b->rewind, 0.25f, 500);
    disturb(&b->final, 0.5f, 9000);
    disturb(&b->start, 7, 7);                 /* whatever was there before */
}

static void drop(bench *b)
{
    lt_state_free(&b->init), lt_state_free(&b->rewind), lt_state_free(&b->final), lt_state_free(&b->start);
    lt_masks_free(&b->kept);
    lt_graph_free(&b->g);
}

static void treat(bench *b, int64_t kept, int64_t pruned)
{
    const lt_treatment t = { .kept = kept, .pruned = pruned, .init = LT_INIT_KAIMING_NORMAL, .key = other };
    ltc_error err = { .message = "" };
    const ltc_status st = lt_treat(&t, &b->kept, &b->init, &b->rewind, &b->final, &b->start, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
}

static bool same(const float *a, const float *b, size_t i)
{
    return !memcmp(a + i, b + i, sizeof *a);
}

/* Places of start, alive or without a mask, whose values (or slots, too) are not those of s, bit by bit. */
static size_t differing(const bench *b, const lt_state *s, bool slots)
{
    size_t n = 0;
    for (uint32_t p = 0; p < b->kept.n_params; p++)
        for (size_t i = 0; i < b->g.view.param[p].n; i++)
            if (!b->kept.mask[p] || b->kept.mask[p][i])
                n += !same(b->start.value[p], s->value[p], i) ||
                     (slots &&
                      (!same(b->start.slot1[p], s->slot1[p], i) || !same(b->start.slot2[p], s->slot2[p], i)));
    return n;
}

static size_t slots_not_zero(const bench *b)
{
    static const float zero;
    size_t n = 0;
    for (uint32_t p = 0; p < b->kept.n_params; p++)
        for (size_t i = 0; i < b->g.view.param[p].n; i++)
            n += memcmp(&b->start.slot1[p][i], &zero, sizeof zero) ||
                 memcmp(&b->start.slot2[p][i], &zero, sizeof zero);
    return n;
}

static void trap_23_a_rewound_state_is_whole_with_its_statistics(void)
{
    bench b;
    make(&b);
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_ZERO);
    const uint32_t mean = rig_param(&b.g, "bn1.running_mean"), bias = rig_param(&b.g, "fc.bias");
    CU_ASSERT(!memcmp(b.start.value[mean], b.rewind.value[mean], 4 * sizeof(float)) &&
              b.start.value[mean][3] == 1);
    CU_ASSERT(!memcmp(b.start.value[bias], b.rewind.value[bias], 10 * sizeof(float)));
    CU_ASSERT_EQUAL(b.start.clock, 500);
    drop(&b);
}

static void trap_24_alive_weights_are_the_snapshots_bit_by_bit(void)
{
    bench b;
    make(&b);
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_ZERO);
    CU_ASSERT_EQUAL(differing(&b, &b.rewind, true), 0);
    treat(&b, LT_KEPT_FINAL, LT_PRUNED_ZERO);
    CU_ASSERT_EQUAL(differing(&b, &b.final, false), 0);
    drop(&b);
}

static void pruned_weights_and_their_slots_are_plus_zero(void)
{
    static const float zero;
    bench b;
    make(&b);
    size_t wrong = 0;
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_ZERO);
    for (uint32_t p = 0; p < b.kept.n_params; p++)
        for (size_t i = 0; b.kept.mask[p] && i < b.g.view.param[p].n; i++) {
            wrong += b.start.mask[p][i] != (b.kept.mask[p][i] ? LTC_ALIVE : LTC_DEAD);
            if (!b.kept.mask[p][i])
                wrong += memcmp(&b.start.value[p][i], &zero, sizeof zero) ||
                         memcmp(&b.start.slot1[p][i], &zero, sizeof zero) ||
                         memcmp(&b.start.slot2[p][i], &zero, sizeof zero);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    drop(&b);
}

static void traps_2_and_3_masks_are_never_inferred_from_values(void)
{
    bench b;
    make(&b);
    const uint32_t p = rig_param(&b.g, "fc.weight");
    /* kept, all three */
    b.rewind.value[p][1] = 0.0f, b.rewind.value[p][3] = -0.0f, b.rewind.value[p][5] = 1e-30f;
    b.rewind.value[p][2] = -9;                /* pruned */
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_ZERO);
    for (size_t i = 1; i <= 5; i += 2)
        CU_ASSERT(b.start.mask[p][i] == LTC_ALIVE && same(b.start.value[p], b.rewind.value[p], i));
    CU_ASSERT(b.start.mask[p][2] == LTC_DEAD && b.start.value[p][2] == 0);
    drop(&b);
}

static void trap_6_frozen_weights_keep_their_initial_values(void)
{
    bench b;
    make(&b);
    const int64_t kept[] = { LT_KEPT_REWIND, LT_KEPT_FINAL, LT_KEPT_REINIT };
    for (size_t k = 0; k < 3; k++) {
        size_t wrong = 0;
        treat(&b, kept[k], LT_PRUNED_FREEZE_INIT);
        for (uint32_t p = 0; p < b.kept.n_params; p++)
            for (size_t i = 0; b.kept.mask[p] && i < b.g.view.param[p].n; i++)
                if (!b.kept.mask[p][i])
                    wrong += b.start.mask[p][i] != LTC_FROZEN ||
                             !same(b.start.value[p], b.init.value[p], i) || b.start.slot1[p][i] != 0 ||
                             b.start.slot2[p][i] != 0;
        CU_ASSERT_EQUAL(wrong, 0);
    }
    drop(&b);
}

static void what_is_not_eligible_has_no_mask(void)
{
    bench b;
    make(&b);
    ltc_error err;
    const uint32_t bias = rig_param(&b.g, "fc.bias");
    CU_ASSERT_EQUAL_FATAL(lt_state_add_mask(&b.start, bias, &err), LTC_OK);          /* of an earlier use */
    memset(b.start.mask[bias], LTC_DEAD, 10);
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_ZERO);
    for (uint32_t p = 0; p < b.kept.n_params; p++)
        CU_ASSERT_EQUAL(!b.start.mask[p], !b.kept.mask[p]);
    drop(&b);
}

static void final_and_reinit_begin_with_no_optimizer(void)
{
    bench b;
    make(&b);
    for (int64_t kept = LT_KEPT_FINAL; kept <= LT_KEPT_REINIT; kept++) {
        treat(&b, kept, LT_PRUNED_ZERO);
        CU_ASSERT_EQUAL(slots_not_zero(&b), 0);
        CU_ASSERT_EQUAL(b.start.clock, 0);
        disturb(&b.start, 3, 3);
    }
    drop(&b);
}

static void trap_27_reinit_is_a_fresh_draw_and_no_permutation(void)
{
    bench b;
    make(&b);
    lt_state drawn;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_state_create(&b.g.view, &drawn, &err), LTC_OK);
    lt_init_state(&b.g.view, LT_INIT_KAIMING_NORMAL, other, &drawn);
    treat(&b, LT_KEPT_REINIT, LT_PRUNED_ZERO);
    CU_ASSERT_EQUAL(differing(&b, &drawn, true), 0);          /* biases, gains and statistics too */
    const uint32_t p = rig_param(&b.g, "layer1.conv.weight"), mean = rig_param(&b.g, "bn1.running_mean");
    size_t old = 0;
    for (size_t i = 1; i < 288; i += 2)
        for (size_t j = 0; j < 288; j++)
            old += same(b.start.value[p] + i, b.init.value[p] + j, 0);
    CU_ASSERT_EQUAL(old, 0);
    CU_ASSERT_EQUAL(b.start.value[mean][0], 0);
    lt_state_free(&drawn);
    drop(&b);
}

/* He normal: deviation sqrt(2 / fan_in) with all 784 inputs counted, though a tenth of them is left. */
static void trap_28_a_fresh_draw_counts_the_dense_fan_in(void)
{
    bench b = { .g = rig_graph(rig_lenet) };
    const lt_treatment t = { .kept = LT_KEPT_REINIT, .init = LT_INIT_KAIMING_NORMAL, .key = other };
    ltc_error err;
    double squares = 0, n = 0;
    b.kept = rig_all_weights(&b.g);
    for (size_t i = 0; i < 235200; i++)
        b.kept.mask[0][i] = i % 10 == 0;
    CU_ASSERT_EQUAL_FATAL(lt_state_create(&b.g.view, &b.start, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(lt_treat(&t, &b.kept, NULL, NULL, NULL, &b.start, &err), LTC_OK);
    for (size_t i = 0; i < 235200; i += 10, n++)
        squares += (double)b.start.value[0][i] * (double)b.start.value[0][i];
    CU_ASSERT(fabs(sqrt(squares / n) / sqrt(2 / 784.0) - 1) < 0.03);
    lt_state_free(&b.start);
    lt_masks_free(&b.kept);
    lt_graph_free(&b.g);
}

static void trap_26_controls_start_from_the_dense_snapshot(void)
{
    static const struct { int64_t kept, pruned; const char *says; } given[] = {
        { LT_KEPT_REWIND, LT_PRUNED_ZERO,
          "element 1 of fc.weight cannot start from the rewind point: a mask had pruned it" },
        { LT_KEPT_FINAL, LT_PRUNED_ZERO, "cannot start from where the mask was drawn" },
    };
    bench b;
    make(&b);
    const uint32_t p = rig_param(&b.g, "fc.weight");
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_state_add_mask(&b.rewind, p, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(lt_state_add_mask(&b.final, p, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(lt_state_add_mask(&b.init, p, &err), LTC_OK);
    b.rewind.mask[p][0] = b.final.mask[p][2] = LTC_DEAD;      /* pruned here too: no weight comes from
                                                               * there */
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_FREEZE_INIT);
    treat(&b, LT_KEPT_FINAL, LT_PRUNED_ZERO);
    b.rewind.mask[p][1] = LTC_DEAD, b.final.mask[p][1] = LTC_FROZEN; /* alive under the control's own mask */
    for (size_t i = 0; i < 2; i++) {
        const lt_treatment t = { .kept = given[i].kept, .pruned = given[i].pruned };
        CU_ASSERT_EQUAL(lt_treat(&t, &b.kept, &b.init, &b.rewind, &b.final, &b.start, &err), LTC_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, given[i].says));
    }
    const lt_treatment frozen = { .kept = LT_KEPT_REINIT, .pruned = LT_PRUNED_FREEZE_INIT };
    b.init.mask[p][4] = LTC_DEAD;
    CU_ASSERT_EQUAL(lt_treat(&frozen, &b.kept, &b.init, NULL, NULL, &b.start, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "element 4 of fc.weight cannot start from initialisation"));
    drop(&b);
}

static void what_moved_is_counted_bit_by_bit(void)
{
    bench b;
    make(&b);
    const uint32_t p = rig_param(&b.g, "fc.weight");
    lt_state now;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_state_create(&b.g.view, &now, &err), LTC_OK);
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_ZERO);
    lt_state_copy(&b.start, &now);
    now.value[p][1] = 77;                     /* alive: it may */
    CU_ASSERT_EQUAL(lt_moved(&b.start, &now), 0);
    now.value[p][0] = -0.0f, now.value[p][2] = 1e-45f, now.value[p][4] = -3;
    CU_ASSERT_EQUAL(lt_moved(&b.start, &now), 3);
    treat(&b, LT_KEPT_REWIND, LT_PRUNED_FREEZE_INIT);
    lt_state_copy(&b.start, &now);
    CU_ASSERT_EQUAL(lt_moved(&b.start, &now), 0);
    now.value[p][0] = nextafterf(now.value[p][0], 1), now.value[p][2] = 0;
    CU_ASSERT_EQUAL(lt_moved(&b.start, &now), 2);
    lt_state_free(&now);
    drop(&b);
}

/* retrain.optimizer_state and retrain.from: what the optimizer gathered stays with the
 * weights, or does not. */
static void slots_and_clock_come_along_or_stay_behind(void)
{
    static const struct { int64_t kept, slots; bool come; } cases[] = {
        { LT_KEPT_REWIND, LT_SLOTS_OF_KEPT, true }, { LT_KEPT_REWIND, LT_SLOTS_NONE, false },
        { LT_KEPT_FINAL, LT_SLOTS_OF_KEPT, false }, { LT_KEPT_FINAL, LT_SLOTS_DRAWN, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench b;
        ltc_error err;
        make(&b);
        const lt_treatment t = { .kept = cases[i].kept, .slots = cases[i].slots, .key = other };
        const lt_state *from = cases[i].kept == LT_KEPT_FINAL ? &b.final : &b.rewind;
        CU_ASSERT_EQUAL_FATAL(lt_treat(&t, &b.kept, &b.init, &b.rewind, &b.final, &b.start, &err), LTC_OK);
        CU_ASSERT_EQUAL(differing(&b, from, false), 0);
        CU_ASSERT_EQUAL(differing(&b, from, true) == 0, cases[i].come);
        CU_ASSERT_EQUAL(slots_not_zero(&b) == 0, !cases[i].come);
        CU_ASSERT_EQUAL(b.start.clock, cases[i].come ? from->clock : 0);
        drop(&b);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "trap 23: a rewound state is whole, with its statistics",
          trap_23_a_rewound_state_is_whole_with_its_statistics },
        { "trap 24: alive weights are the snapshot's bit by bit",
          trap_24_alive_weights_are_the_snapshots_bit_by_bit },
        { "pruned weights and their slots are +0.0", pruned_weights_and_their_slots_are_plus_zero },
        { "traps 2 and 3: masks are never inferred from values",
          traps_2_and_3_masks_are_never_inferred_from_values },
        { "trap 6: frozen weights keep their initial values",
          trap_6_frozen_weights_keep_their_initial_values },
        { "what is not eligible has no mask", what_is_not_eligible_has_no_mask },
        { "final and reinit begin with no optimizer", final_and_reinit_begin_with_no_optimizer },
        { "trap 27: reinit is a fresh draw and no permutation",
          trap_27_reinit_is_a_fresh_draw_and_no_permutation },
        { "trap 28: a fresh draw counts the dense fan-in", trap_28_a_fresh_draw_counts_the_dense_fan_in },
        { "trap 26: controls start from the dense snapshot", trap_26_controls_start_from_the_dense_snapshot },
        { "what moved is counted bit by bit", what_moved_is_counted_bit_by_bit },
        { "slots and clock come along, or stay behind", slots_and_clock_come_along_or_stay_behind },
    };
    return lt_suite_run("treatment", claims, sizeof claims / sizeof claims[0]);
}
