/* Canonical text: fields written so that different contents can never give the same bytes, and equal ones
 * always do. Its SHA-256 is the identity of what it describes; changing the form orphans every store. */
#ifndef LT_UTIL_CANON_H
#define LT_UTIL_CANON_H

#include <stdint.h>

#include "util/text.h"

/* Each writes "<length of name>:<name> <type> <length of value>:<value>\n". Reals are the 16 hex digits of
 * the binary64, -0 as +0; they must be finite. */
void lt_canon_int(lt_text *t, const char *name, int64_t v);
void lt_canon_real(lt_text *t, const char *name, double v);
void lt_canon_text(lt_text *t, const char *name, const char *v);

#endif
