/* Cohorts of the backend for CUDA on the emulated device, of a network whose tensors have odd sizes: its own
 * convolutions and cuDNN's, against single replicas and against ref. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emulated_rig.h"
#include "make_graph.h"
#include "suite.h"

enum { ROWS = 61, BATCH = 7, STEPS = 3, CLASSES = 10, MANY = 9, LARGE = 1000, SMALL = 5 };

/* 5 x 5 kernels of 3 and 7 channels, biases of 7, 5 and 10, planes of 25 and 9 (of 81 at first). */
static ltc_val build_odd(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 7, .kernel = 5 }));
    x = ltc_conv2d(b, x, "conv2", (ltc_conv2d_args){ .out = 5, .kernel = 5, .pad = 1, .no_bias = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "norm", (ltc_batch_norm_args){ 0 }));
    x = ltc_conv2d(b, x, "conv3", (ltc_conv2d_args){ .out = 5, .kernel = 3, .groups = 5 });
    return ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
}

/* A program of n replicas, numbered from `first` on: each has values, rows and keys of its number. */
typedef struct cohort {
    lt_rig    rig;
    lt_maker *maker;
    lt_split *split;
    const ltc_graph *graph;
    uint32_t  first, n;
} cohort;

static ltc_status compile(cohort *c, uint32_t n, uint32_t batch, ltc_error *err)
{
    const ltc_compile_req r = {
        .size = sizeof r, .batch = batch, .n_replicas = n, .loss = LTC_LOSS_CROSS_ENTROPY,
        .require = LTC_CAP_REPEATABLE | LTC_CAP_SPAN_FREE, .graph = c->graph, .optimizer = &lt_emulated_adam,
        .input = lt_byte_input(),
    };
    return c->rig.ops->compile(c->rig.dev, &r, &c->rig.prog, err);
}

static void open_cohort(cohort *c, const char *name, const ltc_backend_ops *ops, uint32_t first, uint32_t n)
{
    ltc_error err = { { 0 }, { 0 } };
    *c = (cohort){ .first = first, .n = n };
    c->maker = lt_maker_new(3, 9, 9, CLASSES);
    c->graph = lt_maker_graph(c->maker, build_odd(lt_maker_builder(c->maker)));
    c->split = lt_split_new(3, 9, 9, ROWS, CLASSES, 5);
    lt_rig_open(&c->rig, name, ops, c->split);
    c->rig.graph = c->graph;
    CU_ASSERT_EQUAL_FATAL(compile(c, n, BATCH, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(c->rig.ops->bind(c->rig.prog, 0, c->rig.data, &err), LTC_OK);
}

static void close_cohort(cohort *c)
{
    lt_rig_close(&c->rig);
    lt_split_free(c->split);
    lt_maker_free(c->maker);
}

static size_t size_of(const cohort *c, uint32_t what, uint32_t param)
{
    return ltc_graph_param(c->graph, param)->n * (what == LTC_STATE_MASK ? 1 : sizeof(float));
}

static void put(cohort *c, uint32_t what, uint32_t replica, uint32_t param, const void *src)
{
    ltc_error err = { { 0 }, { 0 } };
    const size_t bytes = size_of(c, what, param);
    CU_ASSERT_EQUAL_FATAL(c->rig.ops->put(c->rig.prog, what, replica, param, src, bytes, &err), LTC_OK);
}

static void get(cohort *c, uint32_t what, uint32_t replica, uint32_t param, void *dst)
{
    ltc_error err = { { 0 }, { 0 } };
    const size_t bytes = size_of(c, what, param);
    CU_ASSERT_EQUAL_FATAL(c->rig.ops->get(c->rig.prog, what, replica, param, dst, bytes, &err), LTC_OK);
}

static void start(cohort *c)
{
    ltc_error err = { { 0 }, { 0 } };
    for (uint32_t r = 0; r < c->n; r++) {
        float **value = lt_values_new(c->graph, c->first + r);
        for (uint32_t p = 0; p < c->graph->n_params; p++)
            put(c, LTC_STATE_VALUE, r, p, value[p]);
        lt_values_free(c->graph, value);
    }
    CU_ASSERT_EQUAL_FATAL(c->rig.ops->ready(c->rig.prog, &err), LTC_OK);
}

static void train(cohort *c)
{
    static const float lr[STEPS] = { 0.01f, 0.01f, 0.01f };
    static uint32_t sample[MANY][STEPS * BATCH], correct[MANY * STEPS];
    static float loss[MANY * STEPS];
    static uint64_t begin[MANY], bad[MANY];
    static ltc_key key[MANY];
    ltc_error err = { { 0 }, { 0 } };
    for (uint32_t r = 0; r < c->n; r++) {
        const uint32_t number = c->first + r;
        key[r] = (ltc_key){ number, 3 };
        for (uint32_t i = 0; i < STEPS * BATCH; i++)
            sample[r][i] = (i * 5 + 7 * number) % ROWS;
    }
    const ltc_train_req q = { .size = sizeof q, .n_steps = STEPS, .first_step = begin, .sample = sample[0],
                              .sample_stride = STEPS * BATCH, .lr = lr, .key_augment = key,
                              .key_dropout = key };
    ltc_train_out out = { .size = sizeof out, .loss = loss, .correct = correct, .bad_step = bad };
    CU_ASSERT_EQUAL_FATAL(c->rig.ops->train(c->rig.prog, &q, &out, &err), LTC_OK);
}

/* Of all parameters of one replica: values, then both slots. To be freed. */
static float *state_of(cohort *c, uint32_t replica, size_t *n)
{
    static const uint32_t each[] = { LTC_STATE_VALUE, LTC_STATE_SLOT_1, LTC_STATE_SLOT_2 };
    *n = 0;
    for (uint32_t p = 0; p < c->graph->n_params; p++)
        *n += 3 * ltc_graph_param(c->graph, p)->n;
    float *state = calloc(*n, sizeof *state), *at = state;
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    for (size_t i = 0; i < 3; i++)
        for (uint32_t p = 0; p < c->graph->n_params; at += ltc_graph_param(c->graph, p++)->n)
            get(c, each[i], replica, p, at);
    return state;
}

static float *train_one(const char *name, const ltc_backend_ops *ops, uint32_t number, size_t *n)
{
    cohort c;
    open_cohort(&c, name, ops, number, 1);
    start(&c);
    train(&c);
    float *state = state_of(&c, 0, n);
    close_cohort(&c);
    return state;
}

/* What is not a number is near nothing. */
static bool is_near(const float *a, const float *b, size_t n)
{
    bool near = true;
    for (size_t i = 0; i < n; i++)
        near = near && fabsf(a[i] - b[i]) < 2e-4f;
    return near;
}

/* Every replica of a cohort of n. */
static void compare(const ltc_backend_ops *ops, uint32_t n)
{
    cohort c;
    size_t count;
    open_cohort(&c, NULL, ops, 20, n);
    start(&c);
    train(&c);
    for (uint32_t r = 0; r < n; r++) {
        float *together = state_of(&c, r, &count), *alone = train_one(NULL, ops, 20 + r, &count),
              *ref = train_one("ref", NULL, 20 + r, &count);
        CU_ASSERT_EQUAL(memcmp(together, alone, count * sizeof *alone), 0);
        CU_ASSERT(is_near(together, ref, count));
        free(together), free(alone), free(ref);
    }
    close_cohort(&c);
}

static void compare_sizes(ltc_backend_ops (*backend)(void))
{
    static const uint32_t sizes[] = { 1, 2, MANY };
    for (size_t i = 0; i < 3; i++) {
        const ltc_backend_ops ops = backend();
        compare(&ops, sizes[i]);
    }
}

static ltc_backend_ops own(void)
{
    return lt_emulated(0);
}

static void replicas_do_not_see_each_other(void)
{
    compare_sizes(own);
}

/* Whose emulation refuses a tensor that does not begin where a device's memory does. */
static void by_cudnn_they_do_not_either(void)
{
    compare_sizes(lt_emulated_cudnn);
}

/* Bytes that tell what, which replica and which parameter they are. */
static void fill(const cohort *c, uint32_t what, uint32_t replica, uint32_t param, uint8_t *to)
{
    const ltc_key key = { 100 * replica + param, what };
    float *f = (float *)(void *)to;
    for (size_t i = 0; i < ltc_graph_param(c->graph, param)->n; i++)
        if (what == LTC_STATE_MASK)
            to[i] = (uint8_t)(ltc_rand_u32(key, i) % 3);
        else
            f[i] = ltc_rand_unit(key, i);
}

static void what_was_put_is_got(void)
{
    static const uint32_t each[] = { LTC_STATE_VALUE, LTC_STATE_MASK, LTC_STATE_SLOT_1, LTC_STATE_SLOT_2 };
    const ltc_backend_ops ops = lt_emulated(0);
    static float in[7 * 5 * 25], out[7 * 5 * 25];
    cohort c;
    open_cohort(&c, NULL, &ops, 0, 3);
    for (uint32_t turn = 0; turn < 2; turn++)
        for (uint32_t r = 0; r < 3; r++)
            for (uint32_t p = 0; p < c.graph->n_params; p++)
                for (size_t i = 0; i < (ltc_graph_param(c.graph, p)->trained ? 4 : 1); i++) {
                    fill(&c, each[i], r, p, (uint8_t *)in);
                    if (turn == 0)
                        put(&c, each[i], r, p, in);
                    else
                        get(&c, each[i], r, p, out);
                    CU_ASSERT(turn == 0 || !memcmp(in, out, size_of(&c, each[i], p)));
                }
    close_cohort(&c);
}

static void a_nan_is_near_nothing(void)
{
    const float one[3] = { 1, NAN, 1 }, other[3] = { 1, 1, 1 };
    CU_ASSERT(is_near(other, other, 3));
    CU_ASSERT(!is_near(one, other, 3));
    CU_ASSERT(!is_near(other, one, 3));
    CU_ASSERT(!is_near(one, one, 3));
}

/* As many as the plan's bytes have room for on the device of 64 MiB, to the last one. */
static void a_plan_counts_every_byte(void)
{
    const ltc_backend_ops ops = lt_emulated(SMALL);
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan plan = { .size = sizeof plan };
    cohort c;
    open_cohort(&c, NULL, &ops, 0, 1);
    lt_rig_release(&c.rig);
    const ltc_compile_req r = { .size = sizeof r, .batch = LARGE, .n_replicas = 1, .graph = c.graph,
                                .loss = LTC_LOSS_CROSS_ENTROPY, .optimizer = &lt_emulated_adam,
                                .input = lt_byte_input() };
    CU_ASSERT_EQUAL_FATAL(ops.plan(c.rig.dev, &r, &plan, &err), LTC_OK);
    const uint64_t data = ROWS * (3 * 9 * 9 + sizeof(int32_t)), room = (1ull << 26) - data - plan.bytes_fixed;
    const uint32_t most = (uint32_t)(room / plan.bytes_per_replica);
    CU_ASSERT_FATAL(most > 3 && most < 512);
    CU_ASSERT_EQUAL(compile(&c, most + 1, LARGE, &err), LTC_ENOMEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "do not fit into the device"));
    CU_ASSERT_EQUAL(compile(&c, most, LARGE, &err), LTC_OK);
    close_cohort(&c);
}

static const lt_test claim[] = {
    { "replicas of a cohort are what each is alone, and ref's up to rounding",
      replicas_do_not_see_each_other },
    { "by cudnn they are too, and every tensor begins where a device's memory may",
      by_cudnn_they_do_not_either },
    { "what was put into a replica is got from it", what_was_put_is_got },
    { "what is not a number is near nothing", a_nan_is_near_nothing },
    { "a plan counts every byte, and one replica more is refused", a_plan_counts_every_byte },
};

int main(void)
{
    return lt_suite_run("emulated cohorts", claim, sizeof claim / sizeof *claim);
}
