/* Owns the arithmetic of layer-wise densities. Called by pool.c. */
#include "prune/allocation.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"
#include "util/memory.h"

/* Scores of a tensor's alive weights, ascending. */
typedef struct ladder {
    double  *score;
    uint64_t n;
} ladder;

/* eps of min(alive, eps span), summed over what is not fixed, = keep. Marks what is full. */
static double level_of(lt_share *s, size_t n, uint64_t keep)
{
    for (;;) {
        uint64_t left = keep, span = 0;
        bool more = false;
        for (size_t i = 0; i < n; i++) {
            left -= !s[i].fixed && s[i].full ? s[i].alive : 0;
            span += !s[i].fixed && !s[i].full ? s[i].span : 0;
        }
        const double eps = span ? (double)left / (double)span : 0;
        for (size_t i = 0; i < n; i++) {
            if (s[i].fixed || s[i].full || eps * (double)s[i].span < (double)s[i].alive)
                continue;
            s[i].full = more = true;
        }
        if (!more)
            return eps;
    }
}

/* The one of largest fraction that has room, of equals the first. NULL: none. */
static lt_share *next_in_line(lt_share *s, size_t n, double eps)
{
    lt_share *best = NULL;
    double most = -2;
    for (size_t i = 0; i < n; i++) {
        if (s[i].fixed || s[i].full || s[i].keep == s[i].alive)
            continue;
        const double fraction = eps * (double)s[i].span - (double)s[i].keep;      /* below 0: had one */
        if (fraction > most)
            best = &s[i], most = fraction;
    }
    return best;
}

static void share_by_erk(lt_share *s, size_t n, uint64_t keep)
{
    for (size_t i = 0; i < n; i++)
        s[i].full = false;
    const double eps = level_of(s, n, keep);
    for (size_t i = 0; i < n; i++) {
        if (s[i].fixed)
            continue;
        s[i].keep = s[i].full ? s[i].alive : (uint64_t)floor(eps * (double)s[i].span);
        assert(s[i].keep <= keep);
        keep -= s[i].keep;
    }
    for (lt_share *one; keep && (one = next_in_line(s, n, eps)); keep--)
        one->keep++;
    assert(!keep);
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* From magnitudes, ascending: from the top down, equal ones together. */
static void climb(const float *magnitude, ladder *l)
{
    double sum = 0;
    for (uint64_t end = l->n; end > 0;) {
        const double square = (double)magnitude[end - 1] * (double)magnitude[end - 1];
        uint64_t first = end;
        while (first > 0 && !(magnitude[first - 1] < magnitude[end - 1])) {
            sum += square;
            first--;
        }
        for (uint64_t i = first; i < end; i++)
            l->score[i] = square > 0 ? square / sum : 0;
        end = first;
    }
}

static ltc_status build(const lt_share *s, ladder *l, ltc_error *err)
{
    float *magnitude = lt_array(s->alive, sizeof *magnitude);
    l->score = lt_array(s->alive, sizeof *l->score);
    ltc_status st = LTC_OK;
    if (!magnitude || !l->score)
        st = ltc_fail(err, LTC_ENOMEM, "no memory for the scores of a layer");
    for (uint64_t i = 0; i < s->n && !st; i++) {
        if (!s->mask[i])
            continue;
        if (!isfinite(s->weight[i]))
            st = ltc_fail(err, LTC_ENUMERIC, "allocation \"lamp\" meets a weight that is not finite");
        magnitude[l->n++] = fabsf(s->weight[i]);
    }
    if (!st) {
        qsort(magnitude, l->n, sizeof *magnitude, ascending);
        climb(magnitude, l);
    }
    free(magnitude);
    return st;
}

/* How many of a ladder are at least x, or above it. */
static uint64_t from(const ladder *l, double x, bool above)
{
    uint64_t low = 0, high = l->n;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (l->score[middle] < x || (above && !(l->score[middle] > x)))
            low = middle + 1;
        else
            high = middle;
    }
    return l->n - low;
}

static uint64_t from_all(const lt_share *s, const ladder *l, size_t n, double x)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += s[i].fixed ? 0 : from(&l[i], x, false);
    return sum;
}

/* The highest score that `keep` weights have at least: by halving the bits of [0, 1], which are in its
 * order. */
static double edge_of(const lt_share *s, const ladder *l, size_t n, uint64_t keep)
{
    uint64_t low = 0, high = UINT64_C(0x3ff0000000000001);       /* 0 has all of them; above 1 is none */
    double x = 0;
    while (high - low > 1) {
        const uint64_t middle = low + (high - low) / 2;
        memcpy(&x, &middle, sizeof x);
        if (from_all(s, l, n, x) >= keep)
            low = middle;
        else
            high = middle;
    }
    memcpy(&x, &low, sizeof x);
    return x;
}

static void share_by_lamp(lt_share *s, const ladder *l, size_t n, uint64_t keep)
{
    const double edge = edge_of(s, l, n, keep);
    for (size_t i = 0; i < n; i++) {
        if (s[i].fixed)
            continue;
        s[i].keep = keep ? from(&l[i], edge, true) : 0;
        keep -= s[i].keep;
    }
    for (size_t i = n; i-- > 0 && keep;) {
        const uint64_t tied = s[i].fixed ? 0 : from(&l[i], edge, false) - s[i].keep;
        s[i].keep += tied < keep ? tied : keep;
        keep -= tied < keep ? tied : keep;
    }
    assert(!keep);
}

/* Fixes what came out below its floor; true: something was. */
static bool fix_floors(lt_share *s, size_t n, uint64_t *keep)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (s[i].fixed || s[i].keep >= s[i].least)
            continue;
        s[i].fixed = any = true;
        s[i].keep = s[i].least;
        *keep -= s[i].least;
    }
    return any;
}

/* Fixing one lowers what the others get, so none that was fixed would now be above its floor. */
static void share_out(int64_t how, lt_share *s, const ladder *l, size_t n, uint64_t keep)
{
    uint64_t floors = 0;
    for (size_t i = 0; i < n; i++)
        floors += s[i].least;
    if (floors >= keep) {
        for (size_t i = 0; i < n; i++)
            s[i].keep = s[i].least;
        return;
    }
    do {
        if (how == LT_ALLOCATION_ERK)
            share_by_erk(s, n, keep);
        else
            share_by_lamp(s, l, n, keep);
    } while (fix_floors(s, n, &keep));
}

ltc_status lt_allocate(int64_t how, lt_share *share, size_t n, uint64_t keep, ltc_error *err)
{
    ladder *l = how == LT_ALLOCATION_LAMP ? lt_array(n, sizeof *l) : NULL;
    ltc_status st = LTC_OK;
    if (how == LT_ALLOCATION_LAMP && !l)
        st = ltc_fail(err, LTC_ENOMEM, "no memory to allocate densities");
    for (size_t i = 0; i < n && l && !st; i++)
        st = build(&share[i], &l[i], err);
    if (!st)
        share_out(how, share, l, n, keep);
    for (size_t i = 0; i < n && l; i++)
        free(l[i].score);
    free(l);
    return st;
}
