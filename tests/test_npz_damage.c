/* Claims about what the reader of NumPy's archives refuses, and in which words: headers, shapes and types
 * that are something else, archives that are damaged. Nothing that a file says makes it fall. */
#include "suite.h"

#include "npz_files.h"
#include "npz_rig.h"
#include "scratch.h"

/* One member changed, settings, and what the sentence says. What is 0 in the member is as it was. */
typedef struct refusal {
    int         which;
    npz_member  with;
    settings    settings;
    const char *says;
} refusal;
#define HEADER(which, text, ...) { which, { .header = text }, { .layout = LAST }, __VA_ARGS__ }

static const refusal refusals[] = {
    HEADER(X_TRAIN, "", "array 'x_train': the header has 11 bytes, not 12 to 65536"),
    HEADER(X_TRAIN, "{", "is no Python dictionary"),
    HEADER(X_TRAIN, "{'descr", "is no Python dictionary"),
    HEADER(X_TRAIN, "{'descr' '|u1'}", "is no Python dictionary"),
    HEADER(X_TRAIN, "{}", "lacks one of 'descr', 'fortran_order' and 'shape'"),
    HEADER(Y_TEST, "{'descr': '<i4', 'shape': (3,), }", "array 'y_test': the header lacks one of"),
    HEADER(X_TRAIN, "{'descr': '|u1' 'fortran_order': False, 'shape': (6, 2, 3)}", "lacks a comma"),
    HEADER(X_TRAIN, "{'descr': '|u1', 'descr': '|u1', 'shape': (6, 2, 3)}", "has a key twice"),
    HEADER(X_TRAIN, "{'descr': '|u1', 'order': False, 'shape': (6, 2)}", "a key that NumPy does not write"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 2, 3)") " x", "does not end where its length says"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 2, 3)") "\n", "does not end where its length says"),
    HEADER(X_TRAIN, "{'descr': '|u1', 'fortran_order': 0, 'shape': (6, 2, 3), }", "neither True nor False"),
    HEADER(X_TRAIN, "{'descr': '|u1', 'fortran_order': True, 'shape': (6, 2, 3), }", "is in Fortran order"),
    HEADER(X_TRAIN, "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (6,)}", "are structures"),
    HEADER(X_TRAIN, "{'descr': u1, 'fortran_order': False, 'shape': (6, 2, 3), }", "names no type"),
    HEADER(X_TRAIN, NPZ_HEADER("|\\x41", "(6, 2, 3)"), "names no type"),
    HEADER(X_TRAIN, NPZ_HEADER("|O", "(6, 2, 3)"), "of type '|O'"),
    HEADER(X_TRAIN, NPZ_HEADER("<c8", "(6, 2, 3)"), "of type '<c8', neither integers nor floating-point"),
    HEADER(X_TRAIN, NPZ_HEADER("<f16", "(6, 2, 3)"), "of type '<f16'"),
    HEADER(X_TRAIN, NPZ_HEADER("|b1", "(6, 2, 3)"), "of type '|b1'"),
    HEADER(X_TRAIN, NPZ_HEADER("<U4", "(6, 2, 3)"), "of type '<U4'"),
    HEADER(X_TRAIN, NPZ_HEADER("=f4", "(6, 2, 3)"), "of type '=f4'"),
    HEADER(X_TRAIN, NPZ_HEADER("|f4", "(6, 2, 3)"), "of type '|f4'"),
    HEADER(X_TRAIN, NPZ_HEADER("<f", "(6, 2, 3)"), "of type '<f'"),
    HEADER(X_TRAIN, NPZ_HEADER("<f4x", "(6, 2, 3)"), "of type '<f4x'"),
    HEADER(X_TRAIN, NPZ_HEADER("<f18446744073709551620", "(6, 2, 3)"), "of type '<f18446744073709551620'"),
    HEADER(X_TRAIN, NPZ_HEADER("<i2", "(6, 3)"), "signed integers of 16 bits; convert them before"),
    HEADER(X_TRAIN, NPZ_HEADER("<u4", "(3, 3)"), "unsigned integers of 32 bits"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "36"), "has no shape in parentheses"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(36)"), "is a number, not a tuple"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, -2, 3)"), "a shape that is not numbers"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6 2 3)"), "a shape that is not numbers"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 2, 3"), "a shape that is not numbers"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, , 3)"), "a shape that is not numbers"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 2, 18446744073709551616)"), "a shape that is not numbers"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(36,)"), "has 1 dimensions, and samples take 2 to 4"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "()"), "has 102 bytes, and its header promises 67"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 1, 1, 2, 3)"), "more than 4 dimensions"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 0, 3)"), "dimension 1 is 0"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(0, 2, 3)"), "dimension 0 is 0"),
    HEADER(X_TRAIN, NPZ_HEADER("<f8", "(4294967296, 2147483648, 3)"), "promises more than any memory holds"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(3037000500, 3037000500)"), "promises more than any memory holds"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 2, 4)"), "and its header promises"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(6, 2, 2)"), "and its header promises"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(1000000000, 2, 3)"), "and its header promises 6000000"),
    HEADER(X_TRAIN, NPZ_HEADER("|u1", "(4, 3, 3)"), "array 'y_train': holds 6 labels of 4 samples"),
    HEADER(X_TEST, NPZ_HEADER("|u1", "(3, 3, 2)"), "array 'x_test': its samples have another shape or type"),
    HEADER(X_TEST, NPZ_HEADER("|u1", "(3, 6)"), "another shape or type than the training samples"),
    HEADER(X_TEST, NPZ_HEADER("<f2", "(3, 1, 3)"), "another shape or type"),
    HEADER(Y_TRAIN, NPZ_HEADER("<f4", "(6,)"), "labels are integers, and these are floating-point"),
    HEADER(Y_TRAIN, NPZ_HEADER("<i4", "(3, 2)"), "labels are one number a sample; save .argmax(1)"),
    HEADER(Y_TRAIN, NPZ_HEADER("<i4", "(1, 6)"), "labels are one number a sample"),
    HEADER(Y_TRAIN, NPZ_HEADER("<i2", "(6, 2, 1)"), "labels are one number a sample"),
    HEADER(Y_TRAIN, NPZ_HEADER("<i8", "(3,)"), "holds 3 labels of 6 samples"),
    HEADER(Y_TRAIN, NPZ_HEADER(">i4", "(6,)"), "sample 1 is too large, and labels are 0 to 999999"),
    { Y_TRAIN, { .plus = UINT64_MAX },
    { .layout = LAST }, "array 'y_train': the label of sample 0 is negative" },
    { Y_TRAIN, { .header = NPZ_HEADER("|i1", "(6,)"), .bytes = 6, .width = 1, .plus = 126 },
      { .layout = LAST, .classes = 1000 }, "array 'y_train': the label of sample 2 is negative" },
    { X_TEST, { .header = NPZ_HEADER("<f2", "(3, 2, 3)"), .bytes = 36, .width = 2 }, { .layout = LAST },
      "array 'x_test': its samples have another shape or type" },
    { X_TRAIN, { .header = NPZ_HEADER("|u1", "(1000000, 2, 3)"), .size = 6000079 }, { .layout = LAST },
      "array 'x_train': 6000079 bytes are said to lie in " },
    { X_TRAIN, { .name = "x_tran.npy" }, { .layout = LAST },
      "no array 'x_train'; it has: x_tran, y_train, x_test, y_test" },
    { X_TRAIN, { .name = "x_train" }, { .layout = LAST }, "there is no array 'x_train'; it has: y_train" },
    { X_TRAIN, { .version = 4 }, { .layout = LAST }, "is of version 4.0 of NumPy's format" },
    { X_TRAIN, { .version = 1, .minor = 1 }, { .layout = LAST }, "is of version 1.1" },
    { X_TRAIN, { .crc = 0xbad }, { .layout = LAST }, "array 'x_train': cannot be read (CRC error)" },
    { Y_TEST, { .crc = 0xbad }, { .layout = LAST }, "array 'y_test': cannot be read (CRC error)" },
    { X_TRAIN, { .method = 12 }, { .layout = LAST }, "array 'x_train': " }, /* bzip2, if libzip knows it */
    { X_TRAIN, { .method = 99 }, { .layout = LAST }, "cannot be read" },
    { X_TRAIN, { .method = 8 }, { .layout = LAST }, "array 'x_train': cannot be read" },
    { X_TRAIN, { .size = 1000000 }, { .layout = LAST }, "array 'x_train': " },
    { X_TRAIN, { .size = 10, .packed = 10 }, { .layout = LAST }, "array 'x_train': cannot be read" },
    { X_TRAIN, { .size = 0xfffffff0, .packed = 0xfffffff0 }, { .layout = LAST }, "array 'x_train': " },
    { X_TRAIN, { 0 }, { { "x_train=" }, LAST, 0 },
      "there is no array ''; it has: x_train, y_train, x_test, y_test" },
    { X_TRAIN, { 0 }, { { "x_val=x_test" }, LAST, 0 }, "there is no array ''" },
    { X_TRAIN, { 0 }, { { "x_val=more", "y_val=y_test" }, LAST, 0 }, "there is no array 'more'" },
    { X_TRAIN, { 0 }, { { "y_test=y_train" }, LAST, 0 }, "array 'y_train': holds 6 labels of 3 samples" },
    { X_TRAIN, { 0 }, { .layout = LAST, .classes = 2 }, "sample 2 is too large, and labels are 0 to 1" },
    { Y_TRAIN, { .modulus = 1 }, { { "y_test=y_train", "x_test=x_train" }, LAST, 0 }, "there is one class" },
    { Y_TRAIN, { .header = NPZ_HEADER("<i8", "(3,)"), .width = 8, .modulus = 1 },
      { { "y_test=y_train", "x_train=x_test" }, LAST, 1 }, "there is one class" },
};

static void write_archive(const char *directory, const refusal *r)
{
    npz_member m[NPZ_MEMBERS];
    npz_bytes file;
    memcpy(m, npz_good, sizeof m);
    npz_member *const changed = &m[r->which];
    const npz_member *const with = &r->with;
    changed->name = with->name ? with->name : changed->name;
    changed->header = with->header ? with->header : changed->header;
    changed->version = with->version ? with->version : changed->version;
    changed->minor = with->minor;
    changed->width = with->width ? with->width : changed->width;
    changed->modulus = with->modulus ? with->modulus : changed->modulus;
    changed->bytes = with->bytes ? with->bytes : changed->bytes;
    changed->plus = with->plus;
    changed->size = with->size, changed->packed = with->packed;
    changed->method = with->method, changed->crc = with->crc;
    npz_make(&file, m);
    write_bytes(directory, "data.npz", file.b, file.n);
}

static void the_tests_own_archive_is_right(void)
{
    const refusal nothing = { .settings = usual };
    char directory[256], path[512];
    uint32_t sum;
    ltc_error err;
    make_scratch(directory, "npz");
    snprintf(path, sizeof path, "%s/data.npz", directory);
    write_archive(directory, &nothing);
    CU_ASSERT_EQUAL(read_all(&usual, path, &sum, &err), LTC_OK);
    remove_directory(directory);
}

static void each_refusal_has_its_sentence(void)
{
    char directory[256], path[512];
    make_scratch(directory, "npz");
    snprintf(path, sizeof path, "%s/data.npz", directory);
    for (const refusal *r = refusals; r < refusals + sizeof refusals / sizeof refusals[0]; r++) {
        uint32_t sum;
        ltc_error err;
        write_archive(directory, r);
        const ltc_status st = read_all(&r->settings, path, &sum, &err);
        const bool ok = (st == LTC_EIO || st == LTC_EOPTION) && strstr(err.message, r->says) &&
                        (strstr(err.message, "/data.npz") || st == LTC_EOPTION);
        if (!ok)
            fprintf(stderr, "\nexpected \"%s\", got %d \"%s\"\n", r->says, st, err.message);
        CU_ASSERT(ok);
    }
    remove_directory(directory);
}

static void what_is_no_file_has_a_remedy(void)
{
    static const struct { const char *path, *says; ltc_status st; } bad[] = {
        { "/nonexistent/x.npz", "no file /nonexistent/x.npz (No such file or directory); set", LTC_EOPTION },
        { TEST_SOURCE_DIR, "is not a file; set path to the .npz file", LTC_EOPTION },
        { "/dev/null", "/dev/null is not a file", LTC_EOPTION },
        { TEST_SOURCE_DIR "/suite.c", "cannot be read as a zip archive (Not a zip archive); fetch", LTC_EIO },
        { TEST_SOURCE_DIR "/golden/npz/fortran.npz", "array 'x_train': is in Fortran order", LTC_EIO },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ltc_error err;
        uint32_t sum;
        CU_ASSERT_EQUAL(read_all(&usual, bad[i].path, &sum, &err), bad[i].st);
        if (!strstr(err.message, bad[i].says))
            fprintf(stderr, "\nexpected \"%s\", got \"%s\"\n", bad[i].says, err.message);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        CU_ASSERT(bad[i].st == LTC_EIO || !strcmp(err.option, "path"));
    }
}

static const char *const whole_files[] = { "keras.npz", "deflated.npz", "zip64.npz", "double-big.npz" };
enum { N_WHOLE = sizeof whole_files / sizeof whole_files[0] };

static void load_golden(const char *name, npz_bytes *to)
{
    FILE *f = fopen(golden(name), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    to->n = fread(to->b, 1, NPZ_ROOM, f);
    CU_ASSERT(to->n > 500 && to->n < NPZ_ROOM);
    fclose(f);
}

static void no_file_that_is_cut_off_is_read(void)
{
    char directory[256], path[512];
    make_scratch(directory, "npz");
    snprintf(path, sizeof path, "%s/data.npz", directory);
    for (int i = 0; i < N_WHOLE; i++) {
        npz_bytes file;
        load_golden(whole_files[i], &file);
        for (size_t n = 0; n < file.n; n++) {
            uint32_t sum;
            ltc_error err;
            write_bytes(directory, "data.npz", file.b, n);
            CU_ASSERT_EQUAL(read_all(&usual, path, &sum, &err), LTC_EIO);
            CU_ASSERT(strstr(err.message, n ? "cannot be read as a zip archive" : "file is empty") != NULL);
        }
    }
    remove_directory(directory);
}

/* Up to three bytes changed: refused with a sentence, or it reads as what it was. */
static void changed_bytes_are_noticed_or_nothing(void)
{
    char directory[256], path[512];
    int read = 0, refused = 0;
    make_scratch(directory, "npz");
    snprintf(path, sizeof path, "%s/data.npz", directory);
    for (uint64_t i = 0; i < 3000; i++) {
        const ltc_key key = { 2024, i };
        npz_bytes file;
        uint32_t sum = 0, right = 0;
        ltc_error err = { 0 };
        load_golden(whole_files[i % N_WHOLE], &file);
        CU_ASSERT_EQUAL(read_all(&usual, golden(whole_files[i % N_WHOLE]), &right, &err), LTC_OK);
        for (uint32_t k = 0; k <= ltc_rand_below(key, 0, 3); k++) {
            const uint32_t at = ltc_rand_below(key, 1 + 2 * k, (uint32_t)file.n);
            file.b[at] = (unsigned char)(file.b[at] ^ (1 + ltc_rand_below(key, 2 + 2 * k, 255)));
        }
        write_bytes(directory, "data.npz", file.b, file.n);
        const ltc_status st = read_all(&usual, path, &sum, &err);
        CU_ASSERT(st || sum == right);
        CU_ASSERT(!st || err.message[0]);
        read += !st;
        refused += st < 0;
    }
    CU_ASSERT(read > 50 && refused > 1500);
    remove_directory(directory);
}

static void random_bytes_are_refused(void)
{
    char directory[256], path[512];
    make_scratch(directory, "npz");
    snprintf(path, sizeof path, "%s/data.npz", directory);
    for (uint64_t i = 0; i < 200; i++) {
        npz_bytes file = { .n = 1 + (size_t)(i * 13 % 1000) };
        uint32_t sum;
        ltc_error err;
        for (size_t k = 0; k < file.n; k++)
            file.b[k] = (unsigned char)ltc_rand_below((ltc_key){ 9, i }, k, 256);
        memcpy(file.b, "PK\3\4", file.n < 4 ? file.n : i % 2 * 4);
        write_bytes(directory, "data.npz", file.b, file.n);
        CU_ASSERT_EQUAL(read_all(&usual, path, &sum, &err), LTC_EIO);
    }
    remove_directory(directory);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the test's own archive is right", the_tests_own_archive_is_right },
        { "each refusal has its sentence", each_refusal_has_its_sentence },
        { "what is no file has a remedy", what_is_no_file_has_a_remedy },
        { "no file that is cut off is read", no_file_that_is_cut_off_is_read },
        { "changed bytes are noticed, or change nothing", changed_bytes_are_noticed_or_nothing },
        { "random bytes are refused", random_bytes_are_refused },
    };
    const int code = lt_suite_run("npz_damage", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(registry);
    return code;
}
