/* Compares configurations key by key. Called when an output directory is opened again. */
#include "run/difference.h"

#include <stdlib.h>
#include <string.h>

#include "results/flatten.h"
#include "util/memory.h"

enum { MOST = 3 };                            /* differences that are named; the rest is counted */

typedef struct pair { const char *key, *value; } pair;
typedef struct pairs { pair *v; size_t n; lt_arena arena; } pairs;

/* Where things lie, how often is saved, what people look at: any of it gives the same results. */
static bool is_free(const char *key)
{
    static const char *const free_keys[] = { "run.output", "run.store", "run.save_every", "plugins.path" };
    for (size_t i = 0; i < sizeof free_keys / sizeof free_keys[0]; i++)
        if (!strcmp(key, free_keys[i]))
            return true;
    return !strncmp(key, "report.", strlen("report."));
}

static ltc_status keep(void *arg, const char *key, const char *value, size_t n, ltc_error *err)
{
    pairs *p = arg;
    pair *more;
    if (is_free(key))
        return LTC_OK;
    if (!(more = realloc(p->v, (p->n + 1) * sizeof *more)))
        return ltc_fail(err, LTC_ENOMEM, "no memory to compare configurations");
    p->v = more;
    p->v[p->n] = (pair){ lt_arena_text(&p->arena, key), lt_arena_print(&p->arena, "%.*s", (int)n, value) };
    if (!p->v[p->n].key || !p->v[p->n].value)
        return ltc_fail(err, LTC_ENOMEM, "no memory to compare configurations");
    p->n++;
    return LTC_OK;
}

static const char *value_of(const pairs *p, const char *key)
{
    for (size_t i = 0; i < p->n; i++)
        if (!strcmp(p->v[i].key, key))
            return p->v[i].value;
    return "nothing";
}

static void say(const char *key, const char *there, const char *here, size_t *count, lt_text *to)
{
    if (!strcmp(there, here) || ++*count > MOST)
        return;
    lt_text_add(to, "%s%s (there %.60s, here %.60s)", *count > 1 ? ", " : "", key, there, here);
}

static void compare(const pairs *there, const pairs *here, lt_text *to)
{
    size_t count = 0;
    for (size_t i = 0; i < here->n; i++)
        say(here->v[i].key, value_of(there, here->v[i].key), here->v[i].value, &count, to);
    for (size_t i = 0; i < there->n; i++)
        if (!strcmp(value_of(here, there->v[i].key), "nothing"))
            say(there->v[i].key, there->v[i].value, "nothing", &count, to);
    if (count > MOST)
        lt_text_add(to, " and %zu more", count - MOST);
}

ltc_status lt_difference(const char *there, const char *here, lt_text *to, ltc_error *err)
{
    pairs a = { 0 }, b = { 0 };
    ltc_status st = lt_flatten(there, keep, &a, err);
    if (!st)
        st = lt_flatten(here, keep, &b, err);
    if (!st)
        compare(&a, &b, to);
    if (!st && to->failed)
        st = ltc_fail(err, LTC_ENOMEM, "no memory to compare configurations");
    free(a.v), free(b.v);
    lt_arena_free(&a.arena), lt_arena_free(&b.arena);
    return st;
}
