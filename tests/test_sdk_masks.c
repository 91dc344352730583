/* Training masks and state, tried on the backends through their files. Each trap is a mistake that other
 * implementations made. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "stage.h"

enum { STEPS = 1000 };

static bool same_bits(const float *a, const float *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* How many elements break a rule: dead is +0.0, frozen is what it was, neither has slots;
 * and how many moved. */
static size_t violations(lt_stage *s, size_t *moved)
{
    static const float zero = 0.0f;
    size_t bad = 0;
    *moved = 0;
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        float w[512], slot[2][512];
        const ltc_param *q = ltc_graph_param(s->graph, p);
        lt_rig_get(&s->rig, LTC_STATE_VALUE, p, w);
        lt_rig_get(&s->rig, LTC_STATE_SLOT_1, p, slot[0]), lt_rig_get(&s->rig, LTC_STATE_SLOT_2, p, slot[1]);
        for (size_t i = 0; i < q->n && q->trained; i++) {
            const uint8_t m = lt_tiny_mask(p, i);
            bad += m == LTC_DEAD && !same_bits(w + i, &zero);
            bad += m == LTC_FROZEN && !same_bits(w + i, s->value[p] + i);
            bad += m != LTC_ALIVE && (!same_bits(slot[0] + i, &zero) || !same_bits(slot[1] + i, &zero));
            *moved += m == LTC_ALIVE && !same_bits(w + i, s->value[p] + i);
        }
    }
    return bad;
}

static void dead_stay_dead(void)
{
    for (size_t k = 0; lt_backends[k / LT_OPTIMIZERS]; k++) {
        lt_stage s;
        size_t moved;
        lt_tiny_open(&s, lt_backends[k / LT_OPTIMIZERS]);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[k % LT_OPTIMIZERS], 16, 0);
        lt_tiny_put_masks(&s);
        lt_rig_start(&s.rig, s.value);
        CU_ASSERT_EQUAL(lt_rig_train(&s.rig, 0, STEPS, 1e-3f, NULL, NULL), UINT64_MAX);
        CU_ASSERT_EQUAL(violations(&s, &moved), 0);
        CU_ASSERT(moved > 80);                /* the alive ones did train */
        lt_stage_close(&s);
    }
}

static void masks_are_data(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        float w[512];
        lt_tiny_open(&s, lt_backends[k]);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[0], 16, 0);
        lt_tiny_put_masks(&s);
        const uint32_t p = 6;                 /* fc1.weight */
        for (size_t i = 0; i < 10; i++)       /* alive at zero, dead at five, frozen and negative */
            s.value[p][i] = lt_tiny_mask(p, i) == LTC_ALIVE  ? 0.0f
                            : lt_tiny_mask(p, i) == LTC_DEAD ? 5.0f
                                                             : -1.0f;
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 0, 5, 0.01f, NULL, NULL);
        lt_rig_get(&s.rig, LTC_STATE_VALUE, p, w);
        for (size_t i = 0; i < 10; i++)
            CU_ASSERT(lt_tiny_mask(p, i) == LTC_ALIVE  ? w[i] != 0
                      : lt_tiny_mask(p, i) == LTC_DEAD ? w[i] == 0
                                                       : w[i] == -1);
        lt_stage_close(&s);
    }
}

static void masks_hold_after_every_step(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        size_t moved;
        lt_tiny_open(&s, lt_backends[k]);
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[2], 16, 0);
        lt_tiny_put_masks(&s);
        lt_rig_start(&s.rig, s.value);
        CU_ASSERT_EQUAL(violations(&s, &moved), 0);               /* before the first step too */
        for (uint64_t step = 0; step < 20; step++) {
            lt_rig_train(&s.rig, step, 1, 0.01f, NULL, NULL);
            CU_ASSERT_EQUAL(violations(&s, &moved), 0);
        }
        lt_stage_close(&s);
    }
}

static double loss_under(lt_stage *s, uint8_t mask_of_all)
{
    uint8_t mask[512];
    memset(mask, mask_of_all, sizeof mask);
    lt_rig_compile(&s->rig, s->graph, &lt_optimizers[0], 16, 0);
    lt_rig_put(&s->rig, LTC_STATE_MASK, 6, mask);
    lt_rig_start(&s->rig, s->value);
    const double loss = lt_rig_eval(&s->rig, 0, LT_TINY_ROWS, NULL);
    lt_rig_release(&s->rig);
    return loss;
}

static void frozen_take_part(void)
{
    for (size_t k = 0; lt_backends[k]; k++) {
        lt_stage s;
        lt_tiny_open(&s, lt_backends[k]);
        CU_ASSERT_EQUAL(loss_under(&s, LTC_FROZEN), loss_under(&s, LTC_ALIVE));
        CU_ASSERT_NOT_EQUAL(loss_under(&s, LTC_FROZEN), loss_under(&s, LTC_DEAD));
        lt_stage_close(&s);
    }
}

static void state_is_whole(void)
{
    for (size_t k = 0; lt_backends[k / LT_OPTIMIZERS]; k++) {
        size_t bytes;
        void *stayed =
            lt_tiny_state(lt_backends[k / LT_OPTIMIZERS], &lt_optimizers[k % LT_OPTIMIZERS], 50, 0, &bytes);
        void *moved =
            lt_tiny_state(lt_backends[k / LT_OPTIMIZERS], &lt_optimizers[k % LT_OPTIMIZERS], 50, 100, &bytes);
        CU_ASSERT_EQUAL(memcmp(stayed, moved, bytes), 0);
        free(stayed), free(moved);
    }
}

/* Adam's correction depends on the clock: without it a rewound run would go another way. */
static void the_clock_counts(void)
{
    lt_stage s;
    float w[2][512];
    uint64_t clock[2] = { 0, 5 }, now = 0;
    lt_tiny_open(&s, "ref");
    for (int i = 0; i < 2; i++) {
        lt_rig_compile(&s.rig, s.graph, &lt_optimizers[2], 16, 0);
        lt_rig_put(&s.rig, LTC_STATE_CLOCK, 0, &clock[i]);
        lt_rig_start(&s.rig, s.value);
        lt_rig_train(&s.rig, 0, 3, 0.01f, NULL, NULL);
        lt_rig_get(&s.rig, LTC_STATE_VALUE, 6, w[i]);
        lt_rig_get(&s.rig, LTC_STATE_CLOCK, 0, &now);
        CU_ASSERT_EQUAL(now, clock[i] + 3);
        lt_rig_release(&s.rig);
    }
    CU_ASSERT_NOT_EQUAL(memcmp(w[0], w[1], ltc_graph_param(s.graph, 6)->n * sizeof(float)), 0);
    lt_stage_close(&s);
}

int main(void)
{
    static const lt_test claims[] = {
        { "traps 1 and 8: over 1,000 steps of every optimizer dead and frozen weights and their slots do not "
          "move",
          dead_stay_dead },
        { "traps 2 and 3: masks are data, never inferred from values", masks_are_data },
        { "traps 4 and 5: masks hold after every step, and before the first", masks_hold_after_every_step },
        { "trap 6: frozen weights take part in the forward pass", frozen_take_part },
        { "trap 7: the whole state, in a fresh program, goes on with the same bits", state_is_whole },
        { "trap 7: the clock is part of the state", the_clock_counts },
    };
    return lt_suite_run("sdk masks", claims, sizeof claims / sizeof *claims);
}
