/* Owns the rule by which an early bird is drawn, and distances of masks. Called by level_watch.c. */
#include "plan/early_bird.h"

#include <stdlib.h>

#include "results/results.h"
#include "util/memory.h"

ltc_status lt_mask_bits_of(const ltc_graph *g, const lt_masks *m, lt_mask_bits *b, ltc_error *err)
{
    uint64_t at = 0;
    *b = (lt_mask_bits){ .n = lt_masks_total(g, m) };
    b->word = lt_array((b->n + 63) / 64, sizeof *b->word);
    if (!b->word)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the masks along a training");
    for (uint32_t p = 0; p < g->n_params; p++)
        for (size_t i = 0; m->mask[p] && i < ltc_graph_param(g, p)->n; i++, at++)
            b->word[at / 64] |= (uint64_t)(m->mask[p][i] != 0) << at % 64;
    return LTC_OK;
}

void lt_mask_bits_free(lt_mask_bits *b)
{
    free(b->word);
    *b = (lt_mask_bits){ 0 };
}

uint64_t lt_mask_bits_differ(const lt_mask_bits *a, const lt_mask_bits *b)
{
    uint64_t n = 0;
    for (size_t i = 0; i < (a->n + 63) / 64; i++)
        n += (uint64_t)__builtin_popcountll(a->word[i] ^ b->word[i]);
    return n;
}

static bool is_at_rest(const uint64_t *differ, uint32_t i, uint64_t total, uint64_t window, double distance)
{
    bool rests = i + 1 >= window;
    for (uint64_t back = 1; rests && back < window; back++)
        rests = (double)differ[lt_pair(i, (size_t)(i - back))] <= distance * (double)total;
    return rests;
}

uint32_t lt_early_bird(const uint64_t *differ, uint32_t n, uint64_t total, uint64_t window, double distance)
{
    uint32_t i = 0;
    while (i < n && !is_at_rest(differ, i, total, window, distance))
        i++;
    return i;
}
