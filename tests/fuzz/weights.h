/* Two tensors with weights and masks, for targets of mask criteria. */
#ifndef LT_TESTS_FUZZ_WEIGHTS_H
#define LT_TESTS_FUZZ_WEIGHTS_H

#include "linked.h"

enum { FUZZ_TENSORS = 2, FUZZ_ELEMENTS = 600 };       /* room for each; more than a block of anybody's */

typedef struct fuzz_weights {
    ltc_mask_tensor t[FUZZ_TENSORS];
    const ltc_mask_tensor *list[FUZZ_TENSORS];
    ltc_mask_env env;
    ltc_host *host;
    float    w[FUZZ_TENSORS][4][FUZZ_ELEMENTS];
    uint8_t  mask[FUZZ_TENSORS][FUZZ_ELEMENTS], kept[FUZZ_TENSORS][FUZZ_ELEMENTS];
    float    score[FUZZ_TENSORS][FUZZ_ELEMENTS];
} fuzz_weights;

/* "a.weight" of 2 x 3 and "b.weight" of 20 x 30; a third of the weights is pruned, some are 0. */
void fuzz_weights_open(fuzz_weights *w);
void fuzz_weights_close(fuzz_weights *w);

/* Creates an instance of the linked criterion and asks it for scores or masks: refused in words, or a mask
 * within the mask that was. */
void fuzz_criterion(fuzz_weights *w, const void *options);

#endif
