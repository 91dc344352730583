/* The adapter over tables of its own making: one whose memory the host cannot touch, with a gemm, some
 * kernels and an update. What it must refuse, and how it recovers. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include <ltcore/optable.h>

#include "stage.h"

enum { SECRET = 1 << 20 };

/* "Device" addresses are the host's plus SECRET, so that a touch without the table's help
 * is a fault or nonsense. */
static char *hidden(const void *p) { return (char *)(uintptr_t)p - SECRET; }

static bool knows_relu = true, fails = false;             /* what the table is to be like in this test */

static void *device_alloc(void *dev, size_t bytes)
{
    (void)dev;
    char *p = calloc(1, bytes);
    return p ? p + SECRET : NULL;
}

static void device_dealloc(void *dev, void *p)
{
    (void)dev;
    free(hidden(p));
}

static ltc_status device_copy(void *dev, void *dst, const void *src, size_t bytes, uint32_t direction)
{
    (void)dev;
    memcpy(direction == LTC_COPY_TO_HOST ? dst : hidden(dst),
           direction == LTC_COPY_TO_DEVICE ? src : hidden(src), bytes);
    return LTC_OK;
}

static ltc_status device_gemm(void *dev, const ltc_gemm *g)
{
    (void)dev;
    const float *a = (const float *)(const void *)hidden(g->a),
                *b = (const float *)(const void *)hidden(g->b);
    float *c = (float *)(void *)hidden(g->c);
    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++) {
            double sum = 0;
            for (int64_t k = 0; k < g->k; k++)
                sum += (double)(g->trans_a ? a[k * g->lda + i] : a[i * g->lda + k]) *
                       (double)(g->trans_b ? b[j * g->ldb + k] : b[k * g->ldb + j]);
            float *to = &c[i * g->ldc + j];
            *to = (float)((double)g->alpha * sum) + (g->beta != 0 ? g->beta * *to : 0);
        }
    return LTC_OK;
}

/* RELU alone. */
static ltc_status device_forward(void *dev, const ltc_node *node, const ltc_io *io)
{
    (void)dev;
    if (node->op != LTC_OP_RELU || !knows_relu)
        return LTC_EUNSUPPORTED;
    const size_t n = io->rows * ltc_value_count(io->out_shape);
    if (n && fails)
        return LTC_EDEVICE;
    for (size_t i = 0; i < n; i++) {
        const float x = ((const float *)(const void *)hidden(io->in[0]))[i];
        ((float *)(void *)hidden(io->out))[i] = x > 0 ? x : 0;
    }
    return LTC_OK;
}

static ltc_status device_backward(void *dev, const ltc_node *node, const ltc_io *io)
{
    (void)dev;
    if (node->op != LTC_OP_RELU || !knows_relu)
        return LTC_EUNSUPPORTED;
    for (size_t i = 0; i < io->rows * ltc_value_count(io->out_shape); i++)
        if (((const float *)(const void *)hidden(io->in[0]))[i] > 0)
            ((float *)(void *)hidden(io->in_grad[0]))[i] +=
                ((const float *)(const void *)hidden(io->out_grad))[i];
    return LTC_OK;
}

/* Plain descent with momentum. */
static ltc_status device_update(void *dev, const ltc_optimizer *o, const ltc_update *u)
{
    (void)dev;
    if (o->kind != LTC_SGD)
        return LTC_EUNSUPPORTED;
    for (size_t i = 0; i < u->n; i++) {
        float *v = (float *)(void *)hidden(u->slot1) + i, *w = (float *)(void *)hidden(u->w) + i;
        const bool alive = !u->mask || ((const uint8_t *)hidden(u->mask))[i] == LTC_ALIVE;
        *v = alive ? (float)o->momentum * *v + ((const float *)(const void *)hidden(u->grad))[i] : 0;
        *w -= (float)u->lr * *v;
    }
    return LTC_OK;
}

const ltc_optable ltc_optable_table = {
    .alloc = device_alloc, .dealloc = device_dealloc, .copy = device_copy, .gemm = device_gemm,
    .forward = device_forward, .backward = device_backward, .update = device_update,
};

static const ltc_optimizer adam = {
    .size = sizeof adam, .kind = LTC_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8
};

/* A multilayer perceptron, which this table can do. */
static ltc_val build_mlp(ltc_builder *b)
{
    ltc_val x = ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 7 });
    x = ltc_relu(b, x);
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 5, .no_bias = 1 }));
    return ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
}

static void foreign_memory_serves(void)
{
    size_t n;
    double ours, theirs;
    float *x = lt_stage_trained(NULL, &ltc_optable_ops, build_mlp, &n, &ours),
          *y = lt_stage_trained("ref", NULL, build_mlp, &n, &theirs);
    CU_ASSERT(lt_distance(x, y, n) < 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(ours, theirs, 1e-4);
    free(x), free(y);
}

static ltc_val build_norm(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 3 });
    x = ltc_batch_norm(b, ltc_relu(b, x), "bn", (ltc_batch_norm_args){ 0 });
    return ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
}

static ltc_compile_req request(const ltc_graph *g, const ltc_optimizer *o)
{
    return (ltc_compile_req){ .size = sizeof(ltc_compile_req),
                              .batch = 16,
                              .n_replicas = 1,
                              .graph = g,
                              .optimizer = o,
                              .loss = LTC_LOSS_CROSS_ENTROPY,
                              .input = lt_byte_input() };
}

static void refused(lt_stage *s, const ltc_compile_req *r, const char *says)
{
    ltc_error err = { { 0 }, { 0 } };
    void *prog = NULL;
    CU_ASSERT_EQUAL(s->rig.ops->compile(s->rig.dev, r, &prog, &err), LTC_EUNSUPPORTED);
    if (!strstr(err.message, says))
        fprintf(stderr, "'%s' does not say '%s'\n", err.message, says);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, says));
}

static void missing_operations_are_named(void)
{
    lt_stage s;
    lt_stage_open(&s, NULL, &ltc_optable_ops, build_norm);
    ltc_compile_req r = request(s.graph, &adam);
    refused(&s, &r, "needs: CONV2D BATCH_NORM update");
    knows_relu = false;
    r.optimizer = &lt_momentum;
    refused(&s, &r, "needs: RELU CONV2D BATCH_NORM");
    knows_relu = true;
    lt_stage_close(&s);
}

static void what_it_lacks_is_refused(void)
{
    lt_stage s;
    lt_stage_open(&s, NULL, &ltc_optable_ops, build_mlp);
    const ltc_optimizer odd = { .size = sizeof odd, .kind = 77 };
    ltc_compile_req r[6];
    static const char *const says[6] = { "one replica per program, not 5",
                                         "cannot train cohorts",
                                         "capabilities 0x100",
                                         "loss number 9",
                                         "augmentation 0x40",
                                         "optimizer number 77" };
    for (int i = 0; i < 6; i++)
        r[i] = request(s.graph, &lt_momentum);
    r[0].n_replicas = 5, r[1].require = LTC_CAP_COHORT, r[2].require = 0x100, r[3].loss = 9,
    r[4].augment = 0x40;
    r[5].optimizer = &odd;
    for (int i = 0; i < 6; i++)
        refused(&s, &r[i], says[i]);
    const uint32_t one = 1;
    const int64_t dim = 3;
    lt_maker_node(s.maker, 99, &one, 1, &dim, 1);
    r[0] = request(s.graph, &lt_momentum);
    refused(&s, &r[0], "operation number 99");
    lt_stage_close(&s);
}

static void plan_counts_bytes(void)
{
    lt_stage s;
    ltc_error err = { { 0 }, { 0 } };
    ltc_plan small = { .size = sizeof small }, large = small;
    lt_stage_open(&s, NULL, &ltc_optable_ops, build_mlp);
    ltc_compile_req r = request(s.graph, &lt_momentum);
    CU_ASSERT_EQUAL(s.rig.ops->plan(s.rig.dev, &r, &small, &err), LTC_OK);
    CU_ASSERT_EQUAL(small.caps, LTC_CAP_REPEATABLE | LTC_CAP_REPLICA_FREE | LTC_CAP_SPAN_FREE);
    CU_ASSERT_EQUAL(small.max_replicas, 1);
    r.batch = 1000;
    CU_ASSERT_EQUAL(s.rig.ops->plan(s.rig.dev, &r, &large, &err), LTC_OK);
    CU_ASSERT(large.bytes_per_replica > small.bytes_per_replica + 936 * 140 * sizeof(float));
    lt_stage_close(&s);
}

static void wrong_state_is_refused(void)
{
    lt_stage s;
    static const uint8_t mask[245] = { [9] = 3 };
    static const float x[245] = { [3] = 1 };
    const struct { uint32_t what, replica, param; const void *src; size_t bytes; const char *says; } bad[] = {
        { LTC_STATE_VALUE, 0, 0, x, 3, "not 3" },
        { LTC_STATE_VALUE, 0, 99, x, 12, "parameter 99" },
        { LTC_STATE_VALUE, 2, 0, x, 12, "replica 2" },
        { 17, 0, 0, x, 12, "state number 17" },
        { LTC_STATE_CLOCK, 0, 1, x, 8, "belongs to parameter 0" },
        { LTC_STATE_MASK, 0, 1, mask + 8, 7, "0, 1 or 2" },
        { LTC_STATE_SLOT_2, 0, 1, x, 28, "no second slot" },
    };
    lt_stage_open(&s, NULL, &ltc_optable_ops, build_mlp);
    lt_rig_compile(&s.rig, s.graph, &lt_momentum, 16, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ltc_error err = { { 0 }, { 0 } };
        CU_ASSERT_EQUAL(s.rig.ops->put(s.rig.prog, bad[i].what, bad[i].replica, bad[i].param, bad[i].src,
                                       bad[i].bytes, &err),
                        LTC_EINVAL);
        if (!strstr(err.message, bad[i].says))
            fprintf(stderr, "'%s' does not say '%s'\n", err.message, bad[i].says);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
    }
    lt_stage_close(&s);
}

static void statistics_take_no_mask(void)
{
    lt_stage s;
    ltc_error err = { { 0 }, { 0 } };
    const uint8_t alive[3] = { 1, 1, 1 }, dead[3] = { 1, 0, 1 };
    lt_stage_open(&s, "ref", NULL, build_norm);
    lt_rig_compile(&s.rig, s.graph, &lt_momentum, 16, 0);
    CU_ASSERT_EQUAL(s.rig.ops->put(s.rig.prog, LTC_STATE_MASK, 0, 4, alive, 3, &err), LTC_OK);
    CU_ASSERT_EQUAL(s.rig.ops->put(s.rig.prog, LTC_STATE_MASK, 0, 4, dead, 3, &err), LTC_EINVAL);
    lt_stage_close(&s);
}

static ltc_status train_rows(lt_stage *s, uint32_t row, ltc_error *err)
{
    uint32_t sample[16] = { row }, correct = 0;
    float loss = 0, lr = 0.01f;
    uint64_t first = 0, bad = 0;
    const ltc_train_req r = {
        .size = sizeof r, .n_steps = 1, .first_step = &first, .sample = sample, .lr = &lr
    };
    ltc_train_out out = { .size = sizeof out, .loss = &loss, .correct = &correct, .bad_step = &bad };
    return s->rig.ops->train(s->rig.prog, &r, &out, err);
}

static void work_before_ready_is_refused(void)
{
    lt_stage s;
    ltc_error err = { { 0 }, { 0 } };
    lt_stage_open(&s, NULL, &ltc_optable_ops, build_mlp);
    lt_rig_compile(&s.rig, s.graph, &lt_momentum, 16, 0);
    CU_ASSERT_EQUAL(s.rig.ops->ready(s.rig.prog, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "'fc1.weight'"));
    CU_ASSERT_EQUAL(train_rows(&s, 0, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "not ready"));
    lt_rig_start(&s.rig, s.value);
    CU_ASSERT_EQUAL(train_rows(&s, LT_STAGE_ROWS, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "row 100 of a split of 100"));
    CU_ASSERT_EQUAL(train_rows(&s, LT_STAGE_ROWS - 1, &err), LTC_OK);
    lt_rig_put(&s.rig, LTC_STATE_VALUE, 1, s.value[1]);
    CU_ASSERT_EQUAL(train_rows(&s, 0, &err), LTC_EINVAL);
    lt_stage_close(&s);
}

static void a_failed_span_recovers(void)
{
    lt_stage s;
    size_t n;
    ltc_error err = { { 0 }, { 0 } };
    lt_stage_open(&s, NULL, &ltc_optable_ops, build_mlp);
    lt_rig_compile(&s.rig, s.graph, &lt_momentum, 16, 0);
    lt_rig_start(&s.rig, s.value);
    const size_t bytes = lt_rig_state_bytes(&s.rig);
    void *start = malloc(bytes);
    lt_rig_state(&s.rig, start);
    CU_ASSERT_EQUAL(train_rows(&s, 3, &err), LTC_OK);
    float *want = lt_stage_values(&s, &n);
    fails = true;
    CU_ASSERT_EQUAL(train_rows(&s, 3, &err), LTC_EDEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "RELU"));
    fails = false;
    CU_ASSERT_EQUAL(train_rows(&s, 3, &err), LTC_EINVAL);         /* not before a full put and a ready */
    lt_rig_state_put(&s.rig, start);
    CU_ASSERT_EQUAL(train_rows(&s, 3, &err), LTC_OK);
    float *got = lt_stage_values(&s, &n);
    CU_ASSERT_EQUAL(memcmp(want, got, n * sizeof *got), 0);
    free(start), free(want), free(got);
    lt_stage_close(&s);
}

static void wrong_data_is_refused(void)
{
    lt_stage s;
    ltc_error err = { { 0 }, { 0 } };
    void *data = NULL;
    lt_stage_open(&s, NULL, &ltc_optable_ops, build_mlp);
    lt_rig_compile(&s.rig, s.graph, &lt_momentum, 16, 0);
    s.split->label[42] = 4;
    CU_ASSERT_EQUAL(s.rig.ops->bind(s.rig.prog, 1, s.rig.data, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "row 42 has label 4"));
    s.split->label[42] = 3;
    lt_split *other = lt_split_new(4, 7, 5, 10, 4, 1);
    CU_ASSERT_EQUAL(s.rig.ops->data_open(s.rig.dev, &other->desc, &data, &err), LTC_OK);
    CU_ASSERT_EQUAL(s.rig.ops->bind(s.rig.prog, 1, data, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "4 x 7 x 5"));
    s.rig.ops->data_close(data);
    lt_split_free(other);
    lt_stage_close(&s);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a table with memory of its own trains as the reference does", foreign_memory_serves },
        { "operations that nobody computes are named", missing_operations_are_named },
        { "what the adapter lacks is refused with a sentence", what_it_lacks_is_refused },
        { "a plan counts bytes", plan_counts_bytes },
        { "state of the wrong size, place or kind is refused", wrong_state_is_refused },
        { "running statistics take no mask", statistics_take_no_mask },
        { "work before ready is refused", work_before_ready_is_refused },
        { "a failed span recovers by put and ready", a_failed_span_recovers },
        { "data that does not fit the network is refused", wrong_data_is_refused },
    };
    return lt_suite_run("sdk optable", claims, sizeof claims / sizeof *claims);
}
