/* cpu-blas: one matrix product, from OpenBLAS; all else is the SDK's. The backend to copy for a new one.
 *
 * OpenBLAS runs on one thread: its bits depend on their number. The SDK calls it from
 * several, with parts of the work that do not. */
#include <ctype.h>
#include <string.h>

#include <cblas.h>

#include <ltcore/optable.h>

/* The vectors that the processor has and the chosen kernels leave unused, or NULL. Kernels
 * are chosen when the library is loaded, by the processor or by the variable
 * OPENBLAS_CORETYPE, which some environments preset. */
#ifdef __x86_64__
static bool is_one_of(const char *name, const char *const *list)
{
    while (*list && strcmp(name, *list))
        list++;
    return *list != NULL;
}

static const char *unused_vectors(const char *core)
{
    static const char *const avx512[] = { "SkylakeX", "Cooperlake", "SapphireRapids", NULL };
    static const char *const avx2[] = { "Haswell", "Zen", NULL };
    if (is_one_of(core, avx512))
        return NULL;
    if (__builtin_cpu_supports("avx512f"))
        return "AVX-512";
    return __builtin_cpu_supports("avx2") && !is_one_of(core, avx2) ? "AVX2" : NULL;
}
#else
static const char *unused_vectors(const char *core)
{
    (void)core;
    return NULL;
}
#endif

static ltc_status blas_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    (void)opts, (void)dev, (void)err;
    openblas_set_num_threads(1);
    const char *unused = unused_vectors(openblas_get_corename());
    if (unused && LTC_HAS(h, log))
        h->log(h, LTC_LOG_WARNING,
               "OpenBLAS runs its kernels for %s and leaves this processor's %s unused: unset "
               "OPENBLAS_CORETYPE, or install an OpenBLAS built with DYNAMIC_ARCH",
               openblas_get_corename(), unused);
    return LTC_OK;
}

/* "cpu-blas/2 OpenBLAS 0.3.21 SkylakeX": library and version are the first two words of its configuration. */
static ltc_status blas_identity(void *dev, char *text, size_t n, ltc_error *err)
{
    (void)dev;
    const char *config = openblas_get_config();
    size_t end = 0;
    for (int words = 0; words < 2; words++) {
        while (isspace((unsigned char)config[end]))
            end++;
        while (config[end] && !isspace((unsigned char)config[end]))
            end++;
    }
    const int used = snprintf(text, n, "cpu-blas/2 %.*s %s", (int)end, config, openblas_get_corename());
    return used >= 0 && (size_t)used < n
               ? LTC_OK
               : ltc_fail(err, LTC_EINTERNAL, "no room for the identity in %zu bytes", n);
}

static ltc_status blas_gemm(void *dev, const ltc_gemm *g)
{
    (void)dev;
    for (uint32_t r = 0; r < g->batch; r++)
        cblas_sgemm(CblasRowMajor, g->trans_a ? CblasTrans : CblasNoTrans,
                    g->trans_b ? CblasTrans : CblasNoTrans, (int)g->m, (int)g->n, (int)g->k, g->alpha,
                    g->a + r * g->stride_a, (int)g->lda, g->b + r * g->stride_b, (int)g->ldb, g->beta,
                    g->c + r * g->stride_c, (int)g->ldc);
    return LTC_OK;
}

const ltc_optable ltc_optable_table = {
    .flags = LTC_OT_HOST | LTC_OT_FTZ, .open = blas_open, .identity = blas_identity, .gemm = blas_gemm,
};
static const ltc_module blas = {
    LTC_MODULE(LTC_BACKEND, ltc_optable_ops), .name = "cpu-blas", .version = "1.0",
    .summary = "OpenBLAS matrix products, reference kernels for the rest",
};
LTC_PLUGIN(&blas);
