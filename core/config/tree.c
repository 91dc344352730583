/* Owns the shape of trees of settings. Built by parse.c, laid over one another by read.c, read by options.c.
 * */
#include "config/tree.h"

#include <string.h>

const lt_node **lt_node_children(lt_arena *a, size_t n)
{
    return lt_arena_array(a, n ? n : 1, sizeof(const lt_node *));
}

const lt_node *lt_node_child(const lt_node *group, const char *name)
{
    if (!group || group->kind != LT_NODE_GROUP)
        return NULL;
    for (size_t i = 0; i < group->n; i++)
        if (!strcmp(group->child[i]->name, name))
            return group->child[i];
    return NULL;
}

size_t lt_key_part(const char *key)
{
    const size_t name = strcspn(key, ".[=");
    const char *close = key[name] == '[' ? strchr(key + name, ']') : NULL;
    return close ? (size_t)(close + 1 - key) : name;
}

size_t lt_node_index(const lt_node *list, const char *name, size_t n)
{
    size_t i = 0;
    for (; i < list->n; i++) {
        const lt_node *own = lt_node_child(list->child[i], "name");
        if (own && own->kind == LT_NODE_STRING && strlen(own->s) == n && !memcmp(own->s, name, n))
            break;
    }
    return i;
}

/* The child that part[0..n) names: "draws", or "variants[random reinit]". */
static const lt_node *child_of(const lt_node *group, const char *part, size_t n)
{
    const size_t word = strcspn(part, "[") < n ? strcspn(part, "[") : n;
    const lt_node *child = NULL;
    for (size_t i = 0; group->kind == LT_NODE_GROUP && i < group->n && !child; i++) {
        const char *name = group->child[i]->name;
        child = strlen(name) == word && !memcmp(name, part, word) ? group->child[i] : NULL;
    }
    if (!child || word == n)
        return child;
    const size_t at = child->kind == LT_NODE_LIST ? lt_node_index(child, part + word + 1, n - word - 2) : 0;
    return child->kind == LT_NODE_LIST && at < child->n ? child->child[at] : NULL;
}

const lt_node *lt_node_find(const lt_node *root, const char *key)
{
    const lt_node *at = root;
    while (at && *key) {
        const size_t n = lt_key_part(key);
        at = child_of(at, key, n);
        key += n + (key[n] == '.');
        if (!n)
            return NULL;
    }
    return at;
}

const lt_node *lt_node_with(lt_arena *a, const lt_node *group, const lt_node *const *child, size_t n)
{
    lt_node *copy = lt_arena_array(a, 1, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *group;
    copy->child = child;
    copy->n = n;
    return copy;
}

const lt_node *lt_node_without(lt_arena *a, const lt_node *group, const char *name)
{
    const lt_node **child = lt_node_children(a, group->n);
    size_t n = 0;
    for (size_t i = 0; child && i < group->n; i++)
        if (strcmp(group->child[i]->name, name))
            child[n++] = group->child[i];
    return child ? lt_node_with(a, group, child, n) : NULL;
}

typedef struct merger {
    lt_arena      *arena;
    lt_node_drops *drops;
} merger;

static const lt_node *merge(const merger *m, const char *path, const lt_node *base, const lt_node *over);

/* What becomes of one child of base: itself, merged, replaced. */
static const lt_node *merge_child(const merger *m, const char *path, const lt_node *old, const lt_node *new)
{
    if (!new)
        return old;
    if (old->kind != LT_NODE_GROUP || new->kind != LT_NODE_GROUP)
        return new;
    const char *below = lt_arena_print(m->arena, "%s%s%s", path, *path ? "." : "", old->name);
    return below ? merge(m, below, old, new) : NULL;
}

static const lt_node *merge(const merger *m, const char *path, const lt_node *base, const lt_node *over)
{
    const lt_node **child = lt_node_children(m->arena, base->n + over->n);
    size_t n = 0;
    if (!child)
        return NULL;
    for (size_t i = 0; i < base->n; i++) {
        const lt_node *old = base->child[i], *new = lt_node_child(over, old->name);
        if (!new && m->drops && m->drops(path, base, over, old->name))
            continue;
        child[n] = merge_child(m, path, old, new);
        if (!child[n++])
            return NULL;
    }
    for (size_t i = 0; i < over->n; i++)
        if (!lt_node_child(base, over->child[i]->name))
            child[n++] = over->child[i];
    return lt_node_with(m->arena, over, child, n);
}

const lt_node *lt_node_merge(lt_arena *a, const lt_node *base, const lt_node *over, lt_node_drops *drops)
{
    const merger m = { .arena = a, .drops = drops };
    return merge(&m, "", base, over);
}
