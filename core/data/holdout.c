/* Owns the choice of validation samples; the training split is compacted where it lies, so that the samples
 * are never in memory twice. Called by data.c. */
#include "data/holdout.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/order.h"
#include "util/memory.h"

/* taken[i]: is row i one of the n first of the permutation? NULL: no memory. For free(). */
static uint8_t *choose(uint32_t rows, uint32_t n, ltc_key key)
{
    uint32_t *p = lt_array(rows, sizeof *p);
    uint8_t *taken = lt_array(rows, 1);
    if (p && taken) {
        lt_permutation(key, rows, p);
        for (uint32_t i = 0; i < n; i++)
            taken[p[i]] = 1;
    } else {
        free(taken);
        taken = NULL;
    }
    free(p);
    return taken;
}

/* Row `from` of one split becomes the last row of another, or of the same at a place before it. */
static void append_row(lt_split *to, const lt_split *of, uint64_t from, size_t bytes)
{
    if (to != of || to->n != from)
        memcpy((char *)to->x + to->n * bytes, (const char *)of->x + from * bytes, bytes);
    to->label[to->n++] = of->label[from];
}

static void move_rows(const uint8_t *taken, size_t bytes, lt_split *train, lt_split *validation,
                      uint32_t *index)
{
    const uint64_t rows = train->n;
    train->n = 0;
    for (uint64_t i = 0; i < rows; i++) {
        if (taken[i])
            index[validation->n] = (uint32_t)i;
        append_row(taken[i] ? validation : train, train, i, bytes);
    }
}

/* Gives back what compacting left over. realloc may refuse to shrink, which costs memory and nothing else. */
static void trim(lt_split *s, size_t bytes)
{
    void *x = realloc(s->x, (size_t)s->n * bytes);
    int32_t *label = realloc(s->label, (size_t)s->n * sizeof *label);
    s->x = x ? x : s->x;
    s->label = label ? label : s->label;
}

ltc_status lt_holdout_take(lt_data *d, uint64_t n, ltc_key key, ltc_error *err)
{
    lt_split *train = &d->split[LT_TRAIN], validation = { 0 };
    const size_t bytes = lt_data_sample_bytes(d);
    assert(!d->split[LT_VALIDATION].n && train->n <= UINT32_MAX);
    if (!n)
        return LTC_OK;
    if (n >= train->n)
        return ltc_fail_opt(err, "dataset.validation",
                            "%" PRIu64 " of the %" PRIu64 " training samples leave none to train "
                            "on; take %" PRIu64 " at most",
                            n, train->n, train->n - 1);

    uint32_t *index = lt_array((size_t)n, sizeof *index);
    uint8_t *taken = choose((uint32_t)train->n, (uint32_t)n, key);
    validation.x = lt_array((size_t)n, bytes);
    validation.label = lt_array((size_t)n, sizeof *validation.label);
    if (!index || !taken || !validation.x || !validation.label) {
        free(index), free(taken), free(validation.x), free(validation.label);
        return ltc_fail(err, LTC_ENOMEM, "no memory for %" PRIu64 " validation samples", n);
    }
    move_rows(taken, bytes, train, &validation, index);
    trim(train, bytes);
    free(taken);
    d->split[LT_VALIDATION] = validation;
    d->validation_index = index;
    return LTC_OK;
}
