/* Whichever allocation fails, a configuration is then refused in words, and nothing crashes or leaks.
 *
 * The linker sends every allocation of ltcore's own through the functions below (--wrap); libconfig's are
 * not. */
#include "suite.h"

#include <stdarg.h>
#include <string.h>

#include "config_rig.h"

/* Counts down to the allocation that fails; below 0 none does. State, since an allocator has no argument for
 * it. */
static long until_failure = -1;

static bool fails(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_lt_arena_array(lt_arena *a, size_t n, size_t size);
char *__real_lt_arena_text(lt_arena *a, const char *s);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_lt_arena_array(lt_arena *a, size_t n, size_t size);
char *__wrap_lt_arena_text(lt_arena *a, const char *s);
char *__wrap_lt_arena_print(lt_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_lt_arena_array(lt_arena *a, size_t n, size_t size)
{
    return fails() ? NULL : __real_lt_arena_array(a, n, size);
}

char *__wrap_lt_arena_text(lt_arena *a, const char *s)
{
    return fails() ? NULL : __real_lt_arena_text(a, s);
}

char *__wrap_lt_arena_print(lt_arena *a, const char *fmt, ...)
{
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return fails() ? NULL : __real_lt_arena_text(a, text);
}

/* True once there was memory enough. The folder is written before the first failure is due. */
static bool settles_with(rig *r, const char *const *set, size_t n_set, long allocations)
{
    lt_text text = { 0 };
    until_failure = allocations;
    rig_settle(r, set, n_set);
    if (!r->st)
        lt_config_write(&r->settings, &text);
    const bool whole = !r->st && !text.failed;
    until_failure = -1;
    lt_text_free(&text);
    return whole;
}

static void every_failing_allocation_is_survived(void)
{
    static const char *const set[] = { "arch.depth=3", "run.vary=[\"init\"]", "run.name=x",
                                       "variants[a b].prune.mask.alpha=3", "variants[a b].draws=2" };
    long n = 0;
    rig r = rig_open();
    rig_settle_over(&r, "@include \"data/x.cfg\"\narch = { table = \"w\"; alpha = (1, 0.5); data = \"x.cfg\"; };\n"
                        "plugins = { path = [\"p\"]; }; train = { lr_schedule = { type = \"multistep\";\n"
                        "milestones = [1, 2]; }; };\n"
                        "prune = { strategy = \"iterative\"; mask = { plugin = \"score\"; }; rate = (0.5, 0.2); };\n"
                        "variants = ( { name = \"a b\"; levels = [1]; prune = { kept = \"final\"; }; }, { "
                        "name = \"c\"; } );");
    rig_write(&r, "data/x.cfg", "run = { seed = 2; };\n");
    while (n < 10000 && !settles_with(&r, set, sizeof set / sizeof set[0], n))
        n++;
    CU_ASSERT(n > 200 && n < 10000);
    rig_close(&r);
}

/* Every seventh of them, since each point is a whole configuration. */
static void so_is_one_in_a_sweep(void)
{
    long n = 0;
    rig r = rig_open();
    rig_settle_over_pruned(&r, "sweep = ( { key = \"prune.mask\"; values = ( { plugin = \"chance\"; }, { plugin = \"score\"; power = 3; } ); } );\n"
                               "variants = ( { name = \"x\"; prune = { masks = \"main\"; noise = { from = 0.5; to = 1.0; count = 2; }; }; },\n"
                               "{ name = \"y\"; prune = { mask = { plugin = \"score\"; power = [1, 2]; }; }; "
                               "} );");
    CU_ASSERT_STRING_EQUAL(r.said, "");
    while (n < 30000 && !settles_with(&r, NULL, 0, n))
        n += 7;
    CU_ASSERT(n > 1000 && n < 30000);
    rig_close(&r);
}

/* Here what is short of memory is the report of many faults. */
static void reports_are_survived_too(void)
{
    static const char *const set[] = { "arch.depth=x", "run.sede=1", "run.vary=[\"innit\"]",
                                       "variants[x].prune.kept=y" };
    rig r = rig_open();
    rig_settle_over(&r, "arch = { widths = 3; data = \"gone\"; table = \"\"; }; foo = 1;\n"
                        "variants = ( { name = \"x\"; draw = 1; }, 5, { } );");
    for (long n = 0; n < 600; n++)
        CU_ASSERT_FALSE(settles_with(&r, set, sizeof set / sizeof set[0], n));
    rig_close(&r);
}

static const lt_test claims[] = {
    { "every failing allocation is survived", every_failing_allocation_is_survived },
    { "so is one in a sweep", so_is_one_in_a_sweep },
    { "so is one in the report of faults", reports_are_survived_too },
};

int main(void)
{
    return lt_suite_run("config_memory", claims, sizeof claims / sizeof claims[0]);
}
