/* Claims about the readers of IDX files: what is refused and in which words, that plain and gzipped files are
 * the same data, and that threads may read at once. The files are made here. */
#include "suite.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "data/normalise.h"
#include "datasets.h"
#include "idx_files.h"

static lt_registry *registry;

static ltc_status open_mnist(const char *directory, opened *o, ltc_error *err)
{
    const lt_module *m = built_module(&registry, "mnist");
    void *options = default_options(m);
    *err = (ltc_error){ 0 };
    set_text(m, options, "path", directory);
    const ltc_status st = open_module(m, options, o, err);
    free(options);                            /* the reader keeps nothing of it */
    return st;
}

/* Opens and reads both splits into buffers of just the right size. */
static ltc_status try_all(const char *directory, ltc_error *err)
{
    opened o;
    ltc_status st = open_mnist(directory, &o, err);
    if (st)
        return st;
    for (uint32_t s = 0; s < o.info.n_splits && !st; s++) {
        const uint64_t n = o.info.split[s].count;
        unsigned char *x = malloc(n * bytes_of_sample(&o.info));
        int32_t *label = malloc(n * sizeof *label);
        CU_ASSERT_FATAL(x && label);
        st = o.m->ops.dataset.read(o.self, s, 0, n, x, label, err);
        for (uint64_t i = 0; i < n && !st; i++)
            CU_ASSERT(label[i] >= 0 && label[i] < 10);
        free(x);
        free(label);
    }
    close_module(&o);
    return st;
}

static ltc_status load_mnist(const char *name, const char *directory, uint64_t validation, lt_data *d,
                             ltc_error *err)
{
    const lt_module *m = built_module(&registry, name);
    void *options = default_options(m);
    set_text(m, options, "path", directory);
    const lt_data_request r = {
        .reader = m, .options = options, .services = &quiet, .validation = validation
    };
    const ltc_status st = lt_data_load(&r, d, err);
    free(options);
    if (st)
        fprintf(stderr, "%s\n", err->message);
    return st;
}

static void good_files_are_read(void)
{
    char directory[256];
    lt_data d;
    ltc_error err;
    make_directory(directory);
    write_quartet(directory, false, false);
    CU_ASSERT_EQUAL_FATAL(load_mnist("mnist", directory, 0, &d, &err), LTC_OK);
    CU_ASSERT(d.rank == 3 && d.dim[0] == 1 && d.dim[1] == ROWS && d.dim[2] == COLUMNS && d.n_classes == 10);
    CU_ASSERT(d.split[LT_TRAIN].n == N_TRAIN && d.split[LT_TEST].n == N_TEST &&
              d.split[LT_VALIDATION].n == 0);
    CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TRAIN].x)[100], (uint8_t)(700 + 't'));
    CU_ASSERT_EQUAL(d.split[LT_TEST].label[15], 5);
    CU_ASSERT(d.published_mean[0] == 0.1307f && d.published_std[0] == 0.3081f);
    CU_ASSERT_STRING_EQUAL(d.class_name[7], "7");
    lt_data_free(&d);
    remove_directory(directory);
}

static void all_names_and_packings_are_the_same_data(void)
{
    lt_digest first = { { 0 } };
    for (int i = 0; i < 4; i++) {
        char directory[256];
        lt_data d;
        ltc_error err;
        make_directory(directory);
        write_quartet(directory, i & 1, i & 2);
        CU_ASSERT_EQUAL_FATAL(load_mnist(i & 1 ? "fashion-mnist" : "mnist", directory, 5, &d, &err), LTC_OK);
        if (i == 0)
            first = d.digest;
        CU_ASSERT(!memcmp(&first, &d.digest, sizeof first));
        lt_data_free(&d);
        remove_directory(directory);
    }
}

/* With what the sentence says. */
static const damage damages[] = {
    { TRAIN_IMAGES, 0, 0, GONE, 0, 0, "there is no train-images-idx3-ubyte, with or without .gz" },
    { TRAIN_LABELS, 0, 0, GONE, 0, 0, "there is no train-labels-idx1-ubyte" },
    { TEST_IMAGES, 1, 0, GONE, 0, 0, "there is no t10k-images-idx3-ubyte" },
    { TEST_LABELS, 1, 0, GONE, 0, 0, "there is no t10k-labels-idx1-ubyte" },
    { TRAIN_IMAGES, 0, 0, FOLDER, 0, 0, "is not a file" },
    { TEST_LABELS, 0, 0, LOCKED, 0, 0, "cannot be read: Permission denied" },
    { TRAIN_IMAGES, 0, 0, CUT, 0, 0, "the file is cut off" },
    { TRAIN_IMAGES, 0, 0, CUT, 3, 0, "the file is cut off" },
    { TRAIN_IMAGES, 0, 0, CUT, 15, 0, "the file is cut off" },
    { TRAIN_LABELS, 0, 0, CUT, 7, 0, "the file is cut off" },
    { TRAIN_IMAGES, 0, 0, CUT, 16, 0, "has 16 bytes, and its header (60 x 4 x 3) promises 736" },
    { TEST_IMAGES, 0, 0, CUT, -1, 0, "has 207 bytes, and its header (16 x 4 x 3) promises 208" },
    { TEST_LABELS, 0, 0, ADD, 1, 0, "has 25 bytes, and its header (16 x 1 x 1) promises 24" },
    { TRAIN_IMAGES, 0, 0, SET, 0, '<', "begins with 0x3c000803, not with 0x00000803" },
    { TRAIN_IMAGES, 0, 0, SET, 2, 13, "begins with 0x00000d03" },
    { TRAIN_IMAGES, 0, 0, SET, 3, 1, "begins with 0x00000801, not with 0x00000803" },
    { TRAIN_LABELS, 0, 0, SET, 3, 3, "begins with 0x00000803, not with 0x00000801" },
    { TRAIN_IMAGES, 0, 0, SET, 7, N_TRAIN + 1, "promises 748" },
    { TRAIN_IMAGES, 0, 0, SET, 4, 255, "(4278190140 x 4 x 3) promises" },
    { TRAIN_IMAGES, 0, 0, SET, 7, 0, "dimension 0 in the header is 0" },
    { TRAIN_IMAGES, 0, 0, SET, 11, 0, "dimension 1 in the header is 0" },
    { TRAIN_LABELS, 0, 0, SET, 8, 10, "label 0 is 10, not 0 to 9" },
    { TEST_LABELS, 1, 0, SET, -1, 255, "label 15 is 255, not 0 to 9" },
    { TRAIN_IMAGES, 1, 1, CUT, 0, 0, "the file is cut off" },
    { TRAIN_IMAGES, 1, 1, CUT, 9, 0, "the file is cut off" },
    { TRAIN_IMAGES, 1, 1, CUT, -40, 0, "the file is cut off" },
    { TRAIN_IMAGES, 1, 1, CUT, -1, 0, "damaged at its end" },
    { TRAIN_IMAGES, 1, 1, CUT, -8, 0, "damaged at its end" },
    { TRAIN_IMAGES, 1, 1, FLIP, -8, 0, "incorrect data check" },
    { TRAIN_IMAGES, 1, 1, FLIP, -1, 0, "incorrect length check" },
    { TRAIN_IMAGES, 1, 0, CUT, -1, 0, "ends before its 736 bytes" },
    { TRAIN_IMAGES, 1, 0, ADD, 1, 0, "goes on behind the 736 bytes" },
    { TRAIN_IMAGES, 1, 0, SET, 7, N_TRAIN + 1, "holds 61 images and train-labels 60 labels" },
    { TRAIN_IMAGES, 1, 0, SET, 4, 255, "its header (4278190140 x 4 x 3) promises" },
    { TRAIN_IMAGES, 1, 1, SET, 0, '<', "no IDX file" },
};

static void each_damage_has_its_sentence(void)
{
    for (const damage *d = damages; d < damages + sizeof damages / sizeof damages[0]; d++) {
        char directory[256];
        ltc_error err;
        if (d->how == LOCKED && !geteuid()) {
            printf("(not shown: root reads files that nobody may read) ");
            continue;
        }
        make_directory(directory);
        write_quartet(directory, d->gz, false);
        write_damaged(directory, d);
        const ltc_status st = try_all(directory, &err);
        if (st != LTC_EIO || !strstr(err.message, d->says))
            fprintf(stderr, "\nexpected \"%s\", got %d \"%s\"\n", d->says, st, err.message);
        CU_ASSERT_EQUAL(st, LTC_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, d->says));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/idx-"));
        remove_directory(directory);
    }
}

static void files_of_two_data_sets_are_told_apart(void)
{
    static const struct { file f; const char *says; } other[] = {
        { { "t10k-images-idx3-ubyte", 3, { N_TEST, COLUMNS, ROWS } },
          "training images are 4 x 3, test images 3 x 4" },
        { { "train-labels-idx1-ubyte", 1, { N_TRAIN - 1, 1, 1 } },
          "holds 60 images and train-labels 59 labels" },
    };
    for (size_t i = 0; i < 2; i++) {
        char directory[256];
        ltc_error err;
        make_directory(directory);
        write_quartet(directory, false, false);
        const buffer x = content(&other[i].f);
        write_file(directory, other[i].f.name, &x);
        CU_ASSERT_EQUAL(try_all(directory, &err), LTC_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, other[i].says));
        remove_directory(directory);
    }
}

static void a_missing_directory_has_a_remedy(void)
{
    static const struct { const char *name, *path, *says; } bad[] = {
        { "mnist", "/nonexistent/mnist",
          "no directory /nonexistent/mnist (No such file or directory); etc/get-data mnist" },
        { "mnist", "/dev/null", "/dev/null is not a directory" },
        { "fashion-mnist", "/nonexistent", "install the Debian package dataset-fashion-mnist" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const lt_module *m = built_module(&registry, bad[i].name);
        void *options = default_options(m);
        opened o;
        ltc_error err = { 0 };
        set_text(m, options, "path", bad[i].path);
        CU_ASSERT_EQUAL(open_module(m, options, &o, &err), LTC_EOPTION);
        CU_ASSERT_STRING_EQUAL(err.option, "path");
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        free(options);
    }
}

static void random_access_is_sequential_access(void)
{
    for (int gz = 0; gz < 2; gz++) {
        char directory[256];
        opened o;
        ltc_error err;
        make_directory(directory);
        write_quartet(directory, gz, false);
        CU_ASSERT_EQUAL_FATAL(open_mnist(directory, &o, &err), LTC_OK);
        check_random_access(&o, 1);
        check_random_access(&o, 0);
        close_module(&o);
        remove_directory(directory);
    }
}

typedef struct reading { const opened *o; const unsigned char *whole; uint64_t id; int wrong; } reading;

static void *read_often(void *arg)
{
    reading *r = arg;
    const ltc_key key = { 11, r->id };
    for (uint64_t i = 0; i < 500; i++) {
        const uint32_t first = ltc_rand_below(key, 2 * i, N_TRAIN);
        const uint32_t count = ltc_rand_below(key, 2 * i + 1, N_TRAIN - first + 1);
        unsigned char x[N_TRAIN * ROWS * COLUMNS];
        int32_t label[N_TRAIN];
        ltc_error err;
        if (r->o->m->ops.dataset.read(r->o->self, 0, first, count, x, label, &err))
            r->wrong++;
        else if (memcmp(x, r->whole + first * ROWS * COLUMNS, (size_t)count * ROWS * COLUMNS))
            r->wrong++;
        for (uint32_t j = 0; j < count; j++)
            r->wrong += label[j] != (int32_t)((first + j) % 10);
    }
    return NULL;
}

static void threads_read_at_once(void)
{
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    reading r[THREADS];
    char directory[256];
    opened o;
    ltc_error err;
    const buffer x = content(&files[TRAIN_IMAGES]);
    make_directory(directory);
    write_quartet(directory, true, false);
    CU_ASSERT_EQUAL_FATAL(open_mnist(directory, &o, &err), LTC_OK);
    for (uint64_t i = 0; i < THREADS; i++) {
        r[i] = (reading){ &o, x.b + 16, i, 0 };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, read_often, &r[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(r[i].wrong, 0);
    }
    close_module(&o);
    remove_directory(directory);
}

/* Up to three bytes of the first 24 changed, and now and then the length: it is read, or refused with a
 * sentence. */
static void mutate(ltc_key key, buffer *x)
{
    const uint32_t changes = 1 + ltc_rand_below(key, 0, 3);
    for (uint32_t i = 0; i < changes; i++) {
        const uint32_t at = ltc_rand_below(key, 1 + 2 * i, 24), kind = ltc_rand_below(key, 20 + i, 3);
        const uint32_t v = ltc_rand_below(key, 2 + 2 * i, 256);
        x->b[at] = (unsigned char)(kind == 0 ? v : kind == 1 ? x->b[at] ^ 1u << v % 8 : v & 3);
    }
    if (!ltc_rand_below(key, 30, 4))
        x->n -= ltc_rand_below(key, 31, (uint32_t)x->n);
}

static void mutated_headers_never_crash(void)
{
    char directory[256], name[64];
    int read = 0, refused = 0;
    make_directory(directory);
    for (uint64_t i = 0; i < 1500; i++) {
        const ltc_key key = { 2024, i };
        const uint32_t which = ltc_rand_below(key, 40, 4), gz = ltc_rand_below(key, 41, 2);
        const bool after = ltc_rand_below(key, 42, 2);
        ltc_error err;
        write_quartet(directory, gz, false);
        buffer x = content(&files[which]);
        if (gz && after)
            compress_buffer(&x);
        mutate(key, &x);
        if (gz && !after)
            compress_buffer(&x);
        write_file(directory, name_of(&files[which], gz, false, name), &x);
        if (try_all(directory, &err))
            refused += err.message[0] != '\0';
        else
            read++;
        for (const file *f = files; f < files + 4; f++) {
            char path[512];
            snprintf(path, sizeof path, "%s/%s", directory, name_of(f, gz, false, name));
            remove(path);
        }
    }
    CU_ASSERT_EQUAL(read + refused, 1500);
    CU_ASSERT(read > 0 && refused > 500);
    remove_directory(directory);
}

/* The real files, where they are: sizes, class shares, and that the published constants are those of the
 * data. */
static void check_real(const char *name, const char *directory, double share, const char *digest)
{
    lt_data d;
    lt_normalisation n;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(load_mnist(name, directory, 0, &d, &err), LTC_OK);
    CU_ASSERT(d.split[LT_TRAIN].n == 60000 && d.split[LT_TEST].n == 10000 && d.dim[1] == 28 &&
              d.dim[2] == 28);
    CU_ASSERT_EQUAL(lt_data_majority(&d, LT_TEST), share);
    CU_ASSERT_EQUAL_FATAL(lt_normalisation_make(&d, LT_NORMALISE_TRAIN, &n, &err), LTC_OK);
    CU_ASSERT(fabsf(n.mean[0] - d.published_mean[0]) < 1e-4f && fabsf(n.std[0] - d.published_std[0]) < 1e-4f);
    check_digest(&d.digest, digest);
    lt_normalisation_free(&n);
    lt_data_free(&d);
}

static void real_files_are_read(void)
{
    static const struct { const char *name, *system; double share; const char *digest; } real[] = {
        { "mnist", "/usr/share/datasets/mnist", 0.1135,
          "88b4f4ed146f3c3a23d21d30c74bb84bf5f3c3a398d64d742293a63070196369" },
        { "fashion-mnist", "/usr/share/datasets/fashion-mnist", 0.1,
          "f8a6da10c78f254eab745f6c8f8768adfb7108530cb7d8c3aef12383d2a791a9" },
    };
    const char *data = getenv("LTCORE_DATA");
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++) {
        char directory[512];
        snprintf(directory, sizeof directory, "%s/%s", data ? data : "", real[i].name);
        const char *where = !access(directory, R_OK) ? directory : real[i].system;
        if (access(where, R_OK))
            printf("(not shown for %s: neither LTCORE_DATA/%s nor %s is there) ", real[i].name, real[i].name,
                   where);
        else
            check_real(real[i].name, where, real[i].share, real[i].digest);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "good files are read", good_files_are_read },
        { "all names and packings are the same data", all_names_and_packings_are_the_same_data },
        { "each damage has its sentence", each_damage_has_its_sentence },
        { "files of two data sets are told apart", files_of_two_data_sets_are_told_apart },
        { "a missing directory has a remedy", a_missing_directory_has_a_remedy },
        { "random access is sequential access", random_access_is_sequential_access },
        { "threads read at once", threads_read_at_once },
        { "mutated headers never crash", mutated_headers_never_crash },
        { "real files are read", real_files_are_read },
    };
    const int code = lt_suite_run("idx", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(registry);
    return code;
}
