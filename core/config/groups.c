/* Owns the type of lists of groups, such as prune.layer_rate: each element is a struct, filled from a
 * table of its own as any group is. */
#include <string.h>

#include "config/options.h"
#include "config/schema.h"
#include "config/value.h"

/* What the structs of such lists have in common: lt_layer_rates. */
typedef struct any_list {
    const void *v;
    uint64_t    n;
} any_list;

/* f->group is the element's name, "prune.layer_rate[2]". */
static bool read_element(lt_fill *f, const ltc_schema *schema, const lt_node *n, void *block)
{
    const size_t before = f->n_faults;
    if (n->kind != LT_NODE_GROUP) {
        lt_fill_fault(f, n->at, f->group, "is not a group");
        lt_fill_hint(f, "write ( { ... }, { ... } )");
        return false;
    }
    lt_options_unknown(f, n, &schema, 1, NULL);
    lt_options_fill(f, n, schema, block);
    return f->n_faults == before && !f->no_memory;
}

static bool read_groups(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    const ltc_schema *schema = lt_list_schema(o->name);
    const char *group = f->group;
    if (n->kind != LT_NODE_LIST) {
        lt_value_mistyped(f, o, n, "a list of groups");
        lt_fill_hint(f, "write ( { ... } )");
        return false;
    }
    char *v = lt_arena_array(f->arena, n->n ? n->n : 1, schema->data_size), name[96];
    bool ok = v;
    f->no_memory |= !v;
    for (size_t i = 0; v && i < n->n; i++) {
        snprintf(name, sizeof name, "%s[%zu]", o->name, i + 1);
        f->group = name;
        ok &= read_element(f, schema, n->child[i], v + i * schema->data_size);
    }
    f->group = group;
    if (ok)
        memcpy(field, &(any_list){ v, n->n }, sizeof(any_list));
    return ok;
}

/* The block is zeroed: an empty list. */
static bool default_groups(lt_fill *f, const ltc_opt *o, void *field)
{
    (void)f, (void)o, (void)field;
    return true;
}

static void write_element(const ltc_schema *schema, const char *block, lt_text *to)
{
    lt_text_add(to, "{ ");
    for (uint32_t i = 0; i < schema->n_opts; i++) {
        const ltc_opt *o = lt_schema_at(schema, i);
        lt_text value = { 0 };
        if (lt_value_type_of(o->type)->write(o, block + o->offset, &value) && !value.failed)
            lt_text_add(to, "%s = %s; ", lt_opt_leaf(o), value.s);
        to->failed |= value.failed;
        lt_text_free(&value);
    }
    lt_text_add(to, "}");
}

static bool write_groups(const ltc_opt *o, const void *field, lt_text *to)
{
    const ltc_schema *schema = lt_list_schema(o->name);
    any_list list;
    memcpy(&list, field, sizeof list);
    lt_text_add(to, list.n ? "( " : "(");
    for (uint64_t i = 0; i < list.n; i++) {
        lt_text_add(to, "%s", i ? ", " : "");
        write_element(schema, (const char *)list.v + i * schema->data_size, to);
    }
    lt_text_add(to, list.n ? " )" : ")");
    return true;
}

const lt_value_type lt_type_groups = {
    .name = "groups", .wants = "a list of groups", .size = sizeof(lt_layer_rates),
    .read = read_groups, .take_default = default_groups, .write = write_groups,
};
