/* The backend cpu beside `ref`: every form of a linear layer at odd sizes and densities, with each
 * instruction set that the processor has, divided among threads, over a thousand steps. Networks of
 * convolutions are in test_cpu_nets.c, what every backend promises in test_sdk_*.c. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_rig.h"

/* A network of three linear layers. */
static ltc_val build(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, b->input), "fc1",
                                       (ltc_linear_args){ .out = lt_subject_now()->hidden }));
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = lt_subject_now()->hidden / 2 + 1 }));
    return ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
}

#define SUBJECT(batch, density, filled, h, w, hidden) { batch, density, filled, h, w, hidden, build, 1 }

static const lt_subject subjects[] = {
    SUBJECT(1, 1, 1, 3, 3, 5),           SUBJECT(5, 1, 0.2, 7, 9, 37),       SUBJECT(16, 0.5, 1, 7, 9, 40),
    SUBJECT(33, 0.2, 1, 9, 9, 70), SUBJECT(60, 1, 0.2, 13, 11, 67),
    SUBJECT(60, 0.8, 0.1, 13, 11, 67),
    SUBJECT(60, 0.2, 0.2, 20, 20, 90), SUBJECT(64, 0.036, 1, 20, 20, 90),
    SUBJECT(100, 0.01, 0.2, 16, 16, 64),
    SUBJECT(130, 1, 1, 16, 16, 64),      SUBJECT(60, 0, 1, 7, 9, 40),
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static void equals_ref(void)
{
    static const double most[LT_OPTIMIZERS] = { 2e-6, 2e-6, 2e-6, 2e-6 };
    lt_subjects_equal_ref(subjects, SUBJECTS, most);
}

static void wide_and_narrow_vectors_agree(void)
{
    lt_subjects_agree(subjects, SUBJECTS);
}

static void division_does_not_matter(void)
{
    static const lt_subject large[] = { SUBJECT(64, 1, 1, 20, 20, 400), SUBJECT(160, 0.2, 1, 20, 24, 600) };
    lt_subjects_divide(large, 2);
}

static void a_thousand_steps_follow_ref(void)
{
    static const double density[] = { 1, 0.2, 0.036, 0.01 };
    for (size_t k = 0; k < 2 * sizeof density / sizeof *density; k++) {
        const lt_subject q = SUBJECT(60, density[k / 2], k % 2 ? 0.2 : 1, 14, 14, 60);
        lt_subject_follows_ref(&q, &lt_plain_optimizers[LT_PLAIN_ADAM]);
    }
}

/* Circumstances of a program in which nothing of an evaluation may depend. */
typedef enum company { SAME, ZEROS, NOISE } company;          /* what is bound to split 0 beside the
                                                               * evaluated split 1 */
typedef struct circumstances { uint32_t batch, augment, optimizer; company beside; } circumstances;

/* Of split 1, by a program in these circumstances; after `steps` steps on split 0. */
typedef struct evaluated { double before, after; uint64_t state; } evaluated;

static double eval_split_1(const lt_rig *rig)
{
    ltc_error err = { .message = "" };
    double loss = 0;
    uint64_t hits = 0;
    const ltc_eval_req r = { .size = sizeof r, .split = 1, .first = 3, .count = 170 };
    ltc_eval_out out = { .size = sizeof out, .loss = &loss, .correct = &hits };
    CU_ASSERT_EQUAL_FATAL(rig->ops->eval(rig->prog, &r, &out, &err), LTC_OK);
    return loss + (double)hits;
}

static lt_split *split_beside(const lt_subject *q, company beside)
{
    lt_split *other = lt_split_new(1, q->height, q->width, 200, 4, 6);
    if (beside == ZEROS)
        memset(other->x, 0, 200 * (size_t)(q->height * q->width));
    return other;
}

static uint64_t digest_of_state(lt_rig *rig)
{
    const size_t bytes = lt_rig_state_bytes(rig);
    void *state = malloc(bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    lt_rig_state(rig, state);
    const uint64_t h = lt_digest(state, bytes);
    free(state);
    return h;
}

/* late: split 1 is bound when the program is at work already. */
static evaluated evaluate(const lt_subject *q, const circumstances *c, uint32_t steps, bool often, bool late)
{
    evaluated e = { 0 };
    lt_stage s;
    void *data = NULL;
    ltc_error err = { .message = "" };
    CU_ASSERT_FATAL(lt_subject_open(&s, q, "cpu", LT_BEST, LT_WHOLE));
    lt_split *other = split_beside(q, c->beside);
    CU_ASSERT_EQUAL_FATAL(s.rig.ops->data_open(s.rig.dev, &other->desc, &data, &err), LTC_OK);
    lt_rig_compile(&s.rig, s.graph, &lt_optimizers[c->optimizer], c->batch, c->augment);
    if (c->beside != SAME)
        CU_ASSERT_EQUAL_FATAL(s.rig.ops->bind(s.rig.prog, 0, data, &err), LTC_OK);
    if (!late)
        CU_ASSERT_EQUAL_FATAL(s.rig.ops->bind(s.rig.prog, 1, s.rig.data, &err), LTC_OK);
    lt_subject_mask(&s, q);
    lt_rig_start(&s.rig, s.value);
    if (late)
        CU_ASSERT_EQUAL_FATAL(s.rig.ops->bind(s.rig.prog, 1, s.rig.data, &err), LTC_OK);
    e.before = eval_split_1(&s.rig);
    for (uint32_t step = 0; step < steps; step++) {
        lt_rig_train(&s.rig, step, 1, 1e-3f, NULL, NULL);
        e.after = often || step + 1 == steps ? eval_split_1(&s.rig) : 0;
    }
    e.state = digest_of_state(&s.rig);
    lt_rig_release(&s.rig);
    s.rig.ops->data_close(data);
    lt_stage_close(&s);
    lt_split_free(other);
    return e;
}

static const lt_subject evaluated_subjects[] = {
    SUBJECT(60, 1, 0.2, 13, 11, 67),    SUBJECT(60, 0.65, 0.2, 13, 11, 67), SUBJECT(60, 0.3, 0.2, 13, 11, 67),
    SUBJECT(60, 0.23, 0.2, 13, 11, 67), SUBJECT(60, 0.05, 0.2, 13, 11, 67), SUBJECT(60, 1, 1, 13, 11, 67),
    SUBJECT(60, 0.65, 1, 13, 11, 67),
};
enum { EVALUATED_SUBJECTS = sizeof evaluated_subjects / sizeof *evaluated_subjects };

static void evaluation_depends_on_state_and_split_alone(void)
{
    static const circumstances others[] = {
        { 5, 0, 2, SAME }, { 500, 0, 2, SAME }, { 60, LTC_AUGMENT_CROP, 2, SAME }, { 60, 0, 0, SAME },
        { 60, 0, 2, ZEROS }, { 60, 0, 2, NOISE }, { 5, LTC_AUGMENT_FLIP, 1, NOISE },
    };
    for (size_t k = 0; k < EVALUATED_SUBJECTS; k++) {
        const circumstances usual = { 60, 0, 2, SAME };
        const double want = evaluate(&evaluated_subjects[k], &usual, 0, false, false).before;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            for (int late = 0; late < 2; late++) {
                const evaluated got = evaluate(&evaluated_subjects[k], &others[i], 0, false, late);
                if (memcmp(&got.before, &want, sizeof want))
                    fprintf(stderr, "subject %zu, circumstances %zu%s: %.17g, not %.17g\n", k, i,
                            late ? ", late" : "", got.before, want);
                CU_ASSERT(memcmp(&got.before, &want, sizeof want) == 0);
            }
    }
}

static void evaluation_leaves_a_training_as_it_is(void)
{
    static const circumstances some[] = { { 60, 0, 2, ZEROS },
                                          { 33, 0, 0, NOISE },
                                          { 60, LTC_AUGMENT_CROP, 3, SAME } };
    for (size_t k = 0; k < EVALUATED_SUBJECTS; k++)
        for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
            const evaluated once = evaluate(&evaluated_subjects[k], &some[i], 6, false, false);
            const evaluated often = evaluate(&evaluated_subjects[k], &some[i], 6, true, false);
            CU_ASSERT(once.state == often.state && memcmp(&once.after, &often.after, sizeof once.after) == 0);
        }
}

/* What a block keeps is made in the first evaluation; of the last subject's four blocks
 * there is room for two. */
static void evaluated_again_and_in_parts(void)
{
    static const lt_subject some[] = { SUBJECT(60, 1, 0.2, 13, 11, 67), SUBJECT(60, 0.65, 1, 13, 11, 67),
                                       SUBJECT(5, 0.1, 0.2, 13, 11, 67),
                                       SUBJECT(60, 0.01, 0.2, 300, 300, 5) };
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        lt_stage s;
        uint64_t hits[2], more;
        CU_ASSERT_FATAL(lt_subject_open(&s, &some[k], "cpu", LT_BEST, LT_WHOLE));
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[2], some[k].batch, 0);
        lt_subject_mask(&s, &some[k]);
        lt_rig_start(&s.rig, s.value);
        const double once = lt_rig_eval(&s.rig, 0, 200, &hits[0]),
                     again = lt_rig_eval(&s.rig, 0, 200, &hits[1]);
        double ones = 0;
        for (uint64_t i = 0; i < 200; i++, hits[1] -= more)
            ones += lt_rig_eval(&s.rig, i, 1, &more);
        CU_ASSERT(memcmp(&once, &again, sizeof once) == 0 && memcmp(&once, &ones, sizeof once) == 0);
        CU_ASSERT(hits[1] == 0 && isfinite(once));
        lt_stage_close(&s);
    }
}

static void there_is_not_room_for_all(void)
{
    const lt_subject large = SUBJECT(60, 0.01, 0.2, 300, 300, 5);
    double want, got;
    size_t n;
    const lt_training_way ref = { "ref", LT_BEST, LT_WHOLE, &lt_optimizers[2], 1 };
    const lt_training_way best = { "cpu", LT_BEST, LT_WHOLE, &lt_optimizers[2], 1 };
    free(lt_subject_train(&large, &ref, NULL, &want, &n));
    free(lt_subject_train(&large, &best, NULL, &got, &n));
    CU_ASSERT(fabs(got - want) < 1e-5 * want);
}

/* When a kernel's arithmetic or the choice among them changes on purpose, these change, and the number in
 * "cpu/11" must be raised. Compilers and sanitizers must not change them. */
static void bits_belong_to_the_identity(void)
{
    static const uint64_t known[SUBJECTS] = {
        0xfeff6bc7f591520e, 0x419f7043e9062d43, 0xc163800fbffb4030, 0xc08e37e46aea30d5, 0x44c3930337ccd38f,
        0x8b4c94836749e732, 0x78145253d2102099, 0xfe1f0e0d674a61b9, 0x2bbb6d802016e414, 0x20808fc6491e6844,
        0xc55c62184e92b31e,
    };
    lt_subjects_known(subjects, SUBJECTS, "cpu/11", LT_AVX512, known);
    lt_subjects_known(subjects, SUBJECTS, "cpu/11", LT_AVX2, known);
}

int main(void)
{
    static const lt_test claims[] = {
        { "five steps equal ref's to 2e-6 in norm: odd sizes, densities, every instruction set", equals_ref },
        { "AVX-512 and AVX2 have the same bits", wide_and_narrow_vectors_agree },
        { "how work is divided, and in which order it is done, changes no bit", division_does_not_matter },
        { "at any density the losses are ref's to 1e-4 for a hundred steps, to 2e-2 for a thousand",
          a_thousand_steps_follow_ref },
        { "an evaluation has the same bits whatever batch, optimizer, augmentation and other data a program has",
          evaluation_depends_on_state_and_split_alone },
        { "evaluations between its steps change no bit of a training",
          evaluation_leaves_a_training_as_it_is },
        { "an evaluation has the same bits again, and sample by sample, kept or not",
          evaluated_again_and_in_parts },
        { "evaluated blocks for which there is no room are as good", there_is_not_room_for_all },
        { "the same identity has the same bits, whatever compiled it", bits_belong_to_the_identity },
    };
    return lt_suite_run("cpu", claims, sizeof claims / sizeof *claims);
}
