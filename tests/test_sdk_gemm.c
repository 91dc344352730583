/* cpu-blas: convolutions by im2col and gemm against the reference kernels, and its warning
 * about slow kernels. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "stage.h"

static ltc_val build_norm(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 3 });
    x = ltc_batch_norm(b, ltc_relu(b, x), "bn", (ltc_batch_norm_args){ 0 });
    return ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
}

static ltc_val head(ltc_builder *b, ltc_val x)
{
    return ltc_linear(b, ltc_flatten(b, ltc_relu(b, x)), "fc", (ltc_linear_args){ .out = b->n_classes });
}

/* A first convolution, so that the gradient of the second one's input counts. */
static ltc_val two(ltc_builder *b, ltc_conv2d_args a)
{
    return head(b, ltc_conv2d(b, ltc_conv2d(b, b->input, "c1", (ltc_conv2d_args){ .out = 6, .pad = 1 }), "c2",
                              a));
}
static ltc_val build_point(ltc_builder *b) { return two(b, (ltc_conv2d_args){ .out = 4, .kernel = 1 }); }
static ltc_val build_point_groups(ltc_builder *b)
{
    return two(b, (ltc_conv2d_args){ .out = 4, .kernel = 1, .groups = 2 });
}
static ltc_val build_depth(ltc_builder *b)
{
    return two(b, (ltc_conv2d_args){ .out = 6, .groups = 6, .stride = 2 });
}
static ltc_val build_even(ltc_builder *b)
{
    return two(b, (ltc_conv2d_args){ .out = 4, .kernel = 2, .stride = 3, .pad = 1 });
}
static ltc_val build_wide(ltc_builder *b)
{
    return two(b, (ltc_conv2d_args){ .out = 4, .kernel = 5, .pad = 4 });
}
static ltc_val build_dilated(ltc_builder *b)
{
    return two(b, (ltc_conv2d_args){ .out = 4, .dilation = 2, .pad = 2, .no_bias = 1 });
}
/* One weight in two places: its gradient is a sum, so neither use may set it. */
static ltc_val build_shared(ltc_builder *b)
{
    const ltc_conv2d_desc d = { 1, 1, 1, 1 };
    const int64_t dim[4] = { 4, 4, 3, 3 };
    const ltc_val w = b->param(b, "w", LTC_ROLE_WEIGHT, 4, dim, NULL);
    ltc_val in[2] = { b->input, w };
    in[0] = ltc_relu(b, b->emit(b, LTC_OP_CONV2D, NULL, in, 2, &d, sizeof d));
    return head(b, b->emit(b, LTC_OP_CONV2D, NULL, in, 2, &d, sizeof d));
}

static void gemm_convolutions_match(void)
{
    static const lt_build build[] = { build_point, build_point_groups, build_depth, build_even,
                                                        build_wide, build_dilated, build_shared, build_norm };
    for (size_t i = 0; i < sizeof build / sizeof *build; i++) {
        size_t n;
        double ours, theirs;
        float *x = lt_stage_trained("cpu-blas", NULL, build[i], &n, &ours),
              *y = lt_stage_trained("ref", NULL, build[i], &n, &theirs);
        CU_ASSERT(lt_distance(x, y, n) < 1e-6);
        CU_ASSERT_DOUBLE_EQUAL(ours, theirs, 1e-5 * theirs);
        free(x), free(y);
    }
}

/* OpenBLAS reads the variable when it is loaded, which in this process has happened: so
 * the check runs in a child. */
static int warns(void *arg)
{
    (void)arg;
    lt_stage s;
    lt_stage_open(&s, "cpu-blas", NULL, build_norm);
    fprintf(stderr, "%s", s.rig.log);
    lt_stage_close(&s);
    return 0;
}

static void crippled_kernels_are_named(void)
{
#ifdef __x86_64__
    char text[512];
    setenv("OPENBLAS_CORETYPE", "Nehalem", 1);            /* SSE: less than any processor with AVX2 has */
    CU_ASSERT_EQUAL(lt_in_child(warns, NULL, text, sizeof text), 0);
    unsetenv("OPENBLAS_CORETYPE");
    CU_ASSERT_EQUAL(strstr(text, "unset OPENBLAS_CORETYPE") != NULL, !!__builtin_cpu_supports("avx2"));
#endif
}

/* A host of a build that has no log yet: what there is to say stays unsaid. */
static int opens_without_a_log(void *arg)
{
    (void)arg;
    lt_stage s;
    void *dev = NULL;
    ltc_error err;
    const ltc_host old = { .size = offsetof(ltc_host, log) };
    lt_stage_open(&s, "cpu-blas", NULL, build_norm);
    const ltc_status st = s.rig.ops->open(&old, NULL, &dev, &err);
    if (!st)
        s.rig.ops->close(dev);
    lt_stage_close(&s);
    return st;
}

static void a_host_without_a_log_is_enough(void)
{
    setenv("OPENBLAS_CORETYPE", "Nehalem", 1);
    CU_ASSERT_EQUAL(lt_in_child(opens_without_a_log, NULL, NULL, 0), 0);
    unsetenv("OPENBLAS_CORETYPE");
}

int main(void)
{
    static const lt_test claims[] = {
        { "cpu-blas says which variable cripples it, and the remedy", crippled_kernels_are_named },
        { "a host without a log is enough", a_host_without_a_log_is_enough },
        { "what the gemm computes matches the reference kernels", gemm_convolutions_match },
    };
    return lt_suite_run("sdk gemm", claims, sizeof claims / sizeof *claims);
}
