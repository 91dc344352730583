/* Owns the buffer of a growing string. */
#include "util/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more bytes and a NUL. */
static bool grow(lt_text *t, size_t n)
{
    if (t->failed || n > SIZE_MAX / 2 - t->n - 1) {
        t->failed = true;
        return false;
    }
    if (t->n + n + 1 <= t->room)
        return true;
    const size_t room = 2 * (t->n + n + 1);
    char *s = realloc(t->s, room);
    if (!s) {
        t->failed = true;
        return false;
    }
    t->s = s;
    t->room = room;
    return true;
}

void lt_text_put(lt_text *t, const char *s, size_t n)
{
    if (!grow(t, n))
        return;
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = '\0';
}

void lt_text_add(lt_text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !grow(t, (size_t)n)) {
        t->failed = true;
        return;
    }
    va_start(ap, fmt);
    vsnprintf(t->s + t->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    t->n += (size_t)n;
}

void lt_text_free(lt_text *t)
{
    free(t->s);
    *t = (lt_text){ 0 };
}

void lt_text_flatten(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 127)
            *s = ' ';
}
