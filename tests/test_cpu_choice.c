/* Claims about which kernels the cpu backend takes: from which density on, for layers of the networks that
 * bench/run times. Another choice has other bits, and needs another revision in the identity. */
#include "choice.h"
#include "costs.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

enum { STEPS = 1000 };

/* What is taken of a layer, from dense to one weight in a thousand, and at which densities that changes. */
typedef struct course { char text[100]; int now; } course;

static void add(course *c, int choice, const char *name, int step)
{
    char *end = c->text + strlen(c->text);
    const size_t room = sizeof c->text - (size_t)(end - c->text);
    if (step == STEPS)
        snprintf(end, room, "%s", name);
    else if (choice != c->now)
        snprintf(end, room, " %.3f %s", (double)step / STEPS, name);
    c->now = choice;
}

/* which: of the instruction sets, or of their passes. */
static void check_course(const course *c, const char *layer, int which, const char *want)
{
    if (strcmp(c->text, want))
        fprintf(stderr, "\n%s, %d: %s", layer, which, c->text);
    CU_ASSERT_STRING_EQUAL(c->text, want);
}

static const struct { const char *name; cpu_linear_case layer; const char *takes[CPU_ISAS]; } linear[] = {
    { "fc1 of mnist", { .in = 784, .out = 300, .filled = 0.19, .first = true },
      { "strips 0.294 lists", "strips 0.267 lists", "strips 0.251 lists" } },
    { "fc1 of floats", { .in = 784, .out = 300, .filled = 1, .first = true },
      { "dense 0.685 lists", "dense 0.681 lists", "dense 0.707 lists" } },
    { "fc2", { .in = 300, .out = 100, .filled = 1 },
      { "dense 0.717 lists", "dense 0.719 lists", "dense 0.759 lists" } },
};

static void linear_layers_change_where_they_did(void)
{
    static const char *const name[] = { "dense", "lists", "strips" };
    for (size_t k = 0; k < sizeof linear / sizeof *linear; k++)
        for (int isa = 0; isa < CPU_ISAS; isa++) {
            const cpu_costs costs = cpu_costs_shipped((cpu_isa)isa);
            course c = { "", 0 };
            for (int step = STEPS; step > 0; step--) {
                cpu_linear_case layer = linear[k].layer;
                layer.alive = (size_t)(layer.in * layer.out) * (size_t)step / STEPS;
                const cpu_form form = cpu_choose_linear(&layer, &costs);
                add(&c, (int)form, name[form], step);
            }
            check_course(&c, linear[k].name, isa, linear[k].takes[isa]);
        }
}

#define SHAPE(in, out, side, kernel, p) \
    { .channels = in, .outputs = out, .groups = 1, .kernel_h = kernel, .kernel_w = kernel, .stride = 1, \
      .pad = p, .dilation = 1, .h = side, .w = side, .out_h = side + 2 * (p) - (kernel) + 1, \
      .out_w = side + 2 * (p) - (kernel) + 1 }
static const struct {
    const char *name; cpu_conv_shape layer;
    const char *takes[CPU_ISAS][CONV_PASSES];
} conv[] = {
    { "3 to 64 of 32 x 32", SHAPE(3, 64, 32, 3, 1),
      { { "wide lists 0.666 lists", "wide lists 0.666 lists", "wide lists 0.624 lists" },
        { "wide lists 0.624 lists", "wide lists 0.624 lists", "wide lists 0.555 lists" },
        { "wide lists 0.666 lists", "wide lists 0.666 lists", "wide lists 0.588 lists" } } },
    { "16 to 16 of 32 x 32", SHAPE(16, 16, 32, 3, 1),
      { { "winograd 0.213 lists", "winograd 0.213 lists", "winograd 0.206 lists" },
        { "winograd 0.206 lists", "winograd 0.206 lists", "winograd 0.199 lists" },
        { "winograd 0.206 lists", "winograd 0.206 lists", "winograd 0.199 lists" } } },
    { "64 to 64 of 16 x 16", SHAPE(64, 64, 16, 3, 1),
      { { "winograd 0.213 lists", "winograd 0.213 lists", "winograd 0.206 lists" },
        { "winograd 0.206 lists", "winograd 0.206 lists", "winograd 0.199 lists" },
        { "winograd 0.206 lists", "winograd 0.206 lists", "winograd 0.199 lists" } } },
    { "512 to 512 of 4 x 4", SHAPE(512, 512, 4, 3, 1),
      { { "winograd 0.213 lists", "winograd 0.213 lists", "winograd 0.164 lists" },
        { "winograd 0.206 lists", "winograd 0.206 lists", "winograd 0.159 lists" },
        { "winograd 0.206 lists", "winograd 0.206 lists", "winograd 0.159 lists" } } },
    { "512 to 512 of 2 x 2", SHAPE(512, 512, 2, 3, 1),
      { { "winograd 0.191 lists", "winograd 0.191 lists", "winograd 0.103 lists" },
        { "winograd 0.185 lists", "winograd 0.185 lists", "winograd 0.099 lists" },
        { "winograd 0.185 lists", "winograd 0.185 lists", "winograd 0.099 lists" } } },
    { "20 to 50 of 12 x 12, 5 x 5", SHAPE(20, 50, 12, 5, 0),
      { { "winograd 0.399 lists", "winograd 0.215 lists", "winograd 0.386 lists" },
        { "winograd 0.386 lists", "winograd 0.207 lists", "winograd 0.374 lists" },
        { "winograd 0.386 lists", "winograd 0.208 lists", "winograd 0.374 lists" } } },
};

static void convolutions_change_where_they_did(void)
{
    static const char *const name[] = { "lists", "wide lists", "winograd" };
    for (size_t k = 0; k < sizeof conv / sizeof *conv; k++)
        for (int i = 0; i < CPU_ISAS * CONV_PASSES; i++) {
            const conv_costs *costs = conv_costs_shipped((cpu_isa)(i / CONV_PASSES));
            const int pass = i % CONV_PASSES;
            course c = { "", 0 };
            for (int step = STEPS; step > 0; step--) {
                const conv_way way = conv_choose(&conv[k].layer, (double)step / STEPS, costs,
                                                 (conv_pass)pass);
                add(&c, (int)way, name[way], step);
            }
            check_course(&c, conv[k].name, i, conv[k].takes[i / CONV_PASSES][pass]);
        }
}

/* F(2x2, 5x5) where not said otherwise. */
static const struct { cpu_conv_shape layer; bool spreads; } gradients[] = {
    { SHAPE(20, 50, 12, 5, 0), true },        /* 16 tiles, and not 36 */
    { SHAPE(20, 50, 11, 5, 1), true },        /* 25, and not 36 */
    { SHAPE(20, 50, 12, 5, 2), false },
    { SHAPE(20, 50, 12, 5, 3), false },
    { SHAPE(64, 64, 6, 3, 0), true },         /* F(4x4, 3x3): one, and not four */
    { SHAPE(64, 64, 8, 3, 0), false },        /* four both */
    { SHAPE(64, 64, 16, 3, 1), false },
    { SHAPE(64, 64, 2, 3, 1), false },        /* a plane */
};

static void data_gradients_take_the_fewer_tiles(void)
{
    for (size_t i = 0; i < sizeof gradients / sizeof *gradients; i++) {
        const cpu_conv_shape *s = &gradients[i].layer;
        CU_ASSERT_EQUAL(conv_spreads(s), gradients[i].spreads);
        for (int isa = 0; isa < CPU_ISAS; isa++)
            CU_ASSERT_EQUAL(conv_choose(s, 1, conv_costs_shipped((cpu_isa)isa), CONV_DATA_GRADIENT),
                            CONV_BY_WINOGRAD);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "linear layers change where they did", linear_layers_change_where_they_did },
        { "convolutions change where they did", convolutions_change_where_they_did },
        { "a data gradient by points takes the plane of fewer tiles", data_gradients_take_the_fewer_tiles },
    };
    return lt_suite_run("cpu choice", claims, sizeof claims / sizeof *claims);
}
