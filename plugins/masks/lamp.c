/* lamp: magnitudes made comparable across layers: what a weight is, against what its layer would be left
 * with.
 *
 *   score(w) = w^2 / sum of w'^2 over the alive weights of the layer with |w'| >= |w|
 *
 * Lee et al. 2021: layer-adaptive magnitude-based pruning, meant for prune.scope = "global". Within a layer
 * the order is that of magnitudes. The largest of a layer has the score 1, so a global cut never empties a
 * layer as long as weights with lower scores are left. Equal sizes have equal scores; the authors' code
 * numbers them instead and gives the first the lowest. Sums in double, from the largest size to the smallest.
 * A layer of zeros scores 0. */
#include <math.h>
#include <stdlib.h>

#include <ltcore/mask.h>

#include "sorted.h"

/* size: the sizes of the alive, ascending; sum[k]: of the squares from size[k] on. Both [n + 1]. */
typedef struct layer { size_t n; double *size, *sum; } layer;

static ltc_status add_up(const ltc_mask_tensor *t, layer *l, ltc_error *err)
{
    for (size_t i = 0; i < t->n; i++) {
        if (!t->mask[i])
            continue;
        if (!isfinite(t->w_final[i]))
            return ltc_fail(err, LTC_ENUMERIC, "element %zu of %s is not finite, so the layer has no sum", i,
                            t->name);
        l->size[l->n++] = fabs((double)t->w_final[i]);
    }
    sorted_make(l->size, l->n);
    for (size_t k = l->n; k-- > 0;)
        l->sum[k] = l->sum[k + 1] + l->size[k] * l->size[k];
    return LTC_OK;
}

static void write_scores(const ltc_mask_tensor *t, const layer *l, float *score)
{
    for (size_t i = 0; i < t->n; i++) {
        const double size = fabs((double)t->w_final[i]);
        score[i] = 0;
        if (t->mask[i] && size > 0)
            score[i] = (float)(size * size / l->sum[sorted_below(l->size, l->n, size)]);
    }
}

static ltc_status lamp_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                             float *score, ltc_error *err)
{
    layer l = { 0, calloc(t->n + 1, sizeof *l.size), calloc(t->n + 1, sizeof *l.sum) };
    ltc_status st = l.size && l.sum ? LTC_OK
                                    : ltc_fail(err, LTC_ENOMEM, "no memory to sort the %zu weights of %s",
                                               t->n, t->name);
    (void)self, (void)env;
    if (!st)
        st = add_up(t, &l, err);
    if (!st)
        write_scores(t, &l, score);
    free(l.size), free(l.sum);
    return st;
}

static const ltc_mask_ops lamp_ops = { LTC_MASK_OPS, .flags = LTC_NEED_FINAL, .score = lamp_score };
static const ltc_module lamp = {
    LTC_MODULE(LTC_MASK, lamp_ops), .name = "lamp", .version = "1.0",
    .summary = "keeps weights that are large beside the rest of their layer; for scope \"global\"",
    .source = "score = w^2 / sum of w'^2 with |w'| >= |w| in its layer; Lee et al. 2021",
};
LTC_PLUGIN(&lamp);
