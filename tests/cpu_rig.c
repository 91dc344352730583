/* Owns the subjects that the header describes. */
#include "cpu_rig.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { ROWS = 200 };

static const lt_subject *building;            /* a builder has no argument; one at a time */

const lt_subject *lt_subject_now(void)
{
    return building;
}

static ltc_status backwards(const ltc_host *h, size_t n, size_t grain,
                            ltc_status (*fn)(void *arg, size_t begin, size_t end), void *arg)
{
    (void)h;
    for (size_t chunk = (n + grain - 1) / grain; chunk-- > 0;)
        fn(arg, chunk * grain, (chunk + 1) * grain < n ? (chunk + 1) * grain : n);
    return LTC_OK;
}

typedef struct chunk {
    ltc_status (*fn)(void *arg, size_t begin, size_t end);
    void *arg;
    size_t begin, end;
    pthread_t thread;
} chunk;

static void *run_chunk(void *arg)
{
    chunk *c = arg;
    c->fn(c->arg, c->begin, c->end);
    return NULL;
}

static ltc_status at_once(const ltc_host *h, size_t n, size_t grain,
                          ltc_status (*fn)(void *arg, size_t begin, size_t end), void *arg)
{
    enum { MOST = 64 };
    static chunk chunks[MOST];                /* a test's programs run one after the other */
    const size_t count = (n + grain - 1) / grain;
    (void)h;
    CU_ASSERT_FATAL(count <= MOST);
    for (size_t k = 0; k < count; k++) {
        const size_t end = (k + 1) * grain < n ? (k + 1) * grain : n;
        chunks[k] = (chunk){ .fn = fn, .arg = arg, .begin = k * grain, .end = end };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&chunks[k].thread, NULL, run_chunk, &chunks[k]), 0);
    }
    for (size_t k = 0; k < count; k++)
        pthread_join(chunks[k].thread, NULL);
    return LTC_OK;
}

bool lt_subject_open(lt_stage *s, const lt_subject *q, const char *backend, int64_t isa, lt_division divided)
{
    ltc_error err = { .message = "" };
    building = q;
    s->maker = lt_maker_new(q->channels, q->height, q->width, 4);
    s->graph = lt_maker_graph(s->maker, q->build(lt_maker_builder(s->maker)));
    s->split = lt_split_new(q->channels, q->height, q->width, ROWS, 4, 5);
    s->value = lt_values_new(s->graph, 2);
    for (size_t i = 0; i < ROWS * (size_t)(q->channels * q->height * q->width); i++)
        if ((double)ltc_rand_unit((ltc_key){ 3, 3 }, i) >= q->filled)
            s->split->x[i] = 0;
    lt_rig_open(&s->rig, backend, NULL, s->split);
    if (divided)
        s->rig.host.parallel = divided == LT_BACKWARDS ? backwards : at_once;
    const struct { int64_t isa; const char *costs; } options = { isa, NULL };      /* as cpu.c has them */
    if (isa == LT_BEST)
        return true;
    s->rig.ops->data_close(s->rig.data);
    s->rig.ops->close(s->rig.dev);
    s->rig.dev = s->rig.data = NULL;
    return s->rig.ops->open(&s->rig.host, &options, &s->rig.dev, &err) == LTC_OK &&
           s->rig.ops->data_open(s->rig.dev, &s->split->desc, &s->rig.data, &err) == LTC_OK;
}

void lt_subject_mask(lt_stage *s, const lt_subject *q)
{
    for (uint32_t p = 0; p < s->graph->n_params && q->density < 1; p++) {
        const ltc_param *of = ltc_graph_param(s->graph, p);
        if (!(of->role & LTC_ROLE_WEIGHT))
            continue;
        const size_t row = of->n / (size_t)ltc_graph_value(s->graph, of->value)->dim[0];
        uint8_t *mask = calloc(of->n, 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mask);
        for (size_t i = 0; i < of->n; i++) {
            const double u = (double)ltc_rand_unit((ltc_key){ 4, p }, i);
            mask[i] = u < q->density ? LTC_ALIVE : u < q->density * 1.1 ? LTC_FROZEN : LTC_DEAD;
            if (i / row < 2)
                mask[i] = i / row ? LTC_ALIVE : LTC_DEAD;
        }
        lt_rig_put(&s->rig, LTC_STATE_MASK, p, mask);
        free(mask);
    }
}

static void discard(lt_stage *s)
{
    lt_values_free(s->graph, s->value);
    lt_split_free(s->split);
    lt_maker_free(s->maker);
}

float *lt_subject_train(const lt_subject *q, const lt_training_way *way, float *loss, double *eval, size_t *n)
{
    lt_stage s;
    if (!lt_subject_open(&s, q, way->backend, way->isa, way->divided)) {
        discard(&s);
        return NULL;
    }
    lt_rig_compile(&s.rig, s.graph, way->optimizer, q->batch, 0);
    lt_subject_mask(&s, q);
    lt_rig_start(&s.rig, s.value);
    CU_ASSERT_EQUAL(lt_rig_train(&s.rig, 0, way->steps, 1e-3f, loss, NULL), UINT64_MAX);
    *eval = lt_rig_eval(&s.rig, 3, 170, NULL);
    float *x = lt_stage_values(&s, n);
    lt_stage_close(&s);
    return x;
}

const ltc_optimizer lt_plain_optimizers[LT_PLAIN_OPTIMIZERS] = {
    [LT_PLAIN_ADAM] = { .size = sizeof(ltc_optimizer),
                        .kind = LTC_ADAM,
                        .beta1 = 0.9,
                        .beta2 = 0.999,
                        .eps = 1e-8 },
    [LT_PLAIN_SGD] = { .size = sizeof(ltc_optimizer), .kind = LTC_SGD, .momentum = 0.9 },
};

void lt_subject_compile(lt_stage *s, const lt_subject *q, const char *backend, const ltc_optimizer *o)
{
    CU_ASSERT_FATAL(lt_subject_open(s, q, backend, LT_BEST, LT_WHOLE));
    lt_rig_compile(&s->rig, s->graph, o, q->batch, 0);
}

float *lt_subject_steps(lt_stage *s, uint32_t steps, size_t *n)
{
    lt_rig_start(&s->rig, s->value);
    CU_ASSERT_EQUAL(lt_rig_train(&s->rig, 0, steps, 1e-3f, NULL, NULL), UINT64_MAX);
    return lt_stage_values(s, n);
}

uint64_t lt_digest(const void *bytes, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
    return h;
}

/* One optimizer's few steps by every instruction set. */
static void equals_ref(const lt_subject *q, size_t subject, size_t optimizer, double most)
{
    const ltc_optimizer *o = &lt_optimizers[optimizer];
    double want, got;
    size_t n;
    float *x = lt_subject_train(q, &(lt_training_way){ "ref", LT_BEST, LT_WHOLE, o, 5 }, NULL, &want, &n);
    for (int64_t isa = LT_AVX512; isa < LT_ISAS; isa++) {
        float *y = lt_subject_train(q, &(lt_training_way){ "cpu", isa, LT_WHOLE, o, 5 }, NULL, &got, &n);
        if (!y)
            continue;
        const bool same = lt_distance(y, x, n) < most && fabs(got - want) < 1e-5 * fabs(want);
        if (!same)
            fprintf(stderr, "subject %zu, optimizer %zu, isa %d: off by %g, loss %g not %g\n", subject,
                    optimizer, (int)isa, lt_distance(y, x, n), got, want);
        CU_ASSERT(same);
        free(y);
    }
    free(x);
}

void lt_subject_follows_ref(const lt_subject *q, const ltc_optimizer *o)
{
    enum { SOON = 100, STEPS = SANITIZED ? SOON : 1000 };
    static float want[STEPS], got[STEPS];
    double eval, off = 0, soon = 0;
    size_t n;
    free(lt_subject_train(q, &(lt_training_way){ "ref", LT_BEST, LT_WHOLE, o, STEPS }, want, &eval, &n));
    free(lt_subject_train(q, &(lt_training_way){ "cpu", LT_BEST, LT_WHOLE, o, STEPS }, got, &eval, &n));
    for (size_t i = 0; i < STEPS; i++) {
        off = fmax(off, fabs((double)got[i] - (double)want[i]) / fmax((double)want[i], 0.01));
        soon = i < SOON ? off : soon;
    }
    if (!(soon < 1e-4 && off < 2e-2))
        fprintf(stderr, "density %g, filled %g: the losses are off by %g, and %g\n", q->density, q->filled,
                soon, off);
    CU_ASSERT(soon < 1e-4 && off < 2e-2);
}

void lt_subjects_equal_ref(const lt_subject *q, size_t n, const double most[LT_OPTIMIZERS])
{
    for (size_t k = 0; k < n * LT_OPTIMIZERS; k++)
        if (!(SANITIZED && k / LT_OPTIMIZERS % 2) && most[k % LT_OPTIMIZERS] > 0)
            equals_ref(&q[k / LT_OPTIMIZERS], k / LT_OPTIMIZERS, k % LT_OPTIMIZERS, most[k % LT_OPTIMIZERS]);
}

/* Two ways, the same bits; where the processor can go the first. */
static void same_bits(const lt_subject *q, const lt_training_way *a, const lt_training_way *b)
{
    double eval[2];
    size_t n;
    float *x = lt_subject_train(q, a, NULL, &eval[0], &n), *y = lt_subject_train(q, b, NULL, &eval[1], &n);
    CU_ASSERT(!x || (y && memcmp(x, y, n * sizeof *x) == 0 && memcmp(&eval[0], &eval[1], sizeof *eval) == 0));
    free(x), free(y);
}

void lt_subjects_agree(const lt_subject *q, size_t n)
{
    for (size_t k = 0; k < n; k++)
        same_bits(&q[k], &(lt_training_way){ "cpu", LT_AVX512, LT_WHOLE, &lt_optimizers[2], 20 },
                  &(lt_training_way){ "cpu", LT_AVX2, LT_WHOLE, &lt_optimizers[2], 20 });
}

void lt_subjects_divide(const lt_subject *q, size_t n)
{
    for (size_t k = 0; k < 2 * n; k++)
        same_bits(
            &q[k / 2], &(lt_training_way){ "cpu", LT_BEST, LT_WHOLE, &lt_optimizers[2], 3 },
            &(lt_training_way){ "cpu", LT_BEST, k % 2 ? LT_AT_ONCE : LT_BACKWARDS, &lt_optimizers[2], 3 });
}

static void check_identity(const char *identity)
{
    lt_stage s;
    char text[512];
    ltc_error err = { .message = "" };
    lt_tiny_open(&s, "cpu");
    CU_ASSERT_EQUAL(s.rig.ops->identity(s.rig.dev, text, sizeof text, &err), LTC_OK);
    lt_stage_close(&s);
    CU_ASSERT(strncmp(text, identity, strlen(identity)) == 0 && text[strlen(identity)] == ' ');
}

void lt_subjects_known(const lt_subject *q, size_t n, const char *identity, int64_t isa,
                       const uint64_t *known)
{
    check_identity(identity);
    for (size_t k = 0; k < n; k++) {
        if (SANITIZED && k / LT_OPTIMIZERS % 2)
            continue;
        const lt_training_way way = { "cpu", isa, LT_WHOLE, &lt_optimizers[k % LT_OPTIMIZERS], 50 };
        double eval;
        size_t count;
        float *x = lt_subject_train(&q[k], &way, NULL, &eval, &count);
        if (!x)
            continue;
        const uint64_t is = lt_digest(x, count * sizeof *x) ^ lt_digest(&eval, sizeof eval);
        if (is != known[k])
            fprintf(stderr, "isa %d, subject %zu: 0x%016llx\n", (int)isa, k, (unsigned long long)is);
        CU_ASSERT_EQUAL(is, known[k]);
        free(x);
    }
}
