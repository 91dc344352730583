/* Claims about the readers of CIFAR's record files: what is read is what was written, what is refused and in
 * which words, and that threads may read at once. */
#include "suite.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "cifar_files.h"
#include "data/normalise.h"
#include "datasets.h"

enum { CHUNK = 500 };                         /* samples read at once */

static lt_registry *registry;

static ltc_status open_cifar(const layout *l, const char *directory, opened *o, ltc_error *err)
{
    const lt_module *m = built_module(&registry, l->name);
    void *options = default_options(m);
    *err = (ltc_error){ 0 };
    set_text(m, options, "path", directory);
    const ltc_status st = open_module(m, options, o, err);
    free(options);                            /* the reader keeps nothing of it */
    return st;
}

/* All splits in chunks, each against what was written. */
static ltc_status read_all(const opened *o, const layout *l, int which, ltc_error *err)
{
    unsigned char *x = malloc((size_t)CHUNK * PIXELS);
    int32_t label[CHUNK];
    ltc_status st = LTC_OK;
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    for (uint32_t s = 0; s < o->info.n_splits; s++)
        for (uint64_t i = 0; i < o->info.split[s].count && !st; i += CHUNK) {
            st = o->m->ops.dataset.read(o->self, s, i, CHUNK, x, label, err);
            CU_ASSERT_EQUAL(st ? 0 : count_wrong(l, s, i, CHUNK, which, x, label), 0);
        }
    free(x);
    return st;
}

static ltc_status try_all(const layout *l, const char *directory, ltc_error *err)
{
    opened o;
    ltc_status st = open_cifar(l, directory, &o, err);
    if (st)
        return st;
    st = read_all(&o, l, l->which, err);
    close_module(&o);
    return st;
}

static void check_description(const opened *o, const layout *l)
{
    const ltc_dataset_info *in = &o->info;
    CU_ASSERT(in->sample_type == LTC_U8 && in->rank == 3 && in->dim[0] == 3 && in->dim[1] == 32 &&
              in->dim[2] == 32);
    CU_ASSERT_EQUAL(in->n_classes, (uint32_t)l->n_classes[l->which]);
    CU_ASSERT(in->n_splits == 2 && in->split[0].count == 50000 && in->split[1].count == 10000);
    CU_ASSERT_STRING_EQUAL(in->split[0].name, "train");
    CU_ASSERT_STRING_EQUAL(in->split[1].name, "test");
}

static void good_files_are_read(void)
{
    const layout *const both[] = { &cifar10, &cifar100 };
    for (size_t i = 0; i < 2; i++) {
        char directory[256];
        opened o;
        ltc_error err;
        write_all(both[i], directory);
        CU_ASSERT_EQUAL_FATAL(open_cifar(both[i], directory, &o, &err), LTC_OK);
        check_description(&o, both[i]);
        CU_ASSERT_EQUAL(read_all(&o, both[i], both[i]->which, &err), LTC_OK);
        close_module(&o);
        remove_directory(directory);
    }
}

static void names_are_those_of_the_labels(void)
{
    char directory[256];
    opened o;
    ltc_error err;
    write_all(&cifar10, directory);
    CU_ASSERT_EQUAL_FATAL(open_cifar(&cifar10, directory, &o, &err), LTC_OK);
    CU_ASSERT_STRING_EQUAL(o.info.class_name[0], "airplane");
    CU_ASSERT_STRING_EQUAL(o.info.class_name[9], "truck");
    close_module(&o);
    remove_directory(directory);
    write_all(&cifar100, directory);
    CU_ASSERT_EQUAL_FATAL(open_cifar(&cifar100, directory, &o, &err), LTC_OK);
    for (int c = 1; c < 100; c++)             /* the fine labels are numbered by the alphabet */
        CU_ASSERT(strcmp(o.info.class_name[c - 1], o.info.class_name[c]) < 0);
    CU_ASSERT_STRING_EQUAL(o.info.class_name[49], "mountain");
    close_module(&o);
    remove_directory(directory);
}

static void coarse_labels_are_the_first_byte(void)
{
    const lt_module *m = built_module(&registry, "cifar100");
    void *options = default_options(m);
    char directory[256];
    opened o;
    ltc_error err;
    write_all(&cifar100, directory);
    set_text(m, options, "path", directory);
    set_int(m, options, "labels", 0);         /* "coarse" */
    CU_ASSERT_EQUAL_FATAL(open_module(m, options, &o, &err), LTC_OK);
    CU_ASSERT_EQUAL(o.info.n_classes, 20);
    CU_ASSERT_STRING_EQUAL(o.info.class_name[19], "vehicles_2");
    CU_ASSERT_EQUAL(read_all(&o, &cifar100, 0, &err), LTC_OK);
    close_module(&o);
    remove_directory(directory);
    free(options);
}

static const damage damages[] = {
    { &cifar10, 0, GONE, 0, 0, "data_batch_1.bin: there is no such file; etc/get-data cifar10" },
    { &cifar10, 1, GONE, 0, 0, "data_batch_2.bin: there is no such file" },
    { &cifar10, 2, GONE, 0, 0, "data_batch_3.bin: there is no such file" },
    { &cifar10, 3, GONE, 0, 0, "data_batch_4.bin: there is no such file" },
    { &cifar10, 4, GONE, 0, 0, "data_batch_5.bin: there is no such file" },
    { &cifar10, 5, GONE, 0, 0, "test_batch.bin: there is no such file" },
    { &cifar100, 0, GONE, 0, 0, "train.bin: there is no such file; etc/get-data cifar100" },
    { &cifar100, 1, GONE, 0, 0, "test.bin: there is no such file" },
    { &cifar10, 3, FOLDER, 0, 0, "data_batch_4.bin: is not a file" },
    { &cifar10, 3, PIPE, 0, 0, "data_batch_4.bin: is not a file" },
    { &cifar10, 5, LOCKED, 0, 0, "test_batch.bin: cannot be read: Permission denied" },
    { &cifar10, 0, SIZE, 0, 0, "has 0 bytes, and 10000 records of CIFAR-10 are 30730000; fetch it again" },
    { &cifar10, 1, SIZE, 1, 0, "has 1 bytes" },
    { &cifar10, 2, SIZE, 3072, 0, "has 3072 bytes" },
    { &cifar10, 2, SIZE, 3073, 0, "or read part of a data set with the plug-in npz" },
    { &cifar10, 4, SIZE, 15365000, 0, "has 15365000 bytes, and 10000 records of CIFAR-10 are 30730000" },
    { &cifar10, 4, SIZE, 30729999, 0, "has 30729999 bytes" },
    { &cifar10, 5, SIZE, 30730001, 0, "has 30730001 bytes" },
    { &cifar10, 5, SIZE, 30733073, 0, "has 30733073 bytes" },
    { &cifar100, 0, SIZE, 153699999, 0, "has 153699999 bytes, and 50000 records of CIFAR-100 are 153700000" },
    { &cifar100, 0, SIZE, 30740000, 0, "has 30740000 bytes" },
    { &cifar100, 1, SIZE, 30730000, 0, "has 30730000 bytes, and 10000 records of CIFAR-100 are 30740000" },
    { &cifar10, 0, SET, 0, 10, "byte 0 of record 0 is label 10, not 0 to 9; fetch the file again" },
    { &cifar10, 4, SET, 9999 * 3073, 255, "data_batch_5.bin: byte 0 of record 9999 is label 255" },
    { &cifar10, 5, SET, 300 * 3073, 11, "test_batch.bin: byte 0 of record 300 is label 11" },
    { &cifar100, 0, SET, 49999 * 3074, 20, "byte 0 of record 49999 is label 20, not 0 to 19" },
    { &cifar100, 1, SET, 7 * 3074 + 1, 100, "byte 1 of record 7 is label 100, not 0 to 99" },
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
        write_all(d->l, directory);
        write_damage(d, directory);
        const ltc_status st = try_all(d->l, directory, &err);
        if (st != LTC_EIO || !strstr(err.message, d->says))
            fprintf(stderr, "\nexpected \"%s\", got %d \"%s\"\n", d->says, st, err.message);
        CU_ASSERT_EQUAL(st, LTC_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, d->says));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/cifar-"));
        remove_directory(directory);
    }
}

static void a_missing_directory_has_a_remedy(void)
{
    static const struct { const layout *l; const char *path, *says; } bad[] = {
        { &cifar10, "/nonexistent/x",
          "no directory /nonexistent/x (No such file or directory); etc/get-data cifar10" },
        { &cifar10, "/dev/null", "/dev/null is not a directory; etc/get-data cifar10" },
        { &cifar100, "/nonexistent", "etc/get-data cifar100 fetches them" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        opened o;
        ltc_error err;
        CU_ASSERT_EQUAL(open_cifar(bad[i].l, bad[i].path, &o, &err), LTC_EOPTION);
        CU_ASSERT_STRING_EQUAL(err.option, "path");
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
    }
}

/* Random bytes of the right size: labels out of range within the first records. */
static void random_bytes_are_refused(void)
{
    char directory[256], path[512];
    unsigned char b[8192];
    ltc_error err;
    for (uint32_t i = 0; i < sizeof b; i++)
        b[i] = (unsigned char)ltc_rand_below((ltc_key){ 3, 4 }, i, 256);
    b[0] = 200;
    write_all(&cifar10, directory);
    snprintf(path, sizeof path, "%s/data_batch_1.bin", directory);
    write_bytes(directory, "data_batch_1.bin", b, sizeof b);
    CU_ASSERT_EQUAL(truncate(path, 30730000), 0);
    CU_ASSERT_EQUAL(try_all(&cifar10, directory, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "byte 0 of record 0 is label 200"));
    remove_directory(directory);
}

static void a_file_that_shrinks_is_noticed(void)
{
    char directory[256], path[512];
    opened o;
    ltc_error err;
    write_all(&cifar10, directory);
    CU_ASSERT_EQUAL_FATAL(open_cifar(&cifar10, directory, &o, &err), LTC_OK);
    snprintf(path, sizeof path, "%s/data_batch_3.bin", directory);
    CU_ASSERT_EQUAL(truncate(path, 3073 * 5000 + 1), 0);
    CU_ASSERT_EQUAL(read_all(&o, &cifar10, 0, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "data_batch_3.bin: the file became shorter"));
    close_module(&o);
    remove_directory(directory);
}

/* Ranges of up to CHUNK samples, half of them across the end of a file. */
typedef struct reading { const opened *o; uint64_t id; long wrong; } reading;

static void *read_often(void *arg)
{
    reading *r = arg;
    const ltc_key key = { 11, r->id };
    unsigned char *x = malloc((size_t)CHUNK * PIXELS);
    int32_t label[CHUNK];
    for (uint64_t i = 0; i < 60 && x; i++) {
        const uint32_t split = ltc_rand_below(key, 4 * i, 2), whole = split ? 10000 : 50000;
        uint32_t first = ltc_rand_below(key, 4 * i + 1, whole);
        if (i & 1)
            first = 10000 * (1 + first / 10000) - ltc_rand_below(key, 4 * i + 2, CHUNK);
        const uint32_t left = whole - first < CHUNK ? whole - first : CHUNK;
        const uint32_t count = ltc_rand_below(key, 4 * i + 3, left + 1);
        ltc_error err;
        if (r->o->m->ops.dataset.read(r->o->self, split, first, count, x, label, &err))
            r->wrong++;
        else
            r->wrong += count_wrong(&cifar10, split, first, count, 0, x, label);
    }
    r->wrong += !x;
    free(x);
    return NULL;
}

static void threads_read_anything_at_once(void)
{
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    reading r[THREADS];
    char directory[256];
    opened o;
    ltc_error err;
    write_all(&cifar10, directory);
    CU_ASSERT_EQUAL_FATAL(open_cifar(&cifar10, directory, &o, &err), LTC_OK);
    for (uint64_t i = 0; i < THREADS; i++) {
        r[i] = (reading){ &o, i, 0 };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, read_often, &r[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(r[i].wrong, 0);
    }
    close_module(&o);
    remove_directory(directory);
}

static void what_is_not_there_is_not_read(void)
{
    static const struct { uint32_t split; uint64_t first, count; } bad[] = {
        { 0, 50000, 1 }, { 0, 49999, 2 }, { 1, 10000, 1 }, { 1, 1, UINT64_MAX }, { 2, 0, 1 },
    };
    char directory[256];
    opened o;
    ltc_error err;
    unsigned char x[2 * PIXELS];
    int32_t label[2];
    write_all(&cifar10, directory);
    CU_ASSERT_EQUAL_FATAL(open_cifar(&cifar10, directory, &o, &err), LTC_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT(o.m->ops.dataset.read(o.self, bad[i].split, bad[i].first, bad[i].count, x, label, &err) ==
                  LTC_EINVAL);
    close_module(&o);
    remove_directory(directory);
}

/* True from the third time on. */
static bool soon(void *arg)
{
    int *const asked = arg;
    return ++*asked > 2;
}

static void reading_stops_when_asked(void)
{
    const lt_module *m = built_module(&registry, "cifar10");
    void *options = default_options(m);
    int asked = 0;
    const lt_services services = { .cancelled = soon, .arg = &asked };
    char directory[256];
    opened o;
    ltc_error err;
    write_all(&cifar10, directory);
    set_text(m, options, "path", directory);
    CU_ASSERT_EQUAL_FATAL(open_module_for(&services, m, options, &o, &err), LTC_OK);
    CU_ASSERT_EQUAL(read_all(&o, &cifar10, 0, &err), LTC_ECANCELLED);
    CU_ASSERT_EQUAL(asked, 3);
    close_module(&o);
    remove_directory(directory);
    free(options);
}

/* Every class as often as the others, and the first labels those of the file. */
static void check_classes(const lt_data *d, const char *directory)
{
    static const char *const first_file[LT_SPLITS] = {
        [LT_TRAIN] = "data_batch_1.bin", [LT_TEST] = "test_batch.bin",
    };
    for (uint32_t s = 0; s < LT_SPLITS; s++) {
        uint64_t count[10] = { 0 };
        char path[600];
        if (s == LT_VALIDATION)
            continue;
        for (uint64_t i = 0; i < d->split[s].n; i++)
            count[d->split[s].label[i]]++;
        for (int c = 0; c < 10; c++)
            CU_ASSERT_EQUAL(count[c], d->split[s].n / 10);
        snprintf(path, sizeof path, "%s/%s", directory, first_file[s]);
        FILE *f = fopen(path, "rb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        for (int i = 0; i < 20; i++) {
            CU_ASSERT_EQUAL(fseek(f, 3073L * i, SEEK_SET), 0);
            CU_ASSERT_EQUAL(d->split[s].label[i], fgetc(f));
        }
        fclose(f);
    }
}

/* The real files, or others made of the same photographs: the published constants are theirs, all but. */
static void real_files_are_read(void)
{
    const char *data = getenv("LTCORE_DATA");
    const lt_module *m = built_module(&registry, "cifar10");
    void *options = default_options(m);
    char directory[512];
    lt_data d;
    lt_normalisation n;
    ltc_error err;
    snprintf(directory, sizeof directory, "%s/cifar-10-batches-bin", data ? data : "");
    const lt_data_request r = { .reader = m, .options = options, .services = &quiet };
    set_text(m, options, "path", directory);
    if (access(directory, R_OK)) {
        printf("(not shown: LTCORE_DATA/cifar-10-batches-bin is not there) ");
        free(options);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(lt_data_load(&r, &d, &err), LTC_OK);
    CU_ASSERT(d.split[LT_TRAIN].n == 50000 && d.split[LT_TEST].n == 10000);
    check_classes(&d, directory);
    CU_ASSERT_EQUAL_FATAL(lt_normalisation_make(&d, LT_NORMALISE_TRAIN, &n, &err), LTC_OK);
    for (int c = 0; c < 3; c++) {
        CU_ASSERT(fabsf(n.mean[c] - d.published_mean[c]) < 5e-4f);
        CU_ASSERT(fabsf(n.std[c] - d.published_std[c]) < 2.5e-3f);
    }
    lt_normalisation_free(&n);
    lt_data_free(&d);
    free(options);
}

int main(void)
{
    static const lt_test claims[] = {
        { "good files are read", good_files_are_read },
        { "names are those of the labels", names_are_those_of_the_labels },
        { "coarse labels are the first byte", coarse_labels_are_the_first_byte },
        { "each damage has its sentence", each_damage_has_its_sentence },
        { "a missing directory has a remedy", a_missing_directory_has_a_remedy },
        { "random bytes are refused", random_bytes_are_refused },
        { "a file that shrinks is noticed", a_file_that_shrinks_is_noticed },
        { "threads read anything at once", threads_read_anything_at_once },
        { "what is not there is not read", what_is_not_there_is_not_read },
        { "reading stops when asked", reading_stops_when_asked },
        { "real files are read", real_files_are_read },
    };
    const int code = lt_suite_run("cifar", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(registry);
    return code;
}
