/* Owns the options under which tests open the emulated device: of one backend at a time. */
#include "emulated_rig.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

const ltc_optimizer lt_emulated_adam = {
    .size = sizeof lt_emulated_adam, .kind = LTC_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-4,
    .weight_decay = 0.01, .decay_roles = ~0u,
};

/* The options' block. */
static struct { int64_t device; double sparse; int64_t convolution; } options;
static const ltc_backend_ops *real;

static ltc_status open_with_options(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    (void)opts;
    return real->open(h, &options, dev, err);
}

ltc_backend_ops lt_emulated_by(const char *folder, int64_t device, int64_t convolution)
{
    char path[1024];
    snprintf(path, sizeof path, TEST_BINARY_DIR "/tests/gpu/%s/backends/cuda.so", folder);
    void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    const ltc_plugin *plugin = dlsym(file, "ltc_plugin_v0");
    CU_ASSERT_PTR_NOT_NULL_FATAL(plugin);
    real = plugin->module[0]->ops;
    options.device = device, options.sparse = 0, options.convolution = convolution;
    ltc_backend_ops ops = *real;
    ops.open = open_with_options;
    return ops;
}

ltc_backend_ops lt_emulated(int64_t device)
{
    return lt_emulated_by("plugins", device, LT_OWN);
}

ltc_backend_ops lt_emulated_with(int64_t device, double sparse)
{
    const ltc_backend_ops ops = lt_emulated(device);
    options.sparse = sparse;
    return ops;
}

ltc_backend_ops lt_emulated_cudnn(void)
{
    return lt_emulated_by("plugins", 0, LT_CUDNN);
}

void lt_assert_same(const lt_trained *a, lt_trained *b)
{
    CU_ASSERT_EQUAL(memcmp(a->state, b->state, a->bytes), 0);
    CU_ASSERT(!(a->loss < b->loss || a->loss > b->loss || a->told < b->told || a->told > b->told));
    free(b->state);
}

lt_trained lt_take(lt_rig *rig, const float *told, uint32_t steps)
{
    lt_trained t = { .bytes = lt_rig_state_bytes(rig), .loss = lt_rig_eval(rig, 7, 130, NULL) };
    for (uint32_t s = 0; s < steps; s++)
        t.told += isfinite(told[s]) ? told[s] : 0;
    t.state = malloc(t.bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.state);
    lt_rig_state(rig, t.state);
    return t;
}
