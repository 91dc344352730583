/* Owns the shape of results.db: its tables hold counts and sums as they were measured, its views the ratios
 * that people read. The CSV files are dumps of views, so that neither can say what the other does not. */
#include "results/schema.h"

/* Of one split: all NULL if it was not measured. */
#define MEASURED(split) split "_loss REAL, " split "_correct INTEGER, " split "_n INTEGER"
#define MEAN(split, as) \
    split "_loss / " split "_n AS " as "_loss, 1.0 * " split "_correct / " split "_n AS " as "_acc"

/* END is a keyword, so the joined rows of a level's moments are called at_end, at_best, ... */
#define WITH(at) \
    " LEFT JOIN measure AS at_" at " ON at_" at ".level = level.id AND at_" at ".moment = '" at "'"
#define BOTH(at, split) \
    "at_" at "." split "_loss AS " at "_" split "_loss, " \
    "at_" at "." split "_acc AS " at "_" split "_acc, "

#define LINE     "variant.name AS variant, level.point AS point, trial, draw, level.level AS level"
#define DENSITY  "1.0 * alive / total"
#define OF_LEVEL " FROM mask_layer WHERE mask_layer.level = level.id"
#define JOINED \
    "level JOIN variant ON variant.id = level.variant JOIN line ON line.variant = level.variant AND " \
    "line.point = level.point JOIN mask ON mask.level = level.id JOIN training ON training.level = level.id"

/* The directory of a row of JOINED; NULL if there is no file to put there. */
#define TICKET \
    "CASE WHEN COALESCE(digest, start_state, best_state, end_state) IS NOT NULL THEN " \
    "printf('tickets/%s%s/t%d%s/l%02d', folder, " \
    "CASE level.point WHEN 0 THEN '' ELSE printf('/p%02d', level.point) END, trial, " \
    "CASE draw WHEN 0 THEN '' ELSE '/d' || draw END, level.level) END"

#define LAYERS \
    "SELECT run.name AS run, " LINE ", layer, alive, frozen, total, " DENSITY " AS density " \
    "FROM run, mask_layer JOIN level ON level.id = mask_layer.level " \
    "JOIN variant ON variant.id = level.variant"

const char *const lt_results_schema[] = {
    /* What is the same for the whole run. */
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE run (name TEXT, seed INTEGER, trials INTEGER, machine TEXT)",
    "CREATE TABLE setting (position INTEGER PRIMARY KEY, key TEXT, value TEXT, place TEXT, before TEXT)",
    ("CREATE TABLE plugin (position INTEGER PRIMARY KEY, kind TEXT, name TEXT, version TEXT, path TEXT, "
     "build TEXT, sha256 TEXT)"),
    ("CREATE TABLE dataset (id INTEGER PRIMARY KEY, name TEXT, digest TEXT, train INTEGER, validation INTEGER, test INTEGER, "
     "majority REAL)"),
    ("CREATE TABLE variant (id INTEGER PRIMARY KEY, name TEXT UNIQUE, folder TEXT, masks TEXT, matches TEXT, "
     "draws INTEGER)"),
    "CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT)",
    "CREATE TABLE trial (id INTEGER PRIMARY KEY)",
    ("CREATE TABLE line (variant INTEGER REFERENCES variant, point INTEGER REFERENCES point, "
     "dataset INTEGER REFERENCES dataset, backend TEXT, params INTEGER, macs INTEGER, mask TEXT, "
     "strategy TEXT, scope TEXT, granularity TEXT, kept TEXT, pruned TEXT, draw_at TEXT, rewind_to TEXT, "
     "report_at TEXT, dense_variant INTEGER, dense_point INTEGER, "
     "PRIMARY KEY (variant, point)) WITHOUT ROWID"),
    ("CREATE TABLE swept (variant INTEGER, point INTEGER, position INTEGER, key TEXT, value, "
     "PRIMARY KEY (variant, point, position), FOREIGN KEY (variant, point) REFERENCES line) WITHOUT ROWID"),

    /* Levels. status is NULL while one is being trained. */
    ("CREATE TABLE level (id INTEGER PRIMARY KEY, variant INTEGER NOT NULL, point INTEGER NOT NULL, "
     "trial INTEGER NOT NULL REFERENCES trial, "
     "draw INTEGER NOT NULL, level INTEGER NOT NULL, round INTEGER, rate REAL, target_sparsity REAL, "
     "output_factor REAL, macs_dense INTEGER, macs_alive INTEGER, dead_units INTEGER, status TEXT, "
     "pruned_layer TEXT, drawn_step INTEGER, UNIQUE (variant, point, trial, draw, level), "
     "FOREIGN KEY (variant, point) REFERENCES line)"),
    ("CREATE TABLE mask (level INTEGER PRIMARY KEY REFERENCES level, digest TEXT, alive INTEGER, "
     "frozen INTEGER, total INTEGER, params_alive INTEGER, params_total INTEGER)"),
    ("CREATE TABLE mask_layer (level INTEGER REFERENCES level, position INTEGER, layer TEXT, "
     "alive INTEGER, frozen INTEGER, total INTEGER, PRIMARY KEY (level, position)) WITHOUT ROWID"),
    ("CREATE TABLE mask_distance (level INTEGER REFERENCES level, step INTEGER, other INTEGER, differ INTEGER, "
     "total INTEGER, PRIMARY KEY (level, step, other)) WITHOUT ROWID"),
    ("CREATE TABLE training (level INTEGER PRIMARY KEY REFERENCES level, key TEXT, steps INTEGER, "
     "epochs REAL, best_step INTEGER, best_epoch REAL, seconds REAL, ms_per_step REAL, "
     "trained_steps INTEGER, moved INTEGER, start_state TEXT, best_state TEXT, end_state TEXT)"),
    ("CREATE TABLE evaluation (level INTEGER REFERENCES level, moment TEXT, step INTEGER, epoch REAL, "
     "lr REAL, " MEASURED("train") ", " MEASURED("validation") ", " MEASURED("test") ", "
     "PRIMARY KEY (level, moment, step)) WITHOUT ROWID"),
    "CREATE TABLE event (id INTEGER PRIMARY KEY, level TEXT, sentence TEXT)",
    ("CREATE TABLE comparison (variant INTEGER, point INTEGER, "
     "level INTEGER, density REAL, n INTEGER, mean REAL, min REAL, max REAL, half REAL, pairs INTEGER, "
     "difference REAL, difference_half REAL, early_stop REAL, early_stop_ratio REAL, verdict TEXT, "
     "PRIMARY KEY (variant, point, level), FOREIGN KEY (variant, point) REFERENCES line) WITHOUT ROWID"),

    /* Views. */
    ("CREATE VIEW measure AS SELECT level, moment, step, epoch, lr, " MEAN("train", "train") ", "
     MEAN("validation", "val") ", " MEAN("test", "test") " FROM evaluation"),
    "CREATE VIEW layers AS " LAYERS,
    ("CREATE VIEW history AS SELECT " LINE ", step, epoch, lr, val_loss, val_acc, test_loss, test_acc, "
     "train_loss, train_acc FROM level JOIN variant ON variant.id = level.variant "
     "JOIN measure ON measure.level = level.id WHERE moment = 'step'"),
    ("CREATE VIEW ticket AS SELECT " TICKET " AS path, " LINE ", 1.0 * mask.alive / mask.total AS density, "
     "key, (SELECT name FROM point WHERE id = level.point AND id > 0) AS point_name, digest, start_state, "
     "best_state, end_state FROM " JOINED " WHERE status IS NOT NULL"),
    ("CREATE VIEW summary AS SELECT variant.name AS variant, point, level, density, n, mean, min, max, "
     "mean - half AS low, mean + half AS high, pairs, difference, "
     "difference - difference_half AS difference_low, difference + difference_half AS difference_high, "
     "early_stop, early_stop_ratio, verdict "
     "FROM comparison JOIN variant ON variant.id = comparison.variant"),
};
const size_t lt_n_results_schema = sizeof lt_results_schema / sizeof lt_results_schema[0];

/* All that is measured of a level. What follows are the columns of the swept keys. */
static const char levels_view[] =
    "CREATE VIEW levels AS SELECT run.name AS run, variant.name AS variant, level.point AS point, "
     "level.trial AS trial, level.draw AS draw, level.level AS level, round, line.mask AS mask, "
     "strategy, scope, granularity, kept, pruned, "
     "CASE WHEN drawn_step IS NULL THEN draw_at ELSE printf('%dit', drawn_step) END AS draw_at, rewind_to, rate, "
     "target_sparsity, 1.0 * mask.alive / mask.total AS density, 1.0 * params_alive / params_total AS density_params, "
     "mask.alive AS weights_alive, mask.frozen AS weights_frozen, mask.total AS weights_total, "
     "params_alive, params_total, macs_dense, macs_alive, NULL AS macs_shrunk, "
     "(SELECT MIN(" DENSITY ")" OF_LEVEL ") AS min_layer_density, "
     "(SELECT layer" OF_LEVEL " ORDER BY " DENSITY ", position LIMIT 1) AS min_layer, dead_units, "
     "(SELECT COUNT(*)" OF_LEVEL " AND alive + frozen = 0) AS collapsed, steps, epochs, "
     BOTH("drawn", "val") BOTH("drawn", "test")
     BOTH("dense", "val") BOTH("dense", "test")
     BOTH("start", "val") BOTH("start", "test") "best_step, best_epoch, "
     BOTH("best", "train") BOTH("best", "val") BOTH("best", "test")
     BOTH("end", "train") BOTH("end", "val") BOTH("end", "test")
     "CASE WHEN at_best.level IS NULL THEN 'end' ELSE line.report_at END AS report_at, "
     "training.seconds AS train_seconds, ms_per_step, status, digest AS mask_digest, "
     "training.key AS training, " TICKET " AS ticket, pruned_layer";
static const char levels_from[] =
    " FROM run, " JOINED WITH("drawn") WITH("dense") WITH("start") WITH("best") WITH("end")
    " WHERE status IS NOT NULL";

void lt_results_levels_view(const char *const *swept, size_t n, lt_text *sql)
{
    lt_text_add(sql, "%s", levels_view);
    for (size_t i = 0; i < n; i++)
        lt_text_add(sql,
                    ", (SELECT value FROM swept WHERE swept.variant = level.variant AND swept.point = "
                    "level.point AND position = %zu) AS \"%s\"", i, swept[i]);
    lt_text_add(sql, "%s", levels_from);
}

#define IN_ORDER(view) \
    " ORDER BY (SELECT id FROM variant WHERE name = " view ".variant), point, trial, draw, level"
const char lt_select_levels[] = "SELECT * FROM levels" IN_ORDER("levels");
const char lt_select_layers[] = LAYERS " ORDER BY variant.id, point, trial, draw, level.level, position";
const char lt_select_history[] = "SELECT * FROM history" IN_ORDER("history") ", step";
const char lt_select_tickets[] = "SELECT * FROM ticket" IN_ORDER("ticket");
