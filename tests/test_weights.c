/* Claims about weights from files: what fits a network is taken, and all that does not is named. */
#include "plan/weights.h"

#include <math.h>
#include <string.h>

#include "suite.h"

/* One batch norm behind one linear layer, as PyTorch's modules name their tensors. */
static const uint32_t linear_in[3] = { 1, 2, 3 }, norm_in[5] = { 4, 5, 6, 7, 8 };
static const ltc_node node[2] = {
    { .op = 3, .n_in = 3, .out = 4, .in = linear_in, .name = "fc" },
    { .op = 5, .n_in = 5, .out = 9, .in = norm_in, .name = "bn" },
};
static const ltc_value value[10] = {
    [1] = { LTC_SAMPLE, 1, { 3, 1, 1, 1 }, NULL }, [2] = { LTC_PARAM, 2, { 2, 3, 1, 1 }, NULL },
    [3] = { LTC_PARAM, 1, { 2, 1, 1, 1 }, NULL },  [4] = { LTC_SAMPLE, 1, { 2, 1, 1, 1 }, NULL },
    [5] = { LTC_PARAM, 1, { 2, 1, 1, 1 }, NULL },  [6] = { LTC_PARAM, 1, { 2, 1, 1, 1 }, NULL },
    [7] = { LTC_PARAM, 1, { 2, 1, 1, 1 }, NULL },  [8] = { LTC_PARAM, 1, { 2, 1, 1, 1 }, NULL },
    [9] = { LTC_SAMPLE, 1, { 2, 1, 1, 1 }, NULL },
};
static const ltc_param param[] = {
    { "fc.weight", 2, LTC_ROLE_WEIGHT, 1, 0, { 0, 0, 0, 0 }, 6 },
    { "fc.bias", 3, LTC_ROLE_BIAS, 1, 0, { 0, 0, 0, 0 }, 2 },
    { "bn.weight", 5, LTC_ROLE_NORM_GAIN, 1, 0, { 0, 0, 0, 0 }, 2 },
    { "bn.bias", 6, LTC_ROLE_NORM_BIAS, 1, 0, { 0, 0, 0, 0 }, 2 },
    { "bn.running_mean", 7, LTC_ROLE_STAT, 0, 0, { 0, 0, 0, 0 }, 2 },
    { "bn.running_var", 8, LTC_ROLE_STAT, 0, 0, { 0, 0, 0, 0 }, 2 },
};
enum { N_PARAMS = sizeof param / sizeof param[0] };
static const ltc_graph graph = {
    .size = sizeof graph, .node_size = sizeof node[0], .param_size = sizeof param[0],
    .value_size = sizeof value[0], .n_nodes = 2, .n_params = N_PARAMS, .n_values = 10, .input = 1,
    .logits = 9, .node = node, .param = param, .value = value,
};

static void add(lt_tensors *t, const char *name, uint32_t type, uint32_t rank, int64_t d0, int64_t d1)
{
    const int64_t dim[2] = { d0, d1 };
    lt_tensor *added;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_tensors_add(t, name, type, rank, dim, &added, &err), LTC_OK);
    for (size_t i = 0; type == LTC_F32 && i < added->n; i++)
        ((float *)added->data)[i] = (float)t->n + 0.125f * (float)i;
}

/* Everything that the network has; `but` is left out. */
static lt_tensors whole_but(const char *but)
{
    lt_tensors t = { 0 };
    for (size_t p = 0; p < N_PARAMS; p++)
        if (strcmp(param[p].name, but))
            add(&t, param[p].name, LTC_F32, value[param[p].value].rank, value[param[p].value].dim[0], 3);
    return t;
}

static size_t faults(const lt_tensors *t, char *first, size_t n)
{
    lt_diags wrong = { 0 };
    lt_weights_check(t, &graph, "w.safetensors", &wrong);
    const size_t found = wrong.n;
    snprintf(first, n, "%s", found ? lt_diags_first(&wrong) : "");
    lt_diags_free(&wrong);
    return found;
}

static void fitting_weights_are_taken(void)
{
    char first[256];
    lt_tensors t = whole_but("");
    lt_state s = { 0 };
    ltc_error err;
    CU_ASSERT_EQUAL(faults(&t, first, sizeof first), 0);
    CU_ASSERT_EQUAL_FATAL(lt_state_create(&graph, &s, &err), LTC_OK);
    s.slot1[0][3] = s.slot2[0][3] = 7, s.clock = 5;
    lt_weights_take(&t, &s);
    for (uint32_t p = 0; p < N_PARAMS; p++)
        CU_ASSERT(!memcmp(s.value[p], lt_tensors_find(&t, param[p].name)->data, param[p].n * sizeof(float)));
    CU_ASSERT(s.value[4][0] > 0);             /* running statistics are part of a state */
    CU_ASSERT(!(s.slot1[0][3] > 0) && !(s.slot2[0][3] > 0));
    CU_ASSERT_EQUAL(s.clock, 0);
    lt_state_free(&s);
    lt_tensors_free(&t);
}

static void counters_and_slots_are_passed_over(void)
{
    char first[256];
    lt_tensors t = whole_but("");
    add(&t, "bn.num_batches_tracked", LT_I64, 0, 0, 0);
    add(&t, "slot1/fc.weight", LTC_F32, 2, 2, 3);
    add(&t, "clock", LT_U64, 0, 0, 0);
    CU_ASSERT_EQUAL(faults(&t, first, sizeof first), 0);
    lt_tensors_free(&t);
}

static void what_does_not_fit_is_named(void)
{
    static const struct {
        const char *but, *instead;
        uint32_t type, rank; int64_t d0, d1; size_t n;
        const char *says;
    } bad[] = {
        { "fc.weight", "fc.weight", LTC_F32, 2, 3, 2, 1,
          "w.safetensors: fc.weight is 3 x 2; the network's is 2 x 3" },
        { "fc.weight", "fc.weight", LTC_F32, 1, 6, 0, 1, "fc.weight is 6; the network's is 2 x 3" },
        { "fc.bias", "fc.bias", LTC_F64, 1, 2, 0, 1, "fc.bias is of type F64; weights are F32" },
        { "bn.running_var", "bn.running_vra", LTC_F32, 1, 2, 0, 2,
          "bn.running_var is missing: the network has it, as 2" },
        { "", "fc2.weight", LTC_F32, 1, 2, 0, 1, "fc2.weight is unexpected" },
        { "", "num_batches", LT_I64, 0, 0, 0, 1, "num_batches is unexpected" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char first[256];
        lt_tensors t = whole_but(bad[i].but);
        add(&t, bad[i].instead, bad[i].type, bad[i].rank, bad[i].d0, bad[i].d1);
        CU_ASSERT_EQUAL(faults(&t, first, sizeof first), bad[i].n);
        if (!strstr(first, bad[i].says))
            fprintf(stderr, "'%s' is not in '%s'\n", bad[i].says, first);
        CU_ASSERT_PTR_NOT_NULL(strstr(first, bad[i].says));
        lt_tensors_free(&t);
    }
}

static void a_weight_that_is_not_finite_is_named(void)
{
    char first[256];
    lt_tensors t = whole_but("");
    ((float *)lt_tensors_find(&t, "fc.weight")->data)[4] = NAN;
    CU_ASSERT_EQUAL(faults(&t, first, sizeof first), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "element 4 of fc.weight is not finite"));
    lt_tensors_free(&t);
}

int main(void)
{
    static const lt_test claims[] = {
        { "weights that fit are taken, running statistics too, and an optimizer begins anew",
          fitting_weights_are_taken },
        { "PyTorch's batch counts and a stored state's slots are passed over",
          counters_and_slots_are_passed_over },
        { "a weight that is not finite is named", a_weight_that_is_not_finite_is_named },
        { "what is missing, unexpected, or of another type or shape is named", what_does_not_fit_is_named },
    };
    return lt_suite_run("weights", claims, sizeof claims / sizeof claims[0]);
}
