/* Claims about loading data: what a reader may not say, what is checked in what it reads, which samples
 * become the validation split, and what the digest depends on. */
#include "suite.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_reader.h"

/* Fails with that status and words; the sentence names the reader, and nothing is left behind. */
static void check_refused(fake *f, uint64_t validation, ltc_status status, const char *says)
{
    lt_data d;
    ltc_error err;
    const ltc_status st = load(f, validation, &d, &err);
    if (st != status || !strstr(err.message, says))
        fprintf(stderr, "\nexpected \"%s\", got %d \"%s\"\n", says, st, err.message);
    CU_ASSERT_EQUAL(st, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, says));
    CU_ASSERT(err.option[0] || strstr(err.message, "'fake'"));
    CU_ASSERT_PTR_NULL(d.split[LT_TRAIN].x);
    lt_data_free(&d);
}

static void a_data_set_is_loaded_whole(void)
{
    fake f = make_fake(LTC_U8);
    lt_data d;
    ltc_error err;
    f.info.class_name = f.class_name, f.info.mean = f.mean, f.info.std = f.std;
    CU_ASSERT_EQUAL_FATAL(load(&f, 0, &d, &err), LTC_OK);
    CU_ASSERT(d.sample_type == LTC_U8 && d.rank == 3 && d.n_classes == CLASSES);
    CU_ASSERT(d.dim[0] == 1 && d.dim[1] == 2 && d.dim[2] == 3 && d.dim[3] == 1);
    CU_ASSERT(d.split[LT_TRAIN].n == 50 && d.split[LT_TEST].n == 20 && d.split[LT_VALIDATION].n == 0);
    CU_ASSERT(!d.split[LT_VALIDATION].x && !d.validation_index);
    CU_ASSERT_EQUAL(lt_data_sample_bytes(&d), 6);
    CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_TEST].x)[19 * 6 + 5], 16 + 19 + 5);
    CU_ASSERT_EQUAL(d.split[LT_TEST].label[19], 3);
    f.class_name[3] = "gone", f.mean[0] = 0;  /* the plug-in's own memory may die */
    CU_ASSERT_STRING_EQUAL(d.class_name[3], "west");
    CU_ASSERT(d.published_mean[0] == 0.25f && d.published_std[0] == 0.5f);
    lt_data_free(&d);
    lt_data_free(&d);
}

static void a_wrong_shape_is_refused(void)
{
    static const struct { uint32_t type, rank; int64_t dim[3]; const char *says; } bad[] = {
        { LTC_F64, 3, { 1, 2, 3 }, "type 3" },
        { 0, 3, { 1, 2, 3 }, "type 0" },
        { LTC_U8, 0, { 1, 2, 3 }, "has 0 dimensions" },
        { LTC_U8, 4, { 1, 2, 3 }, "has 4 dimensions" },
        { LTC_U8, 3, { 1, 0, 3 }, "dimension 1 of a sample is 0" },
        { LTC_U8, 3, { -1, -2, 3 }, "dimension 0 of a sample is -1" },
        { LTC_U8, 3, { INT64_MAX, 2, 3 }, "2 GiB" },
        { LTC_U8, 3, { 65536, 65536, 65536 }, "2 GiB" },
        { LTC_F32, 2, { 32768, 32768, 1 }, "2 GiB" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake f = make_fake(bad[i].type);
        f.info.rank = bad[i].rank;
        memcpy(f.dim, bad[i].dim, sizeof bad[i].dim);
        check_refused(&f, 0, LTC_EINTERNAL, bad[i].says);
    }
}

static void wrong_splits_are_refused(void)
{
    static const struct { uint32_t n; ltc_split split[4]; const char *says; } bad[] = {
        { 0, { { NULL, 0 } }, "split 'train' is missing" },
        { 1, { { "train", 5 } }, "split 'test' is missing" },
        { 2, { { "test", 5 }, { "validation", 5 } }, "split 'train' is missing" },
        { 2, { { "train", 5 }, { "test", 0 } }, "split 'test' has 0 samples" },
        { 2, { { "train", 1ull << 32 }, { "test", 5 } }, "split 'train' has 4294967296 samples" },
        { 2, { { "train", 5 }, { "Test", 5 } }, "called 'Test'; there are 'train', 'validation' and 'test'" },
        { 2, { { "train", 5 }, { NULL, 5 } }, "called ''" },
        { 3, { { "train", 5 }, { "train", 5 }, { "test", 5 } }, "split 'train' comes twice" },
        { 3, { { "train", 5 }, { "test", 5 }, { "validation", 0 } }, "split 'validation' has 0 samples" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake f = make_fake(LTC_U8);
        f.info.n_splits = bad[i].n;
        memcpy(f.split, bad[i].split, sizeof f.split);
        check_refused(&f, 0, LTC_EINTERNAL, bad[i].says);
    }
}

static void wrong_classes_and_constants_are_refused(void)
{
    static const struct { uint32_t classes; const char *last; float mean, std; const char *says; } bad[] = {
        { 0, "west", 0, 1, "it has 0 classes" },
        { 1, "west", 0, 1, "it has 1 classes" },
        { UINT32_MAX, "west", 0, 1, "it has 4294967295 classes" },
        { CLASSES, NULL, 0, 1, "class 3 of 4 has no name" },
        { CLASSES, "", 0, 1, "class 3 of 4 has no name" },
        { CLASSES, "west", 0, 0, "standard deviation 0" },
        { CLASSES, "west", 0, -1, "standard deviation -1" },
        { CLASSES, "west", 0, INFINITY, "standard deviation inf" },
        { CLASSES, "west", 0, NAN, "standard deviation" },
        { CLASSES, "west", 0, 1e-40f, "standard deviation 9.99" },
        { CLASSES, "west", NAN, 1, "channel 0 has the published mean" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake f = make_fake(LTC_U8);
        f.info.n_classes = bad[i].classes;
        f.class_name[3] = bad[i].last, f.info.class_name = f.class_name;
        f.mean[0] = bad[i].mean, f.std[0] = bad[i].std, f.info.mean = f.mean, f.info.std = f.std;
        check_refused(&f, 0, LTC_EINTERNAL, bad[i].says);
    }
    fake f = make_fake(LTC_U8);
    f.info.mean = f.mean;
    check_refused(&f, 0, LTC_EINTERNAL, "publishes a mean without the other");
}

static void wrong_samples_are_refused(void)
{
    static const struct { int32_t label; float value; ltc_status st; const char *says; } bad[] = {
        { CLASSES, 0, LTC_EIO, "the label of train sample 17 is 4, not 0 to 3" },
        { -3, 0, LTC_EIO, "the label of train sample 17 is -3, not 0 to 3" },
        { INT32_MIN, 0, LTC_EIO, "the label of train sample 17 is -1" },
        { 0, NAN, LTC_ENUMERIC, "element 0 of train sample 17 is NaN" },
        { 0, -INFINITY, LTC_ENUMERIC, "element 0 of train sample 17 is infinite" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake f = make_fake(LTC_F32);
        f.odd = 17, f.odd_label = bad[i].label, f.odd_value = bad[i].value;
        check_refused(&f, 5, bad[i].st, bad[i].says);
    }
}

static void a_readers_failure_is_passed_on(void)
{
    fake f = make_fake(LTC_U8);
    f.open_fails = LTC_EIO;
    check_refused(&f, 0, LTC_EIO, "dataset 'fake': the tape is torn");
    f.open_fails = 77;                        /* no status */
    check_refused(&f, 0, LTC_EINTERNAL, "opening failed, and the plug-in does not say why");
    CU_ASSERT_EQUAL(f.closed, 0);
    f.open_fails = LTC_OK, f.read_fails = LTC_ENOMEM;
    check_refused(&f, 0, LTC_ENOMEM, "reading failed");
    f.option = "path";
    check_refused(&f, 0, LTC_EOPTION, "is to blame");
    lt_data d;
    ltc_error err;
    CU_ASSERT_EQUAL(load(&f, 0, &d, &err), LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.option, "dataset.path");
}

static void a_reader_leaves_no_floating_point_mode_behind(void)
{
    const int before = fegetround();
    fake f = make_fake(LTC_U8);
    lt_data d;
    ltc_error err;
    f.rounds_up = true;
    CU_ASSERT_EQUAL(load(&f, 0, &d, &err), LTC_OK);
    CU_ASSERT_EQUAL(fegetround(), before);
    lt_data_free(&d);
}

static void reading_can_be_stopped(void)
{
    fake f = make_fake(LTC_U8);
    lt_data d;
    ltc_error err;
    f.dim[0] = 1000, f.dim[1] = 1000;         /* 3 MB a sample: two in a block */
    world w = { .reads_until_stop = 3 };
    CU_ASSERT_EQUAL(load_in(&w, &f, 0, &d, &err), LTC_ECANCELLED);
    CU_ASSERT_EQUAL(f.reads, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "stopped while reading data set 'fake'"));
}

static void blocks_join_without_a_seam(void)
{
    fake f = make_fake(LTC_U8);
    lt_data d;
    ltc_error err;
    f.dim[0] = 1, f.dim[1] = 100, f.dim[2] = 1000, f.split[0].count = 250;
    CU_ASSERT_EQUAL_FATAL(load(&f, 0, &d, &err), LTC_OK);
    CU_ASSERT(f.reads > 6);
    const uint8_t *x = d.split[LT_TRAIN].x;
    size_t wrong = 0;
    for (size_t i = 0; i < 250; i++)
        for (size_t j = 0; j < 100000; j++)
            wrong += x[i * 100000 + j] != (uint8_t)(i + j);
    CU_ASSERT_EQUAL(wrong, 0);
    lt_data_free(&d);
}

static void the_validation_split_is_golden(void)
{
    static const uint32_t golden[8] = { 4, 5, 13, 22, 24, 25, 27, 31 };
    fake f = make_fake(LTC_U8);
    lt_data d;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(load(&f, 8, &d, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(d.split[LT_VALIDATION].n, 8);
    CU_ASSERT(!memcmp(d.validation_index, golden, sizeof golden));
    lt_data_free(&d);
}

/* Samples carry their row in the first element, so that what went where can be read off. */
static void no_sample_is_lost_or_doubled(void)
{
    for (uint32_t type = LTC_U8; type <= LTC_F32; type++)
        for (uint64_t v = 0; v < 50; v++) {
            fake f = make_fake(type);
            lt_data d;
            ltc_error err;
            CU_ASSERT_EQUAL_FATAL(load(&f, v, &d, &err), LTC_OK);
            CU_ASSERT(d.split[LT_VALIDATION].n == v && d.split[LT_TRAIN].n == 50 - v &&
                      d.split[LT_TEST].n == 20);
            bool seen[50] = { false };
            for (uint32_t s = LT_TRAIN; s <= LT_VALIDATION; s++) {
                uint64_t last = 0;
                for (uint64_t i = 0; i < d.split[s].n; i++) {
                    const uint64_t row = type == LTC_U8 ? ((uint8_t *)d.split[s].x)[i * 6]
                                                        : (uint64_t)((float *)d.split[s].x)[i * 6];
                    CU_ASSERT_FATAL(row < 50 && !seen[row] && (!i || row > last));
                    CU_ASSERT_EQUAL(d.split[s].label[i], (int32_t)(row % CLASSES));
                    CU_ASSERT(s == LT_TRAIN || d.validation_index[i] == row);
                    seen[row] = true, last = row;
                }
            }
            lt_data_free(&d);
        }
}

static void a_larger_validation_split_holds_the_smaller(void)
{
    fake f = make_fake(LTC_U8);
    lt_data small, large;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(load(&f, 5, &small, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(load(&f, 20, &large, &err), LTC_OK);
    for (int i = 0, found; i < 5; i++) {
        found = 0;
        for (int j = 0; j < 20; j++)
            found += large.validation_index[j] == small.validation_index[i];
        CU_ASSERT_EQUAL(found, 1);
    }
    lt_data_free(&small);
    lt_data_free(&large);
}

static void something_is_left_to_train_on(void)
{
    fake f = make_fake(LTC_U8);
    lt_data d;
    ltc_error err;
    check_refused(&f, 50, LTC_EOPTION,
                  "50 of the 50 training samples leave none to train on; take 49 at most");
    CU_ASSERT_EQUAL(load(&f, UINT64_MAX, &d, &err), LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.option, "dataset.validation");
}

static void a_readers_own_validation_split_wins(void)
{
    fake f = make_fake(LTC_U8);
    world w = { .reads_until_stop = -1 };
    lt_data d;
    ltc_error err;
    f.split[2] = (ltc_split){ "validation", 9 }, f.info.n_splits = 3;
    CU_ASSERT_EQUAL_FATAL(load_in(&w, &f, 5, &d, &err), LTC_OK);
    CU_ASSERT(d.split[LT_TRAIN].n == 50 && d.split[LT_VALIDATION].n == 9 && !d.validation_index);
    CU_ASSERT_EQUAL(((uint8_t *)d.split[LT_VALIDATION].x)[6], 33);
    CU_ASSERT_EQUAL(w.lines, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.line, "fake: the data set has a validation split of its own"));
    lt_data_free(&d);
}

static lt_digest digest_of(fake *f, uint64_t validation)
{
    lt_data d;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(load(f, validation, &d, &err), LTC_OK);
    const lt_digest digest = d.digest;
    lt_data_free(&d);
    return digest;
}

/* Recomputed by golden/data.py: the fields "11:sample_type i 1:1\n" ... "5:train i 2:50\n" "4:test i 2:20\n",
 * then samples and labels (int32, little-endian) of train, then of test. */
static void the_digest_is_golden(void)
{
    fake f = make_fake(LTC_U8);
    const lt_digest d = digest_of(&f, 0);
    char hex[65];
    lt_digest_text(&d, hex);
    CU_ASSERT_STRING_EQUAL(hex, "6b0e8d51821d251d91f63088b7e9dc628d556f43abc8cb9ccdbe28cb446cb0ad");
}

static bool same(lt_digest a, lt_digest b)
{
    return !memcmp(&a, &b, sizeof a);
}

static void the_digest_is_of_the_data_alone(void)
{
    fake f = make_fake(LTC_U8), g = make_fake(LTC_U8);
    const lt_digest plain = digest_of(&f, 0);
    CU_ASSERT(same(plain, digest_of(&f, 7)));
    g.info.class_name = g.class_name, g.info.mean = g.mean, g.info.std = g.std;
    CU_ASSERT(same(plain, digest_of(&g, 0)));
    g.odd = 3, g.odd_label = 2;
    CU_ASSERT(!same(plain, digest_of(&g, 0)));        /* one label */
    f.dim[1] = 3, f.dim[2] = 2;
    CU_ASSERT(!same(plain, digest_of(&f, 0)));        /* the same bytes, another shape */
    f = make_fake(LTC_U8), f.info.n_classes = CLASSES + 1;
    CU_ASSERT(!same(plain, digest_of(&f, 0)));
    f = make_fake(LTC_U8), f.split[1].count = 19;
    CU_ASSERT(!same(plain, digest_of(&f, 0)));
}

/* A plug-in of a later build writes a longer struct; one of an earlier build a shorter one. */
static ltc_status info_of_later_build(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    const ltc_status st = fake_info(self, info, err);
    memset(info + 1, 0x5a, 64);
    return st;
}

static void other_builds_structs_are_taken(void)
{
    static const uint32_t published[] = { sizeof(ltc_dataset_info) + 64,
                                          offsetof(ltc_dataset_info, class_name) };
    for (size_t i = 0; i < 2; i++) {
        fake f = make_fake(LTC_U8), *options = &f;
        lt_module m = fake_module();
        const lt_services services = { 0 };
        const lt_data_request r = { .reader = &m, .options = &options, .services = &services };
        lt_data d;
        ltc_error err;
        f.info.class_name = f.class_name;
        m.ops.dataset.dataset_info_size = published[i];
        m.ops.dataset.close = NULL;           /* and this one has nothing to close */
        if (i == 0)
            m.ops.dataset.info = info_of_later_build;
        CU_ASSERT_EQUAL_FATAL(lt_data_load(&r, &d, &err), LTC_OK);
        CU_ASSERT(!d.class_name == (i == 1));
        lt_data_free(&d);
    }
}

static void the_majority_is_what_guessing_reaches(void)
{
    fake f = make_fake(LTC_U8);
    lt_data d;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(load(&f, 0, &d, &err), LTC_OK);
    CU_ASSERT_EQUAL(lt_data_majority(&d, LT_TRAIN), 13 / 50.0);
    CU_ASSERT_EQUAL(lt_data_majority(&d, LT_TEST), 5 / 20.0);
    CU_ASSERT(isnan(lt_data_majority(&d, LT_VALIDATION)));
    lt_data_free(&d);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a data set is loaded whole and outlives its reader", a_data_set_is_loaded_whole },
        { "a wrong shape is refused", a_wrong_shape_is_refused },
        { "wrong splits are refused", wrong_splits_are_refused },
        { "wrong classes and constants are refused", wrong_classes_and_constants_are_refused },
        { "wrong samples are refused", wrong_samples_are_refused },
        { "a reader's failure is passed on", a_readers_failure_is_passed_on },
        { "a reader leaves no floating-point mode behind", a_reader_leaves_no_floating_point_mode_behind },
        { "reading can be stopped", reading_can_be_stopped },
        { "blocks join without a seam", blocks_join_without_a_seam },
        { "trap 35: the validation split is golden", the_validation_split_is_golden },
        { "no sample is lost or doubled", no_sample_is_lost_or_doubled },
        { "a larger validation split holds the smaller", a_larger_validation_split_holds_the_smaller },
        { "something is left to train on", something_is_left_to_train_on },
        { "a reader's own validation split wins", a_readers_own_validation_split_wins },
        { "the digest is golden", the_digest_is_golden },
        { "the digest is of the data alone", the_digest_is_of_the_data_alone },
        { "other builds' structs are taken", other_builds_structs_are_taken },
        { "the majority is what guessing reaches", the_majority_is_what_guessing_reaches },
    };
    return lt_suite_run("data", claims, sizeof claims / sizeof claims[0]);
}
