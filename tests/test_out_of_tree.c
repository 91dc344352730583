/* A plug-in needs the headers, a C compiler and nothing else: each example is built with one plain command,
 * found, listed, and looked into. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/registry.h"

static const struct { const char *name; uint32_t kind; } examples[] = {
    { "growth", LTC_MASK }, { "coin", LTC_MASK }, { "tiny", LTC_ARCH },
};
enum { N_EXAMPLES = sizeof examples / sizeof examples[0] };

static char dir[256];

/* First, because the others look at what it makes. */
static void one_plain_command_builds_each(void)
{
    char command[2048];
    snprintf(dir, sizeof dir, "%s", TEST_BINARY_DIR "/tests/out-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        snprintf(command, sizeof command,
                 "'%s' -shared -fPIC -I '%s/include' '%s/examples/%s.c' -o '%s/%s.so'", TEST_CC, TEST_SDK,
                 TEST_SDK, examples[i].name, dir, examples[i].name);
        CU_ASSERT_EQUAL(system(command), 0);
        snprintf(command, sizeof command, "%s/%s.so", dir, examples[i].name);
        chmod(command, 0755);                 /* whatever the umask of the tester is */
    }
}

static void each_is_found_with_its_options(void)
{
    const char *const dirs[] = { dir };
    lt_registry *r = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_registry_open(dirs, 1, NULL, NULL, &r, &err), LTC_OK);
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        const lt_module *m = NULL;
        const ltc_status st = lt_registry_find(r, examples[i].kind, examples[i].name, &m, &err);
        if (st)
            fprintf(stderr, "%s\n", err.message);
        CU_ASSERT_EQUAL(st, LTC_OK);
        CU_ASSERT_TRUE(m && m->schema.n_opts == 1);
        CU_ASSERT_TRUE(m && m->build && *m->build);
    }
    lt_registry_close(r);
}

static bool count_row(void *arg, const lt_listing *row)
{
    CU_ASSERT_PTR_NULL(row->error);
    CU_ASSERT_EQUAL(row->found, LT_LISTED_FOUND);
    CU_ASSERT_TRUE(*row->summary != '\0');
    ++*(int *)arg;
    return true;
}

static void all_are_listed(void)
{
    const char *const dirs[] = { dir };
    lt_registry *r = NULL;
    ltc_error err;
    int rows = 0;
    const lt_patience patience = { .limit_s = LT_LIST_LIMIT_S };
    CU_ASSERT_EQUAL_FATAL(lt_registry_open(dirs, 1, NULL, NULL, &r, &err), LTC_OK);
    CU_ASSERT_EQUAL(lt_registry_list(r, &patience, count_row, &rows, &err), LTC_OK);
    CU_ASSERT_EQUAL(rows, N_EXAMPLES);
    lt_registry_close(r);
}

/* What nm says of a library's dynamic symbols, counted. */
typedef struct symbols {
    int entries, others, of_ltcore; /* ltc_plugin_v0; other global definitions; undefined ltc_ and lt_ */
} symbols;

static symbols look_into(const char *name)
{
    char line[512], symbol[256], type;
    symbols s = { 0, 0, 0 };
    snprintf(line, sizeof line, "nm -D '%s/%s.so'", dir, name);
    FILE *nm = popen(line, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(nm);
    while (fgets(line, sizeof line, nm)) {
        if (sscanf(line, "%*[0-9a-fA-F] %c %255s", &type, symbol) == 2) {
            const bool entry = strcmp(symbol, "ltc_plugin_v0") == 0;
            s.entries += entry;
            s.others += !entry && type >= 'A' && type <= 'Z';
        } else if (sscanf(line, " %c %255s", &type, symbol) == 2 && type == 'U') {
            s.of_ltcore += strncmp(symbol, "ltc_", 4) == 0 || strncmp(symbol, "lt_", 3) == 0;
        }
    }
    CU_ASSERT_EQUAL(pclose(nm), 0);
    return s;
}

static void each_exports_one_symbol_and_needs_none_of_ours(void)
{
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        const symbols s = look_into(examples[i].name);
        CU_ASSERT_EQUAL(s.entries, 1);
        CU_ASSERT_EQUAL(s.others, 0);
        CU_ASSERT_EQUAL(s.of_ltcore, 0);
    }
}

static void nothing_is_left_behind(void)
{
    char path[512];
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        snprintf(path, sizeof path, "%s/%s.so", dir, examples[i].name);
        CU_ASSERT_EQUAL(unlink(path), 0);
    }
    CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static const lt_test claims[] = {
    { "one plain command builds each", one_plain_command_builds_each },
    { "each is found with its options", each_is_found_with_its_options },
    { "all are listed", all_are_listed },
    { "each exports one symbol and needs none of ours", each_exports_one_symbol_and_needs_none_of_ours },
    { "nothing is left behind", nothing_is_left_behind },
};

int main(void)
{
    return lt_suite_run("out of tree", claims, sizeof claims / sizeof claims[0]);
}
