/* Owns the reading of golden values and the errors against them; see the header. */
#include "golden_lines.h"

#include <math.h>
#include <stdlib.h>

#include <ltcore/rng.h>

#include "suite.h"

bool golden_next(FILE *f, golden *g)
{
    char line[2048];
    int used = 0;
    if (!fgets(line, sizeof line, f))
        return false;
    CU_ASSERT_EQUAL_FATAL(
        sscanf(line, "%23s %15s %7s %63s %zu%n", g->network, g->method, g->what, g->tensor, &g->n, &used), 5);
    char *at = line + used, *end;
    for (g->n_number = 0; g->n_number < GOLDEN_MOST; at = end) {
        g->number[g->n_number] = strtod(at, &end);
        if (end == at)
            break;
        g->n_number++;
    }
    return true;
}

double golden_norm_error(const golden *g, const double *x, size_t samples, double least)
{
    const size_t stride = (g->n + samples - 1) / samples;
    const double share = g->number[0] * sqrt((double)(g->n_number - 2) / (double)g->n);
    const ltc_key key = { 99, g->n };
    double off = 0, size = 0, projection = 0;
    for (size_t i = 2; i < g->n_number; i++) {
        const double d = x[(i - 2) * stride] - g->number[i];
        off += d * d, size += g->number[i] * g->number[i];
    }
    for (size_t i = 0; i < g->n; i++)
        projection += x[i] * ((double)ltc_rand_unit(key, i) - 0.5);
    const double shift = fabs(projection - g->number[1]) / fmax(g->number[0], least);
    return fmax(sqrt(off) / fmax(fmax(sqrt(size), share), least), shift);
}

double golden_element_error(const golden *g, const double *x, size_t samples)
{
    const size_t stride = (g->n + samples - 1) / samples;
    double worst = 0;
    for (size_t i = 2; i < g->n_number; i++)
        worst = fmax(worst, fabs(x[(i - 2) * stride] - g->number[i]) / fmax(fabs(g->number[i]), 1e-3));
    return worst;
}

void golden_check(bool holds, const golden *g, double found)
{
    if (!holds)
        fprintf(stderr, "%s %s %s %s: %g\n", g->network, g->method, g->what, g->tensor, found);
    CU_ASSERT(holds);
}
