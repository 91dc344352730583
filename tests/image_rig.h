/* image-folder in tests: the module with its options set, opened and read with the services of one's
 * choice. */
#ifndef LT_TESTS_IMAGE_RIG_H
#define LT_TESTS_IMAGE_RIG_H

#include "datasets.h"
#include "image_files.h"

/* The options, and what the module is lent. A registry is opened at the first use. */
typedef struct image_rig {
    const char *path, *cache;                 /* cache: the host's directory; NULL: it has none */
    int64_t     grey, height, width, no_cache;
    int         lines;                        /* that were logged at WARNING or above */
    int         decoded;                      /* lines that say how far decoding is */
    char        line[1024];                   /* the last of the warnings */
    bool        stop;
} image_rig;

static lt_registry *image_registry;

static inline void rig_line(void *arg, int level, const char *module, const char *sentence)
{
    image_rig *rig = arg;
    (void)module;
    rig->decoded += level == LTC_LOG_INFO && !strncmp(sentence, "decoded", 7);
    if (level <= LTC_LOG_WARNING) {
        rig->lines++;
        snprintf(rig->line, sizeof rig->line, "%s", sentence);
    }
}

static inline bool rig_stops(void *arg)
{
    return ((const image_rig *)arg)->stop;
}

static inline lt_services rig_lends(image_rig *rig)
{
    return (lt_services){ .log = rig_line, .cancelled = rig_stops, .arg = rig, .cache = rig->cache };
}

/* For free(). */
static inline void *rig_options(const image_rig *rig, const lt_module *m)
{
    void *options = default_options(m);
    set_text(m, options, "path", rig->path);
    set_int(m, options, "channels", rig->grey);
    set_int(m, options, "height", rig->height);
    set_int(m, options, "width", rig->width);
    set_int(m, options, "cache", !rig->no_cache);
    return options;
}

/* As the core loads it. */
static inline ltc_status rig_load(image_rig *rig, lt_data *d, ltc_error *err)
{
    const lt_module *m = built_module(&image_registry, "image-folder");
    void *options = rig_options(rig, m);
    const lt_services services = rig_lends(rig);
    const lt_data_request r = { .reader = m, .options = options, .services = &services };
    const ltc_status st = lt_data_load(&r, d, err);
    free(options);
    return st;
}

/* One instance, for close_module(). */
static inline ltc_status rig_open(image_rig *rig, opened *o, ltc_error *err)
{
    const lt_module *m = built_module(&image_registry, "image-folder");
    const lt_services services = rig_lends(rig);
    void *options = rig_options(rig, m);
    *err = (ltc_error){ .message = "" };
    const ltc_status st = open_module_for(&services, m, options, o, err);
    free(options);
    return st;
}

/* Loads, and says whether that fails with this code and a sentence that has these words. */
static inline void check_refused(image_rig *rig, ltc_status code, const char *says)
{
    lt_data d;
    ltc_error err;
    const ltc_status st = rig_load(rig, &d, &err);
    if (st != code || !strstr(err.message, says))
        fprintf(stderr, "\nexpected %d \"%s\", got %d \"%s\"\n", code, says, st, st ? err.message : "");
    CU_ASSERT_EQUAL(st, code);
    CU_ASSERT(st && strstr(err.message, says));
    if (!st)
        lt_data_free(&d);
}

/* Loads; false and a failed assertion if that fails. */
static inline bool check_loads(image_rig *rig, lt_data *d)
{
    ltc_error err;
    const ltc_status st = rig_load(rig, d, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL(st, LTC_OK);
    return !st;
}

#endif
