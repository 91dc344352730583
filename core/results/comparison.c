/* Owns what a level is compared with and what may be said of it. Called by results.c for the table
 * `comparison` and by table.c. Dense is the level 0 that a line starts from, its own or another's. */
#include "results/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double ROUNDING = 1e-12;         /* 0.978 - 0.980 is a little more than 0.002 */

void lt_verdict_rule(double matching, char text[320])
{
    snprintf(text, 320,
             "winning: its mean accuracy falls short of dense's by %.3g pp at most, its early stop is not "
             "later, and each re-initialisation of its mask does worse; matching: the first of these. "
             "Nothing is said of a single trial.", 100 * matching);
}

const char *lt_verdict_word(lt_verdict v)
{
    static const char *const word[] = {
        [LT_VERDICT_NONE] = "-", [LT_VERDICT_SINGLE] = "n = 1", [LT_VERDICT_MATCHING] = "matching",
        [LT_VERDICT_WINNING] = "winning",
    };
    return word[v];
}

/* One trial's draws of a level, averaged. NaN: none was measured. */
typedef struct trial_mean { uint32_t trial; double accuracy, best_step; } trial_mean;
typedef struct trial_means { trial_mean *v; size_t n; } trial_means;

/* Space for as many trials as there are samples, shared by all levels. */
typedef struct workspace { trial_means dense, level; double *number; } workspace;

static size_t end_of_level(const lt_samples *s, size_t begin)
{
    size_t end = begin;
    while (end < s->n && s->v[end].line == s->v[begin].line && s->v[end].level == s->v[begin].level)
        end++;
    return end;
}

/* The mean of what was measured, in the order of draws. */
static void add(double x, double *sum, uint32_t *n)
{
    if (!isnan(x)) {
        *sum += x;
        ++*n;
    }
}

static trial_mean mean_of_draws(const lt_sample *s, size_t n)
{
    double accuracy = 0, best_step = 0;
    uint32_t n_accuracy = 0, n_best = 0;
    for (size_t i = 0; i < n; i++) {
        add(s[i].accuracy, &accuracy, &n_accuracy);
        add(s[i].best_step, &best_step, &n_best);
    }
    return (trial_mean){
        .trial = s->trial,
        .accuracy = n_accuracy ? accuracy / n_accuracy : NAN,
        .best_step = n_best ? best_step / n_best : NAN,
    };
}

static void collect_trials(const lt_sample *s, size_t n, trial_means *to)
{
    to->n = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && s[end].trial == s[i].trial;)
            end++;
        to->v[to->n++] = mean_of_draws(&s[i], end - i);
    }
}

static lt_spread accuracy_of(workspace *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->level.n; i++)
        if (!isnan(w->level.v[i].accuracy))
            w->number[n++] = w->level.v[i].accuracy;
    return lt_spread_of(w->number, n);
}

static const trial_mean *dense_of(const workspace *w, uint32_t trial)
{
    for (size_t i = 0; i < w->dense.n; i++)
        if (w->dense.v[i].trial == trial)
            return &w->dense.v[i];
    return NULL;
}

static lt_spread difference_of(workspace *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->level.n; i++) {
        const trial_mean *dense = dense_of(w, w->level.v[i].trial);
        const double d = dense ? w->level.v[i].accuracy - dense->accuracy : NAN;
        if (!isnan(d))
            w->number[n++] = d;
    }
    return lt_spread_of(w->number, n);
}

/* The ratio of means, not the mean of ratios: one slow trial does not outweigh the others. */
static void compare_early_stop(const workspace *w, lt_comparison *c)
{
    double all = 0, paired = 0, dense = 0;
    uint32_t n = 0;
    for (size_t i = 0; i < w->level.n; i++) {
        const trial_mean *m = &w->level.v[i], *d = dense_of(w, m->trial);
        add(m->best_step, &all, &n);
        if (d && !isnan(m->best_step) && !isnan(d->best_step))
            paired += m->best_step, dense += d->best_step;
    }
    c->early_stop = n ? all / n : NAN;
    c->early_ratio = dense > 0 ? paired / dense : NAN;
}

static double density_of(const lt_sample *s, size_t n)
{
    double sum = 0;
    uint32_t measured = 0;
    for (size_t i = 0; i < n; i++)
        add(s[i].density, &sum, &measured);
    return measured ? sum / measured : NAN;
}

static double density_of_layer(const lt_sample *s, size_t n)
{
    double sum = 0;
    uint32_t measured = 0;
    for (size_t i = 0; i < n; i++)
        add(s[i].layer_density, &sum, &measured);
    return measured ? sum / measured : NAN;
}

bool lt_seeks_tickets(const lt_settings *s)
{
    return s->prune.strategy != LT_STRATEGY_NONE && s->prune.strategy != LT_STRATEGY_SENSITIVITY;
}

bool lt_is_reinit(const lt_line *l)
{
    return l->variant && l->variant->masks == LT_MASKS_MAIN && l->settings->prune.kept == LT_KEPT_REINIT;
}

/* Each re-initialisation of the mask of this line of main's is below it, and there is one. */
static bool beats_reinit(const lt_comparisons *c, const lt_settings *s, const lt_comparison *of)
{
    bool beaten = false;
    for (uint32_t i = 0; i < s->n_lines && !s->line[of->line].variant; i++) {
        const lt_line *l = &s->line[i];
        const lt_comparison *control = lt_is_reinit(l) && l->main == of->line
                                           ? lt_comparisons_find(c, i, of->level)
                                           : NULL;
        if (!control || !control->accuracy.n)
            continue;
        if (!(control->accuracy.mean < of->accuracy.mean))
            return false;
        beaten = true;
    }
    return beaten;
}

static lt_verdict judge(const lt_comparisons *c, const lt_settings *s, const lt_comparison *of)
{
    if (!of->level || !of->difference.n || !lt_seeks_tickets(s->line[of->line].settings))
        return LT_VERDICT_NONE;
    if (of->difference.n == 1)
        return LT_VERDICT_SINGLE;
    if (of->difference.mean < -s->report.matching - ROUNDING)
        return LT_VERDICT_NONE;
    return of->early_ratio <= 1 && beats_reinit(c, s, of) ? LT_VERDICT_WINNING : LT_VERDICT_MATCHING;
}

static lt_comparison compare_level(const lt_sample *s, size_t n, workspace *w)
{
    lt_comparison c = { .line = s->line, .level = s->level, .density = density_of(s, n),
                        .layer = s->layer, .layer_density = density_of_layer(s, n) };
    collect_trials(s, n, &w->level);
    c.accuracy = accuracy_of(w);
    c.difference = difference_of(w);
    compare_early_stop(w, &c);
    return c;
}

/* The samples of a level; *n: how many. */
static const lt_sample *find_level(const lt_samples *s, uint32_t line, uint32_t level, size_t *n)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const lt_sample *m = &s->v[middle];
        if (m->line < line || (m->line == line && m->level < level))
            low = middle + 1;
        else
            high = middle;
    }
    const bool there = low < s->n && s->v[low].line == line && s->v[low].level == level;
    *n = there ? end_of_level(s, low) - low : 0;
    return there ? &s->v[low] : NULL;
}

/* What a level is compared with; level 0 with itself. */
static void collect_dense(const lt_samples *s, const lt_run_facts *f, const lt_sample *of, workspace *w)
{
    size_t n;
    const lt_sample *dense = find_level(s, f->line[of->line].dense, 0, &n);
    w->dense.n = 0;
    if (dense)
        collect_trials(dense, n, &w->dense);
}

bool lt_compare(const lt_samples *s, const lt_run_facts *facts, lt_comparisons *c)
{
    workspace w = {
        .dense.v = lt_array(s->n, sizeof *w.dense.v), .level.v = lt_array(s->n, sizeof *w.level.v),
        .number = lt_array(s->n, sizeof *w.number),
    };
    *c = (lt_comparisons){ .v = lt_array(s->n, sizeof *c->v) };
    const bool ok = w.dense.v && w.level.v && w.number && c->v;
    for (size_t i = 0, end; ok && i < s->n; i = end) {
        end = end_of_level(s, i);
        collect_dense(s, facts, &s->v[i], &w);
        c->v[c->n++] = compare_level(&s->v[i], end - i, &w);
    }
    for (size_t i = 0; i < c->n; i++)
        c->v[i].verdict = judge(c, facts->settings, &c->v[i]);
    free(w.dense.v);
    free(w.level.v);
    free(w.number);
    if (!ok) {
        free(c->v);
        c->v = NULL;
    }
    return ok;
}

static int by_key(const void *key, const void *element)
{
    const lt_comparison *a = key, *b = element;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->level != b->level ? (a->level < b->level ? -1 : 1) : 0;
}

const lt_comparison *lt_comparisons_find(const lt_comparisons *c, uint32_t line, uint32_t level)
{
    const lt_comparison key = { .line = line, .level = level };
    return c->n ? bsearch(&key, c->v, c->n, sizeof *c->v, by_key) : NULL;
}
