/* evaluation: what a formula's code says about weights, block by block. Linked to expression.c alone. */
#ifndef MASKS_EVALUATION_H
#define MASKS_EVALUATION_H

#include "formula.h"

/* Elements at a time: small enough for a stack of them to stay in the nearest cache, and every loop runs over
 * a whole block, so that compilers need no remainder. */
enum { EVALUATION_BLOCK = 256 };

/* The reductions that are known so far, by number. */
typedef struct evaluation {
    double  number[FORMULA_REDUCTIONS];
    double *list[FORMULA_REDUCTIONS];         /* of ranks: sorted values */
    size_t  n[FORMULA_REDUCTIONS];
} evaluation;

/* Those over the network. net: zeroed, and for evaluation_free with `layers` false, whatever this returns. */
ltc_status evaluation_of_net(const formula *f, const ltc_mask_tensor *const *t, size_t n, evaluation *net,
                             ltc_error *err);

/* Those over one layer, besides those over the network; for evaluation_free with `layers` true. [parallel] */
ltc_status evaluation_of_layer(const formula *f, const ltc_mask_tensor *t, const evaluation *net,
                               evaluation *layer, ltc_error *err);
void evaluation_free(const formula *f, evaluation *e, bool layers);

/* The formula's values of elements [begin, begin + EVALUATION_BLOCK) as far as there are any; others are
 * undefined. */
void evaluation_block(const formula *f, const evaluation *e, const ltc_mask_tensor *t, size_t begin,
                      double value[EVALUATION_BLOCK]);

#endif
