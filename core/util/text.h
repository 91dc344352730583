/* A string that grows: canonical texts, resolved configurations, tables. */
#ifndef LT_UTIL_TEXT_H
#define LT_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialise. s is NUL-terminated once anything was added. After a failure to allocate, `failed` is set,
 * later additions do nothing, and the text must not be used. */
typedef struct lt_text {
    char  *s;
    size_t n, room;
    bool   failed;
} lt_text;

void lt_text_add(lt_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void lt_text_put(lt_text *t, const char *s, size_t n);            /* n bytes as they are */
void lt_text_free(lt_text *t);

/* One line for a terminal: control characters, which may come from anybody's file, become
 * blanks. In place. */
void lt_text_flatten(char *s);

#endif
