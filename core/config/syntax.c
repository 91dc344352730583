/* Owns the grammar's faults and their remedies. Called by parse.c, which hands to libconfig only what passes
 * here.
 *
 * libconfig's grammar is small enough to be checked by pairs: which token may follow which, within a group,
 * an array or a list. The table below lists the pairs that may not; what it lets through, libconfig still
 * judges. */
#include "config/syntax.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/lex.h"

enum { DEPTH_MAX = 64, SHOWN_BYTES = 40 };
enum { IN_GROUP = 1, IN_ARRAY = 2, IN_LIST = 4, ANYWHERE = 7 };

#define ANY        (~0u)
#define SCALAR     (LT_TOKEN_BOOL | LT_TOKEN_INT | LT_TOKEN_REAL | LT_TOKEN_STRING)
#define WIDE       (1u << 31)                /* an integer with L */
#define NUMBER     (LT_TOKEN_INT | LT_TOKEN_REAL | WIDE)
#define OPEN       (LT_TOKEN_OPEN_GROUP | LT_TOKEN_OPEN_ARRAY | LT_TOKEN_OPEN_LIST)
#define CLOSE      (LT_TOKEN_CLOSE_GROUP | LT_TOKEN_CLOSE_ARRAY | LT_TOKEN_CLOSE_LIST)
#define VALUE      (SCALAR | OPEN)            /* a value's first token */
#define NO_VALUE   (ANY & ~(unsigned)VALUE)
#define VALUE_END  (SCALAR | CLOSE)
#define SEPARATOR  (LT_TOKEN_SEMICOLON | LT_TOKEN_COMMA)
#define KEY_PLACE  (LT_TOKEN_START | LT_TOKEN_OPEN_GROUP | SEPARATOR)
#define ELEMENT    (LT_TOKEN_OPEN_ARRAY | LT_TOKEN_OPEN_LIST | LT_TOKEN_COMMA)

/* The first row that fits decides; without a sentence the pair is fine. A sentence begins with the shown
 * token. */
static const struct { unsigned first, second, where; const char *says, *hint; } pairs[] = {
    { ANY, LT_TOKEN_BAD_STRING, ANYWHERE, "begins a string that never ends", "close it with a second \"" },
    { ANY, LT_TOKEN_BAD_COMMENT, ANYWHERE, "begins a comment that never ends", "close it with */" },
    { ANY, LT_TOKEN_BAD_NUMBER, ANYWHERE, "is not a number", "text stands in quotes" },
    { ANY, LT_TOKEN_INCLUDE, ANYWHERE, "works in files only", NULL },
    { ANY, LT_TOKEN_JUNK, ANYWHERE, "means nothing here", "text stands in quotes" },
    { LT_TOKEN_STRING, LT_TOKEN_STRING, ANYWHERE, NULL, NULL },       /* libconfig joins them */
    { LT_TOKEN_EQUALS, LT_TOKEN_NAME, IN_GROUP, "is not a value", "text stands in quotes" },
    { LT_TOKEN_EQUALS, NO_VALUE, IN_GROUP, "stands where a value should", "write key = value;" },
    { ELEMENT, LT_TOKEN_NAME, IN_ARRAY | IN_LIST, "is not a value", "text stands in quotes" },
    { LT_TOKEN_COMMA, LT_TOKEN_CLOSE_ARRAY | LT_TOKEN_CLOSE_LIST, IN_ARRAY | IN_LIST, "stands behind a comma",
      "no comma after the last element" },
    { ANY, OPEN, IN_ARRAY, "stands within [ ], which holds numbers, strings or booleans only", "use ( )" },
    { VALUE_END, VALUE | LT_TOKEN_NAME, IN_ARRAY | IN_LIST, "has no comma before it", NULL },
    { ANY, LT_TOKEN_SEMICOLON, IN_ARRAY | IN_LIST, "stands within a list", "a comma separates elements" },
    { ANY, LT_TOKEN_EQUALS, IN_ARRAY | IN_LIST, "stands within a list", "key = value stands in { }" },
    { ELEMENT, LT_TOKEN_COMMA, IN_ARRAY | IN_LIST, "stands where a value should", NULL },
    { KEY_PLACE, SEPARATOR, IN_GROUP, "stands where a key should", "one is enough" },
    { KEY_PLACE, LT_TOKEN_EQUALS | VALUE, IN_GROUP, "stands where a key should", "write key = value;" },
    { VALUE_END, VALUE | LT_TOKEN_EQUALS, IN_GROUP, "stands behind a value that is complete",
      "write key = value; and a list as [1, 2]" },
};

typedef struct checker {
    const lt_source *source;
    lt_diags *diags;
    unsigned  open[DEPTH_MAX], line[DEPTH_MAX];       /* brackets that wait for their end */
    size_t    depth;
    unsigned  element;                        /* what the elements of this array are so far; 0: none yet */
} checker;

static void complain(const checker *c, const lt_token *t, const char *says, const char *hint)
{
    const lt_place at = lt_source_place(c->source, t->line);
    const size_t n = strcspn(t->s, "\n") < t->n ? strcspn(t->s, "\n") : t->n;
    if (t->kind == LT_TOKEN_END)
        lt_diags_add(c->diags, at, NULL, "the end of the file %s", says);
    else if (n > SHOWN_BYTES)
        lt_diags_add(c->diags, at, NULL, "'%.*s...' %s", SHOWN_BYTES, t->s, says);
    else
        lt_diags_add(c->diags, at, NULL, "'%.*s' %s", (int)n, t->s, says);
    if (hint)
        lt_diags_hint(c->diags, "%s", hint);
}

/* libconfig keeps the low 32 bits of an integer without L, and of one with L what fits. */
static bool check_integer(const checker *c, const lt_token *t)
{
    const bool hex = t->n > 1 && (t->s[1] == 'x' || t->s[1] == 'X'), marked = t->s[t->n - 1] == 'L';
    errno = 0;
    const unsigned long long bits = hex ? strtoull(t->s, NULL, 16) : 0;
    const long long n = hex ? (long long)bits : strtoll(t->s, NULL, 10);
    const lt_place at = lt_source_place(c->source, t->line);
    const int shown = t->n > SHOWN_BYTES ? SHOWN_BYTES : (int)t->n;
    if (errno == ERANGE || bits > INT64_MAX) {
        lt_diags_add(c->diags, at, NULL, "%.*s does not fit 64 bits", shown, t->s);
        return false;
    }
    if (!marked && (n > INT32_MAX || n < INT32_MIN)) {
        lt_diags_add(c->diags, at, NULL, "%.*s does not fit 32 bits; write %.*sL", shown, t->s, shown, t->s);
        return false;
    }
    return true;
}

static unsigned where(const checker *c)
{
    const unsigned open = c->depth ? c->open[c->depth - 1] : LT_TOKEN_OPEN_GROUP;
    return open == LT_TOKEN_OPEN_GROUP ? IN_GROUP : open == LT_TOKEN_OPEN_ARRAY ? IN_ARRAY : IN_LIST;
}

/* The bits of LT_TOKEN_OPEN_x and LT_TOKEN_CLOSE_x are neighbours. */
static bool check_bracket(checker *c, const lt_token *t)
{
    if (t->kind & OPEN) {
        if (c->depth == DEPTH_MAX) {
            complain(c, t, "stands too deep", "64 levels at most");
            return false;
        }
        c->open[c->depth] = t->kind;
        c->line[c->depth++] = t->line;
    } else if ((t->kind & CLOSE) && (!c->depth || t->kind != c->open[c->depth - 1] << 1)) {
        complain(c, t, "closes nothing that is open", "are the brackets { }, [ ], ( ) in pairs?");
        return false;
    } else if (t->kind & CLOSE) {
        c->depth--;
    } else if (t->kind == LT_TOKEN_END && c->depth) {
        const lt_token open = { .kind = c->open[c->depth - 1], .line = c->line[c->depth - 1],
                                .s = where(c) == IN_GROUP ? "{" : where(c) == IN_ARRAY ? "[" : "(", .n = 1 };
        complain(c, &open, "is never closed", NULL);
        return false;
    }
    return true;
}

static bool check_pair(const checker *c, const lt_token *first, const lt_token *second)
{
    if (first->kind == LT_TOKEN_NAME && second->kind != LT_TOKEN_EQUALS && where(c) == IN_GROUP) {
        complain(c, first, "has no '=' behind it", "write key = value;");
        return false;
    }
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (!(pairs[i].first & first->kind) || !(pairs[i].second & second->kind) ||
            !(pairs[i].where & where(c)))
            continue;
        if (pairs[i].says)
            complain(c, second, pairs[i].says, pairs[i].hint);
        return !pairs[i].says;
    }
    return true;
}

/* The elements of [ ] are all of one type, and to libconfig integers with and without L are two. */
static bool check_element(checker *c, const lt_token *t)
{
    if (t->kind == LT_TOKEN_OPEN_ARRAY)
        c->element = 0;
    if (!(t->kind & SCALAR) || where(c) != IN_ARRAY)
        return true;
    const unsigned kind = t->kind | (t->kind == LT_TOKEN_INT && t->s[t->n - 1] == 'L' ? WIDE : 0);
    const bool alike = !c->element || c->element == kind;
    const bool numbers = !((c->element | kind) & ~(unsigned)NUMBER);
    if (!alike)
        complain(c, t, "is not of the type of the elements before it",
                 numbers ? "write 1.0 beside 0.5 and 1L beside 5000000000L; or use ( )" : "use ( )");
    c->element = kind;
    return alike;
}

/* "\x00" would end the string in libconfig's hands. */
static bool check_string(const checker *c, const lt_token *t)
{
    for (size_t i = 1; i + 1 < t->n; i++) {
        if (t->s[i] != '\\')
            continue;
        if ((t->s[i + 1] == 'x' || t->s[i + 1] == 'X') && !strncmp(t->s + i + 2, "00", 2)) {
            complain(c, t, "holds the character \\x00", "a string cannot hold it");
            return false;
        }
        i++;
    }
    return true;
}

bool lt_syntax_check(const lt_source *s, lt_diags *d)
{
    checker c = { .source = s, .diags = d };
    lt_lexer x = lt_lexer_of(s->text.s);
    lt_token last = { .kind = LT_TOKEN_START };
    bool integers = true, grammar = true;
    for (lt_token t; last.kind != LT_TOKEN_END; last = t) {
        t = lt_lexer_next(&x);
        if (t.kind == LT_TOKEN_INT)
            integers &= check_integer(&c, &t);
        if (t.kind == LT_TOKEN_STRING && grammar)
            grammar = check_string(&c, &t);
        grammar = grammar && check_pair(&c, &last, &t) && check_bracket(&c, &t) && check_element(&c, &t);
    }
    return integers && grammar;
}
