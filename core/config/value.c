/* Owns the table of types and the types of single values. Called by options.c to fill, by write.c and print.c
 * to show. */
#include "config/value.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "config/moment.h"
#include "config/number.h"
#include "config/schema.h"

static bool read_int(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return lt_value_int(f, o, n, field);
}

static bool default_int(lt_fill *f, const ltc_opt *o, void *field)
{
    (void)f;
    memcpy(field, &o->i.def, sizeof o->i.def);
    return true;
}

static bool write_int(const ltc_opt *o, const void *field, lt_text *to)
{
    const int64_t i = *(const int64_t *)field;
    if (i < o->i.min || i > o->i.max)
        return false;
    lt_text_add(to, "%" PRId64 "%s", i, i > INT32_MAX || i < INT32_MIN ? "L" : "");
    return true;
}

static bool read_real(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return lt_value_real(f, o, n, field);
}

static bool default_real(lt_fill *f, const ltc_opt *o, void *field)
{
    (void)f;
    memcpy(field, &o->r.def, sizeof o->r.def);
    return true;
}

static bool write_real(const ltc_opt *o, const void *field, lt_text *to)
{
    char text[LT_NUMBER_BYTES];
    const double r = *(const double *)field;
    const bool within = (o->flags & LTC_OPT_ABOVE ? r > o->r.min : r >= o->r.min) &&
                        (o->flags & LTC_OPT_BELOW ? r < o->r.max : r <= o->r.max);
    if (!within || !isfinite(r))
        return false;
    lt_text_add(to, "%s", lt_real_literal(text, r));
    return true;
}

static bool read_bool(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    if (n->kind != LT_NODE_BOOL)
        return lt_value_mistyped(f, o, n, "true or false");
    memcpy(field, &n->i, sizeof n->i);
    return true;
}

static bool write_bool(const ltc_opt *o, const void *field, lt_text *to)
{
    (void)o;
    lt_text_add(to, "%s", *(const int64_t *)field ? "true" : "false");
    return true;
}

static bool read_enum(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return lt_value_choice(f, o, n, field);
}

static bool write_enum(const ltc_opt *o, const void *field, lt_text *to)
{
    int64_t n = 0;
    while (o->choices[n])
        n++;
    const int64_t chosen = *(const int64_t *)field;
    if (chosen < 0 || chosen >= n)
        return false;
    lt_value_write_string(o->choices[chosen], to);
    return true;
}

static bool read_string(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return lt_value_string(f, o, n, field);
}

static bool default_string(lt_fill *f, const ltc_opt *o, void *field)
{
    (void)f;
    memcpy(field, &o->str, sizeof o->str);    /* a constant of the plug-in, which stays loaded */
    return true;
}

static bool write_string(const ltc_opt *o, const void *field, lt_text *to)
{
    const char *s = *(const char *const *)field;
    (void)o;
    if (s)
        lt_value_write_string(s, to);
    return s;
}

static bool read_path(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return lt_value_path(f, o, n, field);
}

/* A path of "" or NULL is one that is not set. Any other is read as if it had been written on the command
 * line. */
static bool default_path(lt_fill *f, const ltc_opt *o, void *field)
{
    if (!o->str || !*o->str)
        return default_string(f, o, field);
    const lt_node n = { .kind = LT_NODE_STRING, .s = o->str, .at = { f->request->path, 0 } };
    return lt_value_path(f, o, &n, field);
}

static bool write_path(const ltc_opt *o, const void *field, lt_text *to)
{
    const char *s = *(const char *const *)field;
    return s && *s && write_string(o, field, to);
}

static bool read_moment(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    return lt_value_moment(f, o, n, field);
}

static bool default_moment(lt_fill *f, const ltc_opt *o, void *field)
{
    const lt_node n = { .kind = LT_NODE_STRING, .s = o->str, .at = { f->request->path, 0 } };
    return !o->str || lt_value_moment(f, o, &n, field);
}

static bool write_moment(const ltc_opt *o, const void *field, lt_text *to)
{
    char text[LT_MOMENT_BYTES];
    const lt_moment m = *(const lt_moment *)field;
    (void)o;
    if (m.kind != LT_MOMENT_NONE)
        lt_text_add(to, "\"%s\"", lt_moment_text(text, m));
    return m.kind != LT_MOMENT_NONE;
}

/* The name and the place; the module and its options are found by settle.c. */
static bool read_plugin(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    lt_plugin_setting *p = field;
    p->at = n->at;
    return lt_value_string(f, o, n, &p->name);
}

static bool default_plugin(lt_fill *f, const ltc_opt *o, void *field)
{
    lt_plugin_setting *p = field;
    p->name = o->flags & LT_OPT_DERIVED ? f->request->default_backend : NULL;
    p->at = (lt_place){ f->request->path, 0 };
    return true;
}

static bool write_plugin(const ltc_opt *o, const void *field, lt_text *to)
{
    const lt_plugin_setting *p = field;
    return write_string(o, &p->name, to);
}

/* name, wants, the field's C type, functions: the three of one family are named alike. */
#define TYPE(n, w, ctype, reads, defaults, writes) \
    { .name = n, .wants = w, .size = sizeof(ctype), .read = reads, .take_default = defaults, .write = writes }
static const lt_value_type types[] = {
    [LTC_OPT_INT]    = TYPE("integer", "an integer", int64_t, read_int, default_int, write_int),
    [LTC_OPT_REAL]   = TYPE("real", "a number", double, read_real, default_real, write_real),
    [LTC_OPT_BOOL]   = TYPE("boolean", "true or false", int64_t, read_bool, default_int, write_bool),
    [LTC_OPT_ENUM]   = TYPE("choice", "a string", int64_t, read_enum, default_int, write_enum),
    [LTC_OPT_STRING] = TYPE("string", "a string", const char *, read_string, default_string, write_string),
    [LTC_OPT_PATH]   = TYPE("path", "a string", const char *, read_path, default_path, write_path),
};
static const lt_value_type type_moment =
    TYPE("moment", "a moment", lt_moment, read_moment, default_moment, write_moment);
static const lt_value_type type_plugin =
    TYPE("plug-in", "a string", lt_plugin_setting, read_plugin, default_plugin, write_plugin);

static const lt_value_type type_values = { .name = "values", .wants = "a list or a range" };

const lt_value_type *lt_value_type_of(uint32_t type)
{
    switch (type) {
    case LTC_OPT_INTS:    return &lt_type_ints;
    case LTC_OPT_REALS:   return &lt_type_reals;
    case LTC_OPT_STRINGS: return &lt_type_strings;
    case LT_OPT_MOMENT:   return &type_moment;
    case LT_OPT_MOMENTS:  return &lt_type_moments;
    case LT_OPT_PLUGIN:   return &type_plugin;
    case LT_OPT_FACTOR:   return &lt_type_factor;
    case LT_OPT_GROUPS:   return &lt_type_groups;
    case LT_OPT_VALUES:   return &type_values;
    default:
        return type < sizeof types / sizeof types[0] && types[type].name ? &types[type] : NULL;
    }
}
