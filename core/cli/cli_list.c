/* `ltcore list`: every plug-in that is found, and every file that does not load. */
#include <string.h>

#include "cli/setup.h"

typedef struct table {
    const lt_world *world;
    uint32_t        kind;                     /* 0: all */
    size_t          rows;
} table;

static void print_module(const table *t, const lt_listing *row)
{
    static const char *const remark[] = {
        [LT_LISTED_FOUND]    = "",
        [LT_LISTED_SHADOWED] = "  (shadowed: another file is found first)",
        [LT_LISTED_UNNAMED]  = "  (not reachable: no file is called by its name)",
    };
    fprintf(t->world->out, "%-9s %-20s %-8s %s%s%s%s  %s%s\n", lt_kind_folder(row->kind), row->name,
            row->version, row->summary, *row->alias ? " (also: " : "", row->alias, *row->alias ? ")" : "",
            row->file, remark[row->found]);
}

static bool print_row(void *arg, const lt_listing *row)
{
    table *t = arg;
    if (t->world->cancelled(NULL))
        return false;
    if (row->error) {
        lt_cli_say(t->world, "%s", row->error);
    } else if (!t->kind || row->kind == t->kind) {
        print_module(t, row);
        t->rows++;
    }
    return true;
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

static void say_nothing_found(const table *t, const lt_places *places)
{
    lt_text dirs = { 0 };
    for (size_t i = 0; i < places->n; i++)
        lt_text_add(&dirs, "%s%s", i ? ", " : "", places->dir[i]);
    lt_cli_say(t->world, "no %s found in %s", t->kind ? lt_kind_folder(t->kind) : "plug-ins",
               dirs.failed ? "?" : dirs.s);
    lt_text_free(&dirs);
}

static ltc_status print_table(table *t, const lt_places *places, ltc_error *err)
{
    lt_registry *registry = NULL;
    const lt_patience patience = { LT_LIST_LIMIT_S, t->world->cancelled, NULL };
    ltc_status st = lt_registry_open(places->dir, places->n, NULL, NULL, &registry, err);
    if (st)
        return st;
    fprintf(t->world->out, "%-9s %-20s %-8s %s\n", "kind", "name", "version", "what it is, and its file");
    st = lt_registry_list(registry, &patience, print_row, t, err);
    if (!st && !t->rows)
        say_nothing_found(t, places);
    lt_registry_close(registry);
    return st;
}

int lt_cli_list(const lt_world *w, const lt_arguments *a)
{
    table t = { .world = w, .kind = a->n_rest ? kind_of(a->rest[0]) : 0 };
    lt_setup s;
    lt_places places;
    ltc_error err = { .message = "" };
    if (a->n_rest && !t.kind) {
        lt_cli_say(w, "'%s' is no kind of plug-in: arch, masks, datasets, backends", a->rest[0]);
        return LT_EXIT_USAGE;
    }
    const int code = lt_setup_places(w, a, &s, &places);
    if (code)
        return code;
    const ltc_status st = print_table(&t, &places, &err);
    if (st)
        lt_cli_say(w, "%s", err.message);
    lt_setup_close(&s);
    return st == LTC_ECANCELLED ? LT_EXIT_STOPPED : st ? LT_EXIT_FAILED : LT_EXIT_DONE;
}
