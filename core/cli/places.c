/* Makes the lists of directories from the environment that main() read. */
#include "cli/places.h"

#include <string.h>

/* Room for every part of a colon-separated list and `more` others. */
static ltc_status open_places(const char *list, size_t more, lt_arena *a, lt_places *p, ltc_error *err)
{
    size_t parts = 1;
    for (const char *c = list ? list : ""; *c; c++)
        parts += *c == ':';
    *p = (lt_places){ .dir = lt_arena_array(a, parts + more, sizeof *p->dir) };
    return p->dir ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory");
}

/* Relative parts start at the current directory; empty ones are skipped. */
static ltc_status add_list(const lt_world *w, const char *list, lt_arena *a, lt_places *p, ltc_error *err)
{
    for (const char *c = list ? list : ""; *c;) {
        const int n = (int)strcspn(c, ":");
        const char *dir = *c == '/' ? lt_arena_print(a, "%.*s", n, c)
                                    : lt_arena_print(a, "%s/%.*s", w->directory, n, c);
        if (!dir)
            return ltc_fail(err, LTC_ENOMEM, "no memory");
        if (n)
            p->dir[p->n++] = dir;
        c += n + (c[n] == ':');
    }
    return LTC_OK;
}

/* Beside the directory of the program, whose path has no links: /usr/bin/ltcore has
 * /usr/lib/ltcore/plugins. */
static const char *own_plugins(const lt_world *w, lt_arena *a)
{
    size_t n = strlen(w->program);
    for (int parts = 0; parts < 2; parts++)
        while (n && w->program[--n] != '/')
            continue;
    return lt_arena_print(a, "%.*s/lib/ltcore/plugins", (int)n, w->program);
}

ltc_status lt_places_plugins(const lt_world *w, const char *const *first, size_t n_first, lt_arena *a,
                             lt_places *p, ltc_error *err)
{
    ltc_status st = open_places(w->plugin_path, n_first + 1, a, p, err);
    if (st)
        return st;
    for (size_t i = 0; i < n_first; i++)
        p->dir[p->n++] = first[i];
    st = add_list(w, w->plugin_path, a, p, err);
    const char *own = own_plugins(w, a);
    if (!st && !own)
        st = ltc_fail(err, LTC_ENOMEM, "no memory");
    p->dir[p->n] = own;
    p->n += !st;
    return st;
}

ltc_status lt_places_data(const lt_world *w, lt_arena *a, lt_places *p, ltc_error *err)
{
    static const char *const system[] = { "/usr/local/share/datasets", "/usr/share/datasets" };
    const size_t n = sizeof system / sizeof system[0];
    ltc_status st = open_places(w->data_path, n, a, p, err);
    if (!st)
        st = add_list(w, w->data_path, a, p, err);
    for (size_t i = 0; i < n && !st; i++)
        p->dir[p->n++] = system[i];
    return st;
}

const char *lt_places_store(const lt_world *w, lt_arena *a)
{
    if (w->data_home && w->data_home[0] == '/')
        return lt_arena_print(a, "%s/ltcore/store", w->data_home);
    return lt_arena_print(a, "%s/.local/share/ltcore/store", w->home ? w->home : w->directory);
}

const char *lt_places_cache(const lt_world *w, lt_arena *a)
{
    if (w->cache_home && w->cache_home[0] == '/')
        return lt_arena_print(a, "%s/ltcore", w->cache_home);
    return w->home && w->home[0] == '/' ? lt_arena_print(a, "%s/.cache/ltcore", w->home) : NULL;
}
