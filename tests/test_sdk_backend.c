/* What else a backend promises, tried on `ref`, `cpu` and `cpu-blas` through their files: spans, statistics,
 * evaluation, faults, augmentation, identity. Masks and state are in test_sdk_masks.c. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE__
#include <immintrin.h>
#endif

#include "stage.h"

static void spans_do_not_matter(void)
{
    static const uint32_t spans[] = { 1, 7, 100 };
    for (size_t k = 0; lt_backends[k / LT_OPTIMIZERS]; k++) {
        size_t bytes;
        void *whole =
            lt_tiny_state(lt_backends[k / LT_OPTIMIZERS], &lt_optimizers[k % LT_OPTIMIZERS], 200, 0, &bytes);
        for (int i = 0; i < 3; i++) {
            void *cut = lt_tiny_state(lt_backends[k / LT_OPTIMIZERS], &lt_optimizers[k % LT_OPTIMIZERS],
                                      spans[i], 0, &bytes);
            CU_ASSERT_EQUAL(memcmp(whole, cut, bytes), 0);
            free(cut);
        }
        free(whole);
    }
}

static void statistics_are_state(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        float mean[3], zero[3] = { 0 };
        lt_tiny_open(&s, lt_backends[k]);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 0, 10, 0.01f, NULL, NULL);
        const double trained = lt_rig_eval(&s.rig, 0, LT_TINY_ROWS, NULL);
        lt_rig_get(&s.rig, LTC_STATE_VALUE, 4, mean);             /* bn.running_mean */
        CU_ASSERT_NOT_EQUAL(memcmp(mean, s.value[4], sizeof mean), 0);
        ltc_error err;
        lt_rig_put(&s.rig, LTC_STATE_VALUE, 4, zero);
        CU_ASSERT_EQUAL(s.rig.ops->ready(s.rig.prog, &err), LTC_OK);
        CU_ASSERT_NOT_EQUAL(lt_rig_eval(&s.rig, 0, LT_TINY_ROWS, NULL), trained);
        lt_rig_put(&s.rig, LTC_STATE_VALUE, 4, mean);
        CU_ASSERT_EQUAL(s.rig.ops->ready(s.rig.prog, &err), LTC_OK);
        CU_ASSERT_EQUAL(lt_rig_eval(&s.rig, 0, LT_TINY_ROWS, NULL), trained);
        lt_stage_close(&s);
    }
}

/* LT_TINY_ROWS is no multiple of 64. Each sample alone gives the loss that it has within the whole. */
static void evaluation_does_not_depend_on_cuts(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        double whole[2], sum = 0, tail = 0;
        uint64_t hits[2], total = 0, one = 0;
        lt_tiny_open(&s, lt_backends[k]);
        for (int i = 0; i < 2; i++) {
            lt_rig_compile(&s.rig, s.graph, &lt_optimizers[0], i ? 60 : 16, 0);
            lt_rig_start(&s.rig, s.value);
            whole[i] = lt_rig_eval(&s.rig, 0, LT_TINY_ROWS, &hits[i]);
            if (i == 0)
                lt_rig_release(&s.rig);
        }
        CU_ASSERT_EQUAL(whole[0], whole[1]);
        CU_ASSERT_EQUAL(hits[0], hits[1]);
        for (uint64_t i = 0; i < LT_TINY_ROWS; i++) {
            const double loss = lt_rig_eval(&s.rig, i, 1, &one);
            sum += loss, total += one;
            tail = i < 30 ? 0 : tail + loss;
        }
        CU_ASSERT_EQUAL(sum, whole[0]);
        CU_ASSERT_EQUAL(total, hits[0]);
        CU_ASSERT_EQUAL(lt_rig_eval(&s.rig, 30, LT_TINY_ROWS - 30, NULL), tail);
        CU_ASSERT_EQUAL(lt_rig_eval(&s.rig, LT_TINY_ROWS, 0, NULL), 0);
        lt_stage_close(&s);
    }
}

static void evaluation_changes_nothing(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        size_t bytes;
        void *want = lt_tiny_state(lt_backends[k], &lt_optimizers[2], 200, 0, &bytes), *got = malloc(bytes);
        lt_stage s;
        lt_tiny_open(&s, lt_backends[k]);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[2], 16, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
        lt_tiny_put_masks(&s);
        lt_rig_start(&s.rig, s.value);
        for (uint64_t step = 0; step < 200; step += 20) {
            lt_rig_train(&s.rig, step, 20, 0.01f, NULL, NULL);
            lt_rig_eval(&s.rig, 3, 100, NULL);
        }
        lt_rig_state(&s.rig, got);
        CU_ASSERT_EQUAL(memcmp(want, got, bytes), 0);
        free(want), free(got);
        lt_stage_close(&s);
    }
}

/* A rate that explodes: the loss is not finite at some step, which must leave no trace. */
static void bad_step_keeps_the_state(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        float loss[60];
        uint32_t correct[60];
        lt_tiny_open(&s, lt_backends[k]);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        const uint64_t bad = lt_rig_train(&s.rig, 40, 60, 1e25f, loss, correct);
        CU_ASSERT_FATAL(bad > 40 && bad < 100);
        for (uint64_t i = 0; i < 60; i++)
            CU_ASSERT(i < bad - 40 ? isfinite(loss[i]) : isnan(loss[i]) && correct[i] == 0);
        const size_t bytes = lt_rig_state_bytes(&s.rig);
        void *kept = malloc(bytes), *began = malloc(bytes);
        lt_rig_state(&s.rig, kept);
        lt_rig_release(&s.rig);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        CU_ASSERT_EQUAL(lt_rig_train(&s.rig, 40, (uint32_t)(bad - 40), 1e25f, NULL, NULL), UINT64_MAX);
        lt_rig_state(&s.rig, began);
        CU_ASSERT_EQUAL(memcmp(kept, began, bytes), 0);
        free(kept), free(began);
        lt_stage_close(&s);
    }
}

/* The input itself as logits' ingredients: one row of weights that are all different, so
 * that every pixel counts. */
static double naive_loss(const lt_stage *s, uint64_t row, uint64_t i, uint32_t augment, const float *w)
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
                    logit[k] +=
                        (double)w[k * 96 + c * 48 + y * 8 + x] * (cut[y][mirror ? 7 - x : x] - 128) / 64;
    }
    const int label = s->split->label[row];
    return log1p(exp(logit[!label] - logit[label]));
}

static void augmentation_matches_a_naive_one(void)
{
    for (uint32_t k = 0; lt_backends[k / 4]; k++) {
        lt_stage s;
        const uint32_t augment = k % 4;
        const ltc_optimizer still = { .size = sizeof still, .kind = LTC_SGD };
        float loss[10];
        s.maker = lt_maker_new(2, 6, 8, 2);
        ltc_builder *b = lt_maker_builder(s.maker);
        s.graph = lt_maker_graph(s.maker, ltc_linear(b, ltc_flatten(b, b->input), "fc",
                                                     (ltc_linear_args){ .out = 2, .no_bias = 1 }));
        s.split = lt_split_new(2, 6, 8, 40, 2, 5);
        s.value = lt_values_new(s.graph, 2);
        lt_rig_open(&s.rig, lt_backends[k / 4], NULL, s.split);
        lt_rig_compile(&s.rig, s.graph, &still, 1, augment);
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 1000, 10, 0, loss, NULL);
        for (uint64_t i = 0; i < 10; i++) {
            const double want = naive_loss(&s, (1000 + i) % 40, 1000 + i, augment, s.value[0]);
            const double plain = naive_loss(&s, i, i, 0, s.value[0]);
            CU_ASSERT_DOUBLE_EQUAL((double)loss[i], want, 1e-5 * fmax(1, want));
            CU_ASSERT_DOUBLE_EQUAL(lt_rig_eval(&s.rig, i, 1, NULL), plain, 1e-5 * fmax(1, plain));
        }
        lt_stage_close(&s);
    }
}

/* A process starts with neither flag; were one left by an earlier claim's span, it would show here too. */
static void no_rounding_mode_is_left(void)
{
#ifdef __SSE__
    enum { ROUNDING = 0x6000, FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x40 };
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        lt_tiny_open(&s, lt_backends[k]);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[0], 16, 0);
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 0, 3, 0.01f, NULL, NULL);
        CU_ASSERT_EQUAL(_mm_getcsr() & (ROUNDING | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO), 0);
        lt_rig_eval(&s.rig, 0, 10, NULL);
        CU_ASSERT_EQUAL(_mm_getcsr() & (ROUNDING | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO), 0);
        lt_stage_close(&s);
    }
#endif
}

static void identity_is_stable(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        char text[2][512];
        ltc_error err;
        for (int i = 0; i < 2; i++) {
            lt_tiny_open(&s, lt_backends[k]);
            CU_ASSERT_EQUAL(s.rig.ops->identity(s.rig.dev, text[i], sizeof text[i], &err), LTC_OK);
            CU_ASSERT_NOT_EQUAL(s.rig.ops->identity(s.rig.dev, text[i] + 400, 10, &err), LTC_OK);
            lt_stage_close(&s);
        }
        CU_ASSERT_STRING_EQUAL(text[0], text[1]);
        static const char *const begins[] = { "ltsdk/1 ", "cpu/11 ", "ltsdk/1 " };
        static const char *const says[] = { "reference", " ftz", "cpu-blas/2 OpenBLAS" };
        CU_ASSERT_EQUAL(strncmp(text[0], begins[k], strlen(begins[k])), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(text[0], says[k]));
    }
}

/* FNV-1a, 64 bits. */
static uint64_t digest(const void *bytes, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
    return h;
}

/* Of the state after 200 steps. When a kernel's arithmetic changes on purpose, these change, and the number
 * in "ltsdk/1" must be raised. Compilers, vector widths and sanitizers must not change them. */
static void bits_belong_to_the_identity(void)
{
    static const char *const identity = "ltsdk/1 glibc-2.36 fma reference";
    static const uint64_t known[LT_OPTIMIZERS] = {
        0xef964c9786efbfda, 0x968fb30ba5acd78f, 0xb17c3b0bb581c333, 0xa255bbf743ba4197,
    };
    char text[512];
    lt_stage s;
    ltc_error err;
    lt_tiny_open(&s, "ref");
    s.rig.ops->identity(s.rig.dev, text, sizeof text, &err);
    lt_stage_close(&s);
    for (size_t k = 0; k < LT_OPTIMIZERS && strcmp(text, identity) == 0; k++) {
        size_t bytes;
        void *state = lt_tiny_state("ref", &lt_optimizers[k], 200, 0, &bytes);
        if (digest(state, bytes) != known[k])
            fprintf(stderr, "optimizer %zu: 0x%016llx\n", k, (unsigned long long)digest(state, bytes));
        CU_ASSERT_EQUAL(digest(state, bytes), known[k]);
        free(state);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "trap 23: running statistics are state", statistics_are_state },
        { "spans of 1, 7 and 100 steps give the same bits", spans_do_not_matter },
        { "an evaluation's bits depend neither on the batch nor on cuts",
          evaluation_does_not_depend_on_cuts },
        { "an evaluation changes nothing", evaluation_changes_nothing },
        { "a step of non-finite loss keeps the state, statistics included", bad_step_keeps_the_state },
        { "trap 38: augmentation matches a naive one, and an evaluation has none",
          augmentation_matches_a_naive_one },
        { "no rounding mode is left behind", no_rounding_mode_is_left },
        { "the same identity has the same bits, whatever compiled it", bits_belong_to_the_identity },
        { "an identity is stable, and refuses too small a buffer", identity_is_stable },
    };
    return lt_suite_run("sdk backend", claims, sizeof claims / sizeof *claims);
}
