/* The list of variants: each laid over the run and settled as one whole. */
#ifndef LT_CONFIG_VARIANTS_H
#define LT_CONFIG_VARIANTS_H

#include "config/value.h"

/* Fills settings->variant; f and the rest of the settings are the run's, perhaps with faults. */
void lt_variants_settle(lt_fill *f, const lt_node *root, lt_registry *registry, lt_settings *settings);

#endif
