/* Owns nothing: walks directories. Links are seen as files, even those that lead nowhere, so that a broken
 * one is told of and not passed over. */
#include "plugin/search.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/kind.h"
#include "plugin/registry.h"

static const char ending[] = ".so";
enum { ENDING = sizeof ending - 1 };

static const char *path_if_there(const char *path)
{
    struct stat s;
    return path && lstat(path, &s) == 0 ? path : NULL;
}

const char *lt_search_find(const lt_search *s, uint32_t kind, const char *name, lt_arena *arena)
{
    const char *path = NULL;
    for (size_t i = 0; i < s->n && !path; i++) {
        path = path_if_there(
            lt_arena_print(arena, "%s/%s/%s%s", s->dir[i], lt_kind_folder(kind), name, ending));
        if (!path)
            path = path_if_there(lt_arena_print(arena, "%s/%s%s", s->dir[i], name, ending));
    }
    return path;
}

static int is_library(const struct dirent *e)
{
    const size_t n = strlen(e->d_name);
    return n > ENDING && strcmp(e->d_name + n - ENDING, ending) == 0;
}

/* By bytes: alphasort would ask the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool visit(const char *folder, char *file, lt_arena *arena, lt_search_visit *fn, void *arg)
{
    const char *path = lt_arena_print(arena, "%s/%s", folder, file);
    file[strlen(file) - ENDING] = '\0';
    return !path || fn(arg, path, file);
}

static bool each_in(const char *folder, lt_arena *arena, lt_search_visit *fn, void *arg)
{
    struct dirent **entry = NULL;
    const int n = folder ? scandir(folder, &entry, is_library, by_name) : 0;
    bool go_on = true;
    for (int i = 0; i < n; i++) {
        go_on = go_on && visit(folder, entry[i]->d_name, arena, fn, arg);
        free(entry[i]);
    }
    free(entry);
    return go_on;
}

static bool each_of_kind(const char *dir, uint32_t kind, lt_arena *arena, lt_search_visit *fn, void *arg)
{
    return each_in(lt_arena_print(arena, "%s/%s", dir, lt_kind_folder(kind)), arena, fn, arg);
}

bool lt_search_each(const lt_search *s, lt_arena *arena, lt_search_visit *fn, void *arg)
{
    bool go_on = true;
    for (size_t i = 0; i < s->n && go_on; i++) {
        for (uint32_t kind = LT_KIND_FIRST; kind <= LT_KIND_LAST && go_on; kind++)
            go_on = each_of_kind(s->dir[i], kind, arena, fn, arg);
        go_on = go_on && each_in(s->dir[i], arena, fn, arg);
    }
    return go_on;
}

bool lt_search_each_of(const lt_search *s, uint32_t kind, lt_arena *arena, lt_search_visit *fn, void *arg)
{
    bool go_on = true;
    for (size_t i = 0; i < s->n && go_on; i++)
        go_on = each_of_kind(s->dir[i], kind, arena, fn, arg) && each_in(s->dir[i], arena, fn, arg);
    return go_on;
}
