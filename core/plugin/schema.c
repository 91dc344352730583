/* Owns nothing: adopts and checks tables of options. A fault in one is the plug-in author's, found when the
 * file is loaded for the first time, not when somebody sets that option. */
#include "plugin/schema.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"

enum { OPTIONS_MAX = 1024, DATA_MAX = 1 << 20, NAME_MAX_BYTES = sizeof((ltc_error *)0)->option - 1 };
enum { RANGE_FLAGS = LTC_OPT_ABOVE | LTC_OPT_BELOW };

static ltc_status check_number(const ltc_opt *o, ltc_error *err);
static ltc_status check_switch(const ltc_opt *o, ltc_error *err);
static ltc_status check_enum(const ltc_opt *o, ltc_error *err);
static ltc_status check_text(const ltc_opt *o, ltc_error *err);
static ltc_status check_list(const ltc_opt *o, ltc_error *err);

typedef struct opt_type {
    const char *name;
    uint32_t    bytes, flags;                 /* of the field; those flags that not every type has */
    ltc_status (*check)(const ltc_opt *o, ltc_error *err);
} opt_type;

static const opt_type types[] = {
    [LTC_OPT_INT]     = { "int", sizeof(int64_t), RANGE_FLAGS, check_number },
    [LTC_OPT_REAL]    = { "real", sizeof(double), RANGE_FLAGS, check_number },
    [LTC_OPT_BOOL]    = { "bool", sizeof(int64_t), 0, check_switch },
    [LTC_OPT_ENUM]    = { "enum", sizeof(int64_t), 0, check_enum },
    [LTC_OPT_STRING]  = { "string", sizeof(const char *), 0, check_text },
    [LTC_OPT_PATH]    = { "path", sizeof(const char *), LTC_OPT_SEARCH, check_text },
    [LTC_OPT_INTS]    = { "ints", sizeof(ltc_ints), RANGE_FLAGS, check_list },
    [LTC_OPT_REALS]   = { "reals", sizeof(ltc_reals), RANGE_FLAGS, check_list },
    [LTC_OPT_STRINGS] = { "strings", sizeof(ltc_strings), 0, check_list },
};
enum { N_TYPES = sizeof types / sizeof types[0] };
enum { COMMON_FLAGS = LTC_OPT_REQUIRED | LTC_OPT_NEUTRAL | LTC_OPT_LATER };

#define FAULT(...) ltc_fail(err, LTC_EINVAL, __VA_ARGS__)

static bool in_real_range(const ltc_opt *o, double x)
{
    return (o->flags & LTC_OPT_ABOVE ? x > o->r.min : x >= o->r.min) &&
           (o->flags & LTC_OPT_BELOW ? x < o->r.max : x <= o->r.max);
}

static bool in_int_range(const ltc_opt *o, int64_t x)
{
    return (o->flags & LTC_OPT_ABOVE ? x > o->i.min : x >= o->i.min) &&
           (o->flags & LTC_OPT_BELOW ? x < o->i.max : x <= o->i.max);
}

static char left(const ltc_opt *o)
{
    return o->flags & LTC_OPT_ABOVE ? '(' : '[';
}

static char right(const ltc_opt *o)
{
    return o->flags & LTC_OPT_BELOW ? ')' : ']';
}

static ltc_status fail_int(const ltc_opt *o, int64_t x, ltc_error *err)
{
    return FAULT("option '%s': its default %" PRId64 " is not in %c%" PRId64 ", %" PRId64 "%c", o->name, x,
                 left(o), o->i.min, o->i.max, right(o));
}

static ltc_status fail_real(const ltc_opt *o, double x, ltc_error *err)
{
    return FAULT("option '%s': its default %g is not in %c%g, %g%c", o->name, x, left(o), o->r.min, o->r.max,
                 right(o));
}

static bool is_real(const ltc_opt *o)
{
    return o->type == LTC_OPT_REAL || o->type == LTC_OPT_REALS;
}

/* Written so that a NaN is no range. */
static ltc_status check_range(const ltc_opt *o, ltc_error *err)
{
    if (is_real(o) ? o->r.min <= o->r.max : o->i.min <= o->i.max)
        return LTC_OK;
    return FAULT("option '%s': its smallest value is larger than its largest", o->name);
}

static ltc_status check_number(const ltc_opt *o, ltc_error *err)
{
    ltc_status st = check_range(o, err);
    if (st || o->flags & LTC_OPT_REQUIRED)
        return st;
    if (is_real(o))
        return in_real_range(o, o->r.def) ? LTC_OK : fail_real(o, o->r.def, err);
    return in_int_range(o, o->i.def) ? LTC_OK : fail_int(o, o->i.def, err);
}

static ltc_status check_switch(const ltc_opt *o, ltc_error *err)
{
    if (o->i.def == 0 || o->i.def == 1)
        return LTC_OK;
    return FAULT("option '%s': its default %" PRId64 " is neither 0 nor 1", o->name, o->i.def);
}

static ltc_status check_enum(const ltc_opt *o, ltc_error *err)
{
    int64_t n = 0;
    for (; o->choices && o->choices[n]; n++) {
        if (!*o->choices[n])
            return FAULT("option '%s': its choice number %" PRId64 " is an empty text", o->name, n);
        for (int64_t k = 0; k < n; k++)
            if (strcmp(o->choices[k], o->choices[n]) == 0)
                return FAULT("option '%s': the choice '%s' stands there twice", o->name, o->choices[n]);
    }
    if (!n)
        return FAULT("option '%s': an enum without choices", o->name);
    if (o->i.def >= 0 && o->i.def < n)
        return LTC_OK;
    return FAULT("option '%s': its default %" PRId64 " is not the index of one of its %" PRId64 " choices",
                 o->name, o->i.def, n);
}

/* Nothing to check: any text is a default, and NULL says that the option is not set. */
static ltc_status check_text(const ltc_opt *o, ltc_error *err)
{
    (void)o, (void)err;
    return LTC_OK;
}

/* Reads one number of a default such as "300, 100" and checks it; *s moves behind it. */
static ltc_status check_element(const ltc_opt *o, const char **s, ltc_error *err)
{
    char *end;
    const char *const begin = *s;
    errno = 0;
    const double real = is_real(o) ? strtod(begin, &end) : 0.0;
    const int64_t whole = is_real(o) ? 0 : strtoll(begin, &end, 10);
    if (end == begin || errno == ERANGE)
        return FAULT("option '%s': its default \"%s\" is not a list of numbers", o->name, o->str);
    *s = end;
    if (is_real(o))
        return in_real_range(o, real) ? LTC_OK : fail_real(o, real, err);
    return in_int_range(o, whole) ? LTC_OK : fail_int(o, whole, err);
}

static const char *skip_blanks(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

static ltc_status check_numbers(const ltc_opt *o, ltc_error *err)
{
    uint32_t n = 0;
    for (const char *s = skip_blanks(o->str); *s; n++) {
        ltc_status st = check_element(o, &s, err);
        if (st)
            return st;
        s = skip_blanks(s);
        if (*s == ',')
            s = skip_blanks(s + 1);
        else if (*s)
            return FAULT("option '%s': its default \"%s\" is not a list of numbers", o->name, o->str);
    }
    if (n >= o->n_min && n <= o->n_max)
        return LTC_OK;
    return FAULT("option '%s': its default \"%s\" has %u elements, not %u to %u", o->name, o->str, n,
                 o->n_min, o->n_max);
}

/* The text of a list of strings is read by the configuration alone. */
static ltc_status check_list(const ltc_opt *o, ltc_error *err)
{
    if (o->n_min > o->n_max || !o->n_max)
        return FAULT("option '%s': a list of %u to %u elements", o->name, o->n_min, o->n_max);
    ltc_status st = o->type == LTC_OPT_STRINGS ? LTC_OK : check_range(o, err);
    if (st || o->flags & LTC_OPT_REQUIRED)
        return st;
    if (!o->str)
        return FAULT("option '%s': no default: give one as text, or flag it LTC_OPT_REQUIRED", o->name);
    return o->type == LTC_OPT_STRINGS ? LTC_OK : check_numbers(o, err);
}

/* A key of a configuration: a letter, then letters, digits, _ and -. "plugin" names the plug-in itself. */
static bool is_key(const char *s)
{
    size_t n = 0;
    for (; s[n]; n++)
        if (!isalpha((unsigned char)s[n]) && !(n && (isdigit((unsigned char)s[n]) || strchr("_-", s[n]))))
            return false;
    return n && n <= NAME_MAX_BYTES && strcmp(s, "plugin") != 0;
}

static ltc_status check_words(const ltc_opt *o, uint32_t i, ltc_error *err)
{
    if (!o->name)
        return FAULT("option number %u has no name", i);
    if (!is_key(o->name))
        return FAULT(
            "option '%s': not a key: a letter, then letters, digits, _ or -, at most %d, and not 'plugin'",
            o->name, NAME_MAX_BYTES);
    if (!o->help || !*o->help)
        return FAULT("option '%s': no help text", o->name);
    if (!o->type || o->type >= N_TYPES)
        return FAULT("option '%s': its type %u is unknown here", o->name, o->type);
    if (o->flags & ~(COMMON_FLAGS | types[o->type].flags))
        return FAULT("option '%s': flags 0x%x mean nothing for type %s", o->name,
                     o->flags & ~(COMMON_FLAGS | types[o->type].flags), types[o->type].name);
    return LTC_OK;
}

static ltc_status check_field(const ltc_schema *s, const ltc_opt *o, ltc_error *err)
{
    const uint32_t bytes = types[o->type].bytes;
    if (o->offset % _Alignof(int64_t) != 0)
        return FAULT("option '%s': its field at byte %u is not aligned", o->name, o->offset);
    if (o->offset > s->data_size || bytes > s->data_size - o->offset)
        return FAULT("option '%s': its field, %u bytes at %u, lies outside the struct of %u bytes", o->name,
                     bytes, o->offset, s->data_size);
    return LTC_OK;
}

/* Against the options before it. */
static ltc_status check_apart(const ltc_schema *s, uint32_t i, ltc_error *err)
{
    const ltc_opt *o = &s->opt[i];
    for (uint32_t k = 0; k < i; k++) {
        const ltc_opt *p = &s->opt[k];
        if (strcmp(o->name, p->name) == 0)
            return FAULT("option '%s' stands there twice", o->name);
        if (o->offset < p->offset + types[p->type].bytes && p->offset < o->offset + types[o->type].bytes)
            return FAULT("options '%s' and '%s' share bytes of the struct", p->name, o->name);
    }
    return LTC_OK;
}

static ltc_status check_option(const ltc_schema *s, uint32_t i, ltc_error *err)
{
    const ltc_opt *o = &s->opt[i];
    ltc_status st = check_words(o, i, err);
    if (!st)
        st = check_field(s, o, err);
    if (!st)
        st = check_apart(s, i, err);
    return st ? st : types[o->type].check(o, err);
}

/* What is in the way of walking the table at all. */
static ltc_status check_sizes(const ltc_schema *s, ltc_error *err)
{
    if (s->opt_size < offsetof(ltc_opt, choices) || s->opt_size % _Alignof(ltc_opt) || s->opt_size > DATA_MAX)
        return FAULT("an option of %u bytes, where about %zu were expected: make the table with LTC_SCHEMA",
                     s->opt_size, sizeof(ltc_opt));
    if (s->n_opts > OPTIONS_MAX || (s->n_opts && !s->opt))
        return FAULT("a table of %u options%s: make it with LTC_SCHEMA", s->n_opts, s->opt ? "" : " at NULL");
    if (s->data_size > DATA_MAX || (s->n_opts && !s->data_size))
        return FAULT("options in a struct of %u bytes: make the table with LTC_SCHEMA", s->data_size);
    return LTC_OK;
}

static ltc_status adopt_options(ltc_schema *s, lt_arena *arena, ltc_error *err)
{
    ltc_opt *opt = lt_arena_array(arena, s->n_opts, sizeof *opt);
    if (!opt)
        return ltc_fail(err, LTC_ENOMEM, "no memory for its options");
    for (uint32_t i = 0; i < s->n_opts; i++)
        if (!lt_adopt_request(&opt[i], sizeof opt[i], (const char *)s->opt + (size_t)i * s->opt_size,
                              s->opt_size))
            return FAULT(
                "option number %u says more than this ltcore understands: it was built for a newer one", i);
    s->opt = opt;
    s->opt_size = sizeof *opt;
    return LTC_OK;
}

ltc_status lt_schema_adopt(const ltc_schema *from, lt_arena *arena, ltc_schema *to, ltc_error *err)
{
    ltc_schema s;
    if (from->size < sizeof s || from->size > DATA_MAX)
        return FAULT("a schema of %u bytes, where %zu were expected: make it with LTC_SCHEMA", from->size,
                     sizeof s);
    if (!lt_adopt_request(&s, sizeof s, from, from->size))
        return FAULT("its schema says more than this ltcore understands: it was built for a newer one");
    s.size = sizeof s;
    ltc_status st = check_sizes(&s, err);
    if (!st)
        st = adopt_options(&s, arena, err);
    for (uint32_t i = 0; i < s.n_opts && !st; i++)
        st = check_option(&s, i, err);
    if (!st)
        *to = s;
    return st;
}
