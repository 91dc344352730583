/* Owns the permutation of one epoch, and makes another when a step of another epoch is asked for. Called by
 * the trainer, a span at a time, and by whoever takes samples at random. */
#include "data/order.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

static const uint64_t no_epoch = UINT64_MAX;

/* p[i] <-> p[i + draw i], draw i being below n - i: place i gets one of those that have none yet, so the
 * first v places depend on the first v draws alone. */
void lt_permutation(ltc_key key, uint32_t n, uint32_t *p)
{
    for (uint32_t i = 0; i < n; i++)
        p[i] = i;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t j = i + ltc_rand_below(key, i, n - i), held = p[i];
        p[i] = p[j];
        p[j] = held;
    }
}

uint64_t lt_order_steps_per_epoch(uint64_t n, uint64_t batch)
{
    assert(batch);
    return n / batch;
}

ltc_status lt_order_open(ltc_key key, uint64_t n, uint64_t batch, lt_order *o, ltc_error *err)
{
    if (!batch)
        return ltc_fail(err, LTC_EINVAL, "a batch of 0 samples trains nothing; it needs 1 at least");
    if (n < batch)
        return ltc_fail(err, LTC_EINVAL, "a batch of %" PRIu64 " samples is more than the %" PRIu64
                        " there are to train on; choose a batch of %" PRIu64 " or less", batch, n, n);
    if (n > UINT32_MAX)
        return ltc_fail(err, LTC_EINVAL,
                        "%" PRIu64 " training samples are too many: rows are numbered in 32 bits", n);
    uint32_t *permutation = lt_array((size_t)n, sizeof *permutation);
    if (!permutation)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the order of %" PRIu64 " samples", n);
    *o = (lt_order){ .key = key, .n = n, .batch = batch, .epoch = no_epoch, .permutation = permutation };
    return LTC_OK;
}

void lt_order_close(lt_order *o)
{
    free(o->permutation);
    *o = (lt_order){ 0 };
}

static void hold_epoch(lt_order *o, uint64_t epoch)
{
    if (o->epoch != epoch)
        lt_permutation(ltc_key_fold(o->key, epoch), (uint32_t)o->n, o->permutation);
    o->epoch = epoch;
}

void lt_order_rows(lt_order *o, uint64_t first, uint64_t n_steps, uint32_t *row)
{
    const uint64_t steps = lt_order_steps_per_epoch(o->n, o->batch);
    for (uint64_t s = 0; s < n_steps; s++) {
        hold_epoch(o, (first + s) / steps);
        const uint32_t *from = o->permutation + (first + s) % steps * o->batch;
        memcpy(row + s * o->batch, from, (size_t)o->batch * sizeof *row);
    }
}
