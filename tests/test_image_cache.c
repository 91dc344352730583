/* Claims about what image-folder keeps of decoded images: that it is used, that it is never wrong, and
 * that nothing depends on it. What is kept of one split is a file: 56 bytes of header, the samples,
 * SHA-256 of both. */
#include "suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_rig.h"
#include "util/digest.h"

enum { HEADER_BYTES = 56, DIGEST_BYTES = 32, SIDE = 3, SAMPLE_BYTES = 3 * SIDE * SIDE };

/* A good folder, and a directory that is not there yet. */
typedef struct stage {
    char      folder[256], cache[512], entries[512];
    image_rig rig;
} stage;

static void set_up(stage *s)
{
    make_folder(s->folder);
    write_four(s->folder, SIDE, SIDE);
    in_folder(s->cache, s->folder, "some/where");
    in_folder(s->entries, s->cache, "image-folder");
    s->rig = (image_rig){ .path = s->folder, .cache = s->cache };
}

static void tear_down(stage *s)
{
    remove_folder(s->folder);
}

/* Digest of what is loaded; zeros if it is not. */
static lt_digest load(stage *s)
{
    lt_data d;
    lt_digest digest = { { 0 } };
    if (check_loads(&s->rig, &d)) {
        digest = d.digest;
        lt_data_free(&d);
    }
    return digest;
}

static bool same(const lt_digest *a, const lt_digest *b)
{
    return !memcmp(a, b, sizeof *a);
}

/* Files in the cache; the path of the one of n_samples samples, if it is not NULL. */
static int count_entries(const stage *s, size_t n_samples, char path[512])
{
    DIR *d = opendir(s->entries);
    int n = 0;
    for (const struct dirent *e; d && (e = readdir(d));) {
        char name[512];
        struct stat is;
        if (e->d_name[0] == '.')
            continue;
        n++;
        if (path && !stat(in_folder(name, s->entries, e->d_name), &is) &&
            (size_t)is.st_size == HEADER_BYTES + n_samples * SAMPLE_BYTES + DIGEST_BYTES)
            memcpy(path, name, sizeof name);
    }
    if (d)
        closedir(d);
    return n;
}

/* The training split's entry, after a first load; train has 3 images then, test 2. */
static lt_digest fill(stage *s, char path[512])
{
    char name[512];
    write_plain(in_folder(name, s->folder, "train/dog/2.png"), SIDE, SIDE, 77);
    path[0] = '\0';
    const lt_digest digest = load(s);
    CU_ASSERT_EQUAL(count_entries(s, 3, path), 2);
    CU_ASSERT_FATAL(path[0] != '\0');
    return digest;
}

/* Nothing but the file that is kept holds such a pixel, so that it was read from there. */
static void forge(const char *path)
{
    size_t n;
    uint8_t *file = get_file(path, &n);
    lt_digest digest;
    file[HEADER_BYTES + 5] ^= 0x55;
    lt_digest_of(file, n - DIGEST_BYTES, &digest);
    memcpy(file + n - DIGEST_BYTES, digest.byte, DIGEST_BYTES);
    put_file(path, file, n);
    free(file);
}

static void what_is_kept_is_served(void)
{
    char path[512];
    lt_data d;
    stage s;
    set_up(&s);
    const lt_digest first = fill(&s, path), second = load(&s);
    CU_ASSERT_TRUE(same(&first, &second));
    forge(path);
    if (check_loads(&s.rig, &d)) {
        CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[5], 0x55);
        CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[6], 0);
        CU_ASSERT_EQUAL(d.split[LT_TRAIN].label[2], 1);
        lt_data_free(&d);
    }
    CU_ASSERT_EQUAL(s.rig.lines, 0);
    tear_down(&s);
}

static void what_is_served_is_random_access_too(void)
{
    char path[512];
    opened o;
    ltc_error err;
    stage s;
    set_up(&s);
    fill(&s, path);
    CU_ASSERT_EQUAL_FATAL(rig_open(&s.rig, &o, &err), LTC_OK);
    check_random_access(&o, 0);
    close_module(&o);
    tear_down(&s);
}

/* Each byte of the file in turn, and some lengths that it should not have. */
static void damage_is_noticed_and_mended(void)
{
    char path[512];
    size_t n;
    stage s;
    set_up(&s);
    const lt_digest whole = fill(&s, path);
    uint8_t *file = get_file(path, &n);
    for (size_t i = 0; i <= 2 * n; i++) {
        uint8_t *x = calloc(1, n + 1);
        memcpy(x, file, n);
        x[i < n ? i : 0] ^= i < n ? 0x20 : 0;
        put_file(path, x, i < n ? n : i < 2 * n ? i - n : n + 1);     /* changed, cut, longer */
        const lt_digest now = load(&s);
        CU_ASSERT_TRUE(same(&now, &whole));
        free(x);
        size_t n_now;
        uint8_t *again = get_file(path, &n_now);
        CU_ASSERT(n_now == n && !memcmp(again, file, n));
        free(again);
    }
    CU_ASSERT(s.rig.lines > 0 && strstr(s.rig.line, "is damaged; the images are decoded again"));
    CU_ASSERT_EQUAL(count_entries(&s, 3, NULL), 2);
    free(file);
    tear_down(&s);
}

/* So many seconds after 1970, since two files that are written at once have the same time. */
static void write_at(const char *path, int value, time_t when)
{
    const struct timespec at[2] = { { when, 0 }, { when, 0 } };
    write_plain(path, SIDE, SIDE, value);
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, at, 0), 0);
}

/* What the folder is like decides, not what it was like. */
static void a_changed_folder_is_decoded_again(void)
{
    char path[512], image[512];
    lt_data d;
    stage s;
    set_up(&s);
    const lt_digest before = fill(&s, path);
    forge(path);
    write_at(in_folder(image, s.folder, "train/dog/2.png"), 78, 1000);       /* as many bytes as before */
    if (check_loads(&s.rig, &d)) {
        CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[5], 0);
        CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[2 * SAMPLE_BYTES], 78);
        lt_data_free(&d);
    }
    CU_ASSERT_EQUAL(count_entries(&s, 3, NULL), 2);       /* the old file is replaced */
    write_at(image, 77, 2000);
    const lt_digest back = load(&s);
    CU_ASSERT_TRUE(same(&back, &before));
    forge(path);
    rename(image, in_folder((char[512]){ 0 }, s.folder, "train/dog/0.png"));
    if (check_loads(&s.rig, &d)) {
        CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[5], 0);
        CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[1 * SAMPLE_BYTES], 77);
        lt_data_free(&d);
    }
    CU_ASSERT_EQUAL(s.rig.lines, 0);
    tear_down(&s);
}

static void other_options_have_files_of_their_own(void)
{
    char path[512];
    stage s;
    set_up(&s);
    const lt_digest colour = fill(&s, path);
    s.rig.grey = 1;
    const lt_digest grey = load(&s);
    CU_ASSERT_EQUAL(count_entries(&s, 0, NULL), 4);
    s.rig.grey = 0, s.rig.height = s.rig.width = SIDE;    /* says what is so anyway */
    const lt_digest again = load(&s);
    CU_ASSERT_EQUAL(count_entries(&s, 0, NULL), 4);
    CU_ASSERT(same(&colour, &again) && !same(&colour, &grey));
    tear_down(&s);
}

static void it_can_be_turned_off(void)
{
    char path[512];
    stage s;
    set_up(&s);
    s.rig.no_cache = 1;
    load(&s);
    CU_ASSERT_NOT_EQUAL(access(s.cache, F_OK), 0);
    s.rig.no_cache = 0;
    const lt_digest right = fill(&s, path);
    forge(path);
    s.rig.no_cache = 1;
    const lt_digest now = load(&s);
    CU_ASSERT_TRUE(same(&right, &now));
    tear_down(&s);
}

static void without_a_directory_it_works_as_well(void)
{
    char path[512];
    stage s;
    set_up(&s);
    const lt_digest right = fill(&s, path);
    s.rig.cache = NULL;
    forge(path);
    const lt_digest now = load(&s);
    CU_ASSERT_TRUE(same(&right, &now));
    CU_ASSERT_EQUAL(s.rig.lines, 0);
    tear_down(&s);
}

/* A core whose host ends before the slot. */
static void an_older_core_has_none(void)
{
    stage s;
    opened o = { 0 };
    ltc_error err;
    uint8_t x[2 * SAMPLE_BYTES];
    int32_t label[2];
    set_up(&s);
    const lt_services services = rig_lends(&s.rig);
    o.m = built_module(&image_registry, "image-folder");
    void *options = rig_options(&s.rig, o.m);
    CU_ASSERT_EQUAL_FATAL(lt_host_create(&services, "image-folder", 1, 0, NULL, &o.host, &err), LTC_OK);
    o.host->size = offsetof(ltc_host, cache);
    CU_ASSERT_EQUAL_FATAL(o.m->ops.dataset.open(o.host, options, &o.self, &err), LTC_OK);
    CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 0, 2, x, label, &err), LTC_OK);
    CU_ASSERT_NOT_EQUAL(access(s.cache, F_OK), 0);
    close_module(&o);
    free(options);
    tear_down(&s);
}

static void a_directory_that_cannot_be_made_is_a_warning(void)
{
    char file[512];
    stage s;
    set_up(&s);
    put_file(in_folder(file, s.folder, "some"), "a file", 6);
    const lt_digest right = load(&s);
    CU_ASSERT_EQUAL(s.rig.lines, 2);          /* one a split */
    CU_ASSERT_PTR_NOT_NULL(
        strstr(s.rig.line, "cannot be made (Not a directory), so that images are decoded each time"));
    s.rig.cache = NULL;
    const lt_digest plain = load(&s);
    CU_ASSERT_TRUE(same(&right, &plain));
    tear_down(&s);
}

/* In a child: files may not grow beyond 100 bytes there, as on a full disk. */
static int load_on_a_full_disk(void *arg)
{
    stage *s = arg;
    const struct rlimit tight = { 100, 100 };
    ltc_error err;
    lt_data d;
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &tight) || rig_load(&s->rig, &d, &err))
        return 1;
    lt_data_free(&d);
    if (!strstr(s->rig.line, "cannot be written (File too large)"))
        return 2;
    return count_entries(s, 2, NULL) ? 3 : 0;
}

static void a_full_disk_is_a_warning(void)
{
    stage s;
    set_up(&s);
    CU_ASSERT_EQUAL(lt_in_child(load_on_a_full_disk, &s, NULL, 0), 0);
    tear_down(&s);
}

static void a_failure_or_a_stop_leaves_nothing(void)
{
    char path[512];
    stage s;
    opened o;
    ltc_error err;
    uint8_t x[2 * SAMPLE_BYTES];
    int32_t label[2];
    set_up(&s);
    put_file(in_folder(path, s.folder, "test/dog/1.png"), "text", 4);
    check_refused(&s.rig, LTC_EIO, "neither a PNG nor a JPEG");
    CU_ASSERT_EQUAL(count_entries(&s, 2, path), 1);       /* train's, which was read whole */
    remove(path);
    CU_ASSERT_EQUAL_FATAL(rig_open(&s.rig, &o, &err), LTC_OK);
    CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 0, 1, x, label, &err), LTC_OK);
    s.rig.stop = true;
    CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 1, 1, x, label, &err), LTC_ECANCELLED);
    close_module(&o);
    CU_ASSERT_EQUAL(count_entries(&s, 2, NULL), 0);
    tear_down(&s);
}

static void reading_out_of_order_keeps_nothing_wrong(void)
{
    stage s;
    opened o;
    ltc_error err;
    uint8_t x[2 * SAMPLE_BYTES];
    int32_t label[2];
    set_up(&s);
    CU_ASSERT_EQUAL_FATAL(rig_open(&s.rig, &o, &err), LTC_OK);
    CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 1, 1, x, label, &err), LTC_OK);
    CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 0, 1, x, label, &err), LTC_OK);
    close_module(&o);
    CU_ASSERT_EQUAL(count_entries(&s, 2, NULL), 0);
    const lt_digest kept = load(&s), served = load(&s);
    s.rig.cache = NULL;
    const lt_digest plain = load(&s);
    CU_ASSERT(same(&plain, &kept) && same(&plain, &served));
    tear_down(&s);
}

/* What a killed run left is written over; two that run at once do not disturb one another. */
static void writers_share_the_directory(void)
{
    char path[512], part[600];
    stage s;
    opened a, b;
    ltc_error err;
    uint8_t x[3 * SAMPLE_BYTES];
    int32_t label[3];
    set_up(&s);
    const lt_digest right = fill(&s, path);
    remove(path);
    snprintf(part, sizeof part, "%s.part", path);
    put_file(part, x, 0);
    CU_ASSERT_EQUAL(truncate(part, 5000), 0);
    CU_ASSERT_EQUAL_FATAL(rig_open(&s.rig, &a, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(rig_open(&s.rig, &b, &err), LTC_OK);
    CU_ASSERT_EQUAL(a.m->ops.dataset.read(a.self, 0, 0, 1, x, label, &err), LTC_OK);
    CU_ASSERT_EQUAL(b.m->ops.dataset.read(b.self, 0, 0, 3, x, label, &err), LTC_OK);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);           /* a is writing it, and not done */
    close_module(&b);
    CU_ASSERT_EQUAL(a.m->ops.dataset.read(a.self, 0, 1, 2, x, label, &err), LTC_OK);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_NOT_EQUAL(access(part, F_OK), 0);
    close_module(&a);
    const lt_digest now = load(&s);
    CU_ASSERT(same(&now, &right) && !s.rig.lines);
    tear_down(&s);
}

int main(void)
{
    static const lt_test claims[] = {
        { "what is kept is served", what_is_kept_is_served },
        { "what is served is random access too", what_is_served_is_random_access_too },
        { "damage is noticed and mended", damage_is_noticed_and_mended },
        { "a changed folder is decoded again", a_changed_folder_is_decoded_again },
        { "other options have files of their own", other_options_have_files_of_their_own },
        { "it can be turned off", it_can_be_turned_off },
        { "without a directory it works as well", without_a_directory_it_works_as_well },
        { "an older core has none", an_older_core_has_none },
        { "a directory that cannot be made is a warning", a_directory_that_cannot_be_made_is_a_warning },
        { "a full disk is a warning", a_full_disk_is_a_warning },
        { "a failure or a stop leaves nothing", a_failure_or_a_stop_leaves_nothing },
        { "reading out of order keeps nothing wrong", reading_out_of_order_keeps_nothing_wrong },
        { "writers share the directory", writers_share_the_directory },
    };
    const int failed = lt_suite_run("image_cache", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(image_registry);
    return failed;
}
