/* Owns nothing: sorts the caller's values and searches in them. */
#include "sorted.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sorted_make(double *x, size_t n)
{
    if (n)
        qsort(x, n, sizeof *x, compare);
}

size_t sorted_below(const double *x, size_t n, double v)
{
    size_t from = 0;
    while (n) {                               /* the answer is in [from, from + n] */
        const size_t half = n / 2;
        if (x[from + half] < v)
            from += half + 1, n -= half + 1;
        else
            n = half;
    }
    return from;
}

size_t sorted_up_to(const double *x, size_t n, double v)
{
    size_t from = 0;
    while (n) {
        const size_t half = n / 2;
        if (x[from + half] <= v)
            from += half + 1, n -= half + 1;
        else
            n = half;
    }
    return from;
}
