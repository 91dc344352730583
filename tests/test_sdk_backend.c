/* What a backend promises, tried on `ref` and `cpu-blas` through their files: masks, spans, state, evaluation, faults.
 * Claims that begin with "trap" are mistakes that other implementations made. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE__
#include <immintrin.h>
#endif

#include "backend_rig.h"
#include "make_graph.h"

static const char *const backends[] = {
    "ref",
#ifdef HAVE_CPU_BLAS
    "cpu-blas",
#endif
};
enum { BACKENDS = sizeof backends / sizeof *backends, ROWS = 150, STEPS = 1000 };

static const ltc_optimizer optimizers[] = {
    { .size = sizeof(ltc_optimizer), .kind = LTC_SGD, .momentum = 0.9, .weight_decay = 0.01, .decay_roles = ~0u, .l1 = 1e-4,
      .l1_roles = LTC_ROLE_WEIGHT },
    { .size = sizeof(ltc_optimizer), .kind = LTC_SGD, .nesterov = 1, .momentum = 0.9, .weight_decay = 0.01, .decay_roles = ~0u },
    { .size = sizeof(ltc_optimizer), .kind = LTC_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01,
      .decay_roles = ~0u, .l1 = 1e-4, .l1_roles = LTC_ROLE_WEIGHT },
    { .size = sizeof(ltc_optimizer), .kind = LTC_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.1,
      .decay_roles = ~0u },
};
enum { OPTIMIZERS = sizeof optimizers / sizeof *optimizers };

/* A backend with a network, its data and its start. */
typedef struct stage {
    lt_maker *maker;
    const ltc_graph *graph;
    lt_split *split;
    float **value;
    lt_rig rig;
} stage;

/* Small enough for a thousand steps: 2 x 3 x 3, a convolution with a norm, a hidden layer. */
static ltc_val build_tiny(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 3, .pad = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 }));
    x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, x), "fc1", (ltc_linear_args){ .out = 6 }));
    return ltc_linear(b, ltc_dropout(b, x, 0.2), "fc2", (ltc_linear_args){ .out = b->n_classes });
}

static void stage_open(stage *s, const char *backend)
{
    s->maker = lt_maker_new(2, 3, 3, 4);
    s->graph = lt_maker_graph(s->maker, build_tiny(lt_maker_builder(s->maker)));
    s->split = lt_split_new(2, 3, 3, ROWS, 4, 5);
    s->value = lt_values_new(s->graph, 2);
    lt_rig_open(&s->rig, backend, NULL, s->split);
}

static void stage_close(stage *s)
{
    lt_rig_close(&s->rig);
    lt_values_free(s->graph, s->value);
    lt_split_free(s->split);
    lt_maker_free(s->maker);
}

/* Element i of parameter p: dead, alive, frozen in turns that are no multiple of a vector. */
static uint8_t mask_at(uint32_t p, size_t i)
{
    return (uint8_t)((i * 7 + p) % 5 % 3);
}

static void put_masks(stage *s)
{
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        uint8_t mask[512];
        const ltc_param *q = ltc_graph_param(s->graph, p);
        for (size_t i = 0; i < q->n; i++)
            mask[i] = q->trained ? mask_at(p, i) : LTC_ALIVE;
        lt_rig_put(&s->rig, LTC_STATE_MASK, p, mask);
    }
}

static bool same_bits(const float *a, const float *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* How many elements break a rule: dead is +0.0, frozen is what it was, neither has slots; and how many moved. */
static size_t violations(stage *s, size_t *moved)
{
    static const float zero = 0.0f;
    size_t bad = 0;
    *moved = 0;
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        float w[512], slot[2][512];
        const ltc_param *q = ltc_graph_param(s->graph, p);
        lt_rig_get(&s->rig, LTC_STATE_VALUE, p, w);
        lt_rig_get(&s->rig, LTC_STATE_SLOT_1, p, slot[0]), lt_rig_get(&s->rig, LTC_STATE_SLOT_2, p, slot[1]);
        for (size_t i = 0; i < q->n && q->trained; i++) {
            const uint8_t m = mask_at(p, i);
            bad += m == LTC_DEAD && !same_bits(w + i, &zero);
            bad += m == LTC_FROZEN && !same_bits(w + i, s->value[p] + i);
            bad += m != LTC_ALIVE && (!same_bits(slot[0] + i, &zero) || !same_bits(slot[1] + i, &zero));
            *moved += m == LTC_ALIVE && !same_bits(w + i, s->value[p] + i);
        }
    }
    return bad;
}

static void dead_stay_dead(void)
{
    for (size_t k = 0; k < BACKENDS * OPTIMIZERS; k++) {
        stage s;
        size_t moved;
        stage_open(&s, backends[k / OPTIMIZERS]);
        lt_rig_compile(&s.rig, s.graph, &optimizers[k % OPTIMIZERS], 16, 0);
        put_masks(&s);
        lt_rig_start(&s.rig, s.value);
        CU_ASSERT_EQUAL(lt_rig_train(&s.rig, 0, STEPS, 1e-3f, NULL, NULL), UINT64_MAX);
        CU_ASSERT_EQUAL(violations(&s, &moved), 0);
        CU_ASSERT(moved > 80);                /* the alive ones did train */
        stage_close(&s);
    }
}

static void masks_are_data(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        float w[512];
        stage_open(&s, backends[k]);
        lt_rig_compile(&s.rig, s.graph, &optimizers[0], 16, 0);
        put_masks(&s);
        const uint32_t p = 6;                 /* fc1.weight */
        for (size_t i = 0; i < 10; i++)       /* alive at zero, dead at five, frozen and negative */
            s.value[p][i] = mask_at(p, i) == LTC_ALIVE ? 0.0f : mask_at(p, i) == LTC_DEAD ? 5.0f : -1.0f;
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 0, 5, 0.01f, NULL, NULL);
        lt_rig_get(&s.rig, LTC_STATE_VALUE, p, w);
        for (size_t i = 0; i < 10; i++)
            CU_ASSERT(mask_at(p, i) == LTC_ALIVE ? w[i] != 0 : mask_at(p, i) == LTC_DEAD ? w[i] == 0 : w[i] == -1);
        stage_close(&s);
    }
}

static void masks_hold_after_every_step(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        size_t moved;
        stage_open(&s, backends[k]);
        lt_rig_compile(&s.rig, s.graph, &optimizers[2], 16, 0);
        put_masks(&s);
        lt_rig_start(&s.rig, s.value);
        CU_ASSERT_EQUAL(violations(&s, &moved), 0);               /* before the first step too */
        for (uint64_t step = 0; step < 20; step++) {
            lt_rig_train(&s.rig, step, 1, 0.01f, NULL, NULL);
            CU_ASSERT_EQUAL(violations(&s, &moved), 0);
        }
        stage_close(&s);
    }
}

static double loss_under(stage *s, uint8_t mask_of_all)
{
    uint8_t mask[512];
    memset(mask, mask_of_all, sizeof mask);
    lt_rig_compile(&s->rig, s->graph, &optimizers[0], 16, 0);
    lt_rig_put(&s->rig, LTC_STATE_MASK, 6, mask);
    lt_rig_start(&s->rig, s->value);
    const double loss = lt_rig_eval(&s->rig, 0, ROWS, NULL);
    lt_rig_release(&s->rig);
    return loss;
}

static void frozen_take_part(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        stage_open(&s, backends[k]);
        CU_ASSERT_EQUAL(loss_under(&s, LTC_FROZEN), loss_under(&s, LTC_ALIVE));
        CU_ASSERT_NOT_EQUAL(loss_under(&s, LTC_FROZEN), loss_under(&s, LTC_DEAD));
        stage_close(&s);
    }
}

/* The state after 200 steps in spans of so many, moved to a fresh program after the first `move` steps. */
static void *state_after(const char *backend, size_t optimizer, uint32_t span, uint32_t move, size_t *bytes)
{
    stage s;
    stage_open(&s, backend);
    lt_rig_compile(&s.rig, s.graph, &optimizers[optimizer], 16, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
    put_masks(&s);
    lt_rig_start(&s.rig, s.value);
    *bytes = lt_rig_state_bytes(&s.rig);
    void *state = malloc(*bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    for (uint32_t step = 0; step < 200;) {
        const uint32_t n = 200 - step < span ? 200 - step : span;
        lt_rig_train(&s.rig, step, n, 0.01f, NULL, NULL);
        step += n;
        if (step != move)
            continue;
        lt_rig_state(&s.rig, state);
        lt_rig_release(&s.rig);
        lt_rig_compile(&s.rig, s.graph, &optimizers[optimizer], 16, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
        lt_rig_state_put(&s.rig, state);
    }
    lt_rig_state(&s.rig, state);
    stage_close(&s);
    return state;
}

static void spans_do_not_matter(void)
{
    static const uint32_t spans[] = { 1, 7, 100 };
    for (size_t k = 0; k < BACKENDS * OPTIMIZERS; k++) {
        size_t bytes;
        void *whole = state_after(backends[k / OPTIMIZERS], k % OPTIMIZERS, 200, 0, &bytes);
        for (int i = 0; i < 3; i++) {
            void *cut = state_after(backends[k / OPTIMIZERS], k % OPTIMIZERS, spans[i], 0, &bytes);
            CU_ASSERT_EQUAL(memcmp(whole, cut, bytes), 0);
            free(cut);
        }
        free(whole);
    }
}

static void state_is_whole(void)
{
    for (size_t k = 0; k < BACKENDS * OPTIMIZERS; k++) {
        size_t bytes;
        void *stayed = state_after(backends[k / OPTIMIZERS], k % OPTIMIZERS, 50, 0, &bytes);
        void *moved = state_after(backends[k / OPTIMIZERS], k % OPTIMIZERS, 50, 100, &bytes);
        CU_ASSERT_EQUAL(memcmp(stayed, moved, bytes), 0);
        free(stayed), free(moved);
    }
}

/* Adam's correction depends on the clock: without it a rewound run would go another way. */
static void the_clock_counts(void)
{
    stage s;
    float w[2][512];
    uint64_t clock[2] = { 0, 5 }, now = 0;
    stage_open(&s, "ref");
    for (int i = 0; i < 2; i++) {
        lt_rig_compile(&s.rig, s.graph, &optimizers[2], 16, 0);
        lt_rig_put(&s.rig, LTC_STATE_CLOCK, 0, &clock[i]);
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 0, 3, 0.01f, NULL, NULL);
        lt_rig_get(&s.rig, LTC_STATE_VALUE, 6, w[i]);
        lt_rig_get(&s.rig, LTC_STATE_CLOCK, 0, &now);
        CU_ASSERT_EQUAL(now, clock[i] + 3);
        lt_rig_release(&s.rig);
    }
    CU_ASSERT_NOT_EQUAL(memcmp(w[0], w[1], ltc_graph_param(s.graph, 6)->n * sizeof(float)), 0);
    stage_close(&s);
}

static void statistics_are_state(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        float mean[3], zero[3] = { 0 };
        stage_open(&s, backends[k]);
        lt_rig_compile(&s.rig, s.graph, &optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 0, 10, 0.01f, NULL, NULL);
        const double trained = lt_rig_eval(&s.rig, 0, ROWS, NULL);
        lt_rig_get(&s.rig, LTC_STATE_VALUE, 4, mean);             /* bn.running_mean */
        CU_ASSERT_NOT_EQUAL(memcmp(mean, s.value[4], sizeof mean), 0);
        ltc_error err;
        lt_rig_put(&s.rig, LTC_STATE_VALUE, 4, zero);
        CU_ASSERT_EQUAL(s.rig.ops->ready(s.rig.prog, &err), LTC_OK);
        CU_ASSERT_NOT_EQUAL(lt_rig_eval(&s.rig, 0, ROWS, NULL), trained);
        lt_rig_put(&s.rig, LTC_STATE_VALUE, 4, mean);
        CU_ASSERT_EQUAL(s.rig.ops->ready(s.rig.prog, &err), LTC_OK);
        CU_ASSERT_EQUAL(lt_rig_eval(&s.rig, 0, ROWS, NULL), trained);
        stage_close(&s);
    }
}

/* ROWS is no multiple of 64. Each sample alone gives the loss that it has within the whole. */
static void evaluation_does_not_depend_on_cuts(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        double whole[2], sum = 0, tail = 0;
        uint64_t hits[2], total = 0, one = 0;
        stage_open(&s, backends[k]);
        for (int i = 0; i < 2; i++) {
            lt_rig_compile(&s.rig, s.graph, &optimizers[0], i ? 60 : 16, 0);
            lt_rig_start(&s.rig, s.value);
            whole[i] = lt_rig_eval(&s.rig, 0, ROWS, &hits[i]);
            if (i == 0)
                lt_rig_release(&s.rig);
        }
        CU_ASSERT_EQUAL(whole[0], whole[1]);
        CU_ASSERT_EQUAL(hits[0], hits[1]);
        for (uint64_t i = 0; i < ROWS; i++) {
            const double loss = lt_rig_eval(&s.rig, i, 1, &one);
            sum += loss, total += one;
            tail = i < 30 ? 0 : tail + loss;
        }
        CU_ASSERT_EQUAL(sum, whole[0]);
        CU_ASSERT_EQUAL(total, hits[0]);
        CU_ASSERT_EQUAL(lt_rig_eval(&s.rig, 30, ROWS - 30, NULL), tail);
        CU_ASSERT_EQUAL(lt_rig_eval(&s.rig, ROWS, 0, NULL), 0);
        stage_close(&s);
    }
}

static void evaluation_changes_nothing(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        size_t bytes;
        void *want = state_after(backends[k], 2, 200, 0, &bytes), *got = malloc(bytes);
        stage s;
        stage_open(&s, backends[k]);
        lt_rig_compile(&s.rig, s.graph, &optimizers[2], 16, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
        put_masks(&s);
        lt_rig_start(&s.rig, s.value);
        for (uint64_t step = 0; step < 200; step += 20) {
            lt_rig_train(&s.rig, step, 20, 0.01f, NULL, NULL);
            lt_rig_eval(&s.rig, 3, 100, NULL);
        }
        lt_rig_state(&s.rig, got);
        CU_ASSERT_EQUAL(memcmp(want, got, bytes), 0);
        free(want), free(got);
        stage_close(&s);
    }
}

/* A rate that explodes: the loss is not finite at some step, which must leave no trace. */
static void bad_step_keeps_the_state(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        float loss[60];
        uint32_t correct[60];
        stage_open(&s, backends[k]);
        lt_rig_compile(&s.rig, s.graph, &optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        const uint64_t bad = lt_rig_train(&s.rig, 40, 60, 1e25f, loss, correct);
        CU_ASSERT_FATAL(bad > 40 && bad < 100);
        for (uint64_t i = 0; i < 60; i++)
            CU_ASSERT(i < bad - 40 ? isfinite(loss[i]) : isnan(loss[i]) && correct[i] == 0);
        const size_t bytes = lt_rig_state_bytes(&s.rig);
        void *kept = malloc(bytes), *began = malloc(bytes);
        lt_rig_state(&s.rig, kept);
        lt_rig_release(&s.rig);
        lt_rig_compile(&s.rig, s.graph, &optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        CU_ASSERT_EQUAL(lt_rig_train(&s.rig, 40, (uint32_t)(bad - 40), 1e25f, NULL, NULL), UINT64_MAX);
        lt_rig_state(&s.rig, began);
        CU_ASSERT_EQUAL(memcmp(kept, began, bytes), 0);
        free(kept), free(began);
        stage_close(&s);
    }
}

/* The input itself as logits' ingredients: one row of weights that are all different, so that every pixel counts. */
static double naive_loss(const stage *s, uint64_t row, uint64_t i, uint32_t augment, const float *w)
{
    const ltc_key key = { 7, 7 };
    const int down = augment & LTC_AUGMENT_CROP ? (int)(ltc_rand_u32(key, 4 * i) % 9) : 4;
    const int right = augment & LTC_AUGMENT_CROP ? (int)(ltc_rand_u32(key, 4 * i + 1) % 9) : 4;
    const bool mirror = (augment & LTC_AUGMENT_FLIP) && ltc_rand_u32(key, 4 * i + 2) % 2;
    double logit[2] = { 0, 0 };
    for (int c = 0; c < 2; c++) {
        uint8_t padded[14][16] = { { 0 } }, cut[6][8];
        for (int y = 0; y < 6; y++)
            memcpy(&padded[y + 4][4], s->split->x + row * 96 + (size_t)(c * 48 + y * 8), 8);
        for (int y = 0; y < 6; y++)
            memcpy(cut[y], &padded[y + down][right], 8);
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 8; x++)
                for (int k = 0; k < 2; k++)
                    logit[k] += (double)w[k * 96 + c * 48 + y * 8 + x] * (cut[y][mirror ? 7 - x : x] - 128) / 64;
    }
    const int label = s->split->label[row];
    return log1p(exp(logit[!label] - logit[label]));
}

static void augmentation_matches_a_naive_one(void)
{
    for (uint32_t k = 0; k < BACKENDS * 4; k++) {
        stage s;
        const uint32_t augment = k % 4;
        const ltc_optimizer still = { .size = sizeof still, .kind = LTC_SGD };
        float loss[10];
        s.maker = lt_maker_new(2, 6, 8, 2);
        ltc_builder *b = lt_maker_builder(s.maker);
        s.graph = lt_maker_graph(s.maker, ltc_linear(b, ltc_flatten(b, b->input), "fc",
                                                     (ltc_linear_args){ .out = 2, .no_bias = 1 }));
        s.split = lt_split_new(2, 6, 8, 40, 2, 5);
        s.value = lt_values_new(s.graph, 2);
        lt_rig_open(&s.rig, backends[k / 4], NULL, s.split);
        lt_rig_compile(&s.rig, s.graph, &still, 1, augment);
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 1000, 10, 0, loss, NULL);
        for (uint64_t i = 0; i < 10; i++) {
            const double want = naive_loss(&s, (1000 + i) % 40, 1000 + i, augment, s.value[0]);
            CU_ASSERT_DOUBLE_EQUAL((double)loss[i], want, 1e-5 * fmax(1, want));
        }
        stage_close(&s);
    }
}

static void no_rounding_mode_is_left(void)
{
#ifdef __SSE__
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        stage_open(&s, backends[k]);
        lt_rig_compile(&s.rig, s.graph, &optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        const unsigned before = _mm_getcsr() & ~0x3fu;            /* but for the sticky flags */
        lt_rig_train(&s.rig, 0, 3, 0.01f, NULL, NULL);
        lt_rig_eval(&s.rig, 0, 10, NULL);
        CU_ASSERT_EQUAL(_mm_getcsr() & ~0x3fu, before);
        stage_close(&s);
    }
#endif
}

static void identity_is_stable(void)
{
    for (size_t k = 0; k < BACKENDS; k++) {
        stage s;
        char text[2][512];
        ltc_error err;
        for (int i = 0; i < 2; i++) {
            stage_open(&s, backends[k]);
            CU_ASSERT_EQUAL(s.rig.ops->identity(s.rig.dev, text[i], sizeof text[i], &err), LTC_OK);
            CU_ASSERT_NOT_EQUAL(s.rig.ops->identity(s.rig.dev, text[i] + 400, 10, &err), LTC_OK);
            stage_close(&s);
        }
        CU_ASSERT_STRING_EQUAL(text[0], text[1]);
        CU_ASSERT_EQUAL(strncmp(text[0], "ltsdk/1 ", 8), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(text[0], k ? "cpu-blas/1 OpenBLAS" : "reference"));
    }
}

int main(void)
{
    static const lt_claim claims[] = {
        { "traps 1 and 8: over 1,000 steps of every optimizer dead and frozen weights and their slots do not move",
          dead_stay_dead },
        { "traps 2 and 3: masks are data, never inferred from values", masks_are_data },
        { "traps 4 and 5: masks hold after every step, and before the first", masks_hold_after_every_step },
        { "trap 6: frozen weights take part in the forward pass", frozen_take_part },
        { "trap 7: the whole state, in a fresh program, goes on with the same bits", state_is_whole },
        { "trap 7: the clock is part of the state", the_clock_counts },
        { "trap 23: running statistics are state", statistics_are_state },
        { "spans of 1, 7 and 100 steps give the same bits", spans_do_not_matter },
        { "an evaluation's bits depend neither on the batch nor on cuts", evaluation_does_not_depend_on_cuts },
        { "an evaluation changes nothing", evaluation_changes_nothing },
        { "a step of non-finite loss keeps the state, statistics included", bad_step_keeps_the_state },
        { "augmentation matches a naive one", augmentation_matches_a_naive_one },
        { "no rounding mode is left behind", no_rounding_mode_is_left },
        { "an identity is stable, and refuses too small a buffer", identity_is_stable },
    };
    return lt_suite_run("sdk backend", claims, sizeof claims / sizeof *claims);
}
