/* Owns the statements by which a report reads results.db: its views, and the tables that describe the run. */
#include "report/model_read.h"

#include <math.h>
#include <string.h>

/* At the step that counts. */
#define COUNTED(split) \
    "CASE levels.report_at WHEN 'best' THEN best_" split "_acc ELSE end_" split "_acc END"

/* A lab on compression scores [1 - (ps + pu)] (qw/32) w / 5.6e6 + (1 - ps) (max(qw, qa)/32) f / 8.3e8: w
 * parameters, f operations, ps of them gone with whole channels and pu one by one, qw and qa bits. All
 * is of 32 bits here. */
#define SCORE "params_alive / 5.6e6 + COALESCE(macs_shrunk, macs_dense) / 8.3e8"

/* At the last evaluation by so many thirds of the training. */
#define AFTER(thirds) \
    "(SELECT test_acc FROM measure WHERE measure.level = l.id AND moment = 'step' AND step > 0 AND " \
    "3 * step <= " thirds " * levels.steps ORDER BY step DESC LIMIT 1)"

/* In the order of lt_quantity. */
#define QUANTITIES \
    "density, density_params, params_alive, macs_alive, macs_dense, " SCORE ", collapsed, levels.steps, " \
    "levels.best_step, CASE WHEN draw_at LIKE '%it' THEN CAST(draw_at AS INTEGER) END, drawn_test_acc, " \
    "dense_test_acc, start_test_acc, " COUNTED("val") ", " COUNTED("test") ", " \
    AFTER("1") ", " AFTER("2") ", end_test_acc, " \
    "end_train_acc, train_seconds, levels.ms_per_step, " \
    "(SELECT moved FROM training WHERE training.level = l.id), " \
    "(SELECT trained_steps FROM training WHERE training.level = l.id)"
enum { KEY = 5, TICKET = KEY + LT_QUANTITIES };

static const char levels_sql[] =
    "SELECT variant.id, levels.point, levels.level, levels.trial, levels.draw, " QUANTITIES ", ticket "
    "FROM levels JOIN variant ON variant.name = levels.variant "
    "JOIN (SELECT id, variant AS of, point AS p, trial AS t, draw AS d, level AS n FROM level) AS l "
    "ON l.of = variant.id AND l.p = levels.point AND l.t = levels.trial AND l.d = levels.draw "
    "AND l.n = levels.level "
    "ORDER BY variant.id, levels.point, levels.level, levels.trial, levels.draw";
static const char steps_sql[] =
    "SELECT level.variant, point, level.level, trial, draw, step, val_loss, val_acc, test_loss, test_acc "
    "FROM level JOIN measure ON measure.level = level.id WHERE moment = 'step' "
    "ORDER BY level.variant, point, level.level, trial, draw, step";
static const char comparisons_sql[] =
    "SELECT variant.id, point, level, pairs, difference, difference_low, difference_high, early_stop_ratio, "
    "verdict FROM summary JOIN variant ON variant.name = summary.variant";
static const char layers_sql[] =
    "SELECT level.level, layer, 1.0 * SUM(alive) / SUM(total), MAX(total) FROM mask_layer "
    "JOIN level ON level.id = mask_layer.level WHERE variant = 0 AND point = (SELECT MIN(point) FROM line "
    "WHERE variant = 0) AND status IS NOT NULL GROUP BY position, level.level ORDER BY position, level.level";

/* Older databases have no such table. */
static const char distances_sql[] =
    "SELECT level.level, COUNT(*), step, other, 1.0 * SUM(differ) / SUM(total), MIN(1.0 * differ / total), "
    "MAX(1.0 * differ / total) FROM mask_distance JOIN level ON level.id = mask_distance.level "
    "WHERE variant = 0 AND point = (SELECT MIN(point) FROM line WHERE variant = 0) AND status IS NOT NULL "
    "GROUP BY level.level, step, other ORDER BY level.level, step, other";

/* A row of a statement into the run. */
typedef ltc_status take_fn(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err);

static double real_at(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? NAN : sqlite3_column_double(s, column);
}

static uint32_t number_at(sqlite3_stmt *s, int column)
{
    return (uint32_t)sqlite3_column_int64(s, column);
}

/* NULL becomes "", so that nobody asks; *failed: no memory. */
static const char *text_at(sqlite3_stmt *s, int column, lt_seen_run *r, bool *failed)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    const char *copy = lt_arena_text(&r->arena, text ? text : "");
    *failed |= !copy;
    return copy ? copy : "";
}

/* Of a variant and a point that the other tables have: what else refers to them is passed over. */
static bool is_known(const lt_seen_run *r, sqlite3_stmt *s)
{
    return number_at(s, 0) < r->n_variants && number_at(s, 1) < r->n_points;
}

static ltc_status no_memory(const lt_seen_run *r, ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "%s: no memory to report it", r->directory);
}

/* Appends to the list `field` of the run, or fails. */
#define APPEND(r, field, ...) \
    do { \
        void *more = lt_arena_more(&(r)->arena, (r)->field, (r)->n_##field##s, sizeof *(r)->field); \
        if (!more || failed) \
            return no_memory(r, err); \
        (r)->field = more; \
        (r)->field[(r)->n_##field##s++] = (__VA_ARGS__); \
        return LTC_OK; \
    } while (0)

static ltc_status take_level(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    if (!is_known(r, s))
        return LTC_OK;
    lt_seen_level l = {
        .variant = number_at(s, 0), .point = number_at(s, 1), .level = number_at(s, 2),
        .trial = number_at(s, 3), .draw = number_at(s, 4), .ticket = text_at(s, TICKET, r, &failed),
    };
    for (int q = 0; q < LT_QUANTITIES; q++)
        l.q[q] = real_at(s, KEY + q);
    APPEND(r, level, l);
}

static ltc_status take_step(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    if (!is_known(r, s))
        return LTC_OK;
    APPEND(r, step, (lt_seen_step){
        .variant = number_at(s, 0), .point = number_at(s, 1), .level = number_at(s, 2),
        .trial = number_at(s, 3), .draw = number_at(s, 4), .step = real_at(s, 5), .val_loss = real_at(s, 6),
        .val_acc = real_at(s, 7), .test_loss = real_at(s, 8), .test_acc = real_at(s, 9),
    });
}

static ltc_status take_layer(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    const char *name = text_at(s, 1, r, &failed);
    APPEND(r, layer, (lt_seen_layer){ .level = number_at(s, 0), .name = name, .density = real_at(s, 2),
                                      .total = real_at(s, 3) });
}

static ltc_status take_distance(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    const bool failed = false;
    APPEND(r, distance, (lt_seen_distance){ number_at(s, 0), number_at(s, 1), real_at(s, 2), real_at(s, 3),
                                            real_at(s, 4), real_at(s, 5), real_at(s, 6) });
}

static ltc_status take_variant(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    const char *text[6];
    for (int i = 0; i < 6; i++)
        text[i] = text_at(s, i, r, &failed);
    APPEND(r, variant, (lt_seen_variant){ text[0], text[1], text[2], text[3], text[4], text[5],
                                          sqlite3_column_int64(s, 6) });
}

static ltc_status take_point(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    const char *name = text_at(s, 0, r, &failed);
    APPEND(r, point, name);
}

/* Without the quotes of a string. */
static const char *value_at(sqlite3_stmt *s, int column, lt_seen_run *r, bool *failed)
{
    const char *written = (const char *)sqlite3_column_text(s, column);
    const size_t n = written ? strlen(written) : 0;
    const bool quoted = n >= 2 && written[0] == '"' && !strchr(written + 1, ',');
    const char *value = quoted ? lt_arena_print(&r->arena, "%.*s", (int)(n - 2), written + 1)
                               : lt_arena_text(&r->arena, written ? written : "");
    *failed |= !value;
    return value;
}

static ltc_status take_setting(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    const char *key = text_at(s, 0, r, &failed), *value = value_at(s, 1, r, &failed);
    const char *place = text_at(s, 2, r, &failed);
    const char *before = sqlite3_column_type(s, 3) == SQLITE_NULL ? NULL : value_at(s, 3, r, &failed);
    APPEND(r, setting, (lt_seen_setting){ key, value, place, before });
}

static ltc_status take_plugin(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    const char *text[4];
    for (int i = 0; i < 4; i++)
        text[i] = text_at(s, i, r, &failed);
    APPEND(r, plugin, (lt_seen_plugin){ text[0], text[1], text[2], text[3] });
}

static ltc_status take_event(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    const char *level = text_at(s, 0, r, &failed), *sentence = text_at(s, 1, r, &failed);
    APPEND(r, event, (lt_seen_event){ level, sentence });
}

static ltc_status take_run(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    r->name = text_at(s, 0, r, &failed);
    r->seed = sqlite3_column_int64(s, 1);
    r->trials = sqlite3_column_int64(s, 2);
    r->backend = text_at(s, 3, r, &failed);
    r->machine = text_at(s, 4, r, &failed);
    r->params = real_at(s, 5);
    r->macs = real_at(s, 6);
    return failed ? no_memory(r, err) : LTC_OK;
}

static ltc_status take_dataset(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    r->dataset = text_at(s, 0, r, &failed);
    for (int i = 0; i < 3; i++)
        r->samples[i] = real_at(s, 1 + i);
    r->majority = real_at(s, 4);
    return failed ? no_memory(r, err) : LTC_OK;
}

static ltc_status take_version(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    r->version = text_at(s, 0, r, &failed);
    return failed ? no_memory(r, err) : LTC_OK;
}

static ltc_status take_preset(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    r->preset = text_at(s, 0, r, &failed);
    return failed ? no_memory(r, err) : LTC_OK;
}

static ltc_status take_planned(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    const int64_t n = sqlite3_column_int64(s, 0);
    (void)err;
    r->n_planned = n > 0 ? (size_t)n : 0;
    return LTC_OK;
}

static ltc_status take_begun(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    (void)err;
    r->n_begun = (size_t)sqlite3_column_int64(s, 0);
    return LTC_OK;
}

static ltc_status take_comparison(sqlite3_stmt *s, lt_seen_run *r, ltc_error *err)
{
    bool failed = false;
    lt_seen_group *g = NULL;
    for (size_t i = 0; i < r->n_groups; i++)
        if (r->group[i].variant == number_at(s, 0) && r->group[i].point == number_at(s, 1) &&
            r->group[i].level == number_at(s, 2))
            g = &r->group[i];
    r->finished = true;
    if (!g)
        return LTC_OK;                        /* all of its trials failed */
    g->compared = true;
    g->pairs = real_at(s, 3);
    g->difference = real_at(s, 4);
    g->difference_low = real_at(s, 5);
    g->difference_high = real_at(s, 6);
    g->ratio = real_at(s, 7);
    g->verdict = text_at(s, 8, r, &failed);
    return failed ? no_memory(r, err) : LTC_OK;
}

static ltc_status read_rows(sqlite3 *db, const char *sql, take_fn *take, lt_seen_run *r, ltc_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = SQLITE_DONE;
    ltc_status st = lt_database_prepare(db, sql, &s, err);
    while (!st && (rc = sqlite3_step(s)) == SQLITE_ROW)
        st = take(s, r, err);
    if (!st && rc != SQLITE_DONE)
        st = lt_database_fail(db, err);
    sqlite3_finalize(s);                      /* says again what step said */
    return st;
}

static bool can_answer(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    const bool can = !sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    sqlite3_finalize(s);
    return can;
}

/* The first of these that a database can answer: older ones lack columns. */
static const char *settings_sql(sqlite3 *db)
{
    static const char *const sql[] = {
        "SELECT key, value, place, before FROM setting ORDER BY position",
        "SELECT key, value, place, NULL FROM setting ORDER BY position",
        "SELECT key, value, NULL, NULL FROM setting ORDER BY position",
    };
    size_t i = 0;
    while (i < 2 && !can_answer(db, sql[i]))
        i++;
    return sql[i];
}

ltc_status lt_seen_read_rows(sqlite3 *db, lt_seen_run *r, ltc_error *err)
{
    const struct { const char *sql; take_fn *take; } all[] = {
        { "SELECT value FROM meta WHERE key = 'ltcore'", take_version },
        { "SELECT value FROM meta WHERE key = 'preset'", take_preset },
        { "SELECT value FROM meta WHERE key = 'levels'", take_planned },
        { "SELECT run.name, seed, trials, backend, machine, params, macs FROM run, line "
          "ORDER BY variant, line.point LIMIT 1", take_run },
        { "SELECT name, train, validation, test, majority FROM dataset ORDER BY id LIMIT 1", take_dataset },
        { "SELECT name, line.mask, strategy, kept, masks, matches, draws FROM variant LEFT JOIN line ON "
          "line.variant = variant.id AND line.point = (SELECT MIN(point) FROM line AS l WHERE l.variant = "
          "variant.id) ORDER BY variant.id", take_variant },
        { "SELECT name FROM point ORDER BY id", take_point },
        { settings_sql(db), take_setting },
        { "SELECT kind, name, version, sha256 FROM plugin ORDER BY position", take_plugin },
        { "SELECT level, sentence FROM event ORDER BY id", take_event },
        { levels_sql, take_level }, { steps_sql, take_step }, { layers_sql, take_layer },
        { "SELECT COUNT(*) FROM level WHERE status IS NULL", take_begun },
    };
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && !st; i++)
        st = read_rows(db, all[i].sql, all[i].take, r, err);
    return st || !can_answer(db, distances_sql) ? st : read_rows(db, distances_sql, take_distance, r, err);
}

ltc_status lt_seen_read_comparisons(sqlite3 *db, lt_seen_run *r, ltc_error *err)
{
    return read_rows(db, comparisons_sql, take_comparison, r, err);
}
