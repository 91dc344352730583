/* Owns what is done to kept and to pruned weights before a training, and the check afterwards. */
#include "prune/treatment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "prune/kept.h"
#include "prune/pruned.h"
#include "train/init.h"

/* Where that state was trained under a mask of its own, what the mask pruned is no start for a weight of
 * another. */
static ltc_status check_source(const lt_state *from, const char *what, const lt_masks *selection,
                               uint8_t place, ltc_error *err)
{
    for (uint32_t p = 0; p < selection->n_params; p++) {
        const ltc_param *param = ltc_graph_param(from->graph, p);
        for (size_t i = 0; selection->mask[p] && from->mask[p] && i < param->n; i++)
            if (selection->mask[p][i] == place && from->mask[p][i] != LTC_ALIVE)
                return ltc_fail(err, LTC_EINVAL, "element %zu of %s cannot start from %s: a mask had "
                                "pruned it there; take a state of the dense network", i, param->name, what);
    }
    return LTC_OK;
}

static void forget_optimizer(lt_state *s)
{
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        const size_t bytes = ltc_graph_param(s->graph, p)->n * sizeof(float);
        memset(s->slot1[p], 0, bytes);
        memset(s->slot2[p], 0, bytes);
    }
    s->clock = 0;
}

lt_treatment_needs lt_treatment_reads(const lt_treatment *t)
{
    return (lt_treatment_needs){
        .init = lt_kept_reads_init(t) || lt_pruned_reads_init(t), .rewind = t->kept == LT_KEPT_REWIND,
        .final = t->kept == LT_KEPT_FINAL || lt_pruned_reads_final(t),
    };
}

/* All values as if nothing were pruned or rearranged. */
static ltc_status fill(const lt_treatment *t, const lt_masks *selection, const lt_state *init,
                       const lt_state *rewind, const lt_state *final, lt_state *start, ltc_error *err)
{
    ltc_status st = LTC_OK;
    switch (t->kept) {
    case LT_KEPT_REWIND:
        if (!(st = check_source(rewind, "the rewind point", selection, 1, err)))
            lt_state_copy(rewind, start);
        if (t->slots == LT_SLOTS_NONE)
            forget_optimizer(start);
        break;
    case LT_KEPT_FINAL:
        if (!(st = check_source(final, "where the mask was drawn", selection, 1, err)))
            lt_state_copy(final, start);
        if (t->slots != LT_SLOTS_DRAWN)
            forget_optimizer(start);
        break;
    case LT_KEPT_REINIT:
        lt_init_state(start->graph, t->init, t->key, start);
        break;
    default:
        lt_state_copy(init, start);
        forget_optimizer(start);
    }
    return st;
}

/* Where training may not move a weight, what stands there. */
static void settle(const lt_treatment *t, const lt_pruned_part *part, lt_state *start, uint32_t p)
{
    const uint8_t *mask = start->mask[p];
    for (size_t i = 0; i < part->n; i++) {
        if (mask[i] != LTC_ALIVE) {
            start->value[p][i] = mask[i] == LTC_FROZEN ? part->init[i] : 0.0f;
            start->slot1[p][i] = start->slot2[p][i] = 0.0f;
        } else if (lt_pruned_zeroes_kept(t, part, i)) {
            start->value[p][i] = 0.0f;
        }
    }
}

static ltc_status treat_param(const lt_treatment *t, const uint8_t *kept, const lt_state *init,
                              const lt_state *final, lt_state *start, uint32_t p, ltc_error *err)
{
    const size_t n = ltc_graph_param(start->graph, p)->n;
    const ltc_key key = ltc_key_fold(t->key, p);
    const float *from = init ? init->value[p] : NULL;
    const lt_kept_part arranged = { .init = from, .mask = kept, .w = start->value[p], .n = n, .key = key };
    const lt_pruned_part part = { .init = from, .final = final ? final->value[p] : NULL, .kept = kept, .n = n,
                                  .key = key };
    if (!kept) {
        free(start->mask[p]);
        start->mask[p] = NULL;
        return LTC_OK;
    }
    ltc_status st = lt_state_add_mask(start, p, err);
    if (!st)
        st = lt_kept_arrange(t, &arranged, err);
    if (!st)
        st = lt_pruned_mark(t, &part, start->mask[p], err);
    if (!st)
        settle(t, &part, start, p);
    return st;
}

ltc_status lt_treat(const lt_treatment *t, const lt_masks *selection, const lt_state *init,
                    const lt_state *rewind, const lt_state *final, lt_state *start, ltc_error *err)
{
    assert(selection->n_params == start->graph->n_params);
    ltc_status st = fill(t, selection, init, rewind, final, start, err);
    if (!st && lt_pruned_reads_init(t))
        st = check_source(init, "initialisation", selection, 0, err);
    for (uint32_t p = 0; p < selection->n_params && !st; p++)
        st = treat_param(t, selection->mask[p], init, final, start, p, err);
    return st;
}

static bool same_bits(float a, float b)
{
    return !memcmp(&a, &b, sizeof a);
}

uint64_t lt_moved(const lt_state *start, const lt_state *now)
{
    uint64_t moved = 0;
    for (uint32_t p = 0; p < start->graph->n_params; p++) {
        const uint8_t *mask = start->mask[p];
        for (size_t i = 0; mask && i < ltc_graph_param(start->graph, p)->n; i++)
            if (mask[i] != LTC_ALIVE)
                moved += !same_bits(now->value[p][i], mask[i] == LTC_DEAD ? 0.0f : start->value[p][i]);
    }
    return moved;
}
