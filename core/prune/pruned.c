/* Owns what Zhou et al. 2019 call mask-0 actions. Called once for each layer of each treatment. */
#include "prune/pruned.h"

#include <math.h>
#include <stdlib.h>

#include "data/order.h"
#include "util/memory.h"

enum { ZEROS = 2 };                           /* stream of a parameter's key; kept.c has the others */

bool lt_pruned_reads_init(const lt_treatment *t)
{
    return t->pruned != LT_PRUNED_ZERO;
}

bool lt_pruned_reads_final(const lt_treatment *t)
{
    return t->pruned >= LT_PRUNED_OR_ZERO;
}

/* |w| fell between initialisation and the moment the mask was drawn. */
static bool moved_to_zero(const lt_pruned_part *p, size_t i)
{
    return fabsf(p->init[i]) > fabsf(p->final[i]);
}

static bool dies(const lt_treatment *t, const lt_pruned_part *p, size_t i)
{
    switch (t->pruned) {
    case LT_PRUNED_ZERO:             return true;
    case LT_PRUNED_FREEZE_INIT:      return false;
    case LT_PRUNED_OR_ZERO_REVERSED: return !moved_to_zero(p, i);
    default:                         return moved_to_zero(p, i);
    }
}

/* As many dead ones as there are, in other places among the pruned. */
static ltc_status shuffle(const lt_pruned_part *p, uint8_t *mask, ltc_error *err)
{
    uint32_t *place = lt_array(p->n, 2 * sizeof *place), *order = place + p->n;
    uint32_t m = 0, dead = 0;
    if (!place)
        return ltc_fail(err, LTC_ENOMEM, "no memory to shuffle %zu weights", p->n);
    for (size_t i = 0; i < p->n; i++)
        if (!p->kept[i]) {
            dead += mask[i] == LTC_DEAD;
            place[m++] = (uint32_t)i;
        }
    lt_permutation(ltc_key_fold(p->key, ZEROS), m, order);
    for (uint32_t i = 0; i < m; i++)
        mask[place[order[i]]] = i < dead ? LTC_DEAD : LTC_FROZEN;
    free(place);
    return LTC_OK;
}

ltc_status lt_pruned_mark(const lt_treatment *t, const lt_pruned_part *p, uint8_t *mask, ltc_error *err)
{
    for (size_t i = 0; i < p->n; i++)
        mask[i] = p->kept[i] ? LTC_ALIVE : dies(t, p, i) ? LTC_DEAD : LTC_FROZEN;
    return t->pruned == LT_PRUNED_OR_ZERO_SHUFFLED ? shuffle(p, mask, err) : LTC_OK;
}

bool lt_pruned_zeroes_kept(const lt_treatment *t, const lt_pruned_part *p, size_t i)
{
    return t->pruned == LT_PRUNED_OR_ZERO_ALL && moved_to_zero(p, i);
}
