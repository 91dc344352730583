/* Claims about the configurations in etc/, with the plug-ins of this build: each can be run, and those of
 * a paper have what the paper says. Only their data are others, so that none need be there. */
#include "suite.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

/* What settles a preset, and what became of it. */
typedef struct preset {
    lt_registry *registry;
    lt_config   *config;
    lt_settings  settings;
    lt_diags     diags;
    ltc_status   st;
} preset;

static void settle(preset *p, const char *name)
{
    static const char *const set[] = { "dataset={plugin=\"synthetic\";}" };
    static const char *const dir[] = { TEST_BINARY_DIR "/lib/ltcore/plugins" };
    char path[256];
    ltc_error err = { .message = "" };
    snprintf(path, sizeof path, "%s/../etc/%s", TEST_SOURCE_DIR, name);
    const lt_config_request r = { .path = path, .set = set, .n_set = 1, .store = "/store",
                                  .directory = "/nowhere", .default_backend = "ref" };
    *p = (preset){ 0 };
    CU_ASSERT_EQUAL_FATAL(lt_registry_open(dir, 1, NULL, NULL, &p->registry, &err), LTC_OK);
    p->st = lt_config_read(&r, &p->config, &p->diags);
    if (!p->st)
        p->st = lt_config_settle(p->config, p->registry, &p->settings, &p->diags);
    if (p->st)
        lt_diags_print(&p->diags, stderr);
    CU_ASSERT_EQUAL(p->st, LTC_OK);
}

static void release(preset *p)
{
    lt_settings_free(&p->settings);
    lt_config_free(p->config);
    lt_diags_free(&p->diags);
    lt_registry_close(p->registry);
}

/* controls.cfg is there to be laid over others. */
static bool is_preset(const char *name)
{
    const size_t n = strlen(name);
    return n > 4 && !strcmp(name + n - 4, ".cfg") && strcmp(name, "controls.cfg");
}

static void each_is_a_configuration(void)
{
    size_t n = 0;
    DIR *d = opendir(TEST_SOURCE_DIR "/../etc");
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    for (const struct dirent *e; (e = readdir(d));) {
        preset p;
        if (!is_preset(e->d_name))
            continue;
        settle(&p, e->d_name);
        release(&p);
        n++;
    }
    closedir(d);
    CU_ASSERT(n >= 10);
}

/* Frankle & Carbin 2019, figures 2 and 6: three times the steps with dropout, rates of its own; Gaussian
 * Glorot everywhere. */
static void trap_33_dropout_has_three_times_the_steps(void)
{
    static const struct { const char *name, *dropout; int64_t steps; double lr, dropout_lr; } of[] = {
        { "fc2019-conv-2.cfg", "fc2019-conv-2-dropout.cfg", 20000, 2e-4, 3e-4 },
        { "fc2019-conv-4.cfg", "fc2019-conv-4-dropout.cfg", 25000, 3e-4, 2e-4 },
        { "fc2019-conv-6.cfg", "fc2019-conv-6-dropout.cfg", 30000, 3e-4, 2e-4 },
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        preset p, q;
        settle(&p, of[i].name), settle(&q, of[i].dropout);
        const lt_settings *a = &p.settings, *b = &q.settings;
        CU_ASSERT(a->train.steps == of[i].steps && b->train.steps == 3 * of[i].steps);
        CU_ASSERT(a->train.optimizer.lr == of[i].lr && b->train.optimizer.lr == of[i].dropout_lr);
        CU_ASSERT(a->arch.init == LT_INIT_GLOROT_NORMAL && b->arch.init == LT_INIT_GLOROT_NORMAL);
        const double *none = a->arch.plugin.options, *half = b->arch.plugin.options;
        CU_ASSERT(*none == 0 && *half == 0.5);
        CU_ASSERT(a->train.batch_size == 60 && b->train.batch_size == 60 && a->run.trials == b->run.trials);
        release(&p), release(&q);
    }
}

/* Those of Frankle & Carbin have their published values beside them, and each its own. */
static void each_paper_is_held_against_what_it_says(void)
{
    char seen[20][64];
    size_t n = 0;
    DIR *d = opendir(TEST_SOURCE_DIR "/../etc");
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    for (const struct dirent *e; n < 20 && (e = readdir(d));) {
        preset p;
        if (strncmp(e->d_name, "fc2019-", 7) || !is_preset(e->d_name))
            continue;
        settle(&p, e->d_name);
        const char *path = p.settings.report.overlay, *file = path ? strrchr(path, '/') : NULL;
        CU_ASSERT(file && access(path, R_OK) == 0);
        snprintf(seen[n], sizeof seen[n], "%s", file ? file : "");
        for (size_t i = 0; i < n; i++)
            CU_ASSERT_STRING_NOT_EQUAL(seen[i], seen[n]);
        n++;
        release(&p);
    }
    closedir(d);
    CU_ASSERT_EQUAL(n, 9);
}

static const lt_test claims[] = {
    { "each is a configuration", each_is_a_configuration },
    { "each paper is held against what it says", each_paper_is_held_against_what_it_says },
    { "trap 33: dropout has three times the steps", trap_33_dropout_has_three_times_the_steps },
};

int main(void)
{
    return lt_suite_run("presets", claims, sizeof claims / sizeof claims[0]);
}
