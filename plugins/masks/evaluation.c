/* Owns the stack machine of formulas. Loops are plain and over whole blocks, so that compilers make vectors
 * of them; reductions collect the values of all alive weights in the order of tensors and elements and add up
 * in double. */
#include "evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sorted.h"

typedef double block[EVALUATION_BLOCK];

static void load(const ltc_mask_tensor *t, uint32_t of, size_t begin, double *a)
{
    const float *const w[] = { [FORMULA_WI] = t->w_init, [FORMULA_WR] = t->w_rewind,
                               [FORMULA_WF] = t->w_final, [FORMULA_WD] = t->w_dense };
    const float *from = w[of] + begin;
    if (t->n - begin >= EVALUATION_BLOCK) {
        for (size_t i = 0; i < EVALUATION_BLOCK; i++)
            a[i] = (double)from[i];
    } else {
        memset(a, 0, sizeof(block));
        for (size_t i = 0; i < t->n - begin; i++)
            a[i] = (double)from[i];
    }
}

static void fill(double x, double *a)
{
    for (size_t i = 0; i < EVALUATION_BLOCK; i++)
        a[i] = x;
}

static void rank(const double *list, size_t n, double *a)
{
    for (size_t i = 0; i < EVALUATION_BLOCK; i++)
        a[i] = (double)sorted_up_to(list, n, a[i]);
}

/* a <- expression, x being a's and y being b's element. */
#define EACH(expression) do { for (size_t i = 0; i < EVALUATION_BLOCK; i++) { const double x = a[i]; \
        a[i] = expression; } } while (0)
#define PAIR(expression) do { for (size_t i = 0; i < EVALUATION_BLOCK; i++) { const double x = a[i]; \
        const double y = b[i]; a[i] = expression; } } while (0)

static void apply_one(uint32_t op, double *a)
{
    switch (op) {
    case FORMULA_NEGATE: EACH(-x); break;
    case FORMULA_NOT:    EACH(x == 0 ? 1 : 0); break;
    case FORMULA_ABS:    EACH(fabs(x)); break;
    case FORMULA_SIGN:   EACH((x > 0 ? 1.0 : 0.0) - (x < 0 ? 1.0 : 0.0)); break;
    case FORMULA_SQRT:   EACH(sqrt(x)); break;
    case FORMULA_EXP:    EACH(exp(x)); break;
    default:             EACH(log(x)); break;
    }
}

static void apply_two(uint32_t op, bool swapped, double *restrict a, const double *restrict b)
{
    switch (op) {
    case FORMULA_ADD:      PAIR(x + y); break;
    case FORMULA_SUBTRACT: PAIR(x - y); break;
    case FORMULA_MULTIPLY: PAIR(x * y); break;
    case FORMULA_DIVIDE:   PAIR(x / y); break;
    case FORMULA_POWER:    PAIR(y == 2 ? x * x : pow(x, y)); break;
    case FORMULA_MIN:      PAIR(x < y ? x : y); break;
    case FORMULA_MAX:      PAIR(x > y ? x : y); break;
    case FORMULA_EQUAL:    PAIR(x == y ? 1 : 0); break;
    case FORMULA_UNEQUAL:  PAIR(x != y ? 1 : 0); break;
    case FORMULA_AND:      PAIR(x != 0 && y != 0 ? 1 : 0); break;
    case FORMULA_OR:       PAIR(x != 0 || y != 0 ? 1 : 0); break;
    case FORMULA_LESS:
        if (swapped)
            PAIR(y < x ? 1 : 0);
        else
            PAIR(x < y ? 1 : 0);
        break;
    default:
        if (swapped)
            PAIR(y <= x ? 1 : 0);
        else
            PAIR(x <= y ? 1 : 0);
    }
}

static void choose(double *restrict a, const double *restrict b, const double *restrict c)
{
    for (size_t i = 0; i < EVALUATION_BLOCK; i++)
        a[i] = a[i] != 0 ? b[i] : c[i];
}

/* Runs code on one block of t; its value becomes stack[0]. */
static void run(const formula_step *step, uint32_t n, const evaluation *e, const ltc_mask_tensor *t,
                size_t begin, block *stack)
{
    size_t top = 0;                           /* the first free one */
    for (uint32_t s = 0; s < n; s++) {
        const uint32_t op = step[s].op, of = step[s].of;
        if (op == FORMULA_NUMBER)
            fill(step[s].number, stack[top++]);
        else if (op == FORMULA_WEIGHT)
            load(t, of, begin, stack[top++]);
        else if (op == FORMULA_REDUCED)
            fill(e->number[of], stack[top++]);
        else if (op == FORMULA_RANKED)
            rank(e->list[of], e->n[of], stack[top - 1]);
        else if (op < FORMULA_ADD)
            apply_one(op, stack[top - 1]);
        else if (op < FORMULA_CHOOSE)
            top--, apply_two(op, of, stack[top - 1], stack[top]);
        else
            top -= 2, choose(stack[top - 1], stack[top], stack[top + 1]);
    }
}

void evaluation_block(const formula *f, const evaluation *e, const ltc_mask_tensor *t, size_t begin,
                      double value[EVALUATION_BLOCK])
{
    block stack[FORMULA_DEPTH];
    run(f->whole.step, f->whole.n, e, t, begin, stack);
    memcpy(value, stack[0], sizeof(block));
}

static size_t alive_in(const ltc_mask_tensor *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->mask[i];
    return n;
}

/* The argument's value at each alive weight of t. */
static ltc_status collect(const formula *f, uint32_t k, const evaluation *e, const ltc_mask_tensor *t,
                          double *to, ltc_error *err)
{
    const formula_reduction *r = &f->reduction[k];
    block stack[FORMULA_DEPTH];
    for (size_t i = 0; i < t->n; i++) {
        if (i % EVALUATION_BLOCK == 0)
            run(f->arguments.step + r->begin, r->end - r->begin, e, t, i, stack);
        const double x = stack[0][i % EVALUATION_BLOCK];
        if (t->mask[i] && !isfinite(x))
            return ltc_fail(err, LTC_ENUMERIC,
                            "what is reduced at character %zu of the formula is not finite at element "
                            "%zu of %s", r->at + 1, i, t->name);
        if (t->mask[i])
            *to++ = x;
    }
    return LTC_OK;
}

/* Exact for whole numbers: what is true may be counted by it. */
static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static double mean_of(const double *x, size_t n)
{
    return n ? sum_of(x, n) / (double)n : 0;
}

static double deviation_of(const double *x, size_t n)
{
    const double mean = mean_of(x, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return n ? sqrt(sum / (double)n) : 0;
}

static double count_of(const double *x, size_t n)
{
    double count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] != 0;
    return count;
}

/* Between the two values around (n - 1) q; x is sorted. */
static double quantile_of(const double *x, size_t n, double q)
{
    const double at = n ? (double)(n - 1) * q : 0;
    const size_t k = (size_t)at;
    return !n ? 0 : k + 1 < n ? x[k] + (at - (double)k) * (x[k + 1] - x[k]) : x[n - 1];
}

/* Of all values; x becomes the evaluation's, where it is needed. */
static void finish(const formula_reduction *r, uint32_t k, double *x, size_t n, evaluation *e)
{
    e->n[k] = n;
    if (r->kind == FORMULA_RANK || r->kind == FORMULA_QUANTILE)
        sorted_make(x, n);
    switch (r->kind) {
    case FORMULA_SUM:   e->number[k] = sum_of(x, n); break;
    case FORMULA_MEAN:  e->number[k] = mean_of(x, n); break;
    case FORMULA_STD:   e->number[k] = deviation_of(x, n); break;
    case FORMULA_COUNT: e->number[k] = count_of(x, n); break;
    case FORMULA_RANK:  e->list[k] = x; return;
    default:            e->number[k] = quantile_of(x, n, r->q);
    }
    free(x);
}

static ltc_status layers_before(const formula *f, uint32_t k, const ltc_mask_tensor *t, evaluation *e,
                                ltc_error *err);

/* Reduction k over these tensors, e having all reductions before it that it may need. */
static ltc_status reduce(const formula *f, uint32_t k, const ltc_mask_tensor *const *t, size_t n,
                         evaluation *e, ltc_error *err)
{
    size_t total = 0, at = 0;
    ltc_status st = LTC_OK;
    for (size_t j = 0; j < n; j++)
        total += alive_in(t[j]);
    double *x = calloc(total + 1, sizeof *x);
    if (!x)
        return ltc_fail(err, LTC_ENOMEM, "no memory to add up %zu values", total);
    for (size_t j = 0; j < n && !st; j++) {
        evaluation its = *e;
        if (f->reduction[k].net)
            st = layers_before(f, k, t[j], &its, err);
        if (!st)
            st = collect(f, k, &its, t[j], x + at, err);
        for (uint32_t i = 0; i < k && f->reduction[k].net; i++)
            if (!f->reduction[i].net)
                free(its.list[i]);
        at += alive_in(t[j]);
    }
    if (st)
        free(x);
    else
        finish(&f->reduction[k], k, x, total, e);
    return st;
}

/* The layer's reductions before number k. */
static ltc_status layers_before(const formula *f, uint32_t k, const ltc_mask_tensor *t, evaluation *e,
                                ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < k; i++)
        if (!f->reduction[i].net)
            e->list[i] = NULL;
    for (uint32_t i = 0; i < k && !st; i++)
        if (!f->reduction[i].net)
            st = reduce(f, i, &t, 1, e, err);
    return st;
}

ltc_status evaluation_of_net(const formula *f, const ltc_mask_tensor *const *t, size_t n, evaluation *net,
                             ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t k = 0; k < f->n_reductions && !st; k++)
        if (f->reduction[k].net)
            st = reduce(f, k, t, n, net, err);
    return st;
}

ltc_status evaluation_of_layer(const formula *f, const ltc_mask_tensor *t, const evaluation *net,
                               evaluation *layer, ltc_error *err)
{
    *layer = *net;
    return layers_before(f, f->n_reductions, t, layer, err);
}

void evaluation_free(const formula *f, evaluation *e, bool layers)
{
    for (uint32_t k = 0; k < f->n_reductions; k++)
        if (!f->reduction[k].net == layers) {
            free(e->list[k]);
            e->list[k] = NULL;
        }
}
