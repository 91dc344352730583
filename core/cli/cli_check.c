/* `ltcore check FILE.so [TEST]`: the conformance suite over one plug-in file. What it prints is TAP version
 * 14, a line a test, which people read and test harnesses understand (testanything.org). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "check/check.h"
#include "cli/cli.h"
#include "util/memory.h"

typedef struct report {
    const lt_world *world;
    size_t n, failed, skipped;
    double began_s;
} report;

/* Text within a line of TAP, where # begins a directive and \ guards it. */
static void print_text(FILE *to, const char *s)
{
    for (; *s; s++) {
        if (*s == '#' || *s == '\\')
            putc('\\', to);
        putc((unsigned char)*s < ' ' ? ' ' : *s, to);
    }
}

/* One line of the block behind a failed test: YAML, in single quotes. */
static void print_key(FILE *to, const char *key, const char *s)
{
    fprintf(to, "  %s: '", key);
    for (; *s; s++) {
        if (*s == '\'')
            putc('\'', to);
        putc((unsigned char)*s < ' ' ? ' ' : *s, to);
    }
    fputs("'\n", to);
}

static void print_failure(FILE *to, const lt_verdict *v)
{
    fputs("  ---\n", to);
    print_key(to, "found", v->found);
    print_key(to, "expected", v->expected);
    fprintf(to, "  seed: %d\n  ...\n", LT_CHECK_SEED);
}

static bool print_row(void *arg, const lt_check_row *row)
{
    report *r = arg;
    const lt_verdict *v = row->verdict;
    FILE *to = r->world->out;
    fprintf(to, "%s %zu - %s%s%s: ", v->outcome == LT_FAILED ? "not ok" : "ok", ++r->n, row->module,
            *row->module ? " " : "", row->name);
    print_text(to, row->claim);
    if (v->measured && v->outcome != LT_SKIPPED)
        fprintf(to, " (error %.2g of %.2g)", v->error, v->bound);
    if (*v->found && v->outcome == LT_HELD) {
        fputs(" (", to), print_text(to, v->found), putc(')', to);
    } else if (v->outcome == LT_SKIPPED) {
        fputs(" # SKIP ", to), print_text(to, v->found);
    }
    putc('\n', to);
    if (v->outcome == LT_FAILED)
        print_failure(to, v);
    fflush(to);
    r->failed += v->outcome == LT_FAILED;
    r->skipped += v->outcome == LT_SKIPPED;
    return !r->world->cancelled(NULL);
}

static int run(report *r, const lt_check_request *request)
{
    ltc_error err = { .message = "" };
    fputs("TAP version 14\n", r->world->out);
    const ltc_status st = lt_check_run(request, &err);
    if (st && r->world->cancelled(NULL))
        return LT_EXIT_STOPPED;
    if (st) {
        lt_cli_say(r->world, "%s", err.message);
        return st == LTC_EINVAL ? LT_EXIT_USAGE : LT_EXIT_FAILED;
    }
    fprintf(r->world->out, "1..%zu\n# %zu tests: %zu ok, %zu failed, %zu skipped; %.1f s\n", r->n, r->n,
            r->n - r->failed - r->skipped, r->failed, r->skipped, r->world->now_s() - r->began_s);
    return r->failed ? LT_EXIT_FAILED : LT_EXIT_DONE;
}

/* A name without a slash is a file of the current directory; the dynamic linker would look elsewhere. */
int lt_cli_check(const lt_world *w, const lt_arguments *a)
{
    lt_arena arena = { 0 };
    struct stat s;
    const char *name = a->rest[0];
    const char *path = strchr(name, '/') ? name : lt_arena_print(&arena, "./%s", name);
    report r = { .world = w, .began_s = w->now_s() };
    const lt_check_request request = { .path = path, .only = a->n_rest > 1 ? a->rest[1] : NULL,
                                       .patience = { LT_CHECK_LIMIT_S, w->cancelled, NULL },
                                       .pause_ms = LT_CHECK_PAUSE_MS,
                                       .visit = print_row, .arg = &r };
    int code = LT_EXIT_USAGE;
    if (!path)
        lt_cli_say(w, "no memory");
    else if (stat(path, &s))
        lt_cli_say(w, "%s: %s", name, strerror(errno));
    else if (!S_ISREG(s.st_mode))
        lt_cli_say(w, "%s: not a file: check takes the .so of a plug-in", name);
    else
        code = run(&r, &request);
    lt_arena_free(&arena);
    return code;
}
