/* A plug-in that does what none should: work while it is loaded. WORK: the statement. */
#include <fenv.h>
#include <signal.h>
#include <stdlib.h>
#include <ltcore/mask.h>

__attribute__((constructor)) static void work(void)
{
    WORK;
}

static ltc_status score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *s,
                        ltc_error *err)
{
    (void)self, (void)env, (void)err;
    for (size_t i = 0; i < t->n; i++)
        s[i] = (float)i;
    return LTC_OK;
}

static const ltc_mask_ops ops = { LTC_MASK_OPS, .score = score };
static const ltc_module module = {
    LTC_MODULE(LTC_MASK, ops), .name = NAME, .version = "1.0", .summary = "works too early",
};
LTC_PLUGIN(&module);
