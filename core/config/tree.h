/* The tree of settings: values as they were written, each with its place. Nodes never change; trees share
 * them. */
#ifndef LT_CONFIG_TREE_H
#define LT_CONFIG_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/diag.h"
#include "util/memory.h"

enum { LT_NODE_GROUP, LT_NODE_LIST, LT_NODE_INT, LT_NODE_REAL, LT_NODE_BOOL, LT_NODE_STRING };

typedef struct lt_node {
    const char *name;                         /* NULL in a list and at the root */
    lt_place    at;
    const struct lt_node *under;              /* what it took the place of when trees were
                                               * merged; NULL: nothing */
    int         kind;
    union {
        int64_t     i;                        /* INT, BOOL */
        double      r;
        const char *s;
        struct {                              /* GROUP, LIST: [ ] and ( ) are alike */
            const struct lt_node *const *child;
            size_t n;
        };
    };
} lt_node;

/* A node of n children, to be filled before anyone else sees it. NULL: no memory. */
const lt_node **lt_node_children(lt_arena *a, size_t n);

/* NULL: not there. Both take NULL and scalars for a group without children. key: "train.optimizer.lr", or
 * "variants[random reinit].draws" for a group within a list, by its name. */
const lt_node *lt_node_child(const lt_node *group, const char *name);
const lt_node *lt_node_find(const lt_node *root, const char *key);

/* The bytes of a key's first part, [NAME] included: what stands behind it is '.', or the key's end. */
size_t lt_key_part(const char *key);

/* Where the group called name[0..n) stands in a list of groups; list->n: nowhere. */
size_t lt_node_index(const lt_node *list, const char *name, size_t n);

/* `group` with other children, and without the one of that name. NULL: no memory. */
const lt_node *lt_node_with(lt_arena *a, const lt_node *group, const lt_node *const *child, size_t n);
const lt_node *lt_node_without(lt_arena *a, const lt_node *group, const char *name);

/* root with that value at a key of words and dots, in the place of what was there; groups on the way are
 * made. NULL: no memory. */
const lt_node *lt_node_set(lt_arena *a, const lt_node *root, const char *key, const lt_node *value);

/* Do they say the same, wherever they were written? Numbers are compared by value. */
bool lt_node_same(const lt_node *a, const lt_node *b);

/* Does `over`, laid over `base`, drop base's child called `name`, of which `over` says nothing? Both are the
 * group at `path`; the root's is "". */
typedef bool lt_node_drops(const char *path, const lt_node *base, const lt_node *over, const char *name);

/* `over` laid over `base`: groups merge key by key, scalars and lists replace. drops may be NULL. NULL: no
 * memory. */
const lt_node *lt_node_merge(lt_arena *a, const lt_node *base, const lt_node *over, lt_node_drops *drops);

#endif
