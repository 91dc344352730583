/* Reads what the kernel says of memory: meminfo, statm, and cgroups of both versions.
 * Called once, by main.c. */
#include "util/available.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"

/* What a control group is called in its version: its folder, limit, use, and the key of the
 * cache in memory.stat. */
static const struct version { const char *prefix, *folder, *limit, *use, *cache;
} versions[] = {
    { "0::", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file " },
    { ":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
      "total_inactive_file " },
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The number behind a key, which begins a line, or the file's first; otherwise if there is none. */
static uint64_t number_in(const char *folder, const char *file, const char *key, uint64_t otherwise)
{
    lt_text path = { 0 }, text = { 0 };
    ltc_error ignored = { .message = "" };
    uint64_t n = otherwise;
    lt_text_add(&path, "%s/%s", folder, file);
    const bool there = !path.failed && !lt_file_read(path.s, &text, &ignored);
    for (const char *line = there ? text.s : NULL; line;
         line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (!strncmp(line, key, strlen(key)) && sscanf(line + strlen(key), "%" SCNu64, &n) == 1)
            break;
    lt_text_free(&path);
    lt_text_free(&text);
    return n;
}

/* From a group up to the top: a limit holds for all below it. path is cut on the way. */
static uint64_t left_of_groups(const struct version *v, char *path, size_t top)
{
    uint64_t left = UINT64_MAX;
    for (;;) {
        const uint64_t limit = number_in(path, v->limit, "", UINT64_MAX),
                       use = number_in(path, v->use, "", 0),
                       cache = least(number_in(path, "memory.stat", v->cache, 0), use);
        if (limit < INT64_MAX / 2)            /* version 1 calls no limit a number near that */
            left = least(left, limit > use - cache ? limit - (use - cache) : 0);
        char *slash = strrchr(path + top, '/');
        if (!slash)
            return left;
        *slash = '\0';
    }
}

static uint64_t left_of_version(const char *root, const struct version *v, const char *membership)
{
    const char *at = strstr(membership, v->prefix);
    lt_text path = { 0 };
    uint64_t left = UINT64_MAX;
    lt_text_add(&path, "%s%s", root, v->folder);
    const size_t top = path.n;
    if (at)
        lt_text_add(&path, "%.*s", (int)strcspn(at + strlen(v->prefix), "\n"), at + strlen(v->prefix));
    if (at && !path.failed)
        left = left_of_groups(v, path.s, top);
    lt_text_free(&path);
    return left;
}

static uint64_t left_of_control_groups(const char *root)
{
    lt_text path = { 0 }, membership = { 0 };
    ltc_error ignored = { .message = "" };
    uint64_t left = UINT64_MAX;
    lt_text_add(&path, "%s/proc/self/cgroup", root);
    if (!path.failed && !lt_file_read(path.s, &membership, &ignored))
        for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
            left = least(left, left_of_version(root, &versions[i], membership.s));
    lt_text_free(&path);
    lt_text_free(&membership);
    return left;
}

static uint64_t left_of_address_space(const char *proc, uint64_t limit)
{
    const long page = sysconf(_SC_PAGESIZE);
    const uint64_t taken = number_in(proc, "self/statm", "", 0) * (uint64_t)(page > 0 ? page : 4096);
    return limit == UINT64_MAX ? UINT64_MAX : limit > taken ? limit - taken : 0;
}

uint64_t lt_available_memory(const char *root, uint64_t address_limit)
{
    lt_text proc = { 0 };
    lt_text_add(&proc, "%s/proc", root);
    if (proc.failed)
        return UINT64_MAX;
    const uint64_t kib = number_in(proc.s, "meminfo", "MemAvailable:", UINT64_MAX);
    uint64_t left = kib > UINT64_MAX / 1024 ? UINT64_MAX : 1024 * kib;
    left = least(left, left_of_control_groups(root));
    left = least(left, left_of_address_space(proc.s, address_limit));
    lt_text_free(&proc);
    return left;
}
