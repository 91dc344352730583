/* Owns the reading of sweeps. Called by settle.c for the run and by variants.c for each variant. */
#include "config/sweep.h"

#include <stdio.h>
#include <string.h>

#include "config/options.h"
#include "config/range.h"
#include "util/suggest.h"

/* They are read as they stand: settings hold what comes of them. */
static const ltc_opt entry_keys[] = {
    { .name = "sweep.key", .type = LTC_OPT_STRING, .flags = LTC_OPT_REQUIRED,
      .help = "What is swept: \"train.optimizer.lr\", \"prune.mask.plugin\", or a whole group: "
              "\"prune.mask\". Not what is the same for all points: trials, where results and plug-ins lie, "
              "and what people look at." },
    { .name = "sweep.values", .type = LT_OPT_VALUES, .flags = LTC_OPT_REQUIRED,
      .help = "Its values: a list such as [0.1, 0.2], ( { plugin = \"snip\"; }, ... ) for a group, or a "
              "range. Each takes the place of what is there; another plugin or type drops the options of the "
              "one before. A variant's own setting wins. A list or range where an option takes one value is "
              "a sweep too, written shorter; in a variant it is that variant's alone." },
};
static const ltc_schema entry_schema = LTC_SCHEMA(lt_settings, entry_keys);

const lt_group lt_sweep_group = {
    .path = "sweep", .schema = LTC_SCHEMA(lt_settings, entry_keys),
    .help = "A list of groups; the run is made once for every combination of values",
};

/* Everything open while one sweep is read. */
typedef struct reader {
    lt_fill       *fill;
    const lt_node *tree, *whole;              /* where lists are looked for; that laid over all below it */
    lt_registry   *registry;
    lt_arena      *arena;
    lt_sweep      *sweep;
} reader;

static bool within(const char *key, const char *group)
{
    const size_t n = strlen(group);
    return !strncmp(key, group, n) && (!key[n] || key[n] == '.');
}

static bool check_values(reader *r, const char *key, const lt_node *list)
{
    if (!list->n)
        lt_fill_fault(r->fill, list->at, key, "is swept over no values");
    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < i; k++) {
            if (!lt_node_same(list->child[i], list->child[k]))
                continue;
            lt_fill_fault(r->fill, list->child[i]->at, key, "has value %zu of its sweep twice", k + 1);
            return false;
        }
    return list->n;
}

static bool check_apart(reader *r, const char *key, lt_place at)
{
    for (size_t i = 0; i < r->sweep->n; i++) {
        const char *other = r->sweep->v[i].key;
        if (!within(key, other) && !within(other, key))
            continue;
        lt_fill_fault(r->fill, at, key, strcmp(key, other) ? "is swept, and so is %s" : "is swept twice",
                      other);
        return false;
    }
    return true;
}

/* list: a list or a range. */
static void add(reader *r, const char *key, const lt_node *list, lt_place at)
{
    if (list->kind == LT_NODE_GROUP)
        list = lt_range_list(r->fill, key, list, r->arena);
    if (!list || !check_values(r, key, list) || !check_apart(r, key, at))
        return;
    lt_swept *more = lt_arena_array(r->arena, r->sweep->n + 1, sizeof *more);
    r->fill->no_memory |= !more;
    if (!more)
        return;
    if (r->sweep->n)
        memcpy(more, r->sweep->v, r->sweep->n * sizeof *more);
    more[r->sweep->n++] = (lt_swept){ key, list->child, list->n };
    r->sweep->v = more;
}

/* What is about all points at once. */
static bool is_shared(const char *key)
{
    const bool of_run = within(key, "run") && strcmp(key, "run.seed") && strcmp(key, "run.vary");
    return of_run || within(key, "report") || within(key, "plugins");
}

/* A group, or something in one. */
static bool is_place(const char *key)
{
    char group[128];
    const char *dot = strrchr(key, '.');
    snprintf(group, sizeof group, "%.*s", (int)(dot ? dot - key : 0), key);
    return lt_group_find(key) || lt_group_find(group);
}

static bool check_key(reader *r, const char *key, lt_place at)
{
    if (is_shared(key)) {
        lt_fill_fault(r->fill, at, key, "is the same for all points of a sweep");
    } else if (!strncmp(key, "variants", 8)) {
        lt_fill_fault(r->fill, at, key, "is a variant's, and a sweep is over the run");
        lt_fill_hint(r->fill, "write the list of values in the variant itself");
    } else if (!is_place(key)) {
        lt_fill_fault(r->fill, at, key, "there is no such key");
    } else {
        return true;
    }
    return false;
}

static void read_entry(reader *r, const lt_node *one, size_t index)
{
    const ltc_schema *const known[] = { &entry_schema };
    const lt_node *key = lt_node_child(one, "key"), *values = lt_node_child(one, "values");
    char name[32];
    snprintf(name, sizeof name, "sweep[%zu]", index + 1);
    r->fill->group = name;
    if (one->kind != LT_NODE_GROUP) {
        lt_fill_fault(r->fill, one->at, name, "is not a group");
        lt_fill_hint(r->fill, "write sweep = ( { key = \"train.optimizer.lr\"; values = [0.1, 0.2]; } );");
        return;
    }
    lt_options_unknown(r->fill, one, known, 1, NULL);
    if (!key || key->kind != LT_NODE_STRING) {
        lt_fill_fault(r->fill, key ? key->at : one->at, name,
                      "has no key, such as key = \"train.optimizer.lr\"");
    } else if (!values || (values->kind != LT_NODE_LIST && values->kind != LT_NODE_GROUP)) {
        lt_fill_fault(r->fill, values ? values->at : one->at, name, "has no values: a list, or a range");
        lt_fill_hint(r->fill, "values = [0.1, 0.2]; or values = { from = 0.0; to = 1.0; count = 11; };");
    } else if (check_key(r, key->s, key->at)) {
        add(r, key->s, values, values->at);
    }
}

static void read_list(reader *r, const lt_node *list)
{
    if (list->kind != LT_NODE_LIST) {
        lt_fill_fault(r->fill, list->at, "sweep", "is not a list");
        lt_fill_hint(r->fill, "write sweep = ( { key = \"train.optimizer.lr\"; values = [0.1, 0.2]; } );");
        return;
    }
    for (size_t i = 0; i < list->n; i++)
        read_entry(r, list->child[i], i);
}

/* The table of the plug-in that the group names; NULL: it names none that is there. */
static const ltc_schema *plugin_schema(const reader *r, const lt_group *g)
{
    const lt_node *plugin = g->kind ? lt_node_child(lt_node_find(r->whole, g->path), "plugin") : NULL;
    const lt_module *module = NULL;
    ltc_error ignored;
    if (plugin && plugin->kind == LT_NODE_LIST && plugin->n)
        plugin = plugin->child[0];
    if (!plugin || plugin->kind != LT_NODE_STRING ||
        lt_registry_find(r->registry, g->kind, plugin->s, &module, &ignored))
        return NULL;
    return &module->schema;
}

/* Of the core's, of the group on which this one is an overlay, of the plug-in. */
static const ltc_opt *option_of(const reader *r, const lt_group *g, const char *leaf)
{
    const ltc_schema *const schema[] = { &g->schema, g->over ? &lt_group_find(g->over)->schema : NULL,
                                         plugin_schema(r, g) };
    const ltc_opt *o = NULL;
    for (size_t i = 0; i < 3 && !o; i++)
        o = schema[i] ? lt_schema_find(schema[i], leaf) : NULL;
    return o;
}

static bool takes_one_value(const ltc_opt *o)
{
    static const uint32_t types[] = { LTC_OPT_INT,   LTC_OPT_REAL,   LTC_OPT_BOOL,
                                      LTC_OPT_ENUM,  LTC_OPT_STRING, LTC_OPT_PATH,
                                      LT_OPT_MOMENT, LT_OPT_PLUGIN,  LT_OPT_FACTOR };
    for (size_t i = 0; o && i < sizeof types / sizeof types[0]; i++)
        if (o->type == types[i])
            return true;
    return false;
}

/* Lists and ranges in the places of single values. What cannot be swept is left to be reported
 * as any wrong value. */
static void find_lists(reader *r, const lt_group *g)
{
    const lt_node *group = lt_node_find(r->tree, g->path);
    for (size_t i = 0; group && group->kind == LT_NODE_GROUP && i < group->n; i++) {
        const lt_node *one = group->child[i];
        const char *key = lt_arena_print(r->arena, "%s.%s", g->path, one->name);
        r->fill->no_memory |= !key;
        if (!key || (one->kind != LT_NODE_LIST && one->kind != LT_NODE_GROUP) || is_shared(key) ||
            !takes_one_value(option_of(r, g, one->name)))
            continue;
        add(r, key, one, one->at);
    }
}

/* A group takes the place of the group that was there; what is merged in first says which of
 * its neighbours go. */
static const lt_node *put(lt_arena *a, const lt_node *base, const char *key, const lt_node *value)
{
    static const lt_node nothing = { .kind = LT_NODE_GROUP };
    const lt_node *layer = lt_node_set(a, &nothing, key, value);
    const lt_node *merged = layer ? lt_node_merge(a, base, layer, lt_schema_drops) : NULL;
    return merged && value->kind == LT_NODE_GROUP ? lt_node_set(a, merged, key, value) : merged;
}

/* The tree with the first value of each swept key that has no single one. */
static const lt_node *with_first_values(const reader *r)
{
    const lt_node *tree = r->tree;
    for (size_t i = 0; i < r->sweep->n && tree; i++) {
        const lt_swept *s = &r->sweep->v[i];
        const lt_node *there = lt_node_find(tree, s->key);
        const bool listed = there && there->kind == LT_NODE_LIST && there->n && there->child == s->value;
        const bool ranged = there && there->kind == LT_NODE_GROUP && !lt_group_find(s->key);
        if (!there)
            tree = put(r->arena, tree, s->key, s->value[0]);
        else if (listed || ranged)
            tree = lt_node_set(r->arena, tree, s->key, s->value[0]);
    }
    return tree;
}

const lt_node *lt_sweep_of_run(lt_fill *f, const lt_node *root, lt_registry *registry, lt_arena *a,
                               lt_sweep *s)
{
    const lt_node *list = lt_node_child(root, "sweep"),
                  *tree = list ? lt_node_without(a, root, "sweep") : root;
    reader r = { f, tree, tree, registry, a, s };
    *s = (lt_sweep){ 0 };
    if (!tree)
        return NULL;
    if (list)
        read_list(&r, list);
    for (size_t i = 0; i < lt_n_groups; i++)
        find_lists(&r, &lt_groups[i]);
    return with_first_values(&r);
}

const lt_node *lt_sweep_of_variant(lt_fill *f, const lt_node *overlay, const lt_node *run,
                                   lt_registry *registry, lt_arena *a, lt_sweep *s)
{
    const lt_node *whole = lt_node_merge(a, run, overlay, lt_schema_drops);
    reader r = { f, overlay, whole, registry, a, s };
    *s = (lt_sweep){ 0 };
    for (size_t i = 0; whole && i < lt_n_groups; i++)
        find_lists(&r, &lt_groups[i]);
    return whole ? with_first_values(&r) : NULL;
}

const lt_node *lt_sweep_at(lt_arena *a, const lt_node *base, const lt_sweep *s, const size_t *at)
{
    for (size_t i = 0; i < s->n && base; i++)
        base = put(a, base, s->v[i].key, s->v[i].value[at[i]]);
    return base;
}

const lt_node *lt_sweep_overlay(lt_arena *a, const lt_sweep *s, const size_t *at)
{
    static const lt_node nothing = { .kind = LT_NODE_GROUP };
    const lt_node *tree = &nothing;
    for (size_t i = 0; i < s->n && tree; i++)
        tree = lt_node_set(a, tree, s->v[i].key, s->v[i].value[at[i]]);
    return tree;
}
