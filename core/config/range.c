/* Owns what lies between two numbers. Called by list.c for lists of reals, and by sweep.c.
 *
 * Numbers within are rounded to 12 digits, so that they read as they were meant (0.3 in 0 to 1 by
 * tenths, 0.001 in 1e-4 to 0.1 by decades) and do not depend on the last bit of a library's logarithm.
 * The ends are as written. */
#include "config/range.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/options.h"

enum { MOST = 10000 };

static const char *const spacing[] = { "linear", "log", NULL };
#define KEY(f, t, ctype) .name = "sweep.values." #f, .type = t, .offset = LTC_FIELD(lt_range, f, ctype)
static const ltc_opt range_keys[] = {
    { KEY(from, LTC_OPT_REAL, double), .r = { 0, -HUGE_VAL, HUGE_VAL }, .flags = LTC_OPT_REQUIRED,
      .help = "The first number." },
    { KEY(to, LTC_OPT_REAL, double), .r = { 0, -HUGE_VAL, HUGE_VAL }, .flags = LTC_OPT_REQUIRED,
      .help = "The last one." },
    { KEY(count, LTC_OPT_INT, int64_t), .i = { 0, 2, MOST }, .flags = LTC_OPT_REQUIRED,
      .help = "How many in all." },
    { KEY(spacing, LTC_OPT_ENUM, int64_t), .choices = spacing,
      .help = "linear: equal differences; log: equal ratios, between two numbers above 0." },
};
const ltc_schema lt_range_schema = LTC_SCHEMA(lt_range, range_keys);

static double number_at(const lt_range *r, int64_t i)
{
    char text[32];
    const double part = (double)i / (double)(r->count - 1);
    const double x = r->spacing == LT_SPACING_LOG ? r->from * pow(r->to / r->from, part)
                                                  : r->from + (r->to - r->from) * part;
    if (i == 0 || i == r->count - 1)
        return i ? r->to : r->from;
    snprintf(text, sizeof text, "%.12g", x);
    return strtod(text, NULL);
}

/* Between two integers an integer stays one: 32, 64, 128. */
static lt_node node_at(const lt_range *r, const lt_node *range, int64_t i)
{
    const lt_node *from = lt_node_child(range, "from"), *to = lt_node_child(range, "to");
    const double x = number_at(r, i);
    const bool whole = from->kind == LT_NODE_INT && to->kind == LT_NODE_INT && fabs(x) < 0x1p53 &&
                       !(x < rint(x)) && !(x > rint(x));
    if (whole)
        return (lt_node){ .at = range->at, .kind = LT_NODE_INT, .i = (int64_t)x };
    return (lt_node){ .at = range->at, .kind = LT_NODE_REAL, .r = x };
}

static bool read_range(lt_fill *f, const char *key, const lt_node *n, lt_range *r)
{
    const size_t before = f->n_faults;
    const ltc_schema *const known[] = { &lt_range_schema };
    lt_fill own = *f;
    own.group = key;
    lt_options_unknown(&own, n, known, 1, NULL);
    lt_options_fill(&own, n, &lt_range_schema, r);
    if (own.n_faults == before && r->spacing == LT_SPACING_LOG && !(r->from > 0 && r->to > 0))
        lt_fill_fault(&own, n->at, key, "spacing \"log\" is between two numbers above 0");
    own.group = f->group;
    *f = own;
    return f->n_faults == before && !f->no_memory;
}

const lt_node *lt_range_list(lt_fill *f, const char *key, const lt_node *range, lt_arena *a)
{
    lt_range r = { 0 };
    if (!read_range(f, key, range, &r))
        return NULL;
    lt_node *list = lt_arena_array(a, 1, sizeof *list),
            *value = lt_arena_array(a, (size_t)r.count, sizeof *value);
    const lt_node **child = lt_node_children(a, (size_t)r.count);
    f->no_memory |= !list || !value || !child;
    if (f->no_memory)
        return NULL;
    for (int64_t i = 0; i < r.count; i++) {
        value[i] = node_at(&r, range, i);
        child[i] = &value[i];
    }
    *list = (lt_node){
        .name = range->name, .at = range->at, .kind = LT_NODE_LIST, .child = child, .n = (size_t)r.count
    };
    return list;
}
