/* `ltcore help`, --help and --version. */
#include <string.h>

#include "cli/cli.h"
#include "cli/pages.h"
#include "config/config.h"

static const char usage[] =
    "ltcore looks for lottery tickets in neural networks: prunes, rewinds, trains again, compares.\n"
    "\n"
    "  ltcore -c FILE            do what the configuration says\n"
    "  ltcore list [KIND]        the plug-ins that are found: arch, masks, datasets, backends\n"
    "  ltcore info NAME          one plug-in: its options, formula and source; a backend's identity\n"
    "  ltcore summary -c FILE    the network, layer by layer\n"
    "  ltcore show TICKET [NAME] what a ticket, a mask or another .safetensors file holds, or one tensor of it\n"
    "  ltcore eval TICKET -c FILE   loss and accuracy of stored weights on each split\n"
    "  ltcore status DIR         how far the run is that writes there\n"
    "  ltcore watch DIR          the same every two seconds, until it ends\n"
    "  ltcore report DIR... [-o DIR]   figures, tables and report.html, made again; several are compared\n"
    "  ltcore verify DIR [NAME]  train one stored training again (main/t1/l00) and compare the bytes\n"
    "  ltcore store stats|verify|gc [-c FILE]   size, soundness, and cleaning of the store of trained weights\n"
    "  ltcore tune [BACKEND] [-o FILE]   measures this machine's own table of costs for a backend's choice of kernels\n"
    "  ltcore check FILE.so [TEST]   does that plug-in file keep to what the headers ask? All tests, or one\n"
    "  ltcore help [COMMAND]     this page; one command: its options, an example, its exit codes\n"
    "  ltcore help config        every key of a configuration\n"
    "\n"
    "  -c, --config FILE         the configuration; list and info take its plugins.path alone\n"
    "      --set KEY=VALUE       override one setting, as often as needed: --set train.steps=200\n"
    "  -o, --output DIR          where results go, over run.output\n"
    "  -j, --jobs N              trainings at once (one a processor; on a GPU as many as fit)\n"
    "      --format WORD         of a report, as often as needed: html, svg, png, csv, md (tables, printed)\n"
    "  -n, --dry-run             say what would be done, and write nothing\n"
    "  -q, --quiet               no progress\n"
    "  -v, --verbose             a line for each evaluation\n"
    "  -h, --help                this page\n"
    "      --version             version of this program\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 stopped by a signal.\n"
    "Environment: LTCORE_PLUGIN_PATH and LTCORE_DATA, directories separated by colons; XDG_DATA_HOME, XDG_CACHE_HOME.\n";

static int print_topic(const lt_world *w, const char *topic)
{
    if (!strcmp(topic, "config"))
        lt_config_print_keys(w->out);
    else if (!strcmp(topic, "man"))           /* for the build */
        lt_pages_print_man(LTCORE_VERSION, usage, w->out);
    else if (!lt_page_print(topic, w->out)) {
        lt_cli_say(w,
                   "no help on '%s'; there is 'ltcore help', 'ltcore help COMMAND' and 'ltcore help config'",
                   topic);
        return LT_EXIT_USAGE;
    }
    return LT_EXIT_DONE;
}

int lt_cli_help(const lt_world *w, const lt_arguments *a)
{
    if (a->version)
        fprintf(w->out, "ltcore %s\n", LTCORE_VERSION);
    else if (a->n_rest)
        return print_topic(w, a->rest[0]);
    else
        fputs(usage, w->out);
    return LT_EXIT_DONE;
}
