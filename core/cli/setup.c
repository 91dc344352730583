/* Owns configuration, registry and settings for the length of a command. */
#include "cli/setup.h"

#include <string.h>

#include "cli/places.h"

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
    return st ? st : lt_registry_open(places.dir, places.n, note, (void *)(uintptr_t)s->world, &s->registry, err);
}

static ltc_status settle(lt_setup *s, lt_diags *d, ltc_error *err)
{
    ltc_status st = lt_config_read(&s->request, &s->config, d);
    if (!st)
        st = open_registry(s, err);
    return st ? st : lt_config_settle(s->config, s->registry, &s->settings, d);
}

int lt_setup_open(const lt_world *w, const lt_arguments *a, lt_setup *s)
{
    lt_diags d = { 0 };
    ltc_error err = { .message = "" };
    lt_places data = { 0 };

    *s = (lt_setup){
        .world = w,
        .services = { .log = log_line, .cancelled = w->cancelled, .arg = (void *)(uintptr_t)w },
    };
    if (!a->config) {
        lt_cli_say(w, "no configuration: name one with -c FILE");
        return LT_EXIT_USAGE;
    }
    ltc_status st = lt_places_data(w, &s->arena, &data, &err);
    s->request = (lt_config_request){
        .path = a->config, .set = a->set, .n_set = a->n_set, .output = a->output, .directory = w->directory,
        .data_dir = data.dir, .n_data_dirs = data.n, .default_backend = LTCORE_DEFAULT_BACKEND,
    };
    if (!st)
        st = settle(s, &d, &err);
    lt_diags_print(&d, w->err);
    lt_diags_free(&d);
    if (st && err.message[0])
        lt_cli_say(w, "%s", err.message);
    if (st)
        lt_setup_close(s);
    return st ? LT_EXIT_USAGE : LT_EXIT_DONE;
}

void lt_setup_close(lt_setup *s)
{
    lt_settings_free(&s->settings);
    lt_config_free(s->config);
    lt_registry_close(s->registry);
    lt_arena_free(&s->arena);
    s->config = NULL;
    s->registry = NULL;
}

/* The group whose plug-in has an option of that name, for the place it was written. */
static const char *group_of(const lt_settings *s, const char *option)
{
    const struct { const char *group; const lt_module *module; } plugin[] = {
        { "dataset", s->dataset.plugin.module }, { "arch", s->arch.plugin.module }, { "backend", s->backend.plugin.module },
    };
    for (size_t i = 0; i < sizeof plugin / sizeof plugin[0]; i++)
        for (uint32_t o = 0; plugin[i].module && o < plugin[i].module->schema.n_opts; o++)
            if (!strcmp(plugin[i].module->schema.opt[o].name, option))
                return plugin[i].group;
    return NULL;
}

int lt_setup_failed(const lt_setup *s, ltc_status st, const ltc_error *err)
{
    const char *group = err->option[0] ? group_of(&s->settings, err->option) : NULL;
    if (st == LTC_ECANCELLED) {
        lt_cli_say(s->world, "%s", err->message);
        return LT_EXIT_STOPPED;
    }
    if (group) {
        lt_diags d = { 0 };
        char key[128];
        snprintf(key, sizeof key, "%s.%s", group, err->option);
        lt_diags_add(&d, lt_config_place(s->config, key), key, "%s", err->message);
        lt_diags_print(&d, s->world->err);
        lt_diags_free(&d);
    } else {
        lt_cli_say(s->world, "%s", err->message);
    }
    return st == LTC_EOPTION || st == LTC_EINVAL ? LT_EXIT_USAGE : LT_EXIT_FAILED;
}
