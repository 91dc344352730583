/* Tests of what a module says of itself, and of its options. The loader refuses what is wrong with names,
 * help texts, defaults and fields; left to try is that every bound is one that the code behind it can
 * bear. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/trial.h"
#include "graph/graph.h"
#include "plugin/module.h"
#include "train/device.h"

typedef struct wanted {
    const char *file;
    size_t      n;
} wanted;

static bool is_other(void *arg, const char *name, size_t n)
{
    const wanted *w = arg;
    return n != w->n || memcmp(name, w->file, n) != 0;
}

static void says_what_it_is(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const ltc_module *m = &s->module->info;
    const char *slash = strrchr(s->path, '/'), *file = slash ? slash + 1 : s->path;
    const size_t n = strlen(file);
    wanted w = { file, n > 3 && !strcmp(file + n - 3, ".so") ? n - 3 : n };
    (void)t;
    if (lt_module_each_name(m, is_other, &w))
        lt_verdict_remark(
            v,
            "the file is called neither '%s' nor by another name of it, so it is found by links "
            "only",
            m->name);
    else if (!m->source && m->kind == LTC_MASK)
        lt_verdict_remark(v, "it names no source: a formula and a citation");
}

/* The network that an architecture makes of images of 1 x 28 x 28 in 10 classes. */
static ltc_status try_arch(const lt_module *m, const void *options, ltc_error *err)
{
    const int64_t dim[3] = { 1, 28, 28 };
    const lt_graph_request r = { .arch = m, .options = options, .n_classes = 10, .rank = 3, .dim = dim };
    lt_graph g = { 0 };
    const ltc_status st = lt_graph_build(&r, &g, err);
    lt_graph_free(&g);
    return st;
}

static ltc_status try_backend(const lt_module *m, const void *options, ltc_error *err)
{
    const lt_services none = { 0 };
    lt_device d = { 0 };
    const ltc_status st = lt_device_open(m, options, &none, &d, err);
    lt_device_close(&d);
    return st;
}

/* What can be made of a kind with nothing but its options. */
static ltc_status (*const try_kind[])(const lt_module *m, const void *options, ltc_error *err) = {
    [LTC_ARCH] = try_arch, [LTC_MASK] = NULL, [LTC_DATASET] = NULL, [LTC_BACKEND] = try_backend,
};

/* Bounds that a number can have: not infinite, and just inside those that are excluded. */
static bool real_bound(const ltc_opt *o, bool upper, double *x)
{
    *x = upper ? o->r.max : o->r.min;
    if (upper ? o->flags & LTC_OPT_BELOW : o->flags & LTC_OPT_ABOVE)
        *x = nextafter(*x, upper ? o->r.min : o->r.max);
    return isfinite(*x);
}

/* Writes bound number `which` of the option into the block; false: it has no such bound. */
static bool put_bound(const ltc_opt *o, uint32_t which, void *block)
{
    int64_t choices = 0, i = which ? o->i.max : o->i.min;
    double r;
    char *field = (char *)block + o->offset;
    while (o->type == LTC_OPT_ENUM && o->choices[choices])
        choices++;
    if (o->type == LTC_OPT_ENUM)
        i = which;
    if (o->type == LTC_OPT_INT || o->type == LTC_OPT_BOOL || o->type == LTC_OPT_ENUM) {
        memcpy(field, &i, sizeof i);
        return o->type == LTC_OPT_ENUM ? which < choices : which < 2;
    }
    if (o->type != LTC_OPT_REAL || which > 1 || !real_bound(o, which, &r))
        return false;
    memcpy(field, &r, sizeof r);
    return true;
}

/* Opened with one option at one bound: a refusal is fine as long as it has words. */
static void try_bound(const lt_subject *s, const ltc_opt *o, const void *block, lt_verdict *v)
{
    ltc_error err = { .message = "" };
    const ltc_status st = try_kind[s->module->info.kind](s->module, block, &err);
    if (st && strstr(err.message, "does not say why"))
        lt_verdict_fail(v, "an instance that works, or a sentence why not",
                        "with option '%s' at its bound it fails without a word", o->name);
}

static void bears_its_bounds(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const ltc_schema *schema = &s->module->schema;
    size_t tried = 0;
    (void)t;
    if (!schema->n_opts || !s->options || !try_kind[s->module->info.kind]) {
        lt_verdict_skip(v, !schema->n_opts ? "it takes no options"
                           : !s->options   ? "it has options without a default"
                                           : "no instance of its kind can be made of options alone");
        return;
    }
    void *block = lt_array(1, schema->data_size);
    for (uint32_t i = 0; block && i < schema->n_opts; i++) {
        memcpy(block, s->options, schema->data_size);
        for (uint32_t which = 0; put_bound(&schema->opt[i], which, block); which++, tried++)
            try_bound(s, &schema->opt[i], block, v);
    }
    if (!block)
        lt_verdict_fail(v, "memory for its options", "there is none");
    if (tried)
        lt_verdict_remark(v, "%zu bounds tried", tried);
    else
        lt_verdict_skip(v, "it takes texts and lists alone, whose bounds are not tried");
    free(block);
}

const lt_trial lt_schema_trials[] = {
    { .name = "descriptor", .claim = "it says what it is", .run = says_what_it_is },
    { .name = "options", .run = bears_its_bounds,
      .claim = "with each option at each of its bounds it works, or refuses in words" },
    { .name = NULL },
};
