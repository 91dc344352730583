/* Modules are found by kind and name, the first directory wins, and a bad file cannot take a listing down. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/registry.h"

#define PLUGINS TEST_BINARY_DIR "/tests/plugins/"

/* Two plug-in directories of links; what each test needs, and nothing else. */
typedef struct world {
    char root[256], first[300], second[300];
    const char *dir[3];
    lt_registry *registry;
    int notes, warnings;
} world;

static void count_note(void *arg, int level, const char *sentence)
{
    world *w = arg;
    CU_ASSERT_PTR_NULL(strchr(sentence, '\n'));
    w->notes++;
    w->warnings += level == LTC_LOG_WARNING;
}

static void make_folders(const char *dir)
{
    static const char *const folder[] = { "", "/arch", "/masks", "/datasets", "/backends" };
    char path[400];
    for (size_t i = 0; i < sizeof folder / sizeof folder[0]; i++) {
        snprintf(path, sizeof path, "%s%s", dir, folder[i]);
        CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
        chmod(path, 0755);
    }
}

static void open_world(world *w)
{
    ltc_error err;
    memset(w, 0, sizeof *w);
    snprintf(w->root, sizeof w->root, TEST_BINARY_DIR "/tests/world-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w->root));
    snprintf(w->first, sizeof w->first, "%s/first", w->root);
    snprintf(w->second, sizeof w->second, "%s/second", w->root);
    make_folders(w->first);
    make_folders(w->second);
    w->dir[0] = w->first, w->dir[1] = TEST_BINARY_DIR "/no-such-directory", w->dir[2] = w->second;
    CU_ASSERT_EQUAL_FATAL(lt_registry_open(w->dir, 3, count_note, w, &w->registry, &err), LTC_OK);
}

static void close_world(world *w)
{
    char command[300];
    lt_registry_close(w->registry);
    snprintf(command, sizeof command, "rm -r '%s'", w->root);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void add_link(const char *dir, const char *as, const char *fixture)
{
    char to[512], from[512];
    snprintf(to, sizeof to, PLUGINS "%s.so", fixture);
    snprintf(from, sizeof from, "%s/%s.so", dir, as);
    CU_ASSERT_EQUAL(symlink(to, from), 0);
}

static const lt_module *find(world *w, uint32_t kind, const char *name, ltc_error *err)
{
    const lt_module *m = NULL;
    memset(err, 0, sizeof *err);
    return lt_registry_find(w->registry, kind, name, &m, err) ? NULL : m;
}

static void expect_failure(world *w, uint32_t kind, const char *name, const char *says)
{
    ltc_error err;
    const bool said = !find(w, kind, name, &err) && strstr(err.message, says);
    if (!said)
        fprintf(stderr, "said: %s\n   expected: %s\n", err.message, says);
    CU_ASSERT_TRUE(said);
}

static void a_module_is_found_by_name_and_alias(void)
{
    world w;
    ltc_error err;
    open_world(&w);
    add_link(w.second, "masks/fixture", "good");
    add_link(w.second, "other-name", "good");
    const lt_module *m = find(&w, LTC_MASK, "fixture", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_STRING_EQUAL(m->info.name, "fixture");
    CU_ASSERT_PTR_NOT_NULL(strstr(m->path, "/tests/plugins/good.so"));
    CU_ASSERT_PTR_EQUAL(find(&w, LTC_MASK, "other-name", &err), m);
    CU_ASSERT_PTR_EQUAL(find(&w, LTC_MASK, "fixture", &err), m);
    CU_ASSERT_EQUAL(w.notes - w.warnings, 1);
    close_world(&w);
}

static void the_first_directory_wins(void)
{
    world w;
    ltc_error err;
    open_world(&w);
    add_link(w.second, "masks/resized", "same");
    add_link(w.first, "resized", "larger");
    const lt_module *m = find(&w, LTC_MASK, "resized", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_PTR_NOT_NULL(strstr(m->path, "/larger.so"));
    add_link(w.first, "masks/resized", "smaller");
    m = find(&w, LTC_MASK, "resized", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_PTR_NOT_NULL(strstr(m->path, "/smaller.so"));
    close_world(&w);
}

static void one_file_may_offer_several_kinds(void)
{
    world w;
    ltc_error err;
    open_world(&w);
    add_link(w.first, "resized", "same");
    for (uint32_t kind = LTC_ARCH; kind <= LTC_BACKEND; kind++) {
        const lt_module *m = find(&w, kind, "resized", &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT_EQUAL(m->info.kind, kind);
    }
    close_world(&w);
}

static void what_is_not_found_is_said_in_words(void)
{
    world w;
    char where[700];
    open_world(&w);
    add_link(w.first, "masks/magnitude", "good");
    add_link(w.first, "arch/lenet", "good");
    add_link(w.first, "masks/my-mask", "good");
    expect_failure(&w, LTC_MASK, "magnitud",
                   "no mask 'magnitud' (did you mean 'magnitude'?): neither masks/magnitud.so");
    expect_failure(&w, LTC_MASK, "lenet", "(there is a plug-in of that name among the arch)");
    expect_failure(&w, LTC_BACKEND, "quantum",
                   "no backend 'quantum': neither backends/quantum.so nor quantum.so is in ");
    snprintf(where, sizeof where, "is in %s, ", w.first);
    expect_failure(&w, LTC_BACKEND, "q", where);
    expect_failure(&w, LTC_MASK, "my-mask", "no mask 'my-mask' is in it; it offers: mask 'fixture'");
    close_world(&w);
}

static void without_directories_the_remedy_is_named(void)
{
    lt_registry *r = NULL;
    const lt_module *m = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_registry_open(NULL, 0, NULL, NULL, &r, &err), LTC_OK);
    CU_ASSERT_NOT_EQUAL(lt_registry_find(r, LTC_MASK, "growth", &m, &err), LTC_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "no mask 'growth': there is no directory to look in"));
    lt_registry_close(r);
    lt_registry_close(NULL);
}

static void names_are_checked_before_they_are_paths(void)
{
    static const char *const bad[] = { "", "../growth", "/etc/passwd", "a.b", "Growth", "-o", "a b", "a\nb",
        "0123456789012345678901234567890123456789012345678901234567890123" };
    world w;
    open_world(&w);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_failure(&w, LTC_MASK, bad[i], "is not the name of a plug-in");
    close_world(&w);
}

static void a_refused_file_stays_refused(void)
{
    world w;
    open_world(&w);
    add_link(w.first, "masks/rounding", "rounding");
    expect_failure(&w, LTC_MASK, "rounding", "changes the floating-point mode");
    expect_failure(&w, LTC_MASK, "rounding", "changes the floating-point mode");
    close_world(&w);
}

/* The rows of a listing as text, a line each. */
typedef struct rows {
    char   text[8192];
    size_t n;
} rows;

static bool add_row(void *arg, const lt_listing *row)
{
    rows *r = arg;
    const char *file = strrchr(row->file, '/');
    static const char *const found[] = { "found", "shadowed", "unnamed" };
    const int n = row->error ? snprintf(r->text + r->n, sizeof r->text - r->n, "%s! %s\n", file, row->error)
                             : snprintf(r->text + r->n, sizeof r->text - r->n, "%s %s %s (%s) %s %s\n", file,
                                        lt_kind_noun(row->kind), row->name, row->alias, row->version,
                                        found[row->found]);
    r->n += n > 0 ? (size_t)n : 0;
    return true;
}

static void list(const world *w, unsigned limit_s, rows *r)
{
    ltc_error err = { .message = "" };
    memset(r, 0, sizeof *r);
    const lt_patience patience = { .limit_s = limit_s };
    CU_ASSERT_EQUAL(lt_registry_list(w->registry, &patience, add_row, r, &err), LTC_OK);
}

static void expect_line(const rows *r, const char *line)
{
    if (!strstr(r->text, line))
        fprintf(stderr, "listed:\n%s   expected: %s\n", r->text, line);
    CU_ASSERT_PTR_NOT_NULL(strstr(r->text, line));
}

static bool one_is_enough(void *arg, const lt_listing *row)
{
    (void)row;
    ++*(int *)arg;
    return false;
}

static void a_listing_stops_when_a_row_is_enough(void)
{
    world w;
    int given = 0;
    ltc_error err = { .message = "" };
    const lt_patience patient = { .limit_s = 10 };
    open_world(&w);
    add_link(w.first, "masks/fixture", "good");
    add_link(w.first, "masks/crash", "crash");
    CU_ASSERT_EQUAL(lt_registry_list(w.registry, &patient, one_is_enough, &given, &err), LTC_ECANCELLED);
    CU_ASSERT_EQUAL(given, 1);
    close_world(&w);
}

static bool at_once(void *arg)
{
    (void)arg;
    return true;
}

static void a_listing_stops_while_a_file_hangs(void)
{
    world w;
    rows r = { .n = 0 };
    ltc_error err = { .message = "" };
    const lt_patience none = { .limit_s = 10, .cancelled = at_once };
    open_world(&w);
    add_link(w.first, "masks/hang", "hang");
    CU_ASSERT_EQUAL(lt_registry_list(w.registry, &none, add_row, &r, &err), LTC_ECANCELLED);
    CU_ASSERT_EQUAL(r.n, 0);
    close_world(&w);
}

static void a_listing_has_each_file_once(void)
{
    world w;
    rows r;
    open_world(&w);
    add_link(w.first, "masks/fixture", "good");
    add_link(w.first, "masks/other-name", "good");
    add_link(w.second, "fixture", "good");
    list(&w, 10, &r);
    CU_ASSERT_STRING_EQUAL(r.text, "/good.so mask fixture (other-name, third-name) 1.0 found\n");
    close_world(&w);
}

static void a_listing_marks_what_no_name_leads_to(void)
{
    world w;
    rows r;
    open_world(&w);
    add_link(w.first, "masks/resized", "same");
    add_link(w.second, "masks/resized", "larger");
    add_link(w.second, "wrong-name", "good");
    list(&w, 10, &r);
    expect_line(&r, "/same.so mask resized () 1.0 found\n");
    expect_line(&r, "/same.so architecture resized () 1.0 unnamed\n");
    expect_line(&r, "/larger.so mask resized () 1.0 shadowed\n");
    expect_line(&r, "/good.so mask fixture (other-name, third-name) 1.0 unnamed\n");
    close_world(&w);
}

static void bad_files_are_rows_of_a_listing(void)
{
    world w;
    rows r;
    open_world(&w);
    add_link(w.first, "masks/crash", "crash");
    add_link(w.first, "masks/segv", "segv");
    add_link(w.first, "masks/hang", "hang");
    add_link(w.first, "masks/exit", "exit");
    add_link(w.first, "masks/bad", "bad-option");
    add_link(w.first, "masks/gone", "nothing-there");
    add_link(w.second, "masks/fixture", "good");
    list(&w, 1, &r);
    expect_line(&r, "crash.so: crashed with signal 6 (Aborted) while it was loaded\n");
    expect_line(&r, "segv.so: crashed with signal 11 (Segmentation fault) while it was loaded\n");
    expect_line(&r, "hang.so: took longer than 1 s while it was loaded\n");
    expect_line(&r, "exit.so: ended the process with status 0 while it was loaded\n");
    expect_line(&r, "bad-option.so: mask 'fixture': option 'count': its default 11 is not in [0, 10]\n");
    expect_line(&r, "gone.so: No such file or directory, where this link leads\n");
    expect_line(&r, "/good.so mask fixture (other-name, third-name) 1.0 found\n");
    close_world(&w);
}

static const lt_test claims[] = {
    { "a module is found by name and alias", a_module_is_found_by_name_and_alias },
    { "the first directory wins", the_first_directory_wins },
    { "one file may offer several kinds", one_file_may_offer_several_kinds },
    { "what is not found is said in words", what_is_not_found_is_said_in_words },
    { "without directories the remedy is named", without_directories_the_remedy_is_named },
    { "names are checked before they are paths", names_are_checked_before_they_are_paths },
    { "a refused file stays refused", a_refused_file_stays_refused },
    { "a listing has each file once", a_listing_has_each_file_once },
    { "a listing stops when a row is enough", a_listing_stops_when_a_row_is_enough },
    { "a listing stops while a file hangs", a_listing_stops_while_a_file_hangs },
    { "a listing marks what no name leads to", a_listing_marks_what_no_name_leads_to },
    { "bad files are rows of a listing", bad_files_are_rows_of_a_listing },
};

int main(void)
{
    return lt_suite_run("registry", claims, sizeof claims / sizeof claims[0]);
}
