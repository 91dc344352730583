/* large-init-large-final, small-init-small-final: keep the weights that began and ended large, or small.
 *
 *   score(w) = min(F_init(w), F_final(w))
 *
 *   large   F_init(w) = share of the pool's |w_init| that are <= |w_init|;   F_final alike, of |w_final|
 *   small   the same of -|w_init| and -|w_final|
 *
 * A weight with score q reaches percentile q of both lists, so cutting at a score is cutting both lists at
 * the same percentile, chosen so that exactly as many stay as were asked for. Zhou et al. 2019 write min(a
 * |w_final|, |w_init|) and -max(a |w_final|, |w_init|): one a for each threshold t, |w_init| >= t and
 * |w_final| >= t / a; ours is the a with which both conditions cut off the same share, as in their code,
 * which finds it by bisection to 10^-4. Equal values reach the same percentile; weights that tie go in the
 * core's order. Pruned weights are in neither list. With `signs`, weights whose sign is not as asked for rank
 * below the others (signs.h). */
#include <math.h>
#include <stdlib.h>

#include "signs.h"
#include "sorted.h"

/* Those weights of a pool that are alive, one after the other. */
typedef struct ranking {
    size_t  n;
    double *initial, *last;                   /* [n]: sorted lists */
    size_t *score;                            /* [n]: n min(F, F); n more where signs are as asked for */
    size_t *count;                            /* [2 n + 1]: weights with each score */
} ranking;

static ltc_status ranking_open(ranking *r, const ltc_mask_tensor *const *t, size_t n, ltc_error *err)
{
    *r = (ranking){ 0 };
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < t[j]->n; i++)
            r->n += t[j]->mask[i];
    r->initial = calloc(r->n + 1, sizeof *r->initial);
    r->last = calloc(r->n + 1, sizeof *r->last);
    r->score = calloc(r->n + 1, sizeof *r->score);
    r->count = calloc(2 * (r->n + 1), sizeof *r->count);
    if (!r->initial || !r->last || !r->score || !r->count)
        return ltc_fail(err, LTC_ENOMEM, "no memory to rank %zu weights", r->n);
    return LTC_OK;
}

static void ranking_close(ranking *r)
{
    free(r->initial), free(r->last), free(r->score), free(r->count);
}

/* side: 1 large, -1 small. */
static ltc_status list(ranking *r, const ltc_mask_tensor *const *t, size_t n, double side, ltc_error *err)
{
    size_t at = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < t[j]->n; i++) {
            if (!t[j]->mask[i])
                continue;
            if (!isfinite(t[j]->w_init[i]) || !isfinite(t[j]->w_final[i]))
                return ltc_fail(err, LTC_ENUMERIC, "element %zu of %s is not finite, so it has no rank", i,
                                t[j]->name);
            r->initial[at] = side * fabs((double)t[j]->w_init[i]);
            r->last[at++] = side * fabs((double)t[j]->w_final[i]);
        }
    sorted_make(r->initial, r->n);
    sorted_make(r->last, r->n);
    return LTC_OK;
}

static void score(ranking *r, const ltc_mask_tensor *const *t, size_t n, double side, int64_t signs)
{
    size_t at = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < t[j]->n; i++) {
            if (!t[j]->mask[i])
                continue;
            const size_t a = sorted_up_to(r->initial, r->n, side * fabs((double)t[j]->w_init[i]));
            const size_t b = sorted_up_to(r->last, r->n, side * fabs((double)t[j]->w_final[i]));
            r->score[at] = a < b ? a : b;
            if (signs_meet(signs, t[j]->w_init[i], t[j]->w_final[i]))
                r->score[at] += r->n;
            r->count[r->score[at++]]++;
        }
}

/* Clears the `go` lowest in the order score, tensor, element. */
static void cut(const ranking *r, const ltc_mask_tensor *const *t, size_t n, size_t go, uint8_t *const *mask)
{
    size_t threshold = 0, at = 0;
    while (threshold < 2 * r->n && r->count[threshold] <= go)
        go -= r->count[threshold++];
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < t[j]->n; i++) {
            mask[j][i] = t[j]->mask[i];
            if (!mask[j][i])
                continue;
            const size_t its = r->score[at++];
            if (its < threshold || (its == threshold && go))
                mask[j][i] = 0, go -= its == threshold;
        }
}

static ltc_status choose(const signs_options *o, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                         size_t n, double side, uint8_t *const *mask, ltc_error *err)
{
    ranking r;
    double total = 0;
    for (size_t j = 0; j < n; j++)
        total += (double)t[j]->n;
    const size_t keep = (size_t)rint(env->density_goal * total);      /* the goal is a count over a count */
    ltc_status st = ranking_open(&r, t, n, err);
    if (!st)
        st = list(&r, t, n, side, err);
    if (!st) {
        score(&r, t, n, side, o->signs);
        cut(&r, t, n, r.n - (keep < r.n ? keep : r.n), mask);
    }
    ranking_close(&r);
    return st;
}

static ltc_status large_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                               size_t n, uint8_t *const *mask, ltc_error *err)
{
    return choose(self, env, t, n, 1, mask, err);
}

static ltc_status small_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                               size_t n, uint8_t *const *mask, ltc_error *err)
{
    return choose(self, env, t, n, -1, mask, err);
}

static const ltc_mask_ops large_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_INIT | LTC_NEED_FINAL, .select = large_select,
};
static const ltc_mask_ops small_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_INIT | LTC_NEED_FINAL, .select = small_select,
};
static const ltc_module large = {
    LTC_MODULE(LTC_MASK, large_ops), .name = "large-init-large-final", .version = "1.0",
    .schema = &signs_schema, .summary = "keeps the weights that began and ended large",
    .source = "score = min of the percentiles of |w_init| and |w_final|; Zhou et al. 2019",
};
static const ltc_module small = {
    LTC_MODULE(LTC_MASK, small_ops), .name = "small-init-small-final", .version = "1.0",
    .schema = &signs_schema, .summary = "keeps the weights that began and ended small",
    .source = "score = min of the percentiles of -|w_init| and -|w_final|; Zhou et al. 2019",
};
LTC_PLUGIN(&large, &small);
