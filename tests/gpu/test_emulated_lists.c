/* Perceptrons that the backend for CUDA trains by lists of their weights, on the emulated device. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emulated_rig.h"
#include "make_graph.h"
#include "suite.h"

enum { ROWS = 150, BATCH = 19 };              /* a batch: more than the threads that share a link */

/* What is trained by lists; more weights in a layer than a block takes at once, and more activations than a
 * block has room for unless its kernel is given more than 48 KB. */
static ltc_val build_perceptron(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 237 }));
    x = ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 21, .no_bias = 1 });
    return ltc_linear(b, ltc_relu(b, x), "fc3", (ltc_linear_args){ .out = b->n_classes });
}

/* Dead, alive and frozen, of weights and of biases. */
static void put_masks(lt_rig *rig)
{
    for (uint32_t p = 0; p < rig->graph->n_params; p++) {
        const size_t n = ltc_graph_param(rig->graph, p)->n;
        uint8_t *mask = malloc(n);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mask);
        for (size_t i = 0; i < n; i++)
            mask[i] = (uint8_t)(i * 7 % 11 % 3);
        lt_rig_put(rig, LTC_STATE_MASK, p, mask);
        free(mask);
    }
}

/* With masks, cropped images and a span in two; from `start` on, or fresh values (NULL). bad: the step that
 * must stop it, by its rate. */
static lt_trained train_lists_to(int64_t device, double sparse, const ltc_optimizer *o, uint32_t steps,
                              const void *start, uint64_t bad)
{
    lt_rig rig;
    const ltc_backend_ops ops = lt_emulated_with(device, sparse);
    lt_maker *m = lt_maker_new(2, 9, 8, 5);
    const ltc_graph *g = lt_maker_graph(m, build_perceptron(lt_maker_builder(m)));
    lt_split *split = lt_split_new(2, 9, 8, ROWS, 5, 3);
    float **value = lt_values_new(g, 4);
    lt_rig_open(&rig, NULL, &ops, split);
    lt_rig_compile(&rig, g, o, BATCH, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
    put_masks(&rig);
    lt_rig_start(&rig, value);
    if (start)
        lt_rig_state_put(&rig, start);
    float told[8] = { 0 };
    for (uint32_t s = 0, n; s < steps; s += n) {
        n = s ? steps - s : (steps + 1) / 2;
        const float rate = bad < UINT64_MAX ? 1e36f : 0.01f;
        const bool stops = s <= bad && bad < s + n;
        CU_ASSERT_EQUAL(lt_rig_train(&rig, s, n, rate, told + s, NULL), stops ? bad : UINT64_MAX);
        steps = stops ? 0 : steps;
    }
    const lt_trained t = lt_take(&rig, told, 8);
    lt_rig_close(&rig);
    lt_values_free(g, value);
    lt_split_free(split);
    lt_maker_free(m);
    return t;
}

static lt_trained train_lists(int64_t device, double sparse, const ltc_optimizer *o, uint32_t steps,
                           const void *start)
{
    return train_lists_to(device, sparse, o, steps, start, UINT64_MAX);
}

/* The last steps' rounding apart; and of the same state a loss with the same bits. */
static void lists_do_what_products_do(void)
{
    static const ltc_optimizer decayed = {
        .size = sizeof decayed, .kind = LTC_SGD, .momentum = 0.5, .nesterov = 1, .weight_decay = 0.01,
        .decay_roles = ~0u, .l1 = 0.001, .l1_roles = LTC_ROLE_WEIGHT,
    };
    const ltc_optimizer *const each[] = { &lt_emulated_adam, &decayed };
    for (size_t i = 0; i < 2; i++) {
        lt_trained lists = train_lists(0, 1, each[i], 5, NULL);
        lt_trained products = train_lists(0, 0, each[i], 5, NULL);
        lt_trained same = train_lists(0, 0, each[i], 0, lists.state);
        lt_trained again = train_lists(0, 1, each[i], 0, lists.state);
        CU_ASSERT_NOT_EQUAL(memcmp(lists.state, products.state, lists.bytes), 0);    /* else no test */
        CU_ASSERT_DOUBLE_EQUAL(lists.loss, products.loss, 1e-4 * products.loss);
        CU_ASSERT(same.loss <= lists.loss && same.loss >= lists.loss);
        CU_ASSERT(again.loss <= lists.loss && again.loss >= lists.loss);
        CU_ASSERT_EQUAL(memcmp(same.state, lists.state, lists.bytes), 0);
        free(lists.state), free(products.state), free(same.state), free(again.state);
    }
}

static void lists_do_not_depend_on_the_order_of_threads(void)
{
    lt_trained first = train_lists(0, 1, &lt_emulated_adam, 3, NULL);
    for (int64_t order = 1; order < 3; order++) {
        lt_trained t = train_lists(order, 1, &lt_emulated_adam, 3, NULL);
        lt_assert_same(&first, &t);
    }
    free(first.state);
}

/* Its threads stop at the same step, in the state before it. */
static void lists_stop_whole_where_a_loss_is_not_finite(void)
{
    lt_trained before = train_lists_to(0, 1, &lt_emulated_adam, 1, NULL, 100);
    lt_trained first = train_lists_to(0, 1, &lt_emulated_adam, 6, NULL, 1);
    CU_ASSERT_EQUAL(memcmp(before.state, first.state, first.bytes), 0);
    for (int64_t order = 1; order < 3; order++) {
        lt_trained t = train_lists_to(order, 1, &lt_emulated_adam, 6, NULL, 1);
        lt_assert_same(&first, &t);
    }
    free(before.state), free(first.state);
}

static ltc_val build_hundreds(ltc_builder *b)
{
    ltc_val x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 300 }));
    x = ltc_relu(b, ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = 100 }));
    return ltc_linear(b, x, "fc3", (ltc_linear_args){ .out = b->n_classes });
}

/* 400 units of 125 rows and the scratch of 34 KB: more than the 227 KB of a block. */
static lt_trained train_large_batch(double sparse)
{
    lt_rig rig;
    const ltc_backend_ops ops = lt_emulated_with(0, sparse);
    lt_maker *m = lt_maker_new(1, 5, 5, 5);
    const ltc_graph *g = lt_maker_graph(m, build_hundreds(lt_maker_builder(m)));
    lt_split *split = lt_split_new(1, 5, 5, ROWS, 5, 3);
    float **value = lt_values_new(g, 4), told[2];
    lt_rig_open(&rig, NULL, &ops, split);
    lt_rig_compile(&rig, g, &lt_emulated_adam, 125, 0);
    put_masks(&rig);
    lt_rig_start(&rig, value);
    CU_ASSERT_EQUAL(lt_rig_train(&rig, 0, 2, 0.01f, told, NULL), UINT64_MAX);
    const lt_trained t = lt_take(&rig, told, 2);
    lt_rig_close(&rig);
    lt_values_free(g, value);
    lt_split_free(split);
    lt_maker_free(m);
    return t;
}

/* Then lists, which are there for evaluations, follow what products made of the weights. */
static void a_batch_that_no_block_holds_is_trained_by_products(void)
{
    lt_trained lists = train_large_batch(1), products = train_large_batch(0);
    lt_assert_same(&lists, &products);
    free(lists.state);
}

static const lt_test claim[] = {
    { "perceptrons trained by lists do what products do", lists_do_what_products_do },
    { "bits of lists do not depend on the order of threads", lists_do_not_depend_on_the_order_of_threads },
    { "a batch that no block holds is trained by products, and lists evaluate what they made",
      a_batch_that_no_block_holds_is_trained_by_products },
    { "a block stops whole where a loss is not finite", lists_stop_whole_where_a_loss_is_not_finite },
};

int main(void)
{
    return lt_suite_run("emulated lists", claim, sizeof claim / sizeof *claim);
}
