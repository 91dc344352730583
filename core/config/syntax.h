/* What libconfig 1.5 would misread in silence, or refuse with two words, found beforehand and said in a
 * sentence. */
#ifndef LT_CONFIG_SYNTAX_H
#define LT_CONFIG_SYNTAX_H

#include "config/source.h"

/* Reports every integer that would lose bits and the first fault of grammar. False if there was anything. */
bool lt_syntax_check(const lt_source *s, lt_diags *d);

#endif
