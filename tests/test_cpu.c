/* The backend cpu beside `ref`: every form of a linear layer at odd sizes and densities, with each instruction set that
 * the processor has, divided among threads, over a thousand steps. What a backend promises is in test_sdk_*.c. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

enum { BEST, AVX512, AVX2, PORTABLE, ISAS };  /* the option isa */

/* A network of three linear layers, its data and its masks. */
typedef struct subject {
    uint32_t batch;
    double   density, filled;                 /* of the weights; of the input's bytes that are not 0 */
    int64_t  height, width, hidden;
} subject;

static const subject *building;               /* what `build` builds; one at a time */

static ltc_val build(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, b->input), "fc1",
                                       (ltc_linear_args){ .out = building->hidden }));
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = building->hidden / 2 + 1 }));
    return ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
}

static ltc_status backwards(const ltc_host *h, size_t n, size_t grain,
                            ltc_status (*fn)(void *arg, size_t begin, size_t end), void *arg)
{
    (void)h;
    for (size_t chunk = (n + grain - 1) / grain; chunk-- > 0;)
        fn(arg, chunk * grain, (chunk + 1) * grain < n ? (chunk + 1) * grain : n);
    return LTC_OK;
}

/* false: the processor has no such instruction set. */
static bool open_with(lt_stage *s, const subject *q, const char *backend, int64_t isa, bool divided)
{
    ltc_error err = { .message = "" };
    building = q;
    s->maker = lt_maker_new(1, q->height, q->width, 4);
    s->graph = lt_maker_graph(s->maker, build(lt_maker_builder(s->maker)));
    s->split = lt_split_new(1, q->height, q->width, 200, 4, 5);
    s->value = lt_values_new(s->graph, 2);
    for (size_t i = 0; i < 200 * (size_t)(q->height * q->width); i++)
        if ((double)ltc_rand_unit((ltc_key){ 3, 3 }, i) >= q->filled)
            s->split->x[i] = 0;
    lt_rig_open(&s->rig, backend, NULL, s->split);
    if (divided)
        s->rig.host.parallel = backwards;
    if (isa == BEST)
        return true;
    s->rig.ops->data_close(s->rig.data);
    s->rig.ops->close(s->rig.dev);
    s->rig.dev = s->rig.data = NULL;
    return s->rig.ops->open(&s->rig.host, &isa, &s->rig.dev, &err) == LTC_OK &&
           s->rig.ops->data_open(s->rig.dev, &s->split->desc, &s->rig.data, &err) == LTC_OK;
}

/* Some dead, a few frozen; of each weight's first rows one is full and one empty. */
static void put_masks(lt_stage *s, const subject *q)
{
    for (uint32_t p = 0; p < s->graph->n_params && q->density < 1; p++) {
        const ltc_param *of = ltc_graph_param(s->graph, p);
        const ltc_value *shape = ltc_graph_value(s->graph, of->value);
        uint8_t *mask = calloc(of->n, 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mask);
        for (size_t i = 0; i < of->n; i++) {
            const double u = (double)ltc_rand_unit((ltc_key){ 4, p }, i);
            const size_t row = i / (size_t)shape->dim[1];
            mask[i] = u < q->density ? LTC_ALIVE : u < q->density * 1.1 ? LTC_FROZEN : LTC_DEAD;
            if (of->role & LTC_ROLE_WEIGHT && row < 2)
                mask[i] = row ? LTC_ALIVE : LTC_DEAD;
        }
        if (of->role & LTC_ROLE_WEIGHT)
            lt_rig_put(&s->rig, LTC_STATE_MASK, p, mask);
        free(mask);
    }
}

/* All parameters after some steps, and the losses on the way; NULL: no such instruction set. */
static float *trained(const subject *q, const char *backend, int64_t isa, bool divided, const ltc_optimizer *o,
                      uint32_t steps, float *loss, double *eval, size_t *n)
{
    lt_stage s;
    float *x = NULL;
    if (open_with(&s, q, backend, isa, divided)) {
        lt_rig_compile(&s.rig, s.graph, o, q->batch, 0);
        put_masks(&s, q);
        lt_rig_start(&s.rig, s.value);
        CU_ASSERT_EQUAL(lt_rig_train(&s.rig, 0, steps, 1e-3f, loss, NULL), UINT64_MAX);
        *eval = lt_rig_eval(&s.rig, 3, 170, NULL);
        x = lt_stage_values(&s, n);
        lt_stage_close(&s);
    } else {
        lt_values_free(s.graph, s.value);
        lt_split_free(s.split);
        lt_maker_free(s.maker);
    }
    return x;
}

static const subject subjects[] = {
    { 1, 1, 1, 3, 3, 5 },        { 5, 1, 0.2, 7, 9, 37 },     { 16, 0.5, 1, 7, 9, 40 },   { 33, 0.2, 1, 9, 9, 70 },
    { 60, 1, 0.2, 13, 11, 67 },  { 60, 0.8, 0.1, 13, 11, 67 }, { 60, 0.2, 0.2, 20, 20, 90 }, { 64, 0.036, 1, 20, 20, 90 },
    { 100, 0.01, 0.2, 16, 16, 64 }, { 130, 1, 1, 16, 16, 64 }, { 60, 0, 1, 7, 9, 40 },
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static void equals_ref(void)
{
    for (size_t k = 0; k < (size_t)SUBJECTS * LT_OPTIMIZERS; k++) {
        const subject *q = &subjects[k / LT_OPTIMIZERS];
        const ltc_optimizer *o = &lt_optimizers[k % LT_OPTIMIZERS];
        double want, got;
        size_t n;
        float *x = trained(q, "ref", BEST, false, o, 5, NULL, &want, &n);
        for (int64_t isa = AVX512; isa < ISAS; isa++) {
            float *y = trained(q, "cpu", isa, false, o, 5, NULL, &got, &n);
            if (!y)
                continue;
            if (!(lt_distance(y, x, n) < 2e-6 && fabs(got - want) < 1e-5 * fabs(want)))
                fprintf(stderr, "subject %zu, optimizer %zu, isa %d: off by %g, loss %g not %g\n", k / LT_OPTIMIZERS,
                        k % LT_OPTIMIZERS, (int)isa, lt_distance(y, x, n), got, want);
            CU_ASSERT(lt_distance(y, x, n) < 2e-6);
            CU_ASSERT(fabs(got - want) < 1e-5 * fabs(want));
            free(y);
        }
        free(x);
    }
}

static void wide_and_narrow_vectors_agree(void)
{
    for (size_t k = 0; k < SUBJECTS; k++) {
        double eval[2];
        size_t n;
        float *x = trained(&subjects[k], "cpu", AVX512, false, &lt_optimizers[2], 20, NULL, &eval[0], &n);
        float *y = trained(&subjects[k], "cpu", AVX2, false, &lt_optimizers[2], 20, NULL, &eval[1], &n);
        CU_ASSERT(!x || (memcmp(x, y, n * sizeof *x) == 0 && eval[0] == eval[1]));
        free(x), free(y);
    }
}

static void division_does_not_matter(void)
{
    static const subject large[] = { { 64, 1, 1, 20, 20, 400 }, { 160, 0.2, 1, 20, 24, 600 } };
    for (size_t k = 0; k < 2; k++) {
        double eval[2];
        size_t n;
        float *x = trained(&large[k], "cpu", BEST, false, &lt_optimizers[2], 3, NULL, &eval[0], &n);
        float *y = trained(&large[k], "cpu", BEST, true, &lt_optimizers[2], 3, NULL, &eval[1], &n);
        CU_ASSERT(memcmp(x, y, n * sizeof *x) == 0 && eval[0] == eval[1]);
        free(x), free(y);
    }
}

/* Rounding grows with steps, the more so the more weights there are; a wrong kernel is off at once and by more. */
static void a_thousand_steps_follow_ref(void)
{
    enum { STEPS = SANITIZED ? 100 : 1000 };
    static const double density[] = { 1, 0.2, 0.036, 0.01 };
    for (size_t k = 0; k < 2 * sizeof density / sizeof *density; k++) {
        const subject q = { 60, density[k / 2], k % 2 ? 0.2 : 1, 14, 14, 60 };
        static float want[STEPS], got[STEPS];
        double eval, off = 0, soon = 0;
        size_t n;
        ltc_optimizer adam = lt_optimizers[2];
        adam.weight_decay = adam.l1 = 0;
        free(trained(&q, "ref", BEST, false, &adam, STEPS, want, &eval, &n));
        free(trained(&q, "cpu", BEST, false, &adam, STEPS, got, &eval, &n));
        for (size_t i = 0; i < STEPS; i++) {
            off = fmax(off, fabs((double)got[i] - (double)want[i]) / fmax((double)want[i], 0.01));
            soon = i < 100 ? off : soon;
        }
        if (!(soon < 1e-4 && off < 2e-2))
            fprintf(stderr, "density %g, filled %g: the losses are off by %g, and %g\n", q.density, q.filled, soon, off);
        CU_ASSERT(soon < 1e-4 && off < 2e-2);
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

/* When a kernel's arithmetic or the choice among them changes on purpose, these change, and the number in "cpu/3" must
 * be raised. Compilers and sanitizers must not change them. */
static void bits_belong_to_the_identity(void)
{
    static const uint64_t known[SUBJECTS] = {
        0x45b90d679f46a3af, 0x419f7043e9062d43, 0x6a1c782426ceebd4, 0x17bd67d7270988c7, 0x44c3930337ccd38f,
        0x729aa1e02a0060c8, 0x488fa080ca02473d, 0x4ebaaf817c211d6c, 0xfe3114b67be800dc, 0x20808fc6491e6844,
        0x833026e06254a113,
    };
    lt_stage s;
    char text[512];
    ltc_error err;
    lt_tiny_open(&s, "cpu");
    s.rig.ops->identity(s.rig.dev, text, sizeof text, &err);
    lt_stage_close(&s);
    for (size_t k = 0; k < SUBJECTS && (!strcmp(text, "cpu/3 avx512 ftz") || !strcmp(text, "cpu/3 avx2 ftz")); k++) {
        double eval;
        size_t n;
        float *x = trained(&subjects[k], "cpu", BEST, false, &lt_optimizers[k % LT_OPTIMIZERS], 50, NULL, &eval, &n);
        const uint64_t is = digest(x, n * sizeof *x) ^ digest(&eval, sizeof eval);
        if (is != known[k])
            fprintf(stderr, "subject %zu: 0x%016llx\n", k, (unsigned long long)is);
        CU_ASSERT_EQUAL(is, known[k]);
        free(x);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "five steps equal ref's to 2e-6 in norm: odd sizes, densities, every instruction set", equals_ref },
        { "AVX-512 and AVX2 have the same bits", wide_and_narrow_vectors_agree },
        { "how work is divided, and in which order it is done, changes no bit", division_does_not_matter },
        { "at any density the losses are ref's to 1e-4 for a hundred steps, to 2e-2 for a thousand", a_thousand_steps_follow_ref },
        { "the same identity has the same bits, whatever compiled it", bits_belong_to_the_identity },
    };
    return lt_suite_run("cpu", claims, sizeof claims / sizeof *claims);
}
