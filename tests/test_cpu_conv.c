/* The cpu backend's convolutions against naive sums in double: shapes, densities, instruction sets, and
 * that no split of the work changes a bit. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conv_rig.h"

/* channels, outputs, groups, kernel, stride, pad, dilation, height, width; the batch. */
static const struct { cpu_conv_shape shape; int64_t batch; } cases[] = {
#define SHAPE(c, o, g, k, s, p, d, hh, ww) { .channels = c, .outputs = o, .groups = g, .kernel_h = k, \
                                             .kernel_w = k, .stride = s, .pad = p, .dilation = d, \
                                             .h = hh, .w = ww }
    { SHAPE(1, 7, 1, 5, 1, 0, 1, 28, 28), 5 },
    { SHAPE(20, 10, 1, 5, 1, 0, 1, 10, 10), 17 },
    { SHAPE(20, 25, 1, 5, 1, 0, 1, 12, 12), 33 },
    { SHAPE(9, 9, 1, 5, 1, 4, 1, 8, 8), 18 },
    { SHAPE(3, 5, 1, 3, 1, 1, 1, 32, 32), 3 },
    { SHAPE(16, 9, 1, 3, 1, 1, 1, 40, 40), 17 },
    { SHAPE(16, 9, 1, 3, 2, 1, 1, 40, 41), 3 },
    { SHAPE(16, 18, 1, 3, 1, 1, 1, 8, 16), 18 },
    { SHAPE(12, 20, 1, 5, 1, 2, 1, 7, 10), 33 },
    { SHAPE(20, 24, 1, 3, 1, 1, 1, 9, 7), 17 },
    { SHAPE(20, 18, 1, 3, 1, 0, 1, 11, 13), 16 },
    { SHAPE(9, 12, 1, 3, 1, 2, 1, 5, 6), 40 },
    { SHAPE(16, 12, 1, 3, 2, 1, 1, 16, 16), 4 },
    { SHAPE(6, 7, 1, 3, 2, 1, 1, 9, 11), 70 },
    { SHAPE(16, 32, 1, 1, 2, 0, 1, 8, 8), 16 },
    { SHAPE(40, 13, 1, 1, 1, 0, 1, 7, 5), 18 },
    { SHAPE(70, 30, 1, 3, 1, 1, 1, 2, 2), 50 },
    { SHAPE(33, 17, 1, 3, 1, 1, 1, 1, 1), 60 },
    { SHAPE(8, 8, 1, 3, 1, 1, 1, 2, 2), 1 },
    { SHAPE(67, 70, 1, 3, 1, 1, 1, 2, 2), 83 },
    { SHAPE(16, 16, 2, 3, 1, 1, 1, 2, 2), 17 },
    { SHAPE(16, 12, 1, 3, 2, 1, 1, 2, 2), 17 },
    { SHAPE(16, 12, 1, 3, 1, 2, 1, 2, 2), 17 },
    { SHAPE(16, 12, 1, 3, 1, 1, 1, 2, 3), 17 },
    { SHAPE(66, 18, 1, 3, 1, 1, 1, 4, 4), 90 },
    { SHAPE(13, 150, 1, 3, 1, 1, 1, 4, 4), 33 },
    { SHAPE(17, 8, 1, 5, 1, 0, 1, 12, 12), 17 },
    { SHAPE(9, 13, 1, 5, 1, 0, 1, 9, 9), 33 },
    { SHAPE(18, 8, 1, 5, 1, 1, 1, 7, 10), 17 },
    { SHAPE(8, 9, 1, 5, 1, 3, 1, 7, 6), 17 },
    { SHAPE(9, 21, 1, 3, 1, 0, 1, 6, 6), 83 },
    { SHAPE(9, 8, 1, 3, 1, 0, 1, 10, 14), 17 },
    { SHAPE(12, 12, 3, 3, 1, 1, 1, 6, 6), 16 },
    { SHAPE(8, 8, 8, 3, 2, 1, 1, 7, 7), 16 },
    { SHAPE(5, 6, 1, 2, 3, 1, 1, 10, 10), 16 },
    { SHAPE(4, 5, 1, 3, 2, 2, 2, 13, 12), 16 },
    { SHAPE(3, 4, 1, 5, 1, 4, 1, 6, 8), 16 },
};
static const double densities[] = { 1, 0.5, 0.2, 0.036, 0.01, 0 };
enum { CASES = sizeof cases / sizeof *cases, DENSITIES = sizeof densities / sizeof *densities };

static bool runs_here(cpu_isa isa)
{
#if defined(__x86_64__)
    if (isa == CPU_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    if (isa == CPU_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return isa == CPU_PORTABLE;
}

/* Calls fn with every case, density and instruction set; under a sanitizer with one density or two. */
static void each(void (*fn)(lt_conv *c))
{
    for (int isa = 0; isa < CPU_ISAS; isa++)
        for (int i = 0; i < CASES * DENSITIES && runs_here((cpu_isa)isa); i++) {
            lt_conv c;
            if (SANITIZED && i % (DENSITIES - 1))
                continue;
            CU_ASSERT_FATAL(lt_conv_open(&c, &cases[i / DENSITIES].shape, densities[i % DENSITIES],
                                         cases[i / DENSITIES].batch, (cpu_isa)isa));
            fn(&c);
            lt_conv_close(&c);
        }
}

/* Within what float sums lose; Winograd's lose a little more. */
static void is_close(const lt_conv *c, double error, const char *pass)
{
    const cpu_conv_shape *s = &c->shape;
    CU_ASSERT(error < 1e-5);
    if (!(error < 1e-5))
        printf("%s of %lld/%lld %lld->%lld at %lldx%lld: %g\n", pass, (long long)s->kernel_h,
               (long long)s->stride, (long long)s->channels, (long long)s->outputs, (long long)s->h,
               (long long)s->w, error);
}

static void forward(lt_conv *c)
{
    for (int relu = 0; relu < 2; relu++) {
        lt_conv_forward(c, relu, 1);
        is_close(c, lt_conv_forward_error(c, relu), relu ? "relu" : "forward");
    }
    CU_ASSERT(lt_conv_halo_is_zero(&c->y));
}
static void forward_is_right(void) { each(forward); }

/* Set a second time, since what it set before must be gone. */
static void data_gradient(lt_conv *c)
{
    lt_conv_data_gradient(c, LT_SET, 1);
    lt_conv_data_gradient(c, LT_SET, c->x.blocks);
    is_close(c, lt_conv_data_error(c, NULL), "data gradient");
    CU_ASSERT(lt_conv_halo_is_zero(&c->dx));
    float *before = malloc(lt_conv_floats(&c->dx) * sizeof *before);
    CU_ASSERT_PTR_NOT_NULL_FATAL(before);
    memcpy(before, c->memory[3], lt_conv_floats(&c->dx) * sizeof *before);
    lt_conv_data_gradient(c, LT_ADDED, c->x.blocks);
    is_close(c, lt_conv_data_error(c, before), "added data gradient");
    free(before);
}
static void data_gradient_is_right(void) { each(data_gradient); }

/* Every number of dx is what it was where x is positive, and +0.0 elsewhere. */
static void gate_is_exact(const lt_conv *c, const float *before)
{
    int64_t wrong = 0;
    for (int64_t b = 0; b < c->dx.blocks; b++)
        for (int64_t i = 0; i < c->dx.channels * c->dx.h; i++)
            for (int64_t k = 0; k < c->dx.w * CPU_LANES; k++) {
                const int64_t channel = i / c->dx.h, row = i % c->dx.h;
                const float *dx = cpu_at(&c->dx, b, channel) + row * c->dx.row + k;
                const float x = cpu_at(&c->x, b, channel)[row * c->x.row + k],
                            was = before[dx - c->memory[3]];
                const float want = x > 0 ? was : 0.0f;
                wrong += memcmp(dx, &want, sizeof want) != 0;
            }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Set, or added to what that gives; in parts of so many blocks. */
static void check_gate(lt_conv *c, bool added, int64_t part, float *before)
{
    lt_conv_data_gradient(c, LT_SET, 1);
    if (added)
        lt_conv_data_gradient(c, LT_ADDED, 1);
    memcpy(before, c->memory[3], lt_conv_floats(&c->dx) * sizeof *before);
    if (added)
        lt_conv_data_gradient(c, LT_SET, 1);
    lt_conv_data_gradient(c, added ? LT_ADDED_GATED : LT_GATED, part);
    gate_is_exact(c, before);
    CU_ASSERT(lt_conv_halo_is_zero(&c->dx));
}

static void gated_gradient(lt_conv *c)
{
    float *before = malloc(lt_conv_floats(&c->dx) * sizeof *before);
    CU_ASSERT_PTR_NOT_NULL_FATAL(before);
    check_gate(c, false, 1, before);
    check_gate(c, true, 1, before);
    check_gate(c, true, c->x.blocks, before);
    free(before);
}
static void gate_is_right(void) { each(gated_gradient); }

static void weight_gradient(lt_conv *c)
{
    memset(c->dw, 0xff, cpu_conv_stored(c->layer) * sizeof *c->dw);
    lt_conv_weight_gradient(c, c->shape.outputs);
    is_close(c, lt_conv_weight_error(c), "weight gradient");
}
static void weight_gradient_is_right(void) { each(weight_gradient); }

static void weight_sums(lt_conv *c)
{
    for (int64_t part = 1; part < 4; part += 2) {
        memset(c->dw, 0xff, cpu_conv_stored(c->layer) * sizeof *c->dw);
        CU_ASSERT_EQUAL(lt_conv_weight_sums(c, part), cpu_conv_stored(c->layer) > 0);
        is_close(c, lt_conv_weight_error(c), "weight gradient by sums");
    }
}
static void weight_sums_are_right(void) { each(weight_sums); }

/* Runs the three passes in parts, the data gradient twice; their bits are those of the whole. */
static void in_parts(lt_conv *c)
{
    const size_t n[3] = { lt_conv_floats(&c->y), lt_conv_floats(&c->dx), cpu_conv_stored(c->layer) };
    float *now[3] = { c->memory[1], c->memory[3], c->dw }, *whole[3];
    lt_conv_forward(c, true, c->x.blocks);
    lt_conv_data_gradient(c, LT_SET, c->x.blocks);
    lt_conv_data_gradient(c, LT_ADDED, c->x.blocks);
    lt_conv_weight_gradient(c, c->shape.outputs);
    for (int i = 0; i < 3; i++) {
        whole[i] = malloc((n[i] + 1) * sizeof(float));
        CU_ASSERT_PTR_NOT_NULL_FATAL(whole[i]);
        memcpy(whole[i], now[i], n[i] * sizeof(float));
    }
    lt_conv_forward(c, true, 1);
    lt_conv_data_gradient(c, LT_SET, 1);
    lt_conv_data_gradient(c, LT_ADDED, 1);
    lt_conv_weight_gradient(c, 3);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT(memcmp(whole[i], now[i], n[i] * sizeof(float)) == 0);
        free(whole[i]);
    }
}
static void parts_change_nothing(void) { each(in_parts); }

int main(void)
{
    static const lt_test claims[] = {
        { "the forward pass is right, with and without the positive part", forward_is_right },
        { "the data gradient is right, set and added", data_gradient_is_right },
        { "a gated data gradient is the same where the input is positive, and 0 elsewhere", gate_is_right },
        { "the weights' gradient is right at every stored place", weight_gradient_is_right },
        { "made of the sums of parts, it is right as well", weight_sums_are_right },
        { "no split of the work over blocks or outputs changes a bit", parts_change_nothing },
    };
    return lt_suite_run("cpu_conv", claims, sizeof claims / sizeof *claims);
}
