/* Owns nothing: files are opened for ever, and what is read from them belongs to the caller's arena. */
#include "plugin/loader.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "plugin/fpmode.h"
#include "plugin/module.h"

enum { ABI = 0, ABI_LAST = 9, MODULES_MAX = 1024, PLUGIN_MAX = 1 << 16 };

/* What the dynamic linker says, and what to do about it. */
static const struct { const char *says, *remedy; } remedies[] = {
    { "undefined symbol: ltc_optable", "; an op-table backend is linked with libltsdk.a" },
    { "undefined symbol: ltc_",        "; include ltcore's headers, which define all that begins with ltc_" },
    { "undefined symbol: lt_",         "; the core's own functions cannot be called from a plug-in" },
    { "undefined symbol: ",            "; link the library that has it, 'ldd -r' on the file shows it all" },
    { "cannot open shared object",     "; 'ldd' on the file shows which libraries are missing" },
};

static ltc_status explain(const char *path, const char *why, ltc_error *err)
{
    const size_t n = strlen(path);
    const char *remedy = "";
    why = why ? why : "the dynamic linker does not say why";
    if (strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0)
        why += n + 2;
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0] && !*remedy; i++)
        if (strstr(why, remedies[i].says))
            remedy = remedies[i].remedy;
    return ltc_fail(err, LTC_EIO, "%s: cannot be loaded: %s%s", path, why, remedy);
}

/* gcc and clang put a constructor that flushes denormals into what is linked with -ffast-math. */
static ltc_status open_library(const char *path, void **library, ltc_error *err)
{
    const lt_fpmode before = lt_fpmode_get();
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const lt_fpmode after = lt_fpmode_get();
    lt_fpmode_set(before);
    if (!opened)
        return explain(path, dlerror(), err);
    if (!lt_fpmode_same(before, after))
        return ltc_fail(err, LTC_EINVAL,
                        "%s: loading it changes the floating-point mode, as what is linked with "
                        "-ffast-math does; results would change: link it without",
                        path);
    *library = opened;
    return LTC_OK;
}

static ltc_status fail_entry(const char *path, void *library, ltc_error *err)
{
    char symbol[] = "ltc_plugin_v0";
    for (int abi = ABI + 1; abi <= ABI_LAST; abi++) {
        symbol[sizeof symbol - 2] = (char)('0' + abi);
        if (dlsym(library, symbol))
            return ltc_fail(err, LTC_EUNSUPPORTED,
                            "%s: built for plug-in ABI %d, this ltcore speaks %d: build it "
                            "against the headers of this one, or install a newer ltcore",
                            path, abi, ABI);
    }
    return ltc_fail(err, LTC_EINVAL,
                    "%s: not an ltcore plug-in: it exports no ltc_plugin_v%d, which LTC_PLUGIN(...) "
                    "at the end of a plug-in's source defines",
                    path, ABI);
}

static ltc_status check_entry(const char *path, const ltc_plugin *p, ltc_error *err)
{
    if (memcmp(p->magic, "LTCPLUG", sizeof p->magic) != 0)
        return ltc_fail(err, LTC_EINVAL,
                        "%s: its ltc_plugin_v%d does not begin with LTCPLUG, so it is something "
                        "else: define it with LTC_PLUGIN(...)",
                        path, ABI);
    if (p->size < sizeof *p || p->size > PLUGIN_MAX)
        return ltc_fail(err, LTC_EINVAL,
                        "%s: its ltc_plugin_v%d has %u bytes, where %zu were expected: define it with "
                        "LTC_PLUGIN(...)",
                        path, ABI, p->size, sizeof *p);
    return LTC_OK;
}

static ltc_status count_modules(const char *path, const ltc_plugin *p, size_t *n, ltc_error *err)
{
    size_t i = 0;
    while (p->module && i < MODULES_MAX && p->module[i])
        i++;
    if (!i)
        return ltc_fail(err, LTC_EINVAL, "%s: offers no module: name them in LTC_PLUGIN(&one, &other)", path);
    if (i == MODULES_MAX)
        return ltc_fail(err, LTC_EINVAL, "%s: its list of modules does not end: close it with NULL", path);
    *n = i;
    return LTC_OK;
}

typedef struct twin {
    const lt_module *module;
    const char *name;
    size_t n;
} twin;

static bool is_free(void *arg, const char *name, size_t n)
{
    twin *t = arg;
    t->name = name, t->n = n;
    return !lt_module_answers(t->module, t->module->info.kind, name, n);
}

/* No name twice among modules of a kind. */
static ltc_status check_unique(const lt_offer *offer, size_t i, ltc_error *err)
{
    const lt_module *m = &offer->module[i];
    for (size_t k = 0; k < i; k++) {
        twin t = { &offer->module[k], NULL, 0 };
        if (t.module->info.kind == m->info.kind && !lt_module_each_name(&m->info, is_free, &t))
            return ltc_fail(err, LTC_EINVAL, "%s: offers two of kind %s that are called '%.*s'", offer->path,
                            lt_kind_noun(m->info.kind), (int)t.n, t.name);
    }
    return LTC_OK;
}

static ltc_status adopt_module(const ltc_plugin *p, size_t i, lt_arena *arena, lt_offer *offer,
                               ltc_error *err)
{
    lt_module *m = &offer->module[i];
    ltc_status st = lt_module_adopt(p->module[i], arena, m, err);
    if (st) {
        const ltc_error why = *err;
        return ltc_fail(err, st, "%s: %s", offer->path, why.message);
    }
    m->path = offer->path;
    m->vendor = p->vendor, m->license = p->license, m->build = p->build;
    return check_unique(offer, i, err);
}

static ltc_status adopt_plugin(const ltc_plugin *from, lt_arena *arena, lt_offer *offer, ltc_error *err)
{
    ltc_plugin p;
    ltc_status st = check_entry(offer->path, from, err);
    if (st)
        return st;
    lt_adopt(&p, sizeof p, from, from->size);
    st = count_modules(offer->path, &p, &offer->n, err);
    if (st)
        return st;
    offer->module = lt_arena_array(arena, offer->n, sizeof *offer->module);
    if (!offer->module)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory for its modules", offer->path);
    for (size_t i = 0; i < offer->n && !st; i++)
        st = adopt_module(&p, i, arena, offer, err);
    return st;
}

static ltc_status load_library(lt_arena *arena, lt_offer *offer, ltc_error *err)
{
    void *library = NULL;
    ltc_status st = open_library(offer->path, &library, err);
    if (st)
        return st;
    const ltc_plugin *entry = dlsym(library, "ltc_plugin_v0");
    return entry ? adopt_plugin(entry, arena, offer, err) : fail_entry(offer->path, library, err);
}

ltc_status lt_loader_load(const char *path, lt_arena *arena, lt_offer *offer, ltc_error *err)
{
    char *real = NULL;
    lt_offer o = { .n = 0 };
    ltc_status st = lt_file_accept(path, &real, o.note, err);
    if (st)
        return st;
    o.path = lt_arena_text(arena, real);
    free(real);
    st = o.path ? load_library(arena, &o, err) : ltc_fail(err, LTC_ENOMEM, "%s: no memory to load it", path);
    if (!st)
        *offer = o;
    return st;
}
