/* Picks the command that the first word names. Called by main(). */
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "util/suggest.h"
#include "util/text.h"

typedef struct command {
    const char *name;
    int       (*run)(const lt_world *w, const lt_arguments *a);
    size_t      least, most;                  /* words after its name */
} command;

static const command commands[] = {
    { "run",     lt_cli_run,     0, 0 }, { "list", lt_cli_list, 0, 1 }, { "info", lt_cli_info, 1, 1 },
    { "summary", lt_cli_summary, 0, 0 }, { "help", lt_cli_help, 0, 1 }, { "show", lt_cli_show, 1, 2 },
    { "eval",    lt_cli_eval,    1, 1 }, { "status", lt_cli_status, 1, 1 }, { "watch", lt_cli_watch, 1, 1 },
    { "verify",  lt_cli_verify,  1, 2 }, { "store", lt_cli_store, 1, 1 },
    { "tune",    lt_cli_tune,    0, 1 }, { "check", lt_cli_check, 1, 2 },
    { "report",  lt_cli_report,  1, 1000 },
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

void lt_cli_say(const lt_world *w, const char *fmt, ...)
{
    char sentence[1024];                      /* one call prints it: workers say things too */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    lt_text_flatten(sentence);
    fprintf(w->err, "ltcore: %s\n", sentence);
}

static const command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static int unknown(const lt_world *w, const char *word)
{
    struct stat s;
    if (!stat(word, &s) && S_ISREG(s.st_mode)) {
        lt_cli_say(w, "no such command: %s (did you mean '-c %s'?)", word, word);
        return LT_EXIT_USAGE;
    }
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = lt_suggest(word, names, N_COMMANDS);
    if (near)
        lt_cli_say(w, "no such command: %s (did you mean '%s'?)", word, near);
    else
        lt_cli_say(w, "no such command: %s; see 'ltcore help'", word);
    return LT_EXIT_USAGE;
}

static int dispatch(const lt_world *w, lt_arguments *a)
{
    const char *word = a->n_rest ? a->rest[0] : NULL;
    if (a->version || a->help || (!word && !a->config)) {
        if (!a->version && !a->help)
            lt_cli_say(w, "nothing to do; see 'ltcore help'");
        return a->version || a->help ? lt_cli_help(w, a) : LT_EXIT_USAGE;
    }
    const command *c = find(word ? word : "run");
    if (!c)
        return unknown(w, word);
    if (word)
        a->rest++, a->n_rest--;
    if (a->n_rest < c->least || a->n_rest > c->most) {
        const bool few = a->n_rest < c->least;
        const size_t bound = few ? c->least : c->most;
        lt_cli_say(w, "%s takes %zu word%s%s; see 'ltcore help'", c->name, bound, bound == 1 ? "" : "s",
                   c->least == c->most ? "" : few ? " at least" : " at most");
        return LT_EXIT_USAGE;
    }
    return c->run(w, a);
}

/* Nobody reads any more, as in `ltcore list | head -1`: they have what they wanted. */
static bool is_left(FILE *out)
{
    struct pollfd p = { .fd = fileno(out), .events = POLLOUT };
    return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

int lt_cli_main(const lt_world *w, int argc, char **argv)
{
    lt_arguments a;
    int code = lt_arguments_parse(w, argc, argv, &a);
    if (code == LT_EXIT_DONE)
        code = dispatch(w, &a);
    free(a.set);
    free(a.format);
    const bool failed = fflush(w->out) || ferror(w->out);
    if (failed && !is_left(w->out) && code == LT_EXIT_DONE) {
        lt_cli_say(w, "standard output cannot be written");
        code = LT_EXIT_FAILED;
    }
    return code;
}
