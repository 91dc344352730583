/* The listing: what all plug-in files of a search path offer, and which of them do not load. Called by the
 * registry. */
#ifndef LT_PLUGIN_LISTING_H
#define LT_PLUGIN_LISTING_H

#include "plugin/registry.h"
#include "plugin/search.h"

/* lt_registry_list, for a search path. */
ltc_status lt_listing_make(const lt_search *s, const lt_patience *p, lt_registry_row *row, void *arg,
                           ltc_error *err);

#endif
