/* Owns a folder for each test of configurations. */
#define _XOPEN_SOURCE 700                     /* nftw */
#include "config_rig.h"

#include <CUnit/CUnit.h>
#include <ftw.h>
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
