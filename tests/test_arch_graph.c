/* Claims about networks that are described in text files: each is, byte by byte, the network that C code
 * describes. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <ltcore/ops.h>

#include "graph_rig.h"
#include "util/file.h"

typedef ltc_status build_fn(const void *, ltc_builder *, ltc_val *, ltc_error *);

static lt_text text_in_c(build_fn *fn, const int64_t *dim, uint64_t *count)
{
    lt_module m = { .info = { .kind = LTC_ARCH, .name = "net" } };
    m.ops.arch = (ltc_arch_ops){ LTC_ARCH_OPS, .build = fn };
    return rig_text(&m, NULL, dim, count);
}

static bool same(lt_text *a, lt_text *b)
{
    const bool alike = a->n == b->n && !memcmp(a->s, b->s, a->n);
    lt_text_free(a);
    lt_text_free(b);
    return alike;
}

static void the_descriptions_of_etc_are_the_networks_of_plug_ins(void)
{
    static const struct { int64_t block, shortcut, width; } basic_b = { 0, 1, 16 };
    static const struct {
        const char *name;
        const void *options;                  /* the plug-in's */
        const int64_t *dim;
        uint64_t count;
    } nets[] = {
        { "lenet-300-100", NULL, rig_mnist, 266610 },
        { "lenet-5-caffe", NULL, rig_mnist, 431080 },
        { "resnet-20", &basic_b, rig_cifar, 272474 },
    };
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        char path[512];
        uint64_t theirs, ours;
        snprintf(path, sizeof path, "%s/../etc/nets/%s.net", TEST_SOURCE_DIR, nets[i].name);
        lt_text a = rig_text(rig_built("graph"), &(rig_options){ path }, nets[i].dim, &ours);
        lt_text b = rig_text(rig_built(nets[i].name), nets[i].options, nets[i].dim, &theirs);
        CU_ASSERT(same(&a, &b) && ours == nets[i].count && theirs == ours);
    }
}

static ltc_status every_operation(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    ltc_val join[3];
    (void)o, (void)err;
    ltc_val x = ltc_conv2d(b, b->input, "stem",
                           (ltc_conv2d_args){ .out = 8, .kernel = 5, .stride = 2, .pad = 4, .dilation = 2 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn1", (ltc_batch_norm_args){ .eps = 1e-3, .momentum = 0.25 }));
    const ltc_val a =
        ltc_conv2d(b, x, "a.conv1", (ltc_conv2d_args){ .out = 8, .pad = 1, .groups = 4, .no_bias = 1 });
    b->tag(b, a, LTC_ROLE_SHORTCUT);
    x = ltc_add(b, b->emit(b, LTC_OP_RELU, "act", &a, 1, NULL, 0), x);
    join[0] = ltc_max_pool(b, x, (ltc_pool_args){ 3, 2, 1 });
    join[1] = ltc_avg_pool(b, x, (ltc_pool_args){ .size = 2 });
    join[2] = ltc_avg_pool(b, a, (ltc_pool_args){ .size = 2 });
    x = ltc_pad_channels(b, ltc_concat(b, join, 3), 1, 2);
    x = ltc_global_pool(b, ltc_adaptive_pool(b, x, 3, 2));
    x = ltc_flatten(b, ltc_dropout(b, x, 0));
    x = ltc_linear(b, x, "fc1", (ltc_linear_args){ .out = 7, .no_bias = 1 });
    b->tag(b, x, LTC_ROLE_SHORTCUT);
    *logits = ltc_linear(b, ltc_dropout(b, x, 0.5), "head", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

static void every_operation_has_its_keys(void)
{
    uint64_t theirs, ours;
    rig_put(rig_all_operations, strlen(rig_all_operations));
    lt_text a = rig_text(rig_built("graph"), &(rig_options){ rig_file }, rig_cifar, &ours);
    lt_text b = text_in_c(every_operation, rig_cifar, &theirs);
    CU_ASSERT(same(&a, &b) && ours == theirs);
}

/* Pairs of descriptions of one network. */
static const struct { const char *text, *other; } alike[] = {
    { FLAT FC(5) LAST, FLAT FC(5) "{ type = \"linear\"; out = \"classes\"; }" },
    { FLAT FC(5) LAST, FLAT "{ name = \"fc1\"; out = 5L; bias = true; type = \"linear\" }, " LAST },
    { FLAT FC(5) LAST, FLAT FC(0x5) "// as hexadecimal\n /* and */ # comments\n" LAST },
    { FLAT FC(5) LAST, "{ type = \"fl\" \"atten\"; as = \"a\"; }, " FC(5) "{ type = \"linear\"; in = "
      "[\"fc1\"]; }" },
    { FLAT FC(5) FC(6) FC(7) LAST, FLAT FC(5) "{ layers = ( " FC(6) "{ layers = ( { type = \"linear\"; out "
      "= 7; } ); } ); }, " LAST },
    { FLAT FC(5) LAST, "{ type = \"flatten\"; in = \"input\"; }, { layers = ( { type = \"linear\"; out = 5; "
      "in = \"input\"; } "
      "); as = \"b\"; }, { type = \"linear\"; in = \"b\"; }" },
    { FLAT "{ name = \"a\"; repeat = 2; layers = ( " FC(5) RELU " ); }, " LAST,
      FLAT "{ name = \"a.0\"; layers = ( " FC(5) RELU " ); }, { name = \"a.1\"; layers = ( " FC(5) RELU " "
      "); }, " LAST },
    { FLAT "{ name = \"a\"; layers = ( { repeat = 3; layers = ( " FC(5) RELU " ); } ); }, " LAST,
      FLAT "{ name = \"a\"; layers = ( { repeat = 1; layers = ( " FC(5) RELU " ); }, { repeat = 2; first = "
      "1; layers = ( "
      FC(5) RELU " ); } ); }, " LAST },
    { CONV "{ name = \"a\"; repeat = 2; layers = ( { type = \"conv\"; out = 4; pad = 1; }, { type = "
      "\"add\"; in = [\"conv1\", "
      "\"input\"]; } ); }, " FLAT LAST,
      CONV "{ type = \"conv\"; out = 4; pad = 1; name = \"a.0.conv1\"; }, { type = \"add\"; name = "
      "\"a.0.add1\"; in = [\"a.0."
      "conv1\", \"conv1\"]; as = \"s\"; }, { type = \"conv\"; out = 4; pad = 1; name = \"a.1.conv1\"; }, { "
      "type = \"add\"; "
      "name = \"a.1.add2\"; in = [\"a.1.conv1\", \"s\"]; }, " FLAT LAST },
    { CONV "{ name = \"a\"; role = \"shortcut\"; layers = ( { type = \"conv\"; out = 4; } ); }, " FLAT LAST,
      CONV "{ name = \"a\"; layers = ( { role = \"shortcut\"; type = \"conv\"; out = 4; } ); }, " FLAT LAST },
    { CONV "{ name = \"a\"; role = \"shortcut\"; layers = ( { name = \"b\"; layers = ( " CONV RELU " ); } "
      "); }, "
      FLAT LAST,
      CONV "{ name = \"a\"; layers = ( { name = \"b\"; role = \"shortcut\"; layers = ( " CONV RELU " ); } "
      "); }, "
      FLAT LAST },
    { CONV "{ repeat = 100; layers = ( " CONV "{ type = \"add\"; in = [\"conv1\", \"input\"]; } ); }, "
      FLAT LAST,
      CONV "{ repeat = 100; layers = ( { type = \"conv\"; out = 4; pad = 1; as = \"c\"; }, "
      "{ type = \"add\"; in = [\"c\", \"input\"]; } ); }, " FLAT LAST },
};

static void what_can_be_said_in_two_ways_is_one_network(void)
{
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        lt_text a = rig_text_of_layers(alike[i].text), b = rig_text_of_layers(alike[i].other);
        const bool equal = same(&a, &b);
        if (!equal)
            printf("\n  not the same: %s", alike[i].text);
        CU_ASSERT(equal);
    }
    lt_text tagged = rig_text_of_layers(alike[9].text), plain = rig_text_of_layers(CONV "{ name = \"a\"; "
    "layers = ( { type = "
                                                                           "\"conv\"; out = 4; } ); }, "
                                                                           FLAT LAST);
    CU_ASSERT(!same(&tagged, &plain));
}

static void the_example_of_the_documentation_is_the_file_in_etc(void)
{
    lt_text doc = { 0 }, file = { 0 };
    ltc_error err;
    CU_ASSERT_FATAL(!lt_file_read(TEST_SOURCE_DIR "/../docs/graph.md", &doc, &err));
    CU_ASSERT_FATAL(!lt_file_read(TEST_SOURCE_DIR "/../etc/nets/small.net", &file, &err));
    const char *example = strstr(doc.s, "```\n");
    CU_ASSERT_FATAL(example != NULL);
    CU_ASSERT(!strncmp(example + 4, file.s, file.n) && !strncmp(example + 4 + file.n, "```\n", 4));
    lt_text_free(&doc);
    lt_text_free(&file);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the descriptions of etc are the networks of plug-ins",
          the_descriptions_of_etc_are_the_networks_of_plug_ins },
        { "every operation has its keys", every_operation_has_its_keys },
        { "what can be said in two ways is one network", what_can_be_said_in_two_ways_is_one_network },
        { "the example of the documentation is the file in etc",
          the_example_of_the_documentation_is_the_file_in_etc },
    };
    if (!rig_open())
        return 1;
    const int code = lt_suite_run("arch_graph", claims, sizeof claims / sizeof claims[0]);
    rig_close();
    return code;
}
