/* results.db as another terminal and a report read it, whatever became of the file. It is made sound
 * first, by the tables of the day, and then damaged by what the first byte says: 0: four bytes after four,
 * a place (three, low byte first) and what stands there; 1: SQL, as a person might have run it; 2: the
 * file is what follows. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "results/database.h"
#include "report/report.h"
#include "results/schema.h"
#include "results/standing.h"

static const char rows[] =
    "INSERT INTO dataset (id, name, train, validation, test) VALUES (0, 'digits', 55000, 5000, 10000);"
    "INSERT INTO variant (id, name) VALUES (0, 'main'), (1, 'random reinit');"
    "INSERT INTO point (id, name) VALUES (0, ''); INSERT INTO trial (id) VALUES (1), (2);"
    "INSERT INTO line (variant, point, dataset) VALUES (0, 0, 0), (1, 0, 0);"
    "INSERT INTO level (id, variant, point, trial, draw, level, status) VALUES (1, 0, 0, 1, 0, 0, 'done'),"
    " (2, 0, 0, 1, 0, 1, NULL), (3, 1, 0, 2, 1, 1, 'done');"
    "INSERT INTO evaluation (level, moment, step, epoch, test_loss, test_correct, test_n) VALUES"
    " (1, 'step', 0, 0.0, 2.3, 1000, 10000), (1, 'step', 100, 0.5, 0.3, 9000, 10000),"
    " (2, 'step', 50, 0.2, 0.5, 1, 0);"
    "INSERT INTO mask (level, alive, frozen, total, params_alive, params_total) VALUES"
    " (1, 100, 0, 100, 110, 110), (2, 50, 0, 100, 60, 110), (3, 50, 0, 100, 60, 110);"
    "INSERT INTO training (level, steps, epochs, best_step, moved) VALUES"
    " (1, 100, 0.5, 50, 0), (2, 100, 0.5, NULL, 0), (3, 100, 0.5, 100, 0);"
    "INSERT INTO mask_layer (level, position, layer, alive, total) VALUES"
    " (1, 0, 'fc1', 60, 60), (1, 1, 'fc2', 40, 40);"
    "INSERT INTO setting (position, key, value) VALUES (0, 'run.name', '\"x\"'), (1, 'prune.rate', '0.2');"
    "INSERT INTO comparison (variant, point, level, density, n, mean) VALUES (0, 0, 0, 1.0, 1, 0.9);"
    "INSERT INTO event (level, sentence) VALUES ('error', 'it failed'), ('stop', 'a layer is empty'),"
    " ('note', NULL)";

/* State, since it is made once: the sound file. */
static uint8_t *sound;
static size_t   n_sound;

static void forget(void)
{
    free(sound);
}

static void read_sound(const char *path)
{
    FILE *f = fopen(path, "rb");
    fuzz_must(f && !fseek(f, 0, SEEK_END), "the sound file is there");
    n_sound = (size_t)ftell(f);
    sound = malloc(n_sound);
    rewind(f);
    fuzz_must(sound && fread(sound, 1, n_sound, f) == n_sound && !fclose(f), "and can be read");
    fuzz_must(!atexit(forget), "and let go");
}

static ltc_status fill(sqlite3 *db, const void *arg, ltc_error *err)
{
    (void)arg;
    lt_text view = { 0 };
    lt_results_levels_view(NULL, 0, &view);
    fuzz_must(!view.failed, "there is memory for a view");
    ltc_status st = lt_database_run(db, rows, err);
    if (!st)
        st = lt_database_run(db, view.s, err);
    lt_text_free(&view);
    return st;
}

static void make_sound(char path[FUZZ_PATH])
{
    sqlite3 *db = NULL;
    ltc_error err = { .message = "" };
    fuzz_write("results.db", (fuzz_input){ NULL, 0 }, path);
    if (sound)
        return;
    fuzz_must(!lt_database_open(path, fill, NULL, &db, &err), err.message);
    lt_database_close(db);
    read_sound(path);
}

static void damage_bytes(fuzz_input in, char path[FUZZ_PATH])
{
    uint8_t *copy = malloc(n_sound);
    fuzz_must(copy, "there is memory for a copy");
    memcpy(copy, sound, n_sound);
    while (in.n >= 4) {
        const size_t low = fuzz_byte(&in), middle = fuzz_byte(&in), high = fuzz_byte(&in);
        copy[(high << 16 | middle << 8 | low) % n_sound] = fuzz_byte(&in);
    }
    fuzz_write("results.db", (fuzz_input){ copy, n_sound }, path);
    free(copy);
}

static int is_allowed(void *arg, int what, const char *a, const char *b, const char *c, const char *d)
{
    (void)arg, (void)a, (void)b, (void)c, (void)d;
    return what == SQLITE_ATTACH || what == SQLITE_PRAGMA ? SQLITE_DENY : SQLITE_OK;
}

static int stop(void *arg)
{
    (void)arg;
    return 1;
}

static void damage_by_sql(fuzz_input in, char path[FUZZ_PATH])
{
    enum { STEPS = 20000, BYTES = 1 << 16 };
    sqlite3 *db = NULL;
    char *sql = fuzz_text(in);
    fuzz_write("results.db", (fuzz_input){ sound, n_sound }, path);
    fuzz_must(!sqlite3_open(path, &db), "the sound file opens");
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, BYTES);
    sqlite3_set_authorizer(db, is_allowed, NULL);
    sqlite3_progress_handler(db, STEPS, stop, NULL);
    sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    free(sql);
}

/* All that needs no other program. */
static ltc_status report(void)
{
    const char *const directory[] = { fuzz_directory() };
    char note[256], *said = NULL;
    size_t n = 0;
    ltc_error err = { .message = "" };
    FILE *out = open_memstream(&said, &n);
    fuzz_must(out, "there is memory for a report");
    const lt_report_request r = {
        .directory = directory, .n_directories = 1, .to = directory[0], .out = out,
        .formats = LT_REPORT_HTML | LT_REPORT_CSV | LT_REPORT_MD,
    };
    const ltc_status st = fuzz_said(lt_report_write(&r, note, &err), &err);
    fclose(out);
    free(said);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    char path[FUZZ_PATH];
    lt_standing s;
    fuzz_input in = { byte, n };
    ltc_error err = { .message = "" };
    const unsigned how = fuzz_byte(&in) % 3;
    make_sound(path);
    if (how == 2)
        fuzz_write("results.db", in, path);
    else
        (how ? damage_by_sql : damage_bytes)(in, path);
    const ltc_status st = fuzz_said(lt_standing_read(fuzz_directory(), &s, &err), &err);
    fuzz_must(n || !st, "a sound file can be read");
    for (size_t i = 0; !st && i < s.n_events; i++)
        fuzz_must(s.event[i], "an event has words");
    lt_standing_free(&s);
    fuzz_must(!report() || n, "and reported");
    return 0;
}
