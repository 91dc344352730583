/* `ltcore tune [BACKEND]`: has a backend measure this machine's own table of costs, and writes it. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/setup.h"
#include "plugin/registry.h"
#include "train/device.h"
#include "util/file.h"

typedef struct wish {
    const lt_world *world;
    const char     *backend, *path;           /* path: of the table */
} wish;

/* With all its options at their defaults. */
static ltc_status measure(const wish *q, const lt_module *m, const lt_services *services, const char *to,
                          ltc_error *err)
{
    lt_arena arena = { 0 };
    lt_device d = { 0 };
    void *options = NULL;
    ltc_status st = LTC_OK;
    if (m->schema.n_opts && !lt_config_default_options(&m->schema, &arena, &options))
        st = ltc_fail(err, LTC_EUNSUPPORTED, "backend %s has options that have no default", q->backend);
    if (!st)
        st = lt_device_open(m, options, services, &d, err);
    if (!st)
        st = lt_device_tune(&d, to, err);
    lt_device_close(&d);
    lt_arena_free(&arena);
    return st;
}

/* The backend writes beside it, so that the table appears whole; that it can is seen before it measures. */
static ltc_status make_table(const wish *q, const lt_module *m, const lt_services *services, ltc_error *err)
{
    lt_text part = { 0 }, table = { 0 };
    lt_text_add(&part, "%s.%ld.tune", q->path, (long)getpid());
    ltc_status st = part.failed ? ltc_fail(err, LTC_ENOMEM, "%s: no memory to write it", q->path)
                                : lt_file_write(part.s, "", 0, err);
    if (!st)
        st = measure(q, m, services, part.s, err);
    if (!st)
        st = lt_file_read(part.s, &table, err);
    if (!st && q->world->cancelled(NULL))
        st = ltc_fail(err, LTC_ECANCELLED, "%s: stopped, and not written", q->path);
    if (!st)
        st = lt_file_write(q->path, table.s, table.n, err);
    if (!part.failed)
        unlink(part.s);
    lt_text_free(&part), lt_text_free(&table);
    return st;
}

static void say_how(const wish *q)
{
    fprintf(q->world->out,
            "%s: what this machine's kernels cost. To have them chosen by it:\n\n"
            "    backend = { plugin = \"%s\"; costs = \"%s\"; };\n\n"
            "It is part of the backend's identity: what was trained by another table is trained anew.\n",
            q->path, q->backend, q->path);
}

static int tune(const wish *q, const lt_setup *s, const lt_places *places)
{
    lt_registry *registry = NULL;
    const lt_module *m = NULL;
    ltc_error err = { .message = "" };
    struct stat there;
    ltc_status st = lt_registry_open(places->dir, places->n, NULL, NULL, &registry, &err);
    if (!st)
        st = lt_registry_find(registry, LTC_BACKEND, q->backend, &m, &err);
    int code = LT_EXIT_USAGE;
    if (st) {
        lt_cli_say(q->world, "%s", err.message);
    } else if (!m->ops.backend.tune) {
        lt_cli_say(q->world, "backend %s has no table of costs to measure", q->backend);
    } else if (!lstat(q->path, &there)) {
        lt_cli_say(q->world, "%s is there already, and results may depend on it: name another file with -o",
                   q->path);
    } else {
        st = lt_services_settle(&s->services, make_table(q, m, &s->services, &err));
        code = st == LTC_ECANCELLED ? LT_EXIT_STOPPED : st ? LT_EXIT_FAILED : LT_EXIT_DONE;
        if (st)
            lt_cli_say(q->world, "%s", err.message);
        else
            say_how(q);
    }
    lt_registry_close(registry);
    return code;
}

int lt_cli_tune(const lt_world *w, const lt_arguments *a)
{
    lt_setup s;
    lt_places places;
    wish q = { .world = w, .backend = a->n_rest ? a->rest[0] : LTCORE_DEFAULT_BACKEND, .path = a->output };
    int code = lt_setup_places(w, a, &s, &places);
    if (code)
        return code;
    if (!q.path)
        q.path = lt_arena_print(&s.arena, "%s.costs", q.backend);
    if (q.path) {
        code = tune(&q, &s, &places);
    } else {
        lt_cli_say(w, "no memory");
        code = LT_EXIT_FAILED;
    }
    lt_setup_close(&s);
    return code;
}
