/* Owns the rows of the run that was never made. Every number follows from the table below. */
#include "results_rig.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "util/file.h"

static const char resolved[] =
    "run = {\n    name = \"fc, again\";\n    seed = 1;\n};\ntrain = {\n    steps = 1000;\n    optimizer = {\n"
    "        lr = 0.1;\n        decay = [\"weight\", \"bias\"];\n    };\n};\n"
    "prune = {\n    layer_rate = ( { match = \"fc1.*\"; rate = 0.1; }, { match = \"output\"; rate = [0.0, 0.2]; } );\n"
    "    exclude = [];\n};\n"
    "variants = (\n    {\n        name = \"random reinit\";\n        prune = {\n            kept = "
    "\"reinit\";\n"
    "        };\n    },\n    {\n        name = \"one-shot\";\n    }\n);\n";

/* 100 weights: alive of them, 40 in fc1 and 60 in fc2; correct of 1000 in the test split at the best step. */
static const struct {
    uint32_t order, trial, draw, level;
    uint64_t alive, best_step, correct;
} rows[RIG_ROWS] = {
    { 0, 1, 0, 0, 100, 400, 970 }, { 0, 1, 0, 1, 50, 300, 975 },     { 0, 1, 0, 2, 20, 600, 969 },
    { 0, 1, 0, 3, 5, 800, 940 },   { 0, 2, 0, 0, 100, 500, 972 },    { 0, 2, 0, 1, 50, 400, 974 },
    { 0, 2, 0, 2, 20, 700, 970 },  { 0, 2, 0, 3, 5, UINT64_MAX, 0 }, /* failed */
    { 0, 3, 0, 0, 100, 600, 968 }, { 0, 3, 0, 1, 50, 500, 973 },     { 0, 3, 0, 2, 20, 500, 967 },
    { 1, 1, 1, 1, 50, 700, 960 },  { 1, 1, 2, 1, 50, 900, 964 },     { 1, 2, 1, 1, 50, 700, 961 },
    { 1, 2, 2, 1, 50, 900, 965 },  { 1, 3, 1, 1, 50, 700, 950 },     { 1, 3, 2, 1, 50, 900, 955 },
    { 2, 1, 0, 2, 10, 800, 930 },  { 2, 2, 0, 2, 10, 900, 940 },     { 2, 3, 0, 2, 10, 700, 935 },
};

const size_t rig_forward[RIG_ROWS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 };
const size_t rig_shuffled[RIG_ROWS] = {
    19, 7, 12, 0, 3, 16, 9, 1, 18, 11, 5, 14, 2, 17, 8, 6, 13, 4, 15, 10
};

rig *rig_create(void)
{
    rig *r = calloc(1, sizeof *r);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    snprintf(r->dir, sizeof r->dir, "%s/results.XXXXXX", TEST_BINARY_DIR);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(r->dir));
    snprintf(r->store_dir, sizeof r->store_dir, "%s/store", r->dir);
    lt_settings *s = &r->settings;
    s->run.name = "fc, again", s->run.seed = 1, s->run.trials = 3;
    s->report.matching = 0.002;
    s->dataset.plugin.name = "made up";
    s->prune.mask.name = "magnitude", s->prune.strategy = LT_STRATEGY_ITERATIVE;
    s->prune.draw_at.kind = LT_MOMENT_END, s->prune.rewind_to.kind = LT_MOMENT_INIT;
    r->variant[0] = (lt_variant){ .name = "random reinit", .draws = 2, .settings = *s };
    r->variant[0].settings.prune.kept = LT_KEPT_REINIT;
    r->variant[1] =
        (lt_variant){ .name = "\"quick\", one-shot", .draws = 1, .masks = LT_MASKS_OWN, .settings = *s };
    r->variant[1].settings.prune.strategy = LT_STRATEGY_ONE_SHOT;
    s->variant = r->variant, s->n_variants = 2;
    for (uint32_t i = 0; i < 3; i++) {
        lt_variant *v = i ? &r->variant[i - 1] : NULL;
        r->line[i] = (lt_line){
            .variant = v, .settings = v ? &v->settings : s, .name = v ? v->name : "main", .order = i
        };
        r->line_fact[i] =
            (lt_line_fact){ .reads = LTC_NEED_FINAL, .backend = "ref 1", .params = 110, .macs = 100 };
    }
    static const char *const point[] = { "as configured" };
    s->line = r->line, s->n_lines = 3, s->point = (ltc_strings){ point, 1 };
    r->data = (lt_data_fact){
        .name = "made up", .digest.byte = { 1 }, .samples = { 5000, 500, 1000 }, .majority = 0.1135
    };
    static const lt_plugin_fact plugin = {
        "masks", "magnitude", "1.0", "/a path/magnitude.so", NULL, "ab12"
    };
    r->facts = (lt_run_facts){
        .version = "0.1.0",
        .machine = "a machine",
        .resolved = resolved,
        .settings = s,
        .plugin = &plugin,
        .n_plugins = 1,
        .data = &r->data,
        .n_data = 1,
        .line = r->line_fact,
    };
    return r;
}

static lt_tensor *add_tensor(lt_tensors *t, const char *name, uint32_t type, uint32_t rank, int64_t n)
{
    ltc_error err;
    lt_tensor *v = NULL;
    CU_ASSERT_EQUAL_FATAL(lt_tensors_add(t, name, type, rank, &n, &v, &err), LTC_OK);
    return v;
}

static lt_digest put_object(rig *r, lt_tensors *t)
{
    ltc_error err;
    lt_digest d;
    CU_ASSERT_EQUAL_FATAL(lt_store_put(r->store, t, &d, &err), LTC_OK);
    lt_tensors_free(t);
    return d;
}

static lt_digest put_mask(rig *r, uint64_t alive)
{
    lt_tensors t = { 0 };
    memset(add_tensor(&t, "fc1.weight", LTC_U8, 1, 40)->data, 1, alive * 2 / 5);
    memset(add_tensor(&t, "fc2.weight", LTC_U8, 1, 60)->data, 1, alive - alive * 2 / 5);
    return put_object(r, &t);
}

/* As a training leaves it: weights, and what the optimizer keeps. */
static lt_digest put_state(rig *r)
{
    lt_tensors t = { 0 };
    ((float *)add_tensor(&t, "fc1.weight", LTC_F32, 1, 40)->data)[3] = 0.5f;
    add_tensor(&t, "fc1.bias", LTC_F32, 1, 10);
    add_tensor(&t, "fc2.weight", LTC_F32, 1, 60);
    ((float *)add_tensor(&t, "slot1/fc1.weight", LTC_F32, 1, 40)->data)[3] = 0.25f;
    add_tensor(&t, "slot2/fc1.weight", LTC_F32, 1, 40);
    *(uint64_t *)add_tensor(&t, "clock", LT_U64, 0, 0)->data = 1000;
    return put_object(r, &t);
}

static void fill_store(rig *r)
{
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL_FATAL(lt_store_open(r->store_dir, NULL, NULL, &r->store, &err), LTC_OK);
    for (size_t i = 0; i < RIG_ROWS; i++)
        r->mask[rows[i].alive] = put_mask(r, rows[i].alive);
    r->state = put_state(r);
}

void rig_start(rig *r)
{
    ltc_error err = { 0 };
    fill_store(r);
    const ltc_status st = lt_results_open(r->dir, &r->facts, &r->results, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
}

void rig_close(rig *r)
{
    char command[300];
    lt_results_close(r->results);
    lt_store_close(r->store);
    snprintf(command, sizeof command, "rm -rf '%s'", r->dir);
    CU_ASSERT_EQUAL(system(command), 0);
    free(r);
}

/* loss: mean of it; 1000 test samples, 500 of validation. */
static void measure(lt_measure m[LT_M_SPLITS], double loss, uint64_t correct)
{
    m[LT_M_VALIDATION] = (lt_measure){ 500 * loss, correct / 2, 500 };
    m[LT_M_TEST] = (lt_measure){ 1000 * loss, correct, 1000 };
}

static void fail_row(lt_level_row *row)
{
    row->status = "failed", row->best_step = UINT64_MAX, row->best_epoch = NAN;
    row->trained_steps = 0, row->train_s = row->ms_per_step = 0;
}

static void measure_row(lt_level_row *row, uint64_t correct, lt_digest state)
{
    row->state_start = row->state_end = state;
    measure(row->drawn, 0.75, correct - 300);
    measure(row->dense, 0.5, correct - 100);
    measure(row->start, 2.25, 100);
    measure(row->best, 0.125, correct);
    measure(row->end, 0.25, correct - 10);
    row->end[LT_M_TRAIN] = (lt_measure){ 500, 4990, 5000 };
}

lt_level_row rig_row(const rig *r, size_t i, lt_layer_row layer[3])
{
    const uint32_t order = rows[i].order;
    const uint64_t alive = rows[i].alive;
    lt_level_row row = {
        .line = &r->line[order],
        .trial = rows[i].trial,
        .draw = rows[i].draw,
        .level = rows[i].level,
        .round = rows[i].level,
        .rate = rows[i].level ? 0.2 : NAN,
        .target_sparsity = NAN,
        .output_factor = 0.5,
        .weights_alive = alive,
        .weights_total = 100,
        .params_alive = alive + 10,
        .params_total = 110,
        .macs_dense = 100,
        .macs_alive = alive,
        .steps = 1000,
        .epochs = 12.5,
        .best_step = rows[i].best_step,
        .best_epoch = (double)rows[i].best_step / 80,
        .train_s = 1.5,
        .ms_per_step = 0.25,
        .trained_steps = 1000,
        .status = "done",
        .mask = r->mask[alive],
        .training.byte = { 0xC0, (uint8_t)i },
        .has_mask = rows[i].level > 0,
        .layer = layer,
        .n_layers = 3,
    };
    layer[0] = (lt_layer_row){ "fc1.weight", alive * 2 / 5, 0, 40 };
    layer[1] = (lt_layer_row){ "fc1.bias", 0, 0, 0 };
    layer[2] = (lt_layer_row){ "fc2.weight", alive - alive * 2 / 5, 0, 60 };
    if (rows[i].best_step == UINT64_MAX)
        fail_row(&row);
    else
        measure_row(&row, rows[i].correct, r->state);
    return row;
}

/* At steps 0 and 1000. */
static void put_history(rig *r, const lt_level_row *row)
{
    ltc_error err = { 0 };
    for (uint64_t step = 0; step <= 1000; step += 1000) {
        lt_history_row h = { .line = row->line,
                             .trial = row->trial,
                             .draw = row->draw,
                             .level = row->level,
                             .step = step,
                             .epoch = (double)step / 80,
                             .lr = 0.1 };
        measure(h.at, step ? 0.25 : 2.3, step ? 900 : 100);
        CU_ASSERT_EQUAL(lt_results_history(r->results, &h, &err), LTC_OK);
    }
}

void rig_fill(rig *r, const size_t *order)
{
    ltc_error err = { 0 };
    for (size_t i = 0; i < RIG_ROWS; i++) {
        lt_layer_row layer[3];
        const lt_level_row row = rig_row(r, order[i], layer);
        if (row.level < 2 && row.line->order == 0)
            put_history(r, &row);
        CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    }
}

void rig_finish(rig *r)
{
    ltc_error err = { 0 };
    const ltc_status st = lt_results_finish(r->results, r->store, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL(st, LTC_OK);
}

static lt_text read_file(const char *path)
{
    ltc_error err;
    lt_text text = { 0 };
    if (lt_file_read(path, &text, &err)) {
        fprintf(stderr, "\n%s\n", err.message);
        lt_text_put(&text, "", 0);
    }
    return text;
}

lt_text rig_read(const rig *r, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    return read_file(path);
}

bool rig_is_golden(const char *name, const char *text)
{
    char path[600];
    ltc_error err;
    snprintf(path, sizeof path, "%s/golden/results/%s", TEST_SOURCE_DIR, name);
    if (getenv("LTCORE_WRITE_GOLDEN"))
        return lt_file_write(path, text, strlen(text), &err) == LTC_OK;
    lt_text golden = read_file(path);
    const bool same = !strcmp(golden.s, text);
    if (!same)
        fprintf(stderr, "\n%s should be:\n%s\nand is:\n%s\n", name, golden.s, text);
    lt_text_free(&golden);
    return same;
}

lt_text rig_query(const rig *r, const char *sql)
{
    char path[600];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    lt_text text = { 0 };
    snprintf(path, sizeof path, "%s/results.db", r->dir);
    lt_text_put(&text, "", 0);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ||
        sqlite3_prepare_v2(db, sql, -1, &stmt, NULL))
        fprintf(stderr, "\n%s: %s\n", sql, sqlite3_errmsg(db));
    else if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0))
        lt_text_add(&text, "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return text;
}
