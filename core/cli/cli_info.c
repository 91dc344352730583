/* `ltcore info NAME`: what a plug-in says of itself. It is loaded, and a backend opened, in a child
 * process. */
#include <stdlib.h>
#include <string.h>

#include "cli/setup.h"
#include "plugin/child.h"
#include "plugin/search.h"
#include "train/device.h"

enum { LIMIT_S = 30 };

typedef struct question {
    const lt_world *world;
    const char     *name;
    lt_places       places;
} question;

/* With all its options at their defaults. */
static void print_identity(const lt_module *m, lt_text *to)
{
    lt_arena arena = { 0 };
    lt_device d = { 0 };
    ltc_error err = { .message = "" };
    void *options = NULL;
    const lt_services none = { 0 };
    ltc_status st = LTC_OK;
    if (m->schema.n_opts && !lt_config_default_options(&m->schema, &arena, &options))
        st = ltc_fail(&err, LTC_EOPTION, "depends on options that have no default");
    if (!st)
        st = lt_device_open(m, options, &none, &d, &err);
    lt_text_add(to, "identity   %s\n", st ? err.message : d.identity);
    lt_device_close(&d);
    lt_arena_free(&arena);
}

static void print_options(const lt_module *m, lt_text *to)
{
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    if (!memory)
        return;
    lt_config_print_options(&m->schema, memory);
    if (fclose(memory) == 0)
        lt_text_put(to, text, n);
    free(text);
}

static void print_module(const lt_module *m, lt_text *to)
{
    const struct { const char *what, *text; } line[] = {
        { "summary", m->info.summary }, { "also", m->info.alias }, { "source", m->info.source },
        { "version", m->info.version }, { "vendor", m->vendor }, { "license", m->license },
        { "build", m->build }, { "file", m->path },
    };
    lt_text_add(to, "%s, %s\n\n", m->info.name, lt_kind_noun(m->info.kind));
    for (size_t i = 0; i < sizeof line / sizeof line[0]; i++)
        if (line[i].text && *line[i].text)
            lt_text_add(to, "%-10s %s\n", line[i].what, line[i].text);
    if (m->info.kind == LTC_BACKEND)
        print_identity(m, to);
    lt_text_add(to, m->schema.n_opts ? "\n" : "\nIt has no options.\n");
    if (m->schema.n_opts)
        print_options(m, to);
}

/* Each module of that name. fault: why a file of that name, if there is one, does not offer what its place
 * says. */
static size_t print_all(const question *q, lt_registry *registry, lt_text *reply, ltc_error *fault)
{
    const lt_search search = { q->places.dir, q->places.n };
    lt_arena arena = { 0 };
    size_t found = 0;
    for (uint32_t kind = LTC_ARCH; kind <= LTC_BACKEND; kind++) {
        ltc_error err = { .message = "" };
        const lt_module *m;
        if (!lt_registry_find(registry, kind, q->name, &m, &err)) {
            lt_text_add(reply, found++ ? "\n" : "");
            print_module(m, reply);
        } else if (lt_search_find(&search, kind, q->name, &arena)) {
            *fault = err;
        }
    }
    lt_arena_free(&arena);
    return found;
}

/* In the child. The reply's first byte: '+' and what was found, '-' and why nothing was. */
static void answer(void *arg, lt_text *reply)
{
    const question *q = arg;
    lt_registry *registry = NULL;
    ltc_error fault;
    ltc_fail(&fault, LTC_EINVAL, "no plug-in '%s' of any kind; see 'ltcore list'", q->name);
    lt_text_add(reply, "+");
    if (lt_registry_open(q->places.dir, q->places.n, NULL, NULL, &registry, &fault) ||
        !print_all(q, registry, reply, &fault)) {
        lt_text_free(reply);
        lt_text_add(reply, "-%s", fault.message);
    }
    lt_registry_close(registry);
}

/* The child died or hangs: the files that it was loading. */
static void say_died(const question *q, const char *how)
{
    const lt_search search = { q->places.dir, q->places.n };
    lt_arena arena = { 0 };
    const char *last = NULL;
    for (uint32_t kind = LTC_ARCH; kind <= LTC_BACKEND; kind++) {
        const char *file = lt_search_find(&search, kind, q->name, &arena);
        if (file && (!last || strcmp(file, last)))
            lt_cli_say(q->world, "%s: %s while it was looked into", file, how);
        last = file ? file : last;
    }
    lt_arena_free(&arena);
}

static int print_answer(question *q)
{
    lt_text reply = { 0 };
    ltc_error err = { .message = "" };
    const lt_patience patience = { LIMIT_S, q->world->cancelled, NULL };
    const ltc_status st = lt_child_run(answer, q, &patience, &reply, &err);
    int code = LT_EXIT_FAILED;
    if (q->world->cancelled(NULL)) {
        code = LT_EXIT_STOPPED;
    } else if (st) {
        say_died(q, err.message);
    } else if (reply.s[0] == '+') {
        fputs(reply.s + 1, q->world->out);
        code = LT_EXIT_DONE;
    } else {
        lt_cli_say(q->world, "%s", reply.s + 1);
        code = LT_EXIT_USAGE;
    }
    lt_text_free(&reply);
    return code;
}

int lt_cli_info(const lt_world *w, const lt_arguments *a)
{
    lt_setup s;
    question q = { .world = w, .name = a->rest[0] };
    int code = lt_setup_places(w, a, &s, &q.places);
    if (code)
        return code;
    code = print_answer(&q);
    lt_setup_close(&s);
    return code;
}
