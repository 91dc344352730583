/* Owns configuration, registry and settings for the length of a command. */
#include "cli/setup.h"

#include <string.h>

#ifndef LTCORE_DEFAULT_BACKEND
#error "the build names the default backend"
#endif

static void note(void *arg, int level, const char *sentence)
{
    if (level <= LTC_LOG_WARNING)
        lt_cli_say(arg, "warning: %s", sentence);
}

static void log_line(void *arg, int level, const char *module, const char *sentence)
{
    static const char *const word[] = { [LTC_LOG_ERROR] = "error: ", [LTC_LOG_WARNING] = "warning: " };
    if (level == LTC_LOG_ERROR || level == LTC_LOG_WARNING)
        lt_cli_say(arg, "%s%s: %s", word[level], module, sentence);
}

static ltc_status open_registry(lt_setup *s, ltc_error *err)
{
    const ltc_strings own = lt_config_plugin_path(s->config);
    lt_places places;
    const ltc_status st = lt_places_plugins(s->world, own.v, own.n, &s->arena, &places, err);
    return st ? st : lt_registry_open(places.dir, places.n, note, (void *)(uintptr_t)s->world, &s->registry,
                                      err);
}

static ltc_status settle(lt_setup *s, lt_diags *d, ltc_error *err)
{
    ltc_status st = lt_config_read(&s->request, &s->config, d);
    if (!st)
        st = open_registry(s, err);
    return st ? st : lt_config_settle(s->config, s->registry, &s->settings, d);
}

static ltc_status fill_request(lt_setup *s, const lt_arguments *a, ltc_error *err)
{
    lt_places data = { 0 };
    const ltc_status st = lt_places_data(s->world, &s->arena, &data, err);
    s->request = (lt_config_request){
        .path = a->config, .set = a->set, .n_set = a->n_set, .output = a->output,
        .directory = s->world->directory, .data_dir = data.dir, .n_data_dirs = data.n,
        .default_backend = LTCORE_DEFAULT_BACKEND, .store = lt_places_store(s->world, &s->arena),
    };
    return st;
}

/* Says all that is wrong. */
static int conclude(lt_setup *s, ltc_status st, lt_diags *d, const ltc_error *err)
{
    lt_diags_print(d, s->world->err);
    lt_diags_free(d);
    if (st && err->message[0])
        lt_cli_say(s->world, "%s", err->message);
    if (st)
        lt_setup_close(s);
    return st ? LT_EXIT_USAGE : LT_EXIT_DONE;
}

int lt_setup_open(const lt_world *w, const lt_arguments *a, lt_setup *s)
{
    lt_diags d = { 0 };
    ltc_error err = { .message = "" };

    *s = (lt_setup){
        .world = w,
        .services = { .log = log_line, .cancelled = w->cancelled, .arg = (void *)(uintptr_t)w,
                      .memory = w->memory },
    };
    if (!a->config) {
        lt_cli_say(w, "no configuration: name one with -c FILE");
        return LT_EXIT_USAGE;
    }
    s->services.cache = lt_places_cache(w, &s->arena);
    ltc_status st = lt_team_create(w->processors, &s->services.team, &err);
    if (!st)
        st = fill_request(s, a, &err);
    if (!st)
        st = settle(s, &d, &err);
    return conclude(s, st, &d, &err);
}

int lt_setup_places(const lt_world *w, const lt_arguments *a, lt_setup *s, lt_places *places)
{
    lt_diags d = { 0 };
    ltc_error err = { .message = "" };
    ltc_strings own = { 0 };

    *s = (lt_setup){ .world = w };
    ltc_status st = a->config ? fill_request(s, a, &err) : LTC_OK;
    if (!st && a->config)
        st = lt_config_read(&s->request, &s->config, &d);
    if (!st && a->config)
        own = lt_config_plugin_path(s->config);
    if (!st)
        st = lt_places_plugins(w, own.v, own.n, &s->arena, places, &err);
    return conclude(s, st, &d, &err);
}

void lt_setup_close(lt_setup *s)
{
    lt_settings_free(&s->settings);
    lt_config_free(s->config);
    lt_registry_close(s->registry);
    lt_arena_free(&s->arena);
    lt_team_destroy(s->services.team);
    s->services.team = NULL;
    s->config = NULL;
    s->registry = NULL;
}

/* What is blamed, as a key of the configuration. Calls into plug-ins name it whole (border.h); what stands
 * without a group is of pruning: the criterion's option, or the core's own. */
static void blamed_key(const lt_settings *s, const char *option, char *key, size_t n)
{
    const lt_module *mask = s->prune.mask.module;
    bool of_mask = false;
    for (uint32_t i = 0; mask && i < mask->schema.n_opts; i++)
        of_mask |= !strcmp(mask->schema.opt[i].name, option);
    const char *group = strchr(option, '.') ? "" : of_mask ? "prune.mask." : "prune.";
    snprintf(key, n, "%s%s", group, option);
}

int lt_setup_failed(const lt_setup *s, ltc_status returned, const ltc_error *err)
{
    const ltc_status st = lt_services_settle(&s->services, returned);
    if (err->option[0] && st != LTC_ECANCELLED) {
        lt_diags d = { 0 };
        char key[128];
        blamed_key(&s->settings, err->option, key, sizeof key);
        lt_diags_add(&d, lt_config_place(s->config, key), key, "%s", err->message);
        lt_diags_print(&d, s->world->err);
        lt_diags_free(&d);
    } else {
        lt_cli_say(s->world, "%s", err->message);
    }
    if (st == LTC_ECANCELLED)
        return LT_EXIT_STOPPED;
    return st == LTC_EOPTION || st == LTC_EINVAL ? LT_EXIT_USAGE : LT_EXIT_FAILED;
}
