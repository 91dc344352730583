/* Claims about what a mask leaves of a network: layers with nothing left, paths from the input to the logits.
 * Numbers of traps are those of the list of what implementations of lottery tickets got wrong. */
#include "suite.h"

#include <string.h>

#include "prune/collapse.h"
#include "prune_rig.h"

/* 3 x 32 x 32 to 1 x 1 by pooling, so that a 3 x 3 kernel meets nothing but its middle. */
static ltc_status point(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    ltc_val x = ltc_max_pool(b, b->input, (ltc_pool_args){ .size = 32 });
    x = ltc_conv2d(b, x, "conv", (ltc_conv2d_args){ .out = 1, .pad = 1 });
    *logits = ltc_linear(b, ltc_flatten(b, x), "fc", (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

/* Three channels, and a group for each; padded by two zero channels in front; beside it a second branch,
 * behind it in a concat. */
static ltc_status branches(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)o, (void)err;
    ltc_val both[2], x = ltc_conv2d(b, b->input, "first", (ltc_conv2d_args){ .out = 3, .kernel = 1 });
    both[0] = ltc_pad_channels(
        b, ltc_conv2d(b, x, "grouped", (ltc_conv2d_args){ .out = 3, .pad = 1, .groups = 3 }), 2, 0);
    both[1] = ltc_conv2d(b, b->input, "other", (ltc_conv2d_args){ .out = 2, .pad = 1 });
    both[1] = ltc_batch_norm(b, both[1], "bn", (ltc_batch_norm_args){ 0 });
    x = ltc_concat(b, both, 2);
    *logits = ltc_linear(b, ltc_global_pool(b, ltc_relu(b, x)), "fc",
                         (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

/* n weights of a parameter, from `first`, are pruned. n 0: all. */
typedef struct hole { const char *param; size_t first, n; } hole;

static lt_masks masks_with(const lt_graph *g, const hole *h)
{
    lt_masks m = rig_all_weights(g);
    for (; h->param; h++) {
        const uint32_t p = rig_param(g, h->param);
        memset(m.mask[p] + h->first, 0, h->n ? h->n : g->view.param[p].n);
    }
    return m;
}

static lt_collapse found(const lt_graph *g, const lt_masks *m)
{
    lt_collapse c;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_collapse_find(&g->view, m, &c, &err), LTC_OK);
    return c;
}

/* rig_residual: conv1 [4, 3, 3, 3]; conv [8, 4, 3, 3] and downsample [8, 4, 1, 1], added; hidden [6, 8]; fc
 * [10, 6]. branches: grouped [3, 1, 3, 3], other [2, 3, 3, 3], fc [10, 2 + 3 + 2]. */
static const struct { rig_build *build; hole holes[5]; uint32_t empty; bool cut; } cases[] = {
    { rig_tiny, { { 0 } }, 0, false },
    { rig_tiny, { { "fc1.weight", 0, 0 } }, 1, true },                /* traps 20 and 47:
                                                                       * biases are no path */
    { rig_tiny, { { "fc2.weight", 0, 0 } }, 1, true },
    { rig_tiny, { { "fc1.weight", 0, 0 }, { "fc2.weight", 0, 0 } }, 2, true },
    { rig_tiny, { { "fc1.weight", 0, 11 } }, 0, false },              /* unit 2 sees input 3, and
                                                                       * both logits see it */
    /* units 0 and 1 see nothing, and unit 2 is not looked at: every layer has weights,
     * and there is no path */
    { rig_tiny, { { "fc1.weight", 0, 8 }, { "fc2.weight", 2, 1 }, { "fc2.weight", 5, 1 } }, 0, true },
    { rig_tiny, { { "fc1.weight", 0, 8 }, { "fc2.weight", 2, 1 } }, 0, false },
    { rig_residual, { { "layer1.conv.weight", 0, 0 } }, 1, false },   /* around it by the shortcut */
    { rig_residual, { { "layer1.downsample.0.weight", 0, 0 } }, 1, false },
    { rig_residual, { { "layer1.conv.weight", 0, 0 }, { "layer1.downsample.0.weight", 0, 0 } }, 2, true },
    { rig_residual, { { "conv1.weight", 0, 0 } }, 1, true },          /* the norm's beta is no path */
    /* the sum lives in channels 6 and 7 alone */
    { rig_residual, { { "layer1.conv.weight", 0, 252 }, { "layer1.downsample.0.weight", 0, 24 } }, 0, false },
    { rig_conv2, { { "conv2.weight", 0, 0 } }, 1, true },
    /* channel 0 of conv1 lives, and of conv2 the last reads it; or reads all but that */
    { rig_conv2, { { "conv1.weight", 27, 63 * 27 }, { "conv2.weight", 0, 63 * 576 } }, 0, false },
    { rig_conv2, { { "conv1.weight", 27, 63 * 27 }, { "conv2.weight", 0, 63 * 576 },
    { "conv2.weight", 63 * 576, 9 } }, 0, true },
    { branches, { { "grouped.weight", 0, 0 } }, 1, false },
    /* group 2, as channel 4 */
    { branches, { { "grouped.weight", 0, 18 }, { "other.weight", 0, 0 } }, 1, false },
    { point, { { 0 } }, 0, false },
    /* padding alone */
    { point, { { "conv.weight", 4, 1 }, { "conv.weight", 13, 1 }, { "conv.weight", 22, 1 } }, 0, true },
    { point, { { "conv.weight", 0, 4 }, { "conv.weight", 5, 22 } }, 0, false }, /* the middle alone */
};

static void traps_20_and_47_empty_layers_and_dead_paths_are_found(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lt_graph g = rig_graph(cases[i].build);
        lt_masks m = masks_with(&g, cases[i].holes);
        const lt_collapse c = found(&g, &m);
        if (c.n_empty != cases[i].empty || c.cut != cases[i].cut)
            fprintf(stderr, "\ncase %zu: %u empty, %s\n", i, c.n_empty, c.cut ? "cut" : "not cut");
        CU_ASSERT(c.n_empty == cases[i].empty && c.cut == cases[i].cut);
        lt_masks_free(&m);
        lt_graph_free(&g);
    }
}

/* Logits that look at one channel each: which of them live is which channels do. */
static void channels_are_followed_one_by_one(void)
{
    static const struct { size_t channel; hole holes[3]; bool cut; } given[] = {
        { 0, { { 0 } }, true }, { 1, { { 0 } }, true },               /* the zero channels in front */
        { 2, { { 0 } }, false }, { 4, { { 0 } }, false }, { 6, { { 0 } }, false },
        { 2, { { "grouped.weight", 0, 9 } }, true }, { 3, { { "grouped.weight", 0, 9 } }, false },
        { 4, { { "grouped.weight", 18, 9 } }, true }, { 5, { { "other.weight", 0, 27 } }, true },
        { 6, { { "other.weight", 0, 27 } }, false }, { 6, { { "other.weight", 27, 26 } }, false },
        { 6, { { "other.weight", 27, 27 } }, true },
        /* each group its own */
        { 2, { { "first.weight", 0, 3 } }, true }, { 3, { { "first.weight", 0, 3 } }, false },
        { 4, { { "first.weight", 0, 6 } }, false }, { 3, { { "first.weight", 3, 3 } }, true },
    };
    lt_graph g = rig_graph(branches);
    const uint32_t fc = rig_param(&g, "fc.weight");
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        lt_masks m = masks_with(&g, given[i].holes);
        memset(m.mask[fc], 0, g.view.param[fc].n);
        m.mask[fc][3 * 7 + given[i].channel] = 1;
        CU_ASSERT_EQUAL(found(&g, &m).cut, given[i].cut);
        lt_masks_free(&m);
    }
    lt_graph_free(&g);
}

/* Only channel `lives` of conv2 sees the input, and fc1 reads only the 256 units of channel `read`. */
static void trap_45_a_channel_owns_its_units_behind_a_flatten(void)
{
    enum { CHANNELS = 64, UNITS = 256, KERNELS = 576 };
    lt_graph g = rig_graph(rig_conv2);
    for (size_t lives = 0; lives < CHANNELS; lives += 21)
        for (size_t read = 0; read < CHANNELS; read += 21) {
            lt_masks m = rig_all_weights(&g);
            uint8_t *conv2 = m.mask[rig_param(&g, "conv2.weight")],
                    *fc1 = m.mask[rig_param(&g, "fc1.weight")];
            memset(conv2, 0, CHANNELS * KERNELS);
            conv2[lives * KERNELS + 4] = 1;
            for (size_t unit = 0; unit < 256; unit++) {
                memset(fc1 + unit * CHANNELS * UNITS, 0, CHANNELS * UNITS);
                fc1[unit * CHANNELS * UNITS + read * UNITS + unit] = 1;
            }
            CU_ASSERT_EQUAL(found(&g, &m).cut, lives != read);
            lt_masks_free(&m);
        }
    lt_graph_free(&g);
}

/* include = ["norm"]: a gain of 0 gives a constant; a bias of 0 cuts nothing, and is no layer. */
static void a_pruned_gain_cuts_and_a_pruned_bias_does_not(void)
{
    lt_graph g = rig_graph(rig_residual);
    uint8_t eligible[64] = { 0 };
    eligible[rig_param(&g, "bn1.weight")] = eligible[rig_param(&g, "bn1.bias")] =
        eligible[rig_param(&g, "fc.bias")] = 1;
    ltc_error err;
    lt_masks m = { 0 };
    CU_ASSERT_EQUAL_FATAL(lt_masks_create(&g.view, eligible, &m, &err), LTC_OK);
    memset(m.mask[rig_param(&g, "fc.bias")], 0, 10);
    memset(m.mask[rig_param(&g, "bn1.bias")], 0, 4);
    CU_ASSERT(!found(&g, &m).cut && !found(&g, &m).n_empty);
    memset(m.mask[rig_param(&g, "bn1.weight")], 0, 3);
    CU_ASSERT(!found(&g, &m).cut);
    memset(m.mask[rig_param(&g, "bn1.weight")], 0, 4);
    CU_ASSERT(found(&g, &m).cut && !found(&g, &m).n_empty);
    lt_masks_free(&m);
    lt_graph_free(&g);
}

static void the_sentence_names_the_layer_and_what_follows(void)
{
    static const struct { lt_collapse c; const char *says; } given[] = {
        { { 1, FC2, true }, "nothing is left of fc2.weight: the logits no longer depend on the input" },
        { { 2, FC1, true }, "nothing is left of fc1.weight and of 1 other layer: the logits" },
        { { 3, FC1, false }, "of fc1.weight and of 2 other layers: the input reaches the logits around it" },
        { { 0, 0, true }, "every layer has weights left, but no path" },
    };
    lt_graph g = rig_graph(rig_tiny);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        char text[320];
        lt_collapse_text(&g.view, &given[i].c, text, sizeof text);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, given[i].says));
        CU_ASSERT(strlen(text) < sizeof text - 1);
    }
    lt_graph_free(&g);
}

/* Global magnitude takes all of fc2: it keeps its highest, of equals the last, and nobody pays for it. */
static void traps_20_and_47_keep_one_leaves_no_layer_empty(void)
{
    static const float high[12] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }, low[6] = { 1, 2, 3, 3, 1, 2 };
    static const uint8_t expected[6] = { 0, 0, 0, 1, 0, 0 };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = high, [FC2] = low } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks m = rig_all_weights(&g);
    for (uint32_t round = 0; round < 6; round++) {
        const uint64_t alive = lt_masks_alive(&g.view, &m), others = rig_alive(&g, &m, FC1);
        lt_selection_request r = rig_request(&g, &scorer, &c, &m);
        r.scope = LT_SCOPE_GLOBAL, r.keep_one = 1;
        lt_masks next = rig_select(&r);
        lt_masks_free(&m);
        m = next;
        CU_ASSERT(!memcmp(m.mask[FC2], expected, 6));
        CU_ASSERT(rig_alive(&g, &m, FC1) >= 1 && rig_alive(&g, &m, FC1) <= others);
        CU_ASSERT(round || (rig_alive(&g, &m, FC1) == 9 && alive == 18));     /* 9 of 18, and one more */
        CU_ASSERT(!found(&g, &m).n_empty);
    }
    CU_ASSERT_EQUAL(lt_masks_alive(&g.view, &m), 2);
    lt_masks_free(&m);
    lt_graph_free(&g);
}

/* Everything of rig_tiny but the output's bias. */
static lt_masks masks_with_a_bias(const lt_graph *g)
{
    static const uint8_t eligible[4] = { [FC1] = 1, [FC1_BIAS] = 1, [FC2] = 1 };
    lt_masks m = { 0 };
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_masks_create(&g->view, eligible, &m, &err), LTC_OK);
    return m;
}

/* A matched control owes a layer one weight where the sum leaves the choice, and a bias or an
 * emptied layer nothing. */
static void keep_one_binds_a_matched_control_by_its_weights_alone(void)
{
    static const float high[12] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }, low[6] = { 1, 2, 3, 3, 1, 2 },
                       least[3] = { 0 };
    static const struct { int64_t scope; uint64_t exact[4], kept[3]; } given[] = {
        { LT_SCOPE_LAYER, { 5, 0, 2 }, { 5, 0, 2 } },                 /* main emptied the bias */
        { LT_SCOPE_LAYER, { 5, 1, 0 }, { 5, 1, 0 } },                 /* and here a weight, without
                                                                       * keep-one */
        { LT_SCOPE_LAYER, { 0, 0, 0 }, { 0, 0, 0 } },
        { LT_SCOPE_GLOBAL, { 5, 0, 2 }, { 6, 0, 1 } }, { LT_SCOPE_GLOBAL, { 2, 0, 0 }, { 1, 0, 1 } },
    };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .score = { [FC1] = high, [FC1_BIAS] = least, [FC2] = low } };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = masks_with_a_bias(&g);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        lt_selection_request r = rig_request(&g, &scorer, &c, &all);
        r.scope = given[i].scope, r.exact = given[i].exact, r.keep_one = 1;
        lt_masks m = rig_select(&r);
        for (uint32_t p = FC1; p <= FC2; p++)
            CU_ASSERT_EQUAL(rig_alive(&g, &m, p), given[i].kept[p]);
        lt_masks_free(&m);
    }
    lt_masks_free(&all);
    lt_graph_free(&g);
}

static void what_keep_one_cannot_do_is_not_blamed_on_min_alive(void)
{
    static const uint64_t one[4] = { [FC1] = 1 }, seven[4] = { [FC1] = 7 };
    const lt_module scorer = rig_scorer(), selector = rig_selector();
    const rig_criterion c = { .draw = 1 };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = masks_with_a_bias(&g), m = { 0 };
    ltc_error err = { .message = "" };
    lt_selection_request r = rig_request(&g, &scorer, &c, &all);
    r.scope = LT_SCOPE_GLOBAL, r.keep_one = 1, r.exact = one;
    rig_refused(&r, LTC_EINVAL,
                "1 weights are to be kept, as many as in the mask that is matched, but at least 1 in each "
                "layer are 2: choose another prune.collapse than \"keep-one\"");
    r.criterion = &selector, r.exact = seven;
    CU_ASSERT_EQUAL(lt_select(&r, &m, &err), LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.option, "collapse");
    r.min_alive = 2;
    CU_ASSERT_EQUAL(lt_select(&r, &m, &err), LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.option, "min_alive");
    lt_masks_free(&all);
    lt_graph_free(&g);
}

/* fc1 goes whole and fc2 by half: fc1 is scored once more, at the end. */
static void keep_one_tells_the_densities_of_the_layers_own_pool(void)
{
    static const lt_layer_budget layer[4] = { [FC1] = { .entry = 1, .value = 1 } };
    rig_seen seen = { 0 };
    const lt_module scorer = rig_scorer();
    const rig_criterion c = { .seen = &seen };
    lt_graph g = rig_graph(rig_tiny);
    lt_masks all = rig_all_weights(&g);
    lt_selection_request r = rig_request(&g, &scorer, &c, &all);
    r.layer = layer, r.keep_one = 1;
    lt_masks m = rig_select(&r);
    CU_ASSERT(rig_alive(&g, &m, FC1) == 1 && rig_alive(&g, &m, FC2) == 3);
    CU_ASSERT(seen.calls == 3 && seen.now == 1 && seen.goal == 0);
    lt_masks_free(&m), lt_masks_free(&all);
    lt_graph_free(&g);
}

int main(void)
{
    static const lt_test claims[] = {
        { "traps 20 and 47: empty layers and dead paths are found",
          traps_20_and_47_empty_layers_and_dead_paths_are_found },
        { "channels are followed one by one", channels_are_followed_one_by_one },
        { "trap 45: a channel owns its units behind a flatten",
          trap_45_a_channel_owns_its_units_behind_a_flatten },
        { "a pruned gain cuts, and a pruned bias does not", a_pruned_gain_cuts_and_a_pruned_bias_does_not },
        { "the sentence names the layer and what follows", the_sentence_names_the_layer_and_what_follows },
        { "traps 20 and 47: keep-one leaves no layer empty", traps_20_and_47_keep_one_leaves_no_layer_empty },
        { "keep-one binds a matched control by its weights alone",
          keep_one_binds_a_matched_control_by_its_weights_alone },
        { "what keep-one cannot do is not blamed on min_alive",
          what_keep_one_cannot_do_is_not_blamed_on_min_alive },
        { "keep-one tells the densities of the layer's own pool",
          keep_one_tells_the_densities_of_the_layers_own_pool },
    };
    return lt_suite_run("collapse", claims, sizeof claims / sizeof claims[0]);
}
