/* Owns the pretended plug-ins, standing in for plugin/registry.c. Linked to whatever settles configurations
 * without files of plug-ins: the tests, and a target of tests/fuzz. */
#include "config_rig.h"

#include <math.h>
#include <string.h>

static const char *const modes[] = { "fast", "exact", NULL };
static const ltc_opt mlp_options[] = {
    LTC_INT(rig_options, depth, 2, 0, 10, "How many hidden layers."),
    LTC_BOOL(rig_options, bias, 1, "Are there biases?"),
    LTC_ENUM(rig_options, mode, 0, modes, "Which way."),
    LTC_REAL(rig_options, start_cost, 0.5, 0, 10, "What it costs."),
    LTC_REAL(rig_options, rate, 0.2, 0, 1, "A share.", .flags = LTC_OPT_ABOVE | LTC_OPT_BELOW),
    LTC_STRING(rig_options, label, NULL, "A name."),
    LTC_PATH(rig_options, table, NULL, "A file of numbers."),
    LTC_PATH(rig_options, data, NULL, "Get it with: fetch it.", .flags = LTC_OPT_SEARCH),
    LTC_INTS(rig_options, widths, "300, 100", 1, INT64_MAX, 1, 3, "Units of each layer."),
    LTC_REALS(rig_options, alpha, "", -1, INFINITY, 0, 100, "Numbers."),
    LTC_STRINGS(rig_options, words, "\"a\", \"b\"", 2, 2, "Two words."),
};
const ltc_schema rig_schema = LTC_SCHEMA(rig_options, mlp_options);

typedef struct clash_options { int64_t init; } clash_options;
static const ltc_opt clash_table[] = { LTC_INT(clash_options, init, 0, 0, 1, "Taken.") };

static const ltc_opt mask_table[] = {
    LTC_REAL(rig_mask_options, alpha, 1, 0, INFINITY, "A factor."),
    LTC_INT(rig_mask_options, power, 1, 1, 4, "An exponent."),
};

static uint32_t no_flags(const void *self)
{
    (void)self;
    return 0;
}

static const lt_module modules[] = {
    { .info = { .kind = LTC_ARCH, .name = "mlp" }, .schema = LTC_SCHEMA(rig_options, mlp_options) },
    { .info = { .kind = LTC_ARCH, .name = "plain" } },
    { .info = { .kind = LTC_ARCH, .name = "clash" }, .schema = LTC_SCHEMA(clash_options, clash_table) },
    { .info = { .kind = LTC_DATASET, .name = "digits" } },
    { .info = { .kind = LTC_BACKEND, .name = "cpu" } },
    { .info = { .kind = LTC_MASK, .name = "score" }, .schema = LTC_SCHEMA(rig_mask_options, mask_table) },
    { .info = { .kind = LTC_MASK, .name = "chance" } },
    { .info = { .kind = LTC_MASK, .name = "count" }, .ops.mask.flags = LTC_MASK_OWN_COUNT },
    { .info = { .kind = LTC_MASK, .name = "perhaps" },
      .ops.mask = { .flags = LTC_MASK_OWN_COUNT, .flags_of = no_flags } },
};

ltc_status lt_registry_find(lt_registry *r, uint32_t kind, const char *name, const lt_module **module,
                            ltc_error *err)
{
    (void)r;
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        if (modules[i].info.kind == kind && !strcmp(modules[i].info.name, name)) {
            *module = &modules[i];
            return LTC_OK;
        }
    }
    return ltc_fail(err, LTC_EOPTION, "no plug-in '%s'", name);
}
