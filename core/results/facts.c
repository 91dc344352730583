/* Owns the tables that describe a run as a whole. Called by results.c when it opens results.db. */
#include "results/facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/moment.h"
#include "config/schema.h"
#include "results/flatten.h"
#include "results/schema.h"

/* A statement for some rows of one table: put after put, then end. */
typedef struct table { sqlite3 *db; sqlite3_stmt *stmt; } table;

static ltc_status begin(sqlite3 *db, const char *sql, table *t, ltc_error *err)
{
    *t = (table){ .db = db };
    return lt_database_prepare(db, sql, &t->stmt, err);
}

static void end(table *t)
{
    sqlite3_finalize(t->stmt);                /* says again what was said when it ran */
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static ltc_status put_meta(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    static const char sql[] = "INSERT INTO meta VALUES ('schema', ?), ('ltcore', ?), ('levels', ?), "
                              "('preset', ?)";
    ltc_status st = begin(db, sql, &t, err);
    if (!st) {
        lt_binding b = lt_bind(t.stmt);
        lt_bind_count(&b, LT_RESULTS_VERSION);
        lt_bind_text(&b, f->version);
        lt_bind_count(&b, f->n_levels);
        lt_bind_text(&b, f->config ? name_of(lt_config_preset(f->config)) : NULL);
        st = lt_bind_done(&b, err);
    }
    end(&t);
    return st;
}

static ltc_status put_run(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    ltc_status st = begin(db, "INSERT INTO run VALUES (?, ?, ?, ?)", &t, err);
    if (!st) {
        lt_binding b = lt_bind(t.stmt);
        lt_bind_text(&b, f->settings->run.name);
        lt_bind_count(&b, (uint64_t)f->settings->run.seed);
        lt_bind_count(&b, (uint64_t)f->settings->run.trials);
        lt_bind_text(&b, f->machine);
        st = lt_bind_done(&b, err);
    }
    end(&t);
    return st;
}

/* "run.cfg:14", "--set"; NULL: a default, or not known. */
static const char *place_of(const lt_config *config, const char *key, char text[256])
{
    const bool variant = !strncmp(key, "variants.", strlen("variants."));
    const lt_place at = config ? lt_config_place(config, variant ? "variants" : key) : (lt_place){ 0 };
    if (!at.file || (!at.line && strcmp(at.file, "--set") != 0))
        return NULL;
    snprintf(text, 256, at.line ? "%.200s:%u" : "%.200s", name_of(at.file), at.line);
    return text;
}

typedef struct put_settings_arg { table t; const lt_config *config; } put_settings_arg;

static ltc_status put_setting(void *arg, const char *key, const char *value, size_t n, ltc_error *err)
{
    const put_settings_arg *p = arg;
    char place[256];
    lt_text text = { 0 }, before = { 0 };
    lt_text_put(&text, value, n);
    lt_text_put(&before, "", 0);
    const bool differs = p->config && lt_config_before(p->config, key, &before);
    ltc_status st = LTC_OK;
    if (text.failed || before.failed) {
        st = ltc_fail(err, LTC_ENOMEM, "no memory for the value of %s", key);
    } else {
        lt_binding b = lt_bind(p->t.stmt);
        lt_bind_text(&b, key);
        lt_bind_text(&b, text.s);
        lt_bind_text(&b, place_of(p->config, key, place));
        lt_bind_text(&b, differs ? before.s : NULL);
        st = lt_bind_done(&b, err);
    }
    lt_text_free(&text);
    lt_text_free(&before);
    return st;
}

static ltc_status put_settings(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    put_settings_arg p = { .config = f->config };
    ltc_status st = begin(db, "INSERT INTO setting (key, value, place, before) VALUES (?, ?, ?, ?)", &p.t,
                          err);
    if (!st)
        st = lt_flatten(f->resolved, put_setting, &p, err);
    end(&p.t);
    return st;
}

static ltc_status put_plugins(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    ltc_status st = begin(db, "INSERT INTO plugin VALUES (?, ?, ?, ?, ?, ?, ?)", &t, err);
    for (uint64_t i = 0; i < f->n_plugins && !st; i++) {
        const lt_plugin_fact *p = &f->plugin[i];
        lt_binding b = lt_bind(t.stmt);
        lt_bind_count(&b, i);
        lt_bind_text(&b, p->kind);
        lt_bind_text(&b, p->name);
        lt_bind_text(&b, p->version);
        lt_bind_text(&b, p->path);
        lt_bind_text(&b, p->build);
        lt_bind_text(&b, p->sha256);
        st = lt_bind_done(&b, err);
    }
    end(&t);
    return st;
}

static ltc_status put_datasets(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    ltc_status st = begin(db, "INSERT INTO dataset VALUES (?, ?, ?, ?, ?, ?, ?)", &t, err);
    for (uint32_t i = 0; i < f->n_data && !st; i++) {
        lt_binding b = lt_bind(t.stmt);
        lt_bind_count(&b, i);
        lt_bind_text(&b, f->data[i].name);
        lt_bind_digest(&b, &f->data[i].digest);
        for (int k = 0; k < LT_M_SPLITS; k++)
            lt_bind_count(&b, f->data[i].samples[k]);
        lt_bind_real(&b, f->data[i].majority);
        st = lt_bind_done(&b, err);
    }
    end(&t);
    return st;
}

/* A name of the user's as that of one directory: "/" and a leading "." (and "%", so that no two names
 * become one) as in a URL. */
static void folder_of(const char *name, lt_text *to)
{
    for (const char *c = name; *c; c++)
        if (*c == '/' || *c == '%' || (*c == '.' && c == name))
            lt_text_add(to, "%%%02X", (unsigned)*c);
        else
            lt_text_put(to, c, 1);
}

/* v NULL: the run itself. */
static ltc_status put_variant(const table *t, uint64_t id, const lt_variant *v, ltc_error *err)
{
    const ltc_schema *own = lt_variant_schema("prune");
    lt_text folder = { 0 };
    folder_of(v ? v->name : "main", &folder);
    if (folder.failed)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the name of a variant");
    lt_binding b = lt_bind(t->stmt);
    lt_bind_count(&b, id);
    lt_bind_text(&b, v ? v->name : "main");
    lt_bind_text(&b, folder.s);
    lt_bind_text(&b, v ? lt_schema_word(own, "masks", v->masks) : NULL);
    lt_bind_text(&b, v ? lt_schema_word(own, "match", v->match) : NULL);
    lt_bind_count(&b, v ? (uint64_t)v->draws : 1);
    lt_text_free(&folder);
    return lt_bind_done(&b, err);
}

static ltc_status put_variants(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    ltc_status st = begin(db, "INSERT INTO variant VALUES (?, ?, ?, ?, ?, ?)", &t, err);
    if (!st)
        st = put_variant(&t, 0, NULL, err);
    for (uint32_t i = 0; i < f->settings->n_variants && !st; i++)
        st = put_variant(&t, i + 1, &f->settings->variant[i], err);
    end(&t);
    return st;
}

static ltc_status put_points(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    ltc_status st = begin(db, "INSERT INTO point VALUES (?, ?)", &t, err);
    for (uint64_t i = 0; i < f->settings->point.n && !st; i++) {
        lt_binding b = lt_bind(t.stmt);
        lt_bind_count(&b, i);
        lt_bind_text(&b, f->settings->point.v[i]);
        st = lt_bind_done(&b, err);
    }
    end(&t);
    return st;
}

/* What a line without pruning does not use is NULL. */
static ltc_status put_line(const table *t, const lt_run_facts *f, uint32_t i, ltc_error *err)
{
    char draw_at[LT_MOMENT_BYTES], rewind_to[LT_MOMENT_BYTES];
    const lt_line *l = &f->settings->line[i], *dense = &f->settings->line[f->line[i].dense];
    const lt_settings *s = l->settings;
    const bool prunes = s->prune.strategy != LT_STRATEGY_NONE;
    const bool drawn = prunes && s->prune.strategy != LT_STRATEGY_EARLY_BIRD; /* at a moment that is said */
    const ltc_schema *prune = &lt_group_find("prune")->schema;
    lt_binding b = lt_bind(t->stmt);
    lt_bind_count(&b, l->order);
    lt_bind_count(&b, l->point);
    lt_bind_count(&b, f->line[i].data);
    lt_bind_text(&b, f->line[i].backend);
    lt_bind_count(&b, f->line[i].params);
    lt_bind_count(&b, f->line[i].macs);
    lt_bind_text(&b, prunes ? s->prune.mask.name : NULL);
    lt_bind_text(&b, lt_schema_word(prune, "strategy", s->prune.strategy));
    lt_bind_text(&b, prunes ? lt_schema_word(prune, "scope", s->prune.scope) : NULL);
    lt_bind_text(&b, prunes ? "weight" : NULL);           /* granularity: there is no other yet */
    lt_bind_text(&b, prunes ? lt_schema_word(prune, "kept", s->prune.kept) : NULL);
    lt_bind_text(&b, prunes ? lt_schema_word(prune, "pruned", s->prune.pruned) : NULL);
    lt_bind_text(&b, drawn ? lt_moment_text(draw_at, s->prune.draw_at) : NULL);
    lt_bind_text(&b, prunes ? lt_moment_text(rewind_to, s->prune.rewind_to) : NULL);
    lt_bind_text(&b, lt_schema_word(&lt_group_find("train")->schema, "report_at", s->train.report_at));
    lt_bind_count(&b, dense->order);
    lt_bind_count(&b, dense->point);
    return lt_bind_done(&b, err);
}

static ltc_status put_lines(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    ltc_status st =
        begin(db, "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &t, err);
    for (uint32_t i = 0; i < f->settings->n_lines && !st; i++)
        st = put_line(&t, f, i, err);
    end(&t);
    return st;
}

/* A number as one, so that SQL can compare it. */
static void bind_value(lt_binding *b, const char *text)
{
    char *end;
    const double x = text ? strtod(text, &end) : NAN;
    if (text && end != text && !*end && isfinite(x))
        lt_bind_real(b, x);
    else
        lt_bind_text(b, text);
}

static ltc_status put_swept(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    const lt_settings *s = f->settings;
    table t;
    ltc_status st = begin(db, "INSERT INTO swept VALUES (?, ?, ?, ?, ?)", &t, err);
    for (uint32_t i = 0; i < s->n_lines; i++)
        for (uint64_t k = 0; k < s->swept.n && !st; k++) {
            lt_binding b = lt_bind(t.stmt);
            lt_bind_count(&b, s->line[i].order);
            lt_bind_count(&b, s->line[i].point);
            lt_bind_count(&b, k);
            lt_bind_text(&b, s->swept.v[k]);
            bind_value(&b, s->line[i].swept[k]);
            st = lt_bind_done(&b, err);
        }
    end(&t);
    return st;
}

static ltc_status make_view(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    lt_text sql = { 0 };
    lt_results_levels_view(f->settings->swept.v, f->settings->swept.n, &sql);
    const ltc_status st = sql.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for the columns of levels.csv")
                                     : lt_database_run(db, sql.s, err);
    lt_text_free(&sql);
    return st;
}

static ltc_status put_trials(sqlite3 *db, const lt_run_facts *f, ltc_error *err)
{
    table t;
    ltc_status st = begin(db, "INSERT INTO trial VALUES (?)", &t, err);
    for (int64_t i = 1; i <= f->settings->run.trials && !st; i++) {
        lt_binding b = lt_bind(t.stmt);
        lt_bind_count(&b, (uint64_t)i);
        st = lt_bind_done(&b, err);
    }
    end(&t);
    return st;
}

ltc_status lt_facts_write(sqlite3 *db, const void *facts, ltc_error *err)
{
    typedef ltc_status put(sqlite3 *, const lt_run_facts *, ltc_error *);
    static put *const all[] = {
        put_meta,   put_run,   put_settings, put_plugins, put_datasets, put_variants,
        put_points, put_lines, put_swept,    put_trials,  make_view,
    };
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && !st; i++)
        st = all[i](db, facts, err);
    return st;
}
