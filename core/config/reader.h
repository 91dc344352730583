/* What lt_config_read leaves: the merged tree. Shared by read.c, which makes it, and settle.c, which checks
 * it. */
#ifndef LT_CONFIG_READER_H
#define LT_CONFIG_READER_H

#include "config/config.h"
#include "config/tree.h"

struct lt_config {
    const lt_config_request *request;
    lt_arena       arena;                     /* of the tree, and of the list of paths */
    const lt_node *root;
    const char    *preset;                    /* the file that stands on no other, on which all others do */
    ltc_strings    plugin_path;
};

/* The layer of the command line: every --set and -o, laid over one another. *layer: a group, perhaps empty.
 * */
ltc_status lt_command_line_read(const lt_config_request *r, lt_arena *a, const lt_node **layer, lt_diags *d);

#endif
