/* Tests of randomness: every draw is the one that ltcore/rng.h and ltcore/backend.h name, by step, row and
 * element. */
#include <math.h>

#include "check/check_backend.h"
#include "check/oracle.h"

enum { FIRST = 1000, STEPS = 7 };

/* A span that begins late, then one step, against the interpreter with the same keys. Its losses tell each
 * draw: every pixel and every unit has a weight of its own. */
static void compare(const lt_subject *s, const lt_recipe *recipe, const lt_play *play, const char *what,
                    lt_verdict *v)
{
    lt_oracle o;
    lt_bench b;
    ltc_error err;
    if (!lt_bench_open(&b, s, recipe, v))
        return;
    const double bound = lt_oracle_bound(&b.scene, play->batch);
    if (lt_oracle_open(&b.scene, play, 0, &o, &err)) {
        lt_verdict_fail(v, "an oracle for the test", "%s", err.message);
        lt_bench_close(&b, v);
        return;
    }
    lt_stand_compile(&b.stand, play);
    lt_stand_start(&b.stand);
    for (uint64_t step = FIRST, n = STEPS; n && !b.stand.st; step += n, n = n == STEPS) {
        lt_stand_train(&b.stand, 0, step, (uint32_t)n);
        for (uint32_t k = 0; k < n && !b.stand.st; k++) {
            const double want = lt_oracle_gradient(&o, step + k, &(uint32_t){ 0 });
            lt_verdict_measure(v, fabs((double)b.stand.loss[k] - want) / fmax(want, 1), bound,
                               "%s: the loss of step %u of a span that begins with step %u", what,
                               (unsigned)(step + k), (unsigned)step);
        }
    }
    lt_oracle_close(&o);
    lt_bench_close(&b, v);
}

static const ltc_optimizer still = { .size = sizeof still, .kind = LTC_SGD };

void lt_check_augment(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    static const struct { uint32_t bits; const char *name; } how[] = {
        { LTC_AUGMENT_CROP, "crop" }, { LTC_AUGMENT_FLIP, "flip" },
        { LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP, "crop and flip" },
    };
    (void)t;
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        const lt_play play = { .optimizer = &still, .batch = 5, .augment = how[i].bits };
        compare(s, &lt_network_crops, &play, how[i].name, v);
    }
}

void lt_check_dropout(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &still, .batch = 5 };
    (void)t;
    compare(s, &lt_network_drops, &play, "dropout", v);
}

static double evaluate(lt_bench *b, const lt_play *play)
{
    lt_stand_compile(&b->stand, play);
    lt_stand_start(&b->stand);
    lt_stand_eval(&b->stand, 0, 0, 60);
    return b->stand.st ? 0 : b->stand.eval_loss[0];
}

/* An evaluation sees whole images: the same bits with and without augmentation in training. And it drops
 * nothing. */
void lt_check_eval_plain(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const uint32_t all = LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP;
    const lt_play plain = { .optimizer = &still, .batch = 5 };
    const lt_play augmented = { .optimizer = &still, .batch = 5, .augment = all };
    lt_oracle o;
    lt_bench b;
    ltc_error err;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_drops, v))
        return;
    const double sum = evaluate(&b, &plain), again = evaluate(&b, &augmented);
    if (sum < again || sum > again)
        lt_verdict_fail(v, "an evaluation without augmentation", "%.17g, and %.17g where training augments",
                        sum, again);
    if (!b.stand.st && !lt_oracle_open(&b.scene, &plain, 0, &o, &err)) {
        uint64_t hits;
        const double want = lt_oracle_eval(&o, 0, 60, &hits);
        lt_verdict_measure(v, fabs(sum - want) / fmax(want, 60), lt_oracle_bound(&b.scene, 5),
                           "the loss of an evaluation, which drops nothing");
        lt_oracle_close(&o);
    }
    lt_bench_close(&b, v);
}
