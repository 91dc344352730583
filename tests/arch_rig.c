/* Owns the registry of the plug-ins just built, and turns "key=value" words into a plug-in's option block. */
#include "arch_rig.h"

#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "suite.h"

const lt_module *arch_module(const char *name)
{
    static const char *const dir[] = { TEST_BINARY_DIR "/lib/ltcore/plugins" };
    static lt_registry *registry;
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

static int64_t choice_of(const ltc_opt *o, const char *value)
{
    for (int64_t i = 0; o->choices[i]; i++)
        if (!strcmp(o->choices[i], value))
            return i;
    CU_FAIL_FATAL("no such choice");
    return 0;
}

/* One word, "key=value", into the block; BOOL takes 0 and 1. */
static void set_option(const ltc_schema *s, char *block, const char *key, const char *value)
{
    for (uint32_t i = 0; i < s->n_opts; i++) {
        const ltc_opt *o = LTC_AT(ltc_opt, s->opt, s->opt_size, i);
        if (strcmp(o->name, key))
            continue;
        const double real = strtod(value, NULL);
        const int64_t whole = o->type == LTC_OPT_ENUM ? choice_of(o, value) : strtoll(value, NULL, 10);
        if (o->type == LTC_OPT_REAL)
            memcpy(block + o->offset, &real, sizeof real);
        else
            memcpy(block + o->offset, &whole, sizeof whole);
        return;
    }
    CU_FAIL_FATAL("no such option");
}

static void set_options(const ltc_schema *s, char *block, const char *words)
{
    char key[32], value[32];
    int used = 0;
    for (; sscanf(words, "%31[^=]=%31s %n", key, value, &used) == 2; words += used)
        set_option(s, block, key, value);
}

ltc_status arch_try(const arch_request *r, lt_graph *g, ltc_error *err)
{
    const lt_module *m = arch_module(r->name);
    const int64_t dim[3] = { r->channels, r->size, r->size };
    lt_arena arena = { 0 };
    void *block = NULL;

    *g = (lt_graph){ 0 };
    *err = (ltc_error){ .message = "" };
    CU_ASSERT_FATAL(lt_config_default_options(&m->schema, &arena, &block));
    set_options(&m->schema, block, r->options);
    const lt_graph_request q = {
        .arch = m, .options = block, .n_classes = r->n_classes, .rank = 3, .dim = dim
    };
    const ltc_status st = lt_graph_build(&q, g, err);
    lt_arena_free(&arena);
    return st;
}

lt_graph arch_graph(const arch_request *r)
{
    lt_graph g;
    ltc_error err;
    if (arch_try(r, &g, &err)) {
        fprintf(stderr, "\n%s %s: %s\n", r->name, r->options, err.message);
        CU_FAIL_FATAL("the network is not built");
    }
    return g;
}

const ltc_param *arch_param(const lt_graph *g, const char *name)
{
    for (uint32_t i = 0; i < g->view.n_params; i++)
        if (!strcmp(g->view.param[i].name, name))
            return &g->view.param[i];
    return NULL;
}
