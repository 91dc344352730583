/* results.db and the CSV files say the same, and say it whatever the order in which a run's parts came to
 * an end. */
#include "results_rig.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/flatten.h"
#include "suite.h"
#include "util/file.h"

static const char *const files[] = { "levels.csv", "layers.csv", "history.csv" };
enum { FILES = sizeof files / sizeof files[0] };

static rig *filled(const size_t *order)
{
    rig *r = rig_create();
    rig_start(r);
    rig_fill(r, order);
    return r;
}

static void check_query(const rig *r, const char *sql, const char *expected)
{
    lt_text got = rig_query(r, sql);
    if (strcmp(got.s, expected))
        fprintf(stderr, "\n%s\n  is \"%s\", not \"%s\"\n", sql, got.s, expected);
    CU_ASSERT_STRING_EQUAL(got.s, expected);
    lt_text_free(&got);
}

static void files_are_golden_whatever_the_order(void)
{
    const size_t *const orders[] = { rig_forward, rig_shuffled };
    for (size_t k = 0; k < 2; k++) {
        rig *r = filled(orders[k]);
        rig_finish(r);
        for (size_t i = 0; i < FILES; i++) {
            lt_text text = rig_read(r, files[i]);
            CU_ASSERT(rig_is_golden(files[i], text.s));
            lt_text_free(&text);
        }
        rig_close(r);
    }
}

static void columns_are_those_promised(void)
{
    static const char header[] =
        "run,variant,point,trial,draw,level,round,mask,strategy,scope,granularity,kept,pruned,draw_at,rewind_"
        "to,rate,"
        "target_sparsity,density,density_params,weights_alive,weights_frozen,weights_total,params_alive,"
        "params_total,"
        "macs_dense,macs_alive,macs_shrunk,min_layer_density,min_layer,dead_units,collapsed,steps,epochs,"
        "drawn_val_loss,drawn_val_acc,drawn_test_loss,drawn_test_acc,dense_val_loss,dense_val_acc,dense_test_"
        "loss,"
        "dense_test_acc,start_val_loss,start_val_acc,start_test_loss,start_test_acc,best_step,best_epoch,"
        "best_train_loss,best_train_acc,best_val_loss,best_val_acc,best_test_loss,best_test_acc,end_train_"
        "loss,"
        "end_train_acc,end_val_loss,end_val_acc,end_test_loss,end_test_acc,report_at,train_seconds,ms_per_"
        "step,status,"
        "mask_digest,training,ticket,pruned_layer\n";
    rig *r = rig_create();
    rig_start(r);
    rig_finish(r);
    lt_text text = rig_read(r, "levels.csv");
    CU_ASSERT_STRING_EQUAL(text.s, header);
    lt_text_free(&text);
    rig_close(r);
}

static size_t lines_of(const rig *r, const char *name)
{
    lt_text text = rig_read(r, name);
    size_t n = 0;
    for (const char *s = text.s; *s; s++)
        n += *s == '\n';
    lt_text_free(&text);
    return n;
}

static void history_is_there_while_the_run_goes_on(void)
{
    rig *r = filled(rig_shuffled);
    CU_ASSERT_EQUAL(lines_of(r, "history.csv"), 1 + 6 * 2);
    check_query(r, "SELECT COUNT(*) FROM history", "12");
    check_query(r, "SELECT COUNT(*) FROM levels", "20");
    rig_finish(r);
    lt_history_row late = { .line = &r->line[0], .trial = 1, .level = 3, .step = 5, .epoch = NAN, .lr = NAN };
    ltc_error err;
    CU_ASSERT_EQUAL(lt_results_history(r->results, &late, &err), LTC_OK);
    /* the same once more is nothing new */
    CU_ASSERT_EQUAL(lt_results_history(r->results, &late, &err), LTC_OK);
    lt_text text = rig_read(r, "history.csv");
    CU_ASSERT_PTR_NOT_NULL(strstr(text.s, "\nmain,0,1,0,3,5,,,,,,,,\n"));
    lt_text_free(&text);
    CU_ASSERT_EQUAL(lines_of(r, "history.csv"), 1 + 6 * 2 + 1);
    rig_close(r);
}

static void a_level_in_training_is_no_level_yet(void)
{
    rig *r = rig_create();
    ltc_error err;
    rig_start(r);
    const lt_history_row h = { .line = &r->line[0], .trial = 1, .at = { [LT_M_TEST] = { 1, 1, 3 } } };
    CU_ASSERT_EQUAL(lt_results_history(r->results, &h, &err), LTC_OK);
    check_query(r, "SELECT COUNT(*) FROM level", "1");
    check_query(r, "SELECT COUNT(*) FROM levels", "0");
    rig_close(r);
}

/* The view's values, read as numbers, are the file's. */
static void views_say_what_files_say(void)
{
    rig *r = filled(rig_forward);
    rig_finish(r);
    lt_text text = rig_read(r, "levels.csv");
    const char *line = strstr(text.s, "\"fc, again\",main,0,1,0,1,");
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT(!strncmp(
        line, "\"fc, again\",main,0,1,0,1,1,magnitude,iterative,layer,weight,rewind,zero,end,init,0.2,,0.5,",
        86));
    check_query(r, "SELECT density FROM levels WHERE variant = 'main' AND trial = 1 AND level = 1", "0.5");
    check_query(r, "SELECT group_concat(name) = (SELECT group_concat(name) FROM pragma_table_info('levels')) "
                   "FROM pragma_table_info('levels')", "1");
    check_query(r, "SELECT best_test_acc || ' ' || best_test_loss || ' ' || end_train_loss FROM levels "
                   "WHERE variant = 'main' AND trial = 1 AND level = 1", "0.975 0.125 0.1");
    lt_text_free(&text);
    rig_close(r);
}

/* Trap 36: 2 of 3 samples are two thirds, to the last bit, whatever the batches were; and their loss is a
 * mean. */
static void accuracies_are_counts_over_the_exact_set(void)
{
    rig *r = rig_create();
    ltc_error err;
    lt_layer_row layer[3];
    rig_start(r);
    lt_level_row row = rig_row(r, 0, layer);
    row.best[LT_M_TEST] = (lt_measure){ 1.0, 2, 3 };
    CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    check_query(r, "SELECT printf('%!.17g %!.17g', best_test_loss, best_test_acc) FROM levels",
                "0.33333333333333331 0.66666666666666663");
    check_query(r, "SELECT test_correct || ' of ' || test_n FROM evaluation WHERE moment = 'best'", "2 of 3");
    rig_finish(r);
    lt_text text = rig_read(r, "levels.csv");
    CU_ASSERT_PTR_NOT_NULL(strstr(text.s, ",0.3333333333333333,0.6666666666666666,0.1,0.998,"));
    lt_text_free(&text);
    rig_close(r);
}

/* Trap 41. */
static void differences_are_computed_from_the_rows(void)
{
    rig *r = filled(rig_shuffled);
    rig_finish(r);
    check_query(
        r,
        "SELECT SUM(abs(s.difference - (SELECT AVG(t.best_test_acc - d.best_test_acc) FROM levels t "
        "JOIN levels d ON d.variant = 'main' AND d.level = 0 AND d.trial = t.trial "
        "WHERE t.variant = s.variant AND t.level = s.level)) > 1e-15) || ' of ' || COUNT(*) FROM summary s",
        "0 of 6");
    check_query(r, "SELECT COUNT(*) FROM summary WHERE abs((low + high) / 2 - mean) > 1e-15", "0");
    rig_close(r);
}

/* Trap 42: at level 3 one trial of two came through. */
static void a_single_run_claims_nothing(void)
{
    rig *r = filled(rig_forward);
    rig_finish(r);
    check_query(r, "SELECT n || ' ' || coalesce(low, 'none') || ' ' || verdict FROM summary "
                   "WHERE variant = 'main' AND level = 3", "1 none n = 1");
    rig_close(r);
}

/* Trap 42: draws are not repetitions. 0.962, 0.963 and 0.9525, not six numbers. */
static void draws_are_averaged_inside_a_trial(void)
{
    rig *r = filled(rig_forward);
    rig_finish(r);
    check_query(r, "SELECT n || ' ' || min || ' ' || max || ' ' || round(mean, 9) FROM summary "
                   "WHERE variant = 'random reinit'", "3 0.9525 0.963 0.959166667");
    rig_close(r);
}

/* Trap 40. */
static void the_majority_class_stands_beside(void)
{
    rig *r = rig_create();
    rig_start(r);
    check_query(r, "SELECT majority FROM dataset", "0.1135");
    rig_close(r);
}

static void settings_are_flat(void)
{
    rig *r = rig_create();
    rig_start(r);
    check_query(r, "SELECT group_concat(key || '=' || value, ' ') FROM setting",
                "run.name=\"fc, again\" run.seed=1 train.steps=1000 train.optimizer.lr=0.1 "
                "train.optimizer.decay=[\"weight\", \"bias\"] "
                "prune.layer_rate.0.match=\"fc1.*\" prune.layer_rate.0.rate=0.1 "
                "prune.layer_rate.1.match=\"output\" prune.layer_rate.1.rate=[0.0, 0.2] prune.exclude=[] "
                "variants.0.name=\"random reinit\" variants.0.prune.kept=\"reinit\" "
                "variants.1.name=\"one-shot\"");
    check_query(r, "SELECT name || ' ' || path || ' ' || coalesce(build, '-') FROM plugin",
                "magnitude /a path/magnitude.so -");
    check_query(r, "SELECT value FROM meta WHERE key = 'schema'", "2");
    check_query(r, "PRAGMA user_version", "2");
    check_query(r, "PRAGMA journal_mode", "wal");
    rig_close(r);
}

static ltc_status ignore(void *arg, const char *key, const char *value, size_t n, ltc_error *err)
{
    (void)arg, (void)key, (void)value, (void)n, (void)err;
    return LTC_OK;
}

static void what_is_no_configuration_is_refused(void)
{
    static const char *const bad[] = {
        "a = 1", "a = {", "a 1;", "a = ( { b = 1; };", "= 1;", "a = ( { } 3 );"
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ltc_error err = { 0 };
        CU_ASSERT_EQUAL(lt_flatten(bad[i], ignore, NULL, &err), LTC_EINTERNAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "line 1"));
    }
}

/* A damaged run.cfg in an output directory. */
static void groups_within_groups_come_to_an_end(void)
{
    enum { DEPTH = 1000000 };
    ltc_error err = { 0 };
    char *text = malloc(3 * DEPTH + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < DEPTH; i++)
        memcpy(text + 3 * i, "a={", 3);
    text[3 * DEPTH] = '\0';
    CU_ASSERT_EQUAL(lt_flatten(text, ignore, NULL, &err), LTC_EINTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "line 1"));
    free(text);
}

/* The same level twice, as when a run is taken up again: the second counts. */
static void a_row_that_comes_again_replaces(void)
{
    rig *r = filled(rig_forward);
    ltc_error err;
    lt_layer_row layer[3];
    lt_level_row row = rig_row(r, 7, layer);
    row.status = "done", row.n_layers = 1;
    CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    check_query(r, "SELECT COUNT(*) FROM levels", "20");
    check_query(r, "SELECT COUNT(*) FROM levels WHERE status = 'failed'", "0");
    check_query(r, "SELECT COUNT(*) FROM layers WHERE variant = 'main' AND trial = 2 AND level = 3", "1");
    rig_close(r);
}

/* As `ltcore watch` may have it: in the middle of a reading. It goes on with what it began with. */
static sqlite3_stmt *begin_reading(const rig *r, sqlite3 **db)
{
    char path[300];
    sqlite3_stmt *stmt = NULL;
    snprintf(path, sizeof path, "%s/results.db", r->dir);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(*db, "SELECT id FROM level", -1, &stmt, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_step(stmt), SQLITE_ROW);
    return stmt;
}

static void a_run_opens_its_database_anew(void)
{
    rig *r = filled(rig_forward);
    sqlite3 *reader = NULL;
    int rows = 1;
    lt_results_close(r->results);
    lt_store_close(r->store);
    r->store = NULL, r->results = NULL;
    sqlite3_stmt *stmt = begin_reading(r, &reader);
    rig_start(r);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        rows++;
    CU_ASSERT_EQUAL(rows, RIG_ROWS);
    sqlite3_finalize(stmt);
    sqlite3_close(reader);
    check_query(r, "SELECT COUNT(*) FROM level", "0");
    check_query(r, "PRAGMA integrity_check", "ok");
    rig_fill(r, rig_forward);
    check_query(r, "SELECT COUNT(*) FROM levels", "20");
    rig_close(r);
}

static void what_is_no_database_is_replaced(void)
{
    rig *r = rig_create();
    char path[300];
    ltc_error err;
    snprintf(path, sizeof path, "%s/results.db", r->dir);
    char junk[5000];
    memset(junk, 'x', sizeof junk);
    CU_ASSERT_EQUAL(lt_file_write(path, junk, sizeof junk, &err), LTC_OK);
    rig_start(r);
    check_query(r, "SELECT COUNT(*) FROM variant", "3");
    rig_close(r);
}

static void a_directory_that_is_not_there_is_a_sentence(void)
{
    rig *r = rig_create();
    lt_results *results = NULL;
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL(lt_results_open("/nowhere/at/all", &r->facts, &results, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "results.db: unable to open database file"));
    CU_ASSERT_PTR_NULL(results);
    rig_close(r);
}

static void a_row_of_nobody_is_refused(void)
{
    rig *r = rig_create();
    ltc_error err = { 0 };
    rig_start(r);
    const lt_line nobody = { .name = "main", .order = 3 };
    const lt_history_row wrong = { .line = &nobody, .trial = 1 };
    CU_ASSERT_EQUAL(lt_results_history(r->results, &wrong, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "results.db: FOREIGN KEY constraint failed"));
    lt_layer_row layer[3];
    lt_level_row row = rig_row(r, 0, layer);
    row.trial = 4;                            /* of three: nothing of it is kept */
    CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "results.db: FOREIGN KEY constraint failed"));
    check_query(r, "SELECT COUNT(*) FROM level", "0");
    rig_close(r);
}

static void events_are_kept(void)
{
    rig *r = rig_create();
    ltc_error err;
    rig_start(r);
    CU_ASSERT_EQUAL(lt_results_event(r->results, "warning", "layer 'fc1' has collapsed", &err), LTC_OK);
    check_query(r, "SELECT level || ': ' || sentence FROM event", "warning: layer 'fc1' has collapsed");
    rig_close(r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the files are golden, whatever the order of the rows", files_are_golden_whatever_the_order },
        { "the columns are those that are promised", columns_are_those_promised },
        { "history is there while the run goes on", history_is_there_while_the_run_goes_on },
        { "a level in training is no level yet", a_level_in_training_is_no_level_yet },
        { "views say what the files say", views_say_what_files_say },
        { "accuracies are counts over the exact set (trap 36)", accuracies_are_counts_over_the_exact_set },
        { "the majority class stands beside the results (trap 40)", the_majority_class_stands_beside },
        { "differences are computed from the rows (trap 41)", differences_are_computed_from_the_rows },
        { "a single run claims nothing (trap 42)", a_single_run_claims_nothing },
        { "draws are averaged inside a trial (trap 42)", draws_are_averaged_inside_a_trial },
        { "settings are flat", settings_are_flat },
        { "what is no configuration is refused", what_is_no_configuration_is_refused },
        { "groups within groups come to an end", groups_within_groups_come_to_an_end },
        { "a row that comes again replaces the first", a_row_that_comes_again_replaces },
        { "a run opens its database anew", a_run_opens_its_database_anew },
        { "what is no database is replaced", what_is_no_database_is_replaced },
        { "a directory that is not there is a sentence", a_directory_that_is_not_there_is_a_sentence },
        { "a row of nobody's is refused", a_row_of_nobody_is_refused },
        { "events are kept", events_are_kept },
    };
    return lt_suite_run("results", claims, sizeof claims / sizeof claims[0]);
}
