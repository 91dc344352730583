/* The reader of NumPy's archives in tests: opened with options given as text, and read as a whole. Used by
 * test_npz and test_npz_damage. */
#ifndef LT_TESTS_NPZ_RIG_H
#define LT_TESTS_NPZ_RIG_H

#include <stdio.h>
#include <zlib.h>

#include "datasets.h"

static lt_registry *registry;

/* Options as text, "name=value", up to the first NULL; layout and classes by number. */
typedef struct settings { const char *text[4]; int64_t layout, classes; } settings;
enum { FIRST, LAST };                         /* of layout */
static const settings usual = { .layout = LAST };

static inline void *make_options(const settings *s, const char *path, char copy[4][64])
{
    const lt_module *m = built_module(&registry, "npz");
    void *options = default_options(m);
    set_text(m, options, "path", path);
    set_int(m, options, "layout", s->layout);
    set_int(m, options, "classes", s->classes);
    for (int i = 0; i < 4 && s->text[i]; i++) {
        snprintf(copy[i], 64, "%s", s->text[i]);
        char *value = strchr(copy[i], '=');
        *value = '\0';
        set_text(m, options, copy[i], value + 1);
    }
    return options;
}

static inline ltc_status open_npz(const settings *s, const char *path, opened *o, ltc_error *err)
{
    char copy[4][64];
    void *options = make_options(s, path, copy);
    *err = (ltc_error){ 0 };
    const ltc_status st = open_module(built_module(&registry, "npz"), options, o, err);
    free(options);                            /* the reader keeps nothing of it */
    return st;
}

/* The path of an archive that NumPy wrote, until the next call. */
static inline const char *golden(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/golden/npz/%s", TEST_SOURCE_DIR, name);
    return path;
}

static inline ltc_status read_split(const opened *o, uint32_t s, void **x, int32_t **label, ltc_error *err)
{
    const uint64_t n = o->info.split[s].count;
    *x = malloc(n * bytes_of_sample(&o->info));
    *label = malloc(n * sizeof **label);
    CU_ASSERT_FATAL(*x && *label);
    return o->m->ops.dataset.read(o->self, s, 0, n, *x, *label, err);
}

/* Reads all there is, and gives a checksum of it and of its shape. */
static inline ltc_status read_all(const settings *how, const char *path, uint32_t *sum, ltc_error *err)
{
    opened o;
    ltc_status st = open_npz(how, path, &o, err);
    if (st)
        return st;
    uLong crc = crc32(0, (const unsigned char *)o.info.dim, (unsigned)(o.info.rank * sizeof *o.info.dim));
    for (uint32_t s = 0; s < o.info.n_splits && !st; s++) {
        void *x;
        int32_t *label;
        st = read_split(&o, s, &x, &label, err);
        if (!st) {
            const uint64_t n = o.info.split[s].count;
            crc = crc32(crc, x, (unsigned)(n * bytes_of_sample(&o.info)));
            crc = crc32(crc, (unsigned char *)label, (unsigned)(n * sizeof *label));
        }
        free(x);
        free(label);
    }
    close_module(&o);
    *sum = (uint32_t)crc;
    return st;
}

#endif
