/* Owns what stands in each table of a report. Numbers are of the database, rounded for people; a figure's CSV
 * has them whole. Called by html.c and report.c. */
#include <math.h>
#include <string.h>

#include "report/table.h"
#include "util/figures.h"

static void set_number(lt_sheet *s, size_t column, const char *fmt, double v)
{
    char text[64];
    if (isnan(v))
        return;
    snprintf(text, sizeof text, fmt, v);
    lt_sheet_set(s, column, "%s", text);
}

static void set_count(lt_sheet *s, size_t column, double v)
{
    lt_figure f;
    if (!isnan(v) && v >= 0)
        lt_sheet_set(s, column, "%s", lt_figure_count((uint64_t)llround(v), &f));
}

static void set_title(lt_sheet *s, const char *title)
{
    const char *copy = lt_arena_text(&s->arena, title);
    s->failed |= !copy;
    s->title = copy ? copy : "";
}

static void set_headings(lt_sheet *s, const char *const *heading)
{
    for (size_t i = 0; i < s->columns; i++)
        lt_sheet_set(s, i, "%s", heading[i]);
}

static void set_line(lt_sheet *s, const lt_seen_run *r, const lt_seen_group *g)
{
    lt_sheet_set(s, 0, "%s%s%s", r->variant[g->variant].name, g->point ? ", " : "",
                 g->point ? r->point[g->point] : "");
    lt_sheet_set(s, 1, "%u", g->level);
    set_number(s, 2, 100 * g->density >= 1 ? "%.2f" : "%.3g", 100 * g->density);
}

static void set_interval(lt_sheet *s, size_t column, const char *fmt, double low, double high)
{
    char from[32], to[32];
    if (isnan(low) || isnan(high))
        return;
    snprintf(from, sizeof from, fmt, 100 * low);
    snprintf(to, sizeof to, fmt, 100 * high);
    lt_sheet_set(s, column, "%s to %s", from, to);
}

static void set_level(lt_sheet *s, const lt_seen_run *r, const lt_seen_group *g)
{
    static const lt_quantity beside[] = { LT_Q_END_TEST, LT_Q_END_TRAIN, LT_Q_START };
    const lt_spread test = lt_seen_spread(r, g, LT_Q_TEST);
    const bool dense = g->variant == 0 && g->level == 0;
    size_t c = 3;
    set_line(s, r, g);
    lt_sheet_set(s, c++, "%llu", (unsigned long long)test.n);
    set_number(s, c++, "%.2f", 100 * test.mean);
    set_interval(s, c++, "%.2f", test.mean - test.half, test.mean + test.half);
    set_number(s, c++, "%+.2f", dense ? NAN : 100 * g->difference);
    set_interval(s, c++, "%+.2f", dense ? NAN : g->difference_low, g->difference_high);
    set_count(s, c++, lt_seen_spread(r, g, LT_Q_BEST_STEP).mean);
    set_number(s, c++, "%.2f", g->ratio);
    lt_sheet_set(s, c++, "%s", dense ? "dense" : g->compared ? g->verdict : "");
    set_number(s, c++, "%.2f", 100 * test.min);
    set_number(s, c++, "%.2f", 100 * test.max);
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
        set_number(s, c++, "%.2f", 100 * lt_seen_spread(r, g, beside[i]).mean);
}

lt_sheet lt_sheet_levels(const lt_seen_run *r)
{
    static const char *const heading[] = {
        "line", "level", "density %", "n", "test accuracy %", "95 % interval", "vs dense, pp", "its interval",
        "early stop", "ratio", "verdict", "least", "greatest", "end test %", "end train %", "untrained %",
    };
    char title[120];
    snprintf(title, sizeof title, isnan(r->majority) ? "Levels, over trials"
             : "Levels, over trials; always guessing the commonest class reaches %.2f %%", 100 * r->majority);
    lt_sheet s = lt_sheet_of("levels", "", sizeof heading / sizeof heading[0]);
    set_title(&s, title);
    set_headings(&s, heading);
    for (const lt_seen_group *g = r->group; g < r->group + r->n_groups; g++) {
        lt_sheet_row(&s);
        set_level(&s, r, g);
    }
    return s;
}

static bool is_set(const lt_seen_run *r, const char *key, const char *word)
{
    const char *value = lt_seen_value(r, key);
    return value && !strcmp(value, word);
}

/* Steps trained until there is a ticket: in a chain those of all levels before it too, else of the dense
 * network, which an early bird does not need to its end. A counter that goes on has them in it. */
static double search_of(const lt_seen_run *r, const lt_seen_group *g, double dense, double before)
{
    const bool bird = is_set(r, "prune.strategy", "early-bird");
    const double own = lt_seen_spread(r, g, LT_Q_STEPS).mean;
    if (is_set(r, "retrain.from", "drawn"))
        return own;
    if (!g->level || !(bird || is_set(r, "prune.strategy", "one-shot")))
        return before + own;
    return (bird ? lt_seen_spread(r, g, LT_Q_DRAWN_AT).mean : dense) + own;
}

lt_sheet lt_sheet_cost(const lt_seen_run *r)
{
    static const char *const heading[] = {
        "line", "level", "density %", "steps of the search", "times a dense training", "multiply-accumulates",
        "of dense's %", "ms a step, measured", "gain, pp",
    };
    lt_sheet s = lt_sheet_of("cost", "What a ticket costs, and what it brings",
                             sizeof heading / sizeof heading[0]);
    const lt_seen_group *dense = lt_seen_group_at(r, 0, r->home, 0);
    const double dense_steps = dense ? lt_seen_spread(r, dense, LT_Q_STEPS).mean : NAN;
    double searched = 0;
    set_headings(&s, heading);
    for (const lt_seen_group *g = r->group; g < r->group + r->n_groups; g++) {
        if (g->variant || g->point != r->home)
            continue;
        const double macs = lt_seen_spread(r, g, LT_Q_MACS).mean,
                     of = lt_seen_spread(r, g, LT_Q_MACS_DENSE).mean;
        const double ms = lt_seen_spread(r, g, LT_Q_MS).mean;
        lt_sheet_row(&s);
        set_line(&s, r, g);
        searched = search_of(r, g, dense_steps, searched);
        set_count(&s, 3, searched);
        set_number(&s, 4, "%.1f", searched / dense_steps);
        set_count(&s, 5, macs);
        set_number(&s, 6, "%.1f", of > 0 ? 100 * macs / of : NAN);
        set_number(&s, 7, "%.3f", ms > 0 ? ms : NAN);
        set_number(&s, 8, "%+.2f", g->level ? 100 * g->difference : NAN);
    }
    return s;
}

enum { SHOWN_LEVELS = 6 };

/* Of main's levels at most so many, evenly, the last among them. */
static size_t choose_levels(const lt_seen_run *r, uint32_t chosen[SHOWN_LEVELS])
{
    size_t levels = 0;
    while (levels < r->n_layers && !strcmp(r->layer[levels].name, r->layer[0].name))
        levels++;
    const size_t n = levels < SHOWN_LEVELS ? levels : SHOWN_LEVELS;
    for (size_t i = 0; i < n; i++)
        chosen[i] = r->layer[n > 1 ? i * (levels - 1) / (n - 1) : 0].level;
    return n;
}

/* In the order of the network: what can be pruned of it, and what is left. */
lt_sheet lt_sheet_layers(const lt_seen_run *r)
{
    uint32_t chosen[SHOWN_LEVELS];
    const size_t n = choose_levels(r, chosen);
    lt_sheet s = lt_sheet_of("layers", "Layers of the network, and the density of main's masks in each, %",
                             2 + n);
    lt_sheet_set(&s, 0, "layer"), lt_sheet_set(&s, 1, "weights");
    for (size_t c = 0; c < n; c++)
        lt_sheet_set(&s, 2 + c, "level %u", chosen[c]);
    for (size_t i = 0; i < r->n_layers; i++) {
        const lt_seen_layer *l = &r->layer[i];
        if (!i || strcmp(l->name, l[-1].name)) {
            lt_sheet_row(&s);
            lt_sheet_set(&s, 0, "%s", l->name);
            set_count(&s, 1, l->total);
        }
        for (size_t c = 0; c < n; c++)
            if (chosen[c] == l->level)
                set_number(&s, 2 + c, l->density < 0.01 ? "%.3g" : "%.2f", 100 * l->density);
    }
    return s;
}

/* Where results lie says nothing of what they are. */
static bool is_place(const char *key)
{
    return !strcmp(key, "run.output") || !strcmp(key, "run.store");
}

lt_sheet lt_sheet_changes(const lt_seen_run *r)
{
    char title[120];
    snprintf(title, sizeof title, "What was changed of %.80s", r->preset);
    lt_sheet s = lt_sheet_of("changes", "", 4);
    set_title(&s, title);
    set_headings(&s, (const char *const[]){ "key", "there", "here", "set by" });
    for (const lt_seen_setting *one = r->setting; one < r->setting + r->n_settings; one++) {
        if (!one->before || is_place(one->key))
            continue;
        lt_sheet_row(&s);
        lt_sheet_set(&s, 0, "%s", one->key);
        lt_sheet_set(&s, 1, "%s", *one->before ? one->before : "not set");
        lt_sheet_set(&s, 2, "%s", one->value);
        lt_sheet_set(&s, 3, "%s", one->place);
    }
    return s;
}

lt_sheet lt_sheet_settings(const lt_seen_run *r)
{
    lt_sheet s = lt_sheet_of("settings", "Configuration, as it was resolved", 3);
    bool known = false;                       /* who set what */
    set_headings(&s, (const char *const[]){ "key", "value", "set by" });
    for (size_t i = 0; i < r->n_settings; i++)
        known |= *r->setting[i].place != '\0';
    for (size_t i = 0; i < r->n_settings; i++) {
        lt_sheet_row(&s);
        lt_sheet_set(&s, 0, "%s", r->setting[i].key);
        lt_sheet_set(&s, 1, "%s", r->setting[i].value);
        lt_sheet_set(&s, 2, "%s", *r->setting[i].place ? r->setting[i].place : known ? "default" : "");
    }
    return s;
}

lt_sheet lt_sheet_plugins(const lt_seen_run *r)
{
    lt_sheet s = lt_sheet_of("plugins", "Plug-ins", 4);
    set_headings(&s, (const char *const[]){ "kind", "name", "version", "SHA-256 of the file" });
    for (size_t i = 0; i < r->n_plugins; i++) {
        lt_sheet_row(&s);
        lt_sheet_set(&s, 0, "%s", r->plugin[i].kind);
        lt_sheet_set(&s, 1, "%s", r->plugin[i].name);
        lt_sheet_set(&s, 2, "%s", r->plugin[i].version);
        lt_sheet_set(&s, 3, "%s", r->plugin[i].sha256);
    }
    return s;
}

static double sum_of(const lt_seen_run *r, lt_quantity q)
{
    double sum = 0;
    for (size_t i = 0; i < r->n_levels; i++)
        sum += isnan(r->level[i].q[q]) ? 0 : r->level[i].q[q];
    return sum;
}

static void set_fact(lt_sheet *s, const char *name)
{
    lt_sheet_row(s);
    lt_sheet_set(s, 0, "%s", name);
}

lt_sheet lt_sheet_facts(const lt_seen_run *r)
{
    static const char *const split[] = { "training examples", "validation examples", "test examples" };
    const char *network = lt_seen_value(r, "arch.plugin");
    lt_sheet s = lt_sheet_of("facts", "Network, data, machine", 2);
    set_headings(&s, (const char *const[]){ "what", "value" });
    set_fact(&s, "network"), lt_sheet_set(&s, 1, "%s", network ? network : "");
    set_fact(&s, "parameters"), set_count(&s, 1, r->params);
    set_fact(&s, "multiply-accumulates a sample"), set_count(&s, 1, r->macs);
    set_fact(&s, "data set"), lt_sheet_set(&s, 1, "%s", r->dataset);
    for (int i = 0; i < 3; i++)
        set_fact(&s, split[i]), set_count(&s, 1, r->samples[i]);
    set_fact(&s, "always guessing the commonest class, %"), set_number(&s, 1, "%.2f", 100 * r->majority);
    set_fact(&s, "seed"), lt_sheet_set(&s, 1, "%lld", (long long)r->seed);
    set_fact(&s, "trials"), lt_sheet_set(&s, 1, "%lld", (long long)r->trials);
    set_fact(&s, "backend"), lt_sheet_set(&s, 1, "%s", r->backend);
    set_fact(&s, "machine"), lt_sheet_set(&s, 1, "%s", r->machine);
    set_fact(&s, "ltcore"), lt_sheet_set(&s, 1, "%s", r->version);
    set_fact(&s, "steps trained by the last process"), set_count(&s, 1, sum_of(r, LT_Q_TRAINED));
    set_fact(&s, "seconds of training, all workers"), set_count(&s, 1, sum_of(r, LT_Q_SECONDS));
    return s;
}

static const char *judge(const lt_published *p, const lt_measured *m)
{
    if (isnan(m->value))
        return "not measured";
    return lt_published_holds(p, m) ? "pass" : "fail";
}

lt_sheet lt_sheet_overlay(const lt_overlay *o, const lt_seen_run *r)
{
    static const char *const heading[] = {
        "quantity", "line",       "density %", "published", "measured",
        "n",        "difference", "tolerance", "result",    "source",
    };
    lt_sheet s = lt_sheet_of("published", "Beside what was published", sizeof heading / sizeof heading[0]);
    set_headings(&s, heading);
    for (const lt_published *p = o->v; p < o->v + o->n; p++) {
        const lt_measured m = lt_overlay_measured(p, r);
        lt_sheet_row(&s);
        lt_sheet_set(&s, 0, "%s", p->quantity);
        lt_sheet_set(&s, 1, "%s", p->variant);
        set_number(&s, 2, "%.4g", 100 * p->density);
        set_number(&s, 3, p->at_least ? "\u2265 %.5g" : "%.5g", p->value);
        set_number(&s, 4, "%.5g", m.value);
        if (m.n)
            lt_sheet_set(&s, 5, "%llu", (unsigned long long)m.n);
        set_number(&s, 6, "%+.3g", m.value - p->value);
        set_number(&s, 7, "%.3g", p->tolerance);
        lt_sheet_set(&s, 8, "%s", judge(p, &m));
        lt_sheet_set(&s, 9, "%s", p->source);
    }
    return s;
}

static const char *value_of(const lt_seen_run *r, const char *key)
{
    const char *v = lt_seen_value(r, key);
    return v ? v : "";
}

/* Keys whose values differ between the runs, and what each run has there. */
lt_sheet lt_sheet_runs(const lt_seen_run *run, size_t n)
{
    lt_sheet s = lt_sheet_of("differences", "Where the configurations differ", n + 1);
    lt_sheet_set(&s, 0, "key");
    for (size_t i = 0; i < n; i++)
        lt_sheet_set(&s, 1 + i, "%s", run[i].directory);
    for (size_t first = 0; first < n; first++)
        for (size_t k = 0; k < run[first].n_settings; k++) {
            const char *key = run[first].setting[k].key;
            bool differs = false, seen = false;
            for (size_t i = 0; i < n; i++) {
                differs |= strcmp(value_of(&run[i], key), value_of(&run[first], key)) != 0;
                seen |= i < first && lt_seen_value(&run[i], key);
            }
            if (!differs || seen || is_place(key))
                continue;
            lt_sheet_row(&s);
            lt_sheet_set(&s, 0, "%s", key);
            for (size_t i = 0; i < n; i++)
                lt_sheet_set(&s, 1 + i, "%s", value_of(&run[i], key));
        }
    return s;
}
