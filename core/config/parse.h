/* Text into a tree, by libconfig. */
#ifndef LT_CONFIG_PARSE_H
#define LT_CONFIG_PARSE_H

#include "config/source.h"
#include "config/tree.h"

/* The root, a group. On failure *root is NULL and there is a diagnostic, but for LTC_ENOMEM, which has none.
 * */
ltc_status lt_parse(const lt_source *s, lt_arena *a, const lt_node **root, lt_diags *d);

/* The same for one value, as behind "key =": `0.5`, `[1, 2]`, `"x"`, `{ a = 1; }`. All of it has the place
 * `at`. */
ltc_status lt_parse_value(const char *text, const char *name, lt_place at, lt_arena *a, const lt_node **value,
                          lt_diags *d);

#endif
