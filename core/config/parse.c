/* Owns the passage through libconfig: nothing else includes its header. Called by read.c for files and --set,
 * and for the defaults of lists. The tree is copied out, so that libconfig's own lives for one call only. */
#include "config/parse.h"

#include <libconfig.h>
#include <string.h>

#include "config/lex.h"
#include "config/syntax.h"

typedef struct copier {
    const lt_source *source;
    lt_arena *arena;
} copier;

static const lt_node *copy(const copier *c, const config_setting_t *from);

static bool copy_children(const copier *c, const config_setting_t *from, lt_node *to)
{
    const int n = config_setting_length(from);
    const lt_node **child = lt_node_children(c->arena, (size_t)n);
    for (int i = 0; child && i < n; i++) {
        child[i] = copy(c, config_setting_get_elem(from, (unsigned)i));
        if (!child[i])
            return false;
    }
    to->child = child;
    to->n = (size_t)n;
    return child;
}

static bool copy_value(const copier *c, const config_setting_t *from, lt_node *to)
{
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        to->kind = LT_NODE_INT;
        to->i = config_setting_get_int64(from);
        return true;
    case CONFIG_TYPE_FLOAT:
        to->kind = LT_NODE_REAL;
        to->r = config_setting_get_float(from);
        return true;
    case CONFIG_TYPE_BOOL:
        to->kind = LT_NODE_BOOL;
        to->i = config_setting_get_bool(from) != 0;
        return true;
    case CONFIG_TYPE_STRING: {
        const char *s = config_setting_get_string(from);
        to->kind = LT_NODE_STRING;
        to->s = lt_arena_text(c->arena, s ? s : "");
        return to->s;
    }
    default:
        to->kind = config_setting_is_group(from) ? LT_NODE_GROUP : LT_NODE_LIST;
        return copy_children(c, from, to);
    }
}

static const lt_node *copy(const copier *c, const config_setting_t *from)
{
    const char *name = config_setting_name(from);
    lt_node *to = lt_arena_array(c->arena, 1, sizeof *to);
    if (!to)
        return NULL;
    to->at = lt_source_place(c->source, config_setting_source_line(from));
    to->name = name ? lt_arena_text(c->arena, name) : NULL;
    if ((name && !to->name) || !copy_value(c, from, to))
        return NULL;
    return to;
}

/* The line's name, if it has one only: of a key that is set twice, libconfig says the line and not the name.
 * */
static bool only_name(const lt_source *s, unsigned line, lt_token *name)
{
    size_t n = 0;
    lt_lexer x = lt_lexer_of(s->text.s);
    for (lt_token t = lt_lexer_next(&x); t.kind != LT_TOKEN_END && t.line <= line; t = lt_lexer_next(&x)) {
        if (t.line == line && t.kind == LT_TOKEN_NAME) {
            *name = t;
            n++;
        }
    }
    return n == 1;
}

static void report(const lt_source *s, const config_t *c, lt_diags *d)
{
    const unsigned line = config_error_line(c) > 0 ? (unsigned)config_error_line(c) : 1;
    const char *says = config_error_text(c) ? config_error_text(c) : "syntax error";
    const bool twice = !strcmp(says, "duplicate setting name");
    const lt_place at = lt_source_place(s, line);
    lt_token name;
    if (twice && only_name(s, line, &name))
        lt_diags_add(d, at, NULL, "%.*s is set twice in one group", (int)name.n, name.s);
    else
        lt_diags_add(d, at, NULL, "%s", twice ? "a key is set twice in one group" : says);
}

ltc_status lt_parse(const lt_source *s, lt_arena *a, const lt_node **root, lt_diags *d)
{
    *root = NULL;
    if (!lt_syntax_check(s, d))
        return LTC_EINVAL;
    ltc_status st = LTC_OK;
    config_t c;
    config_init(&c);
    if (config_read_string(&c, s->text.s)) {
        *root = copy(&(copier){ s, a }, config_root_setting(&c));
        st = *root ? LTC_OK : LTC_ENOMEM;
    } else {
        report(s, &c, d);
        st = LTC_EINVAL;
    }
    config_destroy(&c);
    return st;
}

ltc_status lt_parse_value(const char *text, const char *name, lt_place at, lt_arena *a, const lt_node **value,
                          lt_diags *d)
{
    const lt_node *root = NULL;
    lt_text line = { 0 };
    lt_source s = { 0 };
    *value = NULL;
    lt_text_add(&line, "%s = %s\n", name, text);
    ltc_status st = line.failed ? LTC_ENOMEM : lt_source_open_text(&s, a, line.s, at);
    if (!st)
        st = lt_parse(&s, a, &root, d);
    if (!st && root->n != 1) {
        lt_diags_add(d, at, name, "is given more than one value");
        st = LTC_EINVAL;
    }
    if (!st)
        *value = root->child[0];
    lt_source_close(&s);
    lt_text_free(&line);
    return st;
}
