/* Owns the lists of a trajectory, and reads and writes its record, a line a fact:
 *     state STEP DIGEST | partial STEP DIGEST | values STEP DIGEST | eval STEP SPLIT LOSS CORRECT N
 *     moved N        (dead or frozen weights that moved on the way to the end)
 *     bad STEP KIND  (from which no finite loss came; KIND: LT_BAD_*)
 * with LOSS as the 16 hex digits of its binary64. */
#include "plan/trajectory_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

static const char *const kind_word[] = {
    [LT_POINT_STATE] = "state", [LT_POINT_PARTIAL] = "partial", [LT_POINT_VALUES] = "values",
};

/* Room for one more at the lengths at which a list is full: 0 and the powers of two. */
static bool reserve(void *list, size_t n, size_t size)
{
    void **p = list, *grown;
    if (n & (n - 1) || (n && n < 2))
        return true;
    grown = realloc(*p, (n ? 2 * n : 2) * size);
    if (grown)
        *p = grown;
    return grown != NULL;
}

/* Two are kept up to a partial state, none up to one that stays; those ahead are what an
 * earlier pass reached. */
static void forget_partials(lt_trajectory *t, const lt_point *up_to)
{
    const size_t keep = up_to->kind == LT_POINT_PARTIAL ? 2 : 0;
    size_t partials = 0;
    for (size_t i = t->n_points; i-- > 0;)
        if (t->point[i].kind == LT_POINT_PARTIAL && t->point[i].step <= up_to->step && ++partials > keep)
            lt_trajectory_drop_point(t, i);
}

/* At its place in the order, or in that of one like it; *added: there was none. */
static ltc_status put_point(lt_trajectory *t, const lt_point *p, bool *added, ltc_error *err)
{
    size_t i = 0;
    while (i < t->n_points &&
           (t->point[i].step < p->step || (t->point[i].step == p->step && t->point[i].kind < p->kind)))
        i++;
    *added = i == t->n_points || t->point[i].step != p->step || t->point[i].kind != p->kind;
    if (*added && !reserve(&t->point, t->n_points, sizeof *t->point))
        return ltc_fail(err, LTC_ENOMEM, "no memory for a trajectory");
    if (*added)
        memmove(t->point + i + 1, t->point + i, (t->n_points++ - i) * sizeof *t->point);
    t->point[i] = *p;
    return LTC_OK;
}

ltc_status lt_trajectory_add_point(lt_trajectory *t, const lt_point *p, ltc_error *err)
{
    bool added = false;
    const ltc_status st = put_point(t, p, &added, err);
    if (!st && added && p->kind != LT_POINT_VALUES)
        forget_partials(t, p);
    return st;
}

/* Of a record, whose lines may come in any order. */
static void forget_up_to_last(lt_trajectory *t, uint32_t kind)
{
    size_t i = t->n_points;
    while (i > 0 && t->point[i - 1].kind != kind)
        i--;
    if (!i)
        return;
    const lt_point last = t->point[i - 1];
    forget_partials(t, &last);
}

void lt_trajectory_drop_point(lt_trajectory *t, size_t i)
{
    memmove(t->point + i, t->point + i + 1, (--t->n_points - i) * sizeof *t->point);
}

ltc_status lt_trajectory_add_evaluation(lt_trajectory *t, const lt_evaluation *e, ltc_error *err)
{
    size_t i = 0;
    while (i < t->n_evaluations && t->evaluation[i].step < e->step)
        i++;
    if (i == t->n_evaluations || t->evaluation[i].step != e->step) {
        if (!reserve(&t->evaluation, t->n_evaluations, sizeof *t->evaluation))
            return ltc_fail(err, LTC_ENOMEM, "no memory for a trajectory");
        memmove(t->evaluation + i + 1, t->evaluation + i, (t->n_evaluations++ - i) * sizeof *t->evaluation);
        t->evaluation[i] = (lt_evaluation){ .step = e->step };
    }
    lt_evaluation *to = &t->evaluation[i];
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        if (e->n[s])
            to->loss[s] = e->loss[s], to->correct[s] = e->correct[s], to->n[s] = e->n[s];
    return LTC_OK;
}

static bool parse_digest(const char *hex, lt_digest *d)
{
    for (size_t i = 0; i < sizeof d->byte; i++)
        if (sscanf(hex + 2 * i, "%2" SCNx8, &d->byte[i]) != 1)
            return false;
    return strlen(hex) == 2 * sizeof d->byte;
}

/* A line that is not understood is left out: then what it said is made again. */
static ltc_status parse_line(const char *line, lt_trajectory *t, ltc_error *err)
{
    char word[16], hex[80];
    uint64_t step, bits, correct, n;
    uint32_t split;
    bool added;
    if (sscanf(line, "eval %" SCNu64 " %" SCNu32 " %16" SCNx64 " %" SCNu64 " %" SCNu64, &step, &split, &bits,
               &correct, &n) == 5 &&
        split < LT_SPLITS && n && correct <= n) {
        lt_evaluation e = { .step = step };
        memcpy(&e.loss[split], &bits, sizeof bits);
        e.correct[split] = correct, e.n[split] = n;
        return lt_trajectory_add_evaluation(t, &e, err);
    }
    if (sscanf(line, "moved %" SCNu64, &n) == 1) {
        t->moved = n;
        return LTC_OK;
    }
    if (sscanf(line, "bad %" SCNu64 " %" SCNu32, &step, &split) == 2 && split &&
        split < LT_BAD_SPLIT + LT_SPLITS) {
        t->bad_step = step, t->bad = split;
        return LTC_OK;
    }
    if (sscanf(line, "%15s %" SCNu64 " %79s", word, &step, hex) != 3)
        return LTC_OK;
    for (uint32_t k = 0; k < sizeof kind_word / sizeof kind_word[0]; k++) {
        lt_point p = { .step = step, .kind = k };
        if (!strcmp(word, kind_word[k]) && parse_digest(hex, &p.state))
            return put_point(t, &p, &added, err);
    }
    return LTC_OK;
}

ltc_status lt_trajectory_load(lt_store *s, const lt_digest *key, lt_trajectory *t, ltc_error *err)
{
    lt_text text = { 0 };
    bool found = false;
    ltc_status st = lt_record_get(s, key, &text, &found, err);
    for (char *line = found && !st ? text.s : NULL, *end; line && *line && !st; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        st = parse_line(line, t, err);
    }
    lt_text_free(&text);
    forget_up_to_last(t, LT_POINT_STATE);
    forget_up_to_last(t, LT_POINT_PARTIAL);
    return st;
}

static void put_evaluation(const lt_evaluation *e, lt_text *text)
{
    for (uint32_t s = 0; s < LT_SPLITS; s++) {
        uint64_t bits;
        memcpy(&bits, &e->loss[s], sizeof bits);
        if (e->n[s])
            lt_text_add(text, "eval %" PRIu64 " %" PRIu32 " %016" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
                        e->step, s, bits, e->correct[s], e->n[s]);
    }
}

static ltc_status write_record(lt_store *s, const lt_digest *key, const lt_trajectory *t, ltc_error *err)
{
    lt_text text = { 0 };
    char hex[65];
    for (size_t i = 0; i < t->n_points; i++) {
        lt_digest_text(&t->point[i].state, hex);
        lt_text_add(&text, "%s %" PRIu64 " %s\n", kind_word[t->point[i].kind], t->point[i].step, hex);
    }
    for (size_t i = 0; i < t->n_evaluations; i++)
        put_evaluation(&t->evaluation[i], &text);
    if (t->moved)
        lt_text_add(&text, "moved %" PRIu64 "\n", t->moved);
    if (t->bad)
        lt_text_add(&text, "bad %" PRIu64 " %" PRIu32 "\n", t->bad_step, t->bad);
    const ltc_status st = text.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a trajectory")
                                      : lt_record_put(s, key, text.s ? text.s : "", text.n, err);
    lt_text_free(&text);
    return st;
}

/* From the last point to the first: adding forgets partial ones that lie before. */
static ltc_status add_all(lt_trajectory *to, const lt_trajectory *t, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (size_t i = to->n_points; i-- > 0;)
        if (to->point[i].kind == LT_POINT_PARTIAL)
            lt_trajectory_drop_point(to, i);
    for (size_t i = t->n_points; i-- > 0 && !st;)
        st = lt_trajectory_add_point(to, &t->point[i], err);
    for (size_t i = 0; i < t->n_evaluations && !st; i++)
        st = lt_trajectory_add_evaluation(to, &t->evaluation[i], err);
    to->moved = t->moved > to->moved ? t->moved : to->moved;
    if (t->bad)
        to->bad = t->bad, to->bad_step = t->bad_step;
    return st;
}

ltc_status lt_trajectory_save(lt_store *s, const lt_digest *key, const lt_trajectory *t, ltc_error *err)
{
    lt_trajectory all = { 0 };
    ltc_status st = lt_trajectory_load(s, key, &all, err);
    if (!st)
        st = add_all(&all, t, err);
    if (!st)
        st = write_record(s, key, &all, err);
    lt_trajectory_free(&all);
    return st;
}
