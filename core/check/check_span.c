/* Tests of promises: spans, repetition, cohorts. What is not claimed is not tried. */
#include <string.h>

#include "check/check_backend.h"

enum { STEPS = 100 };

/* The claims of a backend for one program; 0 after a failure. */
static uint32_t claims_of(lt_bench *b, const lt_play *play)
{
    return lt_stand_plan(&b->stand, play).caps;
}

/* What kernels a backend has for sparse weights keep its promises too. */
enum { KINDS = 2 };
static const struct { const lt_recipe *network; uint32_t spans, cohort; } kinds[KINDS] = {
    { &lt_network_wide, LT_MASKS_MIXED, LT_MASKS_MIXED },
    { &lt_network_lean, LT_MASKS_SPARSE, LT_MASKS_UNEQUAL },
};

static void cut_spans_of(const lt_subject *s, uint32_t kind, uint32_t optimizer, lt_verdict *v)
{
    static const uint32_t span[] = { STEPS, 1, 7, 33 };
    const lt_play play = {
        .optimizer = &lt_optimizers[optimizer], .batch = 7, .rate = 0.015625f, .masks = kinds[kind].spans
    };
    char expected[128];
    void *block[4] = { NULL };
    lt_bench b;
    if (!lt_bench_open(&b, s, kinds[kind].network, v))
        return;
    const bool claimed = claims_of(&b, &play) & LTC_CAP_SPAN_FREE;
    if (!claimed && !b.stand.st)
        lt_verdict_skip(v, "LTC_CAP_SPAN_FREE is not claimed");
    for (size_t i = 0; i < 4 && claimed; i++) {
        lt_block_train(&b.stand, &play, &(lt_course){ 1000, STEPS, span[i] }, &b.arena, &block[i]);
        snprintf(expected, sizeof expected, "%s: 100 steps at once and in spans of %u give the same bits",
                 lt_optimizer_names[optimizer], span[i]);
        lt_block_compare(&b.scene, block[i], block[0], expected, v);
    }
    lt_bench_close(&b, v);
}

static void cut_spans(const lt_subject *s, uint32_t optimizer, lt_verdict *v)
{
    for (uint32_t kind = 0; kind < KINDS && v->outcome == LT_HELD; kind++)
        cut_spans_of(s, kind, optimizer, v);
}

void lt_check_spans(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    (void)t;
    lt_check_each_optimizer(cut_spans, s, v);
}

static void train_again(const lt_subject *s, uint32_t optimizer, lt_verdict *v)
{
    const lt_play play = { .optimizer = &lt_optimizers[optimizer], .batch = 7, .rate = 0.015625f,
                           .augment = LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP };
    lt_bench b;
    void *block[2] = { NULL };
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    const bool claimed = claims_of(&b, &play) & LTC_CAP_REPEATABLE;
    if (!claimed && !b.stand.st)
        lt_verdict_skip(v, "LTC_CAP_REPEATABLE is not claimed");
    for (size_t i = 0; i < 2 && claimed; i++)
        lt_block_train(&b.stand, &play, &(lt_course){ 3, 50, 50 }, &b.arena, &block[i]);
    lt_block_compare(&b.scene, block[1], block[0], "the same request gives the same bits", v);
    lt_bench_close(&b, v);
}

void lt_check_repeat(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    (void)t;
    lt_check_each_optimizer(train_again, s, v);
}

enum { CAST = 5 };

/* The loss of each that is asked for; then of some, the others left out. */
static void evaluate_company(lt_bench *b, const uint32_t *order, const double *alone, lt_verdict *v)
{
    static const uint8_t some[CAST] = { 0, 1, 1, 0, 1 };
    for (int i = 0; i < 2; i++) {
        b->stand.only = i ? some : NULL;
        lt_stand_eval(&b->stand, 0, 0, 60);
        for (uint32_t r = 0; r < CAST && !b->stand.st; r++) {
            const double own = alone[order[r]], now = b->stand.eval_loss[r];
            if ((!i || some[r]) && memcmp(&now, &own, sizeof own))
                lt_verdict_fail(v, i ? "those that an evaluation is for have the bits that they have alone"
                                     : "each replica has the evaluated loss that it has alone",
                                "replica %u of %d has an evaluated loss of %.17g, and had %.17g", order[r],
                                CAST, now, own);
        }
    }
    b->stand.only = NULL;
}

/* Five characters together, in two orders; and each of them alone. */
static void play_in_company(lt_bench *b, lt_play play, lt_verdict *v)
{
    static const uint32_t order[2][CAST] = { { 0, 1, 2, 3, 4 }, { 3, 0, 4, 2, 1 } };
    const lt_course course = { 10, 40, 40 };
    void *together[2][CAST] = { { NULL } }, *alone[CAST] = { NULL };
    double loss[CAST] = { 0 };
    char expected[128];
    play.n_replicas = 1;
    for (uint32_t w = 0; w < CAST; w++) {
        play.who[0] = w;
        lt_block_train(&b->stand, &play, &course, &b->arena, &alone[w]);
        lt_stand_eval(&b->stand, 0, 0, 60);
        loss[w] = b->stand.eval_loss[0];
    }
    play.n_replicas = CAST;
    for (int i = 0; i < 2; i++) {
        memcpy(play.who, order[i], sizeof order[i]);
        lt_block_train(&b->stand, &play, &course, &b->arena, together[i]);
        for (uint32_t r = 0; r < CAST && !b->stand.st; r++) {
            snprintf(expected, sizeof expected,
                     "replica %u of %d, in place %u, has the bits that it has alone", order[i][r], CAST, r);
            lt_block_compare(&b->scene, together[i][r], alone[order[i][r]], expected, v);
        }
        evaluate_company(b, order[i], loss, v);
    }
}

/* Other values, masks, rows, rates, keys and first steps in each replica; then the same rows and rates for
 * all. */
static void cohort_of(const lt_subject *s, uint32_t kind, lt_verdict *v)
{
    const uint32_t both = LTC_CAP_COHORT | LTC_CAP_REPLICA_FREE;
    lt_play play = { .optimizer = &lt_optimizers[2],
                     .batch = 7,
                     .rate = 0.015625f,
                     .masks = kinds[kind].cohort,
                     .stagger = 17,
                     .augment = LTC_AUGMENT_CROP };
    lt_bench b;
    if (!lt_bench_open(&b, s, kinds[kind].network, v))
        return;
    const uint32_t claims = claims_of(&b, &play);
    play.require = (claims & both) | LTC_CAP_REPEATABLE | LTC_CAP_SPAN_FREE;
    if (!(claims & LTC_CAP_COHORT) && !b.stand.st)
        lt_verdict_skip(v, "LTC_CAP_COHORT is not claimed");
    else if (!(claims & LTC_CAP_REPLICA_FREE) && !b.stand.st)
        lt_verdict_skip(v, "LTC_CAP_REPLICA_FREE is not claimed");
    else
        play_in_company(&b, play, v);
    play.shared = true, play.stagger = 0;
    if (v->outcome == LT_HELD && claims & LTC_CAP_COHORT)
        play_in_company(&b, play, v);
    if (b.stand.st == LTC_EUNSUPPORTED && claims & LTC_CAP_COHORT)
        lt_verdict_fail(v, "cohorts of five, since LTC_CAP_COHORT is claimed", "%s", b.stand.err.message);
    lt_bench_close(&b, v);
}

void lt_check_cohort(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    (void)t;
    for (uint32_t kind = 0; kind < KINDS && v->outcome == LT_HELD; kind++)
        cohort_of(s, kind, v);
}
