/* Owns the cut: part i of k has the things from n i / k on. */
#include "divide.h"

typedef struct division {
    size_t n, parts;
    ltc_status (*fn)(void *arg, size_t part, size_t begin, size_t end);
    void *arg;
} division;

size_t lts_parts(size_t n, double work, double least)
{
    const double most = (double)n * work / least;
    const size_t parts = most < 1 ? 1 : most < LTS_MOST_PARTS ? (size_t)most : LTS_MOST_PARTS;
    return parts < n ? parts : n ? n : 1;
}

/* n i / k without overflow */
static size_t bound(const division *d, size_t i)
{
    return d->n / d->parts * i + d->n % d->parts * i / d->parts;
}

static ltc_status run(void *arg, size_t begin, size_t end)
{
    const division *d = arg;
    ltc_status st = LTC_OK;
    for (size_t i = begin; i < end && !st; i++)
        st = d->fn(d->arg, i, bound(d, i), bound(d, i + 1));
    return st;
}

ltc_status lts_divide(const ltc_host *host, size_t n, size_t parts,
                      ltc_status (*fn)(void *arg, size_t part, size_t begin, size_t end), void *arg)
{
    division d = { .n = n, .parts = parts, .fn = fn, .arg = arg };
    return parts > 1 && LTC_HAS(host, parallel) ? host->parallel(host, parts, 1, run, &d) : run(&d, 0, parts);
}
