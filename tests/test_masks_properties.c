/* Claims that hold for every criterion that scores weights, shown on 100,000 draws of small tensors: what
 * lt_select keeps is held against the formulas, written here once more, in the total order of score, tensor
 * and element. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "masks_rig.h"

enum { DRAWS = 100000 };

typedef double formula(const rig_net *n, size_t i);

static double initial(const rig_net *n, size_t i)
{
    return fabs((double)n->init[i]);
}

static double large(const rig_net *n, size_t i)
{
    return fabs((double)n->final[i]);
}

static double small(const rig_net *n, size_t i)
{
    return -fabs((double)n->final[i]);
}

static double small_at_first(const rig_net *n, size_t i)
{
    return -fabs((double)n->init[i]);
}

static double grown(const rig_net *n, size_t i)
{
    return fabs((double)n->final[i]) - fabs((double)n->init[i]);
}

static double moved(const rig_net *n, size_t i)
{
    return fabs((double)n->final[i] - (double)n->init[i]);
}

static bool alive(const lt_masks *m, size_t i)
{
    return i < RIG_FC1 ? m->mask[FC1][i] : m->mask[FC2][i - RIG_FC1];
}

static bool same_layer(size_t i, size_t j)
{
    return (i < RIG_FC1) == (j < RIG_FC1);
}

static double lamp(const rig_net *n, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j < RIG_WEIGHTS; j++)
        if (same_layer(i, j) && alive(&n->before, j) && large(n, j) >= large(n, i))
            sum += large(n, j) * large(n, j);
    return large(n, i) > 0 ? (double)(float)(large(n, i) * large(n, i) / sum) : 0;
}

static double percentile(const rig_net *n, size_t i, formula *f, bool layer)
{
    double up_to = 0;
    for (size_t j = 0; j < RIG_WEIGHTS; j++)
        up_to += (!layer || same_layer(i, j)) && alive(&n->before, j) && f(n, j) <= f(n, i);
    return up_to;
}

static double both_large(const rig_net *n, size_t i)
{
    return fmin(percentile(n, i, initial, true), percentile(n, i, large, true));
}

static double both_small(const rig_net *n, size_t i)
{
    return fmin(percentile(n, i, small_at_first, true), percentile(n, i, small, true));
}

/* What is drawn: multiples of 1/8, so that sizes tie and no formula rounds; some weights already pruned. */
static void draw(rig_net *n, uint32_t d)
{
    const ltc_key key = { 5, d };
    char bits[RIG_WEIGHTS + 1] = "";
    for (size_t i = 0; i < RIG_WEIGHTS; i++) {
        n->init[i] = (float)ltc_rand_below(key, 2 * i, 33) / 8 - 2;
        n->final[i] = (float)ltc_rand_below(key, 2 * i + 1, 33) / 8 - 2;
        bits[i] = ltc_rand_below(key, 100 + i, 8) ? '1' : '0';
    }
    rig_net_alive(n, bits);
}

static const struct { const char *module; formula *score; bool pool_is_layer; } criteria[] = {
    { "magnitude", large, false }, { "small-final", small, false }, { "large-init", initial, false },
    { "small-init", small_at_first, false }, { "magnitude-increase", grown, false },
    { "distance-moved", moved, false },
    { "lamp", lamp, false }, { "large-init-large-final", both_large, true },
    { "small-init-small-final", both_small, true },
};
enum { CRITERIA = sizeof criteria / sizeof criteria[0] };

/* Does what goes lie below what stays? By score, then by order; in a pool. */
static bool in_order(const rig_net *n, const lt_masks *m, const double *score, bool layers)
{
    bool right = true;
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        for (size_t j = 0; j < RIG_WEIGHTS; j++) {
            const bool goes = alive(&n->before, i) && !alive(m, i), stays = alive(m, j);
            if (goes && stays && (!layers || same_layer(i, j)))
                right &= score[i] < score[j] || (score[i] == score[j] && i < j);
        }
    return right;
}

static unsigned count(const lt_masks *m, size_t from, size_t to)
{
    unsigned n = 0;
    for (size_t i = from; i < to; i++)
        n += alive(m, i);
    return n;
}

/* Exactly round-half-even(rate alive) of each pool go. */
static bool counts_right(const rig_net *n, const lt_masks *m, double rate, bool layers)
{
    const size_t pool[][2] = { { 0, RIG_FC1 }, { RIG_FC1, RIG_WEIGHTS }, { 0, RIG_WEIGHTS } };
    bool right = true;
    for (size_t p = layers ? 0 : 2; p < (layers ? 2 : 3); p++) {
        const unsigned before = count(&n->before, pool[p][0], pool[p][1]);
        right &= before - count(m, pool[p][0], pool[p][1]) == (unsigned)rint(rate * before);
    }
    return right;
}

static bool subset(const rig_net *n, const lt_masks *m)
{
    bool right = true;
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        right &= alive(&n->before, i) || !alive(m, i);
    return right;
}

static bool same(const lt_masks *a, const lt_masks *b)
{
    return !memcmp(a->mask[FC1], b->mask[FC1], RIG_FC1) && !memcmp(a->mask[FC2], b->mask[FC2], RIG_FC2);
}

/* With a condition, weights that fail it come first among those that go: the score is shifted by more than
 * any size. */
static void score_all(const rig_net *n, size_t c, int64_t signs, double *score)
{
    for (size_t i = 0; i < RIG_WEIGHTS; i++) {
        const int a = (n->init[i] > 0) - (n->init[i] < 0), b = (n->final[i] > 0) - (n->final[i] < 0);
        score[i] = criteria[c].score(n, i) + (signs && (a == b) == (signs == 1) ? 1000 : 0);
    }
}

static void every_cut_is_exact_and_in_the_total_order(void)
{
    unsigned wrong = 0;
    rig_net n;
    rig_net_make(&n);
    for (uint32_t d = 0; d < DRAWS; d++) {
        const size_t c = d % CRITERIA;
        const bool layers = criteria[c].pool_is_layer || d / CRITERIA % 2;
        const int64_t signs = criteria[c].score == lamp ? 0 : d / 2 / CRITERIA % 3;
        double score[RIG_WEIGHTS];
        draw(&n, d);
        lt_selection_request r = rig_net_request(&n, criteria[c].module, &signs);
        r.scope = layers ? LT_SCOPE_LAYER : LT_SCOPE_GLOBAL;
        r.budget.value = ltc_rand_below((ltc_key){ 6, d }, 0, 101) / 100.0;
        lt_masks m = rig_select(&r), again = { 0 };
        if (d % 16 == 0)
            again = rig_select(&r);
        score_all(&n, c, signs, score);
        wrong += !(counts_right(&n, &m, r.budget.value, layers) && subset(&n, &m) &&
                   (!again.mask || same(&m, &again)) &&
                   in_order(&n, &m, score, layers));
        lt_masks_free(&m), lt_masks_free(&again);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    rig_net_drop(&n);
}

/* Where nothing ties, which weights stay has nothing to do with where they lie. */
static void without_ties_order_does_not_matter(void)
{
    unsigned wrong = 0;
    rig_net n, mirrored;
    rig_net_make(&n), rig_net_make(&mirrored);
    for (uint32_t d = 0; d < 1000 * CRITERIA; d++) {
        const int64_t any = 0;
        for (size_t i = 0; i < RIG_FC1; i++) {
            n.init[i] = mirrored.init[RIG_FC1 - 1 - i] = ltc_rand_normal((ltc_key){ 7, d }, i);
            n.final[i] = mirrored.final[RIG_FC1 - 1 - i] = ltc_rand_normal((ltc_key){ 8, d }, i);
        }
        const size_t c = d % CRITERIA;
        if (criteria[c].pool_is_layer)
            continue;                         /* two weights may share the lower of their percentiles */
        lt_selection_request r = rig_net_request(&n, criteria[c].module, &any),
                             q = rig_net_request(&mirrored, criteria[c].module, &any);
        lt_masks a = rig_select(&r), b = rig_select(&q);
        for (size_t i = 0; i < RIG_FC1; i++)
            wrong += a.mask[FC1][i] != b.mask[FC1][RIG_FC1 - 1 - i];
        lt_masks_free(&a), lt_masks_free(&b);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    rig_net_drop(&n), rig_net_drop(&mirrored);
}

/* At rate 0 nothing goes and at rate 1 everything, also where all scores tie. */
static void thresholds_have_no_traps(void)
{
    static const struct { double rate; unsigned fc1, fc2; } each[] = {
        { 0, 12, 6 }, { 1, 0, 0 }, { 0.5, 6, 3 }, { 0.04, 12, 6 }, { 0.125, 10, 5 }, { 0.25, 9, 4 },
    };
    static const int64_t any = 0;
    rig_net n;
    rig_net_make(&n);
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        n.init[i] = n.final[i] = 0.5f;        /* all tie, as the gains of a batch norm do at first */
    for (size_t c = 0; c < CRITERIA; c++)
        for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
            lt_selection_request r = rig_net_request(&n, criteria[c].module, &any);
            r.budget.value = each[i].rate;
            lt_masks m = rig_select(&r);
            CU_ASSERT(count(&m, 0, RIG_FC1) == each[i].fc1 && count(&m, RIG_FC1, RIG_WEIGHTS) == each[i].fc2);
            for (size_t k = 0; k < RIG_FC1; k++)
                CU_ASSERT_EQUAL(alive(&m, k), k >= RIG_FC1 - each[i].fc1);    /* the first go */
            lt_masks_free(&m);
        }
    rig_net_drop(&n);
}

int main(void)
{
    static const lt_test claims[] = {
        { "every cut is exact and in the total order", every_cut_is_exact_and_in_the_total_order },
        { "without ties, order does not matter", without_ties_order_does_not_matter },
        { "traps 9 and 11: n go and not n + 1, all at rate 1, and ties in order", thresholds_have_no_traps },
    };
    const int code = lt_suite_run("masks properties", claims, sizeof claims / sizeof claims[0]);
    rig_modules_close();
    return code;
}
