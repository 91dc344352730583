/* Diagnostics: what is wrong with a configuration, each with its place, all of it reported together. */
#ifndef LT_UTIL_DIAG_H
#define LT_UTIL_DIAG_H

#include <stddef.h>
#include <stdio.h>

#include "util/memory.h"

/* Where a setting was written. file NULL: not in a file; line 0: the file as a whole. */
typedef struct lt_place {
    const char *file;                         /* as the user named it; "--set" for the command line */
    unsigned    line;
} lt_place;

/* Zero-initialise; lt_diags_free at the end. */
typedef struct lt_diags {
    lt_arena        arena;
    struct lt_diag *first, *last;
    size_t          n;
} lt_diags;

/* One line, such as "dense.cfg:3: train.steps: 0.5 is not an integer". key may be NULL. */
void lt_diags_add(lt_diags *d, lt_place at, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A remedy for the diagnostic added last, printed behind it: "did you mean 'steps'?" */
void lt_diags_hint(lt_diags *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The line of the first that was added, without its hint; NULL: there is none. */
const char *lt_diags_first(const lt_diags *d);

/* Each on a line of its own, "ltcore: " before it, in the order of file and line. */
void lt_diags_print(const lt_diags *d, FILE *to);
void lt_diags_free(lt_diags *d);

#endif
