/* Networks that are described in text files, for tests: one file to write, the module to build it. */
#ifndef LT_TESTS_GRAPH_RIG_H
#define LT_TESTS_GRAPH_RIG_H

#include "graph/graph.h"

extern const int64_t rig_mnist[3], rig_cifar[3];

/* Layers, for descriptions in tests. */
#define FLAT  "{ type = \"flatten\"; }, "
#define LAST  "{ type = \"linear\"; } "
#define FC(n) "{ type = \"linear\"; out = " #n "; }, "
#define CONV  "{ type = \"conv\"; out = 4; pad = 1; }, "
#define RELU  "{ type = \"relu\"; }"

extern const char rig_all_operations[];       /* a description with every operation and every key */

/* The file that descriptions are written to, in a directory of its own until rig_close(). */
extern char rig_directory[], rig_file[];
bool rig_open(void);
void rig_close(void);
void rig_put(const char *text, size_t n);

typedef struct rig_options { const char *file; } rig_options;        /* of the module graph */

const lt_module *rig_built(const char *name); /* of this build, or a failed assertion */
ltc_status rig_build(const lt_module *m, const void *options, const int64_t *dim, lt_graph *g,
                     ltc_error *err);

/* The network of a description, for images of 3 x 32 x 32. */
ltc_status rig_build_file(const char *file, lt_graph *g, ltc_error *err);

/* The canonical text of the network that a module builds, for lt_text_free(); trained parameters in count. */
lt_text rig_text(const lt_module *m, const void *options, const int64_t *dim, uint64_t *count);

/* The same of a description whose layers these are, from its second line on. */
lt_text rig_text_of_layers(const char *layers);

#endif
