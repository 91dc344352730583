/* Owns nothing: states go to and from blocks in the caller's arena. */
#include "check/state.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The pieces of a state in their order: for each parameter what it has, then the clock. */
typedef struct piece {
    uint32_t what, param;
    size_t   at, bytes;
} piece;

static const char *const what_name[] = { "", "value", "mask", "first slot", "second slot", "clock" };

/* The next piece; at first zeroed. False: there is none. */
static bool next(const ltc_graph *g, piece *p)
{
    if (p->what == LTC_STATE_CLOCK)
        return false;
    p->at += p->bytes;
    const bool trained = p->what && ltc_graph_param(g, p->param)->trained;
    if (!p->what)
        p->what = LTC_STATE_VALUE;
    else if (trained && p->what < LTC_STATE_SLOT_2)
        p->what++;
    else
        p->what = LTC_STATE_VALUE, p->param++;
    if (p->param == g->n_params) {
        p->what = LTC_STATE_CLOCK, p->param = 0, p->bytes = sizeof(uint64_t);
        return true;
    }
    const size_t n = ltc_graph_param(g, p->param)->n;
    p->bytes = p->what == LTC_STATE_MASK ? n : n * sizeof(float);
    return true;
}

void *lt_block_get(lt_stand *s, uint32_t replica, lt_arena *arena)
{
    const ltc_graph *g = &s->scene->graph.view;
    size_t bytes = 0;
    for (piece p = { 0 }; next(g, &p);)
        bytes += p.bytes;
    char *block = lt_arena_array(arena, bytes, 1);
    if (!block && !s->st)
        s->st = ltc_fail(&s->err, LTC_ENOMEM, "no memory for a state");
    for (piece p = { 0 }; !s->st && next(g, &p);)
        lt_stand_get(s, p.what, replica, p.param, block + p.at, p.bytes);
    return s->st ? NULL : block;
}

void lt_block_put(lt_stand *s, uint32_t replica, const void *block)
{
    for (piece p = { 0 }; !s->st && next(&s->scene->graph.view, &p);)
        lt_stand_put(s, p.what, replica, p.param, (const char *)block + p.at, p.bytes);
}

static bool same_float(const char *a, const char *b)
{
    float x, y;
    memcpy(&x, a, sizeof x), memcpy(&y, b, sizeof y);
    return memcmp(a, b, sizeof x) == 0 || (isnan(x) && isnan(y));
}

/* Where the first element differs, or the number of elements. */
static size_t first_difference(const piece *p, const char *a, const char *b)
{
    const bool floats = p->what != LTC_STATE_MASK && p->what != LTC_STATE_CLOCK;
    const size_t each = floats ? sizeof(float) : 1, n = p->bytes / each;
    size_t i = 0;
    while (i < n && (floats ? same_float(a + i * each, b + i * each) : a[i] == b[i]))
        i++;
    return i;
}

static void fail_difference(const ltc_graph *g, const piece *p, size_t i, const char *a, const char *b,
                            const char *expected, lt_verdict *v)
{
    uint64_t clock[2];
    float x = 0, y = 0;
    if (p->what == LTC_STATE_CLOCK) {
        memcpy(&clock[0], a, sizeof clock[0]), memcpy(&clock[1], b, sizeof clock[1]);
        lt_verdict_fail(v, expected, "the clock is %" PRIu64 ", and was %" PRIu64, clock[0], clock[1]);
        return;
    }
    if (p->what == LTC_STATE_MASK)
        x = (float)(uint8_t)a[i], y = (float)(uint8_t)b[i];
    else
        memcpy(&x, a + i * sizeof x, sizeof x), memcpy(&y, b + i * sizeof y, sizeof y);
    lt_verdict_fail(v, expected, "the %s of '%s' at %zu is %.9g, and was %.9g", what_name[p->what],
                    ltc_graph_param(g, p->param)->name, i, (double)x, (double)y);
}

void lt_block_compare(const lt_scene *scene, const void *got, const void *want, const char *expected,
                      lt_verdict *v)
{
    const ltc_graph *g = &scene->graph.view;
    if (!got || !want)
        return;                               /* the stand knows why */
    for (piece p = { 0 }; v->outcome == LT_HELD && next(g, &p);) {
        const char *a = (const char *)got + p.at, *b = (const char *)want + p.at;
        const size_t each = p.what == LTC_STATE_MASK || p.what == LTC_STATE_CLOCK ? 1 : sizeof(float);
        const size_t i = first_difference(&p, a, b);
        if (i < p.bytes / each)
            fail_difference(g, &p, i, a, b, expected, v);
    }
}

void lt_block_train(lt_stand *s, const lt_play *play, const lt_course *course, lt_arena *arena, void **block)
{
    const uint64_t end = course->first + course->n;
    lt_stand_compile(s, play);
    lt_stand_start(s);
    for (uint64_t step = course->first; step < end && !s->st;) {
        const uint32_t n = end - step < course->span ? (uint32_t)(end - step) : course->span;
        lt_stand_train(s, 0, step, n);
        step += n;
    }
    for (uint32_t r = 0; r < s->play.n_replicas && !s->st; r++)       /* of this play: it was compiled */
        block[r] = lt_block_get(s, r, arena);
}
