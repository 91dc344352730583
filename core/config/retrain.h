/* The overlay `retrain`: how networks below the dense one are trained. */
#ifndef LT_CONFIG_RETRAIN_H
#define LT_CONFIG_RETRAIN_H

#include "config/value.h"

/* Fills settings->retrain from what train was filled with and what retrain says otherwise. */
void lt_retrain_fill(lt_fill *f, const lt_node *root, lt_settings *s);

/* What the strategy makes of it: a variant that trains nothing again inherits no retrain, and sensitivity
 * measures what it pruned of the trained network as it is. */
void lt_retrain_derive(const lt_fill *f, lt_settings *s);

#endif
