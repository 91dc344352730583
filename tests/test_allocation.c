/* Claims about how a number of weights is shared over layers: Erdos-Renyi densities, layer-adaptive
 * magnitudes, floors. Trap 19 of the list of what implementations of lottery tickets got wrong: layers that
 * starve for their scale. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prune/allocation.h"
#include "prune/rank.h"
#include "prune_rig.h"

static const rig_criterion by_lot = { 0 };
static const int64_t hows[] = { LT_ALLOCATION_ERK, LT_ALLOCATION_LAMP };

/* Small tensors by chance: 1 to 6 of 1 to 60 weights, of which some are pruned; many magnitudes tie. */
enum { MOST = 6, LARGEST = 60 };
typedef struct tensors {
    lt_share share[MOST];
    float    weight[MOST][LARGEST];
    uint8_t  mask[MOST][LARGEST];
    size_t   n;
    uint64_t alive, floors;
} tensors;

static void by_chance(uint32_t trial, uint32_t least, tensors *t)
{
    const ltc_key key = { trial, 11 };
    *t = (tensors){ .n = 1 + ltc_rand_below(key, 0, MOST) };
    for (size_t i = 0; i < t->n; i++) {
        const ltc_key of = ltc_key_fold(key, i);
        lt_share *s = &t->share[i];
        s->n = 1 + ltc_rand_below(of, 1000, LARGEST);
        s->span = 1 + ltc_rand_below(of, 1001, 40);
        for (size_t k = 0; k < s->n; k++) {
            const float z = ltc_rand_normal(of, k);
            t->weight[i][k] = trial % 2 ? roundf(3 * z) : z * (float)(i + 1);
            s->alive += t->mask[i][k] = ltc_rand_u32(ltc_key_fold(of, 3), k) % 4 != 0;
        }
        s->weight = t->weight[i], s->mask = t->mask[i];
        s->least = s->alive < least ? s->alive : least;
        t->alive += s->alive, t->floors += s->least;
    }
}

static void allocate(int64_t how, tensors *t, uint64_t keep)
{
    ltc_error err = { .message = "" };
    CU_ASSERT_EQUAL_FATAL(lt_allocate(how, t->share, t->n, keep, &err), LTC_OK);
}

static void totals_are_exact_and_floors_and_ceilings_are_kept(void)
{
    static tensors t, again;
    for (uint32_t trial = 0; trial < 400; trial++)
        for (uint32_t least = 0; least < 9; least += 4)
            for (size_t how = 0; how < 2; how++) {
                by_chance(trial, least, &t);
                const uint64_t keep = ltc_rand_below((ltc_key){ trial, 12 }, least, (uint32_t)t.alive + 1);
                uint64_t sum = 0;
                allocate(hows[how], &t, keep);
                for (size_t i = 0; i < t.n; i++) {
                    sum += t.share[i].keep;
                    CU_ASSERT(t.share[i].keep <= t.share[i].alive && t.share[i].keep >= t.share[i].least);
                }
                CU_ASSERT_EQUAL(sum, keep > t.floors ? keep : t.floors);
                by_chance(trial, least, &again);
                allocate(hows[how], &again, keep);
                for (size_t i = 0; i < t.n; i++)
                    CU_ASSERT_EQUAL(t.share[i].keep, again.share[i].keep);
            }
}

/* The definition: one eps for all, found by halving; each number within one of min(alive, eps span). */
static void erk_is_one_eps_for_all_layers(void)
{
    static tensors t;
    for (uint32_t trial = 0; trial < 400; trial++) {
        by_chance(trial, 0, &t);
        const uint64_t keep = ltc_rand_below((ltc_key){ trial, 12 }, 0, (uint32_t)t.alive + 1);
        double low = 0, high = LARGEST + 1;
        for (int halving = 0; halving < 200; halving++) {
            const double eps = (low + high) / 2;
            double sum = 0;
            for (size_t i = 0; i < t.n; i++)
                sum += fmin((double)t.share[i].alive, eps * (double)t.share[i].span);
            *(sum < (double)keep ? &low : &high) = eps;
        }
        allocate(LT_ALLOCATION_ERK, &t, keep);
        for (size_t i = 0; i < t.n; i++)
            CU_ASSERT(fabs((double)t.share[i].keep -
                           fmin((double)t.share[i].alive, low * (double)t.share[i].span)) < 1 + 1e-9);
    }
}

/* Lee et al. 2021, equation 2, as it stands. */
static double lamp_score(const tensors *t, size_t i, size_t k)
{
    double sum = 0;
    const double w = fabs((double)t->weight[i][k]);
    for (size_t j = 0; j < t->share[i].n; j++)
        if (t->mask[i][j] && fabs((double)t->weight[i][j]) >= w)
            sum += (double)t->weight[i][j] * (double)t->weight[i][j];
    return w > 0 ? w * w / sum : 0;
}

/* How many scores of the tensor are above x; and, within the noise of a sum's order, how
 * many are not below. */
static uint64_t count(const tensors *t, size_t i, double x)
{
    uint64_t n = 0;
    for (size_t k = 0; k < t->share[i].n; k++)
        n += t->mask[i][k] && lamp_score(t, i, k) > x;
    return n;
}

static void lamp_keeps_the_highest_scores_of_all_layers(void)
{
    static tensors t;
    for (uint32_t trial = 0; trial < 200; trial++) {
        by_chance(trial, 0, &t);
        const uint64_t keep = ltc_rand_below((ltc_key){ trial, 12 }, 0, (uint32_t)t.alive + 1);
        double low = -1, high = 2;                                    /* between two scores: at
                                                                       * most keep above high */
        for (int halving = 0; halving < 100; halving++) {
            const double x = (low + high) / 2;
            uint64_t above = 0;
            for (size_t i = 0; i < t.n; i++)
                above += count(&t, i, x);
            *(above > keep ? &low : &high) = x;
        }
        allocate(LT_ALLOCATION_LAMP, &t, keep);
        uint64_t spare = keep;
        for (size_t i = 0; i < t.n; i++)
            spare -= count(&t, i, high * (1 + 1e-12));
        for (size_t i = t.n; i-- > 0;) {                              /* ties: later tensors keep theirs */
            const uint64_t sure = count(&t, i, high * (1 + 1e-12)), tied = count(&t, i, low - 1e-12) - sure;
            const uint64_t extra = tied < spare ? tied : spare;
            CU_ASSERT_EQUAL(t.share[i].keep, sure + extra);
            spare -= extra;
        }
    }
}

static void lamp_leaves_every_layer_one_while_there_are_enough(void)
{
    static tensors t;
    for (uint32_t trial = 0; trial < 200; trial++) {
        uint64_t living = 0;
        by_chance(trial * 2, 0, &t);                                  /* no zeros, whose score is 0 */
        for (size_t i = 0; i < t.n; i++)
            living += t.share[i].alive > 0;
        allocate(LT_ALLOCATION_LAMP, &t, living);
        for (size_t i = 0; i < t.n; i++)
            CU_ASSERT_EQUAL(t.share[i].keep, t.share[i].alive > 0);
    }
}

static void a_weight_that_is_not_finite_is_refused(void)
{
    const float weight[2] = { 1, INFINITY };
    const uint8_t kept[2] = { 1, 1 };
    lt_share s = { .n = 2, .alive = 2, .weight = weight, .mask = kept };
    ltc_error err;
    CU_ASSERT_EQUAL(lt_allocate(LT_ALLOCATION_LAMP, &s, 1, 1, &err), LTC_ENUMERIC);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "not finite"));
}

/* Evci et al. 2020 on Lenet-300-100: 5 % of 266,200 are 13,310; the spans are 1084, 400, 110. */
static void erk_of_lenet_is_what_the_formula_gives(void)
{
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_lenet);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &by_lot, &all);
    r.allocation = LT_ALLOCATION_ERK;
    r.budget = (lt_budget){ LT_BUDGET_DENSITY, 0, 0.05, 1 };
    lt_masks m = rig_select(&r);
    /* eps = 13310 / 1594: 9051.47, 3340.03 and 918.51, rounded down 13,309; the last one has
     * the largest fraction */
    CU_ASSERT_EQUAL(lt_masks_alive(&g.view, &m), 13310);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "fc1.weight")), 9051);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "fc2.weight")), 3340);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "fc3.weight")), 919);
    lt_masks_free(&m);
    /* 20 %: fc3 is full with 1000, and the rest of 53,240 goes by 1084 to 400: 38159.19 and 14080.86 */
    r.budget.value = 0.2;
    m = rig_select(&r);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "fc1.weight")), 38159);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "fc2.weight")), 14081);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, rig_param(&g, "fc3.weight")), 1000);
    lt_masks_free(&m), lt_masks_free(&all);
    lt_graph_free(&g);
}

/* Weights of conv1 a hundred times those of the others: global ranking starves what is small, lamp
 * does not see scale. */
static void trap_19_lamp_is_blind_to_a_layers_scale(void)
{
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_residual);
    lt_masks all = rig_all_weights(&g), m[2];
    float *value[64] = { NULL };
    for (int large = 0; large < 2; large++) {
        for (uint32_t p = 0; p < g.view.n_params; p++) {
            value[p] = lt_array(g.view.param[p].n, sizeof *value[p]);
            for (size_t i = 0; i < g.view.param[p].n; i++)
                value[p][i] = ltc_rand_normal((ltc_key){ p, 5 }, i) *
                              (large && !strcmp(g.view.param[p].name, "conv1.weight") ? 128 : 1);
        }
        lt_selection_request r = rig_request(&g, &scorer, &by_lot, &all);
        r.allocation = LT_ALLOCATION_LAMP, r.final = value;
        r.budget = (lt_budget){ LT_BUDGET_RATE, 0, 0.9, 1 };
        m[large] = rig_select(&r);
        CU_ASSERT_EQUAL(lt_masks_alive(&g.view, &m[large]), 536 - 482);       /* 482.4 */
        for (uint32_t p = 0; p < g.view.n_params; p++) {
            CU_ASSERT(!all.mask[p] || rig_alive(&g, &m[large], p) > 0);
            free(value[p]);
        }
    }
    for (uint32_t p = 0; p < g.view.n_params; p++)
        CU_ASSERT_EQUAL(rig_alive(&g, &m[0], p), rig_alive(&g, &m[1], p));
    lt_masks_free(&m[0]), lt_masks_free(&m[1]), lt_masks_free(&all);
    lt_graph_free(&g);
}

/* Rounds of a rate of the alive: each total exact, each mask within the one before. */
static void rates_allocate_what_is_alive(void)
{
    const lt_module scorer = rig_scorer();
    lt_graph g = rig_graph(rig_residual);
    lt_masks m = rig_all_weights(&g);
    uint64_t alive = 536;
    for (uint32_t round = 0; round < 10; round++) {
        lt_selection_request r = rig_request(&g, &scorer, &by_lot, &m);
        r.allocation = LT_ALLOCATION_ERK, r.budget.value = 0.3, r.min_alive = 2;
        lt_masks next = rig_select(&r);
        alive -= (uint64_t)rint(0.3 * (double)alive);
        CU_ASSERT_EQUAL(lt_masks_alive(&g.view, &next), alive);
        for (uint32_t p = 0; p < m.n_params; p++) {
            CU_ASSERT(!m.mask[p] || rig_alive(&g, &next, p) >= 2);
            for (size_t i = 0; m.mask[p] && i < g.view.param[p].n; i++)
                CU_ASSERT(next.mask[p][i] <= m.mask[p][i]);
        }
        lt_masks_free(&m);
        m = next;
    }
    lt_masks_free(&m);
    lt_graph_free(&g);
}

static void trap_19_a_floor_holds_and_the_others_give_more(void)
{
    static const float large[12] = { 9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8 },
                       small[6] = { .1f, .2f, .3f, .4f, .5f, .6f };
    static const struct { int64_t scope; double rate; uint64_t least, fc1, fc2; } given[] = {
        { LT_SCOPE_GLOBAL, 0.5, 0, 9, 0 }, { LT_SCOPE_GLOBAL, 0.5, 1, 8, 1 },
        { LT_SCOPE_GLOBAL, 0.5, 4, 5, 4 },
        { LT_SCOPE_GLOBAL, 0.5, 5, 5, 5 },                            /* one more than the rate
                                                                       * leaves: floors win */
        { LT_SCOPE_GLOBAL, 1.0, 2, 2, 2 },  { LT_SCOPE_GLOBAL, 0.5, 99, 12, 6 },
        { LT_SCOPE_TYPE, 0.5, 2, 7, 2 },
        { LT_SCOPE_LAYER, 0.5, 4, 6, 4 }, { LT_SCOPE_LAYER, 0.9, 2, 2, 2 },
        { LT_SCOPE_LAYER, 0.5, 99, 12, 6 },
    };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = large, [FC2] = small } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        lt_selection_request r = rig_request(&g, &scorer, &c, &all);
        r.scope = given[i].scope, r.budget.value = given[i].rate, r.min_alive = given[i].least;
        lt_masks m = rig_select(&r);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, FC1), given[i].fc1);
        CU_ASSERT_EQUAL(rig_alive(&g, &m, FC2), given[i].fc2);
        for (size_t k = 0; k < 6 && rig_alive(&g, &m, FC2); k++)      /* its highest */
            CU_ASSERT_EQUAL(m.mask[FC2][k], k >= 6 - given[i].fc2);
        lt_masks_free(&m);
    }
    lt_masks_free(&all);
    lt_graph_free(&g);
}

static void a_control_keeps_its_total_and_floors_within_it(void)
{
    static const float high[12] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }, low[6] = { 1, 1, 1, 1, 1, 1 };
    static const uint64_t exact[4] = { [FC1] = 5, [FC2] = 2 };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = high, [FC2] = low } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &c, &all);
    r.exact = exact, r.scope = LT_SCOPE_GLOBAL, r.min_alive = 3;
    lt_masks m = rig_select(&r);
    CU_ASSERT(rig_alive(&g, &m, FC1) == 4 && rig_alive(&g, &m, FC2) == 3);
    lt_masks_free(&m);
    r.min_alive = 0, r.keep_one = 1;
    m = rig_select(&r);
    CU_ASSERT(rig_alive(&g, &m, FC1) == 6 && rig_alive(&g, &m, FC2) == 1);
    lt_masks_free(&m);
    r.min_alive = 4;
    rig_refused(&r, LTC_EINVAL,
                "7 weights are to be kept, as many as in the mask that is matched, but at least 4 in each "
                "tensor are 8: lower prune.min_alive");
    lt_masks_free(&all);
    lt_graph_free(&g);
}

static void a_criterion_without_scores_knows_no_floor(void)
{
    static const uint8_t first[12] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0 }, none[6] = { 0 };
    const lt_module selector = rig_selector();
    const rig_criterion c = { .mask = { [FC1] = first, [FC2] = none } },
                        counts = { .flags = LTC_MASK_OWN_COUNT };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &selector, &c, &all);
    r.scope = LT_SCOPE_GLOBAL, r.min_alive = 1;
    rig_refused(&r, LTC_EOPTION, "mask 'rig' chooses weights as a whole and cannot keep some of each tensor");
    r.options = &counts, r.scope = LT_SCOPE_LAYER;
    rig_refused(&r, LTC_EOPTION, "cannot keep some of each tensor");
    r.options = &c, r.scope = LT_SCOPE_GLOBAL, r.min_alive = 0, r.keep_one = 1;
    rig_refused(&r, LTC_EOPTION, "mask 'rig' has no scores to choose one weight of fc2.weight by");
    lt_masks_free(&all);
    lt_graph_free(&g);
}

/* The definition: cut; what comes out below its floor is put at it; the others again, until none does. */
enum { PARTS = 4, EACH = 50 };
static void a_cut_above_floors_is_that_of_repeated_cuts(void)
{
    for (uint32_t trial = 0; trial < 300; trial++) {
        const ltc_key key = { trial, 9 };
        static float score[PARTS][EACH];
        static uint8_t before[PARTS][EACH], got[PARTS][EACH], expected[PARTS][EACH];
        uint64_t alive[PARTS] = { 0 }, floors = 0, all = 0, least = ltc_rand_below(key, 5000, 12);
        for (size_t i = 0; i < PARTS * EACH; i++) {
            score[i / EACH][i % EACH] = roundf(4 * ltc_rand_normal(key, i)) +
                                        (float)(i / EACH) * (trial % 3 ? 3.0f : 0.0f);
            alive[i / EACH] += before[i / EACH][i % EACH] = ltc_rand_u32(ltc_key_fold(key, 1), i) % 8 != 0;
        }
        for (size_t t = 0; t < PARTS; t++)
            floors += alive[t] < least ? alive[t] : least, all += alive[t];
        const uint64_t k = ltc_rand_below(key, 6000, (uint32_t)(all - floors) + 1);
        bool fixed[PARTS] = { false };
        for (bool again = true; again;) {
            lt_ranked part[PARTS];
            size_t n = 0;
            uint64_t goes = k;
            again = false;
            memcpy(expected, before, sizeof before);
            for (size_t t = 0; t < PARTS; t++) {
                if (fixed[t])
                    lt_rank_cut(&(lt_ranked){ score[t], expected[t], EACH, 0 }, 1, alive[t] - least),
                        goes -= alive[t] - least;
                else
                    part[n++] = (lt_ranked){ score[t], expected[t], EACH, 0 };
            }
            lt_rank_cut(part, n, goes);
            for (size_t t = 0; t < PARTS; t++)
                if (!fixed[t] && lt_mask_alive(expected[t], EACH) < (alive[t] < least ? alive[t] : least))
                    fixed[t] = again = true;
        }
        lt_ranked part[PARTS];
        memcpy(got, before, sizeof before);
        for (size_t t = 0; t < PARTS; t++)
            part[t] = (lt_ranked){ score[t], got[t], EACH, least };
        lt_rank_cut_above(part, PARTS, k);
        CU_ASSERT(!memcmp(got, expected, sizeof got));
        uint64_t kept = 0;
        for (size_t t = 0; t < PARTS; t++) {
            kept += lt_mask_alive(got[t], EACH);
            CU_ASSERT(lt_mask_alive(got[t], EACH) >= (alive[t] < least ? alive[t] : least));
        }
        CU_ASSERT_EQUAL(kept, all - k);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "totals are exact, and floors and ceilings are kept",
          totals_are_exact_and_floors_and_ceilings_are_kept },
        { "erk is one eps for all layers", erk_is_one_eps_for_all_layers },
        { "erk of Lenet is what the formula gives", erk_of_lenet_is_what_the_formula_gives },
        { "lamp keeps the highest scores of all layers", lamp_keeps_the_highest_scores_of_all_layers },
        { "lamp leaves every layer one while there are enough",
          lamp_leaves_every_layer_one_while_there_are_enough },
        { "trap 19: lamp is blind to a layer's scale", trap_19_lamp_is_blind_to_a_layers_scale },
        { "a weight that is not finite is refused", a_weight_that_is_not_finite_is_refused },
        { "rates allocate what is alive", rates_allocate_what_is_alive },
        { "trap 19: a floor holds, and the others give more",
          trap_19_a_floor_holds_and_the_others_give_more },
        { "a control keeps its total, and floors within it", a_control_keeps_its_total_and_floors_within_it },
        { "a criterion without scores knows no floor", a_criterion_without_scores_knows_no_floor },
        { "a cut above floors is that of repeated cuts", a_cut_above_floors_is_that_of_repeated_cuts },
    };
    return lt_suite_run("allocation", claims, sizeof claims / sizeof claims[0]);
}
