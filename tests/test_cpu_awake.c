/* The backend cpu where masks leave units that nobody hears: it leaves the weights of their rows out of its
 * passes. Held against `ref`, and against itself where something keeps those rows awake. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "cpu_rig.h"

static ltc_val build(ltc_builder *b)
{
    ltc_val x = ltc_flatten(b, b->input);
    x = ltc_relu(b, ltc_linear(b, x, "fc1", (ltc_linear_args){ .out = 45 }));
    x = ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 30 });
    x = ltc_relu(b, ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = 20 }));
    return ltc_linear(b, x, "fc4", (ltc_linear_args){ .out = b->n_classes });
}

static const lt_subject subjects[] = { { 60, 1, 0.2, 13, 11, 0, build, 1 },
                                       { 33, 1, 1, 13, 11, 0, build, 1 } };
enum { SUBJECTS = sizeof subjects / sizeof *subjects, LAYERS = 4, STEPS = 7 };

/* Layer k's weights are parameter 2 k: outputs, inputs. */
static size_t outputs_of(const lt_stage *s, uint32_t k)
{
    return (size_t)ltc_graph_value(s->graph, ltc_graph_param(s->graph, 2 * k)->value)->dim[0];
}

static size_t inputs_of(const lt_stage *s, uint32_t k)
{
    return ltc_graph_param(s->graph, 2 * k)->n / outputs_of(s, k);
}

static bool is_alive(uint32_t k, size_t i)
{
    static const double density[LAYERS] = { 0.06, 0.08, 0.06, 0.15 };
    return (double)ltc_rand_unit((ltc_key){ 11, k }, i) < density[k];
}

static void put_masks(lt_stage *s, bool dense)
{
    for (uint32_t k = 0; k < LAYERS; k++) {
        const size_t n = ltc_graph_param(s->graph, 2 * k)->n;
        uint8_t *mask = calloc(n, 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mask);
        for (size_t i = 0; i < n; i++)
            mask[i] = dense ? LTC_ALIVE : !is_alive(k, i) ? LTC_DEAD : i % 7 ? LTC_ALIVE : LTC_FROZEN;
        lt_rig_put(&s->rig, LTC_STATE_MASK, 2 * k, mask);
        free(mask);
    }
}

/* Does unit o of layer k reach a class? */
static bool is_heard(const lt_stage *s, uint32_t k, size_t o)
{
    bool heard = k + 1 == LAYERS;
    for (size_t to = 0; k + 1 < LAYERS && to < outputs_of(s, k + 1) && !heard; to++)
        heard = is_alive(k + 1, to * inputs_of(s, k + 1) + o) && is_heard(s, k + 1, to);
    return heard;
}

/* Biases, which never sleep, under way already. */
static void push_biases(lt_stage *s)
{
    float slot[45];
    for (uint32_t i = 0; i < 45; i++)
        slot[i] = 0.25f;
    for (uint32_t k = 0; k < LAYERS; k++)
        lt_rig_put(&s->rig, LTC_STATE_SLOT_1, 2 * k + 1, slot);
}

/* Gives one weight of each row that would sleep a slot. */
static void disturb(lt_stage *s)
{
    for (uint32_t k = 0; k < LAYERS; k++) {
        const size_t in = inputs_of(s, k), n = ltc_graph_param(s->graph, 2 * k)->n;
        float *slot = calloc(n, sizeof *slot);
        CU_ASSERT_PTR_NOT_NULL_FATAL(slot);
        for (size_t i = 0, last = n; i < n; i++)
            if (is_alive(k, i) && !is_heard(s, k, i / in) && last != i / in)
                slot[i] = 0.5f, last = i / in;
        lt_rig_put(&s->rig, LTC_STATE_SLOT_1, 2 * k, slot);
        free(slot);
    }
}

static float *trained(const lt_subject *q, const char *backend, const ltc_optimizer *o, size_t *n)
{
    lt_stage s;
    lt_subject_compile(&s, q, backend, o);
    put_masks(&s, false);
    float *x = lt_subject_steps(&s, STEPS, n);
    lt_stage_close(&s);
    return x;
}

static void equal_ref(void)
{
    for (size_t q = 0; q < SUBJECTS; q++)
        for (size_t o = 0; o < LT_OPTIMIZERS + 2; o++) {
            const ltc_optimizer *optimizer = o < 2 ? &lt_plain_optimizers[o] : &lt_optimizers[o - 2];
            size_t n;
            float *want = trained(&subjects[q], "ref", optimizer, &n),
                  *got = trained(&subjects[q], "cpu", optimizer, &n);
            CU_ASSERT(lt_distance(got, want, n) < 3e-6);
            free(want), free(got);
        }
}

static void compare_biases(lt_stage *asleep, lt_stage *awake, uint32_t k)
{
    float x[45], y[45];
    lt_rig_get(&asleep->rig, LTC_STATE_VALUE, 2 * k + 1, x);
    lt_rig_get(&awake->rig, LTC_STATE_VALUE, 2 * k + 1, y);
    for (size_t o = 0; o < outputs_of(asleep, k); o++) {
        CU_ASSERT(!memcmp(&x[o], &y[o], sizeof x[o]));
        CU_ASSERT(x[o] != asleep->value[2 * k + 1][o]);
    }
}

/* Compares what two stages keep of layer k's weights, and one of them with the start. */
static void compare_rows(lt_stage *asleep, lt_stage *awake, uint32_t k, uint32_t seen[2])
{
    const size_t n = ltc_graph_param(asleep->graph, 2 * k)->n, in = inputs_of(asleep, k);
    float *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y);
    CU_ASSERT_FATAL(x && y);
    lt_rig_get(&asleep->rig, LTC_STATE_VALUE, 2 * k, x), lt_rig_get(&awake->rig, LTC_STATE_VALUE, 2 * k, y);
    for (size_t i = 0; i < n; i++) {
        const bool heard = is_heard(asleep, k, i / in);
        const float start = is_alive(k, i) ? asleep->value[2 * k][i] : 0.0f;
        CU_ASSERT(heard || !memcmp(&x[i], &start, sizeof start));
        CU_ASSERT(!heard || !memcmp(&x[i], &y[i], sizeof *x));
        seen[0] += heard && x[i] != start, seen[1] += !heard && y[i] != start;
    }
    free(x), free(y);
}

static void others_do_not_notice(void)
{
    for (size_t q = 0; q < 2 * SUBJECTS; q++) {
        lt_stage asleep, awake;
        uint32_t seen[2] = { 0 };
        size_t n;
        lt_subject_compile(&asleep, &subjects[q / 2], "cpu", &lt_plain_optimizers[q % 2]);
        lt_subject_compile(&awake, &subjects[q / 2], "cpu", &lt_plain_optimizers[q % 2]);
        put_masks(&asleep, false), put_masks(&awake, false);
        push_biases(&asleep), push_biases(&awake);
        disturb(&awake);
        free(lt_subject_steps(&asleep, STEPS, &n)), free(lt_subject_steps(&awake, STEPS, &n));
        const double loss = lt_rig_eval(&asleep.rig, 3, 170, NULL),
                     same = lt_rig_eval(&awake.rig, 3, 170, NULL);
        CU_ASSERT(loss == same);
        for (uint32_t k = 0; k < LAYERS; k++)
            compare_rows(&asleep, &awake, k, seen), compare_biases(&asleep, &awake, k);
        CU_ASSERT(seen[0] > 100 && seen[1] > 20);
        lt_stage_close(&asleep), lt_stage_close(&awake);
    }
}

/* The whole state after some steps under one mask, and as many from the start under another. */
static void *state_after(const lt_subject *q, bool used, bool dense, size_t *bytes)
{
    lt_stage s;
    size_t n;
    lt_subject_compile(&s, q, "cpu", &lt_plain_optimizers[0]);
    *bytes = lt_rig_state_bytes(&s.rig);
    char *fresh = malloc(*bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fresh);
    lt_rig_start(&s.rig, s.value);
    lt_rig_state(&s.rig, fresh);
    put_masks(&s, !dense);
    if (used)
        free(lt_subject_steps(&s, STEPS, &n));
    lt_rig_state_put(&s.rig, fresh);
    put_masks(&s, dense);
    free(lt_subject_steps(&s, STEPS, &n));
    lt_rig_state(&s.rig, fresh);
    lt_stage_close(&s);
    return fresh;
}

static void nothing_is_left_of_an_earlier_mask(void)
{
    for (size_t q = 0; q < 2 * SUBJECTS; q++) {
        size_t bytes;
        void *used = state_after(&subjects[q / 2], true, q % 2, &bytes),
             *new = state_after(&subjects[q / 2], false, q % 2, &bytes);
        CU_ASSERT(!memcmp(used, new, bytes));
        free(used), free(new);
    }
}

/* All steps in one program, or the last of them in another that takes over the state. The
 * state afterwards. */
static void *state_over(const lt_subject *q, const ltc_optimizer *o, uint32_t first, size_t *bytes)
{
    lt_stage s, next;
    lt_subject_compile(&s, q, "cpu", o), lt_subject_compile(&next, q, "cpu", o);
    *bytes = lt_rig_state_bytes(&s.rig);
    char *state = malloc(*bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    put_masks(&s, false), push_biases(&s), disturb(&s);
    lt_rig_start(&s.rig, s.value);
    CU_ASSERT_EQUAL(lt_rig_train(&s.rig, 0, first, 1e-3f, NULL, NULL), UINT64_MAX);
    lt_rig_state(&s.rig, state);
    lt_rig_state_put(&next.rig, state);
    CU_ASSERT_EQUAL(lt_rig_train(&next.rig, first, STEPS - first, 1e-3f, NULL, NULL), UINT64_MAX);
    lt_rig_state(&next.rig, state);
    lt_stage_close(&s), lt_stage_close(&next);
    return state;
}

static void a_program_that_takes_over_sleeps_alike(void)
{
    for (size_t q = 0; q < 2 * SUBJECTS; q++)
        for (uint32_t first = 1; first < STEPS; first += 2) {
            size_t bytes;
            void *whole = state_over(&subjects[q / 2], &lt_plain_optimizers[q % 2], 0, &bytes),
                 *parts = state_over(&subjects[q / 2], &lt_plain_optimizers[q % 2], first, &bytes);
            CU_ASSERT(!memcmp(whole, parts, bytes));
            free(whole), free(parts);
        }
}

int main(void)
{
    static const lt_test claims[] = {
        { "with units that nobody hears seven steps equal ref's to 3e-6 in norm, by every optimizer",
          equal_ref },
        { "weights of such units keep their bits, and all others get those that they get beside disturbed ones",
          others_do_not_notice },
        { "who falls asleep or wakes has nothing left of an earlier mask",
          nothing_is_left_of_an_earlier_mask },
        { "a program that takes over a state has its bits", a_program_that_takes_over_sleeps_alike },
    };
    return lt_suite_run("cpu_awake", claims, sizeof claims / sizeof *claims);
}
