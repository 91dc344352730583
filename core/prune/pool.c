/* Owns the division of the eligible weights into pools, and the arithmetic of budgets. */
#include "prune/pool.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "prune/use.h"
#include "util/memory.h"

static bool is_output(const ltc_graph *g, uint32_t p)
{
    return ltc_graph_param(g, p)->role & LTC_ROLE_OUTPUT;
}

/* The pool that parameter p belongs to, before anything is counted. */
static lt_pool pool_for(const lt_selection_request *r, uint32_t p)
{
    const double factor = !r->exact && is_output(r->graph, p) ? r->budget.output : 1;
    return (lt_pool){
        .what = r->scope == LT_SCOPE_LAYER ? p : r->scope == LT_SCOPE_TYPE ? lt_use_of(r->graph, p) : 0,
        .apart = r->scope != LT_SCOPE_LAYER && factor < 1,
        .factor = factor,
    };
}

/* Puts parameter p into the pool that is like `like`, which is added if there is none. */
static void join(const lt_selection_request *r, uint32_t p, const lt_pool *like, lt_pools *pools)
{
    const size_t n = ltc_graph_param(r->graph, p)->n;
    uint32_t i = 0;
    while (i < pools->n && (pools->pool[i].what != like->what || pools->pool[i].apart != like->apart))
        i++;
    if (i == pools->n)
        pools->pool[pools->n++] = *like;
    pools->of[p] = i;
    pools->pool[i].total += n;
    pools->pool[i].alive += lt_mask_alive(r->before->mask[p], n);
}

static ltc_status create(const lt_selection_request *r, lt_pools *pools, ltc_error *err)
{
    const uint32_t n = r->graph->n_params;
    *pools = (lt_pools){ .of = lt_array(n, sizeof *pools->of), .pool = lt_array(n, sizeof *pools->pool) };
    if (!pools->of || !pools->pool)
        return ltc_fail(err, LTC_ENOMEM, "no memory to count the weights of %" PRIu32 " parameters", n);
    for (uint32_t p = 0; p < n; p++)
        pools->of[p] = n;
    return LTC_OK;
}

/* round-half-even(rate alive) go. */
static uint64_t keep_by_rate(const lt_pool *p, double rate)
{
    return p->alive - (uint64_t)rint(rate * (double)p->alive);
}

/* round-half-even(density total) stay, or all that are left. */
static uint64_t keep_by_density(const lt_pool *p, double density)
{
    const uint64_t n = (uint64_t)rint(density * (double)p->total);
    return n < p->alive ? n : p->alive;
}

static ltc_status check_share(const char *what, double share, ltc_error *err)
{
    if (share >= 0 && share <= 1)
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL, "%s of %g is not a share in [0, 1]", what, share);
}

static ltc_status share_out(const lt_budget *b, lt_pools *pools, ltc_error *err)
{
    ltc_status st = check_share(b->kind == LT_BUDGET_RATE ? "a rate" : "a density", b->value, err);
    if (!st)
        st = check_share("an output factor", b->output, err);
    for (lt_pool *p = pools->pool; p < pools->pool + pools->n && !st; p++) {
        /* with factor f: 1 - f (1 - density), so written that f = 1 leaves the density's bits alone */
        p->keep = b->kind == LT_BUDGET_RATE
                      ? keep_by_rate(p, b->value * p->factor)
                      : keep_by_density(p, b->value + (1 - b->value) * (1 - p->factor));
    }
    return st;
}

static ltc_status match(const lt_selection_request *r, lt_pools *pools, ltc_error *err)
{
    for (uint32_t p = 0; p < r->graph->n_params; p++)
        if (r->before->mask[p])
            pools->pool[pools->of[p]].keep += r->exact[p];
    for (uint32_t p = 0; p < r->graph->n_params; p++) {
        if (!r->before->mask[p])
            continue;
        const lt_pool *pool = &pools->pool[pools->of[p]];
        if (pool->keep > pool->alive)
            return ltc_fail(err, LTC_EINVAL,
                            "%" PRIu64 " weights are to be kept among those of %s%s, "
                            "and only %" PRIu64 " are left",
                            pool->keep, ltc_graph_param(r->graph, p)->name,
                            r->scope == LT_SCOPE_LAYER ? "" : " and of others", pool->alive);
    }
    return LTC_OK;
}

ltc_status lt_pools_make(const lt_selection_request *r, lt_pools *pools, ltc_error *err)
{
    ltc_status st = create(r, pools, err);
    for (uint32_t p = 0; p < r->graph->n_params && !st; p++)
        if (r->before->mask[p]) {
            const lt_pool like = pool_for(r, p);
            join(r, p, &like, pools);
        }
    if (!st)
        st = r->exact ? match(r, pools, err) : share_out(&r->budget, pools, err);
    if (st)
        lt_pools_free(pools);
    return st;
}

ltc_status lt_pools_whole(const lt_selection_request *r, lt_pools *pools, ltc_error *err)
{
    const lt_pool one = { .factor = 1 };
    ltc_status st = create(r, pools, err);
    for (uint32_t p = 0; p < r->graph->n_params && !st; p++)
        if (r->before->mask[p])
            join(r, p, &one, pools);
    if (st)
        lt_pools_free(pools);
    else if (pools->n)
        pools->pool[0].keep = pools->pool[0].alive;
    return st;
}

void lt_pools_free(lt_pools *pools)
{
    free(pools->of);
    free(pools->pool);
    *pools = (lt_pools){ 0 };
}
