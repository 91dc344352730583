/* Owns the weights that criteria of targets look at. */
#include "weights.h"

#include <string.h>

static const int64_t dims[FUZZ_TENSORS][2] = { { 2, 3 }, { 20, 30 } };
static const char *const names[FUZZ_TENSORS] = { "a.weight", "b.weight" };

static void fill(fuzz_weights *w, uint32_t i)
{
    const size_t n = (size_t)(dims[i][0] * dims[i][1]);
    for (size_t k = 0; k < n; k++) {
        for (uint32_t at = 0; at < 4; at++)
            w->w[i][at][k] = k % 7 ? ltc_rand_normal((ltc_key){ i, at }, k) : 0;
        w->mask[i][k] = k % 3 != 1;
    }
    w->t[i] = (ltc_mask_tensor){
        .size = sizeof w->t[i], .index = i, .role = LTC_ROLE_WEIGHT, .rank = 2, .name = names[i],
        .dim = dims[i], .n = n, .w_init = w->w[i][0], .w_rewind = w->w[i][1], .w_final = w->w[i][2],
        .w_dense = w->w[i][3], .mask = w->mask[i],
    };
    w->list[i] = &w->t[i];
}

void fuzz_weights_open(fuzz_weights *w)
{
    const ltc_mask_ops *ops = &fuzz_linked()->ops.mask;
    ltc_error err = { .message = "" };
    memset(w, 0, sizeof *w);
    for (uint32_t i = 0; i < FUZZ_TENSORS; i++)
        fill(w, i);
    fuzz_must(!lt_host_create(&fuzz_services, "fuzz", LTC_MASK_ABI, ops->host_size, NULL, &w->host, &err),
              err.message);
    w->env = (ltc_mask_env){ .size = sizeof w->env, .round = 1, .key = { 3, 4 }, .density_now = 0.6,
                             .density_goal = 0.3, .host = w->host };
}

void fuzz_weights_close(fuzz_weights *w)
{
    lt_host_destroy(w->host);
}

static void check_masks(const fuzz_weights *w)
{
    for (size_t i = 0; i < FUZZ_TENSORS; i++)
        for (size_t k = 0; k < w->t[i].n; k++)
            fuzz_must(w->kept[i][k] <= w->mask[i][k], "what was pruned stays pruned");
}

static ltc_status ask(fuzz_weights *w, void *self, ltc_error *err)
{
    const ltc_mask_ops *ops = &fuzz_linked()->ops.mask;
    uint8_t *const kept[] = { w->kept[0], w->kept[1] };
    const bool counts = ops->flags_of && ops->flags_of(self) & LTC_MASK_OWN_COUNT;
    const bool selects = ops->select && (!ops->score || counts);
    ltc_status st = ops->prepare ? ops->prepare(self, &w->env, w->list, FUZZ_TENSORS, err) : LTC_OK;
    if (!st && selects) {
        st = ops->select(self, &w->env, w->list, FUZZ_TENSORS, kept, err);
        if (!st)
            check_masks(w);
        return st;
    }
    for (size_t i = 0; i < FUZZ_TENSORS && !st; i++)
        st = ops->score(self, &w->env, w->list[i], w->score[i], err);
    return st;
}

void fuzz_criterion(fuzz_weights *w, const void *options)
{
    const ltc_mask_ops *ops = &fuzz_linked()->ops.mask;
    void *self = NULL;
    ltc_error err = { .message = "" };
    if (fuzz_said(ops->create(w->host, options, &self, &err), &err))
        return;
    fuzz_said(ask(w, self, &err), &err);
    ops->destroy(self);
}
