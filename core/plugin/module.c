/* Owns nothing: turns a plug-in's description of a module, in the sizes of its build, into the core's.
 * Everything that could be wrong with it is found here and said in words, so that no caller looks again. */
#include "plugin/module.h"

#include <string.h>

#include "plugin/border.h"
#include "plugin/kind.h"
#include "plugin/schema.h"

enum { NAME_BYTES = 64, STRUCT_MAX = 1 << 16 };

#define FAULT(...) ltc_fail(err, LTC_EINVAL, __VA_ARGS__)

bool lt_module_name_valid(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char c = name[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !(i && (c == '_' || c == '-')))
            return false;
    }
    return n && n < NAME_BYTES;
}

bool lt_module_each_name(const ltc_module *info, bool (*fn)(void *arg, const char *name, size_t n), void *arg)
{
    if (!fn(arg, info->name, strlen(info->name)))
        return false;
    for (const char *s = info->alias; s && *s;) {
        s += strspn(s, " ");
        size_t n = strcspn(s, ",");
        const char *next = s + n + (s[n] == ',');
        while (n && s[n - 1] == ' ')
            n--;
        if (!fn(arg, s, n))
            return false;
        s = next;
    }
    return true;
}

typedef struct word { const char *s; size_t n; } word;

static bool is_other(void *arg, const char *name, size_t n)
{
    const word *w = arg;
    return n != w->n || memcmp(name, w->s, n) != 0;
}

bool lt_module_answers(const lt_module *m, uint32_t kind, const char *name, size_t n)
{
    word w = { name, n };
    return m->info.kind == kind && !lt_module_each_name(&m->info, is_other, &w);
}

static bool is_valid(void *arg, const char *name, size_t n)
{
    word *w = arg;
    w->s = name, w->n = n;
    return lt_module_name_valid(name, n);
}

static ltc_status check_words(const ltc_module *m, ltc_error *err)
{
    word bad = { NULL, 0 };
    if (!m->name)
        return FAULT("it has no name");
    if (!lt_module_each_name(m, is_valid, &bad))
        return FAULT(
            "'%.*s' is not a name: lower-case letters, digits, - and _, at most %d, the first no sign",
            (int)(bad.n < 80 ? bad.n : 80), bad.s, NAME_BYTES - 1);
    if (!m->version || !*m->version)
        return FAULT("no version: set .version");
    if (!m->summary || !*m->summary || strchr(m->summary, '\n'))
        return FAULT("no summary of one line: set .summary");
    return LTC_OK;
}

/* Until 1.0 any change of an interface breaks it: nothing but the same number will do. */
static ltc_status check_abi(const ltc_module *m, const lt_kind *kind, ltc_error *err)
{
    if (m->kind_abi == kind->abi)
        return LTC_OK;
    return ltc_fail(err, LTC_EUNSUPPORTED,
                    "built for %s ABI %u.%u, this ltcore speaks %u.%u: build it against the "
                    "headers of this one",
                    kind->noun, m->kind_abi >> 16, m->kind_abi & 0xffff, kind->abi >> 16, kind->abi & 0xffff);
}

/* The sizes that the table publishes; 0 where the macro that fills them in was forgotten. */
static ltc_status check_sizes(const lt_module *m, const lt_kind *kind, ltc_error *err)
{
    for (const lt_slot *s = kind->sizes; s->name; s++) {
        uint32_t size;
        memcpy(&size, (const char *)&m->ops + s->offset, sizeof size);
        if (!size || size > STRUCT_MAX || size % _Alignof(void *))
            return FAULT("%s is %u: begin the table with %s", s->name, size, kind->filler);
    }
    return LTC_OK;
}

static ltc_status check_slots(const lt_module *m, const lt_kind *kind, ltc_error *err)
{
    size_t there = 0, n = 0;
    const char *missing = "";
    for (const lt_slot *s = kind->slots; s->name; s++, n++) {
        void (*fn)(void);
        memcpy(&fn, (const char *)&m->ops + s->offset, sizeof fn);
        if (fn)
            there++;
        else
            missing = s->name;
    }
    if (there >= kind->needed)
        return LTC_OK;
    if (kind->needed == n)
        return FAULT("no function '%s', which every %s needs", missing, kind->noun);
    return FAULT("neither score nor score_group nor select: a %s needs one of them", kind->noun);
}

static ltc_status adopt_ops(const ltc_module *from, const lt_kind *kind, lt_module *to, ltc_error *err)
{
    uint32_t size;
    if (!from->ops)
        return FAULT("no table of functions: set .ops with LTC_MODULE");
    memcpy(&size, from->ops, sizeof size);
    if (size < kind->ops_least || size > STRUCT_MAX)
        return FAULT("a table of %u bytes, where %zu were expected: begin it with %s", size, kind->ops_size,
                     kind->filler);
    lt_adopt(&to->ops, kind->ops_size, from->ops, size);
    ltc_status st = check_sizes(to, kind, err);
    return st ? st : check_slots(to, kind, err);
}

/* Puts "mask 'name': " before the sentence in err. */
static ltc_status blame(const ltc_module *m, ltc_status st, ltc_error *err)
{
    const ltc_error why = *err;
    const bool named = m->name && lt_module_name_valid(m->name, strlen(m->name));
    return named ? ltc_fail(err, st, "%s '%s': %s", lt_kind_noun(m->kind), m->name, why.message)
                 : ltc_fail(err, st, "a module of kind %s: %s", lt_kind_noun(m->kind), why.message);
}

static ltc_status adopt_checked(const ltc_module *m, const lt_kind *kind, lt_arena *arena, lt_module *to,
                                ltc_error *err)
{
    ltc_status st = check_abi(m, kind, err);
    if (!st)
        st = check_words(m, err);
    if (!st)
        st = adopt_ops(m, kind, to, err);
    if (!st && m->schema)
        st = lt_schema_adopt(m->schema, arena, &to->schema, err);
    return st;
}

ltc_status lt_module_adopt(const ltc_module *from, lt_arena *arena, lt_module *to, ltc_error *err)
{
    lt_module m = { .schema = { .size = sizeof(ltc_schema), .opt_size = sizeof(ltc_opt) } };
    if (from->size < sizeof m.info || from->size > STRUCT_MAX)
        return FAULT("a module of %u bytes, where %zu were expected: begin it with LTC_MODULE", from->size,
                     sizeof m.info);
    lt_adopt(&m.info, sizeof m.info, from, from->size);
    const lt_kind *kind = lt_kind_get(m.info.kind);
    if (!kind)
        return FAULT(
            "its module '%s' is of kind %u, and this ltcore knows %u to %u: build it against the headers of "
            "this one",
            m.info.name ? m.info.name : "", m.info.kind, LT_KIND_FIRST, LT_KIND_LAST);
    ltc_status st = adopt_checked(&m.info, kind, arena, &m, err);
    if (st)
        return blame(&m.info, st, err);
    m.info.size = sizeof m.info;
    m.info.schema = NULL, m.info.ops = NULL;
    *to = m;
    return LTC_OK;
}
