/* bench_conv [SHAPE [ISA]]: what the cpu backend's convolutions reach, beside the machine's peak of
 * multiply-adds: GF/s of the work that is done, and of a dense convolution's in that time. One thread.
 * The best of many short rounds, in which the densities and passes take turns, in processor time, since
 * the machine may be shared. Build it with Release. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conv_choice.h"
#include "conv_rig.h"
#include "peak.h"

enum { ROUNDS = 9, DENSITIES = 7, BATCH = 60 };
static const double density[DENSITIES] = { 1, 0.5, 0.2, 0.1, 0.036, 0.02, 0.01 };

#define SHAPE(c, o, k, s, p, n) { .channels = c, .outputs = o, .groups = 1, .kernel_h = k, .kernel_w = k, \
                                  .stride = s, .pad = p, .dilation = 1, .h = n, .w = n }
static const cpu_conv_shape shapes[] = {
    SHAPE(64, 64, 3, 1, 1, 32), SHAPE(3, 64, 3, 1, 1, 32), SHAPE(128, 128, 3, 1, 1, 16),
    SHAPE(256, 256, 3, 1, 1, 8), SHAPE(512, 512, 3, 1, 1, 4), SHAPE(512, 512, 3, 1, 1, 2),
    SHAPE(16, 16, 3, 1, 1, 32), SHAPE(32, 64, 3, 2, 1, 16), SHAPE(1, 20, 5, 1, 0, 28),
    SHAPE(20, 50, 5, 1, 0, 12),
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static cpu_isa best_isa(void)
{
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        return CPU_AVX512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? CPU_AVX2 : CPU_PORTABLE;
}

static void run(lt_conv *c, conv_pass pass)
{
    switch (pass) {
    case CONV_FORWARD:         lt_conv_forward(c, true, c->x.blocks); break;
    case CONV_DATA_GRADIENT:   lt_conv_data_gradient(c, LT_SET, c->x.blocks); break;
    case CONV_WEIGHT_GRADIENT: lt_conv_weight_gradient(c, c->shape.outputs); break;
    case CONV_PASSES:          cpu_conv_prepare(c->layer, c->w); break;
    }
}

static void measure(const cpu_conv_shape *s, cpu_isa isa)
{
    static const char *const way[] = { "lists", "direct", "winograd" };
    lt_conv c[DENSITIES];
    double best[DENSITIES][CONV_PASSES + 1];
    for (int d = 0; d < DENSITIES; d++) {
        if (!lt_conv_open(&c[d], s, density[d], BATCH, isa))
            exit(1);
        for (int p = 0; p <= CONV_PASSES; p++)
            best[d][p] = 1e9;
    }
    for (int r = 0; r < ROUNDS; r++)
        for (int d = 0; d < DENSITIES; d++)
            for (conv_pass p = 0; p <= CONV_PASSES; p++) {
                const double t = now();
                run(&c[d], p);
                best[d][p] = now() - t < best[d][p] ? now() - t : best[d][p];
            }
    printf("%lldx%lld/%lld %lld->%lld @%lld, batch %d\n", (long long)s->kernel_h, (long long)s->kernel_w,
           (long long)s->stride, (long long)s->channels, (long long)s->outputs, (long long)s->h, BATCH);
    for (int d = 0; d < DENSITIES; d++) {
        const double dense = 2.0 * BATCH * (double)(c[d].weights * c[d].shape.out_h * c[d].shape.out_w),
                     real = (double)cpu_conv_stored(c[d].layer) / (double)c[d].weights;
        printf("  %5.1f %%  prepare %7.0f us", 100 * density[d], 1e6 * best[d][CONV_PASSES]);
        for (conv_pass p = 0; p < CONV_PASSES; p++)
            printf(" | %8.0f us %6.1f GF/s (%7.1f) %-8s", 1e6 * best[d][p], real * dense / best[d][p] / 1e9,
                   dense / best[d][p] / 1e9, way[conv_choose(&c[d].shape, real, conv_costs_shipped(isa), p)]);
        printf("\n");
        lt_conv_close(&c[d]);
    }
}

int main(int argc, char **argv)
{
    const int only = argc > 1 ? atoi(argv[1]) : -1, isa = argc > 2 ? atoi(argv[2]) : (int)best_isa();
    printf("microseconds, GF/s of alive weights (and as if dense), kernel: forward | data gradient | "
           "weights' gradient\n");
    printf("multiply-adds in registers alone: %.0f GF/s\n", lt_bench_peak());
    for (int i = 0; i < SHAPES; i++)
        if (only < 0 || only == i)
            measure(&shapes[i], (cpu_isa)isa);
    return 0;
}
