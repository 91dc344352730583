/* Owns the networks and the criterion of the tests of pruning. */
#include "prune_rig.h"

#include <CUnit/CUnit.h>
#include <string.h>
#include <xmmintrin.h>

const lt_services rig_services = { .log = NULL };

ltc_status rig_tiny(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    ltc_val x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 3 }));
    *logits = ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

/* Two hidden layers and the output. */
static ltc_val three_linear(ltc_builder *b, ltc_val x, int64_t first, int64_t second)
{
    x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, x), "fc1", (ltc_linear_args){ .out = first }));
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = second }));
    return ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
}

ltc_status rig_lenet(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    *logits = three_linear(b, b->input, 300, 100);
    return LTC_OK;
}

static ltc_status conv(int blocks, ltc_builder *b, ltc_val *logits)
{
    ltc_val x = b->input;
    char name[16];
    for (int i = 0; i < 2 * blocks; i++) {
        snprintf(name, sizeof name, "conv%d", i + 1);
        x = ltc_relu(b, ltc_conv2d(b, x, name, (ltc_conv2d_args){ .out = 64 << i / 2, .pad = 1 }));
        if (i % 2)
            x = ltc_max_pool(b, x, (ltc_pool_args){ .size = 2 });
    }
    *logits = three_linear(b, x, 256, 256);
    return LTC_OK;
}

ltc_status rig_conv2(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    return conv(1, b, logits);
}

ltc_status rig_conv4(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    return conv(2, b, logits);
}

ltc_status rig_conv6(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    return conv(3, b, logits);
}

ltc_status rig_residual(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    ltc_val x = ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 4, .pad = 1, .no_bias = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn1", (ltc_batch_norm_args){ 0 }));
    b->scope(b, "layer1");
    ltc_val y = ltc_conv2d(b, x, "conv", (ltc_conv2d_args){ .out = 8, .pad = 1, .stride = 2 });
    ltc_val s = ltc_conv2d(b, x, "downsample.0",
                           (ltc_conv2d_args){ .out = 8, .kernel = 1, .stride = 2, .no_bias = 1 });
    b->tag(b, s, LTC_ROLE_SHORTCUT);
    s = ltc_batch_norm(b, s, "downsample.1", (ltc_batch_norm_args){ 0 });
    b->scope(b, NULL);
    x = ltc_linear(b, ltc_global_pool(b, ltc_relu(b, ltc_add(b, y, s))), "hidden",
                   (ltc_linear_args){ .out = 6 });
    *logits = ltc_linear(b, ltc_relu(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

lt_graph rig_graph(rig_build *build)
{
    static const int64_t tiny[3] = { 4, 1, 1 }, mnist[3] = { 1, 28, 28 }, cifar[3] = { 3, 32, 32 };
    lt_module m = { .info = { .kind = LTC_ARCH, .name = "network" } };
    m.ops.arch = (ltc_arch_ops){ LTC_ARCH_OPS, .build = build };
    const lt_graph_request r = {
        .arch = &m, .n_classes = build == rig_tiny ? 2 : 10, .rank = 3,
        .dim = build == rig_tiny ? tiny : build == rig_lenet ? mnist : cifar,
    };
    lt_graph g = { 0 };
    ltc_error err = { .message = "" };
    if (lt_graph_build(&r, &g, &err))
        CU_FAIL_FATAL("a network of the rig is not built");
    return g;
}

uint32_t rig_param(const lt_graph *g, const char *name)
{
    for (uint32_t p = 0; p < g->view.n_params; p++)
        if (!strcmp(g->view.param[p].name, name))
            return p;
    CU_FAIL_FATAL("there is no such parameter");
    return 0;
}

lt_masks rig_masks(const lt_graph *g, const char *const *layers, uint64_t n)
{
    const lt_settings s = { .prune.layers = { layers, n } };
    uint8_t eligible[64];
    lt_masks m = { 0 };
    ltc_error err;
    CU_ASSERT_FATAL(g->view.n_params <= sizeof eligible);
    CU_ASSERT_EQUAL_FATAL(lt_eligible(&g->view, &s, eligible, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(lt_masks_create(&g->view, eligible, &m, &err), LTC_OK);
    return m;
}

lt_masks rig_all_weights(const lt_graph *g)
{
    static const char *const both[] = { "conv", "linear" };
    return rig_masks(g, both, 2);
}

uint64_t rig_alive(const lt_graph *g, const lt_masks *m, uint32_t p)
{
    return lt_mask_alive(m->mask[p], g->view.param[p].n);
}

static ltc_status answer(const rig_criterion *c, const ltc_mask_env *env, const ltc_mask_tensor *t, size_t n,
                         ltc_error *err)
{
    if (c->flushes)
        _mm_setcsr(_mm_getcsr() | 0x8040u);
    if (c->seen)
        *c->seen = (rig_seen){ c->seen->calls + 1, (unsigned)n, env->round,  env->key,   env->density_now,
                               env->density_goal,  t->w_init,   t->w_rewind, t->w_final, t->w_dense };
    if (c->blames)
        return ltc_fail_opt(err, c->blames, "%s", c->says);
    if (c->says)
        return ltc_fail(err, c->returns, "%s", c->says);
    return c->returns;
}

static ltc_status rig_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *score,
                            ltc_error *err)
{
    const rig_criterion *c = self;
    const uint32_t start = (c->draw * 8 + t->index) * 40503u;
    const bool told = t->index < 8 && c->score[t->index];
    for (size_t i = 0; i < t->n; i++)         /* else multiples of the golden section: cheap, well mixed */
        score[i] = told ? c->score[t->index][i] : (float)(((uint32_t)i + start) * 2654435769u);
    return answer(c, env, t, 1, err);
}

static ltc_status rig_select_all(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                 size_t n, uint8_t *const *mask, ltc_error *err)
{
    const rig_criterion *c = self;
    for (size_t i = 0; i < n; i++)
        memcpy(mask[i], t[i]->index < 8 && c->mask[t[i]->index] ? c->mask[t[i]->index] : t[i]->mask, t[i]->n);
    return answer(c, env, t[0], n, err);
}

static uint32_t rig_flags_of(const void *self)
{
    return ((const rig_criterion *)self)->flags;
}

lt_module rig_scorer(void)
{
    return (lt_module){ .info = { .size = sizeof(ltc_module), .kind = LTC_MASK, .name = "rig" },
                        .ops.mask = { LTC_MASK_OPS, .score = rig_score, .flags_of = rig_flags_of } };
}

lt_module rig_selector(void)
{
    return (lt_module){ .info = { .size = sizeof(ltc_module), .kind = LTC_MASK, .name = "rig" },
                        .ops.mask = { LTC_MASK_OPS, .select = rig_select_all, .flags_of = rig_flags_of } };
}

lt_selection_request rig_request(const lt_graph *g, const lt_module *m, const rig_criterion *c,
                                 const lt_masks *before)
{
    return (lt_selection_request){
        .graph = &g->view, .criterion = m, .options = c, .services = &rig_services, .scope = LT_SCOPE_LAYER,
        .budget = { .kind = LT_BUDGET_RATE, .value = 0.5, .output = 1 }, .round = 3, .key = { 1, 2 },
        .before = before,
    };
}

lt_masks rig_select(const lt_selection_request *r)
{
    lt_masks m = { 0 };
    ltc_error err = { .message = "" };
    const ltc_status st = lt_select(r, &m, &err);
    if (st)
        fprintf(stderr, "\n%d: %s\n", st, err.message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
    return m;
}

void rig_refused(const lt_selection_request *r, ltc_status expected, const char *says)
{
    lt_masks m = { 0 };
    ltc_error err;
    const ltc_status st = lt_select(r, &m, &err);
    if (st != expected || !strstr(err.message, says))
        fprintf(stderr, "\nexpected \"%s\", got %d \"%s\"\n", says, st, err.message);
    CU_ASSERT_EQUAL(st, expected);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, says));
    CU_ASSERT_PTR_NULL(m.mask);
    lt_masks_free(&m);
}
