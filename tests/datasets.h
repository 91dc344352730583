/* Dataset readers in tests: the modules that were built, an option block filled with a module's defaults, and
 * one instance opened without the core's checks. Used by the tests of readers. */
#ifndef LT_TESTS_DATASETS_H
#define LT_TESTS_DATASETS_H

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "data/data.h"
#include "plugin/host.h"
#include "plugin/registry.h"

static const lt_services quiet = { .log = NULL };

/* A module of this build, or NULL and a failed assertion. The registry lives until the program ends. */
static inline const lt_module *built_module(lt_registry **registry, const char *name)
{
    const char *const dir[] = { TEST_BINARY_DIR "/lib/ltcore/plugins" };
    const lt_module *m = NULL;
    ltc_error err = { 0 };
    if (!*registry && lt_registry_open(dir, 1, NULL, NULL, registry, &err))
        CU_FAIL_FATAL("the registry does not open");
    if (lt_registry_find(*registry, LTC_DATASET, name, &m, &err)) {
        fprintf(stderr, "%s\n", err.message);
        CU_FAIL_FATAL("the module was not built");
    }
    return m;
}

/* The field of an option in its block. */
static inline void *option(const lt_module *m, void *block, const char *name)
{
    for (uint32_t i = 0; i < m->schema.n_opts; i++)
        if (!strcmp(m->schema.opt[i].name, name))
            return (char *)block + m->schema.opt[i].offset;
    CU_FAIL_FATAL("there is no such option");
    return NULL;
}

static inline void set_int(const lt_module *m, void *block, const char *name, int64_t v)
{
    memcpy(option(m, block, name), &v, sizeof v);
}

static inline void set_real(const lt_module *m, void *block, const char *name, double v)
{
    memcpy(option(m, block, name), &v, sizeof v);
}

static inline void set_text(const lt_module *m, void *block, const char *name, const char *v)
{
    memcpy(option(m, block, name), &v, sizeof v);
}

/* All defaults; for free(). */
static inline void *default_options(const lt_module *m)
{
    void *block = calloc(1, m->schema.data_size);
    for (uint32_t i = 0; block && i < m->schema.n_opts; i++) {
        const ltc_opt *o = &m->schema.opt[i];
        if (o->type == LTC_OPT_REAL)
            set_real(m, block, o->name, o->r.def);
        else if (o->type == LTC_OPT_PATH || o->type == LTC_OPT_STRING)
            set_text(m, block, o->name, o->str);
        else
            set_int(m, block, o->name, o->i.def);
    }
    return block;
}

/* One instance, as the core opens it, but nothing read or checked. */
typedef struct opened {
    const lt_module *m;
    ltc_host *host;
    void *self;
    ltc_dataset_info info;
} opened;

static inline ltc_status open_module_for(const lt_services *services, const lt_module *m, const void *options,
                                         opened *o, ltc_error *err)
{
    const ltc_dataset_ops *ops = &m->ops.dataset;
    *o = (opened){ .m = m, .info.size = sizeof o->info };
    ltc_status st =
        lt_host_create(services, m->info.name, LTC_DATASET_ABI, ops->host_size, NULL, &o->host, err);
    if (!st)
        st = ops->open(o->host, options, &o->self, err);
    if (!st)
        return ops->info(o->self, &o->info, err);
    lt_host_destroy(o->host);
    return st;
}

static inline ltc_status open_module(const lt_module *m, const void *options, opened *o, ltc_error *err)
{
    return open_module_for(&quiet, m, options, o, err);
}

static inline void close_module(opened *o)
{
    o->m->ops.dataset.close(o->self);
    lt_host_destroy(o->host);
}

static inline size_t bytes_of_sample(const ltc_dataset_info *in)
{
    size_t bytes = in->sample_type == LTC_F32 ? sizeof(float) : 1;
    for (uint32_t i = 0; i < in->rank; i++)
        bytes *= (size_t)in->dim[i];
    return bytes;
}

/* Any way of reading split s gives the bytes of reading it at once. */
static inline void check_random_access(const opened *o, uint32_t s)
{
    const uint64_t n = o->info.split[s].count;
    const size_t bytes = bytes_of_sample(&o->info);
    const ltc_key key = { 5, s };
    unsigned char *whole = malloc(n * bytes), *part = malloc(n * bytes);
    int32_t *label = malloc(n * sizeof *label), *some = malloc(n * sizeof *some);
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL_FATAL(o->m->ops.dataset.read(o->self, s, 0, n, whole, label, &err), LTC_OK);
    for (uint64_t i = 0; i < 200; i++) {
        const uint64_t first = ltc_rand_below(key, 2 * i, (uint32_t)n);
        const uint64_t count = ltc_rand_below(key, 2 * i + 1, (uint32_t)(n - first) + 1);
        CU_ASSERT_EQUAL_FATAL(o->m->ops.dataset.read(o->self, s, first, count, part, some, &err), LTC_OK);
        CU_ASSERT(!memcmp(part, whole + first * bytes, count * bytes));
        CU_ASSERT(!memcmp(some, label + first, count * sizeof *some));
    }
    CU_ASSERT_EQUAL(o->m->ops.dataset.read(o->self, s, n, 1, part, some, &err), LTC_EINVAL);
    CU_ASSERT_EQUAL(o->m->ops.dataset.read(o->self, s, 1, UINT64_MAX, part, some, &err), LTC_EINVAL);
    CU_ASSERT_EQUAL(o->m->ops.dataset.read(o->self, o->info.n_splits, 0, 1, part, some, &err), LTC_EINVAL);
    free(whole), free(part), free(label), free(some);
}

static inline void check_digest(const lt_digest *d, const char *expected)
{
    char hex[65];
    lt_digest_text(d, hex);
    if (strcmp(hex, expected))
        fprintf(stderr, "digest %s\n", hex);
    CU_ASSERT_STRING_EQUAL(hex, expected);
}

#endif
