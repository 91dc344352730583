/* Owns the shape of trees of settings. Built by parse.c, laid over one another by read.c,
 * read by options.c. */
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

static const lt_node *renamed(lt_arena *a, const lt_node *n, const char *name)
{
    lt_node *copy = lt_arena_array(a, 1, sizeof *copy);
    if (!copy || !name)
        return NULL;
    *copy = *n;
    copy->name = name;
    return copy;
}

const lt_node *lt_node_set(lt_arena *a, const lt_node *root, const char *key, const lt_node *value)
{
    static const lt_node nothing = { .kind = LT_NODE_GROUP };
    const size_t part = lt_key_part(key);
    const char *name = lt_arena_print(a, "%.*s", (int)part, key);
    const lt_node *old = name ? lt_node_child(root, name) : NULL, **child = lt_node_children(a, root->n + 1);
    const lt_node *within = old && old->kind == LT_NODE_GROUP ? old : renamed(a, &nothing, name);
    if (!name || !child || !within)
        return NULL;
    const lt_node *new = key[part] == '.' ? lt_node_set(a, within, key + part + 1, value) : value;
    size_t n = 0;
    bool there = false;
    for (size_t i = 0; i < root->n; i++) {
        there |= root->child[i] == old;
        child[n++] = root->child[i] == old && new ? renamed(a, new, name) : root->child[i];
    }
    if (!there)
        child[n++] = new ? renamed(a, new, name) : NULL;
    for (size_t i = 0; i < n; i++)
        if (!child[i])
            return NULL;
    lt_node *group = lt_arena_array(a, 1, sizeof *group);
    if (!new || !group)
        return NULL;
    *group = *root;
    group->at = root->at.file ? root->at : value->at;
    group->child = child;
    group->n = n;
    return group;
}

static bool is_number(const lt_node *n)
{
    return n->kind == LT_NODE_INT || n->kind == LT_NODE_REAL;
}

static bool same_scalar(const lt_node *a, const lt_node *b)
{
    if (is_number(a) && is_number(b) && a->kind != b->kind) {
        const double x = a->kind == LT_NODE_INT ? (double)a->i : a->r,
                     y = b->kind == LT_NODE_INT ? (double)b->i : b->r;
        return x <= y && x >= y;
    }
    if (a->kind != b->kind)
        return false;
    if (a->kind == LT_NODE_STRING)
        return !strcmp(a->s, b->s);
    return a->kind == LT_NODE_REAL ? a->r <= b->r && a->r >= b->r : a->i == b->i;
}

/* The members of a group may stand in any order, those of a list may not. */
bool lt_node_same(const lt_node *a, const lt_node *b)
{
    const bool many = a->kind == LT_NODE_GROUP || a->kind == LT_NODE_LIST;
    bool same = a == b || (many ? a->kind == b->kind && a->n == b->n : same_scalar(a, b));
    for (size_t i = 0; a != b && many && same && i < a->n; i++) {
        const lt_node *other = a->kind == LT_NODE_LIST ? b->child[i] : lt_node_child(b, a->child[i]->name);
        same = other && lt_node_same(a->child[i], other);
    }
    return same;
}

typedef struct merger {
    lt_arena      *arena;
    lt_node_drops *drops;
} merger;

static const lt_node *merge(const merger *m, const char *path, const lt_node *base, const lt_node *over);

static const lt_node *replace(const merger *m, const lt_node *old, const lt_node *new)
{
    lt_node *copy = lt_arena_array(m->arena, 1, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *new;
    copy->under = old;
    return copy;
}

/* What becomes of one child of base: itself, merged, replaced. */
static const lt_node *merge_child(const merger *m, const char *path, const lt_node *old, const lt_node *new)
{
    if (!new)
        return old;
    if (old->kind != LT_NODE_GROUP || new->kind != LT_NODE_GROUP)
        return replace(m, old, new);
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
