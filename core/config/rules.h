/* What no table of options can say: how keys of one group depend on each other. */
#ifndef LT_CONFIG_RULES_H
#define LT_CONFIG_RULES_H

#include "config/value.h"

/* Reports every key that is written and cannot act, and every one whose values do not go together. The
 * settings have been filled without a fault. */
void lt_rules_check(lt_fill *f, const lt_node *root, const lt_settings *s);

/* Keys of which one layer holds more than one, though each replaces the others. */
void lt_rules_check_layer(const lt_node *layer, lt_diags *d);

#endif
