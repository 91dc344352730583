/* Graphs for tests of the SDK, made without the core: an ltc_builder that trusts its caller.
 *
 *   lt_maker *m = lt_maker_new(3, 8, 8, 10);
 *   ltc_builder *b = lt_maker_builder(m);
 *   ltc_val x = ltc_linear(b, ltc_flatten(b, b->input), "fc", (ltc_linear_args){ .out = 10 });
 *   const ltc_graph *g = lt_maker_graph(m, x);          ... lt_maker_free(m); */
#ifndef LT_TESTS_MAKE_GRAPH_H
#define LT_TESTS_MAKE_GRAPH_H

#include <ltcore/ops.h>

typedef struct lt_maker lt_maker;

lt_maker        *lt_maker_new(int64_t channels, int64_t height, int64_t width, uint32_t n_classes);
ltc_builder     *lt_maker_builder(lt_maker *m);
const ltc_graph *lt_maker_graph(lt_maker *m, ltc_val logits);
void             lt_maker_free(lt_maker *m);

/* A node of any operation and shape, for graphs that are wrong on purpose. Its number. */
uint32_t lt_maker_node(lt_maker *m, uint32_t op, const uint32_t *in, uint32_t n_in, const int64_t *dim,
                       uint32_t rank);

/* The n_params start values as float arrays: fresh(i) of the parameter's stream, small, gains about 1,
 * variances 1. */
float **lt_values_new(const ltc_graph *g, uint64_t seed);
void    lt_values_free(const ltc_graph *g, float **value);

/* The two networks of the tests: LeNet-300-100 on 1 x 28 x 28, and a small one with every
 * operation, on 3 x 12 x 12. */
ltc_val lt_build_lenet(ltc_builder *b);
ltc_val lt_build_small(ltc_builder *b, double dropout);

/* The input with a parameter added to it, so that the gradient with respect to it can be looked at. */
ltc_val lt_build_shifted(ltc_builder *b);

#endif
