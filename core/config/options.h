/* A group of run.cfg into a block, by a table of options: the core's own groups and plug-ins' alike. */
#ifndef LT_CONFIG_OPTIONS_H
#define LT_CONFIG_OPTIONS_H

#include "config/value.h"

/* Fills the zeroed block from the group's children that the schema names, and the rest with defaults. group
 * NULL: it was not written. Keys that the schema does not name are nobody's business here. Every fault is a
 * diagnostic. */
void lt_options_fill(lt_fill *f, const lt_node *group, const ltc_schema *schema, void *block);

/* Reports each option of the plug-in that `core`, the table of the same group, has too. True if there is
 * none. */
bool lt_options_apart(lt_fill *f, const lt_plugin_setting *p, const ltc_schema *core);

/* The keys of a written group that are not among the options of schema[0..n) nor among the groups within it,
 * each reported with what is near. `owner`: the plug-in's name, or NULL for the core alone. */
void lt_options_unknown(lt_fill *f, const lt_node *group, const ltc_schema *const *schema, size_t n,
                        const char *owner);

#endif
