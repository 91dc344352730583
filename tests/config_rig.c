/* Owns the pretended plug-ins, standing in for plugin/registry.c, and a folder for each test. */
#define _XOPEN_SOURCE 700                     /* nftw */
#include "config_rig.h"

#include <CUnit/CUnit.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char rig_good[] =
    "dataset = { plugin = \"digits\"; };\n"
    "arch = { plugin = \"mlp\"; };\n"
    "train = { batch_size = 60; steps = 100; optimizer = { type = \"sgd\"; lr = 0.1; }; };\n"
    "prune = { strategy = \"none\"; };\n";
const char rig_pruned[] =
    "base = \"good.cfg\";\n"
    "prune = { strategy = \"iterative\"; mask = { plugin = \"score\"; alpha = 2.0; }; rate = 0.2; rounds = 5; };\n";

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
    { .info = { .kind = LTC_MASK, .name = "perhaps" }, .ops.mask = { .flags = LTC_MASK_OWN_COUNT, .flags_of = no_flags } },
};

ltc_status lt_registry_find(lt_registry *r, uint32_t kind, const char *name, const lt_module **module, ltc_error *err)
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

rig rig_open(void)
{
    rig r = { 0 };
    snprintf(r.dir, sizeof r.dir, "%s/config-XXXXXX", TEST_BINARY_DIR);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(r.dir));
    snprintf(r.data, sizeof r.data, "%s/data", r.dir);
    CU_ASSERT_EQUAL_FATAL(mkdir(r.data, 0700), 0);
    rig_write(&r, "good.cfg", rig_good);
    rig_write(&r, "pruned.cfg", rig_pruned);
    r.request = (lt_config_request){ .path = "run.cfg", .default_backend = "cpu" };
    return r;
}

void rig_write(const rig *r, const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static void release(rig *r)
{
    lt_settings_free(&r->settings);
    lt_config_free(r->config);
    r->config = NULL;
    lt_diags_free(&r->diags);
    free(r->said);
    r->said = NULL;
}

void rig_settle(rig *r, const char *const *set, size_t n)
{
    const char *const data[] = { r->data };
    release(r);
    r->request.set = set;
    r->request.n_set = n;
    r->request.directory = r->dir;
    r->request.data_dir = data;
    r->request.n_data_dirs = 1;
    r->st = lt_config_read(&r->request, &r->config, &r->diags);
    if (!r->st)
        r->st = lt_config_settle(r->config, NULL, &r->settings, &r->diags);
    size_t bytes;
    FILE *to = open_memstream(&r->said, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    lt_diags_print(&r->diags, to);
    fclose(to);
    CU_ASSERT(!r->st == !r->diags.n);         /* a failure has a diagnostic, and nothing else has */
    r->request.data_dir = NULL;
    r->request.n_data_dirs = 0;
}

static void settle_over(rig *r, const char *base, const char *text)
{
    lt_text file = { 0 };
    lt_text_add(&file, "base = \"%s\";\n%s\n", base, text);
    CU_ASSERT_FALSE_FATAL(file.failed);
    rig_write(r, "run.cfg", file.s);
    lt_text_free(&file);
    rig_settle(r, NULL, 0);
}

void rig_settle_over(rig *r, const char *text)
{
    settle_over(r, "good.cfg", text);
}

void rig_settle_over_pruned(rig *r, const char *text)
{
    settle_over(r, "pruned.cfg", text);
}

bool rig_refused(const rig *r, const char *text, const char *says)
{
    const bool refused = r->st && strstr(r->said, says);
    if (!refused)
        printf("\n  text: %s\n  want: %s\n  said: %s", text, says, r->said);
    return refused;
}

const rig_options *rig_options_of(const rig *r)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(r->settings.arch.plugin.options);
    return r->settings.arch.plugin.options;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *at)
{
    (void)about, (void)type, (void)at;
    return remove(path);
}

void rig_close(rig *r)
{
    release(r);
    nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
