/* Owns the file that tests write descriptions of networks to, and the registry that builds them. */
#include "graph_rig.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static lt_registry *registry;
const int64_t rig_mnist[3] = { 1, 28, 28 }, rig_cifar[3] = { 3, 32, 32 };
char rig_directory[] = "/tmp/graph_rig.XXXXXX", rig_file[64];

const char rig_all_operations[] =
    "layers = (\n"
    " { type = \"conv\"; name = \"stem\"; out = 8; kernel = 5; stride = 2; pad = 4; dilation = 2; },\n"
    " { type = \"batch_norm\"; eps = 1e-3; momentum = 0.25; }, { type = \"relu\"; as = \"x\"; },\n"
    " { name = \"a\"; role = \"shortcut\"; layers = ( { type = \"conv\"; out = 8; pad = 1; groups = 4; bias "
    "= false; } ); },\n"
    " { type = \"relu\"; name = \"act\"; }, { type = \"add\"; in = [\"act\", \"x\"]; as = \"sum\"; },\n"
    " { type = \"max_pool\"; size = 3; stride = 2; pad = 1; as = \"m\"; },\n"
    " { type = \"avg_pool\"; in = \"sum\"; as = \"n\"; },\n"
    " { type = \"avg_pool\"; in = \"a.conv1\"; as = \"p\"; }, { type = \"concat\"; in = (\"m\", \"n\", "
    "\"p\"); },\n"
    " { type = \"pad_channels\"; before = 1; after = 2; }, { type = \"adaptive_pool\"; height = 3; width = "
    "2; },\n"
    " { type = \"global_pool\"; as = \"flat\"; }, { type = \"dropout\"; rate = 0; }, { type = \"flatten\"; "
    "},\n"
    " { type = \"linear\"; out = 7; bias = false; role = \"shortcut\"; }, { type = \"dropout\"; },\n"
    " { type = \"linear\"; out = \"classes\"; name = \"head\"; } );\n";

bool rig_open(void)
{
    const bool made = mkdtemp(rig_directory);
    snprintf(rig_file, sizeof rig_file, "%s/a.net", rig_directory);
    return made;
}

void rig_close(void)
{
    unlink(rig_file);
    rmdir(rig_directory);
    lt_registry_close(registry);
}

const lt_module *rig_built(const char *name)
{
    static const char *const dir[] = { TEST_BINARY_DIR "/lib/ltcore/plugins" };
    const lt_module *m = NULL;
    ltc_error err = { .message = "" };
    if (!registry && lt_registry_open(dir, 1, NULL, NULL, &registry, &err))
        CU_FAIL_FATAL("the registry does not open");
    if (lt_registry_find(registry, LTC_ARCH, name, &m, &err)) {
        fprintf(stderr, "\n%s\n", err.message);
        CU_FAIL_FATAL("the module was not built");
    }
    return m;
}

ltc_status rig_build(const lt_module *m, const void *options, const int64_t *dim, lt_graph *g, ltc_error *err)
{
    const lt_graph_request r = { .arch = m, .options = options, .n_classes = 10, .rank = 3, .dim = dim };
    *g = (lt_graph){ 0 };
    *err = (ltc_error){ .message = "" };
    return lt_graph_build(&r, g, err);
}

ltc_status rig_build_file(const char *file, lt_graph *g, ltc_error *err)
{
    return rig_build(rig_built("graph"), &(rig_options){ file }, rig_cifar, g, err);
}

void rig_put(const char *text, size_t n)
{
    unlink(rig_file);                         /* a file of that name would first go to the disk */
    FILE *f = fopen(rig_file, "wb");
    if (!f || fwrite(text, 1, n, f) != n || fclose(f))
        CU_FAIL_FATAL("the test cannot write its file");
}

lt_text rig_text(const lt_module *m, const void *options, const int64_t *dim, uint64_t *count)
{
    lt_text t = { 0 };
    lt_graph g;
    ltc_error err;
    if (rig_build(m, options, dim, &g, &err))
        fprintf(stderr, "\n%s\n", err.message);
    else
        lt_graph_text(&g, &t);
    CU_ASSERT_FATAL(t.n > 0);
    *count = lt_graph_param_count(&g);
    lt_graph_free(&g);
    return t;
}

lt_text rig_text_of_layers(const char *layers)
{
    lt_text t = { 0 };
    uint64_t count;
    lt_text_add(&t, "\xef\xbb\xbflayers = (\n%s\n);\n", layers);
    CU_ASSERT_FATAL(!t.failed);
    rig_put(t.s, t.n);
    lt_text_free(&t);
    return rig_text(rig_built("graph"), &(rig_options){ rig_file }, rig_cifar, &count);
}
