/* Claims about building networks: shapes, roles, refusals, canonical text. */
#include "graph/graph.h"

#include <ltcore/ops.h>
#include <fenv.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "suite.h"
#include "util/digest.h"

#define GOLDEN_LENET    "1314c7769622bbf560c4dfd8be076f0e47a8c052617b0520db9f0eb9f4ecdf9d"
#define GOLDEN_POOLED   "6e38ceedbb74731ecd737c483f0a5d6a2f25b53125a1e78c5a508fe9cdf64813"
#define GOLDEN_RESIDUAL "3f7fc6bfb39db18e1be0dcde47a61c9474cd5d1d9af8d31a619c78246bbcc881"
static const int64_t mnist[3] = { 1, 28, 28 }, cifar[3] = { 3, 32, 32 };

/* A module around a build function, as the registry would have adopted it. */
static lt_module module_of(ltc_status (*build)(const void *, ltc_builder *, ltc_val *, ltc_error *))
{
    lt_module m = { .info = { .kind = LTC_ARCH, .name = "net" } };
    m.ops.arch = (ltc_arch_ops){ LTC_ARCH_OPS, .build = build };
    return m;
}

static ltc_status build(ltc_status (*fn)(const void *, ltc_builder *, ltc_val *, ltc_error *),
                        const int64_t *dim, lt_graph *g, ltc_error *err)
{
    const lt_module m = module_of(fn);
    const lt_graph_request r = { .arch = &m, .n_classes = 10, .rank = 3, .dim = dim };
    *g = (lt_graph){ 0 };
    *err = (ltc_error){ .message = "" };
    return lt_graph_build(&r, g, err);
}

static ltc_status lenet(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    ltc_val x = ltc_flatten(b, b->input);
    x = ltc_relu(b, ltc_linear(b, x, "fc1", (ltc_linear_args){ .out = 300 }));
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 100 }));
    *logits = ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

/* Two residual blocks, the second with a shortcut, every kind of operation. */
static ltc_status residual(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    ltc_val x = ltc_conv2d(b, b->input, "conv1", (ltc_conv2d_args){ .out = 8, .pad = 1, .no_bias = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn1", (ltc_batch_norm_args){ 0 }));
    b->scope(b, "layer1");
    ltc_val y = ltc_conv2d(b, x, "conv", (ltc_conv2d_args){ .out = 16, .pad = 1, .stride = 2, .groups = 2 });
    ltc_val s = ltc_conv2d(b, x, "downsample.0", (ltc_conv2d_args){ .out = 16, .kernel = 1, .stride = 2 });
    b->tag(b, s, LTC_ROLE_SHORTCUT);
    x = ltc_relu(b, ltc_add(b, y, s));
    b->scope(b, NULL);
    ltc_val both[2] = { ltc_max_pool(b, x, (ltc_pool_args){ 2, 2, 0 }),
                        ltc_avg_pool(b, x, (ltc_pool_args){ 2, 2, 0 }) };
    x = ltc_dropout(b, ltc_global_pool(b, ltc_concat(b, both, 2)), 0.5);
    *logits = ltc_linear(b, x, "fc", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

/* The operations that are not in that one. */
static ltc_status pooled(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    ltc_val x = ltc_pad_channels(b, ltc_adaptive_pool(b, b->input, 7, 40), 1, 2);
    *logits = ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

static const ltc_param *param_named(const lt_graph *g, const char *name)
{
    for (uint32_t i = 0; i < g->view.n_params; i++)
        if (!strcmp(g->view.param[i].name, name))
            return &g->view.param[i];
    return NULL;
}

static void lenet_has_266610_parameters(void)
{
    lt_graph g;
    ltc_error err;
    CU_ASSERT_FATAL(build(lenet, mnist, &g, &err) == LTC_OK);
    CU_ASSERT(lt_graph_param_count(&g) == 266610);
    CU_ASSERT(lt_graph_macs(&g) == 266200);
    CU_ASSERT(g.view.n_params == 6);
    CU_ASSERT_PTR_NOT_NULL(param_named(&g, "fc1.weight"));
    lt_graph_free(&g);
}

static void shapes_of_every_operation_are_inferred(void)
{
    lt_graph g;
    ltc_error err;
    CU_ASSERT_FATAL(build(residual, cifar, &g, &err) == LTC_OK);
    const ltc_node *concat = NULL, *conv = NULL;
    for (uint32_t i = 0; i < g.view.n_nodes; i++) {
        concat = g.view.node[i].op == LTC_OP_CONCAT ? &g.view.node[i] : concat;
        conv = !strcmp(g.view.node[i].name, "layer1.conv") ? &g.view.node[i] : conv;
    }
    CU_ASSERT_FATAL(concat && conv);
    const ltc_value *c = &g.view.value[concat->out], *v = &g.view.value[conv->out];
    CU_ASSERT(c->rank == 3 && c->dim[0] == 32 && c->dim[1] == 8 && c->dim[2] == 8);
    CU_ASSERT(v->rank == 3 && v->dim[0] == 16 && v->dim[1] == 16 && v->dim[2] == 16);
    CU_ASSERT(lt_graph_macs(&g) == 3 * 9 * 8 * 1024 + 4 * 9 * 16 * 256 + 8 * 16 * 256 + 320);
    lt_graph_free(&g);
    CU_ASSERT_FATAL(build(pooled, cifar, &g, &err) == LTC_OK);
    const ltc_value *pool = &g.view.value[g.view.node[0].out], *pad = &g.view.value[g.view.node[1].out];
    CU_ASSERT(pool->rank == 3 && pool->dim[0] == 3 && pool->dim[1] == 7 && pool->dim[2] == 40);
    CU_ASSERT(pad->rank == 3 && pad->dim[0] == 6 && pad->dim[1] == 7 && pad->dim[2] == 40);
    CU_ASSERT(lt_graph_macs(&g) == 6 * 7 * 40 * 10);
    lt_graph_free(&g);
}

static void the_output_layer_is_found_and_the_shortcut_tagged(void)
{
    lt_graph g;
    ltc_error err;
    CU_ASSERT_FATAL(build(residual, cifar, &g, &err) == LTC_OK);
    CU_ASSERT(param_named(&g, "fc.weight")->role == (LTC_ROLE_WEIGHT | LTC_ROLE_OUTPUT));
    CU_ASSERT(param_named(&g, "fc.bias")->role == (LTC_ROLE_BIAS | LTC_ROLE_OUTPUT));
    CU_ASSERT(param_named(&g, "layer1.conv.weight")->role == LTC_ROLE_WEIGHT);
    CU_ASSERT(param_named(&g, "layer1.downsample.0.weight")->role == (LTC_ROLE_WEIGHT | LTC_ROLE_SHORTCUT));
    CU_ASSERT(param_named(&g, "bn1.running_var")->trained == 0);
    CU_ASSERT(param_named(&g, "bn1.weight")->trained == 1);
    lt_graph_free(&g);
}

/* Networks that are wrong, one fault each. */
#define WRONG(name, body) \
    static ltc_status name(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err) \
    { (void)o, (void)err; body return LTC_OK; }
WRONG(no_logits, (void)b; *logits = (ltc_val){ 0 };)
WRONG(wrong_classes, *logits = ltc_linear(b, ltc_flatten(b, b->input), "fc", (ltc_linear_args){ .out = 7 });)
WRONG(not_flat, *logits = ltc_linear(b, b->input, "fc", (ltc_linear_args){ .out = 10 });)
WRONG(small_image, ltc_val x = ltc_conv2d(b, b->input, "c", (ltc_conv2d_args){ .out = 2, .kernel = 99 });
      *logits = ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = 10 });)
WRONG(same_name, ltc_val x = ltc_linear(b, ltc_flatten(b, b->input), "fc", (ltc_linear_args){ .out = 10 });
      *logits = ltc_linear(b, x, "fc", (ltc_linear_args){ .out = 10 });)
WRONG(dead_end, ltc_val x = ltc_flatten(b, b->input); ltc_linear(b, x, "lost", (ltc_linear_args){ .out = 3 });
      *logits = ltc_linear(b, x, "fc", (ltc_linear_args){ .out = 10 });)
WRONG(unused_node, ltc_val x = ltc_flatten(b, b->input); ltc_relu(b, x);
      *logits = ltc_linear(b, x, "fc", (ltc_linear_args){ .out = 10 });)
WRONG(open_scope, ltc_val x = ltc_flatten(b, b->input);
      *logits = ltc_linear(b, x, "fc", (ltc_linear_args){ .out = 10 }); b->scope(b, "s");)
WRONG(close_too_much, b->scope(b, NULL); *logits = b->input;)
WRONG(new_op, *logits = b->emit(b, 999, NULL, &b->input, 1, NULL, 0);)
WRONG(bad_desc, uint32_t d = 1; *logits = b->emit(b, LTC_OP_CONV2D, NULL, &b->input, 1, &d, sizeof d);)
WRONG(no_weight, *logits = b->emit(b, LTC_OP_LINEAR, NULL, &b->input, 1, NULL, 0);)
WRONG(too_many, ltc_val two[2]; two[0] = two[1] = b->input;
      *logits = b->emit(b, LTC_OP_RELU, NULL, two, 2, NULL, 0);)
WRONG(blank_name, *logits = ltc_linear(b, ltc_flatten(b, b->input), "f c", (ltc_linear_args){ .out = 10 });)
WRONG(unequal_add, *logits = ltc_add(b, b->input, ltc_flatten(b, b->input));)
WRONG(bad_groups, *logits = ltc_conv2d(b, b->input, "c", (ltc_conv2d_args){ .out = 9, .groups = 2 });)
WRONG(bad_rate, *logits = ltc_dropout(b, ltc_flatten(b, b->input), 1.0);)
WRONG(two_roles, int64_t n = 3; *logits = b->param(b, "p", LTC_ROLE_BIAS | LTC_ROLE_WEIGHT, 1, &n, NULL);)
WRONG(no_elements, int64_t n = 0; *logits = b->param(b, "p", LTC_ROLE_BIAS, 1, &n, NULL);)
WRONG(strange_value, *logits = ltc_relu(b, (ltc_val){ 77 });)
WRONG(big_pad, *logits = ltc_max_pool(b, b->input, (ltc_pool_args){ 2, 2, 2 });)
WRONG(flat_pad, *logits = ltc_pad_channels(b, ltc_flatten(b, b->input), 1, 1);)
WRONG(flat_cells, *logits = ltc_adaptive_pool(b, ltc_flatten(b, b->input), 7, 7);)
WRONG(no_cells, *logits = ltc_adaptive_pool(b, b->input, 7, 0);)
WRONG(wide_pad, *logits = ltc_pad_channels(b, b->input, UINT32_MAX, UINT32_MAX);)
WRONG(many_cells, *logits = ltc_adaptive_pool(b, b->input, 1u << 30, 1u << 30);)

static ltc_status own_failure(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)b, (void)logits;
    return ltc_fail_opt(err, "depth", "must be 6n+2, is %d", 21);
}

static void every_fault_has_a_sentence_that_names_the_operation(void)
{
    static const struct {
        ltc_status (*build)(const void *, ltc_builder *, ltc_val *, ltc_error *);
        const char *says;
    } bad[] = {
        { no_logits, "'net': its logits must be one value of 10 elements" },
        { wrong_classes, "of 10 elements" },
        { not_flat, "fc: its input has 3 dimensions, it takes 1" },
        { small_image, "c: its input is smaller than its window" },
        { same_name, "two parameters are named fc.weight" },
        { dead_end, "lost.weight does not reach the logits" },
        { unused_node, "relu1 does not reach the logits" }, { open_scope, "'s.' was not closed" },
        { close_too_much, "closed that was not opened" }, { new_op, "operation 999 is newer than this core" },
        { bad_desc, "conv2d1: a desc of 4 bytes, conv2d has 16" },
        { no_weight, "linear1: input 1 is missing" },
        { too_many, "relu1: takes 1 input(s), has 2" }, { blank_name, "'f c' below '' is no name" },
        { unequal_add, "add1: its inputs differ in shape" }, { bad_groups, "does not fit 3 channels" },
        { bad_rate, "rate must be in [0, 1)" }, { two_roles, "is not one role" },
        { no_elements, "a shape has 1 to 4" },
        { strange_value, "input 0 is missing" }, { big_pad, "pad at most half" },
        { own_failure, "must be 6n+2, is 21" },
        { flat_pad, "pad_channels1: its input has 1 dimension, it takes 3" },
        { flat_cells, "adaptive_pool1: its input has 1 dimension, it takes 3" },
        { no_cells, "adaptive_pool1: height and width must be at least 1" },
        { wide_pad, "pad_channels1: its output is too large" },
        { many_cells, "adaptive_pool1: its output is too large" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lt_graph g;
        ltc_error err;
        CU_ASSERT(build(bad[i].build, cifar, &g, &err) != LTC_OK);
        if (!strstr(err.message, bad[i].says))
            printf("\n  expected '%s', got '%s'", bad[i].says, err.message);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
    }
}

static ltc_status mute(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)b, (void)logits, (void)err;
    return 4711;
}

static void a_plug_in_that_fails_without_a_word_is_named(void)
{
    lt_graph g;
    ltc_error err;
    CU_ASSERT_EQUAL(build(mute, cifar, &g, &err), LTC_EINTERNAL);
    CU_ASSERT_STRING_EQUAL(
        err.message, "architecture 'net': building the network failed, and the plug-in does not say why");
}

static void a_blamed_option_is_the_key_of_the_configuration(void)
{
    lt_graph g;
    ltc_error err;
    CU_ASSERT_EQUAL(build(own_failure, cifar, &g, &err), LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.option, "arch.depth");
}

static ltc_status rounding_up(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    fesetround(FE_UPWARD);
    return lenet(o, b, logits, err);
}

static char seen[3][200];

/* Looks for the builder's first error before it, behind it, and behind another. */
static ltc_status watching(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    for (int i = 0; i < 3; i++) {
        if (i)
            *logits = i == 1 ? ltc_linear(b, b->input, "first", (ltc_linear_args){ .out = 10 })
                             : ltc_relu(b, *logits);
        snprintf(seen[i], sizeof seen[i], "%s", b->error(b) ? b->error(b) : "well");
    }
    return LTC_OK;
}

static void an_architecture_can_ask_for_the_first_error(void)
{
    lt_graph g;
    ltc_error err;
    CU_ASSERT_EQUAL(build(watching, cifar, &g, &err), LTC_EINVAL);
    CU_ASSERT_STRING_EQUAL(seen[0], "well");
    CU_ASSERT_STRING_EQUAL(seen[1], "first: its input has 3 dimensions, it takes 1");
    CU_ASSERT_STRING_EQUAL(seen[2], seen[1]);
}

static void building_leaves_no_floating_point_mode_behind(void)
{
    const int before = fegetround();
    lt_graph g;
    ltc_error err;
    CU_ASSERT_EQUAL(build(rounding_up, mnist, &g, &err), LTC_OK);
    CU_ASSERT_EQUAL(fegetround(), before);
    lt_graph_free(&g);
}

static void digest_of(const lt_graph *g, char hex[65])
{
    lt_text t = { 0 };
    lt_digest d;
    lt_graph_text(g, &t);
    CU_ASSERT_FATAL(!t.failed && lt_digest_of(t.s, t.n, &d));
    lt_digest_text(&d, hex);
    lt_text_free(&t);
}

/* A change of these is a change of every stored result's identity: it needs a new
 * GRAPH_REVISION, by intent. */
static void the_canonical_text_is_what_it_was(void)
{
    lt_graph g;
    ltc_error err;
    char hex[65];
    CU_ASSERT_FATAL(build(lenet, mnist, &g, &err) == LTC_OK);
    digest_of(&g, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_LENET);
    lt_graph_free(&g);
    CU_ASSERT_FATAL(build(residual, cifar, &g, &err) == LTC_OK);
    digest_of(&g, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_RESIDUAL);
    lt_graph_free(&g);
    CU_ASSERT_FATAL(build(pooled, cifar, &g, &err) == LTC_OK);
    digest_of(&g, hex);
    CU_ASSERT_STRING_EQUAL(hex, GOLDEN_POOLED);
    lt_graph_free(&g);
}

static void a_lent_graph_has_the_strides_that_were_asked_for(void)
{
    lt_graph g;
    ltc_graph *lent;
    ltc_error err;
    CU_ASSERT_FATAL(build(residual, cifar, &g, &err) == LTC_OK);
    const ltc_graph sizes = { .size = sizeof g.view + 64, .node_size = sizeof(ltc_node) + 64,
                              .param_size = sizeof(ltc_param) - 8, .value_size = sizeof(ltc_value) + 8 };
    CU_ASSERT_FATAL(lt_graph_lend(&g, &sizes, &lent, &err) == LTC_OK);
    CU_ASSERT(lent->node_size == sizeof(ltc_node) + 64 && lent->param_size == sizeof(ltc_param));
    for (uint32_t i = 0; i < g.view.n_nodes; i++)
        CU_ASSERT(!memcmp(ltc_graph_node(lent, i), &g.view.node[i], sizeof(ltc_node)));
    for (uint32_t i = 0; i < g.view.n_params; i++)
        CU_ASSERT(!memcmp(ltc_graph_param(lent, i), &g.view.param[i], sizeof(ltc_param)));
    for (uint32_t i = 0; i < g.view.n_values; i++)
        CU_ASSERT(!memcmp(ltc_graph_value(lent, i), &g.view.value[i], sizeof(ltc_value)));
    const char *tail = (const char *)ltc_graph_node(lent, 0) + sizeof(ltc_node);
    for (size_t i = 0; i < 64; i++)
        CU_ASSERT(tail[i] == 0);
    free(lent);
    lt_graph_free(&g);
}

int main(void)
{
    static const lt_test claims[] = {
        { "LeNet-300-100 has 266,610 parameters", lenet_has_266610_parameters },
        { "shapes of every operation are inferred", shapes_of_every_operation_are_inferred },
        { "the output layer is found and the shortcut tagged",
          the_output_layer_is_found_and_the_shortcut_tagged },
        { "every fault has a sentence that names the operation",
          every_fault_has_a_sentence_that_names_the_operation },
        { "a plug-in that fails without a word is named", a_plug_in_that_fails_without_a_word_is_named },
        { "a blamed option is the key of the configuration",
          a_blamed_option_is_the_key_of_the_configuration },
        { "an architecture can ask for the first error", an_architecture_can_ask_for_the_first_error },
        { "building leaves no floating-point mode behind", building_leaves_no_floating_point_mode_behind },
        { "the canonical text is what it was", the_canonical_text_is_what_it_was },
        { "a lent graph has the strides that were asked for",
          a_lent_graph_has_the_strides_that_were_asked_for },
    };
    return lt_suite_run("graph", claims, sizeof claims / sizeof claims[0]);
}
