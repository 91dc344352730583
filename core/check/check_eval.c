/* Tests of losses and counts: of training's batches, and of evaluations, which change nothing. */
#include <math.h>

#include "check/check_backend.h"
#include "check/oracle.h"

static const ltc_optimizer still = { .size = sizeof still, .kind = LTC_SGD };

/* Opens bench and oracle for a play of one replica, at the start. */
static bool open_both(lt_bench *b, lt_oracle *o, const lt_subject *s, const lt_recipe *r, const lt_play *play,
                      lt_verdict *v)
{
    ltc_error err;
    if (!lt_bench_open(b, s, r, v))
        return false;
    if (lt_oracle_open(&b->scene, play, 0, o, &err)) {
        lt_verdict_fail(v, "an oracle for the test", "%s", err.message);
        lt_bench_close(b, v);
        return false;
    }
    lt_stand_compile(&b->stand, play);
    lt_stand_start(&b->stand);
    return true;
}

static void close_both(lt_bench *b, lt_oracle *o, lt_verdict *v)
{
    lt_oracle_close(o);
    lt_bench_close(b, v);
}

static void compare_steps(lt_stand *s, lt_oracle *o, uint64_t first, uint32_t n, lt_verdict *v)
{
    const double bound = lt_oracle_bound(s->scene, s->play.batch);
    lt_stand_train(s, 0, first, n);
    for (uint32_t k = 0; k < n && !s->st; k++) {
        uint32_t hits = 0;
        const double mean = lt_oracle_gradient(o, first + k, &hits);
        lt_verdict_measure(v, fabs((double)s->loss[k] - mean) / fmax(mean, 1), bound,
                           "the mean loss of step %u", k);
        if (s->correct[k] != hits)
            lt_verdict_fail(v, "the oracle's count", "step %u: %u of %u are said to be right, not %u", k,
                            s->correct[k], s->play.batch, hits);
    }
    if (!s->st && s->bad_step[0] != UINT64_MAX)
        lt_verdict_fail(v, "UINT64_MAX in bad_step, every loss being finite", "%llu",
                        (unsigned long long)s->bad_step[0]);
}

void lt_check_train_loss(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const uint32_t batches[] = { 1, 5, 64 };
    (void)t;
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        const lt_play play = { .optimizer = &still, .batch = batches[i] };
        lt_oracle o;
        lt_bench b;
        if (!open_both(&b, &o, s, &lt_network_plain, &play, v))
            return;
        compare_steps(&b.stand, &o, 9, 6, v);
        close_both(&b, &o, v);
    }
}

/* Samples as floats. */
void lt_check_floats(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &still, .batch = 5, .augment = LTC_AUGMENT_CROP };
    lt_recipe recipe = lt_network_crops;
    lt_oracle o;
    lt_bench b;
    (void)t;
    recipe.sample_type = LTC_F32;
    if (!open_both(&b, &o, s, &recipe, &play, v))
        return;
    compare_steps(&b.stand, &o, 2, 3, v);
    close_both(&b, &o, v);
}

static void compare_eval(lt_stand *s, lt_oracle *o, uint64_t first, uint64_t count, lt_verdict *v)
{
    const double bound = lt_oracle_bound(s->scene, s->play.batch);
    uint64_t hits = 0;
    lt_stand_eval(s, 0, first, count);
    if (s->st)
        return;
    const double sum = lt_oracle_eval(o, first, count, &hits);
    lt_verdict_measure(v, fabs(s->eval_loss[0] - sum) / fmax(sum, fmax((double)count, 1)), bound,
                       "the summed loss of rows %u to %u", (unsigned)first, (unsigned)(first + count));
    if (s->eval_correct[0] != hits)
        lt_verdict_fail(v, "the oracle's count", "rows %u to %u: %llu are said to be right, not %llu",
                        (unsigned)first, (unsigned)(first + count), (unsigned long long)s->eval_correct[0],
                        (unsigned long long)hits);
}

void lt_check_eval_sums(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &still, .batch = 8 };
    lt_oracle o;
    lt_bench b;
    (void)t;
    if (!open_both(&b, &o, s, &lt_network_plain, &play, v))
        return;
    compare_eval(&b.stand, &o, 0, lt_network_plain.n_rows, v);
    compare_eval(&b.stand, &o, 100, 37, v);
    compare_eval(&b.stand, &o, 7, 1, v);
    compare_eval(&b.stand, &o, lt_network_plain.n_rows, 0, v);
    close_both(&b, &o, v);
}

/* After steps that moved them; the weights stay. */
void lt_check_eval_statistics(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &still, .batch = 8 };
    lt_oracle o;
    lt_bench b;
    uint32_t hits;
    (void)t;
    if (!open_both(&b, &o, s, &lt_network_smooth, &play, v))
        return;
    compare_eval(&b.stand, &o, 0, lt_network_smooth.n_rows, v);
    lt_stand_train(&b.stand, 0, 3, 4);
    for (uint64_t step = 3; step < 7; step++)
        lt_oracle_step(&o, step, &hits);
    lt_oracle_measure(&o, &b.stand, 0, LTC_STATE_VALUE, lt_oracle_bound(&b.scene, 8) * 8, v);
    compare_eval(&b.stand, &o, 0, lt_network_smooth.n_rows, v);
    compare_eval(&b.stand, &o, 3, 1, v);
    close_both(&b, &o, v);
}

void lt_check_eval_pure(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = {
        .optimizer = &lt_optimizers[2], .batch = 7, .rate = 0.03125f, .masks = LT_MASKS_MIXED
    };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    void *before[1] = { NULL };
    lt_block_train(&b.stand, &play, &(lt_course){ 0, 5, 5 }, &b.arena, before);
    lt_stand_eval(&b.stand, 0, 0, lt_network_wide.n_rows);
    lt_stand_eval(&b.stand, 0, 11, 3);
    lt_block_compare(&b.scene, lt_block_get(&b.stand, 0, &b.arena), before[0],
                     "the state of before the evaluation, bit by bit", v);
    lt_bench_close(&b, v);
}

/* Rows 0 to 100 in parts of so many, each added to the sum of those before it. */
static void compare_parts(lt_stand *s, uint64_t part, double whole, uint64_t hits, lt_verdict *v)
{
    enum { ROWS = 100 };
    lt_stand_eval(s, 0, 0, part);
    for (uint64_t row = part; row < ROWS && !s->st; row += part)
        lt_stand_eval_more(s, 0, row, ROWS - row < part ? ROWS - row : part);
    if (s->st)
        return;
    if (s->eval_loss[0] < whole || s->eval_loss[0] > whole)
        lt_verdict_fail(v, "the same bits, samples being added one after another to what is there",
                        "rows 0 to 100 at once: %.17g; in parts of %u: %.17g", whole, (unsigned)part,
                        s->eval_loss[0]);
    if (s->eval_correct[0] != hits)
        lt_verdict_fail(v, "the same counts", "rows 0 to 100 at once: %llu right; in parts of %u: %llu",
                        (unsigned long long)hits, (unsigned)part, (unsigned long long)s->eval_correct[0]);
}

static void compare_cuts(lt_stand *s, lt_verdict *v)
{
    static const uint64_t part[] = { 1, 37, 64, 99 };
    lt_stand_eval(s, 0, 0, 100);
    const double whole = s->eval_loss[0];
    const uint64_t hits = s->eval_correct[0];
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        compare_parts(s, part[i], whole, hits, v);
}

void lt_check_eval_cuts(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    double whole[2] = { 0, 0 };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_plain, v))
        return;
    for (uint32_t i = 0; i < 2; i++) {
        const lt_play play = { .optimizer = &still, .batch = i ? 61 : 8 };
        lt_stand_compile(&b.stand, &play);
        lt_stand_start(&b.stand);
        compare_cuts(&b.stand, v);
        lt_stand_eval(&b.stand, 0, 0, lt_network_plain.n_rows);
        whole[i] = b.stand.eval_loss[0];
    }
    if (!b.stand.st && (whole[0] < whole[1] || whole[0] > whole[1]))
        lt_verdict_fail(v, "the same bits, whatever the program's batch",
                        "%.17g with a batch of 8, %.17g with 61", whole[0], whole[1]);
    lt_bench_close(&b, v);
}
