/* Owns the text of reals. Called by the writer, the printed tables and the messages about values. */
#include "config/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1e-08 to 1e-8, 1e+22 to 1e22. */
static void shorten_exponent(char *text)
{
    char *e = strchr(text, 'e');
    if (!e)
        return;
    e += 1 + (e[1] == '-');
    const size_t idle = strspn(e, "+0");
    memmove(e, e + idle, strlen(e + idle) + 1);
}

const char *lt_real_text(char text[LT_NUMBER_BYTES], double x)
{
    for (int digits = 15; digits <= 17; digits++) {       /* 17 always read back: IEEE 754-2008, 5.12.2 */
        snprintf(text, LT_NUMBER_BYTES, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    shorten_exponent(text);
    return text;
}

const char *lt_real_literal(char text[LT_NUMBER_BYTES], double x)
{
    lt_real_text(text, x);
    if (strchr(text, '.'))
        return text;
    const size_t mantissa = strcspn(text, "e"), rest = strlen(text + mantissa) + 1;
    memmove(text + mantissa + 2, text + mantissa, rest);
    memcpy(text + mantissa, ".0", 2);
    return text;
}
