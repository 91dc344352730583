/* Owns the step from the tree of settings to lt_settings: every key checked, every plug-in found, every
 * default there. Called through config.h by every command that takes a configuration. */
#include <string.h>

#include "config/lines.h"
#include "config/options.h"
#include "config/path.h"
#include "config/reader.h"
#include "config/retrain.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/settle.h"
#include "config/sweep.h"

typedef struct settler {
    lt_fill       *fill;
    const lt_node *root;
    lt_registry   *registry;
    lt_settings   *settings;
} settler;

/* The module, if the group names one that is there and whose options are no keys of the core. */
static bool find_module(settler *s, const lt_group *g, lt_plugin_setting *p)
{
    ltc_error err = { 0 };
    if (!p->name)
        return false;                         /* missing or mistyped, and reported */
    if (lt_registry_find(s->registry, g->kind, p->name, &p->module, &err)) {
        char key[64];
        snprintf(key, sizeof key, "%s.plugin", g->path);
        lt_fill_fault(s->fill, p->at, key, "%s", err.message);
        return false;
    }
    return lt_options_apart(s->fill, p, &g->schema);
}

/* The plug-in's options, which stand in the group beside the core's keys. */
static void fill_plugin(settler *s, const lt_node *group, lt_plugin_setting *p)
{
    const ltc_schema *schema = &p->module->schema;
    if (!schema->n_opts)
        return;
    p->options = lt_arena_array(s->fill->arena, 1, schema->data_size);
    s->fill->no_memory |= !p->options;
    if (p->options)
        lt_options_fill(s->fill, group, schema, p->options);
}

static void settle_group(settler *s, const lt_group *g)
{
    const lt_node *group = lt_node_find(s->root, g->path);
    s->fill->group = g->path;
    if (group && group->kind != LT_NODE_GROUP) {
        lt_fill_fault(s->fill, group->at, g->path, "is not a group");
        lt_fill_hint(s->fill, "write %s = { ... };", group->name);
        return;
    }
    lt_options_fill(s->fill, group, &g->schema, s->settings);
    lt_plugin_setting *p = lt_group_plugin(g, s->settings);
    const bool found = p && find_module(s, g, p);
    if (found)
        fill_plugin(s, group, p);
    if (!p || found) {                        /* without its plug-in nobody can say which keys a group has */
        const ltc_schema *own = s->fill->variant ? lt_variant_schema(g->path) : NULL;
        const ltc_schema *schema[4] = { &g->schema };
        size_t n = 1;
        if (found)
            schema[n++] = &p->module->schema;
        if (own)
            schema[n++] = own;
        if (g->over)
            schema[n++] = &lt_group_find(g->over)->schema;
        lt_options_unknown(s->fill, group, schema, n, found ? p->name : NULL);
    }
}

/* LT_VARY_* are in the order of the choices. */
static void derive_vary(lt_settings *s)
{
    const char *const *word = lt_schema_find(&lt_group_find("run")->schema, "vary")->choices;
    for (uint64_t i = 0; i < s->run.vary.n; i++)
        for (unsigned bit = 0; word[bit]; bit++)
            s->run.vary_bits |= strcmp(s->run.vary.v[i], word[bit]) ? 0 : 1u << bit;
}

/* A variant's criterion that fixes its own count inherits nothing that would share out another. */
static void derive_sharing(const lt_node *own, lt_settings *s)
{
    if (!lt_node_child(own, "layer_rate"))
        s->prune.layer_rate = (lt_layer_rates){ 0 };
    if (!lt_node_child(own, "allocation"))
        s->prune.allocation = LT_ALLOCATION_UNIFORM;
    if (!lt_node_child(own, "min_alive"))
        s->prune.min_alive = 0;
}

/* A variant's criterion that fixes its own count inherits no other. */
static void derive_amount(const lt_fill *f, lt_settings *s)
{
    const lt_node *own = f->overlay ? lt_node_child(f->overlay, "prune") : NULL;
    if (!f->overlay || lt_rules_counts(s) != LT_COUNTS_ITSELF)
        return;
    derive_sharing(own, s);
    if (lt_node_child(own, "rate") || lt_node_child(own, "sparsity") || lt_node_child(own, "density"))
        return;                               /* rules_prune.c reports it */
    s->prune.rate = s->prune.sparsity = s->prune.density = (ltc_reals){ 0 };
}

/* The defaults that depend on other settings. */
static void derive(settler *s)
{
    lt_settings *t = s->settings;
    lt_arena *a = s->fill->arena;
    const lt_config_request *r = s->fill->request;
    if (!t->run.name)
        t->run.name = lt_path_stem(a, r->path);
    if (!t->run.output && t->run.name) {
        const char *runs = lt_arena_print(a, "runs/%s", t->run.name);
        t->run.output = runs ? lt_path_join(a, r->directory, runs) : NULL;
    }
    if (!t->run.store)
        t->run.store = lt_path_join(a, r->directory, r->store ? r->store : "ltcore-store");
    derive_vary(t);
    derive_amount(s->fill, t);
    lt_retrain_derive(s->fill, t);
    if (t->prune.allocation != LT_ALLOCATION_UNIFORM)
        t->prune.output = 1;                  /* which is idle then (schema.c): all of the amount is shared */
    s->fill->no_memory |= !t->run.name || !t->run.output || !t->run.store;
}

void lt_settle_tree(lt_fill *f, const lt_node *root, lt_registry *registry, lt_settings *settings)
{
    const size_t before = f->n_faults;
    settler s = { .fill = f, .root = root, .registry = registry, .settings = settings };
    for (size_t i = 0; i < lt_n_groups; i++)
        settle_group(&s, &lt_groups[i]);
    lt_retrain_fill(f, root, settings);
    if (f->n_faults == before)
        derive(&s);
    if (f->n_faults == before && !f->no_memory)
        lt_rules_check(f, root, settings);
}

/* The run as it is in no point, its variants, and all of them at all points. */
static void settle_lines(lt_fill *f, const lt_node *root, lt_registry *registry, lt_settings *settings,
                         lt_arena *a)
{
    const lt_node *variants = lt_node_child(root, "variants");
    const lt_node *alone = variants ? lt_node_without(a, root, "variants") : root;
    lt_sweep sweep = { 0 };
    lt_laid *laid = NULL;
    const lt_node *run = alone ? lt_sweep_of_run(f, alone, registry, a, &sweep) : NULL;
    f->no_memory |= !run;
    if (!run)
        return;
    lt_settle_tree(f, run, registry, settings);
    lt_variants_settle(f, run, variants, registry, settings, a, &laid);
    lt_lines_settle(f, &(lt_lines_request){ run, &sweep, laid, registry, a }, settings);
}

/* Plug-ins are found in the order of the groups; what each takes is reported with all the rest. */
ltc_status lt_config_settle(const lt_config *c, lt_registry *registry, lt_settings *settings, lt_diags *d)
{
    const size_t before = d->n;
    const ltc_schema *const known[] = { &lt_root_schema };
    lt_arena trees = { 0 };
    *settings = (lt_settings){ 0 };
    lt_fill f = { .request = c->request, .arena = &settings->arena, .diags = d, .group = "" };
    lt_options_unknown(&f, c->root, known, 1, NULL);
    settle_lines(&f, c->root, registry, settings, &trees);
    lt_arena_free(&trees);
    if (f.no_memory)
        lt_diags_add(d, (lt_place){ c->request->path, 0 }, NULL, "out of memory");
    if (d->n == before)
        return LTC_OK;
    lt_settings_free(settings);
    return f.no_memory ? LTC_ENOMEM : LTC_EOPTION;
}

void lt_settings_free(lt_settings *s)
{
    for (uint32_t i = 0; i < s->n_variants; i++)
        lt_settings_free(&s->variant[i].settings);
    for (uint32_t i = 0; i < s->n_lines; i++)
        if (s->line[i].owns)
            lt_settings_free(s->line[i].settings);
    lt_arena_free(&s->arena);
    *s = (lt_settings){ 0 };
}
