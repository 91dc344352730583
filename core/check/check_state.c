/* Tests of the state: read whole and put into a fresh program, it goes on with the same bits. */
#include "check/check_backend.h"

enum { BEFORE = 20, AFTER = 20 };

/* The same two spans: in one program; and with a fresh device and program in between. */
static void move_state(const lt_subject *s, uint32_t optimizer, lt_verdict *v)
{
    const lt_play play = { .optimizer = &lt_optimizers[optimizer],
                           .batch = 7,
                           .rate = 0.03125f,
                           .masks = LT_MASKS_MIXED,
                           .augment = LTC_AUGMENT_FLIP };
    const lt_course course = { 0, BEFORE, BEFORE };
    char expected[128];
    void *begun[1] = { NULL };
    lt_bench b, fresh;
    snprintf(expected, sizeof expected, "%s: the bits of the program that trained on without a pause",
             lt_optimizer_names[optimizer]);
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    lt_block_train(&b.stand, &play, &course, &b.arena, begun);
    lt_stand_train(&b.stand, 0, BEFORE, AFTER);
    const void *want = lt_block_get(&b.stand, 0, &b.arena);
    if (lt_bench_open(&fresh, s, &lt_network_wide, v)) {
        lt_stand_compile(&fresh.stand, &play);
        if (begun[0])
            lt_block_put(&fresh.stand, 0, begun[0]);
        lt_stand_ready(&fresh.stand);
        if (!b.stand.st)
            lt_stand_train(&fresh.stand, 0, BEFORE, AFTER);
        lt_block_compare(&b.scene, lt_block_get(&fresh.stand, 0, &fresh.arena), want, expected, v);
        lt_bench_close(&fresh, v);
    }
    lt_bench_close(&b, v);
}

void lt_check_round_trip(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    (void)t;
    lt_check_each_optimizer(move_state, s, v);
}

/* Adam's correction depends on the clock: a start that differs in it alone goes another way. */
void lt_check_clock(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    enum { STEPS = 3 };
    const lt_play play = { .optimizer = &lt_optimizers[2], .batch = 8, .rate = 0.03125f };
    const uint64_t start[2] = { 0, 5 };
    double loss[2] = { 0, 0 };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_smooth, v))
        return;
    for (int i = 0; i < 2; i++) {
        uint64_t now = 0;
        lt_stand_compile(&b.stand, &play);
        lt_stand_start(&b.stand);
        lt_stand_put(&b.stand, LTC_STATE_CLOCK, 0, 0, &start[i], sizeof start[i]);
        lt_stand_ready(&b.stand);
        lt_stand_train(&b.stand, 0, 0, STEPS);
        lt_stand_get(&b.stand, LTC_STATE_CLOCK, 0, 0, &now, sizeof now);
        if (!b.stand.st && now != start[i] + STEPS)
            lt_verdict_fail(v, "one more with each update", "from %llu, after %d steps, the clock is at %llu",
                            (unsigned long long)start[i], STEPS, (unsigned long long)now);
        loss[i] = b.stand.st ? i : (double)b.stand.loss[STEPS - 1];
    }
    if (!(loss[0] < loss[1]) && !(loss[0] > loss[1]))
        lt_verdict_fail(v, "another course: Adam's correction is by the clock", "clocks 0 and 5 train alike");
    lt_bench_close(&b, v);
}
