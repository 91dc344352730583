/* Tests of the optimizers: three steps of each, against the interpreter in double; with masks too. */
#include <math.h>

#include "check/check_backend.h"
#include "check/oracle.h"

/* A movement is a difference of values: 64 u |w| / |dw| with |w| about 1/4 and |dw| about 1/20, and the
 * gradient's own error. What a forgotten decay, pull or correction changes is above 1%. */
static const double bound = 64 * 0x1p-24 * 40;

/* Steps FIRST .. FIRST + STEPS - 1 against the oracle's: losses, values, and slots where they are asked
 * for. */
static void compare(lt_stand *s, lt_oracle *o, bool with_slots, const char *what, lt_verdict *v)
{
    enum { FIRST = 4, STEPS = 3 };
    uint32_t hits;
    lt_stand_train(s, 0, FIRST, STEPS);
    for (uint32_t k = 0; k < STEPS && !s->st; k++) {
        const double mean = lt_oracle_step(o, FIRST + k, &hits);
        lt_verdict_measure(v, fabs((double)s->loss[k] - mean) / fmax(mean, 1), bound,
                           "%s: the loss of step %u", what, k + 1);
    }
    lt_oracle_measure(o, s, 0, LTC_STATE_VALUE, bound, v);
    if (with_slots)
        lt_oracle_measure(o, s, 0, LTC_STATE_SLOT_1, bound, v);
    if (with_slots && s->play.optimizer->kind != LTC_SGD)
        lt_oracle_measure(o, s, 0, LTC_STATE_SLOT_2, bound, v);
}

static void run(const lt_subject *s, const lt_recipe *recipe, const lt_play *play, const char *what,
                lt_verdict *v)
{
    lt_oracle oracle;
    lt_bench b;
    ltc_error err;
    if (!lt_bench_open(&b, s, recipe, v))
        return;
    if (lt_oracle_open(&b.scene, play, 0, &oracle, &err)) {
        lt_verdict_fail(v, "an oracle for the test", "%s", err.message);
    } else {
        lt_stand_compile(&b.stand, play);
        lt_stand_start(&b.stand);
        compare(&b.stand, &oracle, !play->masks, what, v);
        lt_oracle_close(&oracle);
    }
    lt_bench_close(&b, v);
}

void lt_check_optimizer(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &lt_optimizers[t->number], .batch = 8, .rate = 0.125f };
    run(s, &lt_network_smooth, &play, lt_optimizer_names[t->number], v);
}

/* What is alive trains as in the oracle, whatever kernels a backend chooses for so many dead weights. */
void lt_check_sparse(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    static const char *const name[LT_N_MASKS] = {
        [LT_MASKS_MIXED] = "mixed masks",       [LT_MASKS_SHIFTED] = "other mixed masks",
        [LT_MASKS_SPARSE] = "1 in 16 alive",    [LT_MASKS_ROWS] = "every other output dead",
        [LT_MASKS_SINGLE] = "one weight alive", [LT_MASKS_FROZEN] = "15 in 16 frozen",
    };
    (void)t;
    for (uint32_t masks = LT_MASKS_MIXED; masks < LT_N_MASKS; masks++)
        for (uint32_t optimizer = 0; optimizer < LT_OPTIMIZERS; optimizer++) {
            const lt_play play = { .optimizer = &lt_optimizers[optimizer], .batch = 8, .rate = 0.03125f,
                                   .masks = masks };
            if (v->outcome == LT_HELD)
                run(s, &lt_network_deep, &play, name[masks], v);
            if (v->outcome == LT_HELD)
                run(s, &lt_network_lean, &play, name[masks], v);
        }
}
