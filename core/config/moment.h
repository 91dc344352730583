/* Moments as text: "500it", "10ep", "init", "end", "best", "best@10ep". */
#ifndef LT_CONFIG_MOMENT_H
#define LT_CONFIG_MOMENT_H

#include <stdbool.h>

#include "config/settings.h"

enum { LT_MOMENT_BYTES = 40 };

/* False: not a moment. */
bool lt_moment_read(const char *text, lt_moment *m);

/* The one spelling of it. Returns text. */
const char *lt_moment_text(char text[LT_MOMENT_BYTES], lt_moment m);

/* A number of steps or epochs, not a name. */
bool lt_moment_is_span(lt_moment m);

#endif
