/* Tests of the optimizers: three steps of each, against the interpreter in double. */
#include <math.h>

#include "check/check_backend.h"
#include "check/oracle.h"

/* A movement is a difference of values: 64 u |w| / |dw| with |w| about 1/4 and |dw| about 1/20, and the gradient's
 * own error. What a forgotten decay, pull or correction changes is above 1%. */
static const double bound = 64 * 0x1p-24 * 40;

static void compare(lt_stand *s, lt_oracle *o, lt_verdict *v)
{
    enum { FIRST = 4, STEPS = 3 };
    uint32_t hits;
    lt_stand_train(s, 0, FIRST, STEPS);
    for (uint32_t k = 0; k < STEPS && !s->st; k++) {
        const double mean = lt_oracle_step(o, FIRST + k, &hits);
        lt_verdict_measure(v, fabs((double)s->loss[k] - mean) / fmax(mean, 1), bound, "the loss of step %u", k + 1);
    }
    lt_oracle_measure(o, s, 0, LTC_STATE_VALUE, bound, v);
    lt_oracle_measure(o, s, 0, LTC_STATE_SLOT_1, bound, v);
    if (s->play.optimizer->kind != LTC_SGD)
        lt_oracle_measure(o, s, 0, LTC_STATE_SLOT_2, bound, v);
}

void lt_check_optimizer(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &lt_optimizers[t->number], .batch = 8, .rate = 0.125f, .masked = true };
    lt_oracle oracle;
    lt_bench b;
    ltc_error err;
    if (!lt_bench_open(&b, s, &lt_network_smooth, v))
        return;
    if (lt_oracle_open(&b.scene, &play, 0, &oracle, &err)) {
        lt_verdict_fail(v, "an oracle for the test", "%s", err.message);
    } else {
        lt_stand_compile(&b.stand, &play);
        lt_stand_start(&b.stand);
        compare(&b.stand, &oracle, v);
        lt_oracle_close(&oracle);
    }
    lt_bench_close(&b, v);
}
