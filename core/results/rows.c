/* Owns the statements that fill level, mask, mask_layer, training, evaluation, event and comparison.
 * Called by results.c. Values stand in the order of the columns in schema.c. */
#include "results/rows.h"

#include <inttypes.h>
#include <math.h>

static const char *const sql[LT_ROWS] = {
    [LT_ROW_OPEN] = "INSERT OR IGNORE INTO level (variant, point, trial, draw, level) VALUES (?, ?, ?, ?, ?)",
    [LT_ROW_FIND] =
        "SELECT id FROM level WHERE variant = ? AND point = ? AND trial = ? AND draw = ? AND level = ?",
    [LT_ROW_LEVEL] =
        ("UPDATE level SET round = ?, rate = ?, target_sparsity = ?, output_factor = ?, macs_dense = ?, "
         "macs_alive = ?, dead_units = ?, status = ?, pruned_layer = ?, "
         "drawn_step = ? WHERE id = ?"),
    [LT_ROW_FORGET] = "DELETE FROM mask_layer WHERE level = ?",
    [LT_ROW_FORGET_DISTANCES] = "DELETE FROM mask_distance WHERE level = ?",
    [LT_ROW_DISTANCE] = "INSERT INTO mask_distance VALUES (?, ?, ?, ?, ?)",
    [LT_ROW_MASK] = "INSERT OR REPLACE INTO mask VALUES (?, ?, ?, ?, ?, ?, ?)",
    [LT_ROW_LAYER] = "INSERT INTO mask_layer VALUES (?, ?, ?, ?, ?, ?)",
    [LT_ROW_TRAINING] = "INSERT OR REPLACE INTO training VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [LT_ROW_EVALUATION] =
        "INSERT OR REPLACE INTO evaluation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [LT_ROW_EVENT] = "INSERT INTO event (level, sentence) VALUES (?, ?)",
    [LT_ROW_COMPARISON] = "INSERT INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

ltc_status lt_rows_open(sqlite3 *db, lt_rows *rows, ltc_error *err)
{
    *rows = (lt_rows){ .db = db };
    ltc_status st = LTC_OK;
    for (int i = 0; i < LT_ROWS && !st; i++)
        st = lt_database_prepare(db, sql[i], &rows->stmt[i], err);
    return st;
}

void lt_rows_close(lt_rows *rows)
{
    for (int i = 0; i < LT_ROWS; i++)
        sqlite3_finalize(rows->stmt[i]);      /* says again what was said when it ran */
    *rows = (lt_rows){ 0 };
}

/* Whose row it is. */
typedef struct level_key { const lt_line *line; uint32_t trial, draw, level; } level_key;

static lt_binding bind_key(sqlite3_stmt *stmt, level_key k)
{
    lt_binding b = lt_bind(stmt);
    lt_bind_count(&b, k.line->order);
    lt_bind_count(&b, k.line->point);
    lt_bind_count(&b, k.trial);
    lt_bind_count(&b, k.draw);
    lt_bind_count(&b, k.level);
    return b;
}

/* The id of the level, which is made if it is not there. */
static ltc_status find_level(lt_rows *rows, level_key k, uint64_t *id, ltc_error *err)
{
    lt_binding b = bind_key(rows->stmt[LT_ROW_OPEN], k);
    const ltc_status st = lt_bind_done(&b, err);
    if (st)
        return st;
    b = bind_key(rows->stmt[LT_ROW_FIND], k);
    const bool found = !b.failed && sqlite3_step(b.stmt) == SQLITE_ROW;
    *id = found ? (uint64_t)sqlite3_column_int64(b.stmt, 0) : 0;
    sqlite3_reset(b.stmt);                    /* says again what step said */
    return found ? LTC_OK : lt_database_fail(rows->db, err);
}

static ltc_status put_level(lt_rows *rows, uint64_t id, const lt_level_row *row, ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_LEVEL]);
    lt_bind_count(&b, row->round);
    lt_bind_real(&b, row->rate);
    lt_bind_real(&b, row->target_sparsity);
    lt_bind_real(&b, row->output_factor);
    lt_bind_count(&b, row->macs_dense);
    lt_bind_count(&b, row->macs_alive);
    lt_bind_count(&b, row->dead_units);
    lt_bind_text(&b, row->status);
    lt_bind_text(&b, row->pruned_layer);
    if (row->watch.every)
        lt_bind_count(&b, row->watch.drawn_step);
    else
        lt_bind_null(&b);
    lt_bind_count(&b, id);
    return lt_bind_done(&b, err);
}

static ltc_status put_mask(lt_rows *rows, uint64_t id, const lt_level_row *row, ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_MASK]);
    lt_bind_count(&b, id);
    if (row->has_mask)
        lt_bind_digest(&b, &row->mask);
    else
        lt_bind_null(&b);
    lt_bind_count(&b, row->weights_alive);
    lt_bind_count(&b, row->weights_frozen);
    lt_bind_count(&b, row->weights_total);
    lt_bind_count(&b, row->params_alive);
    lt_bind_count(&b, row->params_total);
    return lt_bind_done(&b, err);
}

static ltc_status put_layer(lt_rows *rows, uint64_t id, uint32_t position, const lt_layer_row *layer,
                            ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_LAYER]);
    lt_bind_count(&b, id);
    lt_bind_count(&b, position);
    lt_bind_text(&b, layer->name);
    lt_bind_count(&b, layer->alive);
    lt_bind_count(&b, layer->frozen);
    lt_bind_count(&b, layer->total);
    return lt_bind_done(&b, err);
}

static ltc_status forget(lt_rows *rows, int what, uint64_t id, ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[what]);
    lt_bind_count(&b, id);
    return lt_bind_done(&b, err);
}

static ltc_status put_distance(lt_rows *rows, uint64_t id, const lt_watch *w, uint32_t i, uint32_t before,
                               ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_DISTANCE]);
    lt_bind_count(&b, id);
    lt_bind_count(&b, (i + 1) * w->every);
    lt_bind_count(&b, (before + 1) * w->every);
    lt_bind_count(&b, w->differ[lt_pair(i, before)]);
    lt_bind_count(&b, w->total);
    return lt_bind_done(&b, err);
}

static ltc_status put_distances(lt_rows *rows, uint64_t id, const lt_watch *w, ltc_error *err)
{
    ltc_status st = forget(rows, LT_ROW_FORGET_DISTANCES, id, err);
    for (uint32_t i = 1; i < w->n && !st; i++)
        for (uint32_t before = 0; before < i && !st; before++)
            st = put_distance(rows, id, w, i, before, err);
    return st;
}

static ltc_status put_layers(lt_rows *rows, uint64_t id, const lt_level_row *row, ltc_error *err)
{
    ltc_status st = forget(rows, LT_ROW_FORGET, id, err);
    for (uint32_t i = 0; i < row->n_layers && !st; i++)
        if (row->layer[i].total)              /* one that is not pruned has no density */
            st = put_layer(rows, id, i, &row->layer[i], err);
    return st;
}

static ltc_status put_training(lt_rows *rows, uint64_t id, const lt_level_row *row, ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_TRAINING]);
    lt_bind_count(&b, id);
    lt_bind_digest(&b, &row->training);
    lt_bind_count(&b, row->steps);
    lt_bind_real(&b, row->epochs);
    if (row->best_step == UINT64_MAX)
        lt_bind_null(&b);
    else
        lt_bind_count(&b, row->best_step);
    lt_bind_real(&b, row->best_epoch);
    lt_bind_real(&b, row->train_s);
    lt_bind_real(&b, row->ms_per_step);
    lt_bind_count(&b, row->trained_steps);
    lt_bind_count(&b, row->moved);
    lt_bind_digest(&b, &row->state_start);
    lt_bind_digest(&b, &row->state_best);
    lt_bind_digest(&b, &row->state_end);
    return lt_bind_done(&b, err);
}

/* When something was measured. */
typedef struct moment { const char *name; uint64_t step; double epoch, lr; } moment;

static ltc_status put_evaluation(lt_rows *rows, uint64_t id, moment at, const lt_measure m[LT_M_SPLITS],
                                 ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_EVALUATION]);
    lt_bind_count(&b, id);
    lt_bind_text(&b, at.name);
    lt_bind_count(&b, at.step);
    lt_bind_real(&b, at.epoch);
    lt_bind_real(&b, at.lr);
    for (int s = 0; s < LT_M_SPLITS; s++)
        if (m[s].n) {
            lt_bind_real(&b, m[s].loss);
            lt_bind_count(&b, m[s].correct);
            lt_bind_count(&b, m[s].n);
        } else {
            lt_bind_null(&b);
            lt_bind_null(&b);
            lt_bind_null(&b);
        }
    return lt_bind_done(&b, err);
}

/* The named moments of a level; drawn and dense stand at step 0, before the training. */
static ltc_status put_moments(lt_rows *rows, uint64_t id, const lt_level_row *row, ltc_error *err)
{
    const uint64_t best_step = row->best_step == UINT64_MAX ? 0 : row->best_step;
    const struct { moment at; const lt_measure *m; } all[] = {
        { { "drawn", 0, NAN, NAN }, row->drawn },
        { { "dense", 0, NAN, NAN }, row->dense },
        { { "start", 0, NAN, NAN }, row->start },
        { { "best", best_step, row->best_epoch, NAN }, row->best },
        { { "end", row->steps, row->epochs, NAN }, row->end },
    };
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && !st; i++)
        if (lt_measured(all[i].m))
            st = put_evaluation(rows, id, all[i].at, all[i].m, err);
    return st;
}

ltc_status lt_rows_level(lt_rows *rows, const lt_level_row *row, ltc_error *err)
{
    const level_key key = { row->line, row->trial, row->draw, row->level };
    uint64_t id = 0;
    ltc_status st = lt_database_run(rows->db, "BEGIN IMMEDIATE", err);
    if (st)
        return st;
    st = find_level(rows, key, &id, err);
    if (!st)
        st = put_level(rows, id, row, err);
    if (!st)
        st = put_mask(rows, id, row, err);
    if (!st)
        st = put_layers(rows, id, row, err);
    if (!st)
        st = put_distances(rows, id, &row->watch, err);
    if (!st)
        st = put_training(rows, id, row, err);
    if (!st)
        st = put_moments(rows, id, row, err);
    return lt_database_commit(rows->db, st, err);
}

ltc_status lt_rows_history(lt_rows *rows, const lt_history_row *row, ltc_error *err)
{
    const level_key key = { row->line, row->trial, row->draw, row->level };
    const moment at = { "step", row->step, row->epoch, row->lr };
    uint64_t id = 0;
    ltc_status st = lt_database_run(rows->db, "BEGIN IMMEDIATE", err);
    if (st)
        return st;
    st = find_level(rows, key, &id, err);
    if (!st)
        st = put_evaluation(rows, id, at, row->at, err);
    return lt_database_commit(rows->db, st, err);
}

ltc_status lt_rows_event(lt_rows *rows, const char *level, const char *sentence, ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_EVENT]);
    lt_bind_text(&b, level);
    lt_bind_text(&b, sentence);
    return lt_bind_done(&b, err);
}

static ltc_status put_comparison(lt_rows *rows, const lt_line *line, const lt_comparison *c, ltc_error *err)
{
    lt_binding b = lt_bind(rows->stmt[LT_ROW_COMPARISON]);
    lt_bind_count(&b, line->order);
    lt_bind_count(&b, line->point);
    lt_bind_count(&b, c->level);
    lt_bind_real(&b, c->density);
    lt_bind_count(&b, c->accuracy.n);
    lt_bind_real(&b, c->accuracy.mean);
    lt_bind_real(&b, c->accuracy.min);
    lt_bind_real(&b, c->accuracy.max);
    lt_bind_real(&b, c->accuracy.half);
    lt_bind_count(&b, c->difference.n);
    lt_bind_real(&b, c->difference.mean);
    lt_bind_real(&b, c->difference.half);
    lt_bind_real(&b, c->early_stop);
    lt_bind_real(&b, c->early_ratio);
    lt_bind_text(&b, lt_verdict_word(c->verdict));
    return lt_bind_done(&b, err);
}

ltc_status lt_rows_comparisons(lt_rows *rows, const lt_line *line, const lt_comparisons *c, ltc_error *err)
{
    ltc_status st = lt_database_run(rows->db, "BEGIN IMMEDIATE", err);
    if (st)
        return st;
    st = lt_database_run(rows->db, "DELETE FROM comparison", err);
    for (size_t i = 0; i < c->n && !st; i++)
        st = put_comparison(rows, &line[c->v[i].line], &c->v[i], err);
    return lt_database_commit(rows->db, st, err);
}
