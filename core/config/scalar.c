/* Owns the reading of one value: its type, bounds and choices, and the sentences about them. Called by the
 * types of value.c, and by those of list.c for each element. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/moment.h"
#include "config/number.h"
#include "config/path.h"
#include "config/schema.h"
#include "config/value.h"
#include "util/suggest.h"

enum { SHOWN_BYTES = 96 };

/* A node as a reader would write it, cut if it is long. */
static const char *shown(const lt_node *n, char text[SHOWN_BYTES])
{
    char number[LT_NUMBER_BYTES];
    switch (n->kind) {
    case LT_NODE_INT:    snprintf(text, SHOWN_BYTES, "%" PRId64, n->i); break;
    case LT_NODE_REAL:   snprintf(text, SHOWN_BYTES, "%s", lt_real_text(number, n->r)); break;
    case LT_NODE_BOOL:   snprintf(text, SHOWN_BYTES, "%s", n->i ? "true" : "false"); break;
    case LT_NODE_STRING:
        snprintf(text, SHOWN_BYTES, "\"%.60s%s\"", n->s, strlen(n->s) > 60 ? "..." : "");
        break;
    case LT_NODE_GROUP:  snprintf(text, SHOWN_BYTES, "a group"); break;
    default:             snprintf(text, SHOWN_BYTES, "a list"); break;
    }
    return text;
}

/* Would the string, without its quotes, be another type's value? */
static bool is_quoted_value(const char *s)
{
    char *end;
    strtod(s, &end);
    return (end != s && !*end) || !strcmp(s, "true") || !strcmp(s, "false");
}

bool lt_value_mistyped(lt_fill *f, const ltc_opt *o, const lt_node *n, const char *wants)
{
    char text[SHOWN_BYTES];
    const bool scalar = n->kind != LT_NODE_GROUP && n->kind != LT_NODE_LIST;
    lt_value_fault(f, o, n, "%s is not %s", shown(n, text), wants);
    if (scalar && !strcmp(wants, "a list"))
        lt_fill_hint(f, "write [%s]", text);
    else if (scalar && n->kind != LT_NODE_STRING && !strcmp(wants, "a string"))
        lt_fill_hint(f, "write \"%s\"", text);
    else if (n->kind == LT_NODE_STRING && is_quoted_value(n->s))
        lt_fill_hint(f, "write it without quotes");
    return false;
}

/* "[0, 1)", "(0, inf)". */
static const char *interval(const ltc_opt *o, bool whole, char text[SHOWN_BYTES])
{
    char low[LT_NUMBER_BYTES] = "-inf", high[LT_NUMBER_BYTES] = "inf";
    const bool has_low = whole ? o->i.min > INT64_MIN : isgreater(o->r.min, -HUGE_VAL);
    const bool has_high = whole ? o->i.max < INT64_MAX : isless(o->r.max, HUGE_VAL);
    if (has_low && whole)
        snprintf(low, sizeof low, "%" PRId64, o->i.min);
    else if (has_low)
        lt_real_text(low, o->r.min);
    if (has_high && whole)
        snprintf(high, sizeof high, "%" PRId64, o->i.max);
    else if (has_high)
        lt_real_text(high, o->r.max);
    snprintf(text, SHOWN_BYTES, "%c%s, %s%c", has_low && !(o->flags & LTC_OPT_ABOVE) ? '[' : '(', low, high,
             has_high && !(o->flags & LTC_OPT_BELOW) ? ']' : ')');
    return text;
}

static void choices_text(const ltc_opt *o, const char *between, lt_text *to)
{
    for (size_t i = 0; o->choices[i]; i++)
        lt_text_add(to, "%s%s", i ? between : "", o->choices[i]);
}

void lt_value_range(const ltc_opt *o, lt_text *to)
{
    char text[SHOWN_BYTES];
    const bool whole = o->type == LTC_OPT_INT || o->type == LTC_OPT_INTS;
    if (o->type == LT_OPT_FACTOR)
        lt_text_add(to, "none | half | full | %s", interval(o, false, text));
    else if (o->choices)
        choices_text(o, " | ", to);
    else if (whole || o->type == LTC_OPT_REAL || o->type == LTC_OPT_REALS)
        lt_text_add(to, "%s", interval(o, whole, text));
    else if (o->flags & LT_OPT_SPAN)
        lt_text_add(to, "Nit | Nep");
}

/* An integer, or a sentence that says what to write instead of 1e4. */
static bool whole_number(lt_fill *f, const ltc_opt *o, const lt_node *n, int64_t *to)
{
    char text[SHOWN_BYTES];
    if (n->kind == LT_NODE_INT) {
        *to = n->i;
        return true;
    }
    const bool fits = n->kind == LT_NODE_REAL && n->r > -0x1p63 && n->r < 0x1p63;
    const int64_t i = fits ? (int64_t)n->r : 0;
    if (!fits || (double)i < n->r || (double)i > n->r)
        return lt_value_mistyped(f, o, n, "an integer");
    lt_value_fault(f, o, n, "%s is a real, not an integer", shown(n, text));
    lt_fill_hint(f, "write %" PRId64 "%s", i, i > INT32_MAX || i < INT32_MIN ? "L" : "");
    return false;
}

bool lt_value_int(lt_fill *f, const ltc_opt *o, const lt_node *n, int64_t *to)
{
    char range[SHOWN_BYTES];
    int64_t i = 0;
    if (!whole_number(f, o, n, &i))
        return false;
    if ((o->flags & LTC_OPT_ABOVE ? i <= o->i.min : i < o->i.min) ||
        (o->flags & LTC_OPT_BELOW ? i >= o->i.max : i > o->i.max)) {
        lt_value_fault(f, o, n, "%" PRId64 " is not in %s", i, interval(o, true, range));
        return false;
    }
    *to = i;
    return true;
}

bool lt_value_real(lt_fill *f, const ltc_opt *o, const lt_node *n, double *to)
{
    char text[SHOWN_BYTES], range[SHOWN_BYTES];
    if (n->kind != LT_NODE_REAL && n->kind != LT_NODE_INT)
        return lt_value_mistyped(f, o, n, "a number");
    const double r = n->kind == LT_NODE_REAL ? n->r : (double)n->i;
    if (!isfinite(r)) {
        lt_value_fault(f, o, n, "%s is not finite", shown(n, text));
        return false;
    }
    if ((o->flags & LTC_OPT_ABOVE ? r <= o->r.min : r < o->r.min) ||
        (o->flags & LTC_OPT_BELOW ? r >= o->r.max : r > o->r.max)) {
        lt_value_fault(f, o, n, "%s is not in %s", shown(n, text), interval(o, false, range));
        return false;
    }
    *to = r;
    return true;
}

bool lt_value_choice(lt_fill *f, const ltc_opt *o, const lt_node *n, int64_t *index)
{
    char text[SHOWN_BYTES];
    size_t count = 0;
    for (; o->choices[count]; count++) {
        if (n->kind == LT_NODE_STRING && !strcmp(n->s, o->choices[count])) {
            *index = (int64_t)count;
            return true;
        }
    }
    lt_text all = { 0 };
    choices_text(o, ", ", &all);
    lt_value_fault(f, o, n, "%s is not one of: %s", shown(n, text), all.failed || !all.s ? "" : all.s);
    lt_text_free(&all);
    const char *near = n->kind == LT_NODE_STRING ? lt_suggest(n->s, o->choices, count) : NULL;
    if (near)
        lt_fill_hint(f, "did you mean '%s'?", near);
    return false;
}

/* A copy, since the tree may be gone before the settings are. */
bool lt_value_string(lt_fill *f, const ltc_opt *o, const lt_node *n, const char **to)
{
    int64_t index;
    if (n->kind != LT_NODE_STRING)
        return lt_value_mistyped(f, o, n, "a string");
    if (o->choices && !lt_value_choice(f, o, n, &index))
        return false;
    const char *copy = lt_arena_text(f->arena, n->s);
    f->no_memory |= !copy;
    *to = copy ? copy : *to;
    return copy;
}

bool lt_value_moment(lt_fill *f, const ltc_opt *o, const lt_node *n, lt_moment *to)
{
    char text[SHOWN_BYTES];
    const bool span_only = o->flags & LT_OPT_SPAN;
    const char *noun = span_only ? "a number of steps or epochs" : "a moment";
    const char *like = span_only ? "\"500it\" or \"10ep\""
                                 : "\"500it\", \"10ep\", \"init\", \"end\", \"best\" or \"best@10ep\"";
    lt_moment m = { .kind = LT_MOMENT_STEPS };
    bool ok = n->kind == LT_NODE_INT && n->i >= 0;
    if (ok)
        m.n = n->i;                           /* a bare integer counts steps */
    else if (n->kind == LT_NODE_STRING)
        ok = lt_moment_read(n->s, &m);
    if (!ok || (span_only && !lt_moment_is_span(m))) {
        lt_value_fault(f, o, n, "%s is not %s", shown(n, text), noun);
        lt_fill_hint(f, "write %s", like);
        return false;
    }
    if (span_only && m.n < o->i.min) {
        lt_value_fault(f, o, n, "%s is less than %" PRId64 "%s", shown(n, text), o->i.min,
                       m.kind == LT_MOMENT_STEPS ? "it" : "ep");
        return false;
    }
    *to = m;
    return true;
}
