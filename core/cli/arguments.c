/* Reads the words of the command line into lt_arguments. */
#include <getopt.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "run/progress.h"
#include "util/memory.h"

enum { OPT_SET = 256, OPT_VERSION };
static const struct option options[] = {
    { "config", required_argument, NULL, 'c' }, { "set", required_argument, NULL, OPT_SET },
    { "output", required_argument, NULL, 'o' }, { "dry-run", no_argument, NULL, 'n' },
    { "quiet", no_argument, NULL, 'q' },        { "verbose", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static int bad_option(const lt_world *w, const char *word, int option)
{
    if (option == ':')
        lt_cli_say(w, "%s needs a value; see 'ltcore help'", word);
    else
        lt_cli_say(w, "no such option: %s; see 'ltcore help'", word);
    return LT_EXIT_USAGE;
}

int lt_arguments_parse(const lt_world *w, int argc, char **argv, lt_arguments *a)
{
    *a = (lt_arguments){ .set = lt_array((size_t)argc, sizeof *a->set), .level = LT_NORMAL };
    if (!a->set) {
        lt_cli_say(w, "no memory");
        return LT_EXIT_FAILED;
    }
    optind = 0;                               /* glibc: start anew, whatever was parsed before */
    for (int option; (option = getopt_long(argc, argv, ":c:o:nqvh", options, NULL)) != -1;) {
        switch (option) {
        case 'c':         a->config = optarg; break;
        case 'o':         a->output = optarg; break;
        case OPT_SET:     a->set[a->n_set++] = optarg; break;
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
