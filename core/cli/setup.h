/* Setup: from the words of a command to checked settings; what `run` and `summary` begin with. */
#ifndef LT_CLI_SETUP_H
#define LT_CLI_SETUP_H

#include "cli/cli.h"
#include "cli/places.h"
#include "config/config.h"

typedef struct lt_setup {
    lt_arena     arena;
    lt_config   *config;
    lt_registry *registry;
    lt_settings  settings;
    lt_services  services;
    const lt_world *world;
    lt_config_request request;
} lt_setup;

/* Prints all that is wrong and gives LT_EXIT_USAGE, or LT_EXIT_DONE. The world outlives the setup. */
int lt_setup_open(const lt_world *w, const lt_arguments *a, lt_setup *s);

/* Only where plug-ins are looked for: plugins.path of the configuration, if one is named, then the usual
 * places; the list is the setup's. Prints and gives the same. */
int lt_setup_places(const lt_world *w, const lt_arguments *a, lt_setup *s, lt_places *places);
void lt_setup_close(lt_setup *s);             /* safe on a half-opened one */

/* The sentence of a failure, with the place of the option or group to blame if there is one; an exit code. */
int lt_setup_failed(const lt_setup *s, ltc_status st, const ltc_error *err);

#endif
