/* One configuration, the run's or a variant's, from tree to settings. */
#ifndef LT_CONFIG_SETTLE_H
#define LT_CONFIG_SETTLE_H

#include "config/value.h"

/* Fills the zeroed settings from every group of the tree, then defaults that depend on others, then rules;
 * variants are left out. Faults are counted in f, and where there are any the settings are not whole. */
void lt_settle_tree(lt_fill *f, const lt_node *root, lt_registry *registry, lt_settings *settings);

#endif
