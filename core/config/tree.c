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

const lt_node *lt_node_find(const lt_node *root, const char *key)
{
    const lt_node *at = root;
    while (at && *key) {
        char name[256];
        const size_t n = strcspn(key, ".");
        if (n >= sizeof name)
            return NULL;
        memcpy(name, key, n);
        name[n] = '\0';
        at = lt_node_child(at, name);
        key += n + (key[n] == '.');
    }
    return at;
}

/* A copy of `group` that has these children. */
static const lt_node *with_children(lt_arena *a, const lt_node *group, const lt_node *const *child, size_t n)
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
    return child ? with_children(a, group, child, n) : NULL;
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
    return with_children(m->arena, over, child, n);
}

const lt_node *lt_node_merge(lt_arena *a, const lt_node *base, const lt_node *over, lt_node_drops *drops)
{
    const merger m = { .arena = a, .drops = drops };
    return merge(&m, "", base, over);
}
