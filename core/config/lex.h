/* Tokens of libconfig's language, as libconfig 1.5 cuts them, each with its line. */
#ifndef LT_CONFIG_LEX_H
#define LT_CONFIG_LEX_H

#include <stddef.h>

/* Kinds are bits, so that a rule can name several. */
enum {
    LT_TOKEN_START        = 1u << 0,          /* stands before the first token */
    LT_TOKEN_NAME         = 1u << 1,
    LT_TOKEN_BOOL         = 1u << 2,
    LT_TOKEN_INT          = 1u << 3,          /* 12, -5, 0xFF, with or without L */
    LT_TOKEN_REAL         = 1u << 4,
    LT_TOKEN_STRING       = 1u << 5,
    LT_TOKEN_EQUALS       = 1u << 6,          /* = or : */
    LT_TOKEN_SEMICOLON    = 1u << 7,
    LT_TOKEN_COMMA        = 1u << 8,
    LT_TOKEN_OPEN_GROUP   = 1u << 9,
    LT_TOKEN_CLOSE_GROUP  = 1u << 10,
    LT_TOKEN_OPEN_ARRAY   = 1u << 11,
    LT_TOKEN_CLOSE_ARRAY  = 1u << 12,
    LT_TOKEN_OPEN_LIST    = 1u << 13,
    LT_TOKEN_CLOSE_LIST   = 1u << 14,
    LT_TOKEN_INCLUDE      = 1u << 15,         /* @include "path", first on its line */
    LT_TOKEN_BAD_NUMBER   = 1u << 16,         /* begins like a number: 10ep, 1.5.2 */
    LT_TOKEN_BAD_STRING   = 1u << 17,         /* never closed */
    LT_TOKEN_BAD_COMMENT  = 1u << 18,         /* never closed */
    LT_TOKEN_JUNK         = 1u << 19,         /* a character that means nothing */
    LT_TOKEN_END          = 1u << 20
};

typedef struct lt_token {
    unsigned    kind, line;                   /* the line on which it begins */
    const char *s;                            /* into the text, n bytes */
    size_t      n;
} lt_token;

typedef struct lt_lexer {
    const char *at;                           /* of a NUL-terminated text */
    unsigned    line;
    int         fresh;                        /* nothing but blanks on this line so far */
} lt_lexer;

lt_lexer lt_lexer_of(const char *text);
lt_token lt_lexer_next(lt_lexer *x);          /* at the end: LT_TOKEN_END, again and again */

#endif
