/* Owns the course of a selection: a criterion is opened, shown the network, asked pool by pool, and what it
 * answers is cut to the count. Called once for each mask that is drawn. */
#include "prune/selection.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prune/criterion.h"
#include "prune/pool.h"
#include "prune/rank.h"
#include "util/memory.h"

/* What is at hand while one mask is made. */
typedef struct drawing {
    const lt_selection_request *r;
    lt_criterion criterion;
    lt_pools     pools;
    lt_masks     mask;                        /* begins as a copy of r->before */
} drawing;

static bool counts_itself(const drawing *d)
{
    return d->criterion.flags & LTC_MASK_OWN_COUNT;
}

/* The densities of one pool, for what is asked next. */
static void aim(drawing *d, uint32_t pool)
{
    const lt_pool *its = &d->pools.pool[pool];
    const double total = (double)its->total, goal = counts_itself(d) ? NAN : (double)its->keep / total;
    lt_criterion_aim(&d->criterion, (double)its->alive / total, goal);
}

/* Scores of a whole pool side by side, then one cut through all of them. */
static ltc_status cut_by_score(drawing *d, uint32_t pool, ltc_error *err)
{
    const lt_pool *its = &d->pools.pool[pool];
    float *score = lt_array(its->total, sizeof *score);
    lt_ranked *part = lt_array(d->mask.n_params, sizeof *part);
    ltc_status st = LTC_OK;
    size_t parts = 0, at = 0;
    if (!score || !part)
        st = ltc_fail(err, LTC_ENOMEM, "no memory to score %" PRIu64 " weights", its->total);
    for (uint32_t p = 0; p < d->mask.n_params && !st; p++) {
        if (d->pools.of[p] != pool)
            continue;
        const size_t n = ltc_graph_param(d->r->graph, p)->n;
        part[parts++] = (lt_ranked){ score + at, d->mask.mask[p], n, lt_pools_least(d->r, p) };
        st = lt_criterion_score(&d->criterion, p, score + at, err);
        at += n;
    }
    if (!st && parts > 1 && its->floor)
        lt_rank_cut_above(part, parts, its->alive - its->keep);
    else if (!st)
        lt_rank_cut(part, parts, its->alive - its->keep);
    free(score);
    free(part);
    return st;
}

static uint64_t kept_in(const drawing *d, uint32_t pool)
{
    uint64_t kept = 0;
    for (uint32_t p = 0; p < d->mask.n_params; p++)
        if (d->pools.of[p] == pool)
            kept += lt_mask_alive(d->mask.mask[p], ltc_graph_param(d->r->graph, p)->n);
    return kept;
}

static ltc_status cut_by_select(drawing *d, uint32_t pool, ltc_error *err)
{
    const lt_pool *its = &d->pools.pool[pool];
    uint8_t *chosen = lt_array(d->mask.n_params, sizeof *chosen);
    if (!chosen)
        return ltc_fail(err, LTC_ENOMEM, "no memory to select among %" PRIu64 " weights", its->total);
    for (uint32_t p = 0; p < d->mask.n_params; p++)
        chosen[p] = d->pools.of[p] == pool;
    const ltc_status st = lt_criterion_select(&d->criterion, chosen, d->mask.mask, err);
    free(chosen);
    const uint64_t kept = st ? 0 : kept_in(d, pool);
    if (!st && !counts_itself(d) && kept != its->keep)
        return ltc_fail(err, LTC_EINTERNAL,
                        "mask '%s' kept %" PRIu64 " weights where %" PRIu64 " were "
                        "asked for; report this to the plug-in's author",
                        d->r->criterion->info.name, kept, its->keep);
    return st;
}

/* Only scores can be weighed against a floor. */
static ltc_status check_selector(const drawing *d, const lt_pool *its, ltc_error *err)
{
    if (!its->floor || (!counts_itself(d) && (its->members < 2 || d->r->criterion->ops.mask.score)))
        return LTC_OK;
    return ltc_fail_opt(err, d->r->min_alive ? "min_alive" : "collapse",
                        "mask '%s' chooses weights as a whole and cannot keep some of each tensor",
                        d->r->criterion->info.name);
}

/* The densities of everything eligible, while the criterion looks at all of it. */
static ltc_status prepare(drawing *d, ltc_error *err)
{
    double total = 0, alive = 0, keep = 0;
    for (const lt_pool *p = d->pools.pool; p < d->pools.pool + d->pools.n; p++)
        total += (double)p->total, alive += (double)p->alive, keep += (double)p->keep;
    lt_criterion_aim(&d->criterion, alive / total, counts_itself(d) ? NAN : keep / total);
    return lt_criterion_prepare(&d->criterion, err);
}

static ltc_status cut(drawing *d, uint32_t pool, ltc_error *err)
{
    const ltc_status st = check_selector(d, &d->pools.pool[pool], err);
    if (st)
        return st;
    aim(d, pool);
    return counts_itself(d) || !d->r->criterion->ops.mask.score ? cut_by_select(d, pool, err)
                                                                : cut_by_score(d, pool, err);
}

static ltc_status divide(drawing *d, ltc_error *err)
{
    if (!counts_itself(d))
        return lt_pools_make(d->r, &d->pools, err);
    if (d->r->exact)
        return ltc_fail(err, LTC_EINVAL, "mask '%s' counts for itself, so it cannot match the density "
                        "of another", d->r->criterion->info.name);
    return lt_pools_whole(d->r, &d->pools, err);
}

/* A weight of which nothing is left keeps the highest of those that were alive. */
static ltc_status keep_one(drawing *d, uint32_t p, ltc_error *err)
{
    const ltc_param *param = ltc_graph_param(d->r->graph, p);
    const uint8_t *before = d->r->before->mask[p];
    const uint64_t alive = lt_mask_alive(before, param->n);
    if (!alive || !(param->role & LTC_ROLE_WEIGHT) || lt_mask_alive(d->mask.mask[p], param->n))
        return LTC_OK;
    if (counts_itself(d) || !d->r->criterion->ops.mask.score)
        return ltc_fail_opt(err, "collapse", "mask '%s' has no scores to choose one weight of %s by: choose "
                            "\"warn\" or \"stop\"", d->r->criterion->info.name, param->name);
    aim(d, d->pools.of[p]);
    float *score = lt_array(param->n, sizeof *score);
    ltc_status st = score ? lt_criterion_score(&d->criterion, p, score, err)
                          : ltc_fail(err, LTC_ENOMEM, "no memory to score %zu weights", param->n);
    if (!st) {
        memcpy(d->mask.mask[p], before, param->n);
        lt_rank_cut(&(lt_ranked){ score, d->mask.mask[p], param->n, 0 }, 1, alive - 1);
    }
    free(score);
    return st;
}

static ltc_status draw(drawing *d, ltc_error *err)
{
    ltc_status st = lt_criterion_show(&d->criterion, d->r, err);
    if (!st)
        st = divide(d, err);
    if (!st)
        st = lt_masks_copy(d->r->graph, d->r->before, &d->mask, err);
    if (!st)
        st = prepare(d, err);
    for (uint32_t i = 0; i < d->pools.n && !st; i++)
        st = cut(d, i, err);
    for (uint32_t p = 0; p < d->r->graph->n_params && d->r->keep_one && !d->r->exact && !st; p++)
        if (d->r->before->mask[p])
            st = keep_one(d, p, err);
    return st;
}

ltc_status lt_select(const lt_selection_request *r, lt_masks *mask, ltc_error *err)
{
    drawing d = { .r = r };
    assert(r->before->n_params == r->graph->n_params);
    ltc_status st = lt_criterion_open(r->criterion, r->options, r->services, &d.criterion, err);
    if (st)
        return st;
    st = draw(&d, err);
    lt_criterion_close(&d.criterion);
    lt_pools_free(&d.pools);
    if (st)
        lt_masks_free(&d.mask);
    else
        *mask = d.mask;
    return st;
}
