/* Owns the reading of keys by tables. Called by graph-site.c for layers and blocks; knows none of them. */
#include "graph-keys.h"

#include <string.h>

enum { WORD_MAX = 31 };                       /* longer words get no suggestion */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment (Damerau 1964): insertions, deletions, replacements and exchanges of neighbours,
 * each one. Three rows of the table are kept: i, i - 1 and i - 2. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][WORD_MAX + 1];
    const size_t n = strlen(a), m = strlen(b);
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3];
        const unsigned *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

graph_hint graph_near(const char *word, const void *first, size_t n, size_t stride)
{
    graph_hint hint = { "" };
    const size_t length = strlen(word);
    unsigned nearest = WORD_MAX;
    for (size_t i = 0; i < n && length <= WORD_MAX; i++) {
        const char *name;
        memcpy(&name, (const char *)first + i * stride, sizeof name);
        const size_t longer = strlen(name) > length ? strlen(name) : length;
        const unsigned apart = longer > WORD_MAX ? WORD_MAX : distance(word, name);
        if (apart >= nearest || apart > (longer + 1) / 3 || apart == longer)
            continue;
        nearest = apart;
        snprintf(hint.s, sizeof hint.s, ", did you mean '%s'?", name);
    }
    return hint;
}

static void put_default(const graph_key *k, void *into)
{
    char *field = (char *)into + k->offset;
    const int64_t whole = (int64_t)k->def;
    static const char *const no_text = NULL;
    static const config_setting_t *const no_setting = NULL;
    switch (k->kind) {
    case GRAPH_REAL: memcpy(field, &k->def, sizeof k->def); break;
    case GRAPH_TEXT: memcpy(field, &no_text, sizeof no_text); break;
    case GRAPH_ANY:  memcpy(field, &no_setting, sizeof no_setting); break;
    default:         memcpy(field, &whole, sizeof whole);
    }
}

static bool is_integer(const config_setting_t *s)
{
    return config_setting_type(s) == CONFIG_TYPE_INT || config_setting_type(s) == CONFIG_TYPE_INT64;
}

static bool is_word(const config_setting_t *s, const char *word)
{
    return config_setting_type(s) == CONFIG_TYPE_STRING && !strcmp(config_setting_get_string(s), word);
}

static bool take_integer(const graph_key *k, const config_setting_t *s, void *field)
{
    const int64_t v = is_integer(s) ? config_setting_get_int64(s) : 0;
    memcpy(field, &v, sizeof v);
    return is_integer(s) && (double)v >= k->min && (double)v <= k->max;
}

static bool take_real(const graph_key *k, const config_setting_t *s, void *field)
{
    const bool real = config_setting_type(s) == CONFIG_TYPE_FLOAT;
    const double v = real            ? config_setting_get_float(s)
                     : is_integer(s) ? (double)config_setting_get_int64(s)
                                     : 0;
    memcpy(field, &v, sizeof v);
    return (real || is_integer(s)) && v >= k->min && v <= k->max;
}

static bool take_bool(const graph_key *k, const config_setting_t *s, void *field)
{
    const int64_t v = config_setting_get_bool(s) != 0;
    (void)k;
    memcpy(field, &v, sizeof v);
    return config_setting_type(s) == CONFIG_TYPE_BOOL;
}

static bool take_text(const graph_key *k, const config_setting_t *s, void *field)
{
    const char *v = config_setting_get_string(s);
    (void)k;
    memcpy(field, &v, sizeof v);
    return v && *v;
}

static bool take_width(const graph_key *k, const config_setting_t *s, void *field)
{
    const int64_t classes = GRAPH_CLASSES;
    if (!is_word(s, "classes"))
        return take_integer(k, s, field);
    memcpy(field, &classes, sizeof classes);
    return true;
}

static bool take_any(const graph_key *k, const config_setting_t *s, void *field)
{
    (void)k;
    memcpy(field, &s, sizeof s);
    return true;
}

/* What a key may be, by kind, for its reader and for the sentence that refuses it. */
static const struct {
    bool      (*take)(const graph_key *k, const config_setting_t *s, void *field);
    const char *must;
    bool        bounded;
} kinds[] = {
    [GRAPH_INT] = { take_integer, "an integer", true },
    [GRAPH_REAL] = { take_real, "a number", true },
    [GRAPH_BOOL] = { take_bool, "true or false", false },
    [GRAPH_TEXT] = { take_text, "a word in quotes", false },
    [GRAPH_WIDTH] = { take_width, "\"classes\" or an integer", true },
    [GRAPH_ANY] = { take_any, "", false },
};

static const graph_key *find(const graph_keys *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (!strcmp(t->key[i].name, name))
            return &t->key[i];
    return NULL;
}

/* With the nearest key, or, where none is near, with those that are the noun's own. */
static ltc_status unknown_key(const graph_file *f, unsigned line, const char *noun, const char *name,
                              const graph_keys table[2], ltc_error *err)
{
    char list[160] = "";
    size_t n = 0;
    graph_hint near = graph_near(name, table[1].key, table[1].n, sizeof *table[1].key);
    if (!near.s[0])
        near = graph_near(name, table[0].key, table[0].n, sizeof *table[0].key);
    for (size_t i = 0; i < table[1].n && n < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", table[1].key[i].name);
    return graph_fail(f, line, err, "%s has no key '%s'%s%s%s", noun, graph_shown(name).s, near.s,
                      near.s[0] || !n ? "" : "; its own are ", near.s[0] ? "" : list);
}

static ltc_status read_key(const graph_file *f, const config_setting_t *s, const char *noun,
                           const graph_keys table[2], ltc_error *err)
{
    const char *name = config_setting_name(s);
    const unsigned line = config_setting_source_line(s);
    for (int t = 0; t < 2; t++) {
        const graph_key *k = find(&table[t], name);
        if (!k)
            continue;
        if (kinds[k->kind].take(k, s, (char *)table[t].into + k->offset))
            return LTC_OK;
        char bounds[64] = "";
        if (kinds[k->kind].bounded)
            snprintf(bounds, sizeof bounds, " from %.10g to %.10g", k->min, k->max);
        return graph_fail(f, line, err, "%s: %s must be %s%s", noun, name, kinds[k->kind].must, bounds);
    }
    return unknown_key(f, line, noun, name, table, err);
}

ltc_status graph_keys_read(const graph_file *f, const config_setting_t *group, const char *noun,
                           const graph_keys table[2], ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < table[t].n; i++)
            put_default(&table[t].key[i], table[t].into);
    for (int i = 0; i < config_setting_length(group) && !st; i++)
        st = read_key(f, config_setting_get_elem(group, (unsigned)i), noun, table, err);
    return st;
}
