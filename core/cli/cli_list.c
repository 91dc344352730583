/* `ltcore list`: every plug-in that is found, and every file that does not load. */
#include <string.h>

#include "cli/places.h"
#include "plugin/registry.h"

typedef struct table {
    const lt_world *world;
    uint32_t        kind;                     /* 0: all */
    size_t          rows;
} table;

static void print_row(void *arg, const lt_listing *row)
{
    static const char *const remark[] = {
        [LT_LISTED_SHADOWED] = "  (shadowed: another file is found first)",
        [LT_LISTED_UNNAMED]  = "  (not reachable: no file is called by its name)",
    };
    table *t = arg;
    if (row->error) {
        lt_cli_say(t->world, "%s: %s", row->file, row->error);
        return;
    }
    if (t->kind && row->kind != t->kind)
        return;
    if (!t->rows++)
        fprintf(t->world->out, "%-9s %-20s %-8s %s\n", "kind", "name", "version", "what it is, and its file");
    fprintf(t->world->out, "%-9s %-20s %-8s %s%s%s%s  %s%s\n", lt_kind_folder(row->kind), row->name, row->version, row->summary,
            *row->alias ? " (also: " : "", row->alias, *row->alias ? ")" : "", row->file,
            row->found ? remark[row->found] : "");
}

/* A folder's name, or the same in the singular; 0: not a kind. */
static uint32_t kind_of(const char *word)
{
    for (uint32_t kind = LTC_ARCH; kind <= LTC_BACKEND; kind++) {
        const char *folder = lt_kind_folder(kind);
        const size_t n = strlen(folder), singular = folder[n - 1] == 's' ? n - 1 : n;
        if (!strcmp(word, folder) || (strlen(word) == singular && !strncmp(word, folder, singular)))
            return kind;
    }
    return 0;
}

int lt_cli_list(const lt_world *w, const lt_arguments *a)
{
    lt_arena arena = { 0 };
    lt_places places;
    lt_registry *registry = NULL;
    ltc_error err = { .message = "" };
    table t = { .world = w, .kind = a->n_rest ? kind_of(a->rest[0]) : 0 };

    if (a->n_rest && !t.kind) {
        lt_cli_say(w, "'%s' is no kind of plug-in: arch, masks, datasets, backends", a->rest[0]);
        return LT_EXIT_USAGE;
    }
    ltc_status st = lt_places_plugins(w, NULL, 0, &arena, &places, &err);
    if (!st)
        st = lt_registry_open(places.dir, places.n, NULL, NULL, &registry, &err);
    if (!st)
        st = lt_registry_list(registry, LT_LIST_LIMIT_S, print_row, &t, &err);
    if (st)
        lt_cli_say(w, "%s", err.message);
    lt_registry_close(registry);
    lt_arena_free(&arena);
    return st ? LT_EXIT_FAILED : LT_EXIT_DONE;
}
