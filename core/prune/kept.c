/* Owns what Zhou et al. 2019 call mask-1 actions, and noise. Called once for each layer of each treatment. */
#include "prune/kept.h"

#include <math.h>
#include <stdlib.h>

#include "data/order.h"
#include "util/memory.h"

/* Streams of a parameter's key. */
enum { ARRANGEMENT, NOISE };

bool lt_kept_reads_init(const lt_treatment *t)
{
    return t->kept >= LT_KEPT_PERMUTE || t->noise > 0;
}

/* Standard deviation over all n, about their mean. */
static float deviation(const float *w, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)w[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += ((double)w[i] - mean) * ((double)w[i] - mean);
    return (float)sqrt(squares / (double)n);
}

/* w[place[i]] = init[place[order[i]]]: over all places, or over those that are kept. */
static ltc_status shuffle(const lt_kept_part *k, bool among_kept, bool keep_signs, ltc_error *err)
{
    uint32_t *place = lt_array(k->n, 2 * sizeof *place), *order = place + k->n;
    uint32_t m = 0;
    if (!place)
        return ltc_fail(err, LTC_ENOMEM, "no memory to shuffle %zu weights", k->n);
    for (size_t i = 0; i < k->n; i++)
        if (!among_kept || k->mask[i])
            place[m++] = (uint32_t)i;
    lt_permutation(ltc_key_fold(k->key, ARRANGEMENT), m, order);
    for (uint32_t i = 0; i < m; i++) {
        const float drawn = k->init[place[order[i]]];
        k->w[place[i]] = keep_signs ? copysignf(drawn, k->init[place[i]]) : drawn;
    }
    free(place);
    return LTC_OK;
}

static void set_constant(const lt_kept_part *k, bool by_lot)
{
    const float size = deviation(k->init, k->n);
    const ltc_key key = ltc_key_fold(k->key, ARRANGEMENT);
    for (size_t i = 0; i < k->n; i++)
        k->w[i] = by_lot ? (ltc_rand_u32(key, i) & 1 ? -size : size) : copysignf(size, k->init[i]);
}

static ltc_status rearrange(int64_t how, const lt_kept_part *k, ltc_error *err)
{
    switch (how) {
    case LT_KEPT_PERMUTE:          return shuffle(k, false, false, err);
    case LT_KEPT_SIGNED_PERMUTE:   return shuffle(k, false, true, err);
    case LT_KEPT_RESHUFFLE:        return shuffle(k, true, false, err);
    case LT_KEPT_SIGNED_RESHUFFLE: return shuffle(k, true, true, err);
    case LT_KEPT_SIGNED_CONSTANT:
    case LT_KEPT_RANDOM_SIGN:      set_constant(k, how == LT_KEPT_RANDOM_SIGN); return LTC_OK;
    default:                       return LTC_OK;
    }
}

static void add_noise(const lt_kept_part *k, double deviations)
{
    const double size = deviations * (double)deviation(k->init, k->n);
    const ltc_key key = ltc_key_fold(k->key, NOISE);
    for (size_t i = 0; i < k->n; i++)
        k->w[i] = (float)((double)k->w[i] + size * (double)ltc_rand_normal(key, i));
}

/* A layer of which nothing is kept stays as it is. */
static void rescale(const lt_kept_part *k)
{
    const uint64_t kept = lt_mask_alive(k->mask, k->n);
    const double by = kept ? (double)k->n / (double)kept : 1;
    for (size_t i = 0; i < k->n; i++)
        k->w[i] = (float)(by * (double)k->w[i]);
}

ltc_status lt_kept_arrange(const lt_treatment *t, const lt_kept_part *k, ltc_error *err)
{
    const ltc_status st = rearrange(t->kept, k, err);
    if (!st && t->noise > 0)
        add_noise(k, t->noise);
    if (!st && t->rescale)
        rescale(k);
    return st;
}
