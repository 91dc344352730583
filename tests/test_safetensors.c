/* Claims about safetensors files: what others write is read, what we write is golden, and no file, whatever
 * is in it, is misread. */
#include "suite.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "store/header.h"
#include "store_rig.h"

static const char golden_file[] = TEST_SOURCE_DIR "/golden/python.safetensors";

static lt_digest digest(lt_tensors *t)
{
    lt_digest d;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_tensors_digest(t, &d, &err), LTC_OK);
    return d;
}

static bool same(lt_digest a, lt_digest b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void a_file_of_the_python_package_is_read(void)
{
    lt_tensors t;
    ltc_error err = { 0 };
    char hex[65];
    CU_ASSERT_EQUAL_FATAL(lt_safetensors_read(golden_file, &t, &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(t.n, 6);
    const lt_tensor *z = lt_tensors_find(&t, "z.weight"), *mask = lt_tensors_find(&t, "a.mask");
    const lt_tensor *steps = lt_tensors_find(&t, "steps"), *none = lt_tensors_find(&t, "none");
    CU_ASSERT_FATAL(z && mask && steps && none);
    CU_ASSERT(z->type == LTC_F32 && z->rank == 2 && z->dim[0] == 2 && z->dim[1] == 3 && z->n == 6);
    CU_ASSERT_EQUAL(((float *)z->data)[5], 1.25f);
    CU_ASSERT(mask->type == LTC_U8 && mask->n == 3 && !memcmp(mask->data, "\1\0\1", 3));
    CU_ASSERT(steps->rank == 0 && steps->n == 1 && *(uint64_t *)steps->data == UINT64_C(1) << 40);
    CU_ASSERT(none->n == 0 && none->dim[1] == 5);
    CU_ASSERT_EQUAL_FATAL(t.n_notes, 2);
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_STRING_EQUAL(t.note[i].value, t.note[i].key[0] == 'm' ? "tensors.py" : "\"3\"");
    const lt_digest d = digest(&t);           /* recomputed by golden/tensors.py */
    lt_digest_text(&d, hex);
    CU_ASSERT_STRING_EQUAL(hex, "0e7d5e20b3940bcd97a0e598f9f14897281f599bbf1cb33cd3dd29f3c056bd8c");
    lt_tensors_free(&t);
}

/* In name order the byte of "a" would push every other tensor off its alignment. */
static void what_is_written_is_golden(void)
{
    static const char header[] =
        "{\"__metadata__\":{\"by\":\"us\"},\"a\":{\"data_offsets\":[12,13],\"dtype\":\"U8\",\"shape\":[]},"
        "\"b\":{\"data_offsets\":[8,12],\"dtype\":\"F32\",\"shape\":[1]},"
        "\"c\":{\"data_offsets\":[0,8],\"dtype\":\"F64\",\"shape\":[1,1]}}  ";
    static const int64_t ones[2] = { 1, 1 };
    store_rig r;
    lt_tensors t = { 0 };
    lt_tensor *v;
    ltc_error err = { 0 };
    rig_open(&r);
    char *path = rig_path(&r, "x.safetensors");
    CU_ASSERT_EQUAL(lt_tensors_add(&t, "b", LTC_F32, 1, ones, &v, &err), LTC_OK);
    CU_ASSERT_EQUAL(lt_tensors_add(&t, "c", LTC_F64, 2, ones, &v, &err), LTC_OK);
    *(double *)v->data = 1;
    CU_ASSERT_EQUAL(lt_tensors_add(&t, "a", LTC_U8, 0, ones, &v, &err), LTC_OK);
    *(uint8_t *)v->data = 9;
    CU_ASSERT_EQUAL(lt_tensors_note(&t, "by", "us", &err), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(lt_safetensors_write(path, &t, &err), LTC_OK);
    lt_text file = read_bytes(path);
    const size_t n = sizeof header - 1;
    CU_ASSERT_EQUAL(n % 8, 0);
    CU_ASSERT_EQUAL_FATAL(file.n, 8 + n + 13);
    CU_ASSERT_EQUAL((uint8_t)file.s[0], n % 256);
    CU_ASSERT(!memcmp(file.s + 8, header, n));
    CU_ASSERT(!memcmp(file.s + 8 + n, "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\t", 13));
    lt_text_free(&file);
    lt_tensors_free(&t);
    free(path);
    rig_close(&r);
}

static void what_is_written_is_read(void)
{
    store_rig r;
    ltc_error err = { 0 };
    rig_open(&r);
    char *path = rig_path(&r, "x.safetensors");
    for (size_t n = 0; n < 40; n += 13) {
        lt_tensors t = make_tensors(n, 1), back;
        CU_ASSERT_EQUAL_FATAL(lt_safetensors_write(path, &t, &err), LTC_OK);
        CU_ASSERT_EQUAL_FATAL(lt_safetensors_read(path, &back, &err), LTC_OK);
        CU_ASSERT(same(digest(&t), digest(&back)));
        lt_tensors_free(&t);
        lt_tensors_free(&back);
    }
    lt_tensors none = { 0 }, back;
    CU_ASSERT_EQUAL(lt_safetensors_write(path, &none, &err), LTC_OK);
    CU_ASSERT_EQUAL(lt_safetensors_read(path, &back, &err), LTC_OK);
    CU_ASSERT_EQUAL(back.n, 0);
    lt_tensors_free(&back);
    free(path);
    rig_close(&r);
}

/* A file with that header, its length in front, and 8 bytes of data. */
static void write_with_header(const char *path, const char *header)
{
    lt_text file = { 0 };
    const uint64_t n = strlen(header);
    lt_text_put(&file, (const char *)&n, sizeof n);
    lt_text_put(&file, header, n);
    lt_text_put(&file, "01234567", 8);
    write_bytes(path, file.s, file.n);
    lt_text_free(&file);
}

#define W(dtype, shape, range)                                                                               \
    "{\"w\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" range "}}"
#define V "\"v\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"

static void headers_that_lie_are_refused(void)
{
    static const struct { const char *header; ltc_status st; const char *says; } bad[] = {
        { W("F32", "[3]", "[0,8]"), LTC_EIO, "tensor 'w' has 8 bytes, and its shape needs 12" },
        { W("F32", "[3]", "[0,12]"), LTC_EIO, "tensor 'w' claims bytes 0 to 12 of 8" },
        { W("F32", "[-2]", "[0,8]"), LTC_EIO, "impossible shape" },
        { W("F32", "[4294967296,4294967296,2]", "[0,8]"), LTC_EIO, "impossible shape" },
        { W("F32", "[4294967296,4294967296,0]", "[0,0]"), LTC_EIO, "impossible shape" },
        { W("F32", "[2.0]", "[0,8]"), LTC_EIO, "no integer" },
        { W("F32", "[9223372036854775808]", "[0,8]"), LTC_EIO, "not sound JSON" },
        { W("F32", "2", "[0,8]"), LTC_EIO, "has no shape" },
        { W("F32", "[1,1,1,1,2]", "[0,8]"), LTC_EUNSUPPORTED, "5 dimensions" },
        { W("BF16", "[4]", "[0,8]"), LTC_EUNSUPPORTED, "tensor 'w' is of type BF16" },
        { W("f32", "[2]", "[0,8]"), LTC_EUNSUPPORTED, "type f32" },
        { W("F32", "[1]", "[4,8]"), LTC_EIO, "begins at byte 4, not at 0" },
        { W("F32", "[1]", "[0,4]"), LTC_EIO, "take 4 bytes, and it has 8" },
        { W("F32", "[1]", "[8,4]"), LTC_EIO, "claims bytes 8 to 4" },
        { W("F32", "[1]", "[-4,0]"), LTC_EIO, "claims bytes -4 to 0" },
        { W("F32", "[2]", "[0,8,8]"), LTC_EIO, "no data_offsets" },
        { W("F32", "[2]", "[0,\"8\"]"), LTC_EIO, "no data_offsets" },
        { "{" V "\"w\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}", LTC_EIO,
          "begins at byte 3, not at 4" },
        { "{" V "\"w\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[5,8]}}", LTC_EIO,
          "begins at byte 5, not at 4" },
        { "{" V "\"v\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}", LTC_EIO, "not sound JSON" },
        { "{" V "\"\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}", LTC_EIO, "no name" },
        { "{" V "\"w\":{\"dtype\":\"U8\",\"shape\":[4]}}", LTC_EIO, "other fields" },
        { "{" V "\"w\":{\"dtype\":7,\"shape\":[4],\"data_offsets\":[4,8]}}", LTC_EIO, "no dtype" },
        { "{" V "\"w\":[4]}", LTC_EIO, "other fields" },
        { "{\"__metadata__\":{\"k\":1}," V "}", LTC_EIO, "not sound JSON" },
        { "{\"__metadata__\":{\"k\":1},\"w\":{}}", LTC_EIO, "metadata 'k' is no text" },
        { "{\"__metadata__\":[],\"w\":{}}", LTC_EIO, "metadata is no object" },
        { "{\"w\\u0000x\":{}}", LTC_EIO, "not sound JSON" },
        { "{\"w\xff\":{}}", LTC_EIO, "not sound JSON" },
        { "{\"w\\u001b[2J\":{}}", LTC_EIO, "a tensor's name has control characters" },
        { "{\"__metadata__\":{\"k\\n\":\"v\"},\"w\":{}}", LTC_EIO,
          "a key of its metadata has control characters" },
        { "{} x", LTC_EIO, "not sound JSON" },
        { "[]", LTC_EIO, "does not begin like" },
        { "", LTC_EIO, "does not begin like" },
    };
    store_rig r;
    rig_open(&r);
    char *path = rig_path(&r, "bad.safetensors");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lt_tensors t;
        ltc_error err = { 0 };
        write_with_header(path, bad[i].header);
        const ltc_status st = lt_safetensors_read(path, &t, &err);
        if (st != bad[i].st || !strstr(err.message, bad[i].says))
            fprintf(stderr, "\n%s: expected \"%s\", got %d \"%s\"\n", bad[i].header, bad[i].says, st,
                    err.message);
        CU_ASSERT_EQUAL(st, bad[i].st);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, path));
        CU_ASSERT(t.n == 0 && !t.v && !t.arena.first);
    }
    free(path);
    rig_close(&r);
}

static void a_pickle_is_refused_with_the_remedy(void)
{
    static const struct { const char *bytes; size_t n; bool pickle; } start[] = {
        { "PK\3\4\0\0\x08\x08\0\0\0\0", 12, true },
        { "\x80\2\x8a\nl\xfc\x9c\x46\xf9\x20", 10, true },
        { "\x80\4\x95\x20\0\0\0\0\0\0\0", 11, true },
        { "\x89PNG\r\n\x1a\n\0\0\0\0", 12, false },
    };
    store_rig r;
    rig_open(&r);
    char *path = rig_path(&r, "model.pth");
    for (size_t i = 0; i < sizeof start / sizeof start[0]; i++) {
        lt_tensors t;
        ltc_error err = { 0 };
        write_bytes(path, start[i].bytes, start[i].n);
        CU_ASSERT_EQUAL(lt_safetensors_read(path, &t, &err), start[i].pickle ? LTC_EUNSUPPORTED : LTC_EIO);
        CU_ASSERT_EQUAL(strstr(err.message, "torch.load(\"model.pth\", weights_only=True)") != NULL,
                        start[i].pickle);
        CU_ASSERT_EQUAL(strstr(err.message, "save_file(state, \"model.pth.safetensors\")") != NULL,
                        start[i].pickle);
    }
    free(path);
    rig_close(&r);
}

/* 0x0280 bytes of header: the file begins with 80 02, as a pickle does. */
static void a_header_as_long_as_a_pickles_mark_is_read(void)
{
    char header[0x281];
    store_rig r;
    lt_tensors t;
    ltc_error err = { 0 };
    const char *entry = W("F32", "[2]", "[0,8]");
    memset(header, ' ', sizeof header);
    memcpy(header, entry, strlen(entry));
    header[sizeof header - 1] = '\0';
    rig_open(&r);
    char *path = rig_path(&r, "long.safetensors");
    write_with_header(path, header);
    CU_ASSERT_EQUAL(lt_safetensors_read(path, &t, &err), LTC_OK);
    lt_tensors_free(&t);
    free(path);
    rig_close(&r);
}

static void what_is_no_file_is_refused(void)
{
    lt_tensors t;
    ltc_error err;
    CU_ASSERT_EQUAL(lt_safetensors_read("/nonexistent/x", &t, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/nonexistent/x: No such file"));
    CU_ASSERT_EQUAL(lt_safetensors_read("/tmp", &t, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "is not a file"));
    CU_ASSERT_EQUAL(lt_safetensors_read("/dev/zero", &t, &err), LTC_EIO);
}

static void a_file_cut_anywhere_is_refused(void)
{
    store_rig r;
    lt_text whole = read_bytes(golden_file);
    rig_open(&r);
    char *path = rig_path(&r, "cut.safetensors");
    for (size_t n = 0; n < whole.n; n++) {
        lt_tensors t;
        ltc_error err;
        write_bytes(path, whole.s, n);
        CU_ASSERT_EQUAL(lt_safetensors_read(path, &t, &err), LTC_EIO);
    }
    lt_text_free(&whole);
    free(path);
    rig_close(&r);
}

static uint32_t draw(uint32_t *state)         /* Marsaglia 2003: xorshift */
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* One to four changes: a byte to anything, to another byte of the header, or a few bytes exchanged. */
static void mutate(char *s, size_t n, uint32_t *state)
{
    static const char likely[] = "0123456789-[]{},:\"\\u eE.";
    for (uint32_t i = draw(state) % 4 + 1; i > 0; i--) {
        char *at = s + draw(state) % n;
        const uint32_t kind = draw(state) % 3;
        *at = kind == 0   ? (char)draw(state)
              : kind == 1 ? s[draw(state) % n]
                          : likely[draw(state) % (sizeof likely - 1)];
    }
}

/* Refused, or read as something whose every element is there: the digest touches them all, under ASan. */
static void no_header_makes_reading_go_astray(void)
{
    enum { ROUNDS = 4000 };
    store_rig r;
    uint32_t state = 2463534242u;
    size_t sound = 0;
    lt_text whole = read_bytes(golden_file), file = { 0 };
    const size_t header = 8 + (uint8_t)whole.s[0] + 256u * (uint8_t)whole.s[1];
    rig_open(&r);
    char *path = rig_path(&r, "mutant.safetensors");
    for (int i = 0; i < ROUNDS; i++) {
        lt_tensors t;
        ltc_error err = { 0 };
        file.n = 0;
        lt_text_put(&file, whole.s, whole.n);
        mutate(file.s, header, &state);
        write_bytes(path, file.s, file.n);
        const ltc_status st = lt_safetensors_read(path, &t, &err);
        CU_ASSERT(st == LTC_OK || (t.n == 0 && strstr(err.message, path)));
        if (!st)
            digest(&t), sound++;
        lt_tensors_free(&t);
    }
    CU_ASSERT(sound > 0 && sound < ROUNDS);
    lt_text_free(&file);
    lt_text_free(&whole);
    free(path);
    rig_close(&r);
}

static int write_on_a_full_disk(void *arg)
{
    lt_tensors t = make_tensors(4096, 1);
    ltc_error err = { 0 };
    fill_disk(5000);
    const ltc_status st = lt_safetensors_write(arg, &t, &err);
    fprintf(stderr, "%s\n", err.message);
    lt_tensors_free(&t);
    return st == LTC_EIO ? 0 : 1;
}

static size_t calls_left;                     /* of jansson's allocator, before it finds no memory once */

static void *scarce(size_t n)
{
    return calls_left-- ? malloc(n) : NULL;
}

/* jansson 2.14 goes on where its buffer cannot grow in the middle of a key. */
static void a_header_without_memory_is_none(void)
{
    static struct lt_note notes[] = { { "a note", "of some length" },
                                      { "another", "of some more, so that buffers grow" } };
    static uint8_t data[8];
    lt_tensor weight = {
        .name = "fc1.weight", .type = LTC_U8, .rank = 1, .dim = { 8 }, .n = 8, .data = data
    };
    const lt_tensors t = { .v = &weight, .n = 1, .note = notes, .n_notes = 2 };
    const lt_tensor *order[1];
    lt_text whole = { 0 };
    ltc_error err;
    lt_header_order(&t, order);
    CU_ASSERT_EQUAL_FATAL(lt_header_print(&t, order, &whole, &err), LTC_OK);
    json_set_alloc_funcs(scarce, free);
    bool through = false;
    for (size_t k = 0; !through; k++) {
        lt_text text = { 0 };
        calls_left = k;
        const ltc_status st = lt_header_print(&t, order, &text, &err);
        through = calls_left < SIZE_MAX / 2;
        CU_ASSERT(st == LTC_ENOMEM || (!st && text.n == whole.n && !memcmp(text.s, whole.s, whole.n)));
        lt_text_free(&text);
    }
    json_set_alloc_funcs(malloc, free);
    lt_text_free(&whole);
}

static void a_full_disk_is_said_and_nothing_is_left(void)
{
    store_rig r;
    char said[600];
    rig_open(&r);
    char *path = rig_path(&r, "roots/x.safetensors");
    CU_ASSERT_EQUAL(lt_in_child(write_on_a_full_disk, path, said, sizeof said), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "File too large"));
    CU_ASSERT_EQUAL(count_files(&r, "roots"), 0);
    free(path);
    rig_close(&r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a file of the Python package is read", a_file_of_the_python_package_is_read },
        { "what is written is golden", what_is_written_is_golden },
        { "what is written is read", what_is_written_is_read },
        { "headers that lie are refused", headers_that_lie_are_refused },
        { "a pickle is refused with the remedy", a_pickle_is_refused_with_the_remedy },
        { "a header as long as a pickle's mark is read", a_header_as_long_as_a_pickles_mark_is_read },
        { "what is no file is refused", what_is_no_file_is_refused },
        { "a file cut anywhere is refused", a_file_cut_anywhere_is_refused },
        { "no header makes reading go astray", no_header_makes_reading_go_astray },
        { "a header without memory is none", a_header_without_memory_is_none },
        { "a full disk is said and nothing is left", a_full_disk_is_said_and_nothing_is_left },
    };
    return lt_suite_run("safetensors", claims, sizeof claims / sizeof claims[0]);
}
