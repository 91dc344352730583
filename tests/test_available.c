/* Available memory, of a machine that is a directory. */
#include "util/available.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "util/file.h"

enum { MIB = 1 << 20 };
typedef struct file { const char *path, *text; } file;

/* What is left on a machine with these files. */
static uint64_t left_on(const file *files, size_t n, uint64_t address_limit)
{
    char root[] = "/tmp/ltcore-available-XXXXXX", path[256], command[64];
    ltc_error err;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", root, files[i].path);
        *strrchr(path, '/') = '\0';
        CU_ASSERT_EQUAL(lt_file_make_directory(path, &err), LTC_OK);
        path[strlen(path)] = '/';
        CU_ASSERT_EQUAL(lt_file_write(path, files[i].text, strlen(files[i].text), &err), LTC_OK);
    }
    const uint64_t left = lt_available_memory(root, address_limit);
    snprintf(command, sizeof command, "rm -r %s", root);
    CU_ASSERT_EQUAL(system(command), 0);
    return left;
}

#define ON(...)                                                                                              \
    (const file[]){ { "proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable:    8192 kB\n" }, __VA_ARGS__ },   \
        sizeof((const file[]){ { "", "" }, __VA_ARGS__ }) / sizeof(file)

static void the_machine_alone_has_what_it_says(void)
{
    CU_ASSERT_EQUAL(left_on(ON({ "x/y", "" }), UINT64_MAX), 8 * MIB);
    CU_ASSERT_EQUAL(left_on(NULL, 0, UINT64_MAX), UINT64_MAX);        /* nothing is known */
}

static void every_group_above_has_its_limit(void)
{
    CU_ASSERT_EQUAL(left_on(ON({ "proc/self/cgroup", "0::/a/b\n" },
                               { "sys/fs/cgroup/a/b/memory.max", "max\n" },
                               { "sys/fs/cgroup/a/memory.max", "4194304\n" },
                               { "sys/fs/cgroup/a/memory.current", "3145728\n" }),
                            UINT64_MAX), 1 * MIB);
    CU_ASSERT_EQUAL(left_on(ON({ "proc/self/cgroup", "0::/\n" }, { "sys/fs/cgroup/memory.max", "2097152\n" }),
                            UINT64_MAX),
                    2 * MIB);
    CU_ASSERT_EQUAL(left_on(ON({ "proc/self/cgroup", "5:cpu:/a\n4:memory:/a\n0::/\n" },
                               { "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n" },
                               { "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4194304\n" },
                               { "sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1048576\n" }),
                            UINT64_MAX), 3 * MIB);
}

static void cache_that_can_be_given_back_is_not_in_use(void)
{
    CU_ASSERT_EQUAL(left_on(ON({ "proc/self/cgroup", "0::/a\n" },
                               { "sys/fs/cgroup/a/memory.max", "4194304\n" },
                               { "sys/fs/cgroup/a/memory.current", "3145728\n" },
                               { "sys/fs/cgroup/a/memory.stat", "file 9\ninactive_file 2097152\n" }),
                            UINT64_MAX), 3 * MIB);
}

static void an_address_space_has_its_limit(void)
{
    CU_ASSERT_EQUAL(left_on(ON({ "x/y", "" }), 3 * MIB), 3 * MIB);
    CU_ASSERT_EQUAL(left_on(ON({ "proc/self/statm", "9999999 1 1\n" }), 3 * MIB), 0);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the machine alone has what it says", the_machine_alone_has_what_it_says },
        { "every group above has its limit", every_group_above_has_its_limit },
        { "cache that can be given back is not in use", cache_that_can_be_given_back_is_not_in_use },
        { "an address space has its limit", an_address_space_has_its_limit },
    };
    return lt_suite_run("available", claims, sizeof claims / sizeof claims[0]);
}
