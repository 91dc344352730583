/* The architecture plug-ins of this build, found as a run finds them, and networks built with their options.
 * What must work here fails the test with the program's sentence if it does not. */
#ifndef LT_TESTS_ARCH_RIG_H
#define LT_TESTS_ARCH_RIG_H

#include "graph/graph.h"

/* A network of samples of `channels` x size x size; options "stem=cifar width=32", "" for none. */
typedef struct arch_request {
    const char *name, *options;
    int64_t     channels, size;
    uint32_t    n_classes;
} arch_request;

const lt_module *arch_module(const char *name);

ltc_status arch_try(const arch_request *r, lt_graph *g, ltc_error *err);
lt_graph   arch_graph(const arch_request *r);

const ltc_param *arch_param(const lt_graph *g, const char *name);           /* NULL: none is called so */

#endif
