/* What a plug-in file can have wrong with it, and the words with which the loader says so. One fixture a
 * sentence. */
#include "suite.h"

#include <fcntl.h>
#include <fenv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/fpmode.h"
#include "plugin/loader.h"

#define PLUGINS TEST_BINARY_DIR "/tests/plugins/"

typedef struct sentence {
    const char *file, *says;
} sentence;

static const sentence refused[] = {
    { "no-symbol",       "not an ltcore plug-in: it exports no ltc_plugin_v0" },
    { "future-abi",      "built for plug-in ABI 3, this ltcore speaks 0" },
    { "bad-magic",       "does not begin with LTCPLUG" },
    { "small-plugin",    "ltc_plugin_v0 has 24 bytes, where 48 were expected" },
    { "huge-plugin",     "ltc_plugin_v0 has 2147483647 bytes" },
    { "no-module",       "offers no module" },
    { "small-module",    "a module of 16 bytes, where 72 were expected" },
    { "unknown-kind",    "its module 'fixture' is of kind 9, and this ltcore knows 1 to 4" },
    { "other-kind-abi",  "mask 'fixture': built for mask ABI 0.3, this ltcore speaks 0.1: build it against" },
    { "major-kind-abi",  "built for mask ABI 1.2, this ltcore speaks 0.1" },
    { "no-name",         "a module of kind mask: it has no name" },
    { "bad-name",        "a module of kind mask: '../Growth' is not a name: lower-case letters" },
    { "bad-alias",       "mask 'fixture': 'Not Fine' is not a name" },
    { "no-version",      "mask 'fixture': no version" },
    { "no-summary",      "mask 'fixture': no summary" },
    { "long-summary",    "mask 'fixture': no summary of one line" },
    { "no-ops",          "mask 'fixture': no table of functions: set .ops" },
    { "no-sizes",        "mask 'fixture': host_size is 0: begin the table with LTC_MASK_OPS" },
    { "no-ops-size",     "mask 'fixture': a table of 0 bytes, where 104 were expected: begin it" },
    { "mask-no-slot",    "mask 'fixture': neither score nor score_group nor select" },
    { "arch-no-slot",    "architecture 'fixture': no function 'build', which every architecture needs" },
    { "dataset-no-slot", "dataset 'fixture': no function 'read', which every dataset needs" },
    { "backend-no-slot", "backend 'fixture': no function 'eval', which every backend needs" },
    { "twins",           "offers two of kind mask that are called 'third-name'" },
    { "bad-option",      "mask 'fixture': option 'count': its default 11 is not in [0, 10]" },
    { "undefined",       "undefined symbol: absent; link the library that has it" },
    { "undefined-ltc",   "undefined symbol: ltc_absent; include ltcore's headers" },
    { "missing-library", "libgone.so: cannot open shared object file: No such file or directory; 'ldd' on" },
    { "rounding",        "changes the floating-point mode, as what is linked with -ffast-math does" },
    { "nowhere",         "No such file or directory" },
};

static ltc_status load(const char *path, lt_arena *arena, lt_offer *offer, ltc_error *err)
{
    memset(err, 0, sizeof *err);
    return lt_loader_load(path, arena, offer, err);
}

/* Loads a file that is to be refused; prints what was said if that is something else. */
static void expect_refusal(const char *path, const char *says)
{
    lt_arena arena = { 0 };
    lt_offer offer;
    ltc_error err;
    const ltc_status st = load(path, &arena, &offer, &err);
    const bool said = st != LTC_OK && strstr(err.message, says) &&
                      strncmp(err.message, path, strlen(path)) == 0;
    if (!said)
        fprintf(stderr, "%s: %d: %s\n   expected: %s\n", path, st, err.message, says);
    CU_ASSERT_TRUE(said);
    lt_arena_free(&arena);
}

static void bad_files_are_refused_in_words(void)
{
    char path[512];
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        snprintf(path, sizeof path, PLUGINS "%s.so", refused[i].file);
        expect_refusal(path, refused[i].says);
    }
}

static void a_good_file_is_adopted_whole(void)
{
    lt_arena arena = { 0 };
    lt_offer o;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(load(PLUGINS "good.so", &arena, &o, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(o.n, 1);
    const lt_module *m = &o.module[0];
    CU_ASSERT_EQUAL(m->info.kind, LTC_MASK);
    CU_ASSERT_STRING_EQUAL(m->info.name, "fixture");
    CU_ASSERT_PTR_NOT_NULL(strstr(m->path, "/tests/plugins/good.so"));
    CU_ASSERT_PTR_NULL(m->info.schema);
    CU_ASSERT_PTR_NULL(m->ops.mask.create);
    CU_ASSERT_PTR_NOT_NULL(m->ops.mask.score);
    CU_ASSERT_EQUAL(m->schema.n_opts, 1);
    CU_ASSERT_STRING_EQUAL(m->schema.opt[0].name, "count");
    lt_arena_free(&arena);
}

static void the_floating_point_mode_outlives_a_load(void)
{
    lt_arena arena = { 0 };
    lt_offer o;
    ltc_error err;
    const lt_fpmode before = lt_fpmode_get();
    if (load(PLUGINS "fast-math.so", &arena, &o, &err)) /* compilers of 2024 no longer add the constructor */
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "-ffast-math"));
    CU_ASSERT_TRUE(lt_fpmode_same(before, lt_fpmode_get()));
    CU_ASSERT_EQUAL(fegetround(), FE_TONEAREST);
    lt_arena_free(&arena);
}

/* A directory of its own for files that only a test makes. */
typedef struct place {
    char dir[256], file[300];
} place;

static place make_place(void)
{
    place p = { .dir = TEST_BINARY_DIR "/tests/place-XXXXXX" };
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p.dir));
    snprintf(p.file, sizeof p.file, "%s/plugin.so", p.dir);
    return p;
}

static void remove_place(const place *p)
{
    unlink(p->file);
    rmdir(p->file);
    rmdir(p->dir);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, n, f), n);
    fclose(f);
    chmod(path, 0644);
}

/* The first n bytes of the good plug-in; 0: all. */
static void copy_good(const char *path, size_t n)
{
    static char bytes[1 << 20];
    FILE *f = fopen(PLUGINS "good.so", "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    const size_t got = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    write_file(path, bytes, n ? n : got);
}

static void text_is_not_a_plugin(void)
{
    const place p = make_place();
    write_file(p.file, "plugins = { };\n", 15);
    expect_refusal(p.file, "not a shared library: build it with cc -shared -fPIC");
    write_file(p.file, "", 0);
    expect_refusal(p.file, "not a shared library");
    remove_place(&p);
}

static void a_directory_is_not_a_plugin(void)
{
    const place p = make_place();
    mkdir(p.file, 0755);
    expect_refusal(p.file, "a directory, where the file of a plug-in was expected");
    remove_place(&p);
}

static void half_a_file_is_not_a_plugin(void)
{
    const place p = make_place();
    copy_good(p.file, 3000);
    expect_refusal(p.file, "cut short, 3000 bytes of at least");
    remove_place(&p);
}

static void a_link_to_nothing_is_told_as_such(void)
{
    const place p = make_place();
    CU_ASSERT_EQUAL(symlink("nowhere.so", p.file), 0);
    expect_refusal(p.file, "No such file or directory, where this link leads");
    remove_place(&p);
}

static void another_machines_code_is_told_as_such(void)
{
    const place p = make_place();
    copy_good(p.file, 0);
    FILE *f = fopen(p.file, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fseek(f, 18, SEEK_SET);                   /* e_machine */
    fputc(0x02, f);                           /* SPARC */
    fclose(f);
    expect_refusal(p.file, "built for another machine");
    remove_place(&p);
}

static void what_anyone_may_write_to_is_refused(void)
{
    const place p = make_place();
    copy_good(p.file, 0);
    chmod(p.file, 0666);
    expect_refusal(p.file, "everybody may write to this file");
    chmod(p.file, 0644);
    chmod(p.dir, 0777);
    lt_arena arena = { 0 };
    lt_offer o;
    ltc_error err;
    CU_ASSERT_NOT_EQUAL(load(p.file, &arena, &o, &err), LTC_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "everybody may write to this directory"));
    lt_arena_free(&arena);
    remove_place(&p);
}

static void what_others_may_write_to_is_noted(void)
{
    const place p = make_place();
    lt_arena arena = { 0 };
    lt_offer o;
    ltc_error err;
    copy_good(p.file, 0);
    CU_ASSERT_EQUAL(load(p.file, &arena, &o, &err), LTC_OK);
    CU_ASSERT_STRING_EQUAL(o.note, "");
    chmod(p.file, 0664);
    CU_ASSERT_EQUAL(load(p.file, &arena, &o, &err), LTC_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(o.note, "its group may write to this file"));
    if (geteuid() == 0 && chown(p.file, 12345, 12345) == 0) {
        CU_ASSERT_EQUAL(load(p.file, &arena, &o, &err), LTC_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(o.note, "this file belongs to another user (uid 12345)"));
    }
    lt_arena_free(&arena);
    remove_place(&p);
}

static const lt_test claims[] = {
    { "bad files are refused in words", bad_files_are_refused_in_words },
    { "a good file is adopted whole", a_good_file_is_adopted_whole },
    { "the floating-point mode outlives a load", the_floating_point_mode_outlives_a_load },
    { "text is not a plug-in", text_is_not_a_plugin },
    { "a directory is not a plug-in", a_directory_is_not_a_plugin },
    { "half a file is not a plug-in", half_a_file_is_not_a_plugin },
    { "a link to nothing is told as such", a_link_to_nothing_is_told_as_such },
    { "another machine's code is told as such", another_machines_code_is_told_as_such },
    { "what anyone may write to is refused", what_anyone_may_write_to_is_refused },
    { "what others may write to is noted", what_others_may_write_to_is_noted },
};

int main(void)
{
    return lt_suite_run("loader", claims, sizeof claims / sizeof claims[0]);
}
