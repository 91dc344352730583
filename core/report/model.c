/* Owns what is computed from the rows of a run: groups, and means over trials. Called by everything that
 * draws or says something. */
#include "report/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/model_read.h"

void lt_seen_free(lt_seen_run *r)
{
    lt_arena_free(&r->arena);
    *r = (lt_seen_run){ 0 };
}

static bool same_group(const lt_seen_level *a, const lt_seen_level *b)
{
    return a->variant == b->variant && a->point == b->point && a->level == b->level;
}

static double mean_density(const lt_seen_level *l, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += l[i].q[LT_Q_DENSITY];
    return sum / (double)n;
}

static ltc_status make_groups(lt_seen_run *r, ltc_error *err)
{
    r->group = lt_arena_array(&r->arena, r->n_levels, sizeof *r->group);
    if (!r->group && r->n_levels)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory to report it", r->directory);
    for (size_t i = 0, end; i < r->n_levels; i = end) {
        const lt_seen_level *l = &r->level[i];
        for (end = i; end < r->n_levels && same_group(l, &r->level[end]);)
            end++;
        r->group[r->n_groups++] = (lt_seen_group){
            .variant = l->variant, .point = l->point, .level = l->level, .first = i, .n = end - i,
            .density = mean_density(l, end - i), .pairs = 0, .difference = NAN, .difference_low = NAN,
            .difference_high = NAN, .ratio = NAN, .verdict = "-",
        };
    }
    r->home = r->n_groups && r->group[0].variant == 0 ? r->group[0].point : 0;
    return LTC_OK;
}

static ltc_status read_all(sqlite3 *db, void *arg, ltc_error *err)
{
    lt_seen_run *r = arg;
    const char *directory = r->directory;
    lt_arena_free(&r->arena);
    *r = (lt_seen_run){ .directory = directory, .name = "", .version = "", .backend = "", .machine = "",
                        .dataset = "", .preset = "", .params = NAN, .macs = NAN, .samples = { NAN, NAN, NAN },
                        .majority = NAN };
    ltc_status st = db ? lt_seen_read_rows(db, r, err) : LTC_OK;
    if (!st)
        st = make_groups(r, err);
    return st || !db ? st : lt_seen_read_comparisons(db, r, err);
}

ltc_status lt_seen_read(const char *directory, lt_seen_run *r, ltc_error *err)
{
    *r = (lt_seen_run){ .directory = directory };
    return lt_database_look(directory, read_all, r, err);
}

const lt_seen_group *lt_seen_group_at(const lt_seen_run *r, uint32_t variant, uint32_t point, uint32_t level)
{
    for (size_t i = 0; i < r->n_groups; i++) {
        const lt_seen_group *g = &r->group[i];
        if (g->variant == variant && g->point == point && g->level == level)
            return g;
    }
    return NULL;
}

const char *lt_seen_value(const lt_seen_run *r, const char *key)
{
    for (size_t i = 0; i < r->n_settings; i++)
        if (!strcmp(r->setting[i].key, key))
            return r->setting[i].value;
    return NULL;
}

/* The mean of the draws of the trial that begins at l[0]; *n: how many rows it has. */
static double mean_of_trial(const lt_seen_level *l, size_t rows, lt_quantity q, size_t *n)
{
    double sum = 0;
    size_t measured = 0;
    for (*n = 0; *n < rows && l[*n].trial == l[0].trial; ++*n)
        if (!isnan(l[*n].q[q])) {
            sum += l[*n].q[q];
            measured++;
        }
    return measured ? sum / (double)measured : NAN;
}

lt_spread lt_seen_spread(const lt_seen_run *r, const lt_seen_group *g, lt_quantity q)
{
    double *x = lt_array(g->n, sizeof *x);
    size_t trials = 0;
    for (size_t i = 0, n; x && i < g->n; i += n) {
        const double mean = mean_of_trial(&r->level[g->first + i], g->n - i, q, &n);
        if (!isnan(mean))
            x[trials++] = mean;
    }
    const lt_spread s = lt_spread_of(x, trials);
    free(x);
    return s;
}
