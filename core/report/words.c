/* Owns what is said of results: the summary and a reviewer's questions. Verdicts are the database's; nothing
 * is judged here. */
#include "report/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 3 };                          /* events that are told; the rest is counted */

void lt_lines_add(lt_lines *l, const char *fmt, ...)
{
    char text[1200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char **more = l->failed ? NULL : lt_arena_more(&l->arena, l->v, l->n, sizeof *more);
    const char *copy = more ? lt_arena_text(&l->arena, text) : NULL;
    l->failed |= !copy;
    if (!copy)
        return;
    l->v = more;
    l->v[l->n++] = copy;
}

void lt_lines_free(lt_lines *l)
{
    lt_arena_free(&l->arena);
    *l = (lt_lines){ 0 };
}

/* Errors that ended a training, by table event. */
static size_t count_events(const lt_seen_run *r, const char *level)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_events; i++)
        n += !strcmp(r->event[i].level, level);
    return n;
}

static void say_standing(const lt_seen_run *r, lt_lines *to)
{
    const size_t errors = count_events(r, "error");
    if (!r->n_levels)
        lt_lines_add(to, "Nothing was measured yet%s.",
                     r->n_begun ? ": the first trainings are under way" : "");
    else if (!r->finished)
        lt_lines_add(
            to,
            "The run has not come to its end: %zu trainings are done%s. What stands here is what they "
            "say; comparisons and verdicts are made at the end.",
            r->n_levels, r->n_begun ? ", others were begun" : "");
    else if (r->n_levels < r->n_planned)
        lt_lines_add(to, "Of %zu levels %zu have results: %s.", r->n_planned, r->n_levels,
                     errors ? "what needs a training that failed was not begun"
                     : count_events(r, "stop") ? "prune.collapse ended lines before their end"
                            : "the run was stopped, and the same command goes on from there");
    for (size_t i = 0, told = 0; i < r->n_events && told < SHOWN; i++)
        if (!strcmp(r->event[i].level, "error")) {
            lt_lines_add(to, "A training failed: %s", r->event[i].sentence);
            told++;
        }
    if (errors > SHOWN)
        lt_lines_add(to, "%zu more failed: table event of results.db says why.", errors - SHOWN);
}

static void say_dense(const lt_seen_run *r, lt_lines *to)
{
    const lt_seen_group *g = lt_seen_group_at(r, 0, r->home, 0);
    const lt_spread s = g ? lt_seen_spread(r, g, LT_Q_TEST) : (lt_spread){ 0 };
    if (!s.n)
        return;
    if (s.n == 1)
        lt_lines_add(to, "The dense network reaches a test accuracy of %.2f %% (n = 1).", 100 * s.mean);
    else
        lt_lines_add(to,
                     "The dense network reaches a test accuracy of %.2f %% (n = %llu, 95 %% interval %.2f to "
                     "%.2f, from %.2f to %.2f).",
                     100 * s.mean, (unsigned long long)s.n, 100 * (s.mean - s.half),
                     100 * (s.mean + s.half), 100 * s.min, 100 * s.max);
    if (!isnan(r->majority))
        lt_lines_add(to, "Always guessing the commonest class would reach %.2f %%.", 100 * r->majority);
}

/* A level of main that its pairs say something of. */
static bool is_told(const lt_seen_group *g)
{
    return g->variant == 0 && g->level > 0 && g->compared && g->pairs > 1 && !isnan(g->difference);
}

/* By how much a mean may fall short of dense's and match; as the schema has it where nothing is stored. */
static double tolerance_of(const lt_seen_run *r)
{
    const char *matching = lt_seen_value(r, "report.matching");
    return matching ? strtod(matching, NULL) : 0.002;
}

static const lt_seen_group *sparsest(const lt_seen_run *r, const char *verdict)
{
    const lt_seen_group *found = NULL;
    for (const lt_seen_group *g = r->group; g < r->group + r->n_groups; g++)
        if (is_told(g) && !strcmp(g->verdict, verdict) && (!found || g->density < found->density))
            found = g;
    return found;
}

static void say_verdict(const lt_seen_run *r, const char *verdict, const char *what, lt_lines *to)
{
    const lt_seen_group *g = sparsest(r, verdict);
    size_t n = 0;
    for (const lt_seen_group *k = r->group; k < r->group + r->n_groups; k++)
        n += is_told(k) && !strcmp(k->verdict, verdict);
    if (!g)
        return;
    lt_lines_add(to,
                 "%s at %zu level%s; the sparsest keeps %.3g %% of the weights: %+.2f percentage points "
                 "beside dense (n = %.0f pairs, 95 %% interval %+.2f to %+.2f), its early stop at %.2f times "
                 "dense's.", what, n,
                 n == 1 ? "" : "s", 100 * g->density, 100 * g->difference, g->pairs, 100 * g->difference_low,
                 100 * g->difference_high, g->ratio);
}

static void say_neither(const lt_seen_run *r, lt_lines *to)
{
    size_t n = 0;
    const lt_seen_group *first = NULL;
    for (const lt_seen_group *g = r->group; g < r->group + r->n_groups; g++)
        if (is_told(g) && !strcmp(g->verdict, "-")) {
            n++;
            if (!first || g->density > first->density)
                first = g;
        }
    if (n)
        lt_lines_add(
            to,
            "%zu level%s %s neither; the densest of them keeps %.3g %% of the weights, at %+.2f percentage "
            "points.",
            n, n == 1 ? "" : "s", n == 1 ? "is" : "are", 100 * first->density, 100 * first->difference);
}

static bool is_single(const lt_seen_run *r)
{
    for (const lt_seen_group *g = r->group; g < r->group + r->n_groups; g++)
        if (g->level && g->pairs > 1)
            return false;
    return true;
}

void lt_words_summary(const lt_seen_run *r, lt_lines *to)
{
    say_standing(r, to);
    say_dense(r, to);
    if (r->finished && is_single(r) && r->n_groups > 1) {
        lt_lines_add(to, "There is a single trial: it shows numbers and supports no claim about tickets.");
        return;
    }
    say_verdict(r, "winning", "Winning tickets", to);
    say_verdict(r, "matching", "Matching", to);
    say_neither(r, to);
    if (r->finished && r->n_groups > 1)
        lt_lines_add(to,
                     "The rule: matching, if the mean accuracy falls short of dense's by %.3g percentage "
                     "points at most, each trial paired with its own dense network; winning, if besides the "
                     "early stop is not later and each re-initialisation of the same masks does worse. "
                     "Intervals are Student's t over trials, draws averaged within theirs.",
                     100 * tolerance_of(r));
}

/* Means of best_step that stand at the end of the training. */
static void ask_budget(const lt_seen_run *r, lt_lines *to)
{
    size_t n = 0, late = 0;
    for (size_t i = 0; i < r->n_levels; i++) {
        const lt_seen_level *l = &r->level[i];
        if (isnan(l->q[LT_Q_BEST_STEP]) || !(l->q[LT_Q_STEPS] > 0))
            continue;
        n++;
        late += l->q[LT_Q_BEST_STEP] >= l->q[LT_Q_STEPS];
    }
    if (late)
        lt_lines_add(to,
                     "In %zu of %zu trainings the validation loss was least at the last step: it may have "
                     "been falling still. A longer training can change accuracies and early stops.", late, n);
}

static bool is_reinit(const lt_seen_variant *v)
{
    return !strcmp(v->kept, "reinit") && !strcmp(v->masks, "main");
}

static bool is_random_mask(const lt_seen_variant *v)
{
    return !strcmp(v->masks, "own") && !strcmp(v->matches, "layer-density");
}

static void ask_controls(const lt_seen_run *r, lt_lines *to)
{
    bool fresh = false, places = false;
    for (size_t i = 1; i < r->n_variants; i++) {
        fresh |= is_reinit(&r->variant[i]);
        places |= is_random_mask(&r->variant[i]);
    }
    if (!r->n_variants || !strcmp(r->variant[0].strategy, "none") ||
        !strcmp(r->variant[0].strategy, "sensitivity"))
        return;
    if (!fresh)
        lt_lines_add(
            to,
            "There is no control with fresh weights under the same masks (kept = \"reinit\"): nobody can say "
            "that the initial weights matter.");
    if (!places)
        lt_lines_add(to, "There is no control with other masks of the same density in each layer (match = "
                     "\"layer-density\"): nobody can say that the places of the weights matter.");
}

/* A variant that sets no rate of its own trains at main's, which was chosen for main. */
static void ask_rates(const lt_seen_run *r, lt_lines *to)
{
    size_t without = 0;
    for (size_t i = 1; i < r->n_variants; i++) {
        char key[64];
        snprintf(key, sizeof key, "variants.%zu.train.optimizer.lr", i - 1);
        without += !lt_seen_value(r, key);
    }
    if (without)
        lt_lines_add(to,
                     "%zu control%s at the learning rate of the main line. A rate of its own may do better "
                     "by it: sweep train.optimizer.lr for it before a claim is made.", without,
                     without == 1 ? " trains" : "s train");
}

static void ask_collapse(const lt_seen_run *r, lt_lines *to)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_levels; i++)
        n += r->level[i].q[LT_Q_COLLAPSED] > 0;
    if (n)
        lt_lines_add(to, "In %zu trainings a layer has no weight left: their accuracy is that of guessing.",
                     n);
}

static void ask_numbers(const lt_seen_run *r, lt_lines *to)
{
    size_t compared = 0;
    for (const lt_seen_group *g = r->group; g < r->group + r->n_groups; g++)
        compared += g->compared && g->pairs > 1 && !(g->variant == 0 && g->level == 0);
    if (r->n_levels && r->trials < 5)
        lt_lines_add(to, "There %s %lld trial%s. Published lines have five; an interval of %s",
                     r->trials == 1 ? "is" : "are", (long long)r->trials, r->trials == 1 ? "" : "s",
                     r->trials == 1 ? "one is none." : "so few is wide, and blind to rare failures.");
    if (compared > 1)
        lt_lines_add(to,
                     "%zu comparisons with dense were made. Of as many 95 %% intervals about %.1f miss their "
                     "mean by chance alone; nothing was corrected for that.",
                     compared, 0.05 * (double)compared);
}

/* A mean that is near enough may be far off: does the interval say so? */
static void ask_width(const lt_seen_run *r, lt_lines *to)
{
    const double tolerance = tolerance_of(r);
    size_t judged = 0, wide = 0;
    for (const lt_seen_group *g = r->group; g < r->group + r->n_groups; g++) {
        const bool good = is_told(g) && strcmp(g->verdict, "-") != 0;
        judged += good;
        wide += good && g->difference_low < -tolerance;
    }
    if (wide)
        lt_lines_add(
            to,
            "At %zu of the %zu levels that are called winning or matching the interval reaches further than "
            "%.3g percentage points below dense: so few trials do not exclude such a loss.",
            wide, judged, 100 * tolerance);
}

static void ask_moved(const lt_seen_run *r, lt_lines *to)
{
    double moved = 0;
    for (size_t i = 0; i < r->n_levels; i++)
        moved += isnan(r->level[i].q[LT_Q_MOVED]) ? 0 : r->level[i].q[LT_Q_MOVED];
    if (moved > 0)
        lt_lines_add(
            to,
            "WRONG: %.0f dead or frozen weights moved. Nothing here is a lottery ticket; please report this.",
            moved);
}

/* The first of what the run itself warned of. */
static void ask_events(const lt_seen_run *r, lt_lines *to)
{
    const size_t n = count_events(r, "warning");
    for (size_t i = 0, told = 0; i < r->n_events && told < SHOWN; i++)
        if (!strcmp(r->event[i].level, "warning")) {
            lt_lines_add(to, "%s", r->event[i].sentence);
            told++;
        }
    if (n > SHOWN)
        lt_lines_add(to, "%zu warnings more stand in table event of results.db.", n - SHOWN);
}

void lt_words_warnings(const lt_seen_run *r, lt_lines *to)
{
    ask_moved(r, to);
    ask_numbers(r, to);
    ask_width(r, to);
    ask_budget(r, to);
    ask_controls(r, to);
    ask_rates(r, to);
    ask_collapse(r, to);
    ask_events(r, to);
}
