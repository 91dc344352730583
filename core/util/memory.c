/* Owns the arena's blocks. Used by whoever reads configuration, plug-ins and graphs. */
#include "util/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lt_arena_block {
    struct lt_arena_block *next;
    size_t used, size;
    max_align_t data[];
};

enum { BLOCK_BYTES = 16384 };

void *lt_array(size_t n, size_t size)
{
    return calloc(n ? n : 1, size);
}

void *lt_arena_array(lt_arena *a, size_t n, size_t size)
{
    if (size && n > (SIZE_MAX - BLOCK_BYTES) / size)
        return NULL;
    const size_t align = sizeof(max_align_t), bytes = (n * size + align - 1) / align * align;
    struct lt_arena_block *b = a->first;
    if (!b || b->size - b->used < bytes) {
        const size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        b = calloc(1, sizeof *b + room);
        if (!b)
            return NULL;
        b->size = room;
        b->next = a->first;
        a->first = b;
    }
    void *p = (char *)b->data + b->used;
    b->used += bytes;
    return p;
}

char *lt_arena_text(lt_arena *a, const char *s)
{
    const size_t n = strlen(s) + 1;
    char *copy = lt_arena_array(a, n, 1);
    return copy ? memcpy(copy, s, n) : NULL;
}

char *lt_arena_print(lt_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = n < 0 ? NULL : lt_arena_array(a, (size_t)n + 1, 1);
    if (!s)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

void *lt_arena_more(lt_arena *a, void *list, size_t n, size_t size)
{
    if (n & (n - 1))
        return list;
    void *more = lt_arena_array(a, n ? 2 * n : 1, size);
    return more && n ? memcpy(more, list, n * size) : more;
}

void lt_arena_free(lt_arena *a)
{
    for (struct lt_arena_block *b = a->first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    a->first = NULL;
}
