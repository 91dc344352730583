/* The part of an identity that a plug-in's options are. */
#ifndef LT_PLAN_OPTION_IDENTITY_H
#define LT_PLAN_OPTION_IDENTITY_H

#include <ltcore/option.h>

#include "util/text.h"

/* Adds the canonical text of a filled block, in the schema's order. NEUTRAL options are left out, LATER ones
 * at their default too, and a PATH enters as the SHA-256 of what it names. [any] */
ltc_status lt_option_identity(const ltc_schema *schema, const void *block, lt_text *t, ltc_error *err);

#endif
