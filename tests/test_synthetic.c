/* Claims about the synthetic data set: samples are functions of seed, split and number, and a linear model
 * learns them well but not perfectly. */
#include "suite.h"

#include <math.h>

#include "data/normalise.h"
#include "datasets.h"

static lt_registry *registry;

typedef struct choice { const char *name; int64_t v; } choice;

static lt_data load(const choice *c, size_t n, double noise)
{
    const lt_module *m = built_module(&registry, "synthetic");
    void *options = default_options(m);
    lt_data d;
    ltc_error err;
    for (size_t i = 0; i < n; i++)
        set_int(m, options, c[i].name, c[i].v);
    if (noise >= 0)
        set_real(m, options, "noise", noise);
    const lt_data_request r = { .reader = m, .options = options, .services = &quiet };
    CU_ASSERT_EQUAL_FATAL(lt_data_load(&r, &d, &err), LTC_OK);
    free(options);
    return d;
}

static const choice small[] = {
    { "train", 500 }, { "test", 100 }, { "height", 9 }, { "width", 5 }, { "channels", 2 }
};
enum { N_SMALL = sizeof small / sizeof small[0] };

static void the_data_are_golden(void)
{
    lt_data d = load(small, N_SMALL, -1);
    CU_ASSERT(d.dim[0] == 2 && d.dim[1] == 9 && d.dim[2] == 5 && d.n_classes == 10);
    check_digest(&d.digest, "ec0042845ad96b6a31078c3c6c815a907c2d7d8548ffdf5a809a659ecc6e7eae");
    lt_data_free(&d);
    choice floats[N_SMALL + 1];
    memcpy(floats, small, sizeof small);
    floats[N_SMALL] = (choice){ "type", 1 };
    d = load(floats, N_SMALL + 1, -1);
    CU_ASSERT_EQUAL(d.sample_type, LTC_F32);
    check_digest(&d.digest, "c17dd09f654c5c7a2a51b4879a9daee7e654205451ff9602e45de8b2e834f529");
    lt_data_free(&d);
}

static void random_access_is_sequential_access(void)
{
    const lt_module *m = built_module(&registry, "synthetic");
    for (int64_t type = 0; type < 2; type++) {
        void *options = default_options(m);
        opened o;
        ltc_error err = { 0 };
        for (size_t i = 0; i < N_SMALL; i++)
            set_int(m, options, small[i].name, small[i].v);
        set_int(m, options, "type", type);
        CU_ASSERT_EQUAL_FATAL(open_module(m, options, &o, &err), LTC_OK);
        check_random_access(&o, 0);
        check_random_access(&o, 1);
        close_module(&o);
        free(options);
    }
}

static void more_samples_leave_the_first_as_they_are(void)
{
    const choice more[] = {
        { "train", 900 }, { "test", 1000 }, { "height", 9 }, { "width", 5 }, { "channels", 2 }
    };
    const choice other[] = {
        { "train", 500 }, { "test", 100 }, { "height", 9 }, { "width", 5 }, { "channels", 2 }, { "seed", 2 }
    };
    lt_data a = load(small, N_SMALL, -1), b = load(more, N_SMALL, -1), c = load(other, N_SMALL + 1, -1);
    CU_ASSERT(!memcmp(a.split[LT_TRAIN].x, b.split[LT_TRAIN].x, 500 * 90));
    CU_ASSERT(!memcmp(a.split[LT_TEST].x, b.split[LT_TEST].x, 100 * 90));
    CU_ASSERT(memcmp(a.split[LT_TRAIN].x, a.split[LT_TEST].x, 100 * 90) != 0);
    CU_ASSERT(memcmp(a.split[LT_TRAIN].x, c.split[LT_TRAIN].x, 500 * 90) != 0);
    lt_data_free(&a), lt_data_free(&b), lt_data_free(&c);
}

static void without_noise_a_class_is_one_sample(void)
{
    lt_data d = load(small, N_SMALL, 0);
    const uint8_t *x = d.split[LT_TRAIN].x;
    for (size_t i = 10; i < 500; i++)
        CU_ASSERT(!memcmp(x + i * 90, x + i % 10 * 90, 90));
    CU_ASSERT_EQUAL(lt_data_majority(&d, LT_TEST), 0.1);
    lt_data_free(&d);
}

/* The core's buffer is zeroed, so a pixel that no cell reaches would be exactly 0. */
static void every_pixel_is_painted(void)
{
    static const int64_t sides[] = { 1, 2, 6, 7, 8, 13, 28, 31 };
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        const choice c[] = {
            { "train", 50 }, { "test", 10 }, { "height", sides[i] }, { "width", sides[7 - i] }, { "type", 1 }
        };
        lt_data d = load(c, sizeof c / sizeof c[0], -1);
        const float *x = d.split[LT_TRAIN].x;
        for (int64_t j = 0; j < 50 * sides[i] * sides[7 - i]; j++)
            CU_ASSERT(x[j] != 0.0f);
        lt_data_free(&d);
    }
}

static void the_published_constants_are_about_right(void)
{
    const choice c[] = { { "train", 2000 } };
    lt_data d = load(c, 1, -1);
    lt_normalisation n;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_normalisation_make(&d, LT_NORMALISE_TRAIN, &n, &err), LTC_OK);
    CU_ASSERT(fabsf(n.mean[0] - d.published_mean[0]) < 0.02f && fabsf(n.std[0] - d.published_std[0]) < 0.02f);
    lt_normalisation_free(&n);
    lt_data_free(&d);
}

enum { IN = 784, OUT = 10 };
typedef struct linear { float w[OUT][IN + 1]; } linear;

/* logits = W x + b, then the softmax in their place. */
static void predict(const linear *l, const float *x, float p[OUT])
{
    float top = -INFINITY, sum = 0;
    for (int c = 0; c < OUT; c++) {
        p[c] = l->w[c][IN];
        for (int j = 0; j < IN; j++)
            p[c] += l->w[c][j] * x[j];
        top = p[c] > top ? p[c] : top;
    }
    for (int c = 0; c < OUT; c++)
        sum += p[c] = expf(p[c] - top);
    for (int c = 0; c < OUT; c++)
        p[c] /= sum;
}

static void fetch(const lt_data *d, const lt_normalisation *n, uint32_t split, uint64_t i, float x[IN])
{
    for (size_t j = 0; j < IN; j++)
        x[j] = n->table[((const uint8_t *)d->split[split].x)[i * IN + j]];
}

static void train_linear(const lt_data *d, const lt_normalisation *n, linear *l)
{
    for (uint64_t step = 0; step < 2 * d->split[LT_TRAIN].n; step++) {
        const uint64_t i = step % d->split[LT_TRAIN].n;
        float x[IN], p[OUT];
        fetch(d, n, LT_TRAIN, i, x);
        predict(l, x, p);
        for (int c = 0; c < OUT; c++) {
            const float g = 0.001f * (p[c] - (float)(c == d->split[LT_TRAIN].label[i]));
            for (int j = 0; j < IN; j++)
                l->w[c][j] -= g * x[j];
            l->w[c][IN] -= g;
        }
    }
}

static void a_linear_model_learns_it_but_not_all(void)
{
    lt_data d = load(NULL, 0, -1);
    lt_normalisation n;
    ltc_error err;
    linear *l = calloc(1, sizeof *l);
    uint64_t correct = 0;
    CU_ASSERT_EQUAL_FATAL(lt_normalisation_make(&d, LT_NORMALISE_PUBLISHED, &n, &err), LTC_OK);
    train_linear(&d, &n, l);
    for (uint64_t i = 0; i < d.split[LT_TEST].n; i++) {
        float x[IN], p[OUT];
        int best = 0;
        fetch(&d, &n, LT_TEST, i, x);
        predict(l, x, p);
        for (int c = 1; c < OUT; c++)
            best = p[c] > p[best] ? c : best;
        correct += best == d.split[LT_TEST].label[i];
    }
    const double accuracy = (double)correct / (double)d.split[LT_TEST].n;
    printf("(%.3f) ", accuracy);
    CU_ASSERT(accuracy > 0.7 && accuracy < 0.98);
    free(l);
    lt_normalisation_free(&n);
    lt_data_free(&d);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the data are golden", the_data_are_golden },
        { "random access is sequential access", random_access_is_sequential_access },
        { "more samples leave the first as they are", more_samples_leave_the_first_as_they_are },
        { "without noise a class is one sample", without_noise_a_class_is_one_sample },
        { "every pixel is painted", every_pixel_is_painted },
        { "the published constants are about right", the_published_constants_are_about_right },
        { "a linear model learns it, but not all", a_linear_model_learns_it_but_not_all },
    };
    const int code = lt_suite_run("synthetic", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(registry);
    return code;
}
