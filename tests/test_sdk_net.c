/* The SDK's interpreter alone: losses against closed forms, ties, dropout's draws, statistics, and
 * graphs that it refuses. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltsdk/net.h>

#include "make_graph.h"

/* Two logits a, b: the loss of the first is ln(1 + e^(b - a)). */
static void loss_matches_closed_form(void)
{
    static const struct { double a, b; int32_t label; double loss; uint32_t correct; } cases[] = {
        { 0, 0, 0, 0.69314718055994530942, 1 },               /* ln 2; of equal maxima the first counts */
        { 0, 0, 1, 0.69314718055994530942, 0 },
        { 3, 1, 0, 0.12692801104297249644, 1 },               /* ln(1 + e^-2) */
        { 3, 1, 1, 2.12692801104297249644, 0 },
        { 1000, -1000, 0, 0, 1 },                             /* nothing overflows */
        { 1000, -1000, 1, 2000, 0 },
    };
    for (uint32_t type = LTC_F32; type <= LTC_F64; type++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            lt_maker *m = lt_maker_new(2, 1, 1, 2);
            const ltc_graph *g = lt_maker_graph(m, ltc_flatten(lt_maker_builder(m), (ltc_val){ 1 }));
            lts_net *net = NULL;
            ltc_error err;
            CU_ASSERT_EQUAL_FATAL(lts_net_create(g, type, 1, 0, &net, &err), LTC_OK);
            const double x[2] = { cases[i].a, cases[i].b };
            const float y[2] = { (float)x[0], (float)x[1] };
            memcpy(lts_net_value(net, 1), type == LTC_F32 ? (const void *)y : x,
                   type == LTC_F32 ? sizeof y : sizeof x);
            uint32_t correct = 9;
            const lts_pass pass = { .rows = 1 };
            const lts_loss_req req = { .label = &cases[i].label, .logit_scale = 1, .grad_scale = 1 };
            lts_net_forward(net, &pass);
            CU_ASSERT_DOUBLE_EQUAL(lts_net_loss(net, &req, &correct), cases[i].loss, 1e-14);
            CU_ASSERT_EQUAL(correct, cases[i].correct);
            lts_net_destroy(net);
            lt_maker_free(m);
        }
}

/* d loss / d logits = (softmax - one-hot) / rows; and its sum over classes vanishes. */
static void loss_gradient_matches_closed_form(void)
{
    lt_maker *m = lt_maker_new(3, 1, 1, 3);
    ltc_builder *b = lt_maker_builder(m);
    const ltc_graph *g = lt_maker_graph(m, ltc_flatten(b, lt_build_shifted(b)));
    lts_net *net = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lts_net_create(g, LTC_F64, 2, LTS_NET_GRAD, &net, &err), LTC_OK);
    const double x[6] = { 0, log(2), log(5), 1, 1, 1 },
                 want[6] = { 1. / 16, 2. / 16, -3. / 16, -2. / 6, 1. / 6, 1. / 6 };
    const int32_t label[2] = { 2, 0 };
    memcpy(lts_net_value(net, 1), x, sizeof x);
    const lts_pass pass = { .rows = 2 };
    const lts_loss_req req = { .label = label, .logit_scale = 1, .grad_scale = 0.5 };
    lts_net_forward(net, &pass);
    lts_net_loss(net, &req, NULL);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_DOUBLE_EQUAL(((double *)lts_net_grad(net, g->logits))[i], want[i], 1e-15);
    lts_net_destroy(net);
    lt_maker_free(m);
}

/* Two windows of 2 x 2: in the left one three are equal; in the right one relu's 0 wins,
 * where it has no slope. */
static void ties_go_to_the_first(void)
{
    static const double x[8] = { 4, 4, 0, 0, 4, 0, -1, -1 }, want[8] = { 1, 0, 0, 0, 0, 0, 0, 0 };
    lt_maker *m = lt_maker_new(1, 2, 4, 2);
    ltc_builder *b = lt_maker_builder(m);
    const ltc_pool_desc d = { 2, 2, 0, 0 };
    const ltc_val in = ltc_relu(b, lt_build_shifted(b));
    const ltc_graph *g =
        lt_maker_graph(m, ltc_flatten(b, b->emit(b, LTC_OP_MAX_POOL, NULL, &in, 1, &d, sizeof d)));
    lts_net *net = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lts_net_create(g, LTC_F64, 1, LTS_NET_GRAD, &net, &err), LTC_OK);
    memcpy(lts_net_value(net, g->input), x, sizeof x);
    const lts_pass pass = { .rows = 1 };
    lts_net_forward(net, &pass);
    double *seed = lts_net_grad(net, g->logits);
    seed[0] = 1, seed[1] = 2;
    lts_net_backward(net);
    CU_ASSERT_EQUAL(memcmp(lts_net_grad(net, ltc_graph_param(g, 0)->value), want, sizeof want), 0);
    lts_net_destroy(net);
    lt_maker_free(m);
}

static void dropout_draws_as_promised(void)
{
    lt_maker *m = lt_maker_new(5, 1, 1, 5);
    ltc_builder *b = lt_maker_builder(m);
    const ltc_val x = ltc_flatten(b, b->input);
    const ltc_graph *g = lt_maker_graph(m, ltc_dropout(b, x, 0.25));
    const ltc_key key = ltc_key_fold((ltc_key){ 3, 4 }, 77);  /* step 77 */
    lts_net *net = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lts_net_create(g, LTC_F32, 7, 0, &net, &err), LTC_OK);
    float *in = lts_net_value(net, 1);
    for (int i = 0; i < 35; i++)
        in[i] = (float)(i + 1);
    const lts_pass pass = { .rows = 7, .dropout = true, .key_dropout = key };
    lts_net_forward(net, &pass);
    const float *out = lts_net_value(net, g->logits);
    for (uint64_t i = 0; i < 35; i++) {
        const bool drop = (double)ltc_rand_unit(ltc_key_fold(key, 1), i) < 0.25; /* node 1 */
        CU_ASSERT_EQUAL(out[i], drop ? 0.0f : (float)(i + 1) * (float)(1 / 0.75));
    }
    lts_net_destroy(net);
    lt_maker_free(m);
}

/* Frozen reference numbers: 2 rows, 1 channel, x = 1, 2, 3, 6: mean 3, biased variance
 * 3.5, unbiased 14 / 3. */
static void statistics_move_only_with_the_update(void)
{
    lt_maker *m = lt_maker_new(1, 1, 2, 2);
    ltc_builder *b = lt_maker_builder(m);
    const ltc_val x = ltc_batch_norm(b, b->input, "bn", (ltc_batch_norm_args){ .momentum = 0.25 });
    const ltc_graph *g = lt_maker_graph(m, ltc_flatten(b, x));
    lts_net *net = NULL;
    ltc_error err;
    const float one = 1, zero = 0;
    const float *start[4] = { &one, &zero, &zero, &one };
    const double in[4] = { 1, 2, 3, 6 };
    CU_ASSERT_EQUAL_FATAL(lts_net_create(g, LTC_F64, 2, LTS_NET_TRAIN, &net, &err), LTC_OK);
    for (uint32_t p = 0; p < 4; p++)
        lts_net_load(net, p, start[p]);
    memcpy(lts_net_value(net, 1), in, sizeof in);
    const double *mean = lts_net_value(net, ltc_graph_param(g, 2)->value),
                 *var = lts_net_value(net, ltc_graph_param(g, 3)->value);
    const double *y = lts_net_value(net, g->logits);
    const lts_pass training = { .rows = 2, .batch_stats = true }, evaluation = { .rows = 2 };
    const int32_t label[2] = { 0, 1 };
    const lts_loss_req req = { .label = label, .logit_scale = 1, .grad_scale = 1 };
    const ltc_optimizer sgd = { .size = sizeof sgd, .kind = LTC_SGD };
    lts_net_forward(net, &training);
    CU_ASSERT_DOUBLE_EQUAL(y[0], -2 / sqrt(3.5 + 1e-5), 1e-12);
    CU_ASSERT(*mean == 0 && *var == 1);
    lts_net_loss(net, &req, NULL), lts_net_backward(net);
    lts_net_update(net, &sgd, 0);
    CU_ASSERT_DOUBLE_EQUAL(*mean, 0.75, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(*var, 0.75 + 0.25 * 14 / 3, 1e-15);
    lts_net_forward(net, &evaluation);
    CU_ASSERT_DOUBLE_EQUAL(y[0], (1 - *mean) / sqrt(*var + 1e-5), 1e-12);
    lts_net_destroy(net);
    lt_maker_free(m);
}

static void wrong_graphs_are_refused_by_name(void)
{
    static const struct { uint32_t op, n_in, in; int64_t dim; const char *says; ltc_status st; } bad[] = {
        { 99, 1, 1, 4, "operation number 99", LTC_EUNSUPPORTED },
        { LTC_OP_LINEAR, 1, 1, 4, "LINEAR takes inputs \"xwb?\"", LTC_EINVAL },
        { LTC_OP_RELU, 1, 1, 5, "the shapes of RELU do not fit", LTC_EINVAL },
        { LTC_OP_RELU, 1, 2, 4, "uses a value before it is made", LTC_EINVAL },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lt_maker *m = lt_maker_new(4, 1, 1, 4);
        ltc_error err = { { 0 }, { 0 } };
        lts_net *net = NULL;
        lt_maker_node(m, bad[i].op, &bad[i].in, bad[i].n_in, &bad[i].dim, 1);
        CU_ASSERT_EQUAL(lts_net_create(lt_maker_graph(m, (ltc_val){ 2 }), LTC_F32, 1, 0, &net, &err),
                        bad[i].st);
        if (!strstr(err.message, bad[i].says))
            fprintf(stderr, "%s\n", err.message);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        lt_maker_free(m);
    }
}

static void too_many_inputs_are_refused_with_their_number(void)
{
    enum { MANY = 65 };
    uint32_t in[MANY];
    const int64_t dim = 4 * MANY;
    for (int i = 0; i < MANY; i++)
        in[i] = 1;
    lt_maker *m = lt_maker_new(4, 1, 1, 4);
    ltc_error err = { { 0 }, { 0 } };
    lts_net *net = NULL;
    lt_maker_node(m, LTC_OP_CONCAT, in, MANY, &dim, 1);
    CU_ASSERT_EQUAL(lts_net_create(lt_maker_graph(m, (ltc_val){ 2 }), LTC_F32, 1, 0, &net, &err),
                    LTC_EUNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "CONCAT of 65 values, and this backend takes 64 at most"));
    lt_maker_free(m);
}

int main(void)
{
    static const lt_test claims[] = {
        { "trap 37: the loss on fixed logits matches its closed form", loss_matches_closed_form },
        { "the loss's gradient matches its closed form", loss_gradient_matches_closed_form },
        { "the first of equal maxima takes the gradient, and relu has none at 0", ties_go_to_the_first },
        { "dropout drops the elements that its key names", dropout_draws_as_promised },
        { "running statistics move with the update and only then", statistics_move_only_with_the_update },
        { "graphs that do not fit are refused with the node's name", wrong_graphs_are_refused_by_name },
        { "too many inputs are refused with their number", too_many_inputs_are_refused_with_their_number },
    };
    return lt_suite_run("sdk net", claims, sizeof claims / sizeof *claims);
}
