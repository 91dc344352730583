/* `ltcore help`, --help and --version. */
#include <string.h>

#include "cli/cli.h"
#include "config/config.h"

static const char usage[] =
    "ltcore finds, trains and studies lottery tickets.\n"
    "\n"
    "  ltcore -c FILE            do what the configuration says\n"
    "  ltcore list [KIND]        the plug-ins that are found: arch, masks, datasets, backends\n"
    "  ltcore info NAME          one plug-in: its options, formula and source; a backend's identity\n"
    "  ltcore summary -c FILE    the network, layer by layer\n"
    "  ltcore help [config]      this page; every key of a configuration\n"
    "\n"
    "  -c, --config FILE         the configuration\n"
    "      --set KEY=VALUE       override one setting, as often as needed: --set train.steps=200\n"
    "  -o, --output DIR          where results go, over run.output\n"
    "  -n, --dry-run             say what would be done, and write nothing\n"
    "  -q, --quiet               no progress\n"
    "  -v, --verbose             a line for each evaluation\n"
    "  -h, --help                this page\n"
    "      --version             version of this program\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 stopped by a signal.\n"
    "Environment: LTCORE_PLUGIN_PATH and LTCORE_DATA, directories separated by colons.\n";

int lt_cli_help(const lt_world *w, const lt_arguments *a)
{
    const char *topic = a->n_rest && !a->help ? a->rest[0] : NULL;
    if (a->version) {
        fprintf(w->out, "ltcore %s\n", LTCORE_VERSION);
    } else if (!topic) {
        fputs(usage, w->out);
    } else if (!strcmp(topic, "config")) {
        lt_config_print_keys(w->out);
    } else {
        lt_cli_say(w, "no help on '%s'; there is 'ltcore help config'", topic);
        return LT_EXIT_USAGE;
    }
    return LT_EXIT_DONE;
}
