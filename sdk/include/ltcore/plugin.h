/* ltcore/plugin.h: what a plug-in file is: one exported constant, the modules it offers, and
 * the host's services.
 *
 * A plug-in exports exactly one symbol, the constant that LTC_PLUGIN(...) defines. It has no constructor, no
 * global init and no teardown: work begins in a module's create, open or build. Whoever allocates frees, and
 * nothing else crosses the border; a pointer that a plug-in returns lives until the next call on that
 * object, or its end. A plug-in never calls exit, throws across the border, installs signal handlers or
 * changes the locale. */
#ifndef LTCORE_PLUGIN_H
#define LTCORE_PLUGIN_H

#include <ltcore/option.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Compiler and flags, kept with every result as provenance; ltcore_add_plugin() says more than
 * the compiler's name. */
#ifndef LTC_BUILD
#define LTC_BUILD __VERSION__
#endif

typedef struct ltc_probe ltc_probe;           /* probe.h */

enum { LTC_LOG_ERROR = 1, LTC_LOG_WARNING, LTC_LOG_INFO, LTC_LOG_DEBUG };

/* Services for one instance; valid from its create or open to its destroy or close. */
typedef struct ltc_host ltc_host;
struct ltc_host {
    uint32_t size, kind_abi;                  /* kind_abi: the core's own version of this plug-in's kind */
    void *impl;

    /* One line to the run's log; no newline needed. [any] */
    void (*log)(const ltc_host *h, int level, const char *fmt, ...) LTC_PRINTF(3, 4);

    /* True once the run is being stopped: what takes seconds then returns LTC_ECANCELLED, which is a failure
     * like any other while this is false. [any] */
    bool (*cancelled)(const ltc_host *h);

    /* fn over [0, n) in chunks of `grain`, perhaps at once on several threads. Chunks do not depend on the
     * number of threads: a reduction that adds chunk by chunk has the same bits everywhere. Each finds the
     * floating-point mode of the caller, and within one a further call stays on its thread. The lowest
     * failing chunk's status is the result; after a failure no chunk begins. [serial] */
    ltc_status (*parallel)(const ltc_host *h, size_t n, size_t grain,
                           ltc_status (*fn)(void *arg, size_t begin, size_t end), void *arg);

    const ltc_probe *probe;                   /* NULL unless this is a criterion that asked for it */

    /* An absolute directory for files that can be made again at any time, or NULL: there is none. It need not
     * exist, and anybody may empty it. Each plug-in keeps to a directory of its own name in it, writes files
     * that appear whole or not at all, verifies what it finds, and works as well without. */
    const char *cache;
};

enum { LTC_ARCH = 1, LTC_MASK, LTC_DATASET, LTC_BACKEND };        /* kinds of module */

/* One named thing that a plug-in offers. */
typedef struct ltc_module {
    uint32_t          size, kind, kind_abi, reserved;
    const char       *name, *version, *summary;      /* name: [a-z0-9][a-z0-9_-]*; summary: one line */
    const char       *alias, *source;         /* other names, comma-separated; formula and
                                               * citation. NULL: none */
    const ltc_schema *schema;                 /* NULL: takes no options */
    const void       *ops;                    /* ltc_arch_ops, ltc_mask_ops, ltc_dataset_ops,
                                               * ltc_backend_ops by kind */
} ltc_module;

typedef struct ltc_plugin {
    char        magic[8];                     /* "LTCPLUG" */
    uint32_t    size, reserved;
    const char *vendor, *license, *build;     /* NULL: not said */
    const ltc_module *const *module;          /* NULL-terminated */
} ltc_plugin;

/* Until the ABI is frozen the symbol ends in _v0 and a core takes only plug-ins of its own kind versions. */
#define LTC_MODULE(k, op) .size = sizeof(ltc_module), .kind = k, .kind_abi = k##_ABI, .ops = &(op)
#define LTC_PLUGIN(...) __attribute__((visibility("default"))) extern const ltc_plugin ltc_plugin_v0; \
    const ltc_plugin ltc_plugin_v0 = { .magic = "LTCPLUG", .size = sizeof(ltc_plugin), .build = LTC_BUILD, \
        .module = (const ltc_module *const[]){ __VA_ARGS__, NULL } }

#ifdef __cplusplus
}
#endif
#endif
