/* Structs of three builds cross the border: this core's own, one where every struct is 64 bytes larger, and
 * one where they are smaller. The plug-ins read and write everything that their builds know; sanitizers look
 * on. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "plugin/host.h"
#include "plugin/kind.h"
#include "plugin/loader.h"

static const char *const builds[] = { "same", "larger", "smaller" };

typedef struct loaded {
    lt_arena arena;
    lt_offer offer;
} loaded;

static void load(const char *file, loaded *l)
{
    char path[512];
    ltc_error err = { .message = "" };
    memset(l, 0, sizeof *l);
    snprintf(path, sizeof path, TEST_BINARY_DIR "/tests/plugins/%s.so", file);
    if (lt_loader_load(path, &l->arena, &l->offer, &err))
        fprintf(stderr, "%s\n", err.message);
    CU_ASSERT_EQUAL_FATAL(l->offer.n, 4);
}

static const lt_module *module_of(const loaded *l, uint32_t kind)
{
    for (size_t i = 0; i < l->offer.n; i++)
        if (l->offer.module[i].info.kind == kind)
            return &l->offer.module[i];
    return NULL;
}

#define EACH_BUILD(l) \
    for (size_t i_ = 0; i_ < sizeof builds / sizeof builds[0]; i_++, lt_arena_free(&(l).arena)) \
        if (load(builds[i_], &(l)), true)
#define LEND(x, published) lt_lend(&(x), 1, published, sizeof(x))
#define CHECK(call) \
    do { \
        ltc_error err = { .message = "" }; \
        const ltc_status st = (call); \
        if (st) \
            fprintf(stderr, "%s\n", err.message); \
        CU_ASSERT_EQUAL(st, LTC_OK); \
    } while (0)

static void struct_sizes_are_what_the_test_means(void)
{
    loaded same, other;
    load("same", &same);
    for (size_t b = 1; b < 3; b++) {
        load(builds[b], &other);
        for (uint32_t kind = LT_KIND_FIRST; kind <= LT_KIND_LAST; kind++) {
            int changed = 0;
            for (const lt_slot *s = lt_kind_get(kind)->sizes; s->name; s++) {
                uint32_t own, its;
                memcpy(&own, (const char *)&module_of(&same, kind)->ops + s->offset, sizeof own);
                memcpy(&its, (const char *)&module_of(&other, kind)->ops + s->offset, sizeof its);
                CU_ASSERT_TRUE(b == 1 ? its == own + 64 : its <= own);
                changed += its != own;
            }
            CU_ASSERT_TRUE(changed > 0);
        }
        lt_arena_free(&other.arena);
    }
    lt_arena_free(&same.arena);
}

static void options_are_read_at_any_stride(void)
{
    loaded l;
    EACH_BUILD(l) {
        const ltc_schema *s = &module_of(&l, LTC_MASK)->schema;
        CU_ASSERT_EQUAL_FATAL(s->n_opts, 2);
        CU_ASSERT_EQUAL(s->opt_size, sizeof(ltc_opt));
        CU_ASSERT_STRING_EQUAL(s->opt[1].name, "second");
        CU_ASSERT_EQUAL(s->opt[1].flags, LTC_OPT_BELOW);
        CU_ASSERT_PTR_NULL(s->opt[1].choices);
    }
}

static void missing_slots_are_null(void)
{
    loaded l;
    EACH_BUILD(l) {
        CU_ASSERT_PTR_NULL(module_of(&l, LTC_MASK)->ops.mask.flags_of);
        CU_ASSERT_PTR_NULL(module_of(&l, LTC_BACKEND)->ops.backend.tune);
        CU_ASSERT_PTR_NOT_NULL(module_of(&l, LTC_BACKEND)->ops.backend.eval);
    }
}

static ltc_host *make_host(uint32_t host_size)
{
    const lt_services none = { .log = NULL };
    ltc_host *host = NULL;
    CHECK(lt_host_create(&none, "resized", 1, host_size, NULL, &host, &err));
    return host;
}

static void masks_read_what_they_are_lent(void)
{
    loaded l;
    EACH_BUILD(l) {
        const ltc_mask_ops *ops = &module_of(&l, LTC_MASK)->ops.mask;
        const float w[3] = { 1, 2, 3 };
        const uint8_t alive[3] = { 1, 1, 1 };
        float score[3] = { 0 };
        void *self = NULL;
        ltc_host *host = make_host(ops->host_size);
        const ltc_mask_env e = { .size = sizeof e, .round = 1, .host = host };
        const ltc_mask_tensor t = { .size = sizeof t, .n = 3, .w_final = w, .mask = alive };
        const ltc_mask_group g = { .size = sizeof g, .n_channels = 3, .alive = alive };
        ltc_mask_env *env = LEND(e, ops->mask_env_size);
        ltc_mask_tensor *tensor = LEND(t, ops->mask_tensor_size);
        ltc_mask_group *group = LEND(g, ops->mask_group_size);
        const ltc_mask_tensor *const all[] = { tensor };
        CHECK(ops->create(host, NULL, &self, &err));
        CHECK(ops->score(self, env, tensor, score, &err));
        CU_ASSERT_EQUAL(score[2], 3);
        CHECK(ops->score_group(self, env, group, all, score, &err));
        CU_ASSERT_EQUAL(score[2], 1);
        ops->destroy(self);
        free(env), free(tensor), free(group);
        lt_host_destroy(host);
    }
}

static void datasets_fill_what_they_are_lent(void)
{
    loaded l;
    EACH_BUILD(l) {
        const ltc_dataset_ops *ops = &module_of(&l, LTC_DATASET)->ops.dataset;
        ltc_host *host = make_host(ops->host_size);
        void *self = NULL;
        ltc_dataset_info *info = lt_lend(NULL, 1, ops->dataset_info_size, sizeof *info);
        CHECK(ops->open(host, NULL, &self, &err));
        CHECK(ops->info(self, info, &err));
        CU_ASSERT_EQUAL(info->rank, 3);
        CU_ASSERT_EQUAL(info->split[1].count, 2);
        CU_ASSERT_PTR_NULL(info->mean);
        free(info);
        lt_host_destroy(host);
    }
}

/* A builder that counts, and whose one shape is lent too. */
typedef struct counter {
    int        params, nodes;
    ltc_value *shape;
} counter;

static ltc_val count_param(ltc_builder *b, const char *name, uint32_t role, uint32_t rank, const int64_t *dim,
                           const ltc_init *init)
{
    (void)name, (void)role, (void)init;
    CU_ASSERT_TRUE(rank == 2 && dim[0] == 10 && dim[1] == 5);
    ((counter *)b->impl)->params++;
    return (ltc_val){ 2 };
}

static ltc_val count_node(ltc_builder *b, uint32_t op, const char *name, const ltc_val *in, uint32_t n_in,
                          const void *desc, uint32_t desc_size)
{
    (void)op, (void)name, (void)desc, (void)desc_size;
    CU_ASSERT_TRUE(n_in == 2 && in[0].id == 1 && in[1].id == 2);
    ((counter *)b->impl)->nodes++;
    return (ltc_val){ 3 };
}

static const ltc_value *give_shape(ltc_builder *b, ltc_val v)
{
    (void)v;
    return ((counter *)b->impl)->shape;
}

static void architectures_call_what_they_are_lent(void)
{
    loaded l;
    EACH_BUILD(l) {
        const ltc_arch_ops *ops = &module_of(&l, LTC_ARCH)->ops.arch;
        const ltc_value five = { .kind = LTC_SAMPLE, .rank = 1, .dim = { 5, 1, 1, 1 } };
        counter c = { .shape = LEND(five, ops->value_size) };
        const ltc_builder mine = { .size = sizeof mine, .n_classes = 10, .input = { 1 }, .impl = &c,
                                   .param = count_param, .emit = count_node, .shape = give_shape };
        ltc_builder *b = LEND(mine, ops->builder_size);
        ltc_val logits = { 0 };
        CHECK(ops->build(NULL, b, &logits, &err));
        CU_ASSERT_TRUE(c.params == 1 && c.nodes == 1 && logits.id == 3);
        free(b), free(c.shape);
    }
}

/* A graph of one node, in the sizes of the backend's build. */
typedef struct lent_graph {
    ltc_graph *graph;
    void *node, *param, *value;
} lent_graph;

static lent_graph lend_graph(const ltc_backend_ops *ops)
{
    static const ltc_value value[4] = { { .rank = 1 }, { .rank = 1 }, { .rank = 2 }, { .rank = 1 } };
    static const ltc_param param[2] = { { .name = "w", .value = 2, .n = 50 },
                                        { .name = "b", .value = 2, .n = 10 } };
    static const ltc_node node[2] = { { .op = 3, .n_in = 2, .out = 3 }, { .op = 2, .n_in = 1, .out = 3 } };
    lent_graph l = {
        .node = lt_lend(node, 2, ops->node_size, sizeof node[0]),
        .param = lt_lend(param, 2, ops->param_size, sizeof param[0]),
        .value = lt_lend(value, 4, ops->value_size, sizeof value[0]),
    };
    const ltc_graph g = {
        .size = sizeof g, .node_size = (uint32_t)lt_lent_size(ops->node_size, sizeof node[0]),
        .param_size = (uint32_t)lt_lent_size(ops->param_size, sizeof param[0]),
        .value_size = (uint32_t)lt_lent_size(ops->value_size, sizeof value[0]),
        .n_nodes = 2, .n_params = 2, .n_values = 4, .node = l.node, .param = l.param, .value = l.value,
    };
    l.graph = LEND(g, ops->graph_size);
    return l;
}

static void plan_and_compile(const ltc_backend_ops *ops, const lent_graph *g)
{
    const ltc_optimizer o = { .size = sizeof o, .kind = LTC_SGD };
    const ltc_input in = { .size = sizeof in, .sample_type = LTC_F32 };
    ltc_compile_req r = { .size = sizeof r, .batch = 2, .n_replicas = 1, .graph = g->graph };
    ltc_optimizer *optimizer = LEND(o, ops->optimizer_size);
    ltc_input *input = LEND(in, ops->input_size);
    r.optimizer = optimizer, r.input = input;
    ltc_compile_req *request = LEND(r, ops->compile_req_size);
    ltc_plan *plan = lt_lend(NULL, 1, ops->plan_size, sizeof *plan);
    void *prog = NULL;
    CHECK(ops->plan(NULL, request, plan, &err));
    CU_ASSERT_EQUAL(plan->max_replicas, 4);
    CHECK(ops->compile(NULL, request, &prog, &err));
    free(optimizer), free(input), free(request), free(plan);
}

static void train_and_evaluate(const ltc_backend_ops *ops)
{
    const float lr[2] = { 0.5f, 0.25f };
    float loss[2] = { 0 };
    double sum = 0;
    const ltc_train_req tr = { .size = sizeof tr, .n_steps = 2, .lr = lr };
    const ltc_train_out to = { .size = sizeof to, .loss = loss };
    const ltc_eval_req er = { .size = sizeof er, .count = 9 };
    const ltc_eval_out eo = { .size = sizeof eo, .loss = &sum };
    ltc_train_req *train = LEND(tr, ops->train_req_size);
    ltc_train_out *trained = LEND(to, ops->train_out_size);
    ltc_eval_req *eval = LEND(er, ops->eval_req_size);
    ltc_eval_out *evaluated = LEND(eo, ops->eval_out_size);
    CHECK(ops->train(NULL, train, trained, &err));
    CU_ASSERT_EQUAL(loss[1], 0.25f);
    CHECK(ops->eval(NULL, eval, evaluated, &err));
    CU_ASSERT_EQUAL(sum, 9);
    free(train), free(trained), free(eval), free(evaluated);
}

static void backends_read_and_fill_what_they_are_lent(void)
{
    loaded l;
    EACH_BUILD(l) {
        const ltc_backend_ops *ops = &module_of(&l, LTC_BACKEND)->ops.backend;
        ltc_host *host = make_host(ops->host_size);
        void *dev = NULL, *data = NULL;
        const ltc_data_desc d = { .size = sizeof d, .sample_type = LTC_U8 };
        ltc_data_desc *desc = LEND(d, ops->data_desc_size);
        lent_graph g = lend_graph(ops);
        CHECK(ops->open(host, NULL, &dev, &err));
        CHECK(ops->data_open(dev, desc, &data, &err));
        plan_and_compile(ops, &g);
        train_and_evaluate(ops);
        free(desc), free(g.graph), free(g.node), free(g.param), free(g.value);
        lt_host_destroy(host);
    }
}

static void what_a_request_says_beyond_this_core_is_refused(void)
{
    struct { uint32_t size, type, more; } request = { 12, 1, 0 };
    struct { uint32_t size, type; } own = { 0, 0 };
    CU_ASSERT_TRUE(lt_adopt_request(&own, sizeof own, &request, request.size));
    CU_ASSERT_EQUAL(own.type, 1);
    request.more = request.type = 2;
    CU_ASSERT_FALSE(lt_adopt_request(&own, sizeof own, &request, request.size));
    CU_ASSERT_EQUAL(own.type, 1);
}

static void unknown_codes_are_internal_errors(void)
{
    CU_ASSERT_EQUAL(lt_status(LTC_OK), LTC_OK);
    CU_ASSERT_EQUAL(lt_status(LTC_ECANCELLED), LTC_ECANCELLED);
    CU_ASSERT_EQUAL(lt_status(1), LTC_EINTERNAL);
    CU_ASSERT_EQUAL(lt_status(-10), LTC_EINTERNAL);
}

static const lt_test claims[] = {
    { "struct sizes are what the test means", struct_sizes_are_what_the_test_means },
    { "options are read at any stride", options_are_read_at_any_stride },
    { "missing slots are NULL", missing_slots_are_null },
    { "masks read what they are lent", masks_read_what_they_are_lent },
    { "datasets fill what they are lent", datasets_fill_what_they_are_lent },
    { "architectures call what they are lent", architectures_call_what_they_are_lent },
    { "backends read and fill what they are lent", backends_read_and_fill_what_they_are_lent },
    { "what a request says beyond this core is refused", what_a_request_says_beyond_this_core_is_refused },
    { "unknown codes are internal errors", unknown_codes_are_internal_errors },
};

int main(void)
{
    return lt_suite_run("border", claims, sizeof claims / sizeof claims[0]);
}
