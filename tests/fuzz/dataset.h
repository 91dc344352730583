/* A data set as the core takes one: opened, described, read whole and checked. */
#ifndef LT_TESTS_FUZZ_DATASET_H
#define LT_TESTS_FUZZ_DATASET_H

#include "linked.h"

/* Twice, and with a part held out the second time: refused in words both times, or the same data. */
void fuzz_dataset(const lt_module *m, const void *options);

#endif
