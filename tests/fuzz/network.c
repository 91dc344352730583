/* Descriptions of networks: what builds, for images of MNIST's and of CIFAR's size, builds the same again
 * and can be summarised. */
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "linked.h"

static const int64_t mnist[] = { 1, 28, 28 }, cifar[] = { 3, 32, 32 };

static lt_text text_of(const lt_graph_request *r)
{
    lt_text t = { 0 };
    lt_graph g = { 0 };
    ltc_error err = { .message = "" };
    if (fuzz_said(lt_graph_build(r, &g, &err), &err))
        return t;
    lt_graph_text(&g, &t);
    fuzz_must(t.n && !t.failed, "a network has a canonical text");
    lt_graph_free(&g);
    return t;
}

static void summarise(const lt_graph_request *r)
{
    char *said = NULL;
    size_t n = 0;
    lt_graph g = { 0 };
    ltc_error err;
    FILE *to = open_memstream(&said, &n);
    fuzz_must(to && !lt_graph_build(r, &g, &err), "it builds as before");
    lt_graph_summary(&g, 64, to);
    fclose(to);
    free(said);
    lt_graph_free(&g);
}

static void build(const char *file, const int64_t *dim)
{
    const struct { const char *file; } options = { file };
    const lt_graph_request r = { .arch = fuzz_linked(), .options = &options, .n_classes = 10, .rank = 3,
                                 .dim = dim };
    lt_text one = text_of(&r), two = text_of(&r);
    fuzz_must(one.n == two.n && (!one.n || !memcmp(one.s, two.s, one.n)), "one description is one network");
    if (one.n)
        summarise(&r);
    lt_text_free(&one), lt_text_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    char path[FUZZ_PATH];
    fuzz_write("a.net", (fuzz_input){ byte, n }, path);
    build(path, mnist);
    build(path, cifar);
    return 0;
}
