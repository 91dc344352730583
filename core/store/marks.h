/* Marks: a set of digests, built first and asked afterwards. Used by gc.c. */
#ifndef LT_STORE_MARKS_H
#define LT_STORE_MARKS_H

#include "util/digest.h"

/* Zero-initialise. After a failure to allocate, `failed` is set and the set must not be used. */
typedef struct lt_marks {
    lt_digest *v;
    size_t     n, room;
    bool       failed, sorted;
} lt_marks;

void lt_marks_add(lt_marks *m, const lt_digest *d);

/* Every 64 hex digits that stand together in n bytes of text; in a longer run all of them, since a word may
 * stand right before a digest. Too many marks only keep more. */
void lt_marks_add_text(lt_marks *m, const char *text, size_t n);
bool lt_marks_has(lt_marks *m, const lt_digest *d);
void lt_marks_free(lt_marks *m);

#endif
