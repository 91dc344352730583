/* Claims about initial weights. */
#include "train/init.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"
#include "suite.h"

#define GOLDEN_0 -0x1.51754cp-5f
#define GOLDEN_1 -0x1.4b42b8p-6f
#define GOLDEN_2 -0x1.1306bcp-4f
enum { N_PARAMS = 6 };
static const uint32_t linear_in[3] = { 1, 2, 3 }, conv_in[3] = { 1, 4, 5 }, norm_in[3] = { 1, 6, 7 };
static const ltc_node node[3] = {
    { .op = 1, .n_in = 3, .out = 8, .in = linear_in, .name = "fc" },
    { .op = 1, .n_in = 3, .out = 9, .in = conv_in, .name = "conv" },
    { .op = 1, .n_in = 3, .out = 10, .in = norm_in, .name = "bn" },
};
static const ltc_value value[11] = {
    [1] = { LTC_SAMPLE, 1, { 400, 1, 1, 1 }, NULL }, [2] = { LTC_PARAM, 2, { 300, 400, 1, 1 }, NULL },
    [3] = { LTC_PARAM, 1, { 300, 1, 1, 1 }, NULL },  [4] = { LTC_PARAM, 4, { 64, 32, 3, 3 }, NULL },
    [5] = { LTC_PARAM, 1, { 64, 1, 1, 1 }, NULL },   [6] = { LTC_PARAM, 1, { 64, 1, 1, 1 }, NULL },
    [7] = { LTC_PARAM, 1, { 64, 1, 1, 1 }, NULL },
};
static const ltc_param param[N_PARAMS] = {
    { "fc.weight", 2, LTC_ROLE_WEIGHT, 1, 0, { 0, 0, 0, 0 }, 120000 },
    { "fc.bias", 3, LTC_ROLE_BIAS, 1, 0, { 0, 0, 0, 0 }, 300 },
    { "conv.weight", 4, LTC_ROLE_WEIGHT, 1, 0, { 0, 0, 0, 0 }, 18432 },
    { "conv.bias", 5, LTC_ROLE_BIAS, 1, 0, { 0, 0, 0, 0 }, 64 },
    { "bn.weight", 6, LTC_ROLE_NORM_GAIN, 1, 0, { LTC_INIT_UNIFORM, 0, 0.25, 0.75 }, 64 },
    { "bn.bias", 7, LTC_ROLE_NORM_BIAS, 1, 0, { 0, 0, 0, 0 }, 64 },
};
static const ltc_graph graph = {
    .size = sizeof graph, .node_size = sizeof node[0], .param_size = sizeof param[0],
    .value_size = sizeof value[0], .n_nodes = 3, .n_params = N_PARAMS, .n_values = 11, .input = 1,
    .logits = 8, .node = node, .param = param, .value = value,
};

static lt_state drawn(int64_t how, ltc_key key)
{
    lt_state s;
    ltc_error err;
    CU_ASSERT_FATAL(lt_state_create(&graph, &s, &err) == LTC_OK);
    s.slot1[0][5] = 1;
    s.clock = 9;
    lt_init_state(&graph, how, key, &s);
    return s;
}

/* Mean, deviation and largest magnitude of a parameter. */
typedef struct moments { double mean, deviation, largest; } moments;
static moments of(const lt_state *s, uint32_t p)
{
    moments m = { 0 };
    const double n = (double)param[p].n;
    for (size_t i = 0; i < param[p].n; i++) {
        m.mean += (double)s->value[p][i] / n;
        m.deviation += (double)s->value[p][i] * (double)s->value[p][i] / n;
        m.largest = fmax(m.largest, fabs((double)s->value[p][i]));
    }
    m.deviation = sqrt(m.deviation - m.mean * m.mean);
    return m;
}

/* nn.Linear and nn.Conv2d: weight and bias from U(-1/sqrt(fan_in), 1/sqrt(fan_in)). */
static void pytorch_means_one_over_root_fan_in_for_weights_and_biases(void)
{
    lt_state s = drawn(LT_INIT_PYTORCH, (ltc_key){ 1, 2 });
    const double linear = 1 / sqrt(400), conv = 1 / sqrt(288);
    CU_ASSERT(of(&s, 0).largest <= linear && of(&s, 0).largest > 0.999 * linear);
    CU_ASSERT(fabs(of(&s, 0).deviation - linear / sqrt(3)) < 0.01 * linear);
    CU_ASSERT(of(&s, 1).largest <= linear && of(&s, 1).largest > 0.95 * linear);
    CU_ASSERT(of(&s, 2).largest <= conv && of(&s, 2).largest > 0.999 * conv);
    CU_ASSERT(of(&s, 3).largest <= conv && of(&s, 3).largest > 0.8 * conv);
    lt_state_free(&s);
}

static void each_initialiser_has_its_deviation_and_zero_biases(void)
{
    static const struct { int64_t how; double linear, conv; } row[] = {
        { LT_INIT_GLOROT_NORMAL, 2. / 700, 2. / 864 },     { LT_INIT_GLOROT_UNIFORM, 2. / 700, 2. / 864 },
        { LT_INIT_KAIMING_NORMAL, 2. / 400, 2. / 288 },    { LT_INIT_KAIMING_UNIFORM, 2. / 400, 2. / 288 },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        lt_state s = drawn(row[i].how, (ltc_key){ 3, i });
        CU_ASSERT(fabs(of(&s, 0).deviation / sqrt(row[i].linear) - 1) < 0.01);
        CU_ASSERT(fabs(of(&s, 2).deviation / sqrt(row[i].conv) - 1) < 0.03);
        CU_ASSERT(fabs(of(&s, 0).mean) < 0.01 * sqrt(row[i].linear));
        CU_ASSERT(of(&s, 1).largest == 0 && of(&s, 3).largest == 0);
        lt_state_free(&s);
    }
}

static void an_architectures_own_initialiser_wins(void)
{
    lt_state s = drawn(LT_INIT_GLOROT_NORMAL, (ltc_key){ 5, 6 });
    for (size_t i = 0; i < 64; i++)
        CU_ASSERT(s.value[4][i] >= 0.25f && s.value[4][i] < 0.75f);
    CU_ASSERT(of(&s, 5).largest == 0);
    lt_state_free(&s);
}

static void an_initial_state_has_no_past(void)
{
    lt_state s = drawn(LT_INIT_PYTORCH, (ltc_key){ 1, 2 });
    CU_ASSERT(s.clock == 0 && s.slot1[0][5] == 0);
    lt_state_free(&s);
}

static void the_same_key_gives_the_same_bits_and_another_key_others(void)
{
    lt_state a = drawn(LT_INIT_GLOROT_NORMAL, (ltc_key){ 1, 2 }),
             b = drawn(LT_INIT_GLOROT_NORMAL, (ltc_key){ 1, 2 }),
             c = drawn(LT_INIT_GLOROT_NORMAL, (ltc_key){ 1, 3 });
    CU_ASSERT(!memcmp(a.value[0], b.value[0], param[0].n * sizeof(float)));
    CU_ASSERT(memcmp(a.value[0], c.value[0], param[0].n * sizeof(float)));
    lt_state_free(&a), lt_state_free(&b), lt_state_free(&c);
}

/* A change of these changes every ticket of every run. */
static void initial_weights_are_what_they_were(void)
{
    lt_state s = drawn(LT_INIT_GLOROT_NORMAL, (ltc_key){ 1, 2 });
    CU_ASSERT(s.value[0][0] == GOLDEN_0 && s.value[0][119999] == GOLDEN_1 && s.value[2][7] == GOLDEN_2);
    lt_state_free(&s);
}

int main(void)
{
    static const lt_test claims[] = {
        { "pytorch means 1/sqrt(fan-in), for weights and biases",
          pytorch_means_one_over_root_fan_in_for_weights_and_biases },
        { "trap 33: each initialiser has its deviation, and zero biases",
          each_initialiser_has_its_deviation_and_zero_biases },
        { "an architecture's own initialiser wins", an_architectures_own_initialiser_wins },
        { "an initial state has no past", an_initial_state_has_no_past },
        { "the same key gives the same bits, another key others",
          the_same_key_gives_the_same_bits_and_another_key_others },
        { "initial weights are what they were", initial_weights_are_what_they_were },
    };
    return lt_suite_run("init", claims, sizeof claims / sizeof claims[0]);
}
