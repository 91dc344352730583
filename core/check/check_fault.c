/* Tests of what goes wrong in training: losses that are not finite, spans that fail. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "check/check_backend.h"

enum { FIRST = 40, STEPS = 60, BURST = 55 };

/* Decay makes the burst certain: w <- w - 1e30 (g + 0.02 w) overflows in two steps, whatever g is, and so the
 * logits are not finite even if a hidden layer swallows NaN. */
static const ltc_optimizer sgd = { .size = sizeof sgd, .kind = LTC_SGD, .momentum = 0.5, .weight_decay = 0.02,
                                   .decay_roles = ~0u };

/* Rows of results before and after the bad step. */
static void judge_rows(const lt_stand *s, uint64_t bad, lt_verdict *v)
{
    for (uint32_t k = 0; k < s->n_steps; k++) {
        const bool before = FIRST + k < bad, is_nan = isnan(s->loss[k]);
        if (before ? !isfinite(s->loss[k]) || s->correct[k] > s->play.batch : !is_nan || s->correct[k])
            lt_verdict_fail(v, "finite losses before bad_step; from there on NaN, and 0 in correct",
                            "bad_step is %" PRIu64 ", and step %u has loss %g and %u right", bad, FIRST + k,
                            (double)s->loss[k], s->correct[k]);
    }
}

/* A rate that overflows from step 55 on. The bad step is where a program that trains exactly so far is well,
 * and its next step is not. */
void lt_check_bad_step(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &sgd, .batch = 7, .rate = 0.03125f, .burst = BURST };
    void *kept[1] = { NULL }, *began[1] = { NULL };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    lt_block_train(&b.stand, &play, &(lt_course){ FIRST, STEPS, STEPS }, &b.arena, kept);
    const uint64_t bad = b.stand.bad_step[0];
    if (!b.stand.st && (bad <= BURST || bad >= FIRST + STEPS)) {
        lt_verdict_fail(v, "a bad_step after step 55, whose rate is 1e30, and before step 100", "%" PRIu64,
                        bad);
    } else if (!b.stand.st) {
        const uint32_t n = (uint32_t)(bad - FIRST);
        judge_rows(&b.stand, bad, v);
        lt_block_train(&b.stand, &play, &(lt_course){ FIRST, n, n }, &b.arena, began);
        if (b.stand.bad_step[0] != UINT64_MAX)
            lt_verdict_fail(v, "that all steps before bad_step are well",
                            "bad_step is %" PRIu64 ", but %" PRIu64
                            " where only the steps before it are trained",
                            bad, b.stand.bad_step[0]);
        lt_block_compare(&b.scene, kept[0], began[0], "the state with which bad_step began", v);
        lt_stand_train(&b.stand, 0, bad, 1);
        if (!b.stand.st && b.stand.bad_step[0] != bad)
            lt_verdict_fail(v, "the same bad step in a span of its own", "%" PRIu64 ", and then %" PRIu64,
                            bad, b.stand.bad_step[0]);
    }
    lt_bench_close(&b, v);
}

/* Character 0 stops; the others have the bits that they have when it does not. */
void lt_check_neighbours(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    enum { CAST = 3 };
    const lt_course course = { FIRST, STEPS, STEPS };
    lt_play play = {
        .optimizer = &sgd, .batch = 7, .rate = 0.03125f, .n_replicas = CAST, .who = { 1, 0, 2 }
    };
    void *calm[CAST] = { NULL }, *struck[CAST] = { NULL };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    const lt_play one = { .optimizer = &sgd, .batch = 7 };
    if (!(lt_stand_plan(&b.stand, &one).caps & LTC_CAP_COHORT)) {
        lt_verdict_skip(v, "LTC_CAP_COHORT is not claimed");
        lt_bench_close(&b, v);
        return;
    }
    lt_block_train(&b.stand, &play, &course, &b.arena, calm);
    play.burst = BURST;
    lt_block_train(&b.stand, &play, &course, &b.arena, struck);
    if (!b.stand.st && (b.stand.bad_step[1] <= BURST || b.stand.bad_step[0] != UINT64_MAX))
        lt_verdict_fail(v, "a bad_step for replica 1 alone",
                        "%" PRIu64 " for replica 0, %" PRIu64 " for replica 1", b.stand.bad_step[0],
                        b.stand.bad_step[1]);
    lt_block_compare(&b.scene, struck[0], calm[0], "the bits of a cohort in which nobody stops", v);
    lt_block_compare(&b.scene, struck[2], calm[2], "the bits of a cohort in which nobody stops", v);
    lt_bench_close(&b, v);
}

/* A span that fails for a row that is not there; then everything is put again. */
void lt_check_recovery(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = {
        .optimizer = &lt_optimizers[2], .batch = 7, .rate = 0.03125f, .masks = LT_MASKS_MIXED
    };
    void *begun[1] = { NULL };
    ltc_error err;
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    lt_block_train(&b.stand, &play, &(lt_course){ 0, 10, 10 }, &b.arena, begun);
    lt_stand_train(&b.stand, 0, 10, 10);
    const void *want = lt_block_get(&b.stand, 0, &b.arena);
    if (!b.stand.st) {
        b.stand.odd_row = 1u << 30;
        lt_stand_train(&b.stand, 0, 10, 10);
        b.stand.odd_row = 0;
        if (!lt_stand_forgive(&b.stand, &err))
            lt_verdict_skip(
                v, "it trains on a row beyond the split, so there is no failed span to recover from");
        lt_block_put(&b.stand, 0, begun[0]);
        lt_stand_ready(&b.stand);
        lt_stand_train(&b.stand, 0, 10, 10);
        lt_block_compare(&b.scene, lt_block_get(&b.stand, 0, &b.arena), want,
                         "the bits of a program whose spans never failed", v);
    }
    lt_bench_close(&b, v);
}
