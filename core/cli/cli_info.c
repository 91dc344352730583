/* `ltcore info NAME`: what a plug-in says of itself. It is loaded, and a backend opened, in a child process. */
#include <stdlib.h>
#include <string.h>

#include "cli/places.h"
#include "config/config.h"
#include "plugin/child.h"
#include "train/device.h"

enum { LIMIT_S = 30 };

typedef struct question {
    const lt_world *world;
    const char     *name;
    lt_places       places;
} question;

/* With all its options at their defaults, if they have any. */
static void print_identity(const lt_module *m, lt_text *to)
{
    lt_device d = { 0 };
    ltc_error err = { .message = "" };
    const lt_services none = { 0 };
    void *options = m->schema.n_opts ? NULL : (void *)"";
    if (!options)
        return;
    const ltc_status st = lt_device_open(m, options, &none, &d, &err);
    lt_text_add(to, "identity   %s\n", st ? err.message : d.identity);
    lt_device_close(&d);
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
        { "summary", m->info.summary }, { "also", m->info.alias }, { "source", m->info.source }, { "version", m->info.version },
        { "vendor", m->vendor }, { "license", m->license }, { "build", m->build }, { "file", m->path },
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

/* In the child. The reply's first byte: '+' and what was found, '-' and why nothing was. */
static void answer(void *arg, lt_text *reply)
{
    const question *q = arg;
    lt_registry *registry = NULL;
    ltc_error err = { .message = "" }, first = { .message = "" };
    size_t found = 0;
    ltc_status st = lt_registry_open(q->places.dir, q->places.n, NULL, NULL, &registry, &err);
    lt_text_add(reply, "+");
    for (uint32_t kind = LTC_ARCH; kind <= LTC_BACKEND && !st; kind++) {
        const lt_module *m;
        if (lt_registry_find(registry, kind, q->name, &m, &err)) {
            first = err;
            continue;
        }
        lt_text_add(reply, found++ ? "\n" : "");
        print_module(m, reply);
    }
    if (!found && reply->s) {
        reply->s[0] = '-';
        lt_text_add(reply, "%s", first.message);
    }
    lt_registry_close(registry);
}

int lt_cli_info(const lt_world *w, const lt_arguments *a)
{
    lt_arena arena = { 0 };
    lt_text reply = { 0 };
    ltc_error err = { .message = "" };
    question q = { .world = w, .name = a->rest[0] };
    ltc_status st = lt_places_plugins(w, NULL, 0, &arena, &q.places, &err);
    if (!st)
        st = lt_child_run(answer, &q, LIMIT_S, &reply, &err);
    if (st)
        lt_cli_say(w, "%s: %s", q.name, err.message);
    else if (reply.s[0] == '+')
        fputs(reply.s + 1, w->out);
    else
        lt_cli_say(w, "%s", reply.s + 1);
    const int code = st ? LT_EXIT_FAILED : reply.s[0] == '+' ? LT_EXIT_DONE : LT_EXIT_USAGE;
    lt_text_free(&reply);
    lt_arena_free(&arena);
    return code;
}
