/* Owns the settings that the command line gives: --set KEY=VALUE, parsed as run.cfg would be, and -o. Called
 * by read.c. */
#include <stdlib.h>
#include <string.h>

#include "config/lex.h"
#include "config/parse.h"
#include "config/reader.h"

static const lt_node nothing = { .kind = LT_NODE_GROUP };
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

/* The bytes of KEY in KEY=VALUE: words with dots between them, each perhaps with a [NAME] behind it. 0: that
 * is not what it is. */
static size_t key_length(const char *set)
{
    for (size_t i = 0;; i++) {
        const char *part = set + i;
        lt_lexer x = lt_lexer_of(part);
        const lt_token word = lt_lexer_next(&x);
        const bool is_word = word.kind & (LT_TOKEN_NAME | LT_TOKEN_BOOL) && word.s == part;
        if (!is_word || word.n != strcspn(part, ".[="))
            return 0;
        i += lt_key_part(part);
        if (set[i] != '.')
            return set[i] == '=' ? i : 0;
    }
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
    const size_t n = key_length(set);
    const lt_node *value = NULL;
    ltc_status st = LTC_OK;
    if (!n) {
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
    *layer = lt_node_set(a, &nothing, set, value);
    return *layer ? LTC_OK : LTC_ENOMEM;
}

static ltc_status lay_over(lt_arena *a, const lt_node **all, const lt_node *layer)
{
    *all = lt_node_merge(a, *all, layer, NULL);
    return *all ? LTC_OK : LTC_ENOMEM;
}

static ltc_status add_output(const char *output, lt_arena *a, const lt_node **all)
{
    lt_node *value = lt_arena_array(a, 1, sizeof *value);
    if (!value)
        return LTC_ENOMEM;
    *value = (lt_node){ .at = output_place, .kind = LT_NODE_STRING, .s = output };
    const lt_node *layer = lt_node_set(a, &nothing, "run.output", value);
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
