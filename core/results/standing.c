/* Reads results.db of a run without being in its way. Called by `ltcore status` and `ltcore watch`. */
#include "results/standing.h"

#include <math.h>
#include <string.h>

#include "results/database.h"

static const char levels_sql[] =
    "SELECT level.variant, level.point, level.trial, level.draw, level.level, "
    "COALESCE(status != 'failed', 0), step, epoch, val_loss, val_acc, test_loss, test_acc, "
    "status = 'failed' AND key IS NOT NULL AND end_state IS NULL "
    "FROM level LEFT JOIN training ON training.level = level.id "
    "LEFT JOIN measure ON measure.level = level.id AND moment = 'step' AND "
    "step = (SELECT MAX(e.step) FROM evaluation AS e WHERE e.level = level.id AND e.moment = 'step') "
    "ORDER BY level.variant, level.point, level.trial, level.draw, level.level";
static const char events_sql[] = "SELECT sentence, level FROM event ORDER BY id";
static const char lines_sql[] =
    "SELECT variant, point, train, validation, test FROM line JOIN dataset ON dataset.id = line.dataset";

/* A row of a statement into *s; i counts the rows. */
typedef ltc_status take_fn(sqlite3_stmt *stmt, size_t i, lt_standing *s, ltc_error *err);

static double real_at(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, column);
}

static ltc_status take_level(sqlite3_stmt *stmt, size_t i, lt_standing *s, ltc_error *err)
{
    lt_standing_level *list = lt_arena_more(&s->arena, s->level, i, sizeof *list);
    if (!list)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the levels of a run");
    s->level = list;
    list[i] = (lt_standing_level){
        .order = (uint32_t)sqlite3_column_int64(stmt, 0),
        .point = (uint32_t)sqlite3_column_int64(stmt, 1),
        .trial = (uint32_t)sqlite3_column_int64(stmt, 2),
        .draw = (uint32_t)sqlite3_column_int64(stmt, 3),
        .level = (uint32_t)sqlite3_column_int64(stmt, 4),
        .done = sqlite3_column_int(stmt, 5),
        .evaluated = sqlite3_column_type(stmt, 6) != SQLITE_NULL,
        .step = (uint64_t)sqlite3_column_int64(stmt, 6),
        .epoch = real_at(stmt, 7),
        .validation_loss = real_at(stmt, 8),
        .validation_accuracy = real_at(stmt, 9),
        .test_loss = real_at(stmt, 10),
        .test_accuracy = real_at(stmt, 11),
        .bad = sqlite3_column_int(stmt, 12),
    };
    s->n_levels = i + 1;
    return LTC_OK;
}

static ltc_status take_event(sqlite3_stmt *stmt, size_t i, lt_standing *s, ltc_error *err)
{
    const char **list = lt_arena_more(&s->arena, s->event, i, sizeof *list);
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    if (!list || !(list[i] = lt_arena_text(&s->arena, text ? text : "")))
        return ltc_fail(err, LTC_ENOMEM, "no memory for the events of a run");
    const char *level = (const char *)sqlite3_column_text(stmt, 1);
    s->event = list;
    s->n_events = i + 1;
    s->n_errors += level && !strcmp(level, "error");
    s->n_stops += level && !strcmp(level, "stop");
    return LTC_OK;
}

static ltc_status take_line(sqlite3_stmt *stmt, size_t i, lt_standing *s, ltc_error *err)
{
    lt_standing_line *list = lt_arena_more(&s->arena, s->line, i, sizeof *list);
    if (!list)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the lines of a run");
    s->line = list;
    s->n_lines = i + 1;
    list[i].order = (uint32_t)sqlite3_column_int64(stmt, 0);
    list[i].point = (uint32_t)sqlite3_column_int64(stmt, 1);
    for (int split = 0; split < LT_M_SPLITS; split++)
        list[i].samples[split] = (uint64_t)sqlite3_column_int64(stmt, 2 + split);
    return LTC_OK;
}

static ltc_status read_rows(sqlite3 *db, const char *sql, take_fn *take, lt_standing *s, ltc_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_DONE;
    ltc_status st = lt_database_prepare(db, sql, &stmt, err);
    for (size_t i = 0; !st && (rc = sqlite3_step(stmt)) == SQLITE_ROW; i++)
        st = take(stmt, i, s, err);
    if (!st && rc != SQLITE_DONE)
        st = lt_database_fail(db, err);
    sqlite3_finalize(stmt);                   /* says again what step said */
    return st;
}

static ltc_status read_all(sqlite3 *db, void *arg, ltc_error *err)
{
    static const struct { const char *sql; take_fn *take; } all[] = {
        { lines_sql, take_line }, { levels_sql, take_level }, { events_sql, take_event },
    };
    lt_standing *s = arg;
    ltc_status st = LTC_OK;
    lt_standing_free(s);
    s->begun = db != NULL;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && !st && db; i++)
        st = read_rows(db, all[i].sql, all[i].take, s, err);
    return st;
}

ltc_status lt_standing_read(const char *directory, lt_standing *s, ltc_error *err)
{
    *s = (lt_standing){ 0 };
    const ltc_status st = lt_database_look(directory, read_all, s, err);
    if (st)
        lt_standing_free(s);
    return st;
}

void lt_standing_free(lt_standing *s)
{
    lt_arena_free(&s->arena);
    *s = (lt_standing){ 0 };
}
