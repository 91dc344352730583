/* ltcore/mask.h: a mask criterion scores weights; the core ranks and cuts.
 *
 * Scope, density, exact counts, ties (score, then tensor, then element), the check that every score is
 * finite, and that pruned weights stay pruned are the core's, so that all criteria share them. A criterion
 * answers in one of three ways: `score` a tensor's weights (higher is kept), `score_group` a group's
 * channels, or `select` the whole mask. It sees selection masks only: 0 pruned, 1 kept. */
#ifndef LTCORE_MASK_H
#define LTCORE_MASK_H

#include <ltcore/probe.h>
#include <ltcore/rng.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LTC_MASK_ABI 1u

/* What a criterion reads: weights at step 0; where kept weights go back to; when the mask is drawn; at the
 * end of the dense training. What it did not ask for is NULL. */
enum {
    LTC_NEED_INIT      = 1u << 0,
    LTC_NEED_REWIND    = 1u << 1,
    LTC_NEED_FINAL     = 1u << 2,
    LTC_NEED_DENSE     = 1u << 3,
    LTC_NEED_PROBE     = 1u << 4,
    LTC_MASK_OWN_COUNT = 1u << 8              /* select fixes the density: a configured rate or
                                               * density is an error */
};

typedef struct ltc_mask_tensor {
    uint32_t       size, index, role, rank;   /* index: the parameter's in the graph; role: LTC_ROLE_* */
    const char    *name;                      /* "layer2.0.conv1.weight" */
    const int64_t *dim;
    size_t         n;
    const float   *w_init, *w_rewind, *w_final, *w_dense;
    const uint8_t *mask;                      /* the selection so far; scores of pruned places are not read */
} ltc_mask_tensor;

/* Channel c of a group is the slice [first + c * block, ... + block) of that axis of t[tensor],
 * or of that value. */
typedef struct ltc_group_part { uint32_t tensor, axis, first, block; } ltc_group_part;

/* Channels that live or die together, found by the core. */
typedef struct ltc_mask_group {
    uint32_t size, index, n_parts, n_values;
    size_t   n_channels;
    const ltc_group_part *part;               /* all tensors they run through: producers, norms, consumers */
    const ltc_group_part *value;              /* the activations that carry them, for a probe to capture */
    const uint8_t *alive;                     /* [n_channels] */
} ltc_mask_group;

typedef struct ltc_mask_env {
    uint32_t size, round;
    ltc_key  key;                             /* for what the criterion draws */
    double   density_now, density_goal;       /* goal: NaN with LTC_MASK_OWN_COUNT */
    const ltc_host *host;
} ltc_mask_env;

/* At least one of score, score_group, select; all pure functions of their arguments and of
 * what `prepare` made. */
typedef struct ltc_mask_ops {
    uint32_t   size, flags, host_size, probe_size, graph_size, node_size, param_size, value_size,
               mask_env_size, mask_tensor_size, mask_group_size, reserved;
    /* An instance of its own; NULL: self is opts. */
    ltc_status (*create)(const ltc_host *h, const void *opts, void **self, ltc_error *err);
    void       (*destroy)(void *self);

    /* score [t->n], finite. [parallel] */
    ltc_status (*score)(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                        float *score, ltc_error *err);

    /* score [g->n_channels], finite; t holds every tensor of the graph, by index. [parallel] */
    ltc_status (*score_group)(const void *self, const ltc_mask_env *env, const ltc_mask_group *g,
                              const ltc_mask_tensor *const *t, float *score, ltc_error *err);

    /* mask[i] [t[i]->n] of 0 and 1, a subset of t[i]->mask; n eligible tensors. [serial] */
    ltc_status (*select)(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                         size_t n, uint8_t *const *mask, ltc_error *err);
    uint32_t   (*flags_of)(const void *self); /* NULL: flags; else this instance's, by its options */

    /* NULL, or called once a selection before all of the above: what takes a look at the whole network,
     * such as gradients, is computed here and kept in the instance, so it needs `create`; the other
     * functions then read it and are pure beside it. All n eligible tensors, whatever the scope; the
     * densities are those of all of them together. The tensors and their masks stay what they are until the
     * instance ends. [serial] */
    ltc_status (*prepare)(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t, size_t n,
                          ltc_error *err);
} ltc_mask_ops;
#define LTC_MASK_OPS                                                                                         \
    .size = sizeof(ltc_mask_ops), LTC_SIZE(host), LTC_SIZE(probe), LTC_SIZE(graph), LTC_SIZE(node),          \
    LTC_SIZE(param), LTC_SIZE(value), LTC_SIZE(mask_env), LTC_SIZE(mask_tensor), LTC_SIZE(mask_group)

#ifdef __cplusplus
}
#endif
#endif
