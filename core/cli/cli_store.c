/* `ltcore store stats|verify|gc`: the store of trained weights: its size, its soundness, and the removal of
 * what no run needs. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/places.h"
#include "cli/setup.h"
#include "store/store.h"
#include "util/figures.h"

typedef struct care {
    const lt_world *world;
    const char     *place;
    lt_store       *store;
    lt_store_stats  stats;
} care;

static void print_kept(const care *c, const char *word)
{
    lt_figure objects, records, size;
    fprintf(c->world->out, "%-8s  %s objects and %s records, %s\n", word,
            lt_figure_count(c->stats.objects, &objects), lt_figure_count(c->stats.records, &records),
            lt_figure_bytes(c->stats.bytes, &size));
}

static int stats(care *c, ltc_error *err)
{
    if (lt_store_count(c->store, &c->stats, err))
        return LT_EXIT_FAILED;
    print_kept(c, "holds");
    return LT_EXIT_DONE;
}

/* What is damaged was said by the store as it was found. */
static int verify(care *c, ltc_error *err)
{
    lt_figure n;
    if (lt_store_verify(c->store, &c->stats, err))
        return LT_EXIT_FAILED;
    print_kept(c, "sound");
    fprintf(c->world->out, "%-8s  %s files\n", "damaged", lt_figure_count(c->stats.damaged, &n));
    return c->stats.damaged ? LT_EXIT_FAILED : LT_EXIT_DONE;
}

static int gc(care *c, ltc_error *err)
{
    lt_figure n, size;
    if (lt_store_gc(c->store, c->world->epoch_s, &c->stats, err))
        return LT_EXIT_FAILED;
    fprintf(c->world->out, "%-8s  %s files, %s\n", "removed", lt_figure_count(c->stats.removed, &n),
            lt_figure_bytes(c->stats.removed_bytes, &size));
    print_kept(c, "kept");
    fputs("What a run needs is kept, and so is what is younger than a day.\n", c->world->out);
    return LT_EXIT_DONE;
}

static const struct { const char *name; int (*run)(care *c, ltc_error *err); } actions[] = {
    { "stats", stats }, { "verify", verify }, { "gc", gc },
};
enum { N_ACTIONS = sizeof actions / sizeof actions[0] };

/* Of verify and gc, these are results. */
static void report(void *arg, const char *sentence)
{
    const care *c = arg;
    fprintf(c->world->out, "%s\n", sentence);
}

static int run_action(care *c, size_t action)
{
    ltc_error err = { .message = "" };
    if (access(c->place, F_OK) && errno == ENOENT) {      /* asking makes none */
        fprintf(c->world->out, "%s: there is no store yet\n", c->place);
        return LT_EXIT_DONE;
    }
    int code = lt_store_open(c->place, report, c, &c->store, &err) ? LT_EXIT_FAILED : LT_EXIT_DONE;
    if (!code) {
        fprintf(c->world->out, "%s\n", c->place);
        code = actions[action].run(c, &err);
    }
    if (err.message[0])
        lt_cli_say(c->world, "%s", err.message);
    lt_store_close(c->store);
    return code;
}

static int in_configured(const lt_world *w, const lt_arguments *a, size_t action)
{
    lt_setup s;
    int code = lt_setup_open(w, a, &s);
    if (code)
        return code;
    care c = { .world = w, .place = s.settings.run.store };
    code = run_action(&c, action);
    lt_setup_close(&s);
    return code;
}

/* Where run.store is unless it is set. */
static int in_default(const lt_world *w, size_t action)
{
    lt_arena arena = { 0 };
    care c = { .world = w };
    c.place = lt_places_store(w, &arena);
    const int code = c.place ? run_action(&c, action) : LT_EXIT_FAILED;
    if (!c.place)
        lt_cli_say(w, "no memory");
    lt_arena_free(&arena);
    return code;
}

/* What would be ignored, and must not be. */
static const char *what_is_wrong(const lt_arguments *a)
{
    if (a->dry_run)
        return "store has no dry run";
    if (a->n_set && !a->config)
        return "--set changes a configuration: name one with -c FILE";
    return NULL;
}

int lt_cli_store(const lt_world *w, const lt_arguments *a)
{
    size_t action = 0;
    const char *wrong = what_is_wrong(a);
    while (action < N_ACTIONS && strcmp(actions[action].name, a->rest[0]))
        action++;
    if (action == N_ACTIONS)
        lt_cli_say(w, "store cannot '%s': there is stats, verify, gc", a->rest[0]);
    else if (wrong)
        lt_cli_say(w, "%s", wrong);
    else
        return a->config ? in_configured(w, a, action) : in_default(w, action);
    return LT_EXIT_USAGE;
}
