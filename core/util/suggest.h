/* "Did you mean": the known word nearest to one that is not known. */
#ifndef LT_UTIL_SUGGEST_H
#define LT_UTIL_SUGGEST_H

#include <stddef.h>

/* The nearest of name[0..n) by edit distance (an exchange of neighbours counts one), or NULL when none is
 * near enough to be what was meant. [any] */
const char *lt_suggest(const char *word, const char *const *name, size_t n);

#endif
