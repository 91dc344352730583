/* Owns the way back from a merged configuration to the file that it stands on. Called by the results of a
 * run, for what was changed. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config/number.h"
#include "config/reader.h"
#include "config/value.h"

static void put_scalar(const lt_node *n, lt_text *to)
{
    char number[LT_NUMBER_BYTES];
    if (n->kind == LT_NODE_STRING)
        lt_value_write_string(n->s, to);
    else if (n->kind == LT_NODE_REAL)
        lt_text_add(to, "%s", lt_real_text(number, n->r));
    else if (n->kind == LT_NODE_BOOL)
        lt_text_add(to, n->i ? "true" : "false");
    else
        lt_text_add(to, "%lld", (long long)n->i);
}

static void put(const lt_node *n, lt_text *to)
{
    const bool group = n->kind == LT_NODE_GROUP;
    if (!group && n->kind != LT_NODE_LIST) {
        put_scalar(n, to);
        return;
    }
    lt_text_add(to, group ? "{ " : "[");
    for (size_t i = 0; i < n->n; i++) {
        lt_text_add(to, group ? "%s = " : "%s", group ? n->child[i]->name : i ? ", " : "");
        put(n->child[i], to);
        lt_text_add(to, group ? "; " : "");
    }
    lt_text_add(to, group ? "}" : "]");
}

/* The group of a list that `key` goes on from, by its number: "0.prune.kept"; *key: what is behind it. */
static const lt_node *numbered(const lt_node *list, const char **key)
{
    char *end;
    const unsigned long i = strtoul(*key, &end, 10);
    const bool known = list && list->kind == LT_NODE_LIST && isdigit((unsigned char)**key) && i < list->n &&
                       *end == '.';
    *key = end + (*end == '.');
    return known ? list->child[i] : NULL;
}

/* What the preset has below a node; the node itself, if it is the preset's. */
static const lt_node *of_preset(const lt_config *c, const lt_node *n)
{
    while (n && n->at.file && strcmp(n->at.file, c->preset))
        n = n->under;
    return n;
}

typedef struct pair { const lt_node *over, *under; } pair;

/* Lists of groups take one another's place as a whole; --set exchanges settings within one. */
static pair find_in_list(const lt_config *c, const lt_node *list, const char *key)
{
    const char *in_over = key, *in_under = key;
    const lt_node *over = numbered(list, &in_over), *under = numbered(of_preset(c, list), &in_under);
    const pair p = { lt_node_find(over, in_over), lt_node_find(under, in_under) };
    const lt_node *own = of_preset(c, p.over);
    return own ? (pair){ p.over, own } : p.over == p.under ? (pair){ p.over, NULL } : p;
}

static pair find(const lt_config *c, const char *key)
{
    static const char variants[] = "variants.";
    if (!strncmp(key, variants, sizeof variants - 1))
        return find_in_list(c, lt_node_find(c->root, "variants"), key + sizeof variants - 1);
    const lt_node *n = lt_node_find(c->root, key);
    return (pair){ n, of_preset(c, n) };
}

bool lt_config_before(const lt_config *c, const char *key, lt_text *value)
{
    const pair p = find(c, key);
    if (!p.over || p.over == p.under || (p.under && lt_node_same(p.over, p.under)))
        return false;
    if (p.under)
        put(p.under, value);
    return true;
}

const char *lt_config_preset(const lt_config *c)
{
    return c->preset;
}
