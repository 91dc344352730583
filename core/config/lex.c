/* Owns the rules by which text becomes tokens. Used by source.c, which splices includes, and by syntax.c,
 * which finds what libconfig would misread or name badly. */
#include "config/lex.h"

#include <string.h>
#include <strings.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

lt_lexer lt_lexer_of(const char *text)
{
    return (lt_lexer){ .at = text, .line = 1, .fresh = 1 };
}

static void advance(lt_lexer *x, size_t n)
{
    for (; n; n--, x->at++) {
        if (*x->at == '\n') {
            x->line++;
            x->fresh = 1;
        } else if (*x->at != ' ' && *x->at != '\t') {
            x->fresh = 0;
        }
    }
}

/* Length of the blanks or the whole comment that stand here; 0 if neither does, or if a comment has no end.
 * */
static size_t skippable(const char *s)
{
    if (*s == '#' || !strncmp(s, "//", 2))
        return strcspn(s, "\n");
    if (!strncmp(s, "/*", 2)) {
        const char *end = strstr(s + 2, "*/");
        return end ? (size_t)(end + 2 - s) : 0;
    }
    return strspn(s, " \t\r\n\f");
}

/* Length of a string with its quotes; 0 if it has no end. */
static size_t string_length(const char *s)
{
    for (size_t i = 1; s[i]; i++) {
        if (s[i] == '"')
            return i + 1;
        if (s[i] == '\\' && s[i + 1])
            i++;
    }
    return 0;
}

/* Length of all that is glued to a number, for a sentence about it; 0 if no number begins here. */
static size_t number_length(const char *s)
{
    const size_t sign = *s == '+' || *s == '-';
    if (!s[sign] || !strchr(DIGITS ".", s[sign]))
        return 0;
    const int hex = !sign && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    size_t n = sign;
    for (;;) {
        n += strspn(s + n, DIGITS LETTERS "._");
        if (hex || (s[n] != '+' && s[n] != '-') || (s[n - 1] != 'e' && s[n - 1] != 'E'))
            return n;
        n++;
    }
}

/* Length of an exponent, or 0. */
static size_t exponent_length(const char *s)
{
    if (*s != 'e' && *s != 'E')
        return 0;
    const size_t sign = s[1] == '+' || s[1] == '-', digits = strspn(s + 1 + sign, DIGITS);
    return digits ? 1 + sign + digits : 0;
}

/* What the n bytes of a number are. */
static unsigned number_kind(const char *s, size_t n)
{
    const char *const end = s + n;
    if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        const size_t digits = strspn(s + 2, DIGITS "abcdefABCDEF"), marks = strspn(s + 2 + digits, "L");
        return digits && marks <= 2 && s + 2 + digits + marks == end ? LT_TOKEN_INT : LT_TOKEN_BAD_NUMBER;
    }
    s += *s == '+' || *s == '-';
    const size_t whole = strspn(s, DIGITS);
    s += whole;
    const size_t marks = strspn(s, "L");
    if (whole && marks <= 2 && s + marks == end)
        return LT_TOKEN_INT;
    const size_t point = *s == '.';
    s += point;
    const size_t fraction = point ? strspn(s, DIGITS) : 0;
    s += fraction;
    s += exponent_length(s);
    return s == end && whole + fraction ? LT_TOKEN_REAL : LT_TOKEN_BAD_NUMBER;
}

/* Length of @include "path", or 0. */
static size_t include_length(const char *s)
{
    static const char word[] = "@include";
    if (strncmp(s, word, sizeof word - 1))
        return 0;
    size_t n = sizeof word - 1;
    const size_t blanks = strspn(s + n, " \t");
    n += blanks;
    if (!blanks || s[n] != '"')
        return 0;
    const size_t path = strcspn(s + n + 1, "\"\n");
    return s[n + 1 + path] == '"' ? n + path + 2 : 0;
}

static unsigned mark_kind(char c)
{
    static const char mark[] = "=:;,{}[]()";
    static const unsigned kind[] = {
        LT_TOKEN_EQUALS, LT_TOKEN_EQUALS, LT_TOKEN_SEMICOLON, LT_TOKEN_COMMA,
        LT_TOKEN_OPEN_GROUP, LT_TOKEN_CLOSE_GROUP, LT_TOKEN_OPEN_ARRAY, LT_TOKEN_CLOSE_ARRAY,
        LT_TOKEN_OPEN_LIST, LT_TOKEN_CLOSE_LIST,
    };
    const char *at = strchr(mark, c);
    return at ? kind[at - mark] : LT_TOKEN_JUNK;
}

static unsigned word_kind(const char *s, size_t n)
{
    const int is_bool = (n == 4 && !strncasecmp(s, "true", 4)) || (n == 5 && !strncasecmp(s, "false", 5));
    return is_bool ? LT_TOKEN_BOOL : LT_TOKEN_NAME;
}

/* Kind and length of what begins at the lexer; no blank and no closed comment does. */
static lt_token token_at(const lt_lexer *x)
{
    const char *s = x->at;
    lt_token t = { .kind = LT_TOKEN_END, .line = x->line, .s = s };
    if (!*s)
        return t;
    if (*s == '"') {
        t.n = string_length(s);
        t.kind = t.n ? LT_TOKEN_STRING : LT_TOKEN_BAD_STRING;
    } else if (*s == '/' && s[1] == '*') {
        t.kind = LT_TOKEN_BAD_COMMENT;
    } else if (strchr(LETTERS "*", *s)) {
        t.n = strspn(s, LETTERS DIGITS "-_*");
        t.kind = word_kind(s, t.n);
    } else if ((t.n = number_length(s)) > 0) {
        t.kind = number_kind(s, t.n);
    } else if (x->fresh && (t.n = include_length(s)) > 0) {
        t.kind = LT_TOKEN_INCLUDE;
    } else {
        t.n = 1;
        t.kind = mark_kind(*s);
    }
    if (!t.n)
        t.n = strlen(s);                      /* never closed: all the rest */
    return t;
}

lt_token lt_lexer_next(lt_lexer *x)
{
    for (size_t n; (n = skippable(x->at)) > 0;)
        advance(x, n);
    const lt_token t = token_at(x);
    advance(x, t.n);
    return t;
}
