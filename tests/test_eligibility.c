/* Claims about which parameters may be pruned. */
#include "suite.h"

#include <string.h>

#include "prune_rig.h"

#define WORDS(...) \
    { (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) }
#define NONE { NULL, 0 }

/* The names of what is eligible, with spaces between; or the sentence why not, with the option before it. */
static const char *ask(rig_build *build, ltc_strings layers, ltc_strings exclude, ltc_strings include)
{
    static char text[1024];
    const lt_settings s = { .prune = { .layers = layers, .exclude = exclude, .include = include } };
    lt_graph g = rig_graph(build);
    uint8_t eligible[64] = { 0 };
    ltc_error err;
    text[0] = '\0';
    const ltc_status st = lt_eligible(&g.view, &s, eligible, &err);
    if (st)
        snprintf(text, sizeof text, "%s: %s", err.option, err.message);
    for (uint32_t p = 0; p < g.view.n_params && !st; p++)
        if (eligible[p])
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", text[0] ? " " : "",
                     g.view.param[p].name);
    CU_ASSERT(st == LTC_OK || st == LTC_EOPTION);
    lt_graph_free(&g);
    return text;
}

typedef struct question { ltc_strings layers, exclude, include; const char *answer; } question;

static void check(rig_build *build, const question *q, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = ask(build, q[i].layers, q[i].exclude, q[i].include);
        if (strcmp(got, q[i].answer))
            fprintf(stderr, "\nexpected \"%s\",\n     got \"%s\"\n", q[i].answer, got);
        CU_ASSERT_STRING_EQUAL(got, q[i].answer);
    }
}
#define CHECK(build, table) check(build, table, sizeof table / sizeof table[0])

#define CONV "conv1.weight layer1.conv.weight layer1.downsample.0.weight"
static void trap_14_biases_and_norms_take_an_include(void)
{
    const question table[] = {
        { WORDS("conv", "linear"), NONE, NONE, CONV " hidden.weight fc.weight" },
        { WORDS("conv", "linear"), NONE, WORDS("bias"),
          "conv1.weight layer1.conv.weight layer1.conv.bias layer1.downsample.0.weight hidden.weight "
          "hidden.bias fc.weight fc.bias" },
        { WORDS("conv"), NONE, WORDS("bias"),
          "conv1.weight layer1.conv.weight layer1.conv.bias layer1.downsample.0.weight" },
        { WORDS("linear"), NONE, WORDS("norm"),
          "bn1.weight bn1.bias layer1.downsample.1.weight layer1.downsample.1.bias hidden.weight fc.weight" },
    };
    CHECK(rig_residual, table);
    const question lenet[] = { { WORDS("conv", "linear"), NONE, WORDS("bias", "norm"),
                                 "fc1.weight fc1.bias fc2.weight fc2.bias fc3.weight fc3.bias" } };
    CHECK(rig_lenet, lenet);
}

static void layers_choose_by_operation(void)
{
    const question table[] = {
        { WORDS("conv"), NONE, NONE, CONV },
        { WORDS("linear"), NONE, NONE, "hidden.weight fc.weight" },
    };
    CHECK(rig_residual, table);
}

static void trap_16_shortcuts_can_be_left_out(void)
{
    const question table[] = {
        { WORDS("conv"), WORDS("shortcut"), NONE, "conv1.weight layer1.conv.weight" },
        { WORDS("conv", "linear"), WORDS("shortcut", "output"), NONE,
          "conv1.weight layer1.conv.weight hidden.weight" },
    };
    CHECK(rig_residual, table);
}

static void trap_15_the_output_can_be_left_out(void)
{
    const question table[] = {
        { WORDS("linear"), WORDS("output"), NONE, "fc1.weight fc2.weight" },
        { WORDS("linear"), WORDS("shortcut"), NONE, "fc1.weight fc2.weight fc3.weight" }, /* it has none */
    };
    CHECK(rig_lenet, table);
}

static void names_can_be_left_out_by_pattern(void)
{
    const question table[] = {
        { WORDS("conv"), WORDS("*.downsample.*"), NONE, "conv1.weight layer1.conv.weight" },
        { WORDS("conv"), WORDS("conv1.weight"), NONE, "layer1.conv.weight layer1.downsample.0.weight" },
        { WORDS("conv"), WORDS("layer?.conv.*"), NONE, "conv1.weight layer1.downsample.0.weight" },
    };
    CHECK(rig_residual, table);
}

static void exclude_has_the_last_word(void)
{
    const question table[] = {
        { WORDS("linear"), WORDS("output"), WORDS("bias"), "hidden.weight hidden.bias" },
        { WORDS("linear"), WORDS("*.bias", "*bn*"), WORDS("bias", "norm"),
          "layer1.downsample.1.weight hidden.weight fc.weight" },
    };
    CHECK(rig_residual, table);
}

static void words_that_say_nothing_are_errors_with_a_hint(void)
{
    const question table[] = {
        { WORDS("conv", "linaer"), NONE, NONE,
          "layers: 'linaer' is neither 'conv' nor 'linear' (did you mean 'linear'?)" },
        { WORDS("attention"), NONE, NONE, "layers: 'attention' is neither 'conv' nor 'linear'" },
        { WORDS("conv"), NONE, WORDS("biases"),
          "include: 'biases' is neither 'bias' nor 'norm' (did you mean 'bias'?)" },
        { WORDS("conv"), WORDS("ouput"), NONE,
          "exclude: 'ouput' matches no parameter of this network (did you mean 'output'?)" },
        { WORDS("conv"), WORDS("conv1.wieght"), NONE,
          "exclude: 'conv1.wieght' matches no parameter of this network (did you mean 'conv1.weight'?)" },
        { WORDS("conv"), WORDS("layer9.*"), NONE,
          "exclude: 'layer9.*' matches no parameter of this network" },
        { WORDS("conv"), WORDS("*"), NONE,
          "layers: no weight of this network may be pruned: layers, include and exclude leave none" },
    };
    CHECK(rig_residual, table);
    const question lenet[] = {
        { WORDS("conv"), NONE, NONE,
          "layers: no weight of this network may be pruned: layers, include and exclude leave none" },
    };
    CHECK(rig_lenet, lenet);
}

int main(void)
{
    static const lt_test claims[] = {
        { "trap 14: biases and norms take an include", trap_14_biases_and_norms_take_an_include },
        { "layers choose by operation", layers_choose_by_operation },
        { "trap 15: the output can be left out", trap_15_the_output_can_be_left_out },
        { "trap 16: shortcuts can be left out", trap_16_shortcuts_can_be_left_out },
        { "names can be left out by pattern", names_can_be_left_out_by_pattern },
        { "exclude has the last word", exclude_has_the_last_word },
        { "words that say nothing are errors with a hint", words_that_say_nothing_are_errors_with_a_hint },
    };
    return lt_suite_run("eligibility", claims, sizeof claims / sizeof claims[0]);
}
