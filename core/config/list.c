/* Owns the types of lists: INTS, REALS, STRINGS and moments. Each is its element's reader and writer, and one
 * loop. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/moment.h"
#include "config/number.h"
#include "config/parse.h"
#include "config/range.h"
#include "config/schema.h"
#include "config/value.h"

/* What the four list structs have in common: ltc_ints, ltc_reals, ltc_strings, lt_moments. */
typedef struct any_list {
    const void *v;
    uint64_t    n;
} any_list;

typedef bool read_element(lt_fill *f, const ltc_opt *o, const lt_node *n, void *to);

static bool check_length(lt_fill *f, const ltc_opt *o, const lt_node *n)
{
    const uint32_t most = o->n_max ? o->n_max : UINT32_MAX;
    if (n->n >= o->n_min && n->n <= most)
        return true;
    const char *s = n->n == 1 ? "" : "s";
    if (o->n_min == most)
        lt_value_fault(f, o, n, "has %zu element%s, not %" PRIu32, n->n, s, most);
    else if (n->n < o->n_min)
        lt_value_fault(f, o, n, "has %zu element%s; at least %" PRIu32, n->n, s, o->n_min);
    else
        lt_value_fault(f, o, n, "has %zu elements; at most %" PRIu32, n->n, most);
    return false;
}

static const lt_node *range_of(lt_fill *f, const ltc_opt *o, const lt_node *n)
{
    char key[128];
    snprintf(key, sizeof key, "%s%s%s", f->group, *f->group ? "." : "", lt_opt_leaf(o));
    return lt_range_list(f, key, n, f->arena);
}

static bool read_list(lt_fill *f, const ltc_opt *o, const lt_node *n, read_element *read, size_t size,
                      void *field)
{
    const lt_node *const alone[] = { n };
    const lt_node as_list = { .at = n->at, .kind = LT_NODE_LIST, .child = alone, .n = 1 };
    if (n->kind == LT_NODE_GROUP && o->type == LTC_OPT_REALS) {
        if (!(n = range_of(f, o, n)))
            return false;
    } else if (n->kind != LT_NODE_LIST && o->flags & LT_OPT_SCALAR) {
        n = &as_list;
    }
    if (n->kind != LT_NODE_LIST)
        return lt_value_mistyped(f, o, n, "a list");
    if (!check_length(f, o, n))
        return false;
    char *v = lt_arena_array(f->arena, n->n ? n->n : 1, size);
    bool ok = v;
    f->no_memory |= !v;
    for (size_t i = 0; v && i < n->n; i++)
        ok &= read(f, o, n->child[i], v + i * size);
    if (ok)
        memcpy(field, &(any_list){ v, n->n }, sizeof(any_list));
    return ok;
}

/* "300, 100", as run.cfg would have it between brackets. Too short a default, such as NULL, means "not set".
 * */
static bool default_list(lt_fill *f, const ltc_opt *o, read_element *read, size_t size, void *field)
{
    const lt_place at = { f->request->path, 0 };
    const lt_node *n = NULL;
    if (!o->str || !*o->str)
        return true;
    const char *text = lt_arena_print(f->arena, "( %s )", o->str);
    const ltc_status st = text ? lt_parse_value(text, "default", at, f->arena, &n, f->diags) : LTC_ENOMEM;
    f->no_memory |= st == LTC_ENOMEM;
    return !st && read_list(f, o, n, read, size, field);
}

static bool write_list(const ltc_opt *o, const any_list *list, lt_text *to,
                       void (*write)(const any_list *list, size_t i, lt_text *to))
{
    if (list->n < o->n_min)
        return false;
    const bool alone = o->flags & LT_OPT_SCALAR && list->n == 1;
    lt_text_add(to, "%s", alone ? "" : "[");
    for (size_t i = 0; i < list->n; i++) {
        lt_text_add(to, "%s", i ? ", " : "");
        write(list, i, to);
    }
    lt_text_add(to, "%s", alone ? "" : "]");
    return true;
}

static any_list list_of(const void *field)
{
    any_list list;
    memcpy(&list, field, sizeof list);
    return list;
}

static bool int_element(lt_fill *f, const ltc_opt *o, const lt_node *n, void *to)
{
    return lt_value_int(f, o, n, to);
}

/* All with L or none: to libconfig they are two types, and an array holds one. */
static void int_text(const any_list *list, size_t i, lt_text *to)
{
    const int64_t *v = list->v;
    bool wide = false;
    for (uint64_t k = 0; k < list->n; k++)
        wide |= v[k] > INT32_MAX || v[k] < INT32_MIN;
    lt_text_add(to, "%" PRId64 "%s", v[i], wide ? "L" : "");
}

static bool read_ints(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return read_list(f, o, n, int_element, sizeof(int64_t), field);
}

static bool default_ints(lt_fill *f, const ltc_opt *o, void *field)
{
    return default_list(f, o, int_element, sizeof(int64_t), field);
}

static bool write_ints(const ltc_opt *o, const void *field, lt_text *to)
{
    const any_list list = list_of(field);
    return write_list(o, &list, to, int_text);
}

static bool real_element(lt_fill *f, const ltc_opt *o, const lt_node *n, void *to)
{
    return lt_value_real(f, o, n, to);
}

static void real_text(const any_list *list, size_t i, lt_text *to)
{
    char text[LT_NUMBER_BYTES];
    lt_text_add(to, "%s", lt_real_literal(text, ((const double *)list->v)[i]));
}

static bool read_reals(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return read_list(f, o, n, real_element, sizeof(double), field);
}

static bool default_reals(lt_fill *f, const ltc_opt *o, void *field)
{
    return default_list(f, o, real_element, sizeof(double), field);
}

static bool write_reals(const ltc_opt *o, const void *field, lt_text *to)
{
    const any_list list = list_of(field);
    return write_list(o, &list, to, real_text);
}

static bool string_element(lt_fill *f, const ltc_opt *o, const lt_node *n, void *to)
{
    return o->flags & LT_OPT_PATHS ? lt_value_path(f, o, n, to) : lt_value_string(f, o, n, to);
}

static void string_text(const any_list *list, size_t i, lt_text *to)
{
    lt_value_write_string(((const char *const *)list->v)[i], to);
}

static bool read_strings(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return read_list(f, o, n, string_element, sizeof(const char *), field);
}

static bool default_strings(lt_fill *f, const ltc_opt *o, void *field)
{
    return default_list(f, o, string_element, sizeof(const char *), field);
}

static bool write_strings(const ltc_opt *o, const void *field, lt_text *to)
{
    const any_list list = list_of(field);
    return write_list(o, &list, to, string_text);
}

static bool moment_element(lt_fill *f, const ltc_opt *o, const lt_node *n, void *to)
{
    return lt_value_moment(f, o, n, to);
}

static void moment_text(const any_list *list, size_t i, lt_text *to)
{
    char text[LT_MOMENT_BYTES];
    lt_text_add(to, "\"%s\"", lt_moment_text(text, ((const lt_moment *)list->v)[i]));
}

static bool read_moments(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return read_list(f, o, n, moment_element, sizeof(lt_moment), field);
}

static bool default_moments(lt_fill *f, const ltc_opt *o, void *field)
{
    return default_list(f, o, moment_element, sizeof(lt_moment), field);
}

static bool write_moments(const ltc_opt *o, const void *field, lt_text *to)
{
    const any_list list = list_of(field);
    return write_list(o, &list, to, moment_text);
}

#define LIST_TYPE(n, ctype, family) { .name = n, .wants = "a list", .size = sizeof(ctype), \
        .read = read_##family, .take_default = default_##family, .write = write_##family }
const lt_value_type lt_type_ints    = LIST_TYPE("integers", ltc_ints, ints);
const lt_value_type lt_type_reals   = LIST_TYPE("reals", ltc_reals, reals);
const lt_value_type lt_type_strings = LIST_TYPE("strings", ltc_strings, strings);
const lt_value_type lt_type_moments = LIST_TYPE("moments", lt_moments, moments);
