/* Memory: arrays sized by checked multiplication, and an arena for what lives and dies together. */
#ifndef LT_UTIL_MEMORY_H
#define LT_UTIL_MEMORY_H

#include <stddef.h>

/* n elements of size bytes, zeroed, for free(); NULL when there is no memory or n * size overflows. n = 0
 * gives one byte, so that NULL always means failure. [any] */
void *lt_array(size_t n, size_t size);

/* A chain of blocks, released at once. Zero-initialise; everything given out is zeroed and
 * aligned for any type. */
typedef struct lt_arena { struct lt_arena_block *first; } lt_arena;

/* NULL when there is no memory or n * size overflows. [serial] */
void *lt_arena_array(lt_arena *a, size_t n, size_t size);
char *lt_arena_text(lt_arena *a, const char *s);              /* a copy of s */
char *lt_arena_print(lt_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for one more element behind n: lists double whenever n is a power of two. NULL: no memory;
 * `list` is as it was. */
void *lt_arena_more(lt_arena *a, void *list, size_t n, size_t size);
void  lt_arena_free(lt_arena *a);                             /* leaves an empty arena */

#endif
