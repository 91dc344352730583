/* Which plug-ins a run was made with. */
#include "run/provenance.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

enum { LINES = 500, MASKS = 100 };            /* a sweep over more plug-ins than anyone has */

static lt_module mask[MASKS], dataset, arch, backend;
static char name[MASKS][20];
static lt_settings own[LINES], settings;
static lt_line line[LINES];

static lt_module module_of(uint32_t kind, const char *called, const char *path)
{
    return (lt_module){ .info = { .kind = kind, .name = called, .version = "1" }, .path = path };
}

static void set_up(void)
{
    for (int i = 0; i < MASKS; i++) {
        snprintf(name[i], sizeof name[i], "mask-%d", i);
        mask[i] = module_of(LTC_MASK, name[i], "/nowhere");
    }
    dataset = module_of(LTC_DATASET, name[0], "/nowhere");
    arch = module_of(LTC_ARCH, "mlp", "/nowhere");
    backend = module_of(LTC_BACKEND, "ref", "/proc/self/exe");
    for (int i = 0; i < LINES; i++) {
        own[i] = (lt_settings){ .arch.plugin.module = &arch, .dataset.plugin.module = &dataset,
                                .backend.plugin.module = &backend, .prune.mask.module = &mask[i % MASKS] };
        line[i].settings = &own[i];
    }
    settings.line = line, settings.n_lines = LINES;
}

static void each_plugin_is_told_once(void)
{
    lt_provenance p = { 0 };
    ltc_error err = { .message = "" };
    set_up();
    CU_ASSERT_EQUAL_FATAL(lt_provenance_fill(&p, &settings, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(p.n, 3 + MASKS);
    CU_ASSERT_STRING_EQUAL(p.plugin[0].name, "mlp");
    CU_ASSERT_STRING_EQUAL(p.plugin[1].kind, "datasets");
    CU_ASSERT_STRING_EQUAL(p.plugin[3].kind, "masks");        /* of the same name as the data set */
    CU_ASSERT_STRING_EQUAL(p.plugin[3].name, p.plugin[1].name);
    CU_ASSERT_STRING_EQUAL(p.plugin[2 + MASKS].name, name[MASKS - 1]);
    lt_provenance_free(&p);
}

static void a_file_that_is_there_has_a_digest(void)
{
    lt_provenance p = { 0 };
    ltc_error err = { .message = "" };
    set_up();
    CU_ASSERT_EQUAL_FATAL(lt_provenance_fill(&p, &settings, &err), LTC_OK);
    CU_ASSERT_PTR_NULL(p.plugin[0].sha256);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.plugin[2].sha256);
    CU_ASSERT_EQUAL(strlen(p.plugin[2].sha256), 64);
    lt_provenance_free(&p);
}

int main(void)
{
    static const lt_test claims[] = {
        { "each plug-in of a run is told once, however many there are", each_plugin_is_told_once },
        { "a file that is there has a digest", a_file_that_is_there_has_a_digest },
    };
    return lt_suite_run("provenance", claims, sizeof claims / sizeof claims[0]);
}
