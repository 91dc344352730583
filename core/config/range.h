/* Ranges: { from; to; count; spacing; } in the place of a list of numbers. */
#ifndef LT_CONFIG_RANGE_H
#define LT_CONFIG_RANGE_H

#include "config/value.h"

extern const ltc_schema lt_range_schema;      /* into an lt_range */
typedef struct lt_range { double from, to; int64_t count, spacing; } lt_range;
enum { LT_SPACING_LINEAR, LT_SPACING_LOG };

/* The numbers of a range as a list, in the arena, each at the range's place. key: the setting's, for
 * messages. NULL: a diagnostic, or f->no_memory. */
const lt_node *lt_range_list(lt_fill *f, const char *key, const lt_node *range, lt_arena *a);

#endif
