/* Owns the division of the eligible weights into pools, and the arithmetic of budgets and floors. Called by
 * selection.c. */
#include "prune/pool.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "prune/allocation.h"
#include "prune/use.h"
#include "util/memory.h"

static bool is_output(const ltc_graph *g, uint32_t p)
{
    return ltc_graph_param(g, p)->role & LTC_ROLE_OUTPUT;
}

/* What a parameter is asked of itself: nothing, unless prune.layer_rate names it. */
static lt_layer_budget own_of(const lt_selection_request *r, uint32_t p)
{
    return r->layer && !r->exact ? r->layer[p] : (lt_layer_budget){ 0 };
}

/* The pool that parameter p belongs to, before anything is counted. */
static lt_pool pool_for(const lt_selection_request *r, uint32_t p)
{
    const lt_layer_budget own = own_of(r, p);
    const double factor = !r->exact && !own.unfactored && is_output(r->graph, p) ? r->budget.output : 1;
    const bool typed = r->scope == LT_SCOPE_TYPE && !own.entry;
    return (lt_pool){
        .what = r->scope == LT_SCOPE_LAYER ? p : typed ? lt_use_of(r->graph, p) : 0,
        .apart = r->scope != LT_SCOPE_LAYER && factor < 1,
        .entry = own.entry, .value = own.entry ? own.value : r->budget.value, .factor = factor,
    };
}

static bool alike(const lt_pool *a, const lt_pool *b)
{
    return a->what == b->what && a->apart == b->apart && a->entry == b->entry;
}

/* Puts parameter p into the pool that is like `like`, which is added if there is none. */
static void join(const lt_selection_request *r, uint32_t p, const lt_pool *like, lt_pools *pools)
{
    const size_t n = ltc_graph_param(r->graph, p)->n;
    const uint64_t alive = lt_mask_alive(r->before->mask[p], n), least = lt_pools_least(r, p);
    uint32_t i = 0;
    while (i < pools->n && !alike(&pools->pool[i], like))
        i++;
    if (i == pools->n)
        pools->pool[pools->n++] = *like;
    pools->of[p] = i;
    pools->pool[i].total += n;
    pools->pool[i].alive += alive;
    pools->pool[i].floor += alive < least ? alive : least;
    pools->pool[i].members++;
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

/* Where a layer matches its own count, that count has the last word: none, if nothing was left of it. */
uint64_t lt_pools_least(const lt_selection_request *r, uint32_t p)
{
    const bool kept = r->exact && r->keep_one && (ltc_graph_param(r->graph, p)->role & LTC_ROLE_WEIGHT);
    const bool emptied = kept && r->scope == LT_SCOPE_LAYER && !r->exact[p];
    return r->min_alive || !kept || emptied ? r->min_alive : 1;
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

static void say_floors(const lt_selection_request *r, const lt_pool *p)
{
    char text[160];
    snprintf(text, sizeof text, "prune.min_alive keeps %" PRIu64 " weights, where the budget leaves %" PRIu64,
             p->floor, p->keep);
    if (r->services->log)
        r->services->log(r->services->arg, LTC_LOG_WARNING, r->criterion->info.name, text);
}

static ltc_status check_share(const char *what, double share, ltc_error *err)
{
    if (share >= 0 && share <= 1)
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL, "%s of %g is not a share in [0, 1]", what, share);
}

static void count(const lt_budget *b, lt_pool *p)
{
    /* with factor f: 1 - f (1 - density), so written that f = 1 leaves the density's bits alone */
    p->keep = b->kind == LT_BUDGET_RATE ? keep_by_rate(p, p->value * p->factor)
                                        : keep_by_density(p, p->value + (1 - p->value) * (1 - p->factor));
}

static lt_share share_of(const lt_selection_request *r, const lt_pools *pools, uint32_t p)
{
    const lt_pool *pool = &pools->pool[pools->of[p]];
    const ltc_value *v = ltc_graph_value(r->graph, ltc_graph_param(r->graph, p)->value);
    lt_share s = { .n = pool->total, .alive = pool->alive, .least = pool->floor, .mask = r->before->mask[p],
                   .weight = r->final ? r->final[p] : NULL };
    for (uint32_t i = 0; i < v->rank; i++)
        s.span += (uint64_t)v->dim[i];
    return s;
}

/* The pools of one parameter that the run's own budget counts for, as one number that is shared out among
 * them. */
static ltc_status allocate(const lt_selection_request *r, lt_pools *pools, ltc_error *err)
{
    lt_share *share = lt_array(pools->n, sizeof *share);
    lt_pool **of = lt_array(pools->n, sizeof *of), whole = { .value = r->budget.value, .factor = 1 };
    ltc_status st = share && of ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to allocate densities");
    size_t n = 0;
    for (uint32_t p = 0; p < r->graph->n_params && !st; p++) {
        if (!r->before->mask[p] || pools->pool[pools->of[p]].entry)
            continue;
        of[n] = &pools->pool[pools->of[p]];
        whole.total += of[n]->total, whole.alive += of[n]->alive, whole.floor += of[n]->floor;
        share[n++] = share_of(r, pools, p);
    }
    count(&r->budget, &whole);
    if (whole.keep < whole.floor)
        say_floors(r, &whole);
    if (!st)
        st = lt_allocate(r->allocation, share, n, whole.keep, err);
    for (size_t i = 0; i < n && !st; i++)
        of[i]->keep = share[i].keep;
    free(of);
    free(share);
    return st;
}

/* A floor has the last word over a budget. */
static void raise(const lt_selection_request *r, lt_pool *p)
{
    if (p->keep >= p->floor)
        return;
    if (p->members > 1)
        say_floors(r, p);
    p->keep = p->floor;
}

static ltc_status share_out(const lt_selection_request *r, lt_pools *pools, ltc_error *err)
{
    const char *what = r->budget.kind == LT_BUDGET_RATE ? "a rate" : "a density";
    ltc_status st = check_share(what, r->budget.value, err);
    if (!st)
        st = check_share("an output factor", r->budget.output, err);
    for (lt_pool *p = pools->pool; p < pools->pool + pools->n && !st; p++) {
        st = check_share(what, p->value, err);
        if (!st)
            count(&r->budget, p);
    }
    if (!st && r->allocation != LT_ALLOCATION_UNIFORM)
        st = allocate(r, pools, err);
    for (lt_pool *p = pools->pool; p < pools->pool + pools->n && !st; p++)
        raise(r, p);
    return st;
}

static ltc_status check_floors(const lt_selection_request *r, const lt_pools *pools, ltc_error *err)
{
    const uint64_t least = r->min_alive ? r->min_alive : 1;
    for (const lt_pool *p = pools->pool; p < pools->pool + pools->n; p++)
        if (p->keep < p->floor)
            return ltc_fail(err, LTC_EINVAL, "%" PRIu64 " weights are to be kept, as many as in the mask "
                            "that is matched, but at least %" PRIu64 " in each %s are %" PRIu64 ": %s",
                            p->keep, least, r->min_alive ? "tensor" : "layer", p->floor,
                            r->min_alive ? "lower prune.min_alive"
                                         : "choose another prune.collapse than \"keep-one\"");
    return LTC_OK;
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
    return check_floors(r, pools, err);
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
        st = r->exact ? match(r, pools, err) : share_out(r, pools, err);
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
