/* Claims about gc: it removes what is old and needed by nobody, and nothing else. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_rig.h"
#include "util/file.h"

enum { DAY_S = 86400, OLD_S = DAY_S + 60, YOUNG_S = DAY_S - 60 };

static lt_store_stats gc(store_rig *r)
{
    lt_store_stats stats;
    ltc_error err = { 0 };
    const ltc_status st = lt_store_gc(r->store, (double)time(NULL), &stats, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL(st, LTC_OK);
    return stats;
}

static void put_record(store_rig *r, const char *key, const char *text)
{
    ltc_error err = { 0 };
    const lt_digest d = digest_of(key);
    CU_ASSERT_EQUAL_FATAL(lt_record_put(r->store, &d, text, strlen(text), &err), LTC_OK);
}

/* before, the digest in hex, after; the text that a record or a root holds. */
static void print_hex(char text[256], const char *before, const lt_digest *d, const char *after)
{
    char hex[65];
    lt_digest_text(d, hex);
    snprintf(text, 256, "%s%s%s", before, hex, after);
}

static void put_root(store_rig *r, const char *key)
{
    char text[256];
    ltc_error err = { 0 };
    const lt_digest d = digest_of(key);
    print_hex(text, "\n", &d, "\n");
    CU_ASSERT_EQUAL_FATAL(lt_root_put(r->store, "run-1", text, &err), LTC_OK);
}

/* One record that names one object; what is rooted, claimed and old decides which of them stays. */
static void what_is_needed_or_young_is_kept(void)
{
    static const struct {
        bool rooted, claimed;
        int record_age_s, object_age_s;
        bool record_stays, object_stays;
    } table[] = {
        { false, false, OLD_S, OLD_S, false, false },
        { true, false, OLD_S, OLD_S, true, true },
        { false, true, OLD_S, OLD_S, true, true },
        { false, false, YOUNG_S, OLD_S, true, true },         /* what a kept record names is kept */
        { false, false, OLD_S, YOUNG_S, false, true },
        { false, false, YOUNG_S, YOUNG_S, true, true },
        { false, false, -OLD_S, OLD_S, true, true },          /* from the future */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        store_rig r;
        char text[256], holder[160];
        lt_claim *claim = NULL;
        ltc_error err = { 0 };
        rig_open(&r);
        const lt_digest object = put_tensors(&r, 9, 1), key = digest_of("key");
        print_hex(text, "state", &object, "\n");              /* 'e' is a hex digit too */
        put_record(&r, "key", text);
        char *record_path = rig_record(&r, &key), *object_path = rig_object(&r, &object);
        if (table[i].rooted)
            put_root(&r, "key");
        if (table[i].claimed)
            CU_ASSERT_EQUAL(lt_claim_take(r.store, &key, &claim, holder, &err), LTC_OK);
        set_age(record_path, table[i].record_age_s);
        set_age(object_path, table[i].object_age_s);
        const lt_store_stats stats = gc(&r);
        CU_ASSERT_EQUAL(is_file(record_path), table[i].record_stays);
        CU_ASSERT_EQUAL(is_file(object_path), table[i].object_stays);
        CU_ASSERT_EQUAL(stats.records, table[i].record_stays);
        CU_ASSERT_EQUAL(stats.objects, table[i].object_stays);
        CU_ASSERT_EQUAL(stats.removed, 2u - table[i].record_stays - table[i].object_stays);
        CU_ASSERT_EQUAL(!stats.removed_bytes, !stats.removed);
        CU_ASSERT_EQUAL(is_file(r.dir), true);
        lt_claim_release(claim);
        free(record_path);
        free(object_path);
        rig_close(&r);
    }
}

/* Files that a store makes and forgets, and files that are not its own. */
static void only_what_is_the_stores_own_is_removed(void)
{
    static const char hex62[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddee";
    static const struct { const char *name; int age_s; bool stays; } table[] = {
        { "objects/ab/%s.safetensors", OLD_S, false },
        { "objects/ab/%s.safetensors.7.0.part", OLD_S, false },
        { "objects/ab/%s.safetensors.7.0.part", YOUNG_S, true },
        { "objects/ab/%s.safetensors.bak", OLD_S, true },
        { "objects/ab/0%s.safetensors", OLD_S, true },
        { "objects/%s.safetensors", OLD_S, true },
        { "objects/ab/README%.0s", OLD_S, true },
        { "records/ab/%s.rec", OLD_S, false },
        { "records/ab/%s.rec.7.0.part", OLD_S, false },
        { "records/ab/%s.rec.7.0.part", YOUNG_S, true },
        { "records/ab/%s.safetensors", OLD_S, true },
        { "claims/ab%s", OLD_S, false },
        { "claims/ab%s", YOUNG_S, true },
        { "claims/README%.0s", OLD_S, true },
        { "roots/run.1%.0s", OLD_S * 1000, true },
        { "roots/run.1.7.0.part%.0s", OLD_S, false },
        { "roots/run.1.7.0.part%.0s", YOUNG_S, true },
        { "format.7.0.part%.0s", OLD_S, false },
        { "results.db%.0s", OLD_S, true },
        { "quarantine/ab%s.rec", 30 * DAY_S - 60, true },
        { "quarantine/ab%s.rec", 30 * DAY_S + 60, false },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        store_rig r;
        ltc_error err = { 0 };
        char name[256];
        rig_open(&r);
        snprintf(name, sizeof name, table[i].name, hex62);
        char *folder =
            rig_path(&r, "%.*s", strncmp(name, "objects", 7) && strncmp(name, "records", 7) ? 6 : 10, name);
        if (name[0] == 'o' || (name[0] == 'r' && name[2] == 'c'))
            CU_ASSERT_EQUAL(lt_file_make_directory(folder, &err), LTC_OK);
        char *path = rig_path(&r, "%s", name);
        write_bytes(path, "\n", 1);
        set_age(path, table[i].age_s);
        gc(&r);
        if (is_file(path) != table[i].stays)
            fprintf(stderr, "\n%s, %d s old\n", name, table[i].age_s);
        CU_ASSERT_EQUAL(is_file(path), table[i].stays);
        free(path);
        free(folder);
        rig_close(&r);
    }
}

static void a_root_that_is_not_understood_stops_gc(void)
{
    static const char *const bad[] = { "x\n", "00\n",
                                       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        store_rig r;
        lt_store_stats stats;
        ltc_error err = { 0 };
        rig_open(&r);
        const lt_digest object = put_tensors(&r, 9, 1);
        char *path = rig_object(&r, &object), *root = rig_path(&r, "roots/run");
        set_age(path, OLD_S);
        write_bytes(root, bad[i], strlen(bad[i]));
        CU_ASSERT_EQUAL(lt_store_gc(r.store, (double)time(NULL), &stats, &err), LTC_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, root));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "line 1 is not a key"));
        CU_ASSERT(is_file(path));
        CU_ASSERT_EQUAL(lt_root_put(r.store, "run", bad[i], &err), LTC_EINVAL);
        free(path);
        free(root);
        rig_close(&r);
    }
}

/* Else a flipped bit would keep the run from ever going on. */
static void a_run_gets_the_sound_keys_of_a_damaged_root(void)
{
    store_rig r;
    ltc_error err = { 0 };
    lt_text want = { 0 }, got = { 0 }, file = { 0 };
    char hex[65];
    rig_open(&r);
    for (int i = 0; i < 3; i++) {
        const lt_digest key = digest_of(i == 0 ? "a" : i == 1 ? "b" : "c");
        lt_digest_text(&key, hex);
        lt_text_add(&file, "%s\n", hex);
        if (i != 1)
            lt_text_add(&want, "%s\n", hex);
    }
    file.s[70] ^= 0x40;                       /* in the second */
    char *root = rig_path(&r, "roots/run");
    write_bytes(root, file.s, file.n - 1);    /* and cut behind the third */
    CU_ASSERT_EQUAL(lt_root_get(r.store, "run", &got, &err), LTC_OK);
    CU_ASSERT_STRING_EQUAL(got.s, want.s);
    CU_ASSERT(r.reports == 1 && strstr(r.said, "line 2 is damaged"));
    CU_ASSERT_EQUAL(lt_root_put(r.store, "run", got.s, &err), LTC_OK);
    lt_text_free(&want);
    lt_text_free(&got);
    lt_text_free(&file);
    free(root);
    rig_close(&r);
}

static void a_runs_name_is_a_file_name(void)
{
    static const struct { const char *run; ltc_status st; } table[] = {
        { "lenet-300.2026_11", LTC_OK }, { "", LTC_EINVAL }, { "..", LTC_EINVAL }, { ".hidden", LTC_EINVAL },
        { "a/b", LTC_EINVAL }, { "x.part", LTC_EINVAL }, { "a b", LTC_EINVAL }, { "\xc3\xa9", LTC_EINVAL },
    };
    store_rig r;
    rig_open(&r);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ltc_error err = { 0 };
        CU_ASSERT_EQUAL(lt_root_put(r.store, table[i].run, "", &err), table[i].st);
    }
    CU_ASSERT_EQUAL(count_files(&r, "roots"), 1);
    rig_close(&r);
}

static void an_object_that_is_claimed_is_kept(void)
{
    store_rig r;
    char holder[160];
    lt_claim *claim = NULL;
    ltc_error err = { 0 };
    rig_open(&r);
    const lt_digest object = put_tensors(&r, 9, 1);
    char *path = rig_object(&r, &object);
    set_age(path, OLD_S);
    CU_ASSERT_EQUAL(lt_claim_take(r.store, &object, &claim, holder, &err), LTC_OK);
    CU_ASSERT_EQUAL(gc(&r).removed, 0);
    lt_claim_release(claim);
    CU_ASSERT_EQUAL(gc(&r).removed, 1);
    free(path);
    rig_close(&r);
}

static void what_is_put_again_counts_as_young(void)
{
    store_rig r;
    rig_open(&r);
    const lt_digest object = put_tensors(&r, 9, 1);
    char *path = rig_object(&r, &object);
    set_age(path, OLD_S);
    put_tensors(&r, 9, 1);
    CU_ASSERT_EQUAL(gc(&r).removed, 0);
    CU_ASSERT(is_file(path));
    free(path);
    rig_close(&r);
}

static void ask_for_record(store_rig *r, const lt_digest *key)
{
    lt_text text = { 0 };
    bool found;
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL(lt_record_get(r->store, key, &text, &found, &err), LTC_OK);
    CU_ASSERT(found);
    lt_text_free(&text);
}

/* A run that takes what others left has no root that names it until it is through with it. Care and gc itself
 * look without asking. */
static void what_a_run_asks_for_counts_as_young(void)
{
    for (int asked = 0; asked < 2; asked++) {
        store_rig r;
        char text[256];
        lt_store_stats stats;
        ltc_error err = { 0 };
        rig_open(&r);
        const lt_digest object = put_tensors(&r, 9, 1), key = digest_of("key");
        print_hex(text, "state ", &object, "\n");
        put_record(&r, "key", text);
        put_root(&r, "key");
        char *record_path = rig_record(&r, &key), *object_path = rig_object(&r, &object);
        set_age(record_path, OLD_S);
        set_age(object_path, OLD_S);
        CU_ASSERT_EQUAL(gc(&r).removed, 0);
        CU_ASSERT_EQUAL(lt_store_verify(r.store, &stats, &err), LTC_OK);
        CU_ASSERT_EQUAL(lt_root_put(r.store, "run-1", "", &err), LTC_OK);
        if (asked)
            ask_for_record(&r, &key);
        CU_ASSERT_EQUAL(gc(&r).removed, asked ? 0 : 2);
        CU_ASSERT_EQUAL(is_file(object_path), asked);
        free(record_path);
        free(object_path);
        rig_close(&r);
    }
}

static void what_goes_to_quarantine_stays_there_for_a_while(void)
{
    store_rig r;
    ltc_error err = { 0 };
    lt_store_stats stats;
    rig_open(&r);
    const lt_digest object = put_tensors(&r, 9, 1);
    char *path = rig_object(&r, &object);
    write_bytes(path, "torn", 4);
    set_age(path, 100 * DAY_S);
    CU_ASSERT_EQUAL(lt_store_verify(r.store, &stats, &err), LTC_OK);
    CU_ASSERT_EQUAL(gc(&r).removed, 0);
    CU_ASSERT_EQUAL(count_files(&r, "quarantine"), 1);
    free(path);
    rig_close(&r);
}

static void a_damaged_record_keeps_nothing_and_is_counted(void)
{
    store_rig r;
    rig_open(&r);
    const lt_digest key = digest_of("key");
    put_record(&r, "key", "text");
    put_root(&r, "key");
    char *path = rig_record(&r, &key);
    write_bytes(path, "torn", 4);
    const lt_store_stats stats = gc(&r);
    CU_ASSERT(stats.damaged == 1 && stats.records == 0 && stats.removed == 0 && r.reports == 1);
    free(path);
    rig_close(&r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "what is needed or young is kept", what_is_needed_or_young_is_kept },
        { "only what is the store's own is removed", only_what_is_the_stores_own_is_removed },
        { "a root that is not understood stops gc", a_root_that_is_not_understood_stops_gc },
        { "a run gets the sound keys of a damaged root", a_run_gets_the_sound_keys_of_a_damaged_root },
        { "a run's name is a file name", a_runs_name_is_a_file_name },
        { "an object that is claimed is kept", an_object_that_is_claimed_is_kept },
        { "what is put again counts as young", what_is_put_again_counts_as_young },
        { "what a run asks for counts as young", what_a_run_asks_for_counts_as_young },
        { "what goes to quarantine stays there for a while",
          what_goes_to_quarantine_stays_there_for_a_while },
        { "a damaged record keeps nothing and is counted", a_damaged_record_keeps_nothing_and_is_counted },
    };
    return lt_suite_run("gc", claims, sizeof claims / sizeof claims[0]);
}
