/* Owns the list of variants: what each sets, what it inherits, and the rules that bind it to the run. Called
 * by settle.c once the run itself is filled. */
#include "config/variants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/options.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/settle.h"

typedef struct list {
    const lt_node *run;                       /* the run's tree, without variants */
    const lt_node *variants;                  /* as written */
    lt_registry   *registry;
    lt_settings   *settings;                  /* the run's */
    lt_arena      *arena;                     /* of trees */
} list;

/* Groups that are about all trainings at once. */
static bool is_shared(const char *group)
{
    return !strcmp(group, "run") || !strcmp(group, "plugins") || !strcmp(group, "report");
}

/* What is laid over the run: the group at `path` without the keys that are the variant's own. NULL: no
 * memory. */
static const lt_node *overlay_of(lt_arena *a, const lt_node *group, const char *path)
{
    const ltc_schema *own = lt_variant_schema(path);
    const lt_node **child = lt_node_children(a, group->n);
    size_t n = 0;
    for (size_t i = 0; child && i < group->n; i++) {
        const lt_node *one = group->child[i];
        if ((own && lt_schema_find(own, one->name)) || (!*path && is_shared(one->name)))
            continue;
        child[n] = !*path && one->kind == LT_NODE_GROUP ? overlay_of(a, one, one->name) : one;
        if (!child[n++])
            return NULL;
    }
    return child ? lt_node_with(a, group, child, n) : NULL;
}

/* The keys of all values in the group, into to[] unless that is NULL. Their number. */
static uint64_t collect(lt_arena *a, const lt_node *group, const char *path, const char **to)
{
    uint64_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        const lt_node *one = group->child[i];
        char key[256];
        snprintf(key, sizeof key, "%s%s%s", path, *path ? "." : "", one->name);
        if (one->kind == LT_NODE_GROUP && lt_group_find(key))         /* else a range */
            n += collect(a, one, key, to ? to + n : NULL);
        else if (to)
            to[n++] = lt_arena_text(a, key);
        else
            n++;
    }
    return n;
}

static void collect_keys(lt_fill *f, const lt_node *overlay, lt_variant *v)
{
    const uint64_t n = collect(f->arena, overlay, "", NULL);
    const char **key = lt_arena_array(f->arena, n ? n : 1, sizeof(char *));
    f->no_memory |= !key;
    if (key)
        collect(f->arena, overlay, "", key);
    for (uint64_t i = 0; key && i < n; i++)
        f->no_memory |= !key[i];
    v->set = (ltc_strings){ key, key ? n : 0 };
}

/* Keys that stand before `kept` say which weights go; from there on they say what becomes of them. */
static bool chooses_mask(const char *leaf)
{
    const ltc_schema *s = &lt_group_find("prune")->schema;
    for (uint32_t i = 0; i < s->n_opts; i++) {
        const char *at = lt_opt_leaf(lt_schema_at(s, i));
        if (!strcmp(at, "kept"))
            break;
        if (!strcmp(at, leaf))
            return true;
    }
    return !strcmp(leaf, "mask") || !strcmp(leaf, "early_bird");
}

/* The first key with which the variant chooses a mask of its own, or NULL. */
static const lt_node *own_choice(const lt_node *variant)
{
    const lt_node *prune = lt_node_child(variant, "prune");
    for (size_t i = 0; prune && prune->kind == LT_NODE_GROUP && i < prune->n; i++)
        if (chooses_mask(prune->child[i]->name))
            return prune->child[i];
    return NULL;
}

static void check_name(lt_fill *f, const list *l, size_t index)
{
    const char *name = f->variant->name;
    const lt_place at = lt_rules_place(f, f->overlay, "name");
    if (!lt_rules_names_directory(name) || strpbrk(name, "[]"))
        lt_fill_fault(f, at, "name", "\"%s\" cannot name a directory and be written in brackets", name);
    else if (!strcmp(name, "main"))
        lt_fill_fault(f, at, "name", "\"main\" is the run itself");
    else if (lt_node_index(l->variants, name, strlen(name)) < index)
        lt_fill_fault(f, at, "name", "two variants have that name");
}

static void check_shared(lt_fill *f)
{
    for (size_t i = 0; i < f->overlay->n; i++) {
        const lt_node *one = f->overlay->child[i];
        if (is_shared(one->name))
            lt_fill_fault(f, one->at, one->name, "is the same for the run and all its variants");
    }
}

/* The keys that only variants have, and which of the others they are that the variant sets. */
static void fill_own(lt_fill *f, const list *l, size_t index, lt_variant *v)
{
    const ltc_schema *const own[] = { lt_variant_schema("") };
    f->group = "";
    lt_options_unknown(f, f->overlay, own, 1, NULL);
    lt_options_fill(f, f->overlay, own[0], v);
    if (v->name)
        check_name(f, l, index);
    check_shared(f);
    f->group = "prune";
    lt_options_fill(f, lt_node_child(f->overlay, "prune"), lt_variant_schema("prune"), v);
    if (v->masks < 0)
        v->masks = own_choice(f->overlay) ? LT_MASKS_OWN : LT_MASKS_MAIN;
}

static void check_masks(lt_fill *f, const lt_variant *v)
{
    const lt_node *prune = lt_node_child(f->overlay, "prune");
    for (size_t i = 0; prune && v->masks == LT_MASKS_MAIN && i < prune->n; i++) {
        const ltc_opt as_key = { .name = prune->child[i]->name };
        if (!chooses_mask(as_key.name))
            continue;
        f->group = "prune";
        lt_value_fault(f, &as_key, prune->child[i], "does nothing with masks \"main\"");
        lt_fill_hint(f, "remove it, or choose masks = \"own\"");
    }
}

/* What shares an amount out does nothing where the amounts are another mask's; what is inherited is not
 * the variant's fault. */
static void check_sharing(lt_fill *f, const lt_settings *s)
{
    const struct { const char *leaf; bool set; } all[] = {
        { "layer_rate", s->prune.layer_rate.n > 0 },
        { "allocation", s->prune.allocation != LT_ALLOCATION_UNIFORM },
    };
    const lt_node *prune = lt_node_child(f->overlay, "prune");
    f->group = "prune";
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const ltc_opt as_key = { .name = all[i].leaf };
        const lt_node *own = lt_node_child(prune, as_key.name);
        if (!own || !all[i].set)
            continue;
        lt_value_fault(f, &as_key, own,
                       "does nothing with match, which takes the amounts of the run's masks");
        lt_fill_hint(f, "remove it");
    }
}

static void check_match(lt_fill *f, const lt_settings *run, const lt_variant *v, const lt_settings *own)
{
    static const char key[] = "prune.match";
    const lt_place at = lt_rules_place(f, f->overlay, key);
    if (v->match == LT_MATCH_NONE)
        return;
    if (v->masks == LT_MASKS_MAIN) {
        lt_fill_fault(f, at, key, "needs masks of the variant's own");
        lt_fill_hint(f, "masks = \"own\";");
    } else if (run->prune.strategy == LT_STRATEGY_NONE || own->prune.strategy == LT_STRATEGY_NONE) {
        lt_fill_fault(f, at, key, "needs masks, and strategy \"none\" draws none");
    } else if (lt_rules_counts(own) == LT_COUNTS_ITSELF) {
        lt_fill_fault(f, at, key, "cannot be reached by %s, which fixes its own count",
                      own->prune.mask.name);
    } else {
        check_sharing(f, own);
    }
}

bool lt_variant_follows(const lt_variant *v)
{
    return v->masks == LT_MASKS_MAIN || v->match != LT_MATCH_NONE;
}

static void check_levels(lt_fill *f, const lt_settings *run, const lt_variant *v, const lt_settings *own)
{
    static const char key[] = "levels";
    const lt_place at = lt_rules_place(f, f->overlay, key);
    const int64_t last = lt_rules_levels(lt_variant_follows(v) ? run : own);
    for (uint64_t i = 1; i < v->levels.n; i++) {
        if (v->levels.v[i] > v->levels.v[i - 1])
            continue;
        lt_fill_fault(f, at, key, "each must be above the one before it");
        return;
    }
    if (v->levels.n && v->levels.v[v->levels.n - 1] > last)
        lt_fill_fault(f, at, key, "there is no level %" PRId64 ": the last one is %" PRId64,
                      v->levels.v[v->levels.n - 1], last);
}

void lt_variant_check(lt_fill *f, const lt_settings *run, const lt_variant *v, const lt_settings *own)
{
    check_masks(f, v);
    check_match(f, run, v, own);
    check_levels(f, run, v, own);
}

/* The whole that results, in the variant's own arena. */
static void fill_settings(lt_fill *f, const list *l, const lt_laid *laid, lt_variant *v)
{
    const lt_node *root = laid->overlay ? lt_node_merge(l->arena, l->run, laid->overlay, lt_schema_drops)
                                        : NULL;
    f->no_memory |= !root;
    if (!root)
        return;
    collect_keys(f, laid->overlay, v);
    f->arena = &v->settings.arena;
    lt_settle_tree(f, root, l->registry, &v->settings);
}

static const char *within_of(const list *l, const lt_node *element, size_t index)
{
    const lt_node *name = lt_node_child(element, "name");
    if (name && name->kind == LT_NODE_STRING)
        return lt_arena_print(l->arena, "variants[%.100s]", name->s);
    return lt_arena_print(l->arena, "variants[%zu]", index + 1);
}

static void settle_one(lt_fill *run, const list *l, size_t index, lt_variant *v, lt_laid *laid)
{
    const lt_node *element = l->variants->child[index];
    lt_fill f = *run;
    f.n_faults = 0;
    f.within = laid->within = within_of(l, element, index);
    f.no_memory |= !f.within;
    if (f.no_memory) {
        run->no_memory = true;
        return;
    }
    if (element->kind != LT_NODE_GROUP) {
        f.within = NULL;
        lt_fill_fault(&f, element->at, laid->within, "is not a group");
        lt_fill_hint(&f, "write variants = ( { name = \"...\"; ... } );");
    } else {
        f.variant = v;
        f.overlay = laid->element = lt_sweep_of_variant(&f, element, l->run, l->registry, l->arena,
                                                        &laid->sweep);
        laid->overlay = f.overlay ? overlay_of(l->arena, f.overlay, "") : NULL;
        f.no_memory |= !laid->overlay;
    }
    if (laid->overlay) {
        fill_own(&f, l, index, v);
        fill_settings(&f, l, laid, v);
    }
    if (laid->overlay && !f.n_faults && !run->n_faults && !f.no_memory)
        lt_variant_check(&f, l->settings, v, &v->settings);
    lt_fill_join(run, &f);
}

void lt_variants_settle(lt_fill *f, const lt_node *run, const lt_node *variants, lt_registry *registry,
                        lt_settings *settings, lt_arena *a, lt_laid **laid)
{
    *laid = NULL;
    if (!variants)
        return;
    if (variants->kind != LT_NODE_LIST) {
        lt_fill_fault(f, variants->at, "variants", "is not a list");
        lt_fill_hint(f, "write variants = ( { name = \"...\"; ... } );");
        return;
    }
    const list l = { run, variants, registry, settings, a };
    settings->variant = lt_arena_array(f->arena, variants->n ? variants->n : 1, sizeof *settings->variant);
    *laid = lt_arena_array(a, variants->n ? variants->n : 1, sizeof **laid);
    f->no_memory |= !settings->variant || !*laid;
    for (size_t i = 0; settings->variant && *laid && i < variants->n; i++) {
        settings->n_variants = (uint32_t)i + 1;
        settle_one(f, &l, i, &settings->variant[i], &(*laid)[i]);
    }
}
