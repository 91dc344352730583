/* Owns one walk over the text of a description, token by token. Called by graph-file.c. libconfig keeps the
 * low 32 bits of an integer, opens what @include names relative to a fixed place, loses the memory of a
 * string that stands where none may, and of a bracket that is never closed it names the last line of the
 * file. */
#include "graph-scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { DEPTH = 64 };                          /* brackets within brackets */
enum { STRING = '"', NAME = 'a', NUMBER = '0', START = ';' };     /* a token's kind, or its one character */

typedef struct scanner {
    const graph_file *file;
    const char *text, *at;
    char        last;                         /* the kind of the token before */
    unsigned    depth;
    const char *open[DEPTH];                  /* the brackets that wait for their end */
} scanner;

static unsigned line_of(const scanner *s, const char *at)
{
    unsigned line = 1;
    for (const char *c = s->text; c < at; c++)
        line += *c == '\n';
    return line;
}

#define REFUSE(s, at, ...) graph_fail((s)->file, line_of(s, at), err, __VA_ARGS__)

/* The end of the blanks and comments that begin at `at`; of a comment without an end: its beginning. */
static const char *skip_blank(const char *at)
{
    for (;;) {
        const char *end = NULL;
        at += strspn(at, " \t\r\n\f");
        if (*at == '#' || !strncmp(at, "//", 2))
            at += strcspn(at, "\n");
        else if (!strncmp(at, "/*", 2) && (end = strstr(at + 2, "*/")))
            at = end + 2;
        else
            return at;
    }
}

/* A string may stand behind = and :, in a list, and behind a string, which libconfig then joins. */
static ltc_status take_string(scanner *s, ltc_error *err)
{
    const bool listed = s->depth && *s->open[s->depth - 1] != '{';
    const char *end = s->at + 1;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (!*end)
        return REFUSE(s, s->at, "a string begins that never ends: close it with a second \"");
    if (!strchr("=:\"[(", s->last) && !(listed && s->last == ','))
        return REFUSE(s, s->at, "a string stands where none may: write key = \"...\"; and a comma "
                      "between two in a list");
    s->last = STRING;
    s->at = end + 1;
    return LTC_OK;
}

static ltc_status take_number(scanner *s, ltc_error *err)
{
    const size_t sign = *s->at == '-' || *s->at == '+';
    const bool hex = s->at[sign] == '0' && (s->at[sign + 1] | 32) == 'x';
    const char *from = s->at, *digits = from + sign + (hex ? 2 : 0);
    const char *end = digits + strspn(digits, hex ? DIGITS "abcdefABCDEF" : DIGITS);
    errno = 0;
    const unsigned long long n = end > digits ? strtoull(digits, NULL, hex ? 16 : 10) : 0;
    const bool real = !hex && *end && strchr(".eE", *end);
    s->last = NUMBER;
    s->at = end + strspn(end, real ? DIGITS ".eE" : "L");
    if (real || (!errno && n <= INT32_MAX))
        return LTC_OK;
    return REFUSE(s, from, "%.*s%s is too large: integers are at most 2147483647",
                  end - from > 24 ? 24 : (int)(end - from), from, end - from > 24 ? "..." : "");
}

static ltc_status take_bracket(scanner *s, ltc_error *err)
{
    static const char open[] = "([{", close[] = ")]}";
    const char *which = strchr(close, *s->at);
    if (!which && s->depth == DEPTH)
        return REFUSE(s, s->at, "'%c' stands more than %d brackets deep", *s->at, DEPTH);
    if (!which)
        s->open[s->depth++] = s->at;
    else if (!s->depth)
        return REFUSE(s, s->at, "'%c' closes nothing that is open", *s->at);
    else if (*s->open[s->depth - 1] != open[which - close])
        return REFUSE(s, s->at, "'%c' stands here, but the '%c' of line %u is still open", *s->at,
                      *s->open[s->depth - 1], line_of(s, s->open[s->depth - 1]));
    else
        s->depth--;
    s->last = *s->at++;
    return LTC_OK;
}

static ltc_status take(scanner *s, ltc_error *err)
{
    const char c = *s->at;
    if (c == '"')
        return take_string(s, err);
    if (strchr("()[]{}", c))
        return take_bracket(s, err);
    if (strchr(DIGITS, c) || (strchr("+-.", c) && s->at[1] && strchr(DIGITS, s->at[1])))
        return take_number(s, err);
    if (!strncmp(s->at, "/*", 2))
        return REFUSE(s, s->at, "a comment begins that never ends: close it with */");
    if (c == '@')
        return REFUSE(s, s->at, "@ means nothing here: a description is one file, without @include");
    const size_t name = strchr(LETTERS "*", c) ? strspn(s->at, LETTERS DIGITS "-_*") : 0;
    s->last = name ? NAME : c;
    s->at += name ? name : 1;
    return LTC_OK;
}

ltc_status graph_scan(const graph_file *f, const char *text, ltc_error *err)
{
    scanner s = { .file = f, .text = text, .at = text, .last = START };
    ltc_status st = LTC_OK;
    for (s.at = skip_blank(s.at); *s.at && !st; s.at = skip_blank(s.at))
        st = take(&s, err);
    if (!st && s.depth)
        st = graph_fail(f, line_of(&s, s.open[s.depth - 1]), err, "'%c' is never closed",
                        *s.open[s.depth - 1]);
    return st;
}
