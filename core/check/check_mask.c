/* Tests of training masks: dead and frozen weights and their slots, bit by bit, over hundreds of steps. */
#include <string.h>

#include "check/check_backend.h"

enum { STEPS = 240, SPAN = 40 };

/* One trained parameter as it is now, with the character's start and its mask. */
typedef struct view {
    const ltc_param *param;
    float   *now, *start, *slot[2];
    uint8_t *mask;
} view;

static bool look_at(lt_bench *b, uint32_t p, view *w)
{
    const ltc_param *param = ltc_graph_param(&b->scene.graph.view, p);
    const size_t n = param->n, bytes = n * sizeof(float);
    float *block = lt_arena_array(&b->arena, n, 4 * sizeof *block);
    w->mask = lt_arena_array(&b->arena, n, 1);
    if (!block || !w->mask || !param->trained || b->stand.st)
        return false;
    w->param = param, w->now = block, w->start = block + n;
    w->slot[0] = block + 2 * n, w->slot[1] = block + 3 * n;
    lt_scene_value(&b->scene, 0, p, w->start);
    lt_scene_mask(&b->scene, 0, LT_MASKS_MIXED, p, w->mask);
    lt_stand_get(&b->stand, LTC_STATE_VALUE, 0, p, w->now, bytes);
    lt_stand_get(&b->stand, LTC_STATE_SLOT_1, 0, p, w->slot[0], bytes);
    lt_stand_get(&b->stand, LTC_STATE_SLOT_2, 0, p, w->slot[1], bytes);
    return !b->stand.st;
}

static bool same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Holds what is `state` (dead, frozen) to its value and its slots to +0.0; counts the alive that moved. */
static void hold(const view *w, uint8_t state, const char *after, size_t *moved, lt_verdict *v)
{
    static const char *const noun[] = { [LTC_DEAD] = "dead", [LTC_FROZEN] = "frozen" };
    char expected[96];
    for (size_t i = 0; i < w->param->n; i++) {
        const float due = w->mask[i] == LTC_DEAD ? 0.0f : w->start[i];
        *moved += w->mask[i] == LTC_ALIVE && !same_bits(w->now[i], due);
        if (w->mask[i] != state)
            continue;
        snprintf(expected, sizeof expected, "%+.9g in the weight and +0 in its slots", (double)due);
        if (!same_bits(w->now[i], due))
            lt_verdict_fail(v, expected, "%s: '%s' at %zu, which is %s, is %+.9g", after, w->param->name, i,
                            noun[state], (double)w->now[i]);
        for (int k = 0; k < 2; k++)
            if (!same_bits(w->slot[k][i], 0.0f))
                lt_verdict_fail(v, expected, "%s: slot %d of '%s' at %zu, which is %s, is %+.9g", after,
                                k + 1, w->param->name, i, noun[state], (double)w->slot[k][i]);
    }
}

static void hold_all(lt_bench *b, uint8_t state, uint32_t optimizer, uint64_t step, lt_verdict *v)
{
    char after[64];
    size_t moved = 0;
    snprintf(after, sizeof after, "%s, after %u steps", lt_optimizer_names[optimizer], (unsigned)step);
    for (uint32_t p = 0; p < b->scene.graph.view.n_params; p++) {
        view w;
        if (look_at(b, p, &w))
            hold(&w, state, after, &moved, v);
    }
    if (!moved && step && !b->stand.st)
        lt_verdict_fail(v, "that what is alive trains", "%s: no weight that is alive has moved", after);
    lt_arena_free(&b->arena);
}

static void train_masked(const lt_subject *s, uint8_t state, uint32_t optimizer, lt_verdict *v)
{
    const lt_play play = {
        .optimizer = &lt_optimizers[optimizer], .batch = 7, .rate = 0.015625f, .masks = LT_MASKS_MIXED
    };
    lt_bench b;
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    lt_stand_compile(&b.stand, &play);
    lt_stand_start(&b.stand);
    hold_all(&b, state, optimizer, 0, v);
    lt_stand_train(&b.stand, 0, 0, 1);
    hold_all(&b, state, optimizer, 1, v);
    for (uint64_t step = 1; step < STEPS && !b.stand.st; step += SPAN) {
        lt_stand_train(&b.stand, 0, step, SPAN);
        hold_all(&b, state, optimizer, step + SPAN, v);
    }
    lt_bench_close(&b, v);
}

static void train_dead(const lt_subject *s, uint32_t optimizer, lt_verdict *v)
{
    train_masked(s, LTC_DEAD, optimizer, v);
}

static void train_frozen(const lt_subject *s, uint32_t optimizer, lt_verdict *v)
{
    train_masked(s, LTC_FROZEN, optimizer, v);
}

void lt_check_dead(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    (void)t;
    lt_check_each_optimizer(train_dead, s, v);
}

void lt_check_frozen(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    (void)t;
    lt_check_each_optimizer(train_frozen, s, v);
}

/* Weights that are alive at 0 train: masks are data, and never inferred from values. */
void lt_check_mask_data(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = {
        .optimizer = &lt_optimizers[0], .batch = 8, .rate = 0.0625f, .masks = LT_MASKS_MIXED
    };
    size_t still = 0;
    lt_bench b;
    view w;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_smooth, v))
        return;
    const uint32_t p = b.scene.graph.view.n_params - 2;           /* head.weight */
    lt_stand_compile(&b.stand, &play);
    lt_stand_start(&b.stand);
    if (look_at(&b, p, &w)) {
        for (size_t i = 0; i < w.param->n; i++)
            w.now[i] = w.mask[i] == LTC_FROZEN ? w.now[i] : 0.0f;
        lt_stand_put(&b.stand, LTC_STATE_VALUE, 0, p, w.now, w.param->n * sizeof *w.now);
        lt_stand_ready(&b.stand);
        lt_stand_train(&b.stand, 0, 0, 3);
    }
    if (look_at(&b, p, &w))
        for (size_t i = 0; i < w.param->n; i++)
            still += w.mask[i] == LTC_ALIVE && same_bits(w.now[i], 0.0f);
    if (still)
        lt_verdict_fail(v, "that a weight whose mask says alive trains",
                        "%zu of '%s' that began at 0 are still there", still, w.param->name);
    lt_bench_close(&b, v);
}

/* The loss with one mask over the whole network; dead weights are put as +0.0, as the core does. */
static double loss_under(lt_bench *b, uint8_t state)
{
    const lt_play play = { .optimizer = &lt_optimizers[0], .batch = 8 };
    const ltc_graph *g = &b->scene.graph.view;
    lt_stand_compile(&b->stand, &play);
    lt_stand_start(&b->stand);
    for (uint32_t p = 0; p < g->n_params; p++) {
        const ltc_param *param = ltc_graph_param(g, p);
        uint8_t *mask = lt_arena_array(&b->arena, param->n, 1);
        float *zero = lt_arena_array(&b->arena, param->n, sizeof *zero);
        if (!mask || !zero || !param->trained)
            continue;
        memset(mask, state, param->n);
        lt_stand_put(&b->stand, LTC_STATE_MASK, 0, p, mask, param->n);
        if (state == LTC_DEAD)
            lt_stand_put(&b->stand, LTC_STATE_VALUE, 0, p, zero, param->n * sizeof *zero);
    }
    lt_stand_ready(&b->stand);
    lt_stand_eval(&b->stand, 0, 0, 60);
    return b->stand.st ? 0 : b->stand.eval_loss[0];
}

void lt_check_frozen_forward(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_plain, v))
        return;
    const double alive = loss_under(&b, LTC_ALIVE), frozen = loss_under(&b, LTC_FROZEN);
    const double dead = loss_under(&b, LTC_DEAD);
    if (!b.stand.st && (frozen < alive || frozen > alive))
        lt_verdict_fail(v, "the loss that the same weights have alive", "%.17g, and alive %.17g", frozen,
                        alive);
    if (!b.stand.st && !(dead < alive) && !(dead > alive))
        lt_verdict_fail(v, "another loss without any weight", "%.17g with all weights and without them",
                        alive);
    lt_bench_close(&b, v);
}

/* Puts other masks over what is there now, with +0.0 where they are dead. */
static void change_masks(lt_bench *b)
{
    for (uint32_t p = 0; p < b->scene.graph.view.n_params; p++) {
        view w;
        if (!look_at(b, p, &w))
            continue;
        const size_t n = w.param->n, bytes = n * sizeof(float);
        lt_scene_mask(&b->scene, 0, LT_MASKS_SHIFTED, p, w.mask);
        for (size_t i = 0; i < n; i++) {
            w.now[i] = w.mask[i] == LTC_DEAD ? 0.0f : w.now[i];
            w.slot[0][i] = w.mask[i] == LTC_ALIVE ? w.slot[0][i] : 0.0f;
            w.slot[1][i] = w.mask[i] == LTC_ALIVE ? w.slot[1][i] : 0.0f;
        }
        lt_stand_put(&b->stand, LTC_STATE_MASK, 0, p, w.mask, n);
        lt_stand_put(&b->stand, LTC_STATE_VALUE, 0, p, w.now, bytes);
        lt_stand_put(&b->stand, LTC_STATE_SLOT_1, 0, p, w.slot[0], bytes);
        lt_stand_put(&b->stand, LTC_STATE_SLOT_2, 0, p, w.slot[1], bytes);
    }
    lt_stand_ready(&b->stand);
}

/* How many weights that the new masks kill are not +0.0. */
static size_t count_alive_again(lt_bench *b)
{
    size_t n = 0;
    for (uint32_t p = 0; p < b->scene.graph.view.n_params; p++) {
        view w;
        if (!look_at(b, p, &w))
            continue;
        lt_scene_mask(&b->scene, 0, LT_MASKS_SHIFTED, p, w.mask);
        for (size_t i = 0; i < w.param->n; i++)
            n += w.mask[i] == LTC_DEAD && !same_bits(w.now[i], 0.0f);
    }
    return n;
}

/* Another mask in the midst of a training, against a fresh program that begins there. */
static void change_midway(const lt_subject *s, uint32_t optimizer, lt_verdict *v)
{
    const lt_play play = {
        .optimizer = &lt_optimizers[optimizer], .batch = 7, .rate = 0.015625f, .masks = LT_MASKS_MIXED
    };
    void *block[1] = { NULL };
    lt_bench b;
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    lt_block_train(&b.stand, &play, &(lt_course){ 0, 20, 20 }, &b.arena, block);
    change_masks(&b);
    const void *there = lt_block_get(&b.stand, 0, &b.arena);
    lt_stand_train(&b.stand, 0, 20, 20);
    const void *changed = lt_block_get(&b.stand, 0, &b.arena);
    const size_t wrong = b.stand.st ? 0 : count_alive_again(&b);
    if (wrong)
        lt_verdict_fail(v, "+0.0 wherever the new masks are dead", "%s: %zu weights are not",
                        lt_optimizer_names[optimizer], wrong);
    lt_stand_compile(&b.stand, &play);
    if (there)
        lt_block_put(&b.stand, 0, there);
    lt_stand_ready(&b.stand);
    lt_stand_train(&b.stand, 0, 20, 20);
    lt_block_compare(&b.scene, changed, lt_block_get(&b.stand, 0, &b.arena),
                     "the bits of a fresh program with these masks", v);
    lt_bench_close(&b, v);
}

void lt_check_mask_change(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    (void)t;
    lt_check_each_optimizer(change_midway, s, v);
}
