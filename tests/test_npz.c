/* Claims about the reader of NumPy's archives: what NumPy wrote (golden/make_npz.py) is read, by any number
 * of threads. What it refuses is test_npz_damage's. */
#include "suite.h"

#include <math.h>
#include <pthread.h>

#include "npz_rig.h"

/* The golden archives, and what they hold. channels: the last dimension where there are 4, else 1. */
static const struct golden_case {
    const char *name;
    uint32_t    type, rank;
    int64_t     dim[3], channels;
    settings    settings;
    uint32_t    n_splits;
} golden_cases[] = {
    { "keras.npz", LTC_U8, 3, { 1, 3, 2 }, 1, { .layout = LAST }, 2 },
    { "deflated.npz", LTC_F32, 3, { 4, 3, 2 }, 4, { .layout = LAST }, 2 },
    { "deflated.npz", LTC_F32, 3, { 4, 3, 2 }, 4, { { "x_val=x_val", "y_val=y_val" }, LAST, 0 }, 3 },
    { "deflated.npz", LTC_F32, 3, { 3, 2, 4 }, 1, { .layout = FIRST }, 2 },      /* taken as N, C, H, W */
    { "first.npz", LTC_F32, 3, { 4, 3, 2 }, 4, { .layout = FIRST }, 2 },
    { "half.npz", LTC_F32, 1, { 6 }, 1, { .layout = LAST }, 2 },
    { "half-big.npz", LTC_F32, 1, { 6 }, 1, { .layout = LAST }, 2 },
    { "single-big.npz", LTC_F32, 1, { 6 }, 1, { .layout = FIRST }, 2 },
    { "double-big.npz", LTC_F32, 1, { 6 }, 1, { .layout = LAST, .classes = 7 }, 2 },
    { "version-2.npz", LTC_U8, 3, { 1, 3, 2 }, 1, { .layout = LAST }, 2 },
    { "version-3.npz", LTC_U8, 3, { 1, 3, 2 }, 1, { .layout = LAST }, 2 },
    { "zip64.npz", LTC_U8, 3, { 1, 3, 2 }, 1, { .layout = LAST }, 2 },
};

/* Element number i of a sample that has `inner` of them in `channels` channels, where the file has it. */
static uint64_t place_in_file(uint64_t i, uint64_t inner, uint64_t channels)
{
    const uint64_t pixels = inner / channels;
    return i % pixels * channels + i / pixels;
}

static void check_values(const struct golden_case *g, const opened *o, uint32_t s)
{
    const uint64_t n = o->info.split[s].count, width = g->type == LTC_F32 ? sizeof(float) : 1;
    const uint64_t inner = bytes_of_sample(&o->info) / width;
    void *x;
    int32_t *label, wrong = 0;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(read_split(o, s, &x, &label, &err), LTC_OK);
    for (uint64_t i = 0; i < n * inner; i++) {
        const uint64_t at = i / inner * inner + place_in_file(i % inner, inner, (uint64_t)g->channels);
        const int value = (int)(at * 37 % 101);
        wrong += g->type == LTC_U8 ? ((uint8_t *)x)[i] != value : ((float *)x)[i] != (float)(value - 50) / 8;
    }
    for (uint64_t i = 0; i < n; i++)
        wrong += label[i] != (int32_t)(i % 3);
    CU_ASSERT_EQUAL(wrong, 0);
    free(x);
    free(label);
}

static void what_numpy_wrote_is_read(void)
{
    for (const struct golden_case *g = golden_cases;
         g < golden_cases + sizeof golden_cases / sizeof golden_cases[0]; g++) {
        opened o;
        ltc_error err;
        const ltc_status st = open_npz(&g->settings, golden(g->name), &o, &err);
        if (st)
            fprintf(stderr, "%s\n", err.message);
        CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
        CU_ASSERT(o.info.sample_type == g->type && o.info.rank == g->rank && o.info.n_splits == g->n_splits);
        CU_ASSERT(!memcmp(o.info.dim, g->dim, g->rank * sizeof g->dim[0]));
        CU_ASSERT_EQUAL(o.info.n_classes, g->settings.classes ? g->settings.classes : 3);
        CU_ASSERT(o.info.split[0].count == 7 && o.info.split[g->n_splits - 1].count == 4);
        CU_ASSERT_STRING_EQUAL(o.info.split[0].name, "train");
        CU_ASSERT_STRING_EQUAL(o.info.split[1].name, g->n_splits == 3 ? "validation" : "test");
        CU_ASSERT(!o.info.class_name && !o.info.mean && !o.info.std);
        for (uint32_t s = 0; s < g->n_splits; s++)
            check_values(g, &o, s);
        close_module(&o);
    }
}

/* Printed by golden/make_npz.py. */
static void every_width_is_rounded_as_numpy_does(void)
{
    static const struct { const char *name; float v[8]; } edges[] = {
        { "half-edges.npz",
          { 0, -0.0f, 0x1p-24f, -0x1.ff8p-15f, 0x1p-14f, 0x1.554p-2f, -0x1.ffcp+15f, -INFINITY } },
        { "double-edges.npz",
          { 0x1.555556p-2f, 0x1.99999ap-4f, -0.0f, 1, 0x1.000004p+0f, INFINITY, 0x1p-149f, 0 } },
    };
    for (size_t i = 0; i < 2; i++) {
        opened o;
        ltc_error err;
        float x[8];
        int32_t label;
        CU_ASSERT_EQUAL_FATAL(open_npz(&usual, golden(edges[i].name), &o, &err), LTC_OK);
        CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 0, 1, x, &label, &err), LTC_OK);
        CU_ASSERT(!memcmp(x, edges[i].v, sizeof x));
        CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 1, 1, x, &label, &err), LTC_OK);
        for (int j = 0; j < 8; j++)           /* the second sample is the first, backwards */
            CU_ASSERT(!memcmp(&x[j], &edges[i].v[7 - j], sizeof x[j]));
        close_module(&o);
    }
}

static void random_access_is_sequential_access(void)
{
    opened o;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(open_npz(&usual, golden("deflated.npz"), &o, &err), LTC_OK);
    check_random_access(&o, 1);
    check_random_access(&o, 0);
    close_module(&o);
}

/* All splits in samples of golden "deflated.npz", in any order, each for the first time in some thread. */
typedef struct reading { const opened *o; const float *whole[2]; uint64_t id; int wrong; } reading;
enum { SAMPLE = 4 * 3 * 2 };

static void *read_often(void *arg)
{
    reading *r = arg;
    const ltc_key key = { 11, r->id };
    for (uint64_t i = 0; i < 500; i++) {
        const uint32_t split = ltc_rand_below(key, 2 * i, 2), n = split ? 4 : 7;
        const uint32_t first = ltc_rand_below(key, 2 * i + 1, n);
        float x[SAMPLE];
        int32_t label;
        ltc_error err;
        if (r->o->m->ops.dataset.read(r->o->self, split, first, 1, x, &label, &err))
            r->wrong++;
        else
            r->wrong += memcmp(x, r->whole[split] + first * SAMPLE, sizeof x) || (uint32_t)label != first % 3;
    }
    return NULL;
}

static void threads_read_at_once(void)
{
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    reading r[THREADS];
    opened first, o;
    ltc_error err;
    void *whole[2];
    int32_t *label[2];
    CU_ASSERT_EQUAL_FATAL(open_npz(&usual, golden("deflated.npz"), &first, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(open_npz(&usual, golden("deflated.npz"), &o, &err), LTC_OK);
    for (uint32_t s = 0; s < 2; s++)
        CU_ASSERT_EQUAL_FATAL(read_split(&first, s, &whole[s], &label[s], &err), LTC_OK);
    for (uint64_t i = 0; i < THREADS; i++) {
        r[i] = (reading){ &o, { whole[0], whole[1] }, i, 0 };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, read_often, &r[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(r[i].wrong, 0);
    }
    for (int s = 0; s < 2; s++)
        free(whole[s]), free(label[s]);
    close_module(&first);
    close_module(&o);
}

static bool now(void *arg)
{
    return *(const bool *)arg;
}

/* And a reading that was stopped can be begun again. */
static void reading_stops_when_asked(void)
{
    bool stop = false;
    const lt_services services = { .cancelled = now, .arg = &stop };
    char copy[4][64];
    opened o;
    ltc_error err;
    void *options = make_options(&usual, golden("keras.npz"), copy), *x;
    int32_t *label;
    const lt_module *m = built_module(&registry, "npz");
    CU_ASSERT_EQUAL_FATAL(open_module_for(&services, m, options, &o, &err), LTC_OK);
    stop = true;
    CU_ASSERT_EQUAL(read_split(&o, 0, &x, &label, &err), LTC_ECANCELLED);
    free(x), free(label);
    stop = false;
    CU_ASSERT_EQUAL(read_split(&o, 0, &x, &label, &err), LTC_OK);
    free(x), free(label);
    close_module(&o);
    free(options);
}

int main(void)
{
    static const lt_test claims[] = {
        { "what NumPy wrote is read", what_numpy_wrote_is_read },
        { "every width is rounded as NumPy does", every_width_is_rounded_as_numpy_does },
        { "random access is sequential access", random_access_is_sequential_access },
        { "threads read at once", threads_read_at_once },
        { "reading stops when asked", reading_stops_when_asked },
    };
    const int code = lt_suite_run("npz", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(registry);
    return code;
}
