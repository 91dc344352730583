/* Owns the settings that the command line gives: --set KEY=VALUE, parsed as run.cfg would be, and -o. Called
 * by read.c. */
#include <stdlib.h>
#include <string.h>

#include "config/lex.h"
#include "config/parse.h"
#include "config/reader.h"

static const lt_place set_place = { "--set", 0 }, output_place = { "-o", 0 };

/* Is the text to be taken as it is? So it is unless it begins as a string or brackets do, or is a number or a
 * boolean and nothing more: sgd, 10ep, runs/a b, best@10ep. An integer that would lose bits stays one, to be
 * reported. */
static bool is_bare(const char *text)
{
    if (strchr("\"[({", *text))
        return !*text;
    lt_lexer x = lt_lexer_of(text);
    const lt_token first = lt_lexer_next(&x), second = lt_lexer_next(&x);
    const unsigned literal = LT_TOKEN_BOOL | LT_TOKEN_INT | LT_TOKEN_REAL;
    return !(first.kind & literal) || second.kind != LT_TOKEN_END;
}

/* value, wrapped into one group for each part of the key but the last. NULL: no memory. */
static const lt_node *wrap(lt_arena *a, char *key, const lt_node *value)
{
    for (char *dot; (dot = strrchr(key, '.')); *dot = '\0') {
        lt_node *group = lt_arena_array(a, 1, sizeof *group);
        const lt_node **child = lt_node_children(a, 1);
        lt_node *named = lt_arena_array(a, 1, sizeof *named);
        if (!group || !child || !named)
            return NULL;
        *named = *value;
        named->name = dot + 1;
        child[0] = named;
        *group = (lt_node){ .at = value->at, .kind = LT_NODE_GROUP, .child = child, .n = 1 };
        value = group;
    }
    return value;
}

/* value as the root of a layer: "." before the key makes the root one more group. */
static const lt_node *layer_of(lt_arena *a, const char *key, size_t n, const lt_node *value)
{
    char *path = lt_arena_print(a, ".%.*s", (int)n, key);
    return path ? wrap(a, path, value) : NULL;
}

static bool is_key(const char *key, size_t n)
{
    for (size_t i = 0; i < n;) {
        const size_t word = strcspn(key + i, ".=");
        lt_lexer x = lt_lexer_of(key + i);
        const lt_token t = lt_lexer_next(&x);
        if (!(t.kind & (LT_TOKEN_NAME | LT_TOKEN_BOOL)) || t.s != key + i || t.n != word)
            return false;
        i += word;
        if (i < n && ++i == n)
            return false;                     /* a dot at the end */
    }
    return n > 0;
}

static const lt_node *bare_string(lt_arena *a, const char *text)
{
    lt_node *n = lt_arena_array(a, 1, sizeof *n);
    if (n)
        *n = (lt_node){ .at = set_place, .kind = LT_NODE_STRING, .s = text };
    return n;
}

static ltc_status read_set(const char *set, lt_arena *a, const lt_node **layer, lt_diags *d)
{
    const size_t n = strcspn(set, "=");
    const lt_node *value = NULL;
    ltc_status st = LTC_OK;
    if (!set[n] || !is_key(set, n)) {
        lt_diags_add(d, set_place, NULL, "\"%s\" is not KEY=VALUE", set);
        lt_diags_hint(d, "such as --set train.steps=200");
        return LTC_EINVAL;
    }
    const char *text = set + n + 1 + strspn(set + n + 1, " \t");
    if (is_bare(text)) {
        value = bare_string(a, text);
        st = value ? LTC_OK : LTC_ENOMEM;
    } else {
        st = lt_parse_value(text, "value", set_place, a, &value, d);
    }
    if (st)
        return st;
    *layer = layer_of(a, set, n, value);
    return *layer ? LTC_OK : LTC_ENOMEM;
}

static ltc_status lay_over(lt_arena *a, const lt_node **all, const lt_node *layer)
{
    *all = lt_node_merge(a, *all, layer, NULL);
    return *all ? LTC_OK : LTC_ENOMEM;
}

static ltc_status add_output(const char *output, lt_arena *a, const lt_node **all)
{
    static const char key[] = "run.output";
    lt_node *value = lt_arena_array(a, 1, sizeof *value);
    if (!value)
        return LTC_ENOMEM;
    *value = (lt_node){ .at = output_place, .kind = LT_NODE_STRING, .s = output };
    const lt_node *layer = layer_of(a, key, strlen(key), value);
    return layer ? lay_over(a, all, layer) : LTC_ENOMEM;
}

ltc_status lt_command_line_read(const lt_config_request *r, lt_arena *a, const lt_node **layer, lt_diags *d)
{
    static const lt_node empty = { .at = { "--set", 0 }, .kind = LT_NODE_GROUP };
    ltc_status first = LTC_OK;
    *layer = &empty;
    for (size_t i = 0; i < r->n_set && first != LTC_ENOMEM; i++) {
        const lt_node *one = NULL;
        ltc_status st = read_set(r->set[i], a, &one, d);
        if (!st)
            st = lay_over(a, layer, one);
        first = first && st != LTC_ENOMEM ? first : st;
    }
    if (!first && r->output)
        first = add_output(r->output, a, layer);
    return first;
}
