/* Owns the way from --set 'variants[NAME].KEY=VALUE' to the variant of that name. Called by read.c once all
 * layers lie over one another; a file cannot have such keys, since its words hold no brackets. */
#include "config/address.h"

#include <string.h>

#include "config/schema.h"
#include "util/suggest.h"

static const char word[] = "variants";

static bool is_address(const lt_node *n)
{
    return !strncmp(n->name, word, sizeof word - 1) && n->name[sizeof word - 1] == '[';
}

static const char *nearest(lt_arena *a, const lt_node *list, const char *name)
{
    const char **all = lt_arena_array(a, list ? list->n : 1, sizeof(char *));
    size_t count = 0;
    for (size_t i = 0; all && list && i < list->n; i++) {
        const lt_node *own = lt_node_child(list->child[i], "name");
        if (own && own->kind == LT_NODE_STRING)
            all[count++] = own->s;
    }
    return all ? lt_suggest(name, all, count) : NULL;
}

/* child: the variants so far, of which the one addressed is exchanged. */
static ltc_status apply_one(lt_arena *a, const lt_node *over, const lt_node *list, const lt_node **child,
                            lt_diags *d)
{
    const char *name = over->name + sizeof word;
    const size_t n = strlen(name) - 1, at = list ? lt_node_index(list, name, n) : 0;
    if (over->kind != LT_NODE_GROUP) {
        lt_diags_add(d, over->at, over->name, "is not a group");
        lt_diags_hint(d, "such as --set '%s.draws=1'", over->name);
        return LTC_EINVAL;
    }
    if (!list || at == list->n) {
        const char *text = lt_arena_print(a, "%.*s", (int)n, name);
        const char *near = text ? nearest(a, list, text) : NULL;
        lt_diags_add(d, over->at, over->name, "there is no variant of that name");
        if (near)
            lt_diags_hint(d, "did you mean '%s'?", near);
        return text ? LTC_EINVAL : LTC_ENOMEM;
    }
    child[at] = lt_node_merge(a, child[at], over, lt_schema_drops);
    return child[at] ? LTC_OK : LTC_ENOMEM;
}

/* The root without its addresses, and with that list of variants. */
static ltc_status rebuild(lt_arena *a, const lt_node **root, const lt_node *list)
{
    const lt_node **child = lt_node_children(a, (*root)->n);
    size_t n = 0;
    for (size_t i = 0; child && i < (*root)->n; i++) {
        const lt_node *one = (*root)->child[i];
        if (!is_address(one))
            child[n++] = list && !strcmp(one->name, word) ? list : one;
    }
    *root = child ? lt_node_with(a, *root, child, n) : NULL;
    return *root ? LTC_OK : LTC_ENOMEM;
}

ltc_status lt_address_apply(lt_arena *a, const lt_node **root, lt_diags *d)
{
    const lt_node *list = lt_node_child(*root, word);
    if (list && list->kind != LT_NODE_LIST)
        list = NULL;                          /* lt_config_settle reports it */
    const lt_node **child = lt_node_children(a, list ? list->n : 0);
    if (child && list && list->n)
        memcpy(child, list->child, list->n * sizeof *child);
    ltc_status first = child ? LTC_OK : LTC_ENOMEM;
    bool any = false;
    for (size_t i = 0; i < (*root)->n && first != LTC_ENOMEM; i++) {
        const lt_node *over = (*root)->child[i];
        if (!is_address(over))
            continue;
        const ltc_status st = apply_one(a, over, list, child, d);
        first = first && st != LTC_ENOMEM ? first : st;
        any = true;
    }
    if (first || !any)
        return first;
    list = lt_node_with(a, list, child, list->n);
    return list ? rebuild(a, root, list) : LTC_ENOMEM;
}
