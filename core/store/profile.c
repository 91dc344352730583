/* Computes the numbers of a tensor, in two passes over its elements in their order. For `ltcore show`. */
#include "store/profile.h"

#include <math.h>

double lt_tensor_number(const lt_tensor *t, size_t i)
{
    switch (t->type) {
    case LTC_U8:  return ((const uint8_t *)t->data)[i];
    case LTC_F32: return (double)((const float *)t->data)[i];
    case LTC_F64: return ((const double *)t->data)[i];
    default:      return (double)((const uint64_t *)t->data)[i];
    }
}

/* sqrt(sum of (x - mean)^2 / n) over what is finite. */
static double deviation(const lt_tensor *t, double mean, double n)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++) {
        const double off = lt_tensor_number(t, i) - mean;
        sum += isfinite(off) ? off * off : 0;
    }
    return sqrt(sum / n);
}

lt_profile lt_profile_of(const lt_tensor *t)
{
    lt_profile p = { .mask = t->type == LTC_U8, .n = t->n };
    double sum = 0;
    p.min = p.max = p.mean = p.deviation = NAN;
    for (size_t i = 0; i < t->n; i++) {
        const double x = lt_tensor_number(t, i);
        p.mask = p.mask && x <= 1;
        p.zeros += x == 0 ? 1 : 0;
        p.not_finite += isfinite(x) ? 0 : 1;
        if (!isfinite(x))
            continue;
        sum += x;
        p.min = x >= p.min ? p.min : x;       /* false for the NaN that it begins with */
        p.max = x <= p.max ? p.max : x;
    }
    const double finite = (double)(p.n - p.not_finite);
    if (finite > 0) {
        p.mean = sum / finite;
        p.deviation = deviation(t, p.mean, finite);
    }
    return p;
}

void lt_profile_histogram(const lt_tensor *t, const lt_profile *p, uint64_t *bin, size_t n_bins)
{
    const double width = (p->max - p->min) / (double)n_bins;
    for (size_t b = 0; b < n_bins; b++)
        bin[b] = 0;
    for (size_t i = 0; i < t->n; i++) {
        const double x = lt_tensor_number(t, i);
        if (!isfinite(x))
            continue;
        const double at = width > 0 ? (x - p->min) / width : 0;
        bin[at < (double)n_bins ? (size_t)at : n_bins - 1]++;
    }
}
