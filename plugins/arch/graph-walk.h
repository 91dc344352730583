/* Makes the layers of a description, in order. */
#ifndef GRAPH_WALK_H
#define GRAPH_WALK_H

#include "graph-site.h"

/* value: the number of the last one. */
ltc_status graph_walk(graph_network *net, const config_setting_t *layers, size_t *value, ltc_error *err);

#endif
