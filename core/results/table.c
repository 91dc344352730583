/* Owns what a run says at its end. Called by results.c. Every number here is computed from rows; nothing
 * is judged but by comparison.c. */
#include "results/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/mask.h>

#include "results/grid.h"

enum { WIDTH = 110, FIXED = 3 };               /* columns that are repeated: what is swept,
                                                * level, tensor, density */
enum { LEVEL, TENSOR, DENSITY, ACCURACY, DIFFERENCE, EARLY_STOP, RATIO, FIRST_CONTROL };

/* The rows of one variant, main or another. Columns: the swept keys that vary here, those above from `first`
 * on, the controls that stand beside, the verdict. */
typedef struct block {
    const lt_table *t;
    lt_grid         grid;
    uint32_t        order;                    /* of the variant */
    const uint64_t *key;                      /* [n_keys] of settings->swept */
    const uint32_t *beside;                   /* [n_beside] variants, by order */
    size_t          n_keys, n_beside;
} block;

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

static const lt_line *line_of(const lt_table *t, const lt_comparison *c)
{
    return &t->facts->settings->line[c->line];
}

static void set_early_stop(lt_grid *g, size_t row, size_t first, const lt_comparison *c)
{
    char steps[32];
    const bool known = !isnan(c->early_stop);
    lt_grid_set(g, row, first + EARLY_STOP, "%s",
                known ? count_text((uint64_t)llround(c->early_stop), steps) : "-");
    if (isnan(c->early_ratio))
        lt_grid_set(g, row, first + RATIO, "-");
    else
        lt_grid_set(g, row, first + RATIO, "%.2f", c->early_ratio);
}

/* Of a level that prunes one tensor, which it is and what is left of it. */
static void set_tensor(lt_grid *g, size_t row, size_t first, const lt_comparison *c)
{
    char density[32];
    lt_grid_set(g, 0, first + TENSOR, "tensor");
    if (isnan(c->layer_density))
        lt_grid_set(g, row, first + TENSOR, "%s", c->layer);
    else
        lt_grid_set(g, row, first + TENSOR, "%s: %s", c->layer, percent_text(c->layer_density, density));
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

static void set_heading(block *b)
{
    static const char *const word[FIRST_CONTROL] = {
        [LEVEL] = "level", [DENSITY] = "density", [ACCURACY] = "test accuracy", [DIFFERENCE] = "vs dense",
        [EARLY_STOP] = "early stop", [RATIO] = "ratio",
    };
    const lt_settings *s = b->t->facts->settings;
    for (size_t k = 0; k < b->n_keys; k++)
        lt_grid_set(&b->grid, 0, k, "%s", s->label.v[b->key[k]]);
    for (size_t i = 0; i < FIRST_CONTROL; i++)
        if (word[i])
            lt_grid_set(&b->grid, 0, b->n_keys + i, "%s", word[i]);
    for (size_t i = 0; i < b->n_beside; i++)
        lt_grid_set(&b->grid, 0, b->n_keys + FIRST_CONTROL + i, "%s", s->variant[b->beside[i] - 1].name);
    lt_grid_set(&b->grid, 0, b->grid.columns - 1, "verdict");
}

/* Has a key one value in all lines that start from this dense network? */
static bool is_shared_over(const lt_table *t, uint32_t dense, uint64_t key)
{
    const lt_settings *s = t->facts->settings;
    for (uint32_t i = 0; i < s->n_lines; i++) {
        const char *own = s->line[dense].swept[key], *other = s->line[i].swept[key];
        if (t->facts->line[i].dense == dense && s->line[i].order == s->line[dense].order &&
            (!own != !other || (own && strcmp(own, other))))
            return true;
    }
    return false;
}

/* Numbers by four digits: the whole value stands in levels.csv. */
static void set_value(lt_grid *g, size_t row, size_t column, const char *value)
{
    char *end;
    const double x = value ? strtod(value, &end) : 0;
    if (value && end != value && !*end)
        lt_grid_set(g, row, column, "%.4g", x);
    else
        lt_grid_set(g, row, column, "%s", value ? value : "-");
}

/* The value of each swept key; of a dense network, where all that start from it have the same. */
static void set_values(block *b, size_t row, const lt_comparison *c)
{
    const lt_line *l = line_of(b->t, c);
    for (size_t k = 0; k < b->n_keys; k++)
        if (c->level || !is_shared_over(b->t, c->line, b->key[k]))
            set_value(&b->grid, row, k, l->swept[b->key[k]]);
}

/* The line of a variant at the point of another line; NULL: there is none. */
static const lt_line *line_at(const lt_settings *s, uint32_t order, uint32_t point)
{
    for (uint32_t i = 0; i < s->n_lines; i++)
        if (s->line[i].order == order && s->line[i].point == point)
            return &s->line[i];
    return NULL;
}

/* A row; true if a control has another density. */
static bool set_level(block *b, size_t row, const lt_comparison *c)
{
    char density[32], mean[32], difference[32];
    const lt_settings *s = b->t->facts->settings;
    const size_t first = b->n_keys;
    lt_grid *g = &b->grid;
    bool other = false;
    snprintf(mean, sizeof mean, "%.2f", 100 * c->accuracy.mean);
    snprintf(difference, sizeof difference, "%+.2f", 100 * c->difference.mean);
    set_values(b, row, c);
    lt_grid_set(g, row, first + LEVEL, "%" PRIu32, c->level);
    if (c->layer)
        set_tensor(g, row, first, c);
    lt_grid_set(g, row, first + DENSITY, "%s", isnan(c->density) ? "-" : percent_text(c->density, density));
    set_spread(g, row, first + ACCURACY, mean, &c->accuracy);
    if (c->level == 0)
        lt_grid_set(g, row, first + DIFFERENCE, "-");
    else
        set_spread(g, row, first + DIFFERENCE, difference, &c->difference);
    set_early_stop(g, row, first, c);
    for (size_t i = 0; i < b->n_beside; i++) {
        const lt_line *l = line_at(s, b->beside[i], line_of(b->t, c)->point);
        const lt_comparison *control =
            l ? lt_comparisons_find(b->t->comparisons, (uint32_t)(l - s->line), c->level) : NULL;
        other |= set_control(g, row, first + FIRST_CONTROL + i, control, c);
    }
    lt_grid_set(g, row, g->columns - 1, "%s", lt_verdict_word(c->verdict));
    return other;
}

/* Does a swept key vary among the lines of a variant? */
static bool varies(const lt_settings *s, uint32_t order, uint64_t key)
{
    const char *first = NULL;
    bool any = false, differs = false;
    for (uint32_t i = 0; i < s->n_lines; i++) {
        const char *own = s->line[i].swept[key];
        if (s->line[i].order != order)
            continue;
        differs |= any && (!own != !first || (own && strcmp(own, first)));
        first = own, any = true;
    }
    return differs;
}

/* A variant stands beside main if it has the same points; else it has a table of its own. */
static bool stands_beside(const lt_settings *s, uint32_t order)
{
    uint32_t own = 0, main = 0;
    bool all = true;
    for (uint32_t i = 0; i < s->n_lines; i++) {
        main += !s->line[i].order;
        own += s->line[i].order == order;
        all = all && (s->line[i].order || line_at(s, order, s->line[i].point));
    }
    return all && own == main;
}

/* True if a control has another density; g->failed where there is no memory. */
static bool fill_block(block *b)
{
    bool other = false;
    size_t row = 0;
    set_heading(b);
    for (size_t i = 0; i < b->t->comparisons->n; i++)
        if (line_of(b->t, &b->t->comparisons->v[i])->order == b->order)
            other |= set_level(b, ++row, &b->t->comparisons->v[i]);
    return other;
}

static size_t rows_of(const lt_table *t, uint32_t order)
{
    size_t n = 0;
    for (size_t i = 0; i < t->comparisons->n; i++)
        n += line_of(t, &t->comparisons->v[i])->order == order;
    return n;
}

/* beside: those that stand in main's table, in which order 0 is. */
static bool print_block(const lt_table *t, uint32_t order, const uint32_t *beside, size_t n_beside, FILE *to)
{
    const lt_settings *s = t->facts->settings;
    uint64_t *key = lt_array((size_t)s->swept.n, sizeof *key);
    block b = { .t = t, .order = order, .key = key, .beside = beside, .n_beside = n_beside };
    for (uint64_t k = 0; key && k < s->swept.n; k++)
        if (varies(s, order, k))
            key[b.n_keys++] = k;
    b.grid = lt_grid_of(rows_of(t, order) + 1, b.n_keys + FIRST_CONTROL + n_beside + 1);
    const bool other = key && !b.grid.failed && fill_block(&b), ok = key && !b.grid.failed;
    if (ok && order)
        fprintf(to, "\n%s:\n", s->variant[order - 1].name);
    if (ok)
        lt_grid_print(&b.grid, b.n_keys + FIXED, WIDTH, to);
    if (ok && other)
        fputs("@: at that density, which is not the main line's.\n", to);
    lt_grid_free(&b.grid);
    free(key);
    return ok;
}

static bool print_levels(const lt_table *t, FILE *to)
{
    const lt_settings *s = t->facts->settings;
    uint32_t *beside = lt_array(s->n_variants, sizeof *beside);
    size_t n = 0;
    for (uint32_t v = 1; beside && v <= s->n_variants; v++)
        if (stands_beside(s, v))
            beside[n++] = v;
    bool ok = beside && print_block(t, 0, beside, n, to);
    for (uint32_t v = 1, i = 0; ok && v <= s->n_variants; v++) {
        const bool there = i < n && beside[i] == v;
        i += there;
        ok = there || print_block(t, v, NULL, 0, to);
    }
    free(beside);
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
static bool is_random_mask(const lt_table *t, uint32_t line)
{
    static const uint32_t all =
        LTC_NEED_INIT | LTC_NEED_REWIND | LTC_NEED_FINAL | LTC_NEED_DENSE | LTC_NEED_PROBE;
    const lt_variant *v = t->facts->settings->line[line].variant;
    return v && v->masks == LT_MASKS_OWN && v->match == LT_MATCH_LAYER_DENSITY &&
           !(t->facts->line[line].reads & all);
}

/* Without these two nobody can say that the weights, or the places, of a ticket matter. */
static void print_missing_controls(const lt_table *t, FILE *to)
{
    static const char fresh[] = "fresh weights under the same masks", *const both = ", nor with ",
                      random[] = "random masks of the same density in each layer";
    const lt_settings *s = t->facts->settings;
    bool has_fresh = false, has_random = false;
    char text[240];
    for (uint32_t i = 0; i < s->n_lines; i++) {
        has_fresh |= lt_is_reinit(&s->line[i]);
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

/* Would data i say what others before it have said? */
static bool repeats_majority(const lt_run_facts *f, uint32_t i)
{
    bool repeats = false;
    for (uint32_t k = 0; k < i && !repeats; k++)
        repeats = !strcmp(f->data[k].name, f->data[i].name) && f->data[k].majority == f->data[i].majority;
    return repeats;
}

/* What guessing reaches. */
static void print_majorities(const lt_run_facts *f, FILE *to)
{
    for (uint32_t i = 0; i < f->n_data; i++)
        if (!isnan(f->data[i].majority) && !repeats_majority(f, i))
            fprintf(to, "Always guessing the commonest class%s%s: %.2f %%.\n", f->n_data > 1 ? " of " : "",
                    f->n_data > 1 ? f->data[i].name : "", 100 * f->data[i].majority);
}

bool lt_table_print(const lt_table *t, FILE *to)
{
    if (!print_levels(t, to))
        return false;
    print_rule(t, to);
    print_missing_controls(t, to);
    print_totals(t, to);
    print_majorities(t->facts, to);
    fprintf(to, "Results: %s\n", t->directory);
    return true;
}
