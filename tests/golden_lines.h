/* Golden values of tests/golden: lines of text that say which tensor, how many elements, its norm, its
 * projection on a fixed random vector, and every so-many-th element; make_golden.py writes them. */
#ifndef LT_TESTS_GOLDEN_LINES_H
#define LT_TESTS_GOLDEN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { GOLDEN_MOST = 32 };

typedef struct golden {
    char   network[24], method[16], what[8], tensor[64];
    size_t n, n_number;
    double number[GOLDEN_MOST];               /* norm, projection, samples; or, of losses, all of them */
} golden;

/* False at the end of the file. */
bool golden_next(FILE *f, golden *g);

/* Two errors of a tensor x against a line that was written with at most `samples` samples. NORM: the
 * larger of two that are relative to the norm, of the samples and of the projection; norms below `least`
 * count as that: a gradient that must vanish has none to compare with. ELEMENT: the worst sample,
 * relative to itself. */
double golden_norm_error(const golden *g, const double *x, size_t samples, double least);
double golden_element_error(const golden *g, const double *x, size_t samples);

/* Fails the test, in words, if it does not hold. */
void golden_check(bool holds, const golden *g, double found);

#endif
