/* Reads the words of the command line into lt_arguments. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "run/progress.h"
#include "util/memory.h"

enum { OPT_SET = 256, OPT_VERSION, OPT_FORMAT };
static const struct option options[] = {
    { "config", required_argument, NULL, 'c' }, { "set", required_argument, NULL, OPT_SET },
    { "output", required_argument, NULL, 'o' }, { "dry-run", no_argument, NULL, 'n' },
    { "jobs", required_argument, NULL, 'j' },   { "format", required_argument, NULL, OPT_FORMAT },
    { "quiet", no_argument, NULL, 'q' },        { "verbose", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

/* getopt stands in the middle of a word such as -xq, whose letter is optopt, and behind a long option. */
static bool is_letter(const char *word, int option)
{
    bool taken = !optopt;
    for (const struct option *o = options; o->name; o++)
        taken |= o->val == optopt;
    return option == ':' ? strncmp(word, "--", 2) != 0 : !taken;
}

static int bad_option(const lt_world *w, const char *word, int option)
{
    const char letter[] = { '-', (char)optopt, '\0' };
    const char *shown = is_letter(word, option) ? letter : word;
    if (option == ':')
        lt_cli_say(w, "%s needs a value; see 'ltcore help'", shown);
    else
        lt_cli_say(w, "no such option: %s; see 'ltcore help'", shown);
    return LT_EXIT_USAGE;
}

static int take_config(const lt_world *w, const char *path, lt_arguments *a)
{
    if (a->config) {
        lt_cli_say(w, "-c is given twice, %s and %s: a configuration names others by its key 'base'",
                   a->config, path);
        return LT_EXIT_USAGE;
    }
    a->config = path;
    return LT_EXIT_DONE;
}

static bool read_jobs(const char *text, unsigned *jobs)
{
    char *end;
    const long n = strtol(text, &end, 10);
    *jobs = (unsigned)n;
    return *text && !*end && n >= 1 && n <= 1024;
}

int lt_arguments_parse(const lt_world *w, int argc, char **argv, lt_arguments *a)
{
    *a = (lt_arguments){ .set = lt_array((size_t)argc, sizeof *a->set), .level = LT_NORMAL,
                          .format = lt_array((size_t)argc, sizeof *a->format) };
    if (!a->set || !a->format) {
        lt_cli_say(w, "no memory");
        return LT_EXIT_FAILED;
    }
    optind = 0;                               /* glibc: start anew, whatever was parsed before */
    for (int option; (option = getopt_long(argc, argv, ":c:o:j:nqvh", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            if (take_config(w, optarg, a))
                return LT_EXIT_USAGE;
            break;
        case 'o':         a->output = optarg; break;
        case OPT_SET:     a->set[a->n_set++] = optarg; break;
        case 'j':
            if (!read_jobs(optarg, &a->jobs)) {
                lt_cli_say(w, "-j %s: a number of trainings at once, from 1 to 1024", optarg);
                return LT_EXIT_USAGE;
            }
            break;
        case OPT_FORMAT:  a->format[a->n_formats++] = optarg; break;
        case 'n':         a->dry_run = true; break;
        case 'q':         a->level = LT_QUIET; break;
        case 'v':         a->level = LT_VERBOSE; break;
        case 'h':         a->help = true; break;
        case OPT_VERSION: a->version = true; break;
        default:          return bad_option(w, argv[optind - 1], option);
        }
    }
    a->rest = argv + optind;
    a->n_rest = (size_t)(argc - optind);
    return LT_EXIT_DONE;
}
