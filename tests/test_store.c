/* Claims about a store's objects and records: they come back as they were put or not at all, whatever
 * happened to the files, and what was damaged is put aside and reported once. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_rig.h"

static bool get(store_rig *r, const lt_digest *name, lt_tensors *t)
{
    bool found = false;
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL_FATAL(lt_store_get(r->store, name, t, &found, &err), LTC_OK);
    return found;
}

static bool has(store_rig *r, const lt_digest *name)
{
    bool found = false;
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL_FATAL(lt_store_has(r->store, name, &found, &err), LTC_OK);
    return found;
}

static bool recorded(store_rig *r, const lt_digest *key, lt_text *text)
{
    bool found = false;
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL_FATAL(lt_record_get(r->store, key, text, &found, &err), LTC_OK);
    return found;
}

static void an_object_comes_back_as_it_was_put(void)
{
    store_rig r;
    lt_tensors t;
    rig_open(&r);
    const lt_digest name = put_tensors(&r, 100, 3), other = digest_of("never put");
    CU_ASSERT(has(&r, &name) && !has(&r, &other));
    CU_ASSERT_FATAL(get(&r, &name, &t));
    const lt_tensor *w = lt_tensors_find(&t, "weight");
    CU_ASSERT_FATAL(w && w->n == 100);
    CU_ASSERT_EQUAL(((float *)w->data)[99], 102);
    lt_tensors_free(&t);
    CU_ASSERT(!get(&r, &other, &t) && t.n == 0);
    CU_ASSERT_EQUAL(r.reports, 0);
    rig_close(&r);
}

static void an_object_that_is_there_is_not_written_again(void)
{
    store_rig r;
    struct stat before, after;
    rig_open(&r);
    const lt_digest name = put_tensors(&r, 10, 1);
    char *path = rig_object(&r, &name);
    set_age(path, 1e6);
    CU_ASSERT_EQUAL(stat(path, &before), 0);
    put_tensors(&r, 10, 1);
    CU_ASSERT_EQUAL(stat(path, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
    CU_ASSERT(after.st_mtim.tv_sec > before.st_mtim.tv_sec + 999990);     /* gc takes it for new */
    free(path);
    rig_close(&r);
}

static void putting_mends_what_is_damaged(void)
{
    store_rig r;
    lt_tensors t;
    rig_open(&r);
    const lt_digest name = put_tensors(&r, 10, 1);
    char *path = rig_object(&r, &name);
    write_bytes(path, "torn", 4);
    put_tensors(&r, 10, 1);
    CU_ASSERT_EQUAL(r.reports, 1);
    CU_ASSERT(get(&r, &name, &t));
    lt_tensors_free(&t);
    free(path);
    rig_close(&r);
}

/* Not found, in quarantine, reported in a sentence that names the file, and only the first time. */
static void check_put_aside(store_rig *r, const char *path, bool found, int reports_before)
{
    CU_ASSERT(!found);
    CU_ASSERT(!is_file(path));
    CU_ASSERT_EQUAL(count_files(r, "quarantine"), 1);
    CU_ASSERT_EQUAL(r->reports, reports_before + 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(r->said, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->said, "/quarantine/"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->said, "will be made again"));
}

static void try_object(store_rig *r, const lt_digest *name, const char *path, const char *bytes, size_t n)
{
    const int before = r->reports;
    lt_tensors t;
    write_bytes(path, bytes, n);
    check_put_aside(r, path, get(r, name, &t), before);
    CU_ASSERT_EQUAL(t.n, 0);
    CU_ASSERT(!get(r, name, &t));
    CU_ASSERT_EQUAL(r->reports, before + 1);
}

static void a_damaged_object_is_never_got(void)
{
    static const uint8_t flip[] = { 0x01, 0x80, 0xff };
    store_rig r;
    rig_open(&r);
    const lt_digest name = put_tensors(&r, 300, 1);
    char *path = rig_object(&r, &name);
    lt_text sound = read_bytes(path);
    for (size_t at = 0; at < sound.n; at += at < 512 ? 1 : 64)
        for (size_t f = 0; f < sizeof flip; f++) {
            sound.s[at] = (char)(sound.s[at] ^ flip[f]);
            try_object(&r, &name, path, sound.s, sound.n);
            sound.s[at] = (char)(sound.s[at] ^ flip[f]);
        }
    for (size_t n = 0; n < sound.n; n += n < 512 ? 7 : 64)
        try_object(&r, &name, path, sound.s, n);
    lt_text_put(&sound, "x", 1);
    try_object(&r, &name, path, sound.s, sound.n);
    lt_text_free(&sound);
    free(path);
    rig_close(&r);
}

static void a_sound_file_under_a_wrong_name_is_damaged(void)
{
    store_rig r;
    rig_open(&r);
    const lt_digest one = put_tensors(&r, 10, 1), two = put_tensors(&r, 10, 2);
    char *from = rig_object(&r, &one), *to = rig_object(&r, &two);
    lt_text sound = read_bytes(from);
    try_object(&r, &two, to, sound.s, sound.n);
    CU_ASSERT(has(&r, &one));
    lt_text_free(&sound);
    free(from);
    free(to);
    rig_close(&r);
}

static void a_record_comes_back_as_it_was_put_last(void)
{
    static const char *const text[] = { "", "\n", "state 12\nloss 0.5\n", "no newline" };
    store_rig r;
    ltc_error err = { 0 };
    rig_open(&r);
    const lt_digest key = digest_of("action"), other = digest_of("another");
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        lt_text back = { 0 };
        CU_ASSERT_EQUAL_FATAL(lt_record_put(r.store, &key, text[i], strlen(text[i]), &err), LTC_OK);
        CU_ASSERT_FATAL(recorded(&r, &key, &back));
        CU_ASSERT_STRING_EQUAL(back.s, text[i]);
        CU_ASSERT_EQUAL(back.n, strlen(text[i]));
        CU_ASSERT(!recorded(&r, &other, &back));
        lt_text_free(&back);
    }
    CU_ASSERT_EQUAL(r.reports, 0);
    rig_close(&r);
}

static void try_record(store_rig *r, const lt_digest *key, const char *path, const char *bytes, size_t n)
{
    const int before = r->reports;
    lt_text text = { 0 };
    write_bytes(path, bytes, n);
    check_put_aside(r, path, recorded(r, key, &text), before);
    CU_ASSERT_EQUAL(text.n, 0);
    CU_ASSERT(!recorded(r, key, &text));
    CU_ASSERT_EQUAL(r->reports, before + 1);
    lt_text_free(&text);
}

static void a_damaged_record_is_never_got(void)
{
    static const char text[] = "state 0123456789abcdef\nhistory fedcba9876543210\nsteps 1000\n";
    store_rig r;
    ltc_error err = { 0 };
    rig_open(&r);
    const lt_digest key = digest_of("action");
    CU_ASSERT_EQUAL_FATAL(lt_record_put(r.store, &key, text, strlen(text), &err), LTC_OK);
    char *path = rig_record(&r, &key);
    lt_text sound = read_bytes(path);
    for (size_t at = 0; at < sound.n; at++) {
        sound.s[at] = (char)(sound.s[at] ^ 0x10);
        try_record(&r, &key, path, sound.s, sound.n);
        sound.s[at] = (char)(sound.s[at] ^ 0x10);
        try_record(&r, &key, path, sound.s, at);
    }
    lt_text_free(&sound);
    free(path);
    rig_close(&r);
}

static void a_record_of_another_key_is_damaged(void)
{
    store_rig r;
    ltc_error err = { 0 };
    rig_open(&r);
    const lt_digest one = digest_of("one"), two = digest_of("two");
    CU_ASSERT_EQUAL(lt_record_put(r.store, &one, "1", 1, &err), LTC_OK);
    CU_ASSERT_EQUAL(lt_record_put(r.store, &two, "2", 1, &err), LTC_OK);
    char *from = rig_record(&r, &one), *to = rig_record(&r, &two);
    lt_text sound = read_bytes(from);
    try_record(&r, &two, to, sound.s, sound.n);
    lt_text_free(&sound);
    free(from);
    free(to);
    rig_close(&r);
}

static void verifying_finds_each_damage_once(void)
{
    store_rig r;
    ltc_error err = { 0 };
    lt_store_stats stats;
    rig_open(&r);
    const lt_digest key = digest_of("action"), bad_key = digest_of("damaged");
    const lt_digest bad = put_tensors(&r, 10, 1);
    put_tensors(&r, 10, 2);
    CU_ASSERT_EQUAL(lt_record_put(r.store, &key, "text", 4, &err), LTC_OK);
    CU_ASSERT_EQUAL(lt_record_put(r.store, &bad_key, "text", 4, &err), LTC_OK);
    char *object = rig_object(&r, &bad), *record = rig_record(&r, &bad_key);
    CU_ASSERT_EQUAL(truncate(object, 200), 0);
    CU_ASSERT_EQUAL(truncate(record, 20), 0);
    CU_ASSERT_EQUAL(lt_store_count(r.store, &stats, &err), LTC_OK);
    CU_ASSERT(stats.objects == 2 && stats.records == 2 && stats.damaged == 0);
    CU_ASSERT_EQUAL(lt_store_verify(r.store, &stats, &err), LTC_OK);
    CU_ASSERT(stats.objects == 1 && stats.records == 1 && stats.damaged == 2 && r.reports == 2);
    CU_ASSERT_EQUAL(lt_store_verify(r.store, &stats, &err), LTC_OK);
    CU_ASSERT(stats.objects == 1 && stats.records == 1 && stats.damaged == 0 && r.reports == 2);
    CU_ASSERT(stats.bytes > 200 && stats.bytes < 1000);
    free(object);
    free(record);
    rig_close(&r);
}

static void only_a_store_that_is_understood_is_opened(void)
{
    static const struct { const char *format; ltc_status st; const char *says; } table[] = {
        { "ltcore store 1\n", LTC_OK, "" },
        { "ltcore store 2\n", LTC_EUNSUPPORTED, "format 2 is newer than this ltcore" },
        { "ltcore store 0\n", LTC_EIO, "not the format" },
        { "ltcore store 1", LTC_EIO, "not the format" },
        { "ltcore store 1x\n", LTC_EIO, "not the format" },
        { "JPEG 1\n", LTC_EIO, "not the format" },
        { "", LTC_EIO, "not the format" },
    };
    store_rig r;
    rig_open(&r);
    char *path = rig_path(&r, "format");
    CU_ASSERT(is_file(path));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        lt_store *s = NULL;
        ltc_error err = { 0 };
        write_bytes(path, table[i].format, strlen(table[i].format));
        CU_ASSERT_EQUAL(lt_store_open(r.dir, NULL, NULL, &s, &err), table[i].st);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, table[i].says));
        lt_store_close(s);
    }
    free(path);
    rig_close(&r);
}

static int put_on_a_full_disk(void *arg)
{
    store_rig *r = arg;
    lt_tensors t = make_tensors(4096, 1);
    lt_digest name;
    ltc_error err = { 0 };
    char text[6000] = { 0 };
    fill_disk(5000);
    const bool object = lt_store_put(r->store, &t, &name, &err) == LTC_EIO && strstr(err.message, r->dir);
    fprintf(stderr, "%s\n", err.message);
    const bool record = lt_record_put(r->store, &name, text, sizeof text, &err) == LTC_EIO;
    fprintf(stderr, "%s\n", err.message);
    fill_disk(0);
    lt_claim *c;
    char holder[160];
    const bool claim = lt_claim_take(r->store, &name, &c, holder, &err) == LTC_EIO && !c;
    fprintf(stderr, "%s\n", err.message);
    lt_tensors_free(&t);
    return object && record && claim ? 0 : 1;
}

static void a_full_disk_is_said_and_nothing_is_left(void)
{
    store_rig r;
    char said[2000];
    lt_store_stats stats;
    ltc_error err = { 0 };
    rig_open(&r);
    lt_tensors t = make_tensors(4096, 1);
    lt_digest name;
    CU_ASSERT_EQUAL(lt_tensors_digest(&t, &name, &err), LTC_OK);
    lt_tensors_free(&t);
    CU_ASSERT_EQUAL(lt_in_child(put_on_a_full_disk, &r, said, sizeof said), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "File too large"));
    CU_ASSERT_EQUAL(lt_store_count(r.store, &stats, &err), LTC_OK);
    CU_ASSERT(stats.objects == 0 && stats.records == 0);
    char hex[65], folder[80];
    lt_digest_text(&name, hex);
    snprintf(folder, sizeof folder, "objects/%.2s", hex);
    CU_ASSERT_EQUAL(count_files(&r, folder), 0);
    snprintf(folder, sizeof folder, "records/%.2s", hex);
    CU_ASSERT_EQUAL(count_files(&r, folder), 0);
    CU_ASSERT_EQUAL(count_files(&r, "claims"), 0);
    rig_close(&r);
}

/* What is put for now is its maker's to take back, and nobody else's loss. */
static void what_was_put_for_now_is_taken_back(void)
{
    static const struct { bool was_there, put_since, stays; } table[] = {
        { false, false, false }, { true, false, true }, { false, true, true },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        store_rig r;
        ltc_error err = { 0 };
        lt_digest name;
        int64_t stamp = 0;
        bool found;
        rig_open(&r);
        lt_tensors t = make_tensors(10, 1);
        if (table[i].was_there)
            put_tensors(&r, 10, 1);
        CU_ASSERT_EQUAL(lt_store_put_for_now(r.store, &t, &name, &stamp, &err), LTC_OK);
        char *path = rig_object(&r, &name);
        if (table[i].put_since)
            set_age(path, -1);                /* another's put, a second later */
        lt_store_take_back(r.store, &name, stamp);
        CU_ASSERT(lt_store_has(r.store, &name, &found, &err) == LTC_OK && found == table[i].stays);
        free(path);
        lt_tensors_free(&t);
        rig_close(&r);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "an object comes back as it was put", an_object_comes_back_as_it_was_put },
        { "an object that is there is not written again", an_object_that_is_there_is_not_written_again },
        { "putting mends what is damaged", putting_mends_what_is_damaged },
        { "a damaged object is never got", a_damaged_object_is_never_got },
        { "a sound file under a wrong name is damaged", a_sound_file_under_a_wrong_name_is_damaged },
        { "a record comes back as it was put last", a_record_comes_back_as_it_was_put_last },
        { "a damaged record is never got", a_damaged_record_is_never_got },
        { "a record of another key is damaged", a_record_of_another_key_is_damaged },
        { "verifying finds each damage once", verifying_finds_each_damage_once },
        { "only a store that is understood is opened", only_a_store_that_is_understood_is_opened },
        { "what was put for now is taken back", what_was_put_for_now_is_taken_back },
        { "a full disk is said and nothing is left", a_full_disk_is_said_and_nothing_is_left },
    };
    return lt_suite_run("store", claims, sizeof claims / sizeof claims[0]);
}
