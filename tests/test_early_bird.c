/* Claims about early birds: the distance of masks, and the rule by which one is drawn (You et al. 2020). */
#include "plan/early_bird.h"

#include "prune_rig.h"
#include "results/results.h"
#include "suite.h"

/* Of six masks of 100 weights, row by row: mask 1 and 0; mask 2 and 0, 1; ... */
static const uint64_t by_hand[] = {
    30,
    40, 12,
    45, 11, 9,
    50, 20, 10, 8,
    55, 25, 15, 10, 3,
};

static void the_first_at_rest_is_drawn(void)
{
    static const struct { uint64_t window; double distance; uint32_t drawn; } of[] = {
        { 2, 0.1, 3 },                        /* 9; before it 30 and 12 */
        { 3, 0.1, 4 },                        /* 8 and, just not too far, 10; of mask 3 9, but 11 */
        { 3, 0.0999, 6 },                     /* none: 10 of mask 5 too */
        { 4, 0.1, 6 }, { 4, 0.15, 5 },        /* 3, 10, 15 */
        { 5, 0.5, 4 }, { 6, 0.55, 5 }, { 7, 1, 6 },
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        CU_ASSERT_EQUAL(lt_early_bird(by_hand, 6, 100, of[i].window, of[i].distance), of[i].drawn);
}

/* With five alike it is the fifth, drawn after five epochs: one before would make it the fourth. */
static void trap_39_no_mask_is_of_the_untrained_network(void)
{
    static const uint64_t alike[10 * 9 / 2] = { 0 };
    for (uint32_t n = 0; n <= 10; n++)
        CU_ASSERT_EQUAL(lt_early_bird(alike, n, 100, 5, 0.1), n < 5 ? n : 4);
}

static lt_mask_bits bits_of(const lt_graph *g, const lt_masks *m)
{
    lt_mask_bits b;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_mask_bits_of(&g->view, m, &b, &err), LTC_OK);
    return b;
}

/* Over parameters of 235,200, 30,000 and 1,000 weights: their borders are in the middle of words. */
static void a_distance_is_a_count_over_all_parameters(void)
{
    lt_graph g = rig_graph(rig_lenet);
    lt_masks m = rig_all_weights(&g), other = rig_all_weights(&g);
    lt_mask_bits all = bits_of(&g, &m);
    uint64_t differ = 0;
    CU_ASSERT_EQUAL(all.n, 266200);
    for (uint32_t p = 0; p < g.view.n_params; p++) {
        const size_t n = ltc_graph_param(&g.view, p)->n;
        for (size_t i = 0; other.mask[p] && i < n; i += 1 + 7 * (p + 1))
            other.mask[p][i] = 0, differ++;
        if (other.mask[p] && other.mask[p][n - 1])
            other.mask[p][n - 1] = 0, differ++;
    }
    lt_mask_bits less = bits_of(&g, &other);
    CU_ASSERT_EQUAL(lt_mask_bits_differ(&all, &less), differ);
    CU_ASSERT_EQUAL(lt_mask_bits_differ(&less, &all), differ);
    CU_ASSERT_EQUAL(lt_mask_bits_differ(&less, &less), 0);
    lt_mask_bits_free(&less), lt_mask_bits_free(&all);
    lt_masks_free(&m), lt_masks_free(&other);
    lt_graph_free(&g);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the first at rest is drawn", the_first_at_rest_is_drawn },
        { "trap 39: no mask is of the untrained network", trap_39_no_mask_is_of_the_untrained_network },
        { "a distance is a count over all parameters", a_distance_is_a_count_over_all_parameters },
    };
    return lt_suite_run("early_bird", claims, sizeof claims / sizeof claims[0]);
}
