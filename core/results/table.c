/* Owns what a run says at its end. Called by results.c. Every number here is computed from rows; nothing
 * is judged but by comparison.c. */
#include "results/table.h"

#include <inttypes.h>
#include <math.h>

#include <ltcore/mask.h>

#include "results/grid.h"

enum { WIDTH = 110, FIXED = 3 };               /* columns that are repeated: level, tensor, density */
enum { LEVEL, TENSOR, DENSITY, ACCURACY, DIFFERENCE, EARLY_STOP, RATIO, FIRST_CONTROL };

/* How far the density of a control may lie from the main line's without a word about it. */
static const double SAME_DENSITY = 0.0005;

/* 1234567 as "1,234,567". */
static const char *count_text(uint64_t v, char text[32])
{
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%" PRIu64, v);
    char *to = text;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

/* Of a fraction, in percent: two decimals, or two digits where those would be zeros. */
static const char *percent_text(double fraction, char text[32])
{
    snprintf(text, 32, 100 * fraction >= 0.1 || fraction == 0 ? "%.2f" : "%.2g", 100 * fraction);
    return text;
}

static void set_spread(lt_grid *g, size_t row, size_t column, const char *mean, const lt_spread *s)
{
    if (!s->n)
        lt_grid_set(g, row, column, "-");
    else if (s->n == 1)
        lt_grid_set(g, row, column, "%s", mean);
    else
        lt_grid_set(g, row, column, "%s \u00b1 %.2f", mean, 100 * s->half);
}

static void set_early_stop(lt_grid *g, size_t row, const lt_comparison *c)
{
    char steps[32];
    const bool known = !isnan(c->early_stop);
    lt_grid_set(g, row, EARLY_STOP, "%s", known ? count_text((uint64_t)llround(c->early_stop), steps) : "-");
    if (isnan(c->early_ratio))
        lt_grid_set(g, row, RATIO, "-");
    else
        lt_grid_set(g, row, RATIO, "%.2f", c->early_ratio);
}

/* Of a level that prunes one tensor, which it is and what is left of it. */
static void set_tensor(lt_grid *g, size_t row, const lt_comparison *c)
{
    char density[32];
    lt_grid_set(g, 0, TENSOR, "tensor");
    if (isnan(c->layer_density))
        lt_grid_set(g, row, TENSOR, "%s", c->layer);
    else
        lt_grid_set(g, row, TENSOR, "%s: %s", c->layer, percent_text(c->layer_density, density));
}

/* With "@ density" where the control's is another one. */
static bool set_control(lt_grid *g, size_t row, size_t column, const lt_comparison *control,
                        const lt_comparison *main)
{
    char density[32];
    if (!control || !control->accuracy.n) {
        lt_grid_set(g, row, column, "-");
        return false;
    }
    const double mean = 100 * control->accuracy.mean;
    const bool other = fabs(control->density - main->density) > SAME_DENSITY;
    if (other)
        lt_grid_set(g, row, column, "%.2f @ %s", mean, percent_text(control->density, density));
    else
        lt_grid_set(g, row, column, "%.2f", mean);
    return other;
}

static void set_heading(lt_grid *g, const lt_settings *s)
{
    lt_grid_set(g, 0, LEVEL, "level");
    lt_grid_set(g, 0, DENSITY, "density");
    lt_grid_set(g, 0, ACCURACY, "test accuracy");
    lt_grid_set(g, 0, DIFFERENCE, "vs dense");
    lt_grid_set(g, 0, EARLY_STOP, "early stop");
    lt_grid_set(g, 0, RATIO, "ratio");
    for (uint64_t i = 0; i < s->n_variants; i++)
        lt_grid_set(g, 0, FIRST_CONTROL + i, "%s", s->variant[i].name);
    lt_grid_set(g, 0, g->columns - 1, "verdict");
}

/* A row; true if a control has another density. */
static bool set_level(lt_grid *g, size_t row, const lt_table *t, const lt_comparison *c)
{
    char density[32], mean[32], difference[32];
    bool other = false;
    snprintf(mean, sizeof mean, "%.2f", 100 * c->accuracy.mean);
    snprintf(difference, sizeof difference, "%+.2f", 100 * c->difference.mean);
    lt_grid_set(g, row, LEVEL, "%" PRIu32, c->level);
    if (c->layer)
        set_tensor(g, row, c);
    lt_grid_set(g, row, DENSITY, "%s", isnan(c->density) ? "-" : percent_text(c->density, density));
    set_spread(g, row, ACCURACY, mean, &c->accuracy);
    if (c->level == 0)
        lt_grid_set(g, row, DIFFERENCE, "-");
    else
        set_spread(g, row, DIFFERENCE, difference, &c->difference);
    set_early_stop(g, row, c);
    for (uint32_t i = 0; i < t->facts->settings->n_variants; i++) {
        const lt_comparison *control = lt_comparisons_find(t->comparisons, i + 1, c->level);
        other |= set_control(g, row, FIRST_CONTROL + i, control, c);
    }
    lt_grid_set(g, row, g->columns - 1, "%s", lt_verdict_word(c->verdict));
    return other;
}

static bool print_levels(const lt_table *t, FILE *to)
{
    size_t rows = 0;
    while (rows < t->comparisons->n && t->comparisons->v[rows].order == 0)
        rows++;                               /* main comes first */
    bool other = false;
    lt_grid g = lt_grid_of(rows + 1, FIRST_CONTROL + t->facts->settings->n_variants + 1);
    if (!g.failed)
        set_heading(&g, t->facts->settings);
    for (size_t i = 0; i < rows && !g.failed; i++)
        other |= set_level(&g, i + 1, t, &t->comparisons->v[i]);
    const bool ok = !g.failed;
    if (ok)
        lt_grid_print(&g, FIXED, WIDTH, to);
    if (ok && other)
        fputs("@: at that density, which is not the main line's.\n", to);
    lt_grid_free(&g);
    return ok;
}

static void print_rule(const lt_table *t, FILE *to)
{
    const lt_settings *s = t->facts->settings;
    char text[320];
    snprintf(text, sizeof text,
             "In percent and percentage points, at the %s: mean \u00b1 95 %% interval (Student's t) of "
             "%" PRId64 " trial%s; draws are averaged within their trial, and a trial is compared with its "
             "own dense network.",
             s->train.report_at == LT_REPORT_BEST ? "step of least validation loss" : "last step",
             s->run.trials, s->run.trials == 1 ? "" : "s");
    fputc('\n', to);
    lt_wrap(text, WIDTH, to);
    if (lt_seeks_tickets(s))
        lt_verdict_rule(s->report.matching, text), lt_wrap(text, WIDTH, to);
}

/* Other masks, of a criterion that reads nothing, with as many weights in each layer as main's: Frankle &
 * Carbin 2019, appendix E. */
static bool is_random_mask(const lt_table *t, uint64_t i)
{
    static const uint32_t all =
        LTC_NEED_INIT | LTC_NEED_REWIND | LTC_NEED_FINAL | LTC_NEED_DENSE | LTC_NEED_PROBE;
    const lt_variant *v = &t->facts->settings->variant[i];
    return v->masks == LT_MASKS_OWN && v->match == LT_MATCH_LAYER_DENSITY && t->facts->reads &&
           !(t->facts->reads[i + 1] & all);
}

/* Without these two nobody can say that the weights, or the places, of a ticket matter. */
static void print_missing_controls(const lt_table *t, FILE *to)
{
    static const char fresh[] = "fresh weights under the same masks", *const both = ", nor with ",
                      random[] = "random masks of the same density in each layer";
    const lt_settings *s = t->facts->settings;
    bool has_fresh = false, has_random = false;
    char text[240];
    for (uint64_t i = 0; i < s->n_variants; i++) {
        has_fresh |= lt_is_reinit(&s->variant[i]);
        has_random |= is_random_mask(t, i);
    }
    if (!lt_seeks_tickets(s) || s->prune.kept == LT_KEPT_FINAL || (has_fresh && has_random))
        return;
    snprintf(text, sizeof text, "Not compared with %s%s%s: etc/controls.cfg has such variants.",
             has_fresh ? "" : fresh, has_fresh || has_random ? "" : both, has_random ? "" : random);
    lt_wrap(text, WIDTH, to);
}

/* Over all levels of all lines. */
typedef struct totals { uint64_t trained, steps, stored, failed, moved; } totals;

static totals totals_of(const lt_samples *s)
{
    totals t = { 0 };
    for (const lt_sample *v = s->v; v < s->v + s->n; v++) {
        t.failed += v->failed;
        t.trained += v->trained_steps > 0;
        t.stored += !v->failed && v->trained_steps == 0;
        t.steps += v->trained_steps;
        t.moved += v->moved;
    }
    return t;
}

static void print_totals(const lt_table *t, FILE *to)
{
    char a[32], b[32], c[32];
    const totals sum = totals_of(t->samples);
    fprintf(to, "\nTrained: %s network%s, %s steps. From the store: %s.", count_text(sum.trained, a),
            sum.trained == 1 ? "" : "s", count_text(sum.steps, b), count_text(sum.stored, c));
    if (sum.failed)
        fprintf(to, " FAILED: %s; table event of results.db says why.", count_text(sum.failed, a));
    if (sum.moved)
        fprintf(to, "\nWRONG: %s dead or frozen weights moved. "
                "Nothing above is a lottery ticket; please report this.\n",
                count_text(sum.moved, a));
    else
        fputs("\nNo dead or frozen weight moved.\n", to);
}

bool lt_table_print(const lt_table *t, FILE *to)
{
    if (!print_levels(t, to))
        return false;
    print_rule(t, to);
    print_missing_controls(t, to);
    print_totals(t, to);
    if (!isnan(t->facts->majority))
        fprintf(to, "Always guessing the commonest class: %.2f %%.\n", 100 * t->facts->majority);
    fprintf(to, "Results: %s\n", t->directory);
    return true;
}
