/* One training on several threads: the adapter divides each operation, and the bits are one thread's. */
#include "suite.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend_rig.h"
#include "make_graph.h"
#include "plugin/host.h"

static const char *const backends[] = {
    "ref",
#ifdef HAVE_CPU_BLAS
    "cpu-blas",
#endif
};
enum { BACKENDS = sizeof backends / sizeof *backends, BATCH = 30, ROWS = 100 };

/* A host that counts how its loops are divided, before it hands them on. */
typedef struct counted {
    ltc_host host;
    const ltc_host *to;
    atomic_uint loops, chunks;
} counted;

static ltc_status count(const ltc_host *h, size_t n, size_t grain,
                        ltc_status (*fn)(void *arg, size_t begin, size_t end), void *arg)
{
    counted *c = h->impl;
    c->loops++;
    c->chunks += (unsigned)((n + grain - 1) / grain);
    return c->to->parallel(c->to, n, grain, fn, arg);
}

/* Everything that is divided, large enough to be: samples, channels of norms, a small and a large weight's
 * gradient, groups, strides, overlapping pools, a shared summand, blocks of parameters. */
static ltc_val build(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "c1", (ltc_conv2d_args){ .out = 16, .pad = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "b1", (ltc_batch_norm_args){ 0 }));
    ltc_val y = ltc_conv2d(b, x, "c2", (ltc_conv2d_args){ .out = 16, .pad = 1, .groups = 2 });
    y = ltc_batch_norm(b, y, "b2", (ltc_batch_norm_args){ 0 });
    x = ltc_relu(b, ltc_add(b, y, x));
    const int64_t dim[3] = { 16, 24, 20 };
    x = ltc_add(b, x, b->param(b, "shared", LTC_ROLE_BIAS, 3, dim, NULL));
    x = ltc_dropout(b, x, 0.3);
    x = ltc_max_pool(b, x, (ltc_pool_args){ .size = 3, .stride = 2, .pad = 1 });
    x = ltc_conv2d(b, x, "c3", (ltc_conv2d_args){ .out = 24, .kernel = 1, .stride = 2, .no_bias = 1 });
    const ltc_val both[2] = { x, ltc_relu(b, x) };
    x = ltc_concat(b, both, 2);
    x = ltc_avg_pool(b, x, (ltc_pool_args){ .size = 2 });
    x = ltc_conv2d(b, x, "c4", (ltc_conv2d_args){ .out = 320, .pad = 1 });
    x = ltc_relu(b, ltc_flatten(b, x));
    x = ltc_relu(b, ltc_linear(b, x, "f1", (ltc_linear_args){ .out = 300 }));
    return ltc_linear(b, x, "f2", (ltc_linear_args){ .out = b->n_classes });
}

static const ltc_optimizer adam = {
    .size = sizeof adam, .kind = LTC_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01,
    .decay_roles = ~0u,
};

typedef struct trained { void *state; size_t bytes; double loss; unsigned loops, chunks; } trained;

/* The state after some augmented steps, and the loss on rows that are no multiple of a block. */
static trained train(const char *backend, unsigned threads)
{
    ltc_error err;
    lt_rig rig;
    lt_services services = { .log = NULL };
    ltc_host *host = NULL;
    lt_maker *m = lt_maker_new(3, 24, 20, 7);
    const ltc_graph *g = lt_maker_graph(m, build(lt_maker_builder(m)));
    lt_split *split = lt_split_new(3, 24, 20, ROWS, 7, 5);
    float **value = lt_values_new(g, 2);
    CU_ASSERT_EQUAL_FATAL(lt_team_create(threads, &services.team, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(
        lt_host_create(&services, backend, LTC_BACKEND_ABI, sizeof *host, NULL, &host, &err), LTC_OK);
    counted c = { .host = *host, .to = host };
    c.host.impl = &c, c.host.parallel = count, c.host.log = NULL;
    lt_rig_open_with(&rig, backend, NULL, split, &c.host);
    lt_rig_compile(&rig, g, &adam, BATCH, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
    lt_rig_start(&rig, value);
    lt_rig_train(&rig, 0, 2, 0.001f, NULL, NULL);
    trained t = { .bytes = lt_rig_state_bytes(&rig), .loss = lt_rig_eval(&rig, 7, 50, NULL) };
    t.state = malloc(t.bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.state);
    lt_rig_state(&rig, t.state);
    t.loops = c.loops, t.chunks = c.chunks;
    lt_rig_close(&rig);
    lt_host_destroy(host);
    lt_team_destroy(services.team);
    lt_values_free(g, value);
    lt_split_free(split);
    lt_maker_free(m);
    return t;
}

static void bytes_do_not_depend_on_threads(void)
{
    static const unsigned threads[] = { 2, 3, 7 };
    for (size_t b = 0; b < BACKENDS; b++) {
        trained one = train(backends[b], 1);
        for (int i = 0; i < 3; i++) {
            trained many = train(backends[b], threads[i]);
            CU_ASSERT_EQUAL(memcmp(one.state, many.state, one.bytes), 0);
            CU_ASSERT_EQUAL(one.loss, many.loss);
            CU_ASSERT_EQUAL(one.loops, many.loops);
            CU_ASSERT_EQUAL(one.chunks, many.chunks);
            free(many.state);
        }
        CU_ASSERT(one.loops >= 50);
        CU_ASSERT(one.chunks >= 4 * one.loops);
        free(one.state);
    }
}

/* A training of a millisecond a step is not worth waking anybody for. */
static void little_work_stays_whole(void)
{
    for (size_t b = 0; b < BACKENDS; b++) {
        ltc_error err;
        lt_rig rig;
        const lt_services none = { .log = NULL };
        ltc_host *host = NULL;
        lt_maker *m = lt_maker_new(3, 12, 12, 7);
        const ltc_graph *g = lt_maker_graph(m, lt_build_small(lt_maker_builder(m), 0.3));
        lt_split *split = lt_split_new(3, 12, 12, ROWS, 7, 5);
        float **value = lt_values_new(g, 2);
        CU_ASSERT_EQUAL_FATAL(
            lt_host_create(&none, backends[b], LTC_BACKEND_ABI, sizeof *host, NULL, &host, &err), LTC_OK);
        counted c = { .host = *host, .to = host };
        c.host.impl = &c, c.host.parallel = count, c.host.log = NULL;
        lt_rig_open_with(&rig, backends[b], NULL, split, &c.host);
        lt_rig_compile(&rig, g, &adam, 8, 0);
        lt_rig_start(&rig, value);
        lt_rig_train(&rig, 0, 2, 0.001f, NULL, NULL);
        CU_ASSERT_EQUAL(c.loops, 0);
        lt_rig_close(&rig);
        lt_host_destroy(host);
        lt_values_free(g, value);
        lt_split_free(split);
        lt_maker_free(m);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "the same bytes on 1, 2, 3 and 7 threads", bytes_do_not_depend_on_threads },
        { "little work is not divided", little_work_stays_whole },
    };
    return lt_suite_run("sdk threads", claims, sizeof claims / sizeof *claims);
}
