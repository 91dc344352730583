/* Owns the files that were loaded, or refused, and the modules in them. Opened once by main's session;
 * everybody who needs a plug-in asks here. */
#include "plugin/registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/kind.h"
#include "plugin/listing.h"
#include "plugin/loader.h"
#include "plugin/module.h"
#include "plugin/search.h"
#include "util/suggest.h"
#include "util/text.h"

typedef struct loaded {
    struct loaded *next;
    const char    *real;
    lt_offer       offer;
    ltc_error      err;                       /* why it was refused */
    ltc_status     st;
} loaded;

struct lt_registry {
    lt_arena  arena;
    lt_search search;
    loaded   *first;
    lt_registry_note *note;
    void     *arg;
};

static ltc_status no_memory(ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "no memory for the plug-ins");
}

static bool copy_directories(lt_registry *r, const char *const *dir, size_t n)
{
    const char **copy = lt_arena_array(&r->arena, n, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++)
        if (!(copy[i] = lt_arena_text(&r->arena, dir[i])))
            return false;
    r->search = (lt_search){ copy, n };
    return copy;
}

ltc_status lt_registry_open(const char *const *dir, size_t n, lt_registry_note *note, void *arg,
                            lt_registry **registry, ltc_error *err)
{
    lt_registry *r = lt_array(1, sizeof *r);
    if (!r || !copy_directories(r, dir, n)) {
        lt_registry_close(r);
        return no_memory(err);
    }
    r->note = note;
    r->arg = arg;
    *registry = r;
    return LTC_OK;
}

void lt_registry_close(lt_registry *r)
{
    if (r)
        lt_arena_free(&r->arena);
    free(r);
}

static void tell(const lt_registry *r, int level, const char *sentence)
{
    if (r->note && sentence && *sentence)
        r->note(r->arg, level, sentence);
}

static const loaded *find_loaded(const lt_registry *r, const char *real)
{
    const loaded *l = r->first;
    while (l && strcmp(l->real, real) != 0)
        l = l->next;
    return l;
}

static const loaded *load_new(lt_registry *r, const char *path, const char *real)
{
    loaded *l = lt_arena_array(&r->arena, 1, sizeof *l);
    if (!l || !(l->real = lt_arena_text(&r->arena, real)))
        return NULL;
    l->st = lt_loader_load(path, &r->arena, &l->offer, &l->err);
    l->next = r->first;
    r->first = l;
    tell(r, LTC_LOG_WARNING, l->offer.note);
    return l;
}

/* Loads `path`, or remembers what came of it when it was loaded. NULL: no memory. */
static const loaded *load(lt_registry *r, const char *path)
{
    char *resolved = realpath(path, NULL);
    const char *real = resolved ? resolved : path;
    const loaded *l = find_loaded(r, real);
    if (!l)
        l = load_new(r, path, real);
    free(resolved);
    return l;
}

typedef struct words {
    lt_arena    *arena;
    const char **word;
    size_t       n, room;
} words;

static bool add_word(void *arg, const char *path, const char *name)
{
    words *w = arg;
    (void)path;
    if (w->n == w->room) {
        const size_t room = w->room ? 2 * w->room : 64;
        const char **more = lt_arena_array(w->arena, room, sizeof *more);
        if (!more)
            return false;
        if (w->n)
            memcpy(more, w->word, w->n * sizeof *more);
        w->word = more, w->room = room;
    }
    w->word[w->n] = lt_arena_text(w->arena, name);
    return w->word[w->n++] != NULL;
}

/* " (did you mean 'near'?)", " (there is a mask of that name)", or "". */
static const char *hint(const lt_registry *r, uint32_t kind, const char *name, lt_arena *arena)
{
    words w = { .arena = arena };
    lt_search_each_of(&r->search, kind, arena, add_word, &w);
    const char *near = w.n ? lt_suggest(name, w.word, w.n) : NULL;
    const char *text = near ? lt_arena_print(arena, " (did you mean '%s'?)", near) : "";
    for (uint32_t k = LT_KIND_FIRST; k <= LT_KIND_LAST && !near; k++)
        if (k != kind && lt_search_find(&r->search, k, name, arena))
            text = lt_arena_print(arena, " (there is a plug-in of that name among the %s)",
                                  lt_kind_folder(k));
    return text ? text : "";
}

static ltc_status fail_not_found(const lt_registry *r, uint32_t kind, const char *name, ltc_error *err)
{
    lt_arena arena = { 0 };
    lt_text dirs = { 0 };
    for (size_t i = 0; i < r->search.n; i++)
        lt_text_add(&dirs, "%s%s", i ? ", " : "", r->search.dir[i]);
    const char *may = hint(r, kind, name, &arena);
    if (dirs.failed)
        no_memory(err);
    else if (!r->search.n)
        ltc_fail(err, LTC_EINVAL, "no %s '%s': there is no directory to look in: set plugins.path",
                 lt_kind_noun(kind), name);
    else
        ltc_fail(err, LTC_EINVAL, "no %s '%s'%s: neither %s/%s.so nor %s.so is in %s", lt_kind_noun(kind),
                 name, may, lt_kind_folder(kind), name, name, dirs.s);
    lt_text_free(&dirs);
    lt_arena_free(&arena);
    return LTC_EINVAL;
}

static ltc_status fail_not_offered(const lt_offer *o, uint32_t kind, const char *name, ltc_error *err)
{
    lt_text offers = { 0 };
    for (size_t i = 0; i < o->n; i++)
        lt_text_add(&offers, "%s%s '%s'", i ? ", " : "", lt_kind_noun(o->module[i].info.kind),
                    o->module[i].info.name);
    ltc_fail(err, LTC_EINVAL, "%s: no %s '%s' is in it; it offers: %s", o->path, lt_kind_noun(kind), name,
             offers.failed ? "?" : offers.s);
    lt_text_free(&offers);
    return LTC_EINVAL;
}

static ltc_status pick(const lt_offer *o, uint32_t kind, const char *name, const lt_module **module,
                       ltc_error *err)
{
    for (size_t i = 0; i < o->n; i++)
        if (lt_module_answers(&o->module[i], kind, name, strlen(name))) {
            *module = &o->module[i];
            return LTC_OK;
        }
    return fail_not_offered(o, kind, name, err);
}

ltc_status lt_registry_find(lt_registry *r, uint32_t kind, const char *name, const lt_module **module,
                            ltc_error *err)
{
    assert(lt_kind_get(kind));
    if (!lt_module_name_valid(name, strlen(name)))
        return ltc_fail(err, LTC_EINVAL,
                        "'%.80s' is not the name of a plug-in: names are lower-case letters, digits, "
                        "- and _",
                        name);
    const char *path = lt_search_find(&r->search, kind, name, &r->arena);
    if (!path)
        return fail_not_found(r, kind, name, err);
    const loaded *const before = r->first, *l = load(r, path);
    if (!l)
        return no_memory(err);
    if (l != before && l == r->first)
        tell(r, LTC_LOG_DEBUG, lt_arena_print(&r->arena, "%s '%s' is %s", lt_kind_noun(kind), name, l->real));
    if (l->st) {
        *err = l->err;
        return l->st;
    }
    return pick(&l->offer, kind, name, module, err);
}

ltc_status lt_registry_list(const lt_registry *r, const lt_patience *p, lt_registry_row *row, void *arg,
                            ltc_error *err)
{
    return lt_listing_make(&r->search, p, row, arg, err);
}
