/* Owns the way from a formula's text to its code: one function for each level of precedence, which emits what
 * it reads. */
#include "formula.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING = 64, WORD = 24 };

/* st stays at the first fault, and nothing is read after it. */
typedef struct parser {
    const char *option, *text;
    size_t      at;
    formula    *f;
    uint32_t    nesting, depth;               /* depth: of the stack, where the code is now */
    ltc_status  st;
    ltc_error  *err;
} parser;

static void expression(parser *p);

LTC_PRINTF(3, 4) static void fail(parser *p, size_t at, const char *fmt, ...)
{
    char what[200];
    va_list ap;
    if (p->st)
        return;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    const size_t shown = at < 60 ? at : 60;   /* of what comes before it */
    p->st = p->text[at] ? ltc_fail_opt(p->err, p->option, "%s, at character %zu: \"%.*s\" --> \"%.60s\"",
                                       what, at + 1, (int)shown, p->text + at - shown, p->text + at)
                        : ltc_fail_opt(p->err, p->option, "%s, at the end of \"%.120s\"", what, p->text);
}

static void skip_blanks(parser *p)
{
    while (isspace((unsigned char)p->text[p->at]))
        p->at++;
}

/* Is the sign next? Then it is read. */
static bool take(parser *p, const char *sign)
{
    skip_blanks(p);
    const bool is = !p->st && !strncmp(p->text + p->at, sign, strlen(sign));
    p->at += is ? strlen(sign) : 0;
    return is;
}

static void expect(parser *p, const char *sign)
{
    if (!take(p, sign))
        fail(p, p->at, "'%s' is expected here", sign);
}

/* net: by how much the stack grows. */
static void emit(parser *p, uint32_t op, uint32_t of, double number, int net)
{
    formula_code *c = &p->f->whole;
    p->depth = (uint32_t)((int)p->depth + net);
    if (c->n == FORMULA_STEPS || p->depth > FORMULA_DEPTH)
        fail(p, p->at, "the formula is too long or too deep: name parts of it in a plug-in of your own");
    else if (!p->st)
        c->step[c->n++] = (formula_step){ op, of, number };
}

/* Letters, digits and underscores. */
static void read_word(parser *p, char word[WORD])
{
    size_t n = 0;
    for (; isalnum((unsigned char)p->text[p->at]) || p->text[p->at] == '_'; p->at++)
        if (n + 1 < WORD)
            word[n++] = p->text[p->at];
    word[n] = '\0';
}

static const struct { const char *name; uint32_t need; } weights[] = {
    [FORMULA_WI] = { "wi", LTC_NEED_INIT }, [FORMULA_WR] = { "wr", LTC_NEED_REWIND },
    [FORMULA_WF] = { "wf", LTC_NEED_FINAL }, [FORMULA_WD] = { "wd", LTC_NEED_DENSE },
};
static const struct { const char *name; uint32_t op; int arguments; } functions[] = {
    { "abs", FORMULA_ABS, 1 }, { "sign", FORMULA_SIGN, 1 }, { "sqrt", FORMULA_SQRT, 1 },
    { "exp", FORMULA_EXP, 1 }, { "log", FORMULA_LOG, 1 },   { "min", FORMULA_MIN, 2 },
    { "max", FORMULA_MAX, 2 }, { "pow", FORMULA_POWER, 2 },
};
static const struct { const char *name; uint32_t kind; } reductions[] = {
    { "sum", FORMULA_SUM }, { "mean", FORMULA_MEAN }, { "std", FORMULA_STD }, { "count", FORMULA_COUNT },
    { "quantile", FORMULA_QUANTILE }, { "rank", FORMULA_RANK },
};
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Letters to insert, leave out or replace until a becomes b (Levenshtein); both shorter than WORD. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD + 1];
    for (size_t j = 0; j <= strlen(b); j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; b[j]; j++) {
            const size_t replaced = corner + (a[i] != b[j]), fewer = row[j] + 1, more = row[j + 1] + 1;
            corner = row[j + 1];
            row[j + 1] = replaced < fewer ? replaced : fewer;
            row[j + 1] = more < row[j + 1] ? more : row[j + 1];
        }
    }
    return row[strlen(b)];
}

static void prefer(const char *name, const char *word, const char **best, size_t *least)
{
    const size_t d = distance(word, name);
    if (d < *least)
        *best = name, *least = d;
}

static void fail_unknown(parser *p, size_t at, const char *word)
{
    const char *best = NULL;
    size_t least = strlen(word) > 3 ? 3 : 2;
    for (size_t i = 0; i < COUNT(weights); i++)
        prefer(weights[i].name, word, &best, &least);
    for (size_t i = 0; i < COUNT(functions); i++)
        prefer(functions[i].name, word, &best, &least);
    for (size_t i = 0; i < COUNT(reductions); i++)
        prefer(reductions[i].name, word, &best, &least);
    if (best)
        fail(p, at, "there is no '%s' (did you mean '%s'?)", word, best);
    else
        fail(p, at, "there is no '%s'; there are wi, wr, wf, wd, and functions such as abs(x) and mean(x)",
             word);
}

static double number(parser *p)
{
    char *end;
    skip_blanks(p);
    const char *from = p->text + p->at;
    if (!isdigit((unsigned char)*from) && *from != '.')
        fail(p, p->at, "a number is expected here");
    const double x = strtod(from, &end);
    if (end == from)
        fail(p, p->at, "a number is expected here");
    p->at += (size_t)(end - from);
    return x;
}

static void call(parser *p, uint32_t op, int arguments)
{
    expect(p, "(");
    for (int i = 0; i < arguments && !p->st; i++) {
        if (i)
            expect(p, ",");
        expression(p);
    }
    expect(p, ")");
    emit(p, op, 0, 0, 1 - arguments);
}

/* The code from `begin` on is the argument's: a copy of it is set aside. */
static void set_aside(parser *p, uint32_t begin, formula_reduction *r)
{
    formula_code *from = &p->f->whole, *to = &p->f->arguments;
    const uint32_t n = from->n - begin;
    if (n > FORMULA_STEPS - to->n || p->f->n_reductions == FORMULA_REDUCTIONS) {
        fail(p, r->at, "the formula is too long: it has too many sums, means and the like");
        return;
    }
    memcpy(to->step + to->n, from->step + begin, n * sizeof *to->step);
    r->begin = to->n, r->end = to->n += n;
    p->f->reduction[p->f->n_reductions] = *r;
}

static void reduction(parser *p, uint32_t kind, size_t at)
{
    const uint32_t begin = p->f->whole.n;
    formula_reduction r = { .kind = kind, .at = at };
    expect(p, "(");
    expression(p);
    if (kind == FORMULA_QUANTILE) {
        expect(p, ",");
        skip_blanks(p);
        const size_t q = p->at;
        r.q = p->st ? 0 : number(p);
        if (r.q > 1)
            fail(p, q, "a quantile is of a share in [0, 1]");
    }
    if (take(p, ",")) {
        char word[WORD];
        skip_blanks(p);
        const size_t from = p->at;
        read_word(p, word);
        r.net = !strcmp(word, "net");
        if (!r.net)
            fail(p, from, "only 'net' may follow, for the whole network instead of the layer");
    }
    expect(p, ")");
    if (p->st)
        return;
    set_aside(p, begin, &r);
    if (kind != FORMULA_RANK)                 /* a number now; of a rank the argument is still needed */
        p->f->whole.n = begin, p->depth--;
    emit(p, kind == FORMULA_RANK ? FORMULA_RANKED : FORMULA_REDUCED, p->f->n_reductions, 0,
         kind != FORMULA_RANK);
    p->f->n_reductions++;
}

static void name(parser *p)
{
    const size_t at = p->at;
    char word[WORD];
    read_word(p, word);
    for (uint32_t i = 0; i < COUNT(weights); i++)
        if (!strcmp(word, weights[i].name)) {
            p->f->needs |= weights[i].need;
            emit(p, FORMULA_WEIGHT, i, 0, 1);
            return;
        }
    for (size_t i = 0; i < COUNT(functions); i++)
        if (!strcmp(word, functions[i].name)) {
            call(p, functions[i].op, functions[i].arguments);
            return;
        }
    for (size_t i = 0; i < COUNT(reductions); i++)
        if (!strcmp(word, reductions[i].name)) {
            reduction(p, reductions[i].kind, at);
            return;
        }
    fail_unknown(p, at, word);
}

static void primary(parser *p)
{
    skip_blanks(p);
    const unsigned char c = (unsigned char)p->text[p->at];
    if (isalpha(c) || c == '_') {
        name(p);
    } else if (isdigit(c) || c == '.') {
        emit(p, FORMULA_NUMBER, 0, number(p), 1);
    } else if (take(p, "(")) {
        expression(p);
        expect(p, ")");
    } else {
        fail(p, p->at, "a weight, a number or a function is expected here");
    }
}

/* -x^2 is -(x^2), and x^-2 is allowed. */
static void unary(parser *p)
{
    if (++p->nesting > NESTING)
        fail(p, p->at, "the formula is nested too deeply");
    if (p->st) {
        return;
    } else if (take(p, "-")) {
        unary(p);
        emit(p, FORMULA_NEGATE, 0, 0, 0);
    } else if (take(p, "!")) {
        unary(p);
        emit(p, FORMULA_NOT, 0, 0, 0);
    } else {
        primary(p);
        if (take(p, "^")) {
            unary(p);
            emit(p, FORMULA_POWER, 0, 0, -1);
        }
    }
    p->nesting--;
}

/* Two operands; a sign that begins another comes after it. swapped: a > b is b < a. */
static const struct { const char *sign; int level; uint32_t op; bool swapped; } operators[] = {
    { "||", 0, FORMULA_OR, false },       { "&&", 1, FORMULA_AND, false },
    { "==", 2, FORMULA_EQUAL, false },    { "!=", 2, FORMULA_UNEQUAL, false },
    { "<=", 3, FORMULA_AT_MOST, false },  { ">=", 3, FORMULA_AT_MOST, true },
    { "<", 3, FORMULA_LESS, false },      { ">", 3, FORMULA_LESS, true },
    { "+", 4, FORMULA_ADD, false },       { "-", 4, FORMULA_SUBTRACT, false },
    { "*", 5, FORMULA_MULTIPLY, false },  { "/", 5, FORMULA_DIVIDE, false },
};
enum { LEVELS = 6 };

static void binary(parser *p, int level)
{
    if (level == LEVELS) {
        unary(p);
        return;
    }
    binary(p, level + 1);
    for (size_t i = 0; i < COUNT(operators) && !p->st; i++)
        if (operators[i].level == level && take(p, operators[i].sign)) {
            binary(p, level + 1);
            emit(p, operators[i].op, operators[i].swapped, 0, -1);
            i = (size_t)-1;                   /* again from the first sign: a - b - c */
        }
}

static void expression(parser *p)
{
    binary(p, 0);
    if (take(p, "?")) {
        expression(p);
        expect(p, ":");
        expression(p);
        emit(p, FORMULA_CHOOSE, 0, 0, -2);
    }
}

ltc_status formula_parse(const char *option, const char *text, formula *f, ltc_error *err)
{
    parser p = { .option = option, .text = text, .f = f, .err = err };
    memset(f, 0, sizeof *f);
    expression(&p);
    skip_blanks(&p);
    if (text[p.at])
        fail(&p, p.at, "an operator is expected here");
    if (!f->needs)
        fail(&p, 0, "the formula is about no weight: it has none of wi, wr, wf, wd");
    return p.st;
}
