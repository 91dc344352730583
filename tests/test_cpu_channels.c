/* The backend cpu where masks leave channels of images that nobody hears: they are not there for its passes.
 * Held against `ref`, and against itself with weights that would show wherever they were multiplied. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "cpu_rig.h"

static ltc_val conv(ltc_builder *b, ltc_val x, const char *name, int64_t out)
{
    return ltc_conv2d(b, x, name, (ltc_conv2d_args){ .out = out, .kernel = 3, .pad = 1 });
}

/* A sum joins the channels of conv1 and conv3; a pool is between conv4 and fc1. */
static ltc_val build(ltc_builder *b)
{
    const ltc_val x = ltc_relu(b, conv(b, b->input, "conv1", 19));
    const ltc_val y = ltc_relu(b, conv(b, x, "conv2", 21));
    const ltc_val z = ltc_relu(b, ltc_add(b, conv(b, y, "conv3", 19), x));
    const ltc_val last = ltc_max_pool(b, ltc_relu(b, conv(b, z, "conv4", 18)), (ltc_pool_args){ 2, 2, 0 });
    const ltc_val row = ltc_linear(b, ltc_flatten(b, last), "fc1", (ltc_linear_args){ .out = 20 });
    return ltc_linear(b, ltc_relu(b, row), "fc2", (ltc_linear_args){ .out = b->n_classes });
}

/* hidden: the layer that the mask cuts off, so that nobody hears anything before it; 0: none. */
static const lt_subject subjects[] = {
    { 33, 1, 1, 12, 10, 0, build, 3 }, { 60, 0.3, 1, 12, 10, 0, build, 3 },
    { 20, 0.05, 1, 9, 8, 0, build, 3 }, { 20, 0.3, 1, 9, 8, 3, build, 3 },
    { 33, 1, 1, 9, 8, 4, build, 3 },
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects, WHOLE = 3, CONVS = 4, LAYERS = 6, STEPS = 7 };

/* Of convolution k: do the masks of its readers leave output c alone? conv1 and conv3 have the same. */
static bool is_unheard(uint32_t k, size_t c)
{
    static const size_t every[CONVS] = { 3, 4, 3, 5 }, from[CONVS] = { 0, 1, 0, 2 };
    return k < CONVS && c % every[k] == from[k];
}

/* Layer k's weights are parameter 2 k, its bias the next: outputs; weights of one output. */
static size_t outputs_of(const lt_stage *s, uint32_t k)
{
    return (size_t)ltc_graph_value(s->graph, ltc_graph_param(s->graph, 2 * k)->value)->dim[0];
}

static size_t row_of(const lt_stage *s, uint32_t k)
{
    return ltc_graph_param(s->graph, 2 * k)->n / outputs_of(s, k);
}

/* The channel of the layer before, of the three before, that weight i of layer k > 0 reads. */
static size_t channel_of(const lt_stage *s, uint32_t k, size_t i)
{
    return i % row_of(s, k) / (row_of(s, k) / outputs_of(s, k - 1));
}

static bool is_alive(const lt_stage *s, const lt_subject *q, uint32_t k, size_t i)
{
    if (k > 0 && (k == q->hidden || is_unheard(k - 1, channel_of(s, k, i))))
        return false;
    return (double)ltc_rand_unit((ltc_key){ 12, k }, i) < q->density;
}

static void put_masks(lt_stage *s, const lt_subject *q)
{
    for (uint32_t k = 0; k < LAYERS; k++) {
        const size_t n = ltc_graph_param(s->graph, 2 * k)->n;
        uint8_t *mask = calloc(n, 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mask);
        for (size_t i = 0; i < n; i++)
            mask[i] = !is_alive(s, q, k, i) ? LTC_DEAD : i % 7 ? LTC_ALIVE : LTC_FROZEN;
        lt_rig_put(&s->rig, LTC_STATE_MASK, 2 * k, mask);
        free(mask);
    }
}

static float *trained(const lt_subject *q, const char *backend, const ltc_optimizer *o, size_t *n)
{
    lt_stage s;
    lt_subject_compile(&s, q, backend, o);
    put_masks(&s, q);
    float *x = lt_subject_steps(&s, STEPS, n);
    lt_stage_close(&s);
    return x;
}

static void equal_ref(void)
{
    for (size_t q = 0; q < SUBJECTS; q++)
        for (size_t o = 0; o < LT_OPTIMIZERS; o++) {
            size_t n;
            if (SANITIZED && (q + o) % 2)
                continue;
            float *want = trained(&subjects[q], "ref", &lt_optimizers[o], &n),
                  *got = trained(&subjects[q], "cpu", &lt_optimizers[o], &n);
            const double most = lt_optimizers[o].kind == LTC_SGD ? 2e-5 : 1e-3;
            CU_ASSERT(lt_distance(got, want, n) < most);
            free(want), free(got);
        }
}

/* Numbers whose products are not finite, wherever a channel sleeps. */
static void make_huge(lt_stage *s)
{
    for (uint32_t k = 0; k < CONVS; k++)
        for (size_t o = 0; o < outputs_of(s, k); o++) {
            if (!is_unheard(k, o))
                continue;
            for (size_t i = 0; i < row_of(s, k); i++)
                s->value[2 * k][o * row_of(s, k) + i] = 3e38f;
            s->value[2 * k + 1][o] = -3e38f;
        }
}

/* Rows of parameter i, `row` numbers each: what sleeps stays, all else is as without huge ones. */
static void compare_rows(lt_stage *plain_one, lt_stage *huge, uint32_t i, size_t row,
                         const lt_subject *q)
{
    const size_t n = ltc_graph_param(huge->graph, i)->n;
    float *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y);
    CU_ASSERT_FATAL(x && y);
    lt_rig_get(&plain_one->rig, LTC_STATE_VALUE, i, x), lt_rig_get(&huge->rig, LTC_STATE_VALUE, i, y);
    for (size_t at = 0; at < n; at++) {
        const bool dead = i % 2 == 0 && !is_alive(huge, q, i / 2, at);
        const float start = dead ? 0.0f : huge->value[i][at];
        const float want = is_unheard(i / 2, at / row) ? start : x[at];
        CU_ASSERT(!memcmp(&y[at], &want, sizeof want));
    }
    free(x), free(y);
}

static void they_are_not_there(void)
{
    for (size_t q = 0; q < 2 * WHOLE; q++) {
        const lt_subject *subject = &subjects[q / 2];
        lt_stage s, huge;
        size_t n;
        lt_subject_compile(&s, subject, "cpu", &lt_plain_optimizers[q % 2]);
        lt_subject_compile(&huge, subject, "cpu", &lt_plain_optimizers[q % 2]);
        put_masks(&s, subject), put_masks(&huge, subject);
        make_huge(&huge);
        free(lt_subject_steps(&s, STEPS, &n)), free(lt_subject_steps(&huge, STEPS, &n));
        CU_ASSERT(lt_rig_eval(&s.rig, 3, 170, NULL) == lt_rig_eval(&huge.rig, 3, 170, NULL));
        for (uint32_t k = 0; k < LAYERS; k++) {
            compare_rows(&s, &huge, 2 * k, row_of(&s, k), subject);
            compare_rows(&s, &huge, 2 * k + 1, 1, subject);
        }
        lt_stage_close(&s), lt_stage_close(&huge);
    }
}

/* The whole state after steps from the start, in a program that was used under another mask, or was not. */
static void *state_after(const lt_subject *q, bool used, size_t *bytes)
{
    lt_stage s;
    size_t n;
    lt_subject_compile(&s, q, "cpu", &lt_plain_optimizers[0]);
    *bytes = lt_rig_state_bytes(&s.rig);
    char *state = malloc(*bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    lt_rig_start(&s.rig, s.value);
    lt_rig_state(&s.rig, state);
    if (used) {
        put_masks(&s, &(lt_subject){ .density = 0.02, .hidden = 4 - q->hidden });
        free(lt_subject_steps(&s, STEPS, &n));
    }
    lt_rig_state_put(&s.rig, state);
    put_masks(&s, q);
    free(lt_subject_steps(&s, STEPS, &n));
    lt_rig_state(&s.rig, state);
    lt_stage_close(&s);
    return state;
}

static void nothing_is_left_of_an_earlier_mask(void)
{
    for (size_t q = 0; q < SUBJECTS; q++) {
        size_t bytes;
        void *used = state_after(&subjects[q], true, &bytes), *new = state_after(&subjects[q], false, &bytes);
        CU_ASSERT(!memcmp(used, new, bytes));
        free(used), free(new);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "with channels that nobody hears seven steps equal ref's, by every optimizer", equal_ref },
        { "weights and biases of such channels keep their bits, however large, and nothing else notices them",
          they_are_not_there },
        { "channels that come back or go have nothing left of an earlier mask",
          nothing_is_left_of_an_earlier_mask },
    };
    return lt_suite_run("cpu_channels", claims, sizeof claims / sizeof *claims);
}
