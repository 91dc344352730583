/* Owns the registry of the build directory's plug-ins, and the weights of a tiny network. */
#include "masks_rig.h"

#include <CUnit/CUnit.h>
#include <string.h>

static lt_registry *registry;

const lt_module *rig_module(const char *name)
{
    static const char *const dir[] = { TEST_BINARY_DIR "/lib/ltcore/plugins" };
    const lt_module *m = NULL;
    ltc_error err = { .message = "" };
    if (!registry && lt_registry_open(dir, 1, NULL, NULL, &registry, &err))
        CU_FAIL_FATAL("the registry does not open");
    if (lt_registry_find(registry, LTC_MASK, name, &m, &err)) {
        fprintf(stderr, "\n%s\n", err.message);
        CU_FAIL_FATAL("the module was not built");
    }
    return m;
}

void rig_modules_close(void)
{
    lt_registry_close(registry);
    registry = NULL;
}

void rig_net_make(rig_net *n)
{
    *n = (rig_net){ .g = rig_graph(rig_tiny) };
    n->before = rig_all_weights(&n->g);
    n->init_of[FC1] = n->init, n->init_of[FC2] = n->init + RIG_FC1;
    n->final_of[FC1] = n->final, n->final_of[FC2] = n->final + RIG_FC1;
    n->init_of[FC1_BIAS] = n->init_of[FC2_BIAS] = n->final_of[FC1_BIAS] = n->final_of[FC2_BIAS] = n->bias;
}

void rig_net_drop(rig_net *n)
{
    lt_masks_free(&n->before);
    lt_graph_free(&n->g);
}

/* Where weight i lies in a selection. */
static uint8_t *place(const lt_masks *m, size_t i)
{
    return i < RIG_FC1 ? m->mask[FC1] + i : m->mask[FC2] + i - RIG_FC1;
}

void rig_net_alive(rig_net *n, const char *bits)
{
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        *place(&n->before, i) = bits[i] == '1';
}

lt_selection_request rig_net_request(const rig_net *n, const char *module, const void *options)
{
    lt_selection_request r = rig_request(&n->g, rig_module(module), NULL, &n->before);
    r.options = options, r.budget.value = 0.4;
    r.init = n->init_of, r.final = n->final_of;
    return r;
}

void rig_net_bits(const lt_masks *m, char bits[RIG_WEIGHTS + 1])
{
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        bits[i] = *place(m, i) ? '1' : '0';
    bits[RIG_WEIGHTS] = '\0';
}
