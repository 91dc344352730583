/* Single settings as text: of a key that settings hold, and of what was written for it. */
#ifndef LT_CONFIG_LITERAL_H
#define LT_CONFIG_LITERAL_H

#include "config/value.h"

/* As run.cfg has it, from the settings: with absolute paths, and of a group the members that n has. n: what
 * was written there. */
void lt_literal(const lt_settings *s, const char *key, const lt_node *n, lt_text *to);

/* For people and for tables: 0.5, sgd, [64, 32]. False, and nothing added, if the key is not one option of
 * these settings, or has no value that acts in them. */
bool lt_setting_shown(const lt_settings *s, const char *key, lt_text *to);

/* The same of what was written, with reals by at most `digits` digits; of a group: "snip, samples 100". */
void lt_node_shown(const lt_node *n, int digits, lt_text *to);

#endif
