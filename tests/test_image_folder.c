/* Claims about folders of images: which files are samples and in which order, what is refused and in which
 * words, and that reading is the same in any order and from several threads. The folders are made here. */
#include "suite.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ltcore/rng.h>

#include "image_rig.h"

/* By class and name in the order of their bytes: capitals first, then digits by digit, letters of UTF-8
 * last. */
static const char *const ordered[] = {
    "train/Zebra/1.png", "train/cat/.5.png",          "train/cat/1.png", "train/cat/10.PNG",
    "train/cat/2.JpEg",  "train/cat/B.png",           "train/cat/a.png", "train/cat/\xc3\xa9.jpg",
    "train/dog/0.png",   "train/\xc3\xa9toile/x.png",
};
enum { N_ORDERED = sizeof ordered / sizeof ordered[0], HIDDEN = 1 };

/* Files are made in the order that `key` draws. */
static void make_ordered(char folder[256], ltc_key key)
{
    size_t at[N_ORDERED];
    make_folder(folder);
    put_folder(folder, "train/Zebra");
    put_folder(folder, "train/\xc3\xa9toile");
    put_plain(folder, "test/dog/1.png", 2, 3, 0);
    for (uint32_t i = 0; i < N_ORDERED; i++) {
        const uint32_t k = ltc_rand_below(key, i, i + 1);
        at[i] = at[k];
        at[k] = i;
    }
    for (size_t i = 0; i < N_ORDERED; i++)
        put_plain(folder, ordered[at[i]], 2, 3, (int)(10 * at[i]));
}

static void samples_stand_in_the_order_of_their_names(void)
{
    static const int32_t label[] = { 0, 1, 1, 1, 1, 1, 1, 2, 3 };
    lt_digest digest = { { 0 } };
    for (uint64_t k = 0; k < 5; k++) {
        char folder[256];
        lt_data d;
        make_ordered(folder, (ltc_key){ 9, k });
        image_rig rig = { .path = folder };
        if (!check_loads(&rig, &d))
            return;
        CU_ASSERT(d.split[LT_TRAIN].n == N_ORDERED - 1 && d.split[LT_TEST].n == 1 && d.n_classes == 4);
        CU_ASSERT_STRING_EQUAL(d.class_name[0], "Zebra");
        CU_ASSERT_STRING_EQUAL(d.class_name[3], "\xc3\xa9toile");
        CU_ASSERT(!memcmp(d.split[LT_TRAIN].label, label, sizeof label));
        CU_ASSERT_EQUAL(d.split[LT_TEST].label[0], 2);
        for (size_t i = 0; i < N_ORDERED - 1; i++)
            CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[i * 18], 10 * (i + (i >= HIDDEN)));
        if (k)
            CU_ASSERT(!memcmp(&digest, &d.digest, sizeof digest));
        digest = d.digest;
        lt_data_free(&d);
        remove_folder(folder);
    }
}

static void three_names_of_validation_are_known(void)
{
    static const char *const name[] = { "valid", "val", "validation" };
    for (size_t i = 0; i < 3; i++) {
        char folder[256], sub[64];
        lt_data d;
        make_folder(folder);
        write_four(folder, 2, 2);
        put_folder(folder, name[i]);
        snprintf(sub, sizeof sub, "%s/dog", name[i]);         /* one class of two is enough */
        put_folder(folder, sub);
        snprintf(sub, sizeof sub, "%s/dog/1.png", name[i]);
        put_plain(folder, sub, 2, 2, 9);
        image_rig rig = { .path = folder };
        if (check_loads(&rig, &d)) {
            CU_ASSERT(d.split[LT_VALIDATION].n == 1 && d.split[LT_VALIDATION].label[0] == 1);
            lt_data_free(&d);
        }
        put_folder(folder, name[(i + 1) % 3]);
        check_refused(&rig, LTC_EOPTION, "and both could be for validation");
        remove_folder(folder);
    }
}

/* Thumbs.db and its like, files beside the classes, what hides, folders within a class, and links to any
 * of it. */
static void what_is_no_image_is_passed_over_and_links_are_followed(void)
{
    char folder[256], elsewhere[256], path[512];
    lt_data plain, full;
    make_folder(folder);
    make_folder(elsewhere);
    write_four(folder, 2, 2);
    image_rig rig = { .path = folder };
    if (!check_loads(&rig, &plain))
        return;
    put_text(folder, "README");
    put_text(folder, "train/labels.csv");
    put_text(folder, "train/cat/Thumbs.db");
    put_text(folder, "train/cat/.hidden.png");
    put_text(folder, "train/cat/png");
    put_folder(folder, "train/cat/more");
    put_text(folder, "train/cat/more/1.png");
    put_folder(folder, "train/.git");
    rename(in_folder(path, folder, "train/dog"), in_folder((char[512]){ 0 }, elsewhere, "dog"));
    CU_ASSERT_EQUAL(symlink(in_folder((char[512]){ 0 }, elsewhere, "dog"), path), 0);
    if (check_loads(&rig, &full)) {
        CU_ASSERT(!memcmp(&plain.digest, &full.digest, sizeof plain.digest));
        lt_data_free(&full);
    }
    lt_data_free(&plain);
    remove_folder(folder);
    remove_folder(elsewhere);
}

static void one_broken_image_of_thousands_is_named(void)
{
    enum { MANY = 3000, BROKEN = 1717 };
    char folder[256], name[64], path[512];
    size_t n;
    make_folder(folder);
    write_four(folder, 2, 2);
    uint8_t *file = get_file(in_folder(path, folder, "train/cat/1.png"), &n);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "train/dog/%05d.png", i);
        put_file(in_folder(path, folder, name), file, i == BROKEN ? n - 13 : n);
    }
    image_rig rig = { .path = folder };
    check_refused(&rig, LTC_EIO, "/train/dog/01717.png: the PNG file is damaged (the file ends too early)");
    snprintf(name, sizeof name, "train/dog/%05d.png", BROKEN);
    put_file(in_folder(path, folder, name), file, n);
    lt_data d;
    if (check_loads(&rig, &d)) {
        CU_ASSERT_EQUAL(d.split[LT_TRAIN].n, MANY + 2);
        lt_data_free(&d);
    }
    CU_ASSERT_EQUAL(rig.decoded, 1);          /* one block, so that the quarters are one line */
    free(file);
    remove_folder(folder);
}

static void a_file_that_changed_since_it_was_listed_is_noticed(void)
{
    static const char *const says[] = { "the file was changed while the data set was read; start again",
                                        "cannot be read: No such file or directory" };
    for (int gone = 0; gone < 2; gone++) {
        char folder[256], path[512];
        uint8_t x[12];
        int32_t label;
        opened o;
        ltc_error err;
        make_folder(folder);
        write_four(folder, 2, 2);
        image_rig rig = { .path = folder };
        CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &o, &err), LTC_OK);
        in_folder(path, folder, "train/dog/1.png");
        if (gone)
            remove(path);
        else
            write_plain(path, 30, 30, 7);
        CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 0, 1, x, &label, &err), LTC_OK);
        CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 1, 1, x, &label, &err), LTC_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, says[gone]));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "train/dog/1.png"));
        close_module(&o);
        remove_folder(folder);
    }
}

static void a_stop_is_heard_between_images(void)
{
    char folder[256];
    uint8_t x[24];
    int32_t label[2];
    opened o;
    ltc_error err;
    make_folder(folder);
    write_four(folder, 2, 2);
    image_rig rig = { .path = folder };
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &o, &err), LTC_OK);
    rig.stop = true;
    CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 0, 2, x, label, &err), LTC_ECANCELLED);
    rig.stop = false;
    CU_ASSERT_EQUAL(o.m->ops.dataset.read(o.self, 0, 0, 2, x, label, &err), LTC_OK);
    close_module(&o);
    rig.stop = true;
    CU_ASSERT_EQUAL(rig_open(&rig, &o, &err), LTC_ECANCELLED);
    remove_folder(folder);
}

/* A folder of 2 x 40 training images, each different. */
static void make_forty(char folder[256])
{
    make_folder(folder);
    write_four(folder, 4, 5);
    for (int i = 0; i < 80; i++) {
        char name[64];
        snprintf(name, sizeof name, "train/%s/%d.png", i % 2 ? "cat" : "dog", 100 + i);
        put_plain(folder, name, 4, 5, 3 * i);
    }
}

static void random_access_is_sequential_access(void)
{
    char folder[256];
    opened o;
    ltc_error err;
    make_forty(folder);
    image_rig rig = { .path = folder };
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &o, &err), LTC_OK);
    check_random_access(&o, 0);
    check_random_access(&o, 1);
    close_module(&o);
    remove_folder(folder);
}

typedef struct reading { const opened *o; const uint8_t *whole; uint64_t id; int wrong; } reading;

static void *read_often(void *arg)
{
    enum { N = 82, BYTES = 60 };
    reading *r = arg;
    const ltc_key key = { 12, r->id };
    for (uint64_t i = 0; i < 40; i++) {
        const uint32_t first = ltc_rand_below(key, 2 * i, N),
                       count = ltc_rand_below(key, 2 * i + 1, N - first + 1);
        uint8_t x[N * BYTES];
        int32_t label[N];
        ltc_error err;
        if (r->o->m->ops.dataset.read(r->o->self, 0, first, count, x, label, &err))
            r->wrong++;
        else if (memcmp(x, r->whole + (size_t)first * BYTES, (size_t)count * BYTES))
            r->wrong++;
    }
    return NULL;
}

/* While one of them writes the cache, too. */
static void threads_read_at_once(void)
{
    enum { THREADS = 6 };
    pthread_t thread[THREADS];
    reading r[THREADS];
    char folder[256], cache[512];
    lt_data d;
    opened o;
    ltc_error err;
    make_forty(folder);
    image_rig plain = { .path = folder },
              rig = { .path = folder, .cache = in_folder(cache, folder, "cache") };
    if (!check_loads(&plain, &d))
        return;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &o, &err), LTC_OK);
    for (uint64_t i = 0; i < THREADS; i++) {
        r[i] = (reading){ &o, d.split[LT_TRAIN].x, i, 0 };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, read_often, &r[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(r[i].wrong, 0);
    }
    close_module(&o);
    lt_data_free(&d);
    remove_folder(folder);
}

/* CIFAR-10 as JPEG files: where they are. */
static void real_files_are_read(void)
{
    const char *data = getenv("LTCORE_DATA");
    char path[512];
    lt_data d;
    snprintf(path, sizeof path, "%s/cifar10-images", data ? data : "");
    if (access(path, R_OK)) {
        printf("(not shown: LTCORE_DATA/cifar10-images is not there) ");
        return;
    }
    image_rig rig = { .path = path };
    if (!check_loads(&rig, &d))
        return;
    CU_ASSERT(d.split[LT_TRAIN].n == 50000 && d.split[LT_TEST].n == 10000 && d.n_classes == 10);
    CU_ASSERT(d.dim[0] == 3 && d.dim[1] == 32 && d.dim[2] == 32);
    CU_ASSERT_EQUAL(lt_data_majority(&d, LT_TRAIN), 0.1);
    CU_ASSERT_STRING_EQUAL(d.class_name[0], "airplane");
    check_digest(&d.digest, "3d47ec4ab416a0597a3dda30b333070c18f95e8c6e21e3c61e049afadabcc6bd");
    lt_data_free(&d);
}

int main(void)
{
    static const lt_test claims[] = {
        { "samples stand in the order of their names", samples_stand_in_the_order_of_their_names },
        { "three names of validation are known", three_names_of_validation_are_known },
        { "what is no image is passed over, and links are followed",
          what_is_no_image_is_passed_over_and_links_are_followed },
        { "one broken image of thousands is named", one_broken_image_of_thousands_is_named },
        { "a file that changed since it was listed is noticed",
          a_file_that_changed_since_it_was_listed_is_noticed },
        { "a stop is heard between images", a_stop_is_heard_between_images },
        { "random access is sequential access", random_access_is_sequential_access },
        { "threads read at once", threads_read_at_once },
        { "real files are read", real_files_are_read },
    };
    const int failed = lt_suite_run("image_folder", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(image_registry);
    return failed;
}
